"""The benchmarks' own code: what is kept, what is not, and how it is drawn."""

import itertools
import subprocess
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from bench import __main__ as bench
from bench import against_cdk, kills, offline, scale, soak
from bench.chart import Chart, Row
from bench.timing import NotGoodError, NotMeasuredError, Section

SVG = "{http://www.w3.org/2000/svg}"
GOOD, LOST = (soak.Phase("a change", 1, [0.1, 0.2], failed) for failed in (0, 3))


def test_a_lost_request_is_not_good_but_by_the_kills_at_the_end():
    assert "| **3** |" in soak.judged([GOOD, LOST])
    with pytest.raises(NotGoodError, match=r"\| all of it .*\| \*\*3\*\* \|"):
        soak.judged([LOST, GOOD])


def test_a_kill_that_leaves_something_is_not_good():
    assert "| none |" in kills.judged([(True, ["none"])])
    with pytest.raises(NotGoodError, match="an orphan"):
        kills.judged([(True, ["none"]), (False, ["an orphan"])])


def took(**cpu):
    """CPU seconds of `check` with one service and with a hundred, and of the plan that runs two programs."""
    cases = {"one": (1, "check"), "hundred": (100, "check"), "two": (1, "plan --against HEAD")}
    return {cases[name]: offline.Took(seconds, 60) for name, seconds in cpu.items()}


def test_a_command_that_takes_too_much_cpu_is_not_good_whatever_its_wall_time():
    shown = offline.judged(took(one=3, hundred=10, two=6))
    assert "| 100 | `check` | 10.0 s | **3.3** | 60.0 s | **1.0** |" in shown
    for over, row in (
        ({"one": 3.1}, r"\| 1 \| `check` \| 3\.1 s"),
        ({"hundred": 10.1}, r"\| 100 \| `check` \| 10\.1 s"),
        ({"two": 6.1}, r"HEAD` \| 6\.1 s"),
    ):
        with pytest.raises(NotGoodError, match=row):
            offline.judged(took(**{"one": 3, "hundred": 10, "two": 6} | over))


@pytest.mark.parametrize(
    ("stderr", "last"), [("Target: none\nerror: no stack\n", "error: no stack"), ("", "it wrote no error")]
)
def test_a_command_that_fails_is_told_under_the_table_of_those_before_it(monkeypatch, tmp_path, stderr, last):
    def run(words, **_):
        return subprocess.CompletedProcess(words, 2 if words[3:] == ["cost", "--stack", "with100"] else 0, "", stderr)

    monkeypatch.setattr(offline, "_program", lambda _: tmp_path)
    monkeypatch.setattr(offline.subprocess, "run", run)
    seconds = itertools.count()
    monkeypatch.setattr(offline.resource, "getrusage", lambda _: SimpleNamespace(ru_utime=next(seconds), ru_stime=0))
    with pytest.raises(NotGoodError) as problem:
        offline.offline_table()
    *shown, nothing, told = str(problem.value).splitlines()
    assert (nothing, told) == ("", f"`python -m ops cost --stack with100` ended with exit code 2: {last}")
    assert [line.split(" | ")[0] for line in shown[2:]] == ["| 1"] * len(offline.COMMANDS)


@pytest.fixture
def page(monkeypatch, tmp_path):
    """A page with two sections, and a folder for pictures."""
    page = tmp_path / "page.md"
    page.write_text("<!-- soak -->\nold\n<!-- end -->\n<!-- kills -->\nold\n<!-- end -->\n")
    monkeypatch.setattr(bench, "PAGES", (page,))
    monkeypatch.setattr(bench, "PICTURES", tmp_path / "pictures")
    return page


def parts(monkeypatch, **measures):
    """Instead of the real parts; `kills` is run only by its name."""
    given = {name: bench.Part(measure, 7, alone=name == "kills") for name, measure in measures.items()}
    monkeypatch.setattr(bench, "PARTS", given)


def raising(error):
    def measure():
        raise error

    return measure


def test_a_table_that_is_not_good_is_printed_kept_in_no_page_and_fails(monkeypatch, page, capsys):
    parts(monkeypatch, soak=raising(NotGoodError("| 3 |")), kills=lambda: "| 0 |")
    assert bench.main(["soak", "kills"]) == 1
    assert "| 3 |" in capsys.readouterr().out
    assert page.read_text().startswith("<!-- soak -->\nold\n<!-- end -->\n<!-- kills -->\n| 0 |\n")
    assert bench.main(["kills"]) == 0
    assert bench.main(["nothing"]) == 2


def test_a_part_that_cannot_be_measured_here_says_why_and_the_others_go_on(monkeypatch, page, capsys):
    parts(monkeypatch, soak=raising(NotMeasuredError("no Node.js")), kills=lambda: "| 0 |")
    assert bench.main(["soak", "kills"]) == 0
    assert "soak: not measured, and its section stays as it is: no Node.js" in capsys.readouterr().out
    assert page.read_text().startswith("<!-- soak -->\nold\n<!-- end -->\n<!-- kills -->\n| 0 |\n")


def test_a_part_that_breaks_fails_and_the_others_go_on(monkeypatch, page):
    broken = subprocess.CalledProcessError(1, "pulumi")
    parts(monkeypatch, soak=raising(broken), kills=lambda: "| 0 |")
    assert bench.main(["soak", "kills"]) == 1
    assert "| 0 |" in page.read_text()


def test_without_a_name_all_run_but_the_long_ones_and_the_time_is_told_first(monkeypatch, page, capsys):
    parts(monkeypatch, offline=lambda: "quick", soak=lambda: "too", kills=lambda: "long")
    assert bench.main([]) == 0
    told = capsys.readouterr().out
    assert told.startswith("offline, soak: about 14 minutes on 2 cores")
    assert "long" not in told


def test_all_of_make_bench_takes_less_than_half_an_hour_and_each_part_has_its_section():
    quick = [part.minutes for part in bench.PARTS.values() if not part.alone]
    assert sum(quick) <= 25
    told = "".join(page.read_text() for page in bench.PAGES)
    assert [name for name in bench.PARTS if told.count(f"<!-- {name} -->") != 1] == []


def test_a_section_is_kept_with_its_pictures(monkeypatch, page, tmp_path):
    chart = Chart("pairs", "Pairs & more", ("program", "by hand"), [Row("one", (1.0, 2.0), "0.50")])
    parts(monkeypatch, soak=lambda: Section("| 1 |", (chart,)))
    assert bench.main(["soak"]) == 0
    assert "| 1 |\n\n![Pairs & more](benchmarks/pairs.svg)\n\nMeasured with `python -m bench soak`" in page.read_text()
    assert (tmp_path / "pictures" / "pairs.svg").read_text() == str(chart)


def test_bars_are_as_long_as_what_they_stand_for():
    chart = Chart("pairs", "Pairs & <more>", ("program", "by hand"), [Row("one", (1, 2), "0.50"), Row("two", (4, 3))])
    drawn = ElementTree.fromstring(str(chart))
    bars = [float(one.get("width", 0)) for one in drawn.iter(f"{SVG}rect") if one.get("height") == "14"]
    assert [bar / bars[0] for bar in bars] == [1, 2, 4, 3]
    words = [one.text for one in drawn.iter(f"{SVG}text")]
    assert words[:4] == ["Pairs & <more>", "program", "by hand", "ratio"]
    assert {"one", "0.50", "1.00 s", "4.00 s"} <= set(words)


def test_without_node_or_packages_cdk_is_not_measured(monkeypatch):
    monkeypatch.setattr(against_cdk.shutil, "which", lambda _: None)
    with pytest.raises(NotMeasuredError, match=r"needs Node\.js"):
        against_cdk.cdk_table()
    monkeypatch.setattr(against_cdk.shutil, "which", lambda _: "/usr/bin/node")
    monkeypatch.setattr(against_cdk.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(NotMeasuredError, match="could not be fetched"):
        against_cdk.cdk_table()


def waits(created):
    return scale.Waits(50, created, {way: [2.0, 9.0, 1.0] for way in scale.MADE})


def test_many_services_are_compared_way_by_way_and_a_slow_creation_is_told():
    section = scale.shown({1: (waits(60.0), waits(50.0)), 100: (waits(361.0), waits(300.0))})
    assert "| 1 | 50 and 50 | create, once | 60.0 s | 50.0 s | **1.20** |" in section.text
    assert "| 100 | 50 and 50 | preview | 2.0 s | 2.0 s | **1.00** |" in section.text
    assert section.text.endswith("To create 100 services took 6.0 minutes, more than the 6 that are wanted.")
    assert [row.label for row in section.charts[0].rows][:2] == ["1: preview", "1: up, nothing to do"]


def test_more_services_than_a_security_group_has_rules_for_are_previewed_only():
    first = scale.Waits(1600, None, {scale.UNMADE[0]: [9.0, 8.0, 12.0]})
    section = scale.shown({100: (first, first)})
    assert section.text.splitlines()[2:] == [
        "| 100 | 1600 and 1600 | preview of the first `up` | 9.0 s | 9.0 s | **1.00** |"
    ]

"""What must not be, such as a lost request, is printed and kept in no page."""

import itertools
import subprocess
from types import SimpleNamespace

import pytest

from bench import __main__ as bench
from bench import kills, offline, soak
from bench.timing import NotGoodError

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


def test_a_table_that_is_not_good_is_printed_kept_in_no_page_and_fails(monkeypatch, tmp_path, capsys):
    def bad():
        raise NotGoodError("| 3 |")

    page = tmp_path / "page.md"
    page.write_text("<!-- soak -->\nold\n<!-- end -->\n<!-- kills -->\nold\n<!-- end -->\n")
    monkeypatch.setattr(bench, "PAGES", (page,))
    monkeypatch.setattr(bench, "PARTS", {"soak": bad, "kills": lambda: "| 0 |"})
    assert bench.main(["soak", "kills"]) == 1
    assert "| 3 |" in capsys.readouterr().out
    assert page.read_text().startswith("<!-- soak -->\nold\n<!-- end -->\n<!-- kills -->\n| 0 |\n")
    assert bench.main(["kills"]) == 0
    assert bench.main(["nothing"]) == 2

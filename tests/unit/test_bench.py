"""What must not be, such as a lost request, is printed and kept in no page."""

import pytest

from bench import __main__ as bench
from bench import kills, soak
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

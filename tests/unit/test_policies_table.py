from policies import table
from policies.rules import RULES


def test_the_page_is_current():
    assert table.main(["--check"]) == 0


def test_a_page_that_is_older_than_the_rules_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(table, "DOCUMENT", tmp_path / "policies.md")
    assert table.main(["--check"]) == 1
    assert "python -m policies.table" in capsys.readouterr().err
    assert table.main([]) == 0
    assert table.main(["--check"]) == 0


def test_it_says_that_a_week_of_counting_needs_an_exception():
    assert "`firewall.count_only` needs one too" in table.document()


def test_no_control_is_both_covered_and_not():
    covered = {control for rule in RULES for control in rule.controls}
    assert not covered & {control for key in table.NOT_COVERED for control in key.split(", ")}

import json
import subprocess
import sys
from datetime import date

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from policies.exemption import KEY, Exemption, parse

GOOD = {"rules": ["log-retention"], "resource": "web*", "reason": "a year costs too much", "until": "2027-06-30"}


class Model(BaseModel):
    """As settings have it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    exceptions: tuple[Exemption, ...] = ()


def parsed(*items):
    return parse({KEY: json.dumps(items)})


def test_it_is_read_from_the_configuration():
    (one,) = parsed(GOOD)
    assert one == Exemption(**{**GOOD, "rules": ("log-retention",)})
    assert one.last_day == date(2027, 6, 30)
    assert parse({}) == ()


def test_strict_settings_take_it():
    assert Model.model_validate_json(json.dumps({"exceptions": [GOOD]})).exceptions == parsed(GOOD)


def test_a_date_without_quotes_is_one():
    (one,) = parsed({**GOOD, "until": "2027-06-30 00:00:00 +0000 UTC"})
    assert one.last_day == date(2027, 6, 30)


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="reason must say why") as error:
        Exemption(rules=("log-retentoin", "x"), reason="  ", until="soon", resource=" ")
    for problem in ("did you mean 'log-retention'?", "no rule 'x'", "until must be a date such as 2027-06-30", "soon"):
        assert problem in str(error.value)


def test_settings_tell_them_too():
    bad = {**GOOD, "rules": [], "until": "2027-02-30"}
    with pytest.raises(ValidationError, match="rules must name one rule at least; until must be a date"):
        Model.model_validate_json(json.dumps({"exceptions": [bad]}))


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({**GOOD, "rule": "x"}, "unknown key 'rule'; known are rules, reason, until, resource"),
        ({"rules": ["log-retention"]}, "reason is required; until is required"),
        ({**GOOD, "rules": "log-retention"}, "rules must be a list of ids"),
        ({**GOOD, "rules": [5, None]}, "rules must be a list of ids"),
        ({**GOOD, "rules": [["log-retention"]]}, "rules must be a list of ids"),
        ({**GOOD, "reason": None}, "reason must be a text"),
        ({**GOOD, "until": 2027}, "until must be a text"),
        ("log-retention", "must be a mapping"),
        ({**GOOD, "rules": ["nothing-like-it-at-all"]}, "docs/policies.md lists them"),
    ],
)
def test_what_is_no_exception_is_refused(item, problem):
    with pytest.raises(ValueError, match=f"{KEY}.1") as error:
        parsed(GOOD, item)
    assert problem in str(error.value)


def test_every_bad_one_is_told():
    with pytest.raises(ValueError, match=f"{KEY}.0: reason is required") as error:
        parsed({"rules": ["log-retention"], "until": "2027-06-30"}, GOOD, {**GOOD, "rules": ["x"]}, 5)
    assert f"\n{KEY}.2: no rule 'x'" in str(error.value)
    assert f"\n{KEY}.3: must be a mapping" in str(error.value)
    assert f"{KEY}.1" not in str(error.value)


@pytest.mark.parametrize("text", ["", " ", "null", "[]"])
def test_a_key_without_a_value_has_none(text):
    assert parse({KEY: text}) == ()


@pytest.mark.parametrize("text", [json.dumps(GOOD), "false", "3", "[log-retention", "none"])
def test_what_is_no_list_is_refused(text):
    with pytest.raises(ValueError, match=f"{KEY} must be a list, got") as error:
        parse({KEY: text})
    assert repr(text) in str(error.value)


def test_it_covers_its_rules_in_the_resources_that_its_pattern_matches():
    (one,) = parsed(GOOD)
    assert one.covers("log-retention", "web-2")
    assert not one.covers("log-retention", "api")
    assert not one.covers("log-encrypted", "web")


def test_it_is_cheap_to_import():
    dear = {"pulumi", "pydantic", "yaml", "grpc", "policies.rules"}
    code = f"import sys, policies.exemption; sys.exit(bool({dear} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_settings_come_without_the_rules():
    code = "import sys, settings; sys.exit('policies.rules' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

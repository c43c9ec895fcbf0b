"""The README's programs are run, as they stand."""

import re
from pathlib import Path

import pulumi
import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_deploys(deploy, cloud, at_root, monkeypatch, program):
    exported = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)
    deploy(lambda: exec(program, {}))
    assert cloud.all("aws:lb/loadBalancer:LoadBalancer")
    assert ("url" in exported) == ("export" in program)


def test_the_short_way_has_ten_lines_at_most():
    assert len(PROGRAMS[0].splitlines()) <= 10

"""The README's programs are run, as they stand."""

import re
from pathlib import Path

import pulumi
import pytest

from ops import offline

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


def test_what_a_first_preview_makes(at_root):
    made = offline.run(at_root, "dev").made
    real = [one for one in made if not one.component]
    assert f"{len(made) + 1} resources, {len(real)} of them AWS's and the image" in README, "with the stack itself"

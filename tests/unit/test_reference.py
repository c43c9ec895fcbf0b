"""docs/components.md: every public name, with a line for each thing that it has."""

import inspect
import runpy
import sys

import pytest

import components
from components.reference import page, read
from components.reference.groups import GROUPS

KNOWN = read.entries(page.PACKAGE)
TEXT = page.document()
EACH = pytest.mark.parametrize("entry", KNOWN.values(), ids=KNOWN)


def fields(text: str, tmp_path) -> tuple[read.Field, ...]:
    """Of a class whose body this is."""
    (tmp_path / "__init__.py").write_text("from .it import It\n")
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    (tmp_path / "it.py").write_text(f"class It:\n    '''It.'''\n{lines}")
    return read.entries(tmp_path)["It"].fields


def test_the_page_is_current():
    assert page.main(["--check"]) == 0


def test_a_page_that_is_older_than_the_docstrings_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(page, "PAGE", tmp_path / "components.md")
    assert page.main(["--check"]) == 1
    assert "python -m components" in capsys.readouterr().err
    assert page.main([]) == 0
    assert page.main(["--check"]) == 0


def test_it_runs_as_a_module(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["components", "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("components", run_name="__main__")
    assert ended.value.code == 0


def test_an_installed_package_prints_its_reference(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "fargate_components"
    folder.symlink_to(page.PACKAGE)
    monkeypatch.setattr(page, "PACKAGE", folder)
    assert page.main([]) == 0
    assert capsys.readouterr().out == TEXT


def test_every_public_name_has_its_place_and_one_only():
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted(components.__all__) == sorted(KNOWN)


def test_no_two_headings_are_the_same():
    headings = [line.strip("# ").lower() for line in TEXT.splitlines() if line.startswith("#")]
    assert len(headings) == len(set(headings))


@EACH
def test_each_says_what_it_is(entry):
    assert entry.doc.partition("\n")[0].strip()
    assert all(method.text for method in entry.methods if entry.name != method.signature.partition("(")[0])
    if entry.is_component:
        labels = [label for label in ("Creates", "Costs", "Source") if f"\n{label}: " in entry.doc]
        assert labels == ["Creates", "Costs", "Source"]


@EACH
def test_each_field_says_what_it_means_and_what_its_default_does(entry):
    has: list[str] = []
    if entry.is_enum:
        has = [one.name for one in getattr(components, entry.name)]
    elif inspect.isclass(cls := getattr(components, entry.name)):
        has = [name for name in cls.__annotations__ if not name.startswith("_")]
    assert [one.name for one in entry.fields] == has
    assert all(one.meaning for one in entry.fields)
    assert all(one.default for one in entry.fields if one.value == "None")


def test_a_field_is_read_as_it_is_written(tmp_path):
    name, count, mapping, items, made, kind = fields(
        "name: pulumi.Input[str]\n'''Name.'''\n"
        "count: int = 0\n'''How many. Default: 0.5 of all. More.'''\n"
        "mapping: 'Mapping[str, aws.ecs.Service]' = field(default_factory=dict[str, str])\n'''A.'''\n"
        "items: list[str] = field(default_factory=list)\n'''B.'''\n"
        "made: It = field(default_factory=It, kw_only=True)\n'''C.'''\n"
        "_private: int = 1\n'''Nobody's.'''\n"
        "other.kind = 3\n'''Nobody's.'''\n"
        "KIND = 'a'\n'''The first.'''\nundocumented: int = 1\npass",
        tmp_path,
    )
    assert (name.type, name.value, name.meaning, name.default) == ("Input[str]", None, "Name.", "")
    assert (count.value, count.meaning, count.default) == ("0", "How many. More.", "0.5 of all")
    assert (mapping.type, mapping.value) == ("Mapping[str, Service]", "{}")
    assert (items.value, made.value) == ("[]", "It()")
    assert (kind.name, kind.type, kind.value) == ("KIND", "", '"a"')


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("an argument that must be given", "| `vpc_id` | `Input[str]` | required | VPC of the subnets. |"),
        ("a default that words and value tell", "| `Nat.SINGLE`: one NAT gateway | The private subnets' way out. |"),
        ("one that the value tells", "| `zones` | `int` | `2` | Availability zones, 2 to 4;"),
        ("one that words tell", "| `tuple[str, ...]` | carved from `cidr` | Ranges of the public subnets"),
        ("one that begins with its value", "| `port` | `int` | 8080, which needs no root |"),
        ("types to choose from", "| [`Capacity`](#capacity) or [`CapacityMix`](#capacitymix) | `Capacity.FARGATE` |"),
        ("a member", '| `PER_AZ` | `"per_az"` | One NAT gateway a zone'),
        ("an output", "| `public_subnet_ids` | `Output[list[str]]` | One a zone;"),
        ("a property", "`zonal_subnet_ids: list[Output[str]]`: A private subnet of each zone"),
        (
            "a method",
            "`existing(name: str, args: ExistingNetworkArgs, opts: ResourceOptions | None = None) -> Network`: A",
        ),
        ("a function", '`off_hours(*, stop: int, start: int, tasks: tuple[int, int], days: str = "MON-FRI"'),
        ("what it fails with", "- **Raises, on deploy:** when the service is steady"),
        ("what extends another", "Beside these, everything of [`FargateTaskArgs`](#fargatetaskargs)."),
        ("a type of literals", "`Literal[1, 7, 14, 30, 60, 90, 180, 270, 365]`"),
        ("what it creates", "- **Creates:** a `Network`, a `LoadBalancer`"),
        ("an index", "| [`FargateService`](#fargateservice) | Run one image as a service"),
    ],
)
def test_the_page_has(name, line):
    assert line in TEXT, name


def test_what_components_ask_each_other_is_left_out():
    assert "problems(" not in TEXT

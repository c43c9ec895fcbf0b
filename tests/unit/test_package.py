"""The package that other programs install, by its metadata; tests/local/test_reuse.py builds and installs it."""

import ast
import inspect
import re
import sys
import tomllib
import typing
from importlib.metadata import packages_distributions
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest
from packaging.requirements import Requirement

import components
from tests.releases import CHANGELOG, releases

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
PACKAGE = ROOT / "components"
FILES = sorted(PACKAGE.rglob("*.py"))
COMES_WITH = {"botocore": "boto3"}
"""What is imported by itself, and the dependency that brings it."""


def requirements(lines: list[str]) -> dict[str, Requirement]:
    return {one.name: one for one in map(Requirement, lines)}


def absolute_imports(file: Path) -> set[str]:
    """The packages that a file names in full."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    some = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level and node.module}
    return {name.partition(".")[0] for name in plain | some}


DISTRIBUTIONS = packages_distributions()
DEPENDENCIES = requirements(PROJECT["dependencies"])
LISTED = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
PROGRAM = requirements([line for line in LISTED if line and not line.startswith("#")])
PUBLIC = [one for one in (getattr(components, name) for name in components.__all__) if inspect.isclass(one)]


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_a_dependency_has_the_range_that_the_program_has(name):
    ours, theirs = PROGRAM[name].specifier, DEPENDENCIES[name].specifier
    pinned = [one.version for one in ours if one.operator == "=="]
    assert all(version in theirs for version in pinned) if pinned else ours == theirs
    assert name == "tzdata" or {one.operator for one in theirs} == {">=", "<"}, (
        "a range has two ends; tzdata's is a date"
    )


def test_what_is_imported_is_a_dependency_and_no_more():
    imported = {name for file in FILES for name in absolute_imports(file)} - sys.stdlib_module_names
    used = {DISTRIBUTIONS[name][0].replace("_", "-") for name in imported}
    assert {COMES_WITH.get(name, name) for name in used} | {"tzdata"} == set(DEPENDENCIES), "zoneinfo reads tzdata"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_under_another_name_it_is_the_same(file):
    """Its own modules are imported by a dot, and nothing above it is."""
    assert absolute_imports(file) <= sys.stdlib_module_names | set(DISTRIBUTIONS)
    above = r"\." * (len(file.relative_to(PACKAGE).parts) + 1)
    assert not re.search(rf"^\s*from {above}", file.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("one", PUBLIC, ids=lambda one: one.__name__)
def test_what_a_public_name_takes_is_public(one):
    names = {**vars(typing), **vars(pulumi), **vars(sys.modules[one.__module__]), "aws": aws}
    hints = [*typing.get_type_hints(one, names).values(), *typing.get_type_hints(one.__init__, names).values()]
    assert {kind for hint in hints for kind in ours_in(hint)} <= set(PUBLIC)


def ours_in(hint: object) -> set[type]:
    """The classes of the components in a type."""
    own = {hint} if inspect.isclass(hint) and hint.__module__.startswith("components.") else set[type]()
    return own.union(*map(ours_in, typing.get_args(hint)))


def test_it_is_typed_licensed_and_private():
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"only-include": ["components"], "sources": {"components": "fargate_components"}}
    assert (PACKAGE / "py.typed").is_file()
    assert (PROJECT["name"], PROJECT["readme"], PROJECT["license-files"]) == (
        "fargate-components",
        "README.md",
        ["LICENSE"],
    )
    assert "Private :: Do Not Upload" in PROJECT["classifiers"], "an index refuses it, should somebody upload it"
    assert re.fullmatch(r"hatchling==[\d.]+", *PYPROJECT["build-system"]["requires"])


def test_its_version_is_a_release_s_or_on_the_way_to_the_next():
    last = releases(CHANGELOG.read_text(encoding="utf-8"))[1].version
    assert last
    major, minor, patch = map(int, last.split("."))
    following = (f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0")
    assert PROJECT["version"] in (last, *following, *(f"{one}.dev0" for one in following))

"""What the pages name is there: where links lead, and the commands, files, tests and classes in backticks.

Only what can be decided is judged: a name with a placeholder (`STACK`, `…`, `*`) stands for many.
"""

import importlib.util
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from botocore import xform_name

import components
from tests.docs import aws_cli, commands, shell, sources
from tests.docs.pages import ROOT, Page, Said, pages, tell

CHANGELOG = "CHANGELOG.md"
"""It names what was there."""
EACH_PAGE = pytest.mark.parametrize("page", pages(), ids=[page.path for page in pages()])
COMMAND = re.compile(r"(?:(?:\.\./)?\.venv/bin/)?(?:make|python3?|pulumi|aws|git|docker|gh|curl) [^…{]+")
INCOMPLETE = re.compile(r"Missing (?:argument|option)| needs (?:--|\d|a value)|is wanted$|requires an argument")
"""What a command lacks that is named, not typed."""
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?|[\w.-]+/")
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b")
MADE = ("bootstrap/.state", ".localcloud", ".venv")
"""What a clone does not have, and commands make."""
TEST = re.compile(r"(?:(tests/\w+/test_\w+\.py)::)?test_\w+")
MEMBER = re.compile(r"([A-Z]\w+)\.(\w+)")


NAME = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b(?!/)")
OTHERS = (
    "ChangeResourceRecordSetsNormalizedRecordNames additional_rules continue_before_steady_state cpu_percentage "
    "default_target_group enforce_admins grace_period kinesis_firehose memory_percentage pulumi_awsx response_time "
    "rollback_alarms spot_from taskdef_overrides"
)
"""Words of Copilot's, awsx's, GitHub's, Fluent Bit's and, a condition, IAM's, that no file here has."""
ACTION = re.compile(r"(?<![\w.:])([a-z0-9-]+):([A-Z][a-z]+[A-Z][A-Za-z]+)(?![\w:*])")
API_OF = {"elasticfilesystem": "efs", "elasticloadbalancing": "elbv2"}
"""APIs with other names than IAM's prefixes for them."""
TYPE = re.compile(r"\baws:(\w+)/\w+:\w+")


def problems(found: Iterable[Said], problem: Callable[[str], str | None]) -> list[str]:
    """What is wrong with words of a page, each with its place."""
    told = ((one, problem(one.text)) for one in found)
    return [f"{one.place}: {one.text}: {said}" for one, said in told if said]


def words(page: Page, pattern: re.Pattern[str]) -> list[Said]:
    return [one for one in page.code if pattern.fullmatch(one.text) and page.path != CHANGELOG]


@EACH_PAGE
def test_each_link_leads_somewhere(page):
    def problem(target: str) -> str | None:
        path, _, anchor = target.partition("#")
        file = ((ROOT / page.path).parent / path).resolve() if path else ROOT / page.path
        if not file.exists():
            return "is not there"
        there = next((one for one in pages() if ROOT / one.path == file), None)
        return f"{there.path} has no such heading" if there and anchor and anchor not in there.anchors else None

    links = (one for one in page.links if "://" not in one.text and not one.text.startswith("mailto:"))
    assert problems(links, problem) == []


@EACH_PAGE
def test_each_command_exists(page):
    def problem(command: str) -> str | None:
        found = commands.problems(command.partition(" | ")[0])
        return next((one for one in found if not INCOMPLETE.search(one)), None)

    assert problems(words(page, COMMAND), problem) == []


@EACH_PAGE
def test_each_path_of_the_repository_exists(page):
    def problem(path: str) -> str | None:
        folders = (ROOT, (ROOT / page.path).parent)
        ours = any((folder / path.partition("/")[0]).is_dir() for folder in folders)
        there = any((folder / path).exists() for folder in folders)
        stands_for_many = PLACEHOLDER.search(path) or path.startswith((*MADE, ".", ".."))
        return "is not there" if ours and not there and not stands_for_many else None

    assert problems(words(page, PATH), problem) == []


@EACH_PAGE
def test_each_test_exists(page):
    def problem(said: str) -> str | None:
        file, _, test = said.rpartition("::")
        text = (ROOT / file).read_text("utf-8") if file else all_tests()
        return None if f"def {test}(" in text else "is not there"

    assert problems(words(page, TEST), problem) == []


@cache
def all_tests() -> str:
    return "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))


@EACH_PAGE
def test_each_member_of_a_component_exists(page):
    def problem(said: str) -> str | None:
        name, member = said.split(".")
        cls = getattr(components, name, None)
        known = cls is None or hasattr(cls, member) or member in cls.__annotations__
        return None if known else "is not there"

    assert problems(words(page, MEMBER), problem) == []


def test_each_word_with_an_underscore_is_in_some_file():
    tell(one for page in pages() if page.path != CHANGELOG for one in unknown_names(page))


def unknown_names(page: Page) -> list[str]:
    """Words such as `desired_count` that no file of the project has: misspelt ones."""
    known = {*sources.names(), *OTHERS.split()}
    said = [(one.place, name) for one in page.code for name in NAME.findall(one.text)]
    for block in page.blocks:
        for command in shell.commands(block.text) if block.language == "console" else ():
            if command.words[:1] == ["jq"]:  # what it takes of JSON of the engine's or of this project's
                said += [(block.place, name) for name in re.findall(r"\.([a-z]\w+)", " ".join(command.words))]
    return [f"{place}: {name}: no file has it" for place, name in said if name not in known]


def test_each_action_is_one_of_awss():
    made = (CHANGELOG, "docs/permissions.md")
    tell(one for page in pages() if page.path not in made for one in unknown_actions(page))


def unknown_actions(page: Page) -> list[str]:
    """Actions of IAM's, such as `ecs:UpdateService`, that neither a file here has nor an API of AWS's."""
    found = [(one.place, *said) for one in page.code for said in ACTION.findall(one.text)]
    return [
        f"{place}: {api}:{action}: AWS has no such action"
        for place, api, action in found
        if action not in {*sources.names(), *OTHERS.split()}
        and xform_name(action, "-") not in aws_cli.operations(API_OF.get(api) or api)
    ]


def test_each_type_of_the_provider_exists():
    tell(one for page in pages() if page.path != CHANGELOG for one in unknown_types(page))


def unknown_types(page: Page) -> list[str]:
    """Types of Pulumi's AWS provider that the installed one does not have."""
    texts = [(one.place, one.text) for one in (*page.blocks, *page.code)]
    return [
        f"{place}: {found[0]}: the provider has no such type"
        for place, text in texts
        for found in TYPE.finditer(text)
        if f'"{found[0]}"' not in provider(found[1])
    ]


@cache
def provider(module: str) -> str:
    """The text of one module of the installed provider; nothing is imported."""
    found = importlib.util.find_spec("pulumi_aws")
    folder = Path(str(found and found.origin)).parent / {"lambda": "lambda_"}.get(module, module)
    return "".join(file.read_text("utf-8") for file in folder.glob("*.py"))


@pytest.mark.parametrize(
    ("check", "text", "told"),
    [
        (unknown_names, "`keep_alive_timout`", "keep_alive_timout"),
        (unknown_names, "`volumes: {a: {read_onli: true}}`", "read_onli"),
        (unknown_names, "`stop_timeout` `tests/no_such.py` `cpu_percentage`", ""),
        (unknown_names, "```console\njq -r '.deploymnt.resources[]' a.json\n```", "deploymnt"),
        (unknown_names, "```console\njq -r '.deployment.resources[]' a.json\n```", ""),
        (unknown_actions, "`sts:GetCallerIdentitty`", "sts:GetCallerIdentitty"),
        (unknown_actions, "`nothing:UpdateService2`, `nothing:MakeThings`", "nothing:MakeThings"),
        (unknown_actions, "`sts:GetCallerIdentity` `efs:DescribeMountTargets` `aws:SourceArn` `s3:Get*`", ""),
        (unknown_types, '```json\n{"type": "aws:route53/recordz:Record"}\n```', "aws:route53/recordz:Record"),
        (unknown_types, "`aws:route54/record:Record`", "aws:route54/record:Record"),
        (unknown_types, "`aws:route53/record:Record` `aws:lb/listener:Listener` `aws:SourceArn`", ""),
    ],
)
def test_a_word_that_nothing_has_is_told(check, text, told):
    found = check(Page("p.md", text))
    assert any(told in one for one in found) if told else found == []


@pytest.mark.parametrize(
    ("check", "text", "problem"),
    [
        (test_each_link_leads_somewhere, "[a](nothing.md)", "is not there"),
        (test_each_link_leads_somewhere, "[a](README.md#nothing)", "README.md has no such heading"),
        (test_each_command_exists, "`make upp`", "nothing makes upp"),
        (test_each_path_of_the_repository_exists, "`tests/nothing.py`", "is not there"),
        (test_each_test_exists, "`test_that_is_not_there`", "is not there"),
        (test_each_test_exists, "`tests/unit/test_docs_names.py::test_a`", "is not there"),
        (test_each_member_of_a_component_exists, "`Network.vpc`", "is not there"),
    ],
)
def test_a_name_that_is_not_there_is_told(check, text, problem):
    with pytest.raises(AssertionError, match=problem):
        check(Page("p.md", text))


@pytest.mark.parametrize(
    "text",
    [
        "`make up STACK=NAME` `python -m ops rollback` `pulumi config set` `aws kms list-aliases` `make {one}`",
        "`bootstrap/Pulumi.NAME.yaml` `bootstrap/.state` `lb/listener` `policies/`",
        "`Network.existing` `NetworkArgs.zones` `LoadBalancer.url` `Other.thing`",
    ],
)
def test_a_name_that_is_there_or_nobody_can_judge_is_left_alone(text):
    page = Page("p.md", text)
    test_each_command_exists(page)
    test_each_path_of_the_repository_exists(page)
    test_each_member_of_a_component_exists(page)


def test_an_anchor_is_made_as_github_makes_it():
    page = Page("p.md", "# What `up` asks, and why?\n\n## Again\n\n## Again\n\n<a id='old'></a>\n<a id=\"kept\"></a>\n")
    assert page.anchors == {"what-up-asks-and-why", "again", "again-1", "kept"}


def test_links_and_words_are_found_in_tables_and_lists_with_their_lines():
    page = Page("p.md", "- one\n  [two](b.md#c)\n\n| a | b |\n| --- | --- |\n| x | `y` [z](d.md) |\n")
    assert [(one.place, one.text) for one in page.links] == [("p.md:2", "b.md#c"), ("p.md:6", "d.md")]
    assert [(one.place, one.text) for one in page.code] == [("p.md:6", "y")]

"""What the pages say of a stack file's settings is so: names, values and defaults, by the schema of stack files.

A setting in backticks is a path (`network.nat`), a key and its value (`cpu: 60`), or a cell of a column "setting".
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from configuration.schema import schema
from ops import engine_yaml
from tests.docs.pages import Page, pages, tell
from tests.docs.shell import commands

JUDGED = [page for page in pages() if page.path not in ("CHANGELOG.md", "docs/components.md")]
"""All but what was there, and what is made from types of Python."""
PATH = re.compile(r"(?:fargate:)?[a-z_]+(?:\.(?:[a-z_-]+|[A-Z]+))*")
VALUE = re.compile(rf"({PATH.pattern}): (\[.*\]|\{{.*\}}|\"[^\"]*\"|[^\s,]+(?:, [a-z_]+: \S+)*)")
"""A setting and its value; more of them may follow."""
OTHERS = {
    "environment": "a tag's",
    "existing_provider": "bootstrap's",
    "operation": "a parameter of CircleCI's",
    "placement": "Copilot's",
    "project": "a tag's",
    "refresh": "Pulumi.yaml's",
    "storage.readonly_fs": "Copilot's",
    "version": "a secret's",
}
"""Keys of other files, and whose they are."""
HOST = re.compile(r"\.(?:aws|com|io)$")
DEFAULT = re.compile(r"`([a-z_]+(?:\.[a-z_]+)*)` \((\d+|on|off)(?: s)?[),]")
"""A setting, and in brackets what it is when it is left out."""


def test_each_setting_exists():
    tell(one for page in JUDGED for one in names(page))


def test_each_value_can_be_said():
    tell(one for page in JUDGED for one in values(page))


def test_each_default_is_the_schemas():
    tell(one for page in JUDGED for one in defaults(page))


def names(page: Page) -> Iterator[str]:
    """Settings that no stack file has."""
    for one in page.code:
        if found := re.match(PATH, one.text) if VALUE.fullmatch(one.text) or PATH.fullmatch(one.text) else None:
            path = keys(found[0])
            ours = one.text.startswith("fargate:") or (len(path) > 1 and path[0] in top()["properties"])
            if ours and not HOST.search(one.text) and not at(top(), path):
                yield f"{one.place}: {one.text}: no stack file has it"
    for cell in page.cells:
        for code in cell.code if cell.column.startswith("setting") else ():
            if PATH.fullmatch(code) and not anywhere(keys(code)):
                yield f"{cell.place}: {code}: no stack file has it"
    for place, path in configured(page):
        if not at(top(), keys(path)):
            yield f"{place}: {path}: no stack file has it"


def configured(page: Page) -> Iterator[tuple[str, str]]:
    """Paths that a page's commands give to `pulumi config`."""
    for block in page.blocks:
        for command in commands(block.text) if block.language == "console" else ():
            if command.words[:2] == ["pulumi", "config"] and "--path" in command.words:
                yield block.place, command.words[command.words.index("--path") + 1]


def values(page: Page) -> Iterator[str]:
    """Settings with a value that no stack file takes."""
    for one in page.code:
        if not (VALUE.fullmatch(one.text) and (said := mapping(one.text))):
            continue
        for path, value in said.items():
            found = anywhere(keys(path))
            if not found and path not in OTHERS:
                yield f"{one.place}: {one.text}: no stack file has {path}"
            elif found and not any(takes(part, value) for part in found) and path not in OTHERS:
                yield f"{one.place}: {one.text}: no stack file takes it"


def defaults(page: Page) -> Iterator[str]:
    """Defaults that are not."""
    said = [(one.place, *found) for one in page.texts for found in DEFAULT.findall(one.text)]
    for cell in page.cells:
        if re.match("setting.*default", cell.column):
            said += [(cell.place, *one.split(": ")) for one in cell.code if VALUE.fullmatch(one)]
    for place, path, text in said:
        value = {"on": True, "off": False}.get(text, engine_yaml.read(text))
        found = [part["default"] for part in anywhere(keys(path)) if "default" in part]
        if found and value not in found:
            yield f"{place}: the default of {path} is {' or '.join(dict.fromkeys(map(str, found)))}, not {text}"


def keys(path: str) -> list[str]:
    return path.removeprefix("fargate:").split(".")


def mapping(text: str) -> dict[str, Any] | None:
    """What a text says as YAML, if that is a mapping and has nothing that stands for the reader's own."""
    try:
        read = engine_yaml.read(f"{{{text}}}") if "{" not in text else engine_yaml.read(text)
    except (ValueError, yaml.YAMLError):
        return None
    return read if isinstance(read, dict) and "…" not in text else None


@cache
def stack_schema() -> dict[str, Any]:
    return json.loads(schema())


@cache
def top() -> dict[str, Any]:
    """What may stand behind `fargate:`, as one schema."""
    found = stack_schema()["properties"]["config"]["properties"]
    return {"properties": {key.partition(":")[2]: one for key, one in found.items() if key.startswith("fargate:")}}


def anywhere(path: Sequence[str]) -> list[dict[str, Any]]:
    """The schemas of a path that begins in any part of a stack file."""
    return [found for part in (top(), *stack_schema()["$defs"].values()) for found in at(part, path)]


def at(part: dict[str, Any], path: Sequence[str]) -> list[dict[str, Any]]:
    """The schemas of a path within one; any key fits where names are the reader's."""
    if not path:
        return [part]
    if ref := part.get("$ref"):
        return at(stack_schema()["$defs"][ref.rpartition("/")[2]], path)
    if path[0] in part.get("properties", {}):
        return at(part["properties"][path[0]], path[1:])
    more = part.get("additionalProperties")
    found = at(more, path[1:]) if isinstance(more, dict) else []
    return [*found, *(one for way in (*part.get("anyOf", ()), *part.get("allOf", ())) for one in at(way, path))]


def takes(part: dict[str, Any], value: Any) -> bool:
    return Draft202012Validator({**part, "$defs": stack_schema()["$defs"]}).is_valid(value)


@pytest.mark.parametrize(
    ("check", "text", "problem"),
    [
        (names, "`fargate:budgett`", "no stack file has it"),
        (names, "`network.natt: none`", "no stack file has it"),
        (names, "| setting | what |\n| - | - |\n| `open_file` | many |\n", "p.md:3: open_file"),
        (names, "```console\npulumi config set --path fargate:services.web.imag.promote a\n```\n", "no stack file has"),
        (values, "`keep_alive_timout: 61`", "no stack file has keep_alive_timout"),
        (values, "`enabld: false`", "no stack file has enabld"),
        (values, "`min: 0, maxx: 0`", "no stack file has maxx"),
        (values, "`network.nat: nine`", "no stack file takes it"),
        (values, "`capacity: {base: 1, fargat: 1}`", "no stack file takes it"),
        (values, "`endpoints: ecr`", "no stack file takes it"),
        (defaults, "Within `stop_timeout` (40).", "the default of stop_timeout is 30"),
        (defaults, "| setting | d |\n| - | - |\n| `stop_timeout` (40) | it |\n", "p.md:3: the default"),
        (defaults, "Rows of `zone_rebalancing` (off).", "is True, not off"),
        (defaults, "| setting, default |\n| - |\n| `error_percent: 6` |\n", "the default of error_percent is 5"),
    ],
)
def test_what_is_not_so_is_told(check, text, problem):
    found = [*check(Page("p.md", text))]
    assert [one for one in found if problem in one], found


@pytest.mark.parametrize(
    "text",
    [
        "`fargate:network.cidr` `services.NAME.secrets` `registry.gitlab.com` `image.uri` `budget` `nothing`",
        "`nat: none leaves tasks no way` `image: {promote: …}` `min: 0, max: 0` `capacity: {base: 1, fargate: 1}`",
        "`network.nat: none` `refresh: always` `stop_timeout` (30) `priority` (1 to 50000)",
        "| setting |\n| - |\n| `stickiness: {}` `command`, 3 |\n",
    ],
)
def test_what_is_so_or_nobody_can_judge_is_left_alone(text):
    page = Page("p.md", text)
    assert [*names(page), *values(page), *defaults(page)] == []


def test_a_setting_is_found_by_its_path():
    for path in ("load_balancer.firewall.count_only", "services.NAME.secrets", "services.web.image.promote", "budget"):
        assert at(top(), path.split("."))
    for path in ("load_balancer.firewal", "services.web.imag", "nothing"):
        assert not at(top(), path.split("."))

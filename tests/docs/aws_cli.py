"""Commands of AWS's command line, judged by botocore's models of AWS's APIs, of which it is made; nothing is run.

An operation is a method's name with hyphens, an argument a parameter's (AWS CLI User Guide, "Command structure in the
AWS CLI"). Values in shorthand, such as `Key=project,Value=fargate`, must have keys that the API knows.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import botocore.session
from botocore import xform_name

from .aws_query import query_problems

GLOBAL = {
    **dict.fromkeys(("--region", "--profile", "--query", "--output", "--endpoint-url", "--color"), True),
    **dict.fromkeys(("--cli-input-json", "--cli-read-timeout", "--ca-bundle"), True),
    **dict.fromkeys(("--max-items", "--page-size", "--starting-token"), True),
    **dict.fromkeys(("--no-cli-pager", "--no-paginate", "--no-sign-request", "--debug"), False),
}
"""Flags of every command, and whether a value follows each."""
OWN = {
    ("s3", "cp"): {"--recursive", "--quiet"},
    ("s3", "ls"): {"--recursive"},
    ("s3", "mb"): set[str](),
    ("s3", "rm"): {"--recursive"},
    ("s3", "sync"): {"--delete"},
    ("configure", "list"): set[str](),
    ("configure", "sso"): set[str](),
    ("sso", "login"): set[str](),
    ("logs", "tail"): {"--follow", "--since"},
    ("ecr", "get-login-password"): set[str](),
    ("cloudformation", "deploy"): {"--template-file", "--stack-name", "--capabilities", "--parameter-overrides"},
    ("cloudformation", "package"): {"--template-file"},
}
"""Commands that the command line has beside the APIs', with what a page may say after them."""

SCHEMES = ("file", "fileb", "http", "https", "s3")
"""What a value may begin with: a file that has it, or an address."""


def aws_problems(words: list[str]) -> Iterator[str]:
    """What is wrong with the words after `aws`."""
    query = next((after for flag, after in pairwise(words) if flag == "--query"), None)
    words = _without_global(words)
    own = next((flags for name, flags in OWN.items() if tuple(words[: len(name)]) == name), None)
    if own is not None:
        yield from (f"no flag {one}" for one in words if one.startswith("--") and one not in own)
    elif len(words) < 2:
        yield "aws SERVICE OPERATION is wanted"
    elif (service := {"s3api": "s3"}.get(words[0], words[0])) not in _services():
        yield f"AWS has no service {words[0]}"
    elif words[1] == "wait":
        if (waiter := "".join(words[2:3])) not in (xform_name(one, "-") for one in _waiters(service)):
            yield f"{words[0]} waits for no {waiter}"
    elif words[1] not in (known := operations(service)):
        yield f"{words[0]} has no operation {words[1]}"
    else:
        operation = _model(service).operation_model(known[words[1]])
        yield from _argument_problems(operation, words[2:])
        yield from query_problems(query, operation.output_shape) if query is not None else ()


def _argument_problems(operation: Any, words: list[str]) -> Iterator[str]:
    shape = operation.input_shape
    members = {
        f"--{xform_name(name, '-')}": (name, member) for name, member in (shape.members if shape else {}).items()
    }
    given: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            given[word.partition("=")[0]] = [word.partition("=")[2]] if "=" in word else []
        elif given:
            given[next(reversed(given))].append(word)
    for flag, values in given.items():
        if flag in members:
            yield from _value_problems(flag, members[flag][1], values)
        elif members.get(flag.replace("--no-", "--", 1), (None, None))[1] is None:
            yield f"{operation.name} has no parameter {flag}"
    for flag, (name, _) in members.items():
        if name in shape.required_members and flag not in given and "--cli-input-json" not in given:
            yield f"{operation.name} needs {flag}"


def _value_problems(flag: str, shape: Any, values: list[str]) -> Iterator[str]:
    one = shape.member if shape.type_name == "list" else shape
    if shape.type_name != "boolean" and not values:
        yield f"{flag} needs a value"
    for value in values:
        if (scheme := value.partition("://")[0]) != value and scheme not in SCHEMES:
            yield f"{flag}: nothing begins with {scheme}://"
        if one.type_name == "structure" and re.match(r"\w+=", value):
            keys = re.findall(r"(?:^|,)(\w+)=", value)
            yield from (f"{flag}: no key {key}: {', '.join(one.members)}" for key in keys if key not in one.members)
        elif (enum := getattr(one, "enum", None)) and value not in enum and not re.search(r"\$|^[A-Z]+$", value):
            yield f"{flag}: {value} is none of {', '.join(enum)}"


def _without_global(words: list[str]) -> list[str]:
    left: list[str] = []
    at = 0
    while at < len(words):
        flag = words[at].partition("=")[0]
        if flag not in GLOBAL:
            left.append(words[at])
        elif GLOBAL[flag] and "=" not in words[at]:
            at += 1
        at += 1
    return left


@cache
def _session() -> Any:
    return botocore.session.get_session()


@cache
def _services() -> frozenset[str]:
    return frozenset(_session().get_available_services())


@cache
def _model(service: str) -> Any:
    return _session().get_service_model(service)


def operations(service: str) -> dict[str, str]:
    """Operations of an API as the command line names them, and as the API does; none where AWS has no such API."""
    names = _model(service).operation_names if service in _services() else ()
    return {xform_name(name, "-"): name for name in names}


def _waiters(service: str) -> list[str]:
    has = service in _session().get_component("data_loader").list_available_services("waiters-2")
    return _session().get_waiter_model(service).waiter_names if has else []

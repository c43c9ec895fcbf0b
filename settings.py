"""The configuration of a stack: the only reader of it. What its file may say is in `configuration/`.

`python -m settings` writes docs/stack.schema.json, by which editors complete and check stack files.
"""

import functools
import inspect
import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime
from pydantic import ValidationError

from configuration.delivered import VARIABLE, image_problems, read_images, with_images
from configuration.messages import nearest, problem
from configuration.namespaces import FILE_KEYS, NAMESPACE, NAMESPACES
from configuration.rules import region_problems, stack_problems
from configuration.schema import schema
from configuration.stack import Settings

SCHEMA = Path("docs/stack.schema.json")


class ConfigError(pulumi.RunError):
    """Every problem of a stack's configuration, one a line. The engine prints it without a traceback."""


def load() -> Settings:
    """The settings of the stack that is deployed.

    Where the environment variable `FARGATE_IMAGES` names a file of images, which `make build` writes, they are copied
    by digest and nothing is built.

    Raises:
        ConfigError: every problem of its file, and of that one.
    """
    config = {**runtime.get_config_env(), **runtime.CONFIG.get()}
    secrets = {*runtime.get_config_secret_keys_env(), *filter(runtime.is_config_secret, config)}
    stack = pulumi.get_stack()
    file = Path(f"Pulumi.{stack}.yaml")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return parse(config, stack, secrets=secrets, text=text, images=os.environ.get(VARIABLE, ""))


def delivered_images() -> dict[str, str]:
    """The addresses in the file that `FARGATE_IMAGES` names, by the names of services and jobs; none without it."""
    path = os.environ.get(VARIABLE)
    return read_images(path) if path else {}


def parse(
    config: Mapping[str, str], stack: str, *, secrets: Collection[str] = (), text: str = "", images: str = ""
) -> Settings:
    """Settings from a stack's whole configuration.

    Args:
        config: every key with its namespace, structured values as JSON.
        stack: its name.
        secrets: the keys whose values are encrypted.
        text: the stack file, for what is lost on the way from it to `config`.
        images: path of a file of images to copy instead of building them; none when empty.

    Raises:
        ConfigError: every problem, one a line.
    """
    values = {key.partition(":")[2]: _value(value) for key, value in config.items() if key.startswith(f"{NAMESPACE}:")}
    problems = [*_file_problems(text), *_key_problems(config, secrets)]
    if not values and not problems:
        raise ConfigError(
            f"no configuration for stack {stack}: create Pulumi.{stack}.yaml, for example by copying Pulumi.dev.yaml"
        )
    problems += region_problems(config, values)
    if images:
        values, of_images = _delivered(values, images)
        problems += of_images
    settings = None
    try:
        settings = Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        problems += [problem(one, Settings, NAMESPACE) for one in error.errors(include_url=False)]
    problems += [f"{NAMESPACE}:{problem}" for problem in stack_problems(values)]
    if problems or not settings:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(f"Pulumi.{stack}.yaml has {len(problems)} problem{'s' * (len(problems) > 1)}:\n{lines}")
    return settings


def _delivered(values: dict[str, object], path: str) -> tuple[dict[str, object], list[str]]:
    """The values with the images of a file in place of builds, and what is wrong with that file."""
    try:
        images = read_images(path)
    except ValueError as error:
        return values, [str(error)]
    return with_images(values, images), [*image_problems(values, images)]


def _value(text: str) -> object:
    """A top-level value reaches a program as text, whatever its file says: `3` and `true` mean what they look like."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@functools.cache
def _aws_keys() -> frozenset[str]:
    """What may be configured of the AWS provider (Pulumi Registry, "AWS Classic: Installation & Configuration")."""
    words = (name.split("_") for name in inspect.signature(aws.ProviderArgs.__init__).parameters)
    keys = (first + "".join(word.title() for word in rest) for first, *rest in words)
    return frozenset({*keys, "version", "pluginDownloadURL"})


def _file_problems(text: str) -> Iterator[str]:
    """What the engine swallows: keys beside `config`, and numbers that it reads as octal."""
    for key in re.findall(r"^(\w+):", text, re.MULTILINE):
        if key not in FILE_KEYS:
            yield f"{key}: unknown key{nearest(key, FILE_KEYS)}"
    for key, number in re.findall(r"^[ -]+([^ ]+): +(0[0-9]+) *(?:#.*)?$", text, re.MULTILINE):
        yield f"{key}: {number} is read as an octal number: leave out the zeros, or quote it"


def _key_problems(config: Mapping[str, str], secrets: Collection[str]) -> Iterator[str]:
    for key in config:
        namespace = key.partition(":")[0]
        if namespace not in NAMESPACES:
            yield f"{key}: unknown namespace {namespace!r}{nearest(namespace, NAMESPACES)}"
        if namespace == NAMESPACE and key in secrets:
            yield (
                f"{key}: must hold no secret: what stands here can be read in the state and in task definitions. Keep "
                "it in Secrets Manager or Parameter Store, and name it under services.NAME.secrets"
            )
        if namespace == "aws" and key.count(":") == 1 and key.partition(":")[2] not in _aws_keys():
            yield f"{key}: unknown key{nearest(key.partition(':')[2], _aws_keys())}"


def main(arguments: list[str]) -> int:
    """Write the schema, or with `--check` say whether the written one is current."""
    if arguments == ["--check"]:
        current = SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == schema()
        if not current:
            print(f"{SCHEMA} is stale: python -m settings", file=sys.stderr)
        return 0 if current else 1
    SCHEMA.write_text(schema(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

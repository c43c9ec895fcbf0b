"""Values that a task reads from Secrets Manager and Parameter Store when it starts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .checks import refuse
from .look_up import look_up

_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_BY_AWS = "alias/aws/"
"""Keys that AWS manages: whoever may read the secret may use them, without a word in a policy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """Where a value is kept. It never enters the program, its state or the task definition."""

    secret: pulumi.Input[str] | None = None
    """Secret of Secrets Manager: its ARN, or the name of one that exists. Default: `parameter` says."""
    parameter: pulumi.Input[str] | None = None
    """Parameter of Systems Manager: its ARN, or the name of one that exists. Default: `secret` says."""
    key: str | None = None
    """Key in the secret's JSON. Default: the whole secret."""
    version: str | None = None
    """Stage, or id, of the secret's version. Default: the current one."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Customer key that encrypts it. Default: the one that a secret's look-up by name tells, else a key of AWS's."""

    def __post_init__(self) -> None:
        """Refuse what names no value.

        Raises:
            ValueError: neither or both of secret and parameter, or what a parameter does not have.
        """
        refuse(_problems(self))


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What a task definition and a policy say of a secret."""

    value_from: str
    """As `secrets` of a container definition wants it (Amazon ECS Developer Guide, "Pass Secrets Manager secrets")."""
    arn: str
    """What may be read."""
    kms_key_arn: str | None
    """Key that it takes to read it; None where that needs no permission."""


def source_of(secret: Secret, parent: pulumi.Resource) -> pulumi.Output[Source]:
    """A secret's ARNs; names are looked up at preview.

    Raises:
        pulumi.RunError: no secret, or no parameter, has the name.
    """
    arn, key = _secret(secret, parent) if secret.secret is not None else _parameter(secret, parent)
    known = pulumi.Output.all(arn, secret.kms_key_arn or key)
    return known.apply(lambda arns: Source(value_from=_value_from(arns[0], secret), arn=arns[0], kms_key_arn=arns[1]))


def _problems(secret: Secret) -> Iterator[str]:
    if (secret.secret is None) == (secret.parameter is None):
        yield "a secret needs either secret or parameter, such as secret: prod/database, or parameter: /app/token"
    for name in ("key", "version"):
        if secret.parameter is not None and getattr(secret, name) is not None:
            yield f"a parameter has no {name}: leave it out"
    for name in ("secret", "parameter"):
        if getattr(secret, name) == "":
            yield f"{name} must be a name or an ARN, got ''"


def _secret(secret: Secret, parent: pulumi.Resource) -> tuple[pulumi.Input[str], str | None]:
    name, opts = secret.secret or "", pulumi.InvokeOptions(parent=parent)
    if not isinstance(name, str) or name.startswith("arn:"):
        return name, None
    found = look_up(f"secret {name}", lambda: aws.secretsmanager.get_secret(name=name, opts=opts))
    key = found.kms_key_id or _BY_AWS
    if key.startswith((_BY_AWS, "arn:")):
        return found.arn, key if key.startswith("arn:") else None
    return found.arn, look_up(f"key {key}", lambda: aws.kms.get_key(key_id=key, opts=opts)).arn


def _parameter(secret: Secret, parent: pulumi.Resource) -> tuple[pulumi.Input[str], str | None]:
    name, opts = secret.parameter or "", pulumi.InvokeOptions(parent=parent)
    if not isinstance(name, str) or name.startswith("arn:"):
        return name, None
    found = look_up(f"parameter {name}", lambda: aws.ssm.get_parameter(name=name, with_decryption=False, opts=opts))
    return found.arn, None


def _value_from(arn: str, secret: Secret) -> str:
    """The ARN, and behind it the JSON key, the version's stage, and the version's id."""
    if secret.key is None and secret.version is None:
        return arn
    version = secret.version or ""
    stage, version_id = ("", version) if _UUID.fullmatch(version) else (version, "")
    return f"{arn}:{secret.key or ''}:{stage}:{version_id}"

"""Clients of AWS for what a program itself asks while it deploys, beside the resources that its provider makes."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi

_UNITS = {"h": 3600, "m": 60, "s": 1}
_INSTEAD = {
    "endpoints": "AWS_ENDPOINT_URL_ECS and the like",
    "sharedConfigFiles": "AWS_CONFIG_FILE",
    "sharedCredentialsFiles": "AWS_SHARED_CREDENTIALS_FILE",
}
"""Settings of the provider's that say who asks and whom, and what of the environment tells boto3, and it, the same."""


def client(service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """A client of boto3 with the credentials of the program's provider.

    Those are `aws:accessKey`, `secretKey` and `token`, or `aws:profile`, of the stack file, else what boto3 finds by
    itself, as the provider does; with them the roles of `aws:assumeRoleWithWebIdentity` and `aws:assumeRoles`. Another
    provider that a component is given is not known here. With `AWS_ENDPOINT_URL`, which boto3 heeds, another AWS than
    the account's is meant, and the environment's credentials with it: nothing of the account's is sent there.

    It gives up as soon as `limits` say, and so does the one that asks for the roles.

    Args:
        service: in boto3's words, such as `ecs`.
        region: that it asks.

    Raises:
        ValueError: `aws:endpoints`, `aws:sharedConfigFiles` or `aws:sharedCredentialsFiles` are set: without them
            somebody else would ask, or somebody else be asked.
        OSError: the file with the web identity's token cannot be read.
        botocore.exceptions.BotoCoreError: there is no such profile.
        botocore.exceptions.ClientError: a role may not be assumed.

    Source: Boto3 Guide, "Configuration", "Credentials"; Pulumi AWS provider, "Installation & configuration"; AWS STS
    API Reference, "AssumeRole", "AssumeRoleWithWebIdentity".
    """
    make: Any = _session(region).client
    return make(service, region_name=region, config=limits())


def limits() -> Any:  # noqa: ANN401 - botocore has no types
    """How soon a client of boto3 gives up: 5 s to connect, 20 s for an answer, three attempts."""
    from botocore.config import Config  # it takes half a second to load, which most programs need not

    return Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


def region_of(arn: str) -> str:
    """The region in an ARN, such as a cluster's."""
    return arn.split(":")[3]


def _session(region: str) -> Any:  # noqa: ANN401 - boto3 has no types
    """One of its own for each client: a session is not to be shared between threads."""
    import boto3

    if os.environ.get("AWS_ENDPOINT_URL"):
        return boto3.Session()
    config = pulumi.Config("aws")  # the provider's settings, not the stack's
    if problem := "; ".join(_not_heeded(config)):
        raise ValueError(problem)
    session: Any = boto3.Session(
        config.get("accessKey"), config.get("secretKey"), config.get("token"), profile_name=config.get("profile")
    )
    for call, role in _roles(config):
        sts = session.client("sts", region_name=region, config=limits())
        given = getattr(sts, call)(**{"RoleSessionName": "pulumi", **_asked(role)})["Credentials"]
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return session


def _not_heeded(config: pulumi.Config) -> Iterator[str]:
    for key, instead in _INSTEAD.items():
        if json.loads(config.get(key) or "[]"):
            yield f"aws:{key} is heeded by the provider alone, not where the program itself asks AWS: set {instead}"


def _roles(config: pulumi.Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The roles that the provider assumes one after the other, each with the call of STS that gives it."""
    if identity := json.loads(config.get("assumeRoleWithWebIdentity") or "{}"):
        yield "assume_role_with_web_identity", identity
    for role in json.loads(config.get("assumeRoles") or "[]"):
        yield "assume_role", role


def _asked(role: Mapping[str, Any]) -> dict[str, Any]:
    return {word: turned(role[key]) for key, (word, turned) in _ROLE_WORDS.items() if role.get(key)}


def _seconds(duration: str) -> int:
    parts: list[tuple[str, str]] = re.findall(r"([\d.]+)([hms])", duration)
    if "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"the duration of a role must be in h, m and s, such as 1h30m, got {duration!r}")
    return int(sum(float(number) * _UNITS[unit] for number, unit in parts))


_ROLE_WORDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "roleArn": ("RoleArn", str),
    "sessionName": ("RoleSessionName", str),
    "externalId": ("ExternalId", str),
    "policy": ("Policy", str),
    "sourceIdentity": ("SourceIdentity", str),
    "duration": ("DurationSeconds", _seconds),
    "policyArns": ("PolicyArns", lambda arns: [{"arn": arn} for arn in arns]),
    "tags": ("Tags", lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]),
    "transitiveTagKeys": ("TransitiveTagKeys", list),
    "webIdentityToken": ("WebIdentityToken", str),
    "webIdentityTokenFile": ("WebIdentityToken", lambda path: Path(path).expanduser().read_text().strip()),
}
"""What the provider's settings say of a role, in the words of STS, and how that takes it."""

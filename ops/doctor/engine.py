"""The engine: its CLI, where it keeps its state, the stack in it, and what encrypts its secrets."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from ops import engine_yaml
from ops.deployed import LOCAL
from ops.doctor.surroundings import Surroundings, numbers, there
from ops.doctor.verdict import Verdict, missing, ok, unknown
from ops.error import OpsError

CLI, STATE, STACK, SECRETS = "Pulumi CLI", "state", "stack", "secrets provider"
_INSTALL = "https://www.pulumi.com/docs/install/"
_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def cli(around: Surroundings) -> Iterator[Verdict]:
    """A Pulumi CLI that is new enough, and that means the cloud which the AWS credentials mean."""
    path, wanted = shutil.which("pulumi"), _required(around)
    if not path:
        yield missing(CLI, "no pulumi on PATH", f"install {wanted or 'it'}: {_INSTALL}; for the local cloud: {LOCAL}")
        return
    local = Path(path).parent == Path(around.environment.get("LOCALCLOUD_HOME") or ".", "bin")
    if local != around.is_local:
        whose = ("the local cloud's", "AWS's") if local else ("the real one", "the local cloud's")
        mend = f"open a new shell for AWS, or turn both to the local cloud: {LOCAL}"
        yield missing(CLI, f"{path} is {whose[0]}, but the AWS credentials are {whose[1]}", mend)
        return
    ran = around.pulumi("version")
    found = re.search(r"\d+(\.\d+)+", ran.out if ran else "")
    if not found:
        yield unknown(CLI, f"{path} does not tell its version", f"pulumi version; {_INSTALL}")
    elif numbers(found[0]) < numbers(wanted):
        yield missing(
            CLI, f"{found[0]} at {path}, but Pulumi.yaml requires {wanted} or newer", f"install it: {_INSTALL}"
        )
    else:
        yield ok(CLI, f"{found[0]} at {path}{', of the local cloud' * local}")


def state(around: Surroundings) -> Iterator[Verdict]:
    """Where the engine keeps what it deployed."""
    ran = around.pulumi("whoami", "--json")
    if ran is None:
        yield unknown(STATE, "pulumi did not say where it keeps it", "pulumi whoami -v")
    elif ran.code:
        yield missing(STATE, "pulumi is not logged in", "pulumi login, or pulumi login s3://BUCKET for one of yours")
    else:
        found = json.loads(ran.out)
        yield ok(STATE, f"{found.get('url')}, as {found.get('user')}")


def stack(around: Surroundings) -> Iterator[Verdict]:
    """The stack in the engine's state."""
    try:
        count = around.resources()
    except OpsError as error:
        yield unknown(STACK, str(error), "pulumi stack ls")
        return
    if count is None:
        yield missing(STACK, f"the engine knows no stack {around.stack}", f"pulumi stack init {around.stack}")
    elif count:
        yield ok(STACK, f"{around.stack} is there, with {count} resources: this would not be its first up")
    else:
        yield ok(STACK, f"{around.stack} is there, with nothing deployed")


def secrets(around: Surroundings) -> Iterator[Verdict]:
    """What encrypts the secrets in the state: a key of KMS, Pulumi's service, or a passphrase."""
    given = _named(around)
    if given.startswith("awskms://"):
        yield _key(around, given)
    elif given:
        yield unknown(SECRETS, f"{given.partition(':')[0]} is asked by the engine alone", "pulumi preview")
    else:
        yield _by_backend(around)


def _named(around: Surroundings) -> str:
    """The provider that the stack's file names."""
    return str(_yaml(around.folder / f"Pulumi.{around.stack}.yaml").get("secretsprovider") or "")


def _by_backend(around: Surroundings) -> Verdict:
    ran = around.pulumi("whoami", "--json")
    url = str(json.loads(ran.out).get("url")) if ran and ran.code == 0 else ""
    if not url:
        return unknown(SECRETS, "it follows from where the state is, which pulumi did not say", "pulumi whoami -v")
    if url.startswith("https://"):
        return ok(SECRETS, f"a key that {url} keeps")
    if any(name in around.environment for name in _PASSPHRASES) or around.is_local:
        return ok(SECRETS, "a passphrase, which this shell has")
    mend = f"export {_PASSPHRASES[0]}=…, or keep a key in KMS: "
    return missing(SECRETS, "a passphrase, which this shell has not", mend + _init(around))


def _init(around: Surroundings) -> str:
    return f"pulumi stack init {around.stack} --secrets-provider=awskms://alias/NAME?region={around.region}"


def _key(around: Surroundings, given: str) -> Verdict:
    """A key that these credentials see, and that is enabled."""
    name, _, query = given.removeprefix("awskms://").removeprefix("/").partition("?")
    region = next((part[7:] for part in query.split("&") if part.startswith("region=")), around.region)
    found = there(lambda: around.client("kms", region).describe_key(KeyId=name))
    if found is None:
        return missing(SECRETS, f"no key {name} in {region}", f"aws kms create-key --region {region}, and its alias")
    if (current := found["KeyMetadata"]["KeyState"]) != "Enabled":
        return missing(SECRETS, f"key {name} is {current}", f"aws kms enable-key --key-id {name} --region {region}")
    return ok(SECRETS, f"key {name} in {region}")


def _required(around: Surroundings) -> str:
    """The oldest version that the project takes; empty where it names none as `>=VERSION`."""
    found = re.fullmatch(r">=\s*([\d.]+)", str(_yaml(around.folder / "Pulumi.yaml").get("requiredPulumiVersion")))
    return found[1] if found else ""


def _yaml(file: Path) -> dict[str, Any]:
    """A file that was read before, as a mapping."""
    return cast(dict[str, Any], engine_yaml.read(file.read_text(encoding="utf-8")))

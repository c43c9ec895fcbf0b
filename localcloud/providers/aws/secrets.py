"""Secrets and parameters that stacks name: there before a stack, on AWS; here made for the rehearsal, once."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from localcloud.providers.declare import Function, Operations, Values, call

PLACEHOLDER = "a secret of the rehearsal"
"""What is in a secret that is made here: no real value ever comes to this machine."""


def _secret(client: Any, values: Values, log: Callable[[str], None]) -> dict[str, Any]:
    name = values.get("name") or values["secretId"]
    try:
        client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=PLACEHOLDER)
        log(f"secret {name} made for the rehearsal, with a placeholder in it: on AWS it must be there")
    return {}


def _parameter(client: Any, values: Values, log: Callable[[str], None]) -> dict[str, Any]:
    name = values["name"]
    try:
        client.get_parameter(Name=name)
    except client.exceptions.ParameterNotFound:
        client.put_parameter(Name=name, Value=PLACEHOLDER, Type="SecureString")
        log(f"parameter {name} made for the rehearsal, with a placeholder in it: on AWS it must be there")
    return {}


def with_keys(operation: Operations) -> None:
    """Refuse nothing: a secret that was made here gets the keys that a task definition reads, as JSON has them."""
    containers = json.loads(operation.values["containerDefinitions"])
    sources = [one["valueFrom"].split(":") for container in containers for one in container.get("secrets") or ()]
    for parts in (one for one in sources if "".join(one[7:8])):  # an ARN has 7, and then come key, stage and id
        client = operation.client("secretsmanager")
        with suppress(client.exceptions.ResourceNotFoundException):
            value = client.get_secret_value(SecretId=":".join(parts[:7])).get("SecretString", "")
            if PLACEHOLDER in value:
                keys = json.loads(value) if value != PLACEHOLDER else {}
                client.put_secret_value(
                    SecretId=":".join(parts[:7]), SecretString=json.dumps({parts[7]: PLACEHOLDER, **keys})
                )


FUNCTIONS = (
    Function(
        token="aws:secretsmanager/getSecret:getSecret",
        service="secretsmanager",
        before=_secret,
        call=call("describe_secret", SecretId="name"),
        returns={"arn": "ARN", "name": "Name", "kmsKeyId": "KmsKeyId"},
    ),
    Function(
        token="aws:secretsmanager/getSecretVersion:getSecretVersion",
        service="secretsmanager",
        before=_secret,
        call=call("get_secret_value", SecretId="secretId", VersionId="versionId", VersionStage="versionStage"),
        returns={"arn": "ARN", "secretString": "SecretString", "versionId": "VersionId"},
    ),
    Function(
        token="aws:ssm/getParameter:getParameter",
        service="ssm",
        before=_parameter,
        call=call("get_parameter", Name="name", WithDecryption="withDecryption"),
        returns={"arn": "Parameter.ARN", "name": "Parameter.Name", "type": "Parameter.Type"},
    ),
    Function(
        token="aws:kms/getKey:getKey",
        service="kms",
        call=call("describe_key", KeyId="keyId"),
        returns={"arn": "KeyMetadata.Arn", "keyId": "KeyMetadata.KeyId"},
    ),
)

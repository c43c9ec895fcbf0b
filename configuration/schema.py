"""The JSON schema of a stack file, by which editors complete and check it."""

import json
from typing import Any

import pulumi_aws as aws

from .namespaces import FILE_KEYS, NAMESPACE
from .stack import Settings


def schema() -> str:
    """JSON schema of a stack file, as text."""
    stack = Settings.model_json_schema()
    definitions = stack.pop("$defs")
    keys = {f"{NAMESPACE}:{key}": value for key, value in stack["properties"].items()}
    keys["aws:region"] = {
        "type": "string",
        "description": "AWS region that the stack is deployed to.",
        "enum": [one.value for one in aws.Region],
    }
    config: dict[str, Any] = {
        "type": "object",
        "properties": keys,
        "patternProperties": {"^(aws|docker|pulumi):": {}},
        "additionalProperties": False,
        "required": ["aws:region", *(f"{NAMESPACE}:{key}" for key in stack["required"])],
    }
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file",
        "description": "Pulumi.STACK.yaml. Written by `python -m settings`.",
        "type": "object",
        "properties": {key: {} for key in FILE_KEYS} | {"config": config},
        "required": ["config"],
        "$defs": definitions,
    }
    return json.dumps(document, indent=2) + "\n"

import asyncio
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components import failed_operation
from components.failed_deployment import AGAIN
from components.failed_operation import explaining

from .fake_ecs import CLUSTER, DEFINITION


def hook(monkeypatch, why="why", **args):
    """What the hook of a failed operation logs, and whether it asks for another try."""
    lines, made = [], []
    monkeypatch.setattr(pulumi, "ErrorHook", lambda name, function: made.append((name, function)))
    monkeypatch.setattr(pulumi.log, "error", lambda text, resource: lines.append((text, resource)))
    monkeypatch.setattr(failed_operation, "explanation", lambda *asked: f"{why} {asked}" if why else "")
    monkeypatch.setattr(failed_operation, "ROLE_SECONDS", 0.0)
    for level in ("info", "warn"):
        monkeypatch.setattr(
            pulumi.log, level, lambda text, resource, at=level: lines.append((f"{at}: {text}", resource))
        )
    component: Any = object()
    explaining("web", component)
    ((name, function),) = made
    assert name.startswith("web-explain")
    inputs = {"cluster": CLUSTER, "taskDefinition": DEFINITION, "name": "web-1"}
    given = {"failed_operation": "update", "id": "", "new_inputs": inputs, "errors": ["it failed"]} | args
    again = asyncio.run(function(SimpleNamespace(**given)))
    assert [resource for _, resource in lines] == [component] * len(lines)
    return [text for text, _ in lines], again


@pytest.mark.parametrize(
    "args",
    [
        {"failed_operation": "create"},
        {
            "id": "arn:aws:ecs:eu-west-1:1:service/c-1/web-1",
            "new_inputs": {"cluster": CLUSTER, "taskDefinition": DEFINITION},
        },
    ],
)
def test_a_failure_of_the_provider_is_explained_and_not_tried_again(monkeypatch, args):
    lines, again = hook(monkeypatch, **args)
    assert lines == [f"service web: shop-dev-web:7 does not serve.\nwhy {(CLUSTER, 'web-1', DEFINITION)}\n{AGAIN}"]
    assert again is False


ROLE = "InvalidParameterException: ECS was unable to assume the configured ECS Infrastructure Role 'arn:r'. Please …"
TRIED_AGAIN = "info: service web: ECS cannot assume its new role yet, and is asked again"


@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_role_that_ecs_cannot_assume_yet_is_tried_again_for_a_minute(monkeypatch, operation):
    assert failed_operation.ROLE_TRIES * failed_operation.ROLE_SECONDS == 60
    for failures in range(1, 7):
        found = hook(monkeypatch, failed_operation=operation, errors=[ROLE] * failures)
        assert found == ([TRIED_AGAIN], True)
    assert hook(monkeypatch, failed_operation=operation, errors=[ROLE] * 7) == ([], False)


def test_what_fails_otherwise_after_that_is_explained_and_not_tried_again(monkeypatch):
    lines, again = hook(monkeypatch, errors=["it is not steady", ROLE])
    assert len(lines) == 1
    assert again is False


def test_an_error_of_the_explanation_does_not_stand_in_place_of_the_provider_s(monkeypatch):
    found = hook(monkeypatch, new_inputs={"name": "web-1"})
    assert found == (["warn: service web: its failure is not explained: 'cluster'"], False)


@pytest.mark.parametrize(
    "args", [{"failed_operation": "delete"}, {"new_inputs": None}, {"why": ""}, {"id": None, "why": "", "errors": []}]
)
def test_where_there_is_nothing_to_explain_nothing_is_said(monkeypatch, args):
    assert hook(monkeypatch, **args) == ([], False)

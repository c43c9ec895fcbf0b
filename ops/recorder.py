"""The monitor that a program registers its resources with when no engine listens: it notes what each of them says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from ops.pretended import Pretended
from policies import tokens as t
from policies.graph import UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """One resource, as the program registered it."""

    type: str
    """Pulumi's token."""
    name: str
    """Logical name."""
    urn: str
    """Unlike any other's."""
    parent: str
    """URN of its component, or of the stack."""
    component: bool
    """Whether it is a component, of which AWS knows nothing."""
    inputs: Mapping[str, Any]
    """What the program gave; `policies.graph.UNKNOWN` where only AWS could say."""
    outputs: Mapping[str, Any]
    """What AWS would add, its `id` among it."""
    dependencies: frozenset[str]
    """URNs of every resource that must be there before it."""
    property_dependencies: Mapping[str, frozenset[str]]
    """The same, by the input that a value of theirs goes into."""
    protect: bool
    """Whether the engine refuses to delete it."""
    retained: bool = False
    """Whether what it stands for stays in AWS when it is deleted or replaced."""
    deleted_first: bool = False
    """Whether a replacement begins with its deletion."""
    ignored: frozenset[str] = frozenset()
    """Inputs whose changes the engine passes over."""
    replaced_on: frozenset[str] = frozenset()
    """Inputs whose changes replace it, whatever its provider says."""
    trigger: Any = None
    """Value whose change replaces it; None where there is none."""
    aliases: frozenset[str] = frozenset()
    """URNs that it had before, as far as it says so itself."""


class Recorder(MockMonitor):
    """The monitor of Pulumi's mocks, answered by a pretended AWS, which also notes what each registration says."""

    def __init__(self, aws: Pretended) -> None:
        self.looked_up: list[tuple[str, Mapping[str, Any]]] = []
        super().__init__(_Mocks(aws, self.looked_up))
        self.made: list[Made] = []

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine does, with the types of all parents but the stack; Pulumi's mocks have the nearest alone."""
        types = parent.split("::")[2] if parent else t.STACK
        types = type_ if types == t.STACK else f"{types}${type_}"
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{types}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the engine's name and type
        """Note a resource, and answer as AWS would."""
        response = super().RegisterResource(request)
        registered = self.resources.get(response.urn)  # the mocks keep all but the stack itself
        self.made.append(
            Made(
                type=request.type,
                name=request.name,
                urn=response.urn,
                parent=request.parent,
                component=not request.custom,
                inputs=_plain(rpc.deserialize_properties(request.object, keep_unknowns=True)),
                outputs={**(registered.state if registered else {}), "id": response.id},
                dependencies=frozenset(request.dependencies),
                property_dependencies={name: frozenset(one.urns) for name, one in request.propertyDependencies.items()},
                protect=request.protect,
                retained=request.retainOnDelete,
                deleted_first=request.deleteBeforeReplace,
                ignored=frozenset(request.ignoreChanges),
                replaced_on=frozenset(request.replaceOnChanges),
                trigger=_trigger(request),
                aliases=frozenset(self._alias(one, request) for one in request.aliases),
            )
        )
        return response

    def _alias(self, alias: Any, request: Any) -> str:  # noqa: ANN401 - the engine's types
        """The URN that an alias means: what it does not say is as it is today."""
        if alias.urn:
            return alias.urn
        said = alias.spec
        parent = "" if said.noParent else said.parentUrn or request.parent
        return self.make_urn(parent, said.type or request.type, said.name or request.name)


def _trigger(request: Any) -> Any:  # noqa: ANN401 - the engine's type, and any value
    given = {"trigger": request.replacement_trigger} if request.HasField("replacement_trigger") else {}
    return _plain(rpc.deserialize_properties(Struct(fields=given), keep_unknowns=True)).get("trigger")


def _plain(value: Any) -> Any:  # noqa: ANN401 - a property may be anything
    """The value without the wrapper in which a secret travels."""
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


class _Mocks(Mocks):
    """Pulumi's mocks, answered by a pretended AWS."""

    def __init__(self, aws: Pretended, looked_up: list[tuple[str, Mapping[str, Any]]]) -> None:
        self.aws, self.looked_up = aws, looked_up

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return None, args.inputs
        made, outputs = self.aws.resource(args.typ, args.name, args.inputs)
        return made, outputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        self.looked_up.append((args.token.rpartition(":")[2], args.args))
        return self.aws.answer(args.token, args.args), []

"""A stack's resources without a cloud: the program runs against an AWS that is only pretended.

No engine, no account, no Docker. What would only be known after a deploy is plausible: ids, ARNs, addresses.
"""

import contextlib
import os
import runpy
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config as runtime
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks, test

from ops.interrupt import ends_the_process
from ops.pretended import Pretended
from ops.stack_file import StackFile, StackFileError, read
from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """What a program makes of a stack's file."""

    name: str
    """Name of the stack."""
    file: StackFile
    """The file."""
    made: tuple[Made, ...]
    """Every resource, in the order of their URNs."""

    @property
    def graph(self) -> Graph:
        """The resources as policies see them, the stack itself among them with its configuration."""
        project = self.file.project
        stack = Resource(
            type=t.STACK,
            name=f"{project}-{self.name}",
            urn=f"urn:pulumi:{self.name}::{project}::{t.STACK}::{project}-{self.name}",
            properties={"config": self.file.config},
        )
        return Graph([stack, *map(_resource, self.made)])


def run(folder: Path, name: str) -> Stack:
    """Run the program of a folder for one of its stacks. Ctrl-C meanwhile ends the process.

    Raises:
        StackFileError: the file is missing or wrong, in the words of whoever found out, or there is no program, or it
            names two resources alike.
    """
    file = read(folder, name)
    if not (folder / "__main__.py").is_file():
        raise StackFileError(f"no __main__.py in {folder}; run this in the folder of the program")
    monitor = _Recorder(_aws_of(file))
    set_mocks(monitor.mocks, project=file.project, stack=name, preview=True, monitor=monitor)
    with _in_folder(folder), ends_the_process():
        try:
            test(lambda: _program(file))()
        except pulumi.RunError as error:
            raise StackFileError(str(error)) from None
    made = [one for one in monitor.made if one.type != t.STACK]
    _refuse_twins(made)
    return Stack(name=name, file=file, made=tuple(sorted(made, key=lambda one: one.urn)))


def _program(file: StackFile) -> None:
    runtime.set_all_config(dict(file.config), list(file.secrets))
    runpy.run_path("__main__.py", run_name="__main__")


def _refuse_twins(made: Sequence[Made]) -> None:
    """The engine tells resources apart by their URNs."""
    times = Counter((one.urn, one.type, one.name) for one in made)
    twins = [f"{kind} {name!r} is registered twice" for (_, kind, name), count in times.items() if count > 1]
    if twins:
        raise StackFileError(f"{'; '.join(twins)}: give each a name of its own")


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    """Where the engine runs a program: in its folder, which is the first to be searched for modules."""
    before, path = Path.cwd(), list(sys.path)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path


def _aws_of(file: StackFile) -> Pretended:
    existing = file.structured("fargate:network").get("existing")
    if not isinstance(existing, dict):
        return Pretended(region=file.region)
    return Pretended(
        region=file.region,
        public_subnets=_texts(existing.get("public_subnet_ids")),
        private_subnets=_texts(existing.get("private_subnet_ids")),
        vpc=str(existing.get("vpc_id")),
    )


def _texts(value: object) -> tuple[str, ...]:
    """The texts of a list; the program says what is wrong with anything else."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


class _Mocks(Mocks):
    """Pulumi's mocks, answered by a pretended AWS."""

    def __init__(self, aws: Pretended) -> None:
        self.aws = aws

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return None, args.inputs
        made, outputs = self.aws.resource(args.typ, args.name, args.inputs)
        return made, outputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return self.aws.answer(args.token, args.args), []


class _Recorder(MockMonitor):
    """The monitor of Pulumi's mocks, which also notes what each registration says."""

    def __init__(self, aws: Pretended) -> None:
        super().__init__(_Mocks(aws))
        self.made: list[Made] = []

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine does, with the types of all parents; Pulumi's mocks leave out all but the nearest."""
        types = f"{parent.split('::')[2]}${type_}" if parent else type_
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{types}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the engine's name and type
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
            )
        )
        return response


def _plain(value: Any) -> Any:  # noqa: ANN401 - a property may be anything
    """The value without the wrapper in which a secret travels."""
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _resource(made: Made) -> Resource:
    return Resource(
        type=made.type,
        name=made.name,
        urn=made.urn,
        properties={**made.outputs, **made.inputs},
        parent=made.parent,
        dependencies=made.dependencies,
        property_dependencies=made.property_dependencies,
        protect=made.protect,
    )

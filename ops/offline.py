"""A stack's resources without a cloud: the program runs against an AWS that is only pretended.

No engine, no account, no Docker. What would only be known after a deploy is plausible: ids, ARNs, addresses.
"""

import asyncio
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
from pulumi.runtime import resource as registering
from pulumi.runtime.mocks import set_mocks, test
from pulumi.runtime.proto.source_pb2 import StackTrace

from ops.interrupt import ends_the_process
from ops.pretended import Pretended
from ops.recorder import Made, Recorder
from ops.stack_file import StackFile, StackFileError, read
from policies import tokens as t
from policies.graph import Graph, Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """What a program makes of a stack's file."""

    name: str
    """Name of the stack."""
    file: StackFile
    """The file."""
    made: tuple[Made, ...]
    """Every resource, in the order of their URNs."""
    looked_up: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """What the program asked AWS for, and must be there before it: a function such as `getZone`, and its arguments."""

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
    _ensure_event_loop()
    monitor = Recorder(_aws_of(file))
    set_mocks(monitor.mocks, project=file.project, stack=name, preview=True, monitor=monitor)
    with _in_folder(folder), _unlocated(), ends_the_process():
        try:
            test(lambda: _program(file))()
        except pulumi.RunError as error:
            raise StackFileError(str(error)) from None
        finally:
            _end_what_waits()
    made = [one for one in monitor.made if one.type != t.STACK]
    _refuse_twins(made)
    asked = tuple(monitor.looked_up)
    return Stack(name=name, file=file, made=tuple(sorted(made, key=lambda one: one.urn)), looked_up=asked)


def _ensure_event_loop() -> None:
    """Pulumi makes its futures on this thread's loop; `asyncio.run` leaves none behind."""
    try:
        asyncio.get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())


def _end_what_waits() -> None:
    """A program that failed leaves on the loop what waited for other resources: it is no part of the next one."""
    loop = asyncio.get_event_loop()
    waiting = asyncio.all_tasks(loop)
    for one in waiting:
        one.cancel()
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))


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


@contextlib.contextmanager
def _unlocated() -> Iterator[None]:
    """No engine asks where in the program a resource is made, and finding out is a tenth of all that Pulumi does."""
    found = registering._get_stack_trace
    registering._get_stack_trace = StackTrace
    try:
        yield
    finally:
        registering._get_stack_trace = found


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

"""Carrying out a declared resource: its calls made, its state read back."""

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import jmespath
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from localcloud.providers.declare import (
    Call,
    Const,
    Describe,
    Operations,
    Prop,
    Resource,
    Values,
    like,
    matches,
    to_pulumi,
    to_shape,
)
from localcloud.providers.wire import UNKNOWN

GONE = re.compile(r"NotFound|NoSuch|Non[eE]xistent|ServiceNotActive")
POLL_SECONDS = 0.1
NOTHING = ("", [], {})
"""What AWS tells of a property that nobody gave; a switch that is off, and zero, say something."""
EC2_KINDS = {
    "eip": "elastic-ip",
    "flow-log": "vpc-flow-log",
    "nat-gateway": "natgateway",
    "security-group-egress-rule": "security-group-rule",
    "security-group-ingress-rule": "security-group-rule",
}
"""Types of resources by their kebab-cased tokens, where EC2 has another word (EC2 API Reference, "TagSpecification").

Of flow logs the emulator has another one than EC2: `emulator/network.py`.
"""
_CREATING = threading.Lock()


class ProviderError(Exception):
    """What goes wrong with one resource, in words for the engine's display."""


class Cancelled(ProviderError):
    """The engine was told to stop."""


class Operation:
    """The calls of one resource in one request of the engine."""

    def __init__(
        self,
        resource: Resource,
        values: dict[str, Any],
        clients: Callable[[str, str], Any],
        *,
        checks: Callable[[str, str], Any] | None = None,
        id: str = "",
        timeout: float = 600,
        log: Callable[[str, bool], None] = lambda *_: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.resource = resource
        self.values = values
        self.timeout = timeout or 600
        self._log = log
        self._clients = clients
        self._checks = checks or clients  # what refuses is AWS itself, and needs no permission
        self._cancelled = cancelled
        self.id = id

    @property
    def id(self) -> str:
        """The resource's id, also a value that its calls may carry."""
        return str(self.values.get("id", ""))

    @id.setter
    def id(self, id: str) -> None:
        self.values["id"] = id

    def client(self, service: str = "") -> Any:
        """A boto3 client in the resource's region."""
        return self._clients(service or self.resource.service, self.values["region"])

    def log(self, message: str, /, *, keep: bool = False) -> None:
        """Show a line under the resource in the engine's display; with `keep` also in its summary."""
        self._log(message, keep)

    def create(self) -> None:
        """Make the resource; `id` is set as soon as AWS has given one.

        Raises:
            ProviderError: AWS refuses it.
        """
        with _CREATING:  # of two that would collide, the second is refused, not both let through
            self._prepare()
            self._refuse(self.resource.refuse_write)
            answer = self.run(self._tagged(self.resource.create))
        id = self.resource.id
        self.id = id(self.values, answer) if callable(id) else str(jmespath.search(id, answer))

    def _tagged(self, create: Call) -> Call:
        """The creation with its tags, where it takes them: what may be done to a thing goes by its tags at once."""
        tagging, members = self.resource.tags, _input_shape(self.client(), create.operation).members
        if not tagging or self.resource.recorded or not self.values.get("tagsAll"):
            return create
        given = {path: one for path, one in tagging.add.params.items() if one.properties == {"tags"}}
        for path, one in given.items():
            tags = Prop("tagsAll", write=getattr(one, "write", None))
            if path in members:
                return replace(create, params={**create.params, path: tags})
            if "TagSpecifications" in members:
                kind = {"ResourceType": Const(self._kind), "Tags": tags}
                return replace(
                    create, params={**create.params, **{f"TagSpecifications[].{k}": v for k, v in kind.items()}}
                )
        return create

    @property
    def _kind(self) -> str:
        """What EC2 calls the type of resource."""
        name = re.sub("(?=[A-Z])", "-", self.resource.token.rpartition(":")[0].rpartition("/")[2]).lower()
        return EC2_KINDS.get(name, name)

    def settle(self) -> None:
        """Everything between the creation and a resource that is as asked."""
        if self.resource.after_create:
            self.resource.after_create(self)
        self._tag(self.values.get("tagsAll") or {}, {})
        for one in self.resource.updates:
            if any(self.values.get(name) is not None for name in one.properties - self.resource.create.properties):
                self.run(one)
        if self.resource.after_write:
            self.resource.after_write(self)

    def update(self, changed: set[str], olds: dict[str, Any]) -> None:
        """Bring the changed properties to AWS.

        Raises:
            ProviderError: AWS refuses them.
        """
        self._prepare()
        self._refuse(self.resource.refuse_write)
        gone = {name for name in changed & set(self.resource.removals) if self.values.get(name) is None}
        for name in sorted(gone):
            self.run(self.resource.removals[name])
        for one in self.resource.updates:
            if one.properties & (changed - gone):
                self.run(one)
        if {"tags", "tagsAll"} & changed:
            self._tag(self.values.get("tagsAll") or {}, olds.get("tagsAll") or {})
        if self.resource.after_write:
            self.resource.after_write(self)

    def delete(self) -> None:
        """Remove the resource; one that is gone already is no error."""
        try:
            self._refuse(self.resource.refuse_delete)
            if self.resource.before_delete:
                self.resource.before_delete(self)
            if self.resource.delete and not self.values.get(self.resource.stays):
                self.run(self.resource.delete)
            if self.resource.after_delete:
                self.resource.after_delete(self)
        except ClientError as error:
            if not is_gone(error):
                raise

    def _prepare(self) -> None:
        if self.resource.before_write:
            self.resource.before_write(self)

    def _refuse(self, checks: Iterable[Callable[[Operations], str | None]]) -> None:
        as_aws = Operation(self.resource, self.values, self._checks, id=self.id)
        if reason := next(filter(None, (check(as_aws) for check in checks)), None):
            raise ProviderError(reason)

    def describe(self) -> Any:
        """The resource as AWS tells it now, with every further description merged in; None when it is gone."""
        if self.resource.recorded:
            return self.run(self.resource.create)
        found = self._answer(self.resource.read)
        if not found:
            return None
        self.values["described"] = found
        for name, at in self.resource.outputs.items():
            self.values[name] = jmespath.search(at, found)  # further calls may ask by ARN
        for more in self.resource.more:
            found = {**found, **(self._answer(more) or {})}
        return {**found, **self.resource.implied(self.values, found)} if self.resource.implied else found

    def _answer(self, describe: Describe) -> Any:
        try:
            at = describe.at(self.values) if callable(describe.at) else describe.at
            return jmespath.search(at, self.run(describe.call))
        except ClientError as error:
            if is_gone(error):
                return None
            raise

    def found(self, description: Any) -> str:
        """The id of an imported resource, which AWS may tell in another form than it was given."""
        if callable(id := self.resource.id):
            return id(self.values, description) if self.resource.import_id != "{id}" else self.id
        return str(jmespath.search(id.rpartition(".")[2], description) or self.id)

    def find(self) -> dict[str, Any]:
        """What the id that `pulumi import` was given says of the resource, by property.

        Raises:
            ProviderError: it has another form, or does not say what the resource is read by.
        """
        resource = self.resource
        form = re.escape(resource.import_id).replace(r"\{", "(?P<").replace(r"\}", ">.+)")
        form = form.replace(".+", ".+?", 1)  # a first part has no separator in it, a second may
        if resource.recorded:
            raise ProviderError(f"it cannot be imported here, as it is in the engine's state only: {resource.recorded}")
        if not (found := re.fullmatch(form, self.id)):
            raise ProviderError(f"the id to import must be {resource.import_id}, got {self.id!r}")
        self.values |= (said := found.groupdict())
        if resource.on_import:
            resource.on_import(self)
        if unsaid := sorted(resource.read.call.properties - set(self.values)):
            raise ProviderError(f"it cannot be imported here: its id does not say {', '.join(unsaid)}. Make it anew")
        return {name: value for name, value in said.items() if name in resource.properties}

    def inputs(self, description: Any, old: dict[str, Any], said: dict[str, Any] | None = None) -> dict[str, Any]:
        """The resource's inputs now: as they were where AWS still agrees, else what AWS tells.

        Without any (an import), what its id said, and every property that AWS tells other than by default.
        """
        now = {**(said or {}), **old}
        for at, prop, shape in self.readable():
            if old and prop.name not in old:
                continue
            live = jmespath.search(at, description)
            if prop.name in old and matches(sent(prop, old, shape), live):
                continue
            if live is None and prop.name in now:
                del now[prop.name]
            elif live is not None and (old or not self._is_implicit(prop, live)):
                now[prop.name] = prop.read(live) if prop.read else like(prop.default, to_pulumi(live))
        return self._tag_inputs(description, now, old)

    def _is_implicit(self, prop: Prop, live: Any) -> bool:
        """Whether AWS tells it of a property that nobody gave."""
        untold = (prop.default, self.resource.implicit.get(prop.name))
        return live in NOTHING or any(value not in (None, *NOTHING) and matches(value, live) for value in untold)

    def _tag_inputs(self, description: Any, now: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        if not self.resource.tags:
            return now
        live = {key: value for key, value in self.resource.tags.read(description).items() if not key.startswith("aws:")}
        if live != (old.get("tagsAll") or {}):
            defaults = {key: v for key, v in (old.get("tagsAll") or {}).items() if key not in (old.get("tags") or {})}
            now["tagsAll"] = live
            now["tags"] = {key: value for key, value in live.items() if defaults.get(key) != value}
        return now

    def state(self, description: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        """The resource's outputs: its inputs, and what AWS adds to them."""
        found = {name: jmespath.search(at, description) for name, at in self.resource.outputs.items()}
        state = {**inputs, **{name: value for name, value in found.items() if value is not None}}
        if self.resource.computed:
            self.values.update(state)
            state.update(self.resource.computed(self, description))
        return state

    def until(self, done: Callable[[], bool], what: str, seconds: float | None = None) -> None:
        """Poll until `done`.

        Raises:
            ProviderError: it took longer than the engine allows.
            Cancelled: the engine was told to stop.

        """
        limit = min(seconds or self.timeout, self.timeout)
        deadline = time.monotonic() + limit
        while not done():
            if self._cancelled():
                raise Cancelled(f"{what}: interrupted")
            if time.monotonic() > deadline:
                raise ProviderError(f"{what}: not after {limit:.0f} s")
            time.sleep(POLL_SECONDS)

    def run(self, one: Call) -> Any:
        """Make one call with the parameters that the values fill; of what is recorded only, they are the answer."""
        return (rehearse if self.resource.recorded else make)(self.client(), one, self.values)

    def readable(self) -> Iterable[tuple[str, Prop, Any]]:
        """Each property once, with where it is read and the shape it was sent in; the creation's word goes first."""
        client = self.client()
        seen = {prop.name for prop in self.resource.reads}
        yield from ((prop.at or prop.name, prop, None) for prop in self.resource.reads)
        for one in (self.resource.create, *self.resource.updates):
            for path, prop in one.props():
                at = path.replace("[]", "[0]") if prop.at is None else prop.at
                if at and prop.name not in seen:
                    yield at, prop, _shape_at(_input_shape(client, one.operation), path) if path else None
                seen.add(prop.name)

    def _tag(self, tags: dict[str, str], olds: dict[str, str]) -> None:
        tagging = self.resource.tags
        if not tagging or tags == olds:
            return
        told = tagging.read(self.describe())
        removed = sorted(set(olds) - set(tags))
        if removed:
            self._run_with(tagging.remove, keys=removed)
        changed = {key: value for key, value in tags.items() if told.get(key) != value}
        if changed:
            self._run_with(tagging.add, tags=changed)

    def _run_with(self, one: Call, **values: Any) -> None:
        Operation(self.resource, {**self.values, **values}, self._clients, id=self.id).run(one)


def make(client: Any, one: Call, values: Values) -> Any:
    """Make one call with the parameters that values fill; what is missing, or not known yet, is left out."""
    return getattr(client, one.operation)(**_filled(one, values, _input_shape(client, one.operation)))


def rehearse(client: Any, one: Call, values: Values) -> dict[str, Any]:
    """The parameters of a call that is not made, once they are what AWS's model allows.

    Raises:
        ProviderError: a value is none of those that AWS knows.
    """
    shape = _input_shape(client, one.operation)
    params = _filled(one, values, shape)
    validate_parameters(params, shape)
    if unknown := list(unknown_words(params, shape)):
        raise ProviderError(f"ValidationException: {'; '.join(unknown)}")
    return params


def _filled(one: Call, values: Values, shape: Any) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for path, source in one.params.items():
        value = source.value(values)
        if value is not None and value != UNKNOWN:
            _put(params, path, value, shape)
    return params


def unknown_words(value: Any, shape: Any) -> Iterable[str]:
    """Values outside their enumeration, which botocore lets through."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from unknown_words(item, shape.members[name])
    elif shape.type_name == "list":
        for item in value:
            yield from unknown_words(item, shape.member)
    elif (known := getattr(shape, "enum", None)) and value not in known:
        yield f"{shape.name} must be one of {', '.join(known)}, got {value!r}"


def is_gone(error: ClientError) -> bool:
    """Whether AWS says that there is no such thing."""
    said = error.response.get("Error", {})
    unknown = str(said.get("Message")).startswith("Unable to describe task definition")  # its code is ClientException
    return unknown or bool(GONE.search(str(said.get("Code"))))


def sent(prop: Prop, values: Values, shape: Any) -> Any:
    """A property's value as AWS takes it, where it is sent in that shape; as it is without one."""
    value = prop.value(values)
    return to_shape(value, shape) if shape is not None and value is not None else value


def _input_shape(client: Any, operation: str) -> Any:
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape


def _shape_at(shape: Any, path: str) -> Any:
    for part in path.split("."):
        shape = shape.value if shape.type_name == "map" else shape.members[part.removesuffix("[]")]
        if part.endswith("[]"):
            shape = shape.member
    return shape


def _put(params: dict[str, Any], path: str, value: Any, shape: Any) -> None:
    """Set a nested parameter: `A.B` in a structure, `A[].B` in a list's one structure, `A[]` as a list's one item."""
    *parents, last = path.split(".")
    target = params
    for part in parents:
        target = target.setdefault(part[:-2], [{}])[0] if part.endswith("[]") else target.setdefault(part, {})
    value = to_shape(value, _shape_at(shape, path))
    target[last.removesuffix("[]")] = [value] if last.endswith("[]") else value

"""The words in which a resource type of AWS is declared: its API calls, and which property goes to which parameter.

A declaration says the same thing once for all directions. `call("create_vpc", CidrBlock="cidrBlock")` sends the
property `cidrBlock` as the parameter `CidrBlock`, and finds it again at `CidrBlock` in the description.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol

import jmespath

from localcloud.providers.wire import has_unknown

Values = Mapping[str, Any]
"""Properties of one resource by Pulumi's names, with `id` once it exists."""


class Source(Protocol):
    """Where a parameter's value comes from."""

    @property
    def properties(self) -> frozenset[str]:
        """The properties that it carries."""
        ...

    def value(self, values: Values) -> Any:
        """What to send; None leaves the parameter out."""
        ...


@dataclass(frozen=True)
class Prop:
    """One property, sent as it is or through `write`."""

    name: str
    write: Callable[[Any], Any] | None = None
    """Turns Pulumi's value into AWS's; nested keys are matched to the API's casing afterwards."""
    read: Callable[[Any], Any] | None = None
    """Turns AWS's value back, where it is more than a change of casing."""
    at: str | None = None
    """JMESPath of the value in the description; by default the parameter's own path; "" where AWS does not tell."""
    default: Any = None
    """What AWS uses when the property is absent. With it, removing the property is an update; else see `Resource`."""

    @property
    def properties(self) -> frozenset[str]:
        """The properties that it carries."""
        return frozenset({self.name})

    def value(self, values: Values) -> Any:
        """What to send; None leaves the parameter out."""
        value = values.get(self.name)
        value = self.default if value is None else value
        return self.write(value) if self.write and value is not None else value


@dataclass(frozen=True)
class Const:
    """A fixed value."""

    constant: Any
    properties: frozenset[str] = frozenset()

    def value(self, values: Values) -> Any:
        """What to send; None leaves the parameter out."""
        return self.constant


@dataclass(frozen=True)
class Field:
    """One field of a property that AWS takes as several parameters; `Resource.reads` says where it is read back."""

    name: str
    key: str

    @property
    def properties(self) -> frozenset[str]:
        """The properties that it carries."""
        return frozenset({self.name})

    def value(self, values: Values) -> Any:
        """What to send; None leaves the parameter out."""
        return (values.get(self.name) or {}).get(self.key)


@dataclass(frozen=True)
class Built:
    """Several properties in one parameter of a shape of its own. Another call, or nobody, reads them back."""

    properties: frozenset[str]
    build: Callable[[Values], Any]

    def value(self, values: Values) -> Any:
        """What to send; None leaves the parameter out."""
        return self.build(values)


@dataclass(frozen=True)
class Attributes:
    """Several properties in one list of keys and values, as load balancers take them."""

    keys: Mapping[str, "str | Mapping[str, str]"]
    """Key of AWS by property, or by each field of a property."""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What AWS uses for a property that is taken away."""
    key: str = "Key"
    val: str = "Value"

    @property
    def properties(self) -> frozenset[str]:
        """The properties that it carries."""
        return frozenset(self.keys)

    def value(self, values: Values) -> Any:
        """What to send; None leaves the parameter out."""
        given = {**self.defaults, **{name: value for name, value in values.items() if value is not None}}
        pairs = [
            {self.key: key, self.val: text(value)}
            for name, keys in self.keys.items()
            for key, value in ([(keys, given.get(name))] if isinstance(keys, str) else _fields(keys, given.get(name)))
            if value is not None
        ]
        return pairs or None

    def as_props(self, path: str) -> Iterable[Prop]:
        """Each property with the place where it is read back."""

        def at(key: str) -> str:
            return f"{path}[?{self.key}=='{key}'].{self.val} | [0]"

        for name, keys in self.keys.items():
            fields = keys if isinstance(keys, str) else ", ".join(f"{one}: {at(key)}" for one, key in keys.items())
            where = at(keys) if isinstance(keys, str) else f"{{{fields}}}"
            yield Prop(name, at=where, default=self.defaults.get(name))


def _fields(keys: Mapping[str, str], value: Mapping[str, Any] | None) -> Iterable[tuple[str, Any]]:
    return ((key, (value or {}).get(name)) for name, key in keys.items())


@dataclass(frozen=True)
class Call:
    """One API call: a boto3 operation and its parameters."""

    operation: str
    params: Mapping[str, Source]
    """By dotted path; a last `[]` wraps the value in a list."""

    @property
    def properties(self) -> frozenset[str]:
        """Every property that the call carries, `id` apart."""
        return frozenset().union(*(source.properties for source in self.params.values())) - {"id"}

    def props(self) -> Iterable[tuple[str, Prop]]:
        """Each property with the parameter path that it is sent at."""
        for path, source in self.params.items():
            if isinstance(source, Attributes):
                yield from (("", prop) for prop in source.as_props(path))
            elif isinstance(source, Prop) and source.name != "id":
                yield path, source


def call(operation: str, nested: Mapping[str, "Source | str"] | None = None, /, **params: "Source | str") -> Call:
    """Declare a call; a plain string names a property. `nested` holds the parameters whose path is no identifier."""
    given = {**(nested or {}), **params}
    return Call(
        operation, {path: Prop(source) if isinstance(source, str) else source for path, source in given.items()}
    )


@dataclass(frozen=True)
class Tagging:
    """How a service takes, gives and removes tags."""

    add: Call
    """Carries the property `tags`, in the service's own form."""
    remove: Call
    """Carries the property `keys`."""
    at: str = "Tags"
    """JMESPath of the tags in the description."""
    key: str = "Key"
    """Name of a pair's key; the value's is made alike."""

    def read(self, description: Any) -> dict[str, str]:
        """The tags of a description as a plain mapping."""
        found = jmespath.search(self.at, description) or {}
        if isinstance(found, dict):
            return dict(found)
        value = self.key.replace("Key", "Value").replace("key", "value")
        return {pair[self.key]: pair.get(value, "") for pair in found}


def tag_list(key: str = "Key", value: str = "Value") -> Callable[[Mapping[str, str]], list[dict[str, str]]]:
    """Tags as a list of pairs."""
    return lambda tags: [{key: name, value: tags[name]} for name in sorted(tags)]


@dataclass(frozen=True)
class Describe:
    """A call that tells how a resource is, and where in its answer."""

    call: Call
    at: "str | Callable[[Values], str]"
    """JMESPath, or a function that makes it from the properties."""


class Operations(Protocol):
    """What a declaration's own functions may use: the calls of one resource."""

    values: dict[str, Any]

    @property
    def id(self) -> str:
        """The resource's id."""
        ...

    def client(self, service: str = "") -> Any:
        """A boto3 client, by default of the resource's own service."""
        ...

    def describe(self) -> Any:
        """The resource as AWS tells it now; None when it is gone."""
        ...

    def until(self, done: Callable[[], bool], what: str, seconds: float | None = None) -> None:
        """Poll until `done`, within the engine's time."""
        ...

    def log(self, message: str, /, *, keep: bool = False) -> None:
        """Show a line under the resource in the engine's display; with `keep` also in its summary."""
        ...


Hook = Callable[[Operations], None]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource type: its calls, and what the provider must know beside them."""

    token: str
    service: str
    """boto3's name of the service."""
    create: Call
    id: "str | Callable[[Values, Any], str]"
    """JMESPath of the id in the answer to `create`, or a function of properties and answer."""
    read: Describe
    more: tuple[Describe, ...] = ()
    """Further calls whose answers are merged into the description."""
    implied: Callable[[Values, Any], dict[str, Any]] | None = None
    """What the description says in other words, such as a listener in the ARN of its rule: merged into it."""
    updates: tuple[Call, ...] = ()
    """Each is called when one of its properties changes, and after the creation for what that does not carry."""
    removals: Mapping[str, Call] = field(default_factory=dict[str, Call])
    """What takes a property away, where AWS has a call of its own for that."""
    delete: Call | None = None
    """None where there is nothing to delete: the thing stays, as it stays on AWS."""
    stays: str = ""
    """Property that says, where it is true, that nothing is to be deleted either."""
    import_id: str = "{id}"
    """The id that `pulumi import` takes, such as `{role}:{name}`: what it names is known from then on (Pulumi Registry,
    "Import" of each type)."""
    on_import: "Hook | None" = None
    """Completes what an imported resource is read by."""
    implicit: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What AWS tells of a property that nobody gave, beside its `default`, in AWS's words: an import leaves it out."""
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """JMESPath in the description by output name."""
    reads: tuple[Prop, ...] = ()
    """Properties that are read back otherwise than parameter by parameter."""
    computed: Callable[[Operations, dict[str, Any]], dict[str, Any]] | None = None
    """Outputs that are more than a path."""
    replace_on: frozenset[str] = frozenset()
    """Beside the properties that no update carries, which always replace."""
    delete_first: bool = False
    """Whether a replacement begins with the deletion, as Pulumi's provider says of what there can be only one of."""
    kept: frozenset[str] = frozenset()
    """Properties that stay as they are in AWS when they are given no more, as the official provider leaves them."""
    dropped: frozenset[str] = frozenset()
    """Properties that an update takes away by saying them no more, or asks for by their default then."""
    tags: Tagging | None = None
    autoname: str | None = None
    """Property that gets the logical name and a random suffix when the program gives none."""
    autoname_max: int = 255
    recorded: str = ""
    """Set where the emulator lacks the service: what does not happen here. Calls are then checked against AWS's model
    and not made; the engine's state is the only record."""
    idle: str = ""
    """Set where the calls are made and told back as AWS does, and nothing comes of it here: what does not happen."""
    not_emulated: Mapping[str, str] = field(default_factory=dict[str, str])
    """Properties that are recorded in state only, each with the reason."""
    unobeyed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Properties that are sent and told back, and that nothing here obeys, each with the reason: told in
    docs/fidelity.md, not at each `up`."""
    notes: Callable[[Values], list[str]] | None = None
    """What else of the properties is recorded only, each with the reason."""
    only_engine: frozenset[str] = frozenset()
    """Properties that no call carries: they steer the provider (`waitForSteadyState`), or a hook brings them."""
    before_write: Hook | None = None
    """Completes the values that the calls carry."""
    after_create: Hook | None = None
    after_write: Hook | None = None
    """Run after each create and update: waiting until the resource is as asked."""
    before_delete: Hook | None = None
    after_delete: Hook | None = None
    refuse_write: tuple[Callable[[Operations], str | None], ...] = ()
    """What AWS refuses to create or to change to, and the emulator does not: its error code and reason, or None."""
    refuse_delete: tuple[Callable[[Operations], str | None], ...] = ()
    """What AWS refuses to delete, likewise."""

    @property
    def properties(self) -> frozenset[str]:
        """Every property that the type takes."""
        calls = frozenset[str]().union(*(one.properties for one in (self.create, *self.updates)))
        tags = frozenset({"tags", "tagsAll"}) if self.tags else frozenset[str]()
        return calls | tags | self.only_engine | frozenset(self.not_emulated) | {"region"}

    def replaces(self, name: str) -> bool:
        """Whether a change of the property makes a new resource."""
        if name in self.replace_on:
            return True
        updatable = frozenset[str]().union(*(one.properties for one in self.updates))
        return name not in updatable | self.only_engine | frozenset(self.not_emulated) | {"tags", "tagsAll"}

    def only_recorded(self, inputs: Values) -> list[str]:
        """What of a resource is recorded only, each with its reason."""
        told = [f"{name}: {self.not_emulated[name]}" for name in sorted(set(inputs) & set(self.not_emulated))]
        return told + (self.notes(inputs) if self.notes else []) + ([self.recorded] if self.recorded else [])

    def changed(self, olds: Values, news: Values, ignored: AbstractSet[str] = frozenset()) -> set[str]:
        """The properties whose values differ to AWS, or may: a preview does not know all of the new ones."""
        names = {name for name in {*olds, *news} if not name.startswith("__")} - ignored - (self.kept - set(news))
        return {name for name in names if has_unknown(news.get(name)) or not same(olds.get(name), news.get(name))}

    def is_replaced_by(self, name: str, news: Values) -> bool:
        """Whether a change of the property to what it is now makes a new resource."""
        return self.replaces(name) or (name not in news and not self.has_default(name))

    def has_default(self, name: str) -> bool:
        """Whether the property can be taken away by an update."""
        if name in ("tags", "tagsAll", *self.removals, *self.dropped, *self.only_engine, *self.not_emulated):
            return True
        return any(prop.default is not None for one in self.updates for _, prop in one.props() if prop.name == name)


@dataclass(frozen=True, kw_only=True)
class Function:
    """A data source: one call, and what of its answer goes where."""

    token: str
    service: str
    call: Call
    returns: Mapping[str, str]
    """JMESPath in the answer by result name."""
    before: "Callable[[Any, Values, Callable[[str], None]], dict[str, Any]] | None" = None
    """Run first, with a client and a log; what it finds is known to the calls."""
    more: tuple[Describe, ...] = ()
    """Further calls, each with results by name."""
    missing: str = ""
    """The error when nothing is found."""
    finish: Callable[[dict[str, Any], Values], dict[str, Any]] | None = None
    """Last changes to the result."""
    ignores: frozenset[str] = frozenset({"region"})
    """Arguments without a parameter."""


def text(value: Any) -> str:
    """A scalar as AWS writes it in lists of attributes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def document(value: Any) -> Any:
    """A JSON text as its value, any other value unchanged: documents are equal whatever their spacing."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


UNTOLD = {"ClientSecret", "AuthenticationRequestExtraParams"}
"""Fields that are sent and never told again: the first by AWS, both by the emulator."""


def matches(sent: Any, live: Any, *, told: bool = False) -> bool:
    """Whether what AWS tells is what was sent: fields that it adds do not count, nor does the order of a list.

    With `told`, what it does not tell does not match.
    """
    sent, live = document(sent), document(live)
    if told and live is None:
        return sent is None
    if isinstance(sent, dict):
        have: dict[str, Any] = live if isinstance(live, dict) else {}
        return all(
            (key in UNTOLD and not told) or matches(value, have.get(key), told=told) for key, value in sent.items()
        )
    if isinstance(sent, list):
        rest = list(live) if isinstance(live, list) else []
        if len(rest) != len(sent):
            return False
        for item in sent:
            found = next((index for index, other in enumerate(rest) if matches(item, other, told=told)), None)
            if found is None:
                return False
            rest.pop(found)
        return True
    if live is None:
        return sent in (None, "", False, 0)
    return sent == live or text(sent) == text(live)


def same(one: Any, other: Any) -> bool:
    """Whether two values of a property are equal to AWS: documents by content, lists of scalars as sets."""
    one, other = document(one), document(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        if all(isinstance(item, (str, int, float)) for item in one + other):
            return sorted(map(text, one)) == sorted(map(text, other))
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other


class UnknownField(ValueError):
    """A nested field that the API does not have."""


def to_shape(value: Any, shape: Any) -> Any:
    """A value with its keys cased, and its scalars typed, as botocore's shape has them; what has only a name, as that.

    Raises:
        UnknownField: a key that the shape does not have.

    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name: to_shape(item, shape.members[name])
            for name, item in ((_member(key, shape), item) for key, item in value.items() if item is not None)
        }
    if kind == "structure" and isinstance(value, str) and shape.required_members == ["name"]:
        return {"name": value}
    if kind == "list":
        return [to_shape(item, shape.member) for item in (value if isinstance(value, list) else [value])]
    if kind == "string" and not isinstance(value, str):
        return text(value)
    if kind in ("integer", "long") and isinstance(value, str):
        return int(value)
    if kind == "double" and isinstance(value, str):
        return float(value)
    if kind == "boolean" and isinstance(value, str):
        return value == "true"
    return value


def _member(key: str, shape: Any) -> str:
    names = {name.lower(): name for name in shape.members}
    wanted = key.lower()
    for candidate in (
        wanted,
        wanted.rstrip("s"),
        wanted.removesuffix("es"),
        wanted + "s",
        wanted + "es",
        wanted[:-3] + "y" if wanted.endswith("ies") else wanted,
    ):
        if candidate in names:
            return names[candidate]
    raise UnknownField(f"{shape.name} has no field {key!r}; it has {', '.join(sorted(shape.members))}")


def like(default: Any, told: Any) -> Any:
    """What AWS tells, by the type of the property's default, where it tells switches and numbers as text."""
    if isinstance(default, dict) and isinstance(told, dict):
        return {key: like(default.get(key), one) for key, one in told.items() if one is not None}
    if isinstance(default, int) and isinstance(told, str):
        return told == "true" if isinstance(default, bool) else int(told)
    return told


def to_pulumi(value: Any) -> Any:
    """A value of AWS with its keys in Pulumi's casing, for what changed behind the program's back."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: to_pulumi(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_pulumi(item) for item in value]
    return value

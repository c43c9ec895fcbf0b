"""What the source says of a public name: Python itself keeps no docstrings of fields, outputs and members."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

_SECTIONS = re.compile(r"^(Args|Raises|Returns):\n.*", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field, an output, or a member of an enum."""

    name: str
    type: str
    """As it is written, without the names of modules and quotes; empty for a member."""
    value: str | None
    """The default, or a member's value, as it is written; None where there is none."""
    text: str
    """Its docstring, in one line."""

    @property
    def meaning(self) -> str:
        """The text without what it says of the default."""
        return " ".join(self._parts[::2]).strip()

    @property
    def default(self) -> str:
        """What the text says of the default."""
        return next(iter(self._parts[1::2]), "")

    @property
    def _parts(self) -> list[str]:
        return [part.strip() for part in re.split(r"(?:^| )Default: (.+?)\.(?= |$)", self.text)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """A method or a property that others may use."""

    signature: str
    """With its types; a property's as that of an output."""
    text: str
    """Its docstring, up to its arguments."""


class Entry:
    """One public class, function or type."""

    def __init__(self, name: str, node: ast.stmt, doc: str) -> None:
        self.name = name
        self.node = node
        self.doc = _SECTIONS.sub("", doc).strip()

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """Classes that it extends."""
        return tuple(_plain(base) for base in self.node.bases) if isinstance(self.node, ast.ClassDef) else ()

    @property
    def is_component(self) -> bool:
        """Whether it makes resources."""
        return "ComponentResource" in self.bases

    @property
    def is_enum(self) -> bool:
        """Whether it is a choice between members."""
        return bool({"StrEnum", "Enum"} & set(self.bases))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Its fields in their order; of a component its outputs, of an enum its members."""
        body = self.node.body if isinstance(self.node, ast.ClassDef) else []
        return tuple(
            field
            for statement, after in pairwise(body)
            if (text := _text(after)) is not None and (field := _field(statement, " ".join(text.split())))
        )

    @cached_property
    def methods(self) -> tuple[Method, ...]:
        """What it can do beside being made; a function's own call."""
        if isinstance(self.node, ast.FunctionDef):
            return (Method(signature=_signature(self.node), text=""),)
        body = self.node.body if isinstance(self.node, ast.ClassDef) else []
        return tuple(
            Method(signature=_signature(one), text=_SECTIONS.sub("", ast.get_docstring(one) or "").strip())
            for one in body
            if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
        )

    @property
    def alternatives(self) -> str:
        """The values of a type that is a choice of literals."""
        return _plain(self.node.value) if isinstance(self.node, ast.Assign) else ""


def entries(folder: Path) -> Mapping[str, Entry]:
    """All public names of the package in a folder, by name: those that its `__init__.py` imports."""
    found: dict[str, Entry] = {}
    for statement in _parsed(folder / "__init__.py"):
        if isinstance(statement, ast.ImportFrom):
            names = {alias.name for alias in statement.names}
            module = _parsed(folder / f"{statement.module}.py")
            found |= {entry.name: entry for entry in _entries(module) if entry.name in names}
    return found


def _parsed(file: Path) -> list[ast.stmt]:
    return ast.parse(file.read_text(encoding="utf-8")).body


def _entries(module: list[ast.stmt]) -> Iterator[Entry]:
    for statement, after in zip(module, [*module[1:], ast.Pass()], strict=True):
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            yield Entry(statement.name, statement, ast.get_docstring(statement) or "")
        elif isinstance(statement, ast.Assign) and isinstance(name := statement.targets[0], ast.Name):
            yield Entry(name.id, statement, _text(after) or "")


def _field(statement: ast.stmt, text: str) -> Field | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value) if not name.startswith("_"):
            return Field(name=name, type=_plain(annotation), value=value and _value(value), text=text)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
            return Field(name=name, type="", value=_value(value), text=text)
        case _:
            return None


def _text(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return None


def _value(value: ast.expr) -> str:
    """A default as one would write it: `{}` for `field(default_factory=dict[str, str])`."""
    match value:
        case ast.Call(func=ast.Name(id="field"), keywords=[ast.keyword(arg="default_factory", value=factory), *_]):
            made = ast.unparse(factory)
            return "{}" if made.startswith("dict") else "[]" if made.startswith("list") else f"{made}()"
        case ast.Constant(value=str(text)):
            return f'"{text}"'
        case _:
            return ast.unparse(value).replace("'", '"')


def _plain(annotation: ast.expr) -> str:
    return re.sub(r"\b(?:pulumi|aws\.\w+)\.|['\"]", "", ast.unparse(annotation))


def _signature(function: ast.FunctionDef) -> str:
    returns = _plain(function.returns) if function.returns else ""
    decorators = {ast.unparse(one) for one in function.decorator_list}
    if decorators & {"property", "cached_property"}:
        return f"{function.name}: {returns}"
    given = re.sub(r"\b(?:self|cls)(?:, )?", "", ast.unparse(function.args), count=1)
    given = re.sub("=(?=[^ ])", " = ", given).replace("pulumi.", "").replace("'", '"')
    return f"{function.name}({given}) -> {returns}"

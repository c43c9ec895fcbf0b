"""What goes by another name in a program than before, and is the same by an alias: its URN then, and its ids."""

from collections.abc import Iterable, Sequence
from typing import Any

from ops.recorder import Made
from policies.graph import texts


def formerly(made: Sequence[Made]) -> dict[str, list[str]]:
    """By URN, that and each one that the resource had before: by aliases of its own, and of what it is a child of."""
    by_urn = {one.urn: one for one in made}
    found: dict[str, list[str]] = {}

    def urns(urn: str) -> list[str]:
        if urn not in found:
            one = by_urn[urn]
            parents = urns(one.parent) if one.parent in by_urn else []
            found[urn] = [urn, *sorted(one.aliases), *(_under(one, parent) for parent in parents[1:])]
        return found[urn]

    for urn in by_urn:
        urns(urn)
    return found


def _under(one: Made, parent: str) -> str:
    """The URN of a child when its parent had another: a name that begins with the parent's followed it."""
    now, before = (urn.split("::", 3)[3] for urn in (one.parent, parent))
    name = before + one.name.removeprefix(now) if one.name.startswith(now) else one.name
    return f"{'::'.join(parent.split('::')[:3])}${one.type}::{name}"


def former_words(pairs: Iterable[tuple[Made, Made]]) -> list[tuple[str, str]]:
    """What AWS still tells of each resource that has another name in the program now, by what would be made up of it.

    Ids and ARNs are pretended from a resource's name; AWS keeps those of one that an alias says is the same. Longer
    ones come first, as an ARN may have a name in it.
    """
    words: dict[str, str] = {}
    for was, now in pairs:
        given = set(texts(now.inputs))
        for name in now.outputs.keys() - now.inputs.keys():
            told, before = now.outputs[name], was.outputs.get(name)
            if isinstance(told, str) and isinstance(before, str) and told != before and told not in given:
                words[told] = before
    return sorted(words.items(), key=lambda pair: -len(pair[0]))


def in_former_words(value: Any, words: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401 - an input may be anything
    """A value as it would be if nothing had another name."""
    if isinstance(value, dict):
        return {key: in_former_words(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [in_former_words(one, words) for one in value]
    if isinstance(value, str):
        for now, before in words:
            value = value.replace(now, before)
    return value

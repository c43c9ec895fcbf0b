"""What becomes of the images of a stack, in words, for whoever approves a deploy."""

from collections.abc import Mapping
from pathlib import Path

from ops import images, offline
from ops.aim import Aim
from policies import tokens as t

AS_DELIVERED = "stays as it was delivered: without AGAINST nobody looks whether what it is built from has changed"
_ANEW = "is built anew: "


def given(aimed: Aim, file: Path) -> dict[str, str]:
    """Of each image that is taken over from a file, whether the stack runs it already."""
    known = images.known(images.outputs(aimed))
    told: dict[str, str] = {}
    for name, address in images.read(file).items():
        digest, runs = (one.partition("@")[2] for one in (address, known.get(name, "")))
        before = "runs already" if runs == digest else f"takes the place of {runs}" if runs else "is new"
        told[name] = f"{digest} {before}"
    return told


def since(then: offline.Stack | None, now: offline.Stack | None, against: str) -> dict[str, str]:
    """Of each image that is built, whether what it is built from has changed since a revision.

    Where nothing can be compared, it counts as changed.
    """
    was, is_now = _tags(then), _tags(now)
    why = f"what it is built from has changed since {against}" if then else f"{against} has none to compare with"
    return {name: f"is as at {against}" if was.get(name) == tag else _ANEW + why for name, tag in is_now.items()}


def rebuilt(words: Mapping[str, str]) -> list[str]:
    """The names of those that are built anew, by these words."""
    return [name for name, word in words.items() if word.startswith(_ANEW)]


def _tags(stack: offline.Stack | None) -> dict[str, str]:
    made = stack.made if stack else ()
    return {one.name: str(one.inputs["imageName"]) for one in made if one.type == t.IMAGE}

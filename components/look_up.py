"""What is asked of AWS before anything deploys, by names and ids that a person wrote."""

import re
from collections.abc import Callable
from typing import TypeVar

import pulumi

T = TypeVar("T")


def look_up(what: str, ask: Callable[[], T]) -> T:
    """AWS's answer.

    Args:
        what: what is looked up, and what it must be, for the message.
        ask: calls one of the provider's functions.

    Raises:
        pulumi.RunError: AWS does not know it. The engine prints it without a traceback.
    """
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        said = re.split(r"failed: |returned an error: ", str(error))[-1]
        raise pulumi.RunError(f"{what} could not be looked up: {said}") from None

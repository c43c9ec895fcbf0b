"""What ministack lacks for a rehearsal, as wraps of a few of its functions.

Each wrap names its reason. The version and the signatures that it was written for are checked at start.
"""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

PINNED = "1.5.33"


class WrongEmulator(Exception):
    """Another ministack than the one this extension was written for."""


def install() -> None:
    """Wrap ministack's functions in this process.

    Raises:
        WrongEmulator: its version or a signature differs.

    """
    found = version("ministack")
    if found != PINNED:
        raise WrongEmulator(f"ministack {PINNED} is needed, {found} is installed: run `make install`")
    from ministack.services import alb

    _wrap(alb, "find_lb_for_host", ["host"], _in_every_region)
    _wrap(alb, "_find_lb_by_name", ["name"], _in_every_region)


def _wrap(module: Any, name: str, parameters: list[str], wrap: Callable[[Any, Any], Any]) -> None:
    function = getattr(module, name, None)
    found = list(inspect.signature(function).parameters) if function else None
    if found != parameters:
        raise WrongEmulator(
            f"ministack's {module.__name__}.{name} takes {found}, expected {parameters}: run `make install`"
        )
    setattr(module, name, wrap(module, function))


def _in_every_region(alb: Any, find: Callable[[str], Any]) -> Callable[[str], Any]:
    """A browser's request is not signed, so ministack would look for its load balancer in one region only."""
    from ministack.core.responses import get_account_id, set_request_account_id, set_request_region

    def find_anywhere(name: str) -> Any:
        found = find(name)
        if found is not None:
            return found
        here = get_account_id()
        for account, region in {(key[0], key[1]) for key, _ in alb._lbs.all_items()}:
            set_request_account_id(account)
            set_request_region(region)
            found = find(name)
            if found is not None:
                return found
        set_request_account_id(here)
        return None

    return find_anywhere

"""What ministack lacks for a rehearsal, as wraps of a few of its functions.

Each wrap names its reason. The version and the signatures that it was written for are checked at start.
"""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qs

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
    from ministack import app
    from ministack.services import alb

    _wrap(app, "app", ["scope", "receive", "send"], _load_balancers_first)
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


def _load_balancers_first(ministack: Any, serve: Any) -> Any:
    """A request to a load balancer's name is the app's, whatever its path.

    ministack would answer some itself: its own `/health`, the registry's `/v2/`, sign-in pages under `/.well-known/`.
    """
    from ministack.core.responses import set_request_client_ip

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = _headers(scope) if scope["type"] == "http" else {}
        if not headers.get("host", "").split(":")[0].endswith(".alb.localhost"):
            await serve(scope, receive, send)
            return
        set_request_client_ip((scope.get("client") or ("127.0.0.1",))[0])
        query = scope.get("query_string", b"").decode("latin-1")
        answer = await ministack._handle_alb_request(
            headers["host"],
            scope["path"],
            scope["method"],
            headers,
            await ministack._read_request_body(receive, scope["method"], headers),
            parse_qs(query, keep_blank_values=True),
            query,
            scope["raw_path"].decode("ascii") if scope.get("raw_path") else None,
        )
        unknown = (404, {"Content-Type": "text/plain"}, b"No load balancer has this name.")
        await ministack._send_if_handled(send, answer or unknown, receive)

    return app


def _headers(scope: Any) -> dict[str, str]:
    """A request's headers as one text each: repeated ones are joined (RFC 9110, section 5.2)."""
    headers: dict[str, str] = {}
    for name, value in scope.get("headers", []):
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}{'; ' if key == 'cookie' else ', '}{text}" if key in headers else text
    return headers

"""`ops open`: where people reach a stack, in their browser."""

import os
import sys
import webbrowser

from ops.deployed import Deployed
from ops.error import OpsError


def address(deployed: Deployed, service: str | None) -> str:
    """Where a browser finds a service, or the stack.

    Args:
        deployed: the stack.
        service: name in the stack file. None: the load balancer's own address.

    Raises:
        OpsError: no load balancer reaches it.
    """
    found = deployed.service(service).get("url") if service else deployed.url
    if not found:
        reached = [name for name in deployed.services if deployed.service(name).get("url")]
        others = f"; it reaches {', '.join(reached)}" if reached else ""
        raise OpsError(f"no load balancer reaches {service or f'a service of stack {deployed.stack}'}{others}")
    if not deployed.is_local:
        return found
    from localcloud.home import Home  # only there: a checkout for AWS may be without it

    return Home.load().url(found)


def open_in_browser(url: str) -> bool:
    """Open an address in a browser of the desktop. False where there is none; a terminal's own would take that over."""
    if sys.platform.startswith("linux") and not any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))):
        return False
    return webbrowser.open(url)

"""What comes in at the emulator's port: requests to load balancers, by any of their names, and calls of AWS's APIs."""

import asyncio
import fnmatch
import json
import logging
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

logger = logging.getLogger("localcloud.front")

WAITING = "/_localcloud/waiting"
"""Answers with the services that do not serve yet."""
SESSION = "/_localcloud/session/"
"""With an access key's id behind it, answers with the role and the end of its session."""
LOCAL = ".localhost"
ALB = ".alb.localhost"
BALANCERS = (ALB, ".elb.amazonaws.com")
"""How the names end that load balancers are given, here and by AWS."""
TASKS = "host.docker.internal"
"""By which tasks call AWS."""
NOBODY = (404, {"Content-Type": "text/plain"}, b"No load balancer has this name.")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
FORM = "application/x-www-form-urlencoded"
ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
"""Where AWS's query protocol, such as EC2's and IAM's, tells the operation; JSON services do in a header."""


class Front:
    """Sends each request where it belongs, and says when one may have changed something."""

    def __init__(
        self,
        alb: Any,
        route53: Any,
        waiting: Callable[[], list[str]],
        changed: Callable[[str], None],
        pushed: Callable[[], None],
        session: Callable[[str], dict[str, Any]] = lambda _: {},
    ) -> None:
        self._alb = alb
        self._route53 = route53
        self._waiting = waiting
        self._changed = changed
        self._pushed = pushed
        self._session = session

    def app(self, ministack: Any, serve: Any) -> Any:
        """A request to a load balancer's name is the app's, whatever its path and its region.

        ministack would answer some itself: its own `/health`, the registry's `/v2/`, sign-in pages under
        `/.well-known/`. It would look for the load balancer in one region only, as a browser's request is not signed.
        """

        async def app(scope: Any, receive: Any, send: Any) -> None:
            headers = _headers(scope) if scope["type"] == "http" else {}
            name, colon, port = headers.get("host", "").lower().partition(":")
            given = name.endswith(BALANCERS)
            bare = name if given else name.removesuffix(LOCAL)
            found = self._balancer(bare) if given or not _is_aws(name) else None
            if not found and not given:
                await self._aws(ministack, serve, headers, scope, receive, send)
                return
            body = await ministack._read_request_body(receive, scope["method"], headers)
            answer = NOBODY
            if found:
                headers["host"] = f"{bare}{colon}{port}"
                answer = await self._ask(*found, scope, headers, body, self._listener_port(found, port))
            await ministack._send_if_handled(send, answer, receive)

        return app

    async def _aws(
        self, ministack: Any, serve: Any, headers: dict[str, str], scope: Any, receive: Any, send: Any
    ) -> None:
        path = scope.get("path") or ""
        if path == WAITING or path.startswith(SESSION):
            told = self._waiting() if path == WAITING else self._session(path.removeprefix(SESSION))
            answer = (200, {"Content-Type": "application/json"}, json.dumps(told).encode())
            await ministack._send_if_handled(send, answer, receive)
            return

        async def kept(message: Any) -> None:
            """An image is told to be there once it outlives a killed emulator: nobody would push it again."""
            if message["type"] == "http.response.start" and scope["method"] == "PUT" and "/manifests/" in scope["path"]:
                await asyncio.to_thread(self._pushed)
            await send(message)

        form = bytearray()

        async def reading() -> Any:
            message = await receive()
            form.extend(message.get("body", b""))
            return message

        await serve(scope, reading if headers.get("content-type", "").startswith(FORM) else receive, kept)
        if scope.get("method") in CHANGING:
            action = ACTION.search(form)
            by = action[1].decode() if action else headers.get("x-amz-target", "")
            self._changed("registry" if scope["path"].startswith("/v2/") else by)

    async def _ask(
        self, account: str, region: str, balancer: Any, scope: Any, headers: dict[str, str], body: Any, port: int
    ) -> Any:
        from ministack.core import responses

        responses.set_request_account_id(account)
        responses.set_request_region(region)
        client, query = (scope.get("client") or ("127.0.0.1",))[0], scope.get("query_string", b"").decode("latin-1")
        return await self._alb.dispatch_request(
            balancer,
            scope["method"],
            scope["path"],
            headers,
            body,
            parse_qs(query, keep_blank_values=True),
            port,
            client,
            raw_query_string=query,
            raw_path=scope["raw_path"].decode("ascii") if scope.get("raw_path") else None,
        )

    def _listener_port(self, found: tuple[str, str, Any], port: str) -> int:
        """The one local port is where TLS has ended: what does not ask for another goes to the HTTPS listener."""
        account, region, balancer = found
        protocols = {
            listener["Port"]: listener["Protocol"]
            for (*of, _), listener in self._alb._listeners.all_items()
            if of == [account, region] and listener["LoadBalancerArn"] == balancer["LoadBalancerArn"]
        }
        asked = int(port or 0)
        ended = min((one for one, protocol in protocols.items() if protocol == "HTTPS"), default=asked or 80)
        return asked if asked in protocols else ended

    def _balancer(self, name: str) -> tuple[str, str, Any] | None:
        """The load balancer that has a name, a record or a rule for it, with its account and region.

        A browser reaches that of `api.example.com` by `api.example.com.localhost`, which is always this machine.
        """
        names = {name, *self._pointed_at(name)}
        for (account, region, _), balancer in self._alb._lbs.all_items():
            if names & {balancer["DNSName"].lower(), balancer["LoadBalancerName"].lower() + ALB}:
                return account, region, balancer
        for (account, region, _), rule in self._alb._rules.all_items():
            for condition in rule.get("Conditions", []):
                values = condition.get("Values", []) if condition.get("Field") == "host-header" else []
                if any(fnmatch.fnmatch(name, value.lower()) for value in values):
                    listener = self._alb._listeners.get_scoped(account, region, rule["ListenerArn"]) or {}
                    found = self._alb._lbs.get_scoped(account, region, listener.get("LoadBalancerArn"))
                    return (account, region, found) if found else None
        return None

    def _pointed_at(self, name: str) -> Iterator[str]:
        """What a host's records in Route 53 point at, by the names that load balancers are given."""
        for records in self._route53._records._data.values():
            for record in records:
                target = record.get("AliasTarget", {}).get("DNSName") if record["Type"] in ("A", "AAAA") else None
                if target and fnmatch.fnmatch(name, record["Name"].rstrip(".")):
                    yield target.rstrip(".").partition(":")[0].removeprefix("dualstack.")


def _is_aws(name: str) -> bool:
    """Whether a host is the emulator's own, whatever a rule such as `*` says."""
    return "." not in name or name.endswith(".amazonaws.com") or name.replace(".", "").isdigit() or name == TASKS


def listen_to_tasks(port: int) -> None:
    """Let the server also take requests from tasks, which reach this machine over Docker's bridge.

    The listener is bound to the bridge's address and to its interface: what comes from the network does not get there.
    Where Docker has no such bridge on this machine, as with Docker Desktop, tasks cannot call AWS, and the log says so.
    """
    import docker.errors
    from hypercorn import asyncio as server

    listener, serve = socket.socket(), server.serve
    try:
        bridge = docker.from_env().networks.get("bridge").attrs
        interface = bridge["Options"]["com.docker.network.bridge.name"]
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((bridge["IPAM"]["Config"][0]["Gateway"], port))
    except (docker.errors.DockerException, OSError, LookupError) as error:
        logger.warning("tasks cannot call AWS, there is no listener on Docker's bridge: %s", error)
        return

    async def serve_both(app: Any, config: Any) -> None:
        config.bind.append(f"fd://{listener.fileno()}")
        await serve(app, config)

    server.serve = serve_both


def _headers(scope: Any) -> dict[str, str]:
    """A request's headers as one text each: repeated ones are joined (RFC 9110, section 5.2)."""
    headers: dict[str, str] = {}
    for name, value in scope.get("headers", []):
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}{'; ' if key == 'cookie' else ', '}{text}" if key in headers else text
    return headers

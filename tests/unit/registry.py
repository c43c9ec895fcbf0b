"""A registry on this machine, as much of it as copying an image asks for."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Registry:
    """What it holds, by repository and path, and what it was asked."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[bytes, str]] = {}
        self.asked: list[str] = []
        self.answers: dict[str, list[int]] = {}
        """Status by request, such as `GET app/blobs/sha256:1`, of its first answers; 0 closes the connection."""
        self.mounts = True
        self.elsewhere = ""
        """Host that layers are taken from."""
        self.authorizations: set[str | None] = set()
        self.host = ""

    def put_blob(self, repository: str, content: bytes) -> dict:
        digest = digest_of(content)
        self.held[f"{repository}/blobs/{digest}"] = (content, "application/octet-stream")
        return {"digest": digest, "size": len(content)}

    def put_manifest(self, repository: str, document: dict, kind: str = MANIFEST, **spaces) -> str:
        content = json.dumps(document, **spaces).encode()
        self.held[f"{repository}/manifests/{digest_of(content)}"] = (content, kind)
        return digest_of(content)

    def put_image(self, repository: str, *layers: bytes) -> str:
        config = self.put_blob(repository, b'{"os": "linux"}')
        return self.put_manifest(
            repository, {"config": config, "layers": [self.put_blob(repository, one) for one in layers]}, indent=3
        )

    def put_index(self, repository: str, *images: str) -> str:
        return self.put_manifest(repository, {"manifests": [{"digest": one} for one in images]}, INDEX)

    def of(self, repository: str) -> dict[str, tuple[bytes, str]]:
        return {
            path.removeprefix(f"{repository}/"): what
            for path, what in self.held.items()
            if path.startswith(f"{repository}/")
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: Registry

    def log_message(self, format, *args) -> None:
        pass

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def serve(self) -> None:
        url = urlsplit(self.path)
        path = url.path.removeprefix("/v2/")
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = f"{self.command} {path}"
        self.registry.asked.append(asked)
        self.registry.authorizations.add(self.headers.get("Authorization"))
        planned = self.registry.answers.get(asked)
        if planned:
            status = planned.pop(0)
            if not status:
                self.close_connection = True
                return
            self.answer(status, b'{"errors": [{"message": "as planned"}]}')
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        {"HEAD": self.get, "GET": self.get, "POST": self.begin, "PUT": self.put}[self.command](path, query, sent)

    do_HEAD = do_GET = do_POST = do_PUT = serve  # noqa: N815 - the server's names

    def get(self, path, query, sent) -> None:
        if path not in self.registry.held:
            self.answer(404)
        elif self.registry.elsewhere and "/blobs/" in path:
            self.answer(307, Location=f"http://{self.registry.elsewhere}{self.path}")
        else:
            content, kind = self.registry.held[path]
            self.answer(200, content, Content_Type=kind)

    def begin(self, path, query, sent) -> None:
        there = f"{query.get('from')}/blobs/{query.get('mount')}"
        if self.registry.mounts and there in self.registry.held:
            repository = path.partition("/blobs/")[0]
            self.registry.held[f"{repository}/blobs/{query['mount']}"] = self.registry.held[there]
            self.answer(201)
        else:
            self.answer(202, Location=f"/v2/{path}1?_state=x")

    def put(self, path, query, sent) -> None:
        if "/blobs/uploads/" in path:
            assert query["_state"] == "x"
            assert query["digest"] == digest_of(sent)
            path = re.sub("uploads/1$", query["digest"], path)
        self.registry.held[path] = (sent, self.headers["Content-Type"])
        self.answer(201)


@contextmanager
def serve() -> Iterator[Registry]:
    registry = Registry()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"registry": registry}))
    registry.host = f"localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

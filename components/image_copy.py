"""Copying an image from one registry into another, byte by byte.

Source: OCI Distribution Specification, "Pull" and "Push"; Amazon ECR User Guide, "Using HTTP API authentication".
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import getproxies, proxy_bypass

import pulumi
import urllib3

_MANIFESTS = {
    "Accept": "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json"
}
_RETRY = urllib3.Retry(total=4, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504))
_TIMEOUT = urllib3.Timeout(connect=10, read=60)
"""Seconds for a connection, and for the next piece of an answer."""
_REFUSED = (
    "let this stack's credentials pull from it, or push to it, in IAM; in another account's registry also in the "
    "repository's policy, such as by its build.pull_accounts"
)


class RegistryRepository:
    """A repository of a registry, and who asks for it.

    Args:
        url: its address, without a tag; the registry on this machine, `localhost`, speaks plain HTTP.
        user: user of the registry.
        password: password of that user.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self.host, _, self.name = url.partition("/")
        secure = self.host.partition(":")[0] != "localhost"
        self._base = f"http{'s' * secure}://{self.host}/v2/{self.name}/"
        self._headers = urllib3.make_headers(basic_auth=f"{user}:{password}")
        proxy = getproxies().get("https") if secure and not proxy_bypass(self.host) else None
        self._http = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: "bytes | urllib3.BaseHTTPResponse | None" = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """The registry's answer, whatever it is.

        Args:
            method: HTTP's.
            path: below the repository, or an address that the registry gave.
            body: what is sent; what is read from elsewhere meanwhile cannot be sent twice.
            headers: beside the authorization, which no other host gets.
            stream: leave the answer's body to be read.

        Raises:
            pulumi.RunError: there is no answer.
        """
        try:
            return self._http.request(
                method,
                urljoin(self._base, path),
                body=body,
                headers={**self._headers, **(headers or {})},
                preload_content=not stream,
                decode_content=False,
                retries=_RETRY if body is None or isinstance(body, bytes) else False,
                timeout=_TIMEOUT,
            )
        except urllib3.exceptions.HTTPError as error:
            raise pulumi.RunError(
                f"the registry {self.host} does not answer to {method} {path} of {self.name}: {error}. Once it can be "
                "reached from here, the next up goes on where this one stopped"
            ) from None

    def must(
        self,
        method: str,
        path: str,
        *,
        or_missing: bool = False,
        **what: Any,  # noqa: ANN401 - as of `ask`
    ) -> urllib3.BaseHTTPResponse:
        """The registry's answer, when it did what it was asked; or, if that is as good, has no such thing.

        Raises:
            pulumi.RunError: it did not, or there is no answer.
        """
        answer = self.ask(method, path, **what)
        if answer.status < 300 or (or_missing and answer.status == 404):
            return answer
        said = answer.data[:300].decode(errors="replace")
        advice = {401: _REFUSED, 403: _REFUSED, 404: "it is not there, or no longer: promote an image that is"}
        raise pulumi.RunError(
            f"the registry {self.host} answers {answer.status} to {method} {path} of {self.name}: "
            f"{advice.get(answer.status, 'see what it says, then up again')} {said}".rstrip()
        )

    def has(self, path: str) -> bool:
        """Whether a manifest, or a layer, is there."""
        return self.must("HEAD", path, headers=_MANIFESTS, or_missing=True).status != 404


def copy_image(source: RegistryRepository, target: RegistryRepository, digest: str, reference: str) -> None:
    """Have an image in a repository as it is in another: an index with all its images, or the one image.

    Where it is there already, nothing is asked of the source, which may be gone.

    Args:
        source: where it is.
        target: where it is to be.
        digest: of its manifest.
        reference: what it is to be found by: a tag that never means anything else, or the digest itself.

    Raises:
        pulumi.RunError: a registry does not answer, or not as it must.
    """
    if target.has(f"manifests/{reference}"):
        return
    manifest = source.must("GET", f"manifests/{digest}", headers=_MANIFESTS)
    if f"sha256:{hashlib.sha256(manifest.data).hexdigest()}" != digest:
        raise pulumi.RunError(f"{source.host}/{source.name}@{digest} is not what its digest says: it is not copied")
    document: dict[str, Any] = json.loads(manifest.data)
    for image in document.get("manifests", ()):
        copy_image(source, target, image["digest"], image["digest"])
    for blob in (document.get("config"), *document.get("layers", ())):
        if blob:
            _copy_blob(source, target, blob["digest"], blob["size"])
    kind = {"Content-Type": manifest.headers["Content-Type"]}
    target.must("PUT", f"manifests/{reference}", body=manifest.data, headers=kind)


def _copy_blob(source: RegistryRepository, target: RegistryRepository, digest: str, size: int) -> None:
    """Have a layer in a repository: by a word within one registry, where that may be, otherwise by its bytes."""
    path = f"blobs/{digest}"
    if target.has(path):
        return
    mount = f"?{urlencode({'mount': digest, 'from': source.name})}" if source.host == target.host else ""
    begun = target.must("POST", f"blobs/uploads/{mount}")
    if begun.status == 201:
        return
    to = begun.headers["Location"]
    to += ("&" if "?" in to else "?") + urlencode({"digest": digest})
    content = source.must("GET", path, stream=True)
    length = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
    target.must("PUT", to, body=content, headers=length)

"""Addresses of images that are there already."""

import re
from dataclasses import dataclass

_ECR = re.compile(r"(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?:[:@].*)?")
_HERE = re.compile(r"localhost:\d+/.+")
"""What is in the registry of this machine."""
_PART = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
REPOSITORY_NAME = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*"
"""What ECR takes as a repository's name (ECR API Reference, "CreateRepository")."""
_REFERENCE = re.compile(
    rf"(?:[\w.-]+(?::\d+)?/)?{_PART}(?:/{_PART})*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def image_problem(uri: str, *, fixed: bool = False, name: str = "image") -> str | None:
    """What is wrong with an image's address.

    Args:
        uri: the address, such as `public.ecr.aws/nginx/nginx:1.29`.
        fixed: whether it must say which version is meant.
        name: of the input.
    """
    found = _REFERENCE.fullmatch(uri)
    if not found:
        return f"{name} must be an address such as public.ecr.aws/nginx/nginx:1.29, got {uri!r}"
    if fixed and not found["digest"] and found["tag"] in (None, "latest"):
        return f"{name} must say which version is meant, by digest (@sha256:…) or by a tag but latest, got {uri!r}"
    return None


def repository_arn(uri: str) -> str | None:
    """The ECR repository of an image, which an execution role must be allowed to pull from; None for one elsewhere."""
    found = _ECR.fullmatch(uri)
    if not found:
        return None
    account, region, name = found.groups()
    kind = "-cn" if region.startswith("cn-") else "-us-gov" if region.startswith("us-gov-") else ""
    return f"arn:aws{kind}:ecr:{region}:{account}:repository/{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedImage:
    """One image of an ECR repository, which never becomes another."""

    repository: str
    """Address of the repository."""
    digest: str
    """Digest of its manifest."""
    registry_id: str | None
    """Account that the repository belongs to; None on this machine."""
    region: str | None
    """Region that it is in; None on this machine."""


def fixed_image(uri: str) -> FixedImage:
    """An image of ECR by its digest.

    Raises:
        ValueError: the address is none of such an image.
    """
    found, ecr = _REFERENCE.fullmatch(uri), _ECR.fullmatch(uri)
    if not found or not found["digest"] or not (ecr or _HERE.fullmatch(uri)):
        raise ValueError(
            "promote must name an image of an ECR repository by its digest, such as "
            f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:…, got {uri!r}"
        )
    name = uri.partition("@")[0]
    return FixedImage(
        repository=name.removesuffix(f":{found['tag']}"),
        digest=found["digest"],
        registry_id=ecr[1] if ecr else None,
        region=ecr[2] if ecr else None,
    )

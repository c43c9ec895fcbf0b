"""Addresses of images that are there already."""

import re

_ECR = re.compile(r"(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?:[:@].*)?")
_PART = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:[\w.-]+(?::\d+)?/)?{_PART}(?:/{_PART})*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def image_problem(uri: str, *, fixed: bool = False) -> str | None:
    """What is wrong with an image's address.

    Args:
        uri: the address, such as `public.ecr.aws/nginx/nginx:1.29`.
        fixed: whether it must say which version is meant.
    """
    found = _REFERENCE.fullmatch(uri)
    if not found:
        return f"image must be an address such as public.ecr.aws/nginx/nginx:1.29, got {uri!r}"
    if fixed and not found["digest"] and found["tag"] in (None, "latest"):
        return f"image must say which version is meant, by digest (@sha256:…) or by a tag but latest, got {uri!r}"
    return None


def repository_arn(uri: str) -> str | None:
    """The ECR repository of an image, which an execution role must be allowed to pull from; None for one elsewhere."""
    found = _ECR.fullmatch(uri)
    if not found:
        return None
    account, region, name = found.groups()
    kind = "-cn" if region.startswith("cn-") else "-us-gov" if region.startswith("us-gov-") else ""
    return f"arn:aws{kind}:ecr:{region}:{account}:repository/{name}"

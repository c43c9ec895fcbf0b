"""The revisions of a service's task definition that ECS has: each is a version that can serve again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from components.failed_deployment import revision as family_and_number
from components.image_uri import FixedImage, fixed_image
from ops.deployed import Deployed
from ops.error import OpsError

MOST_SHOWN = 10
"""Revisions that a message lists."""
_SHORTEST_DIGEST, _WHOLE_DIGEST = len("sha256:") + 6, len("sha256:") + 64
_MOST_AT_ONCE = 20
"""Revisions of a service that one call describes (ECS API Reference, "DescribeServiceRevisions")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """A revision of a task definition that tasks can be started of."""

    arn: str
    """Its ARN."""
    images: Sequence[str]
    """Address of each container's image, the service's own first."""
    registered: datetime | None
    """When it was registered."""

    @property
    def digest(self) -> str:
        """Digest of the service's own image; empty where it is run by a tag."""
        return self.images[0].partition("@")[2]

    @property
    def shown(self) -> str:
        """Number, image and day, as messages list it."""
        when = f"  {self.registered:%Y-%m-%d %H:%M %Z}".rstrip() if self.registered else ""
        return f"{family_and_number(self.arn)}  {self.digest[:19] or self.images[0]}{when}"


class Revisions:
    """What ECS has of the family that a service's revisions are of, newest first. INACTIVE ones start no task."""

    def __init__(self, deployed: Deployed, service: str) -> None:
        self._ecs, self._stack, self._service = deployed.client("ecs"), deployed.stack, service
        self._family = family_and_number(deployed.service(service)["task_definition"]).rpartition(":")[0]
        pages = self._ecs.get_paginator("list_task_definitions")
        found = pages.paginate(familyPrefix=self._family, status="ACTIVE", sort="DESC")
        arns = (arn for page in found for arn in page["taskDefinitionArns"])
        ours = (arn for arn in arns if family_and_number(arn).rpartition(":")[0] == self._family)
        self.arns = sorted(ours, key=lambda arn: -int(arn.rpartition(":")[2]))

    def get(self, arn: str) -> Revision:
        """One of them, or one that is INACTIVE and serves still."""
        found = self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        containers = sorted(found["containerDefinitions"], key=lambda one: one["name"] != self._service)
        return Revision(arn=arn, images=[one["image"] for one in containers], registered=found.get("registeredAt"))

    def wanted(self, to: str, serves: str) -> Revision:
        """The one that was meant; of several with one digest the one that serves, or else the newest.

        Args:
            to: a number, `FAMILY:NUMBER`, an ARN, or a digest or its beginning.
            serves: ARN of the one that serves.

        Raises:
            OpsError: there is none, or a digest's beginning means several.
        """
        if to.startswith("sha256:"):
            return self._by_digest(to, serves)
        family, _, number = family_and_number(to).rpartition(":")
        if family not in ("", self._family):
            raise OpsError(f"{to} is no revision of {self._family}, which {self._service} runs.{self._known()}")
        if not number.isdecimal():
            raise OpsError(f"--to must be a revision such as 7, or a digest such as sha256:1f2e3d…, got {to!r}")
        for arn in self.arns:
            if arn.rpartition(":")[2] == number.lstrip("0"):
                return self.get(arn)
        raise OpsError(f"{self._family}:{number} was never deployed here, or is deregistered.{self._known()}")

    def before(self, serves: str, served: Sequence[str]) -> Revision:
        """The one before the one that serves.

        Args:
            serves: ARN of the one that serves.
            served: ARNs of those that ECS remembers to have served: if any is among them, the others never did.

        Raises:
            OpsError: there is none.
        """
        number = int(serves.rpartition(":")[2])
        older = [arn for arn in self.arns if int(arn.rpartition(":")[2]) < number]
        if not older:
            raise OpsError(f"{family_and_number(serves)} serves, and there is none before it.{self._known()}")
        return self.get(next((arn for arn in older if arn in served), older[0]))

    def _by_digest(self, to: str, serves: str) -> Revision:
        """One call for each revision until it is found; for all of them when a beginning may mean several."""
        if len(to) < _SHORTEST_DIGEST:
            raise OpsError(f"--to must have 6 characters of the digest at least, got {to!r}")
        serves_first = sorted(self.arns, key=lambda arn: arn != serves)
        matching = (one for one in map(self.get, serves_first) if one.digest.startswith(to))
        found = list(islice(matching, 1 if len(to) == _WHOLE_DIGEST else None))
        if not found:
            raise OpsError(f"no revision of {self._family} runs an image {to}.{self._known()}")
        if len({one.digest for one in found}) > 1:
            raise OpsError(f"{to} means several images: give more of the digest.{self._known()}")
        return found[0]

    def _known(self) -> str:
        """What there is, for the end of a message."""
        if not self.arns:
            return " There is no revision left: pulumi up -s " + self._stack
        lines = "".join(f"\n  {self.get(arn).shown}" for arn in self.arns[:MOST_SHOWN])
        more = len(self.arns) - MOST_SHOWN
        return f" There are, newest first:{lines}" + (f"\n  and {more} more" if more > 0 else "")


def served(ecs: Any, cluster: str, service: str) -> list[str]:  # noqa: ANN401 - boto3 makes its clients at run time
    """ARNs of the revisions whose deployment succeeded, as far as ECS remembers.

    Source: ECS API Reference, "ListServiceDeployments", "DescribeServiceRevisions".
    """
    asked = {"cluster": cluster, "service": service, "status": ["SUCCESSFUL"]}
    deployments = ecs.list_service_deployments(**asked)["serviceDeployments"]
    revisions = list(dict.fromkeys(one["targetServiceRevisionArn"] for one in deployments))[:_MOST_AT_ONCE]
    if not revisions:
        return []
    found = ecs.describe_service_revisions(serviceRevisionArns=revisions)["serviceRevisions"]
    return [one["taskDefinition"] for one in found]


def missing_images(deployed: Deployed, images: Iterable[str]) -> Iterator[str]:
    """Those of ECR that are not there any more. What is elsewhere, or run by a tag, is not asked for."""
    for image in dict.fromkeys(images):
        try:
            fixed = fixed_image(image)
        except ValueError:
            continue
        ecr = deployed.client("ecr", fixed.region)
        try:
            there = ecr.batch_get_image(**_in_ecr(fixed))["images"]
        except ecr.exceptions.RepositoryNotFoundException:
            there = []
        if not there:
            yield image


def _in_ecr(image: FixedImage) -> Mapping[str, Any]:
    registry = {"registryId": image.registry_id} if image.registry_id else {}
    name = image.repository.partition("/")[2]
    return {"repositoryName": name, "imageIds": [{"imageDigest": image.digest}], **registry}

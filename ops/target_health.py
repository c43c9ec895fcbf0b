"""The targets of a service: its tasks, as its load balancer sees them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ops.deployed import Deployed
from ops.serving import Serving

_AT_A_TIME = 8
DRAINING = "draining"
"""The state of a target on its way out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetHealth:
    """A target of one target group."""

    group: str
    """Name of the target group."""
    target: str
    """Address and port, such as `10.0.1.7:8080`."""
    state: str
    """`healthy`, `unhealthy`, `initial`, `draining`, `unused` or `unavailable`."""
    reason: str
    """Why it is not healthy, such as `Target.ResponseCodeMismatch: Health checks failed with these codes: [500]`."""


def targets_of(deployed: Deployed, groups: Iterable[str]) -> list[TargetHealth]:
    """How the targets of target groups are, by their ARNs.

    Source: Elastic Load Balancing API Reference, "DescribeTargetHealth".
    """
    return _targets(deployed.client("elbv2"), groups)


def targets_of_each(deployed: Deployed, services: Mapping[str, Serving | None]) -> dict[str, list[TargetHealth]]:
    """The same of several services, by name: one call a target group, some at a time. One that is gone is None."""
    elb = deployed.client("elbv2")  # before there are threads: boto3 makes its clients in one
    groups = [service.target_groups if service else () for service in services.values()]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return dict(zip(services, pool.map(lambda some: _targets(elb, some), groups), strict=True))


def _targets(elb: Any, groups: Iterable[str]) -> list[TargetHealth]:  # noqa: ANN401 - boto3 makes its clients at run time
    found: list[TargetHealth] = []
    for group in sorted(groups):
        answer = elb.describe_target_health(TargetGroupArn=group)
        for one in answer["TargetHealthDescriptions"]:
            target, health = one["Target"], one["TargetHealth"]
            port = f":{target['Port']}" if "Port" in target else ""
            found.append(
                TargetHealth(
                    group=_name(group),
                    target=f"{target['Id']}{port}",
                    state=health["State"],
                    reason=": ".join(filter(None, (health.get("Reason"), health.get("Description")))),
                )
            )
    return found


def counts(targets: Iterable[TargetHealth]) -> dict[str, int]:
    """How many targets are in which state; those that drain are on their way out."""
    return dict(Counter(one.state for one in targets if one.state != DRAINING))


def _name(arn: str) -> str:
    """`web-1` of `arn:…:targetgroup/web-1/0123456789abcdef`."""
    return arn.split("/")[1] if "/" in arn else arn

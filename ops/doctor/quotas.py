"""What an account may have of a thing, less what it has, against what the stack makes.

Source: Service Quotas User Guide, "Requesting a quota increase"; AWS General Reference, "Service endpoints and quotas";
Amazon ECS Developer Guide, "AWS Fargate usage metrics".
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from costs.tasks import share_on_spot
from ops.doctor.surroundings import Surroundings, there
from ops.doctor.verdict import Verdict, missing, ok, unknown
from ops.error import OpsError
from policies import tokens as t
from policies.graph import Graph, Resource, as_list


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """One limit of an account in a region."""

    subject: str
    """What it limits."""
    service: str
    """Service Quotas' name of the service."""
    code: str
    """Service Quotas' code."""
    needed: Callable[[Graph], float]
    """How many of them the stack has at most."""
    used: Callable[[Surroundings], float]
    """How many the account has."""


def judge(quota: Quota, around: Surroundings) -> Iterator[Verdict]:
    """Whether there is room for the stack.

    Of one that is there, or a part of it, what it has is in use already, and nobody tells how much that is: room for
    all of it is enough, and less may be.
    """
    if not around.program:
        yield unknown(quota.subject, "the stack file comes first")
        return
    needed = quota.needed(around.program.graph)
    if not needed:
        return
    if around.is_local:
        yield unknown(quota.subject, f"{needed:g} needed; the local cloud has no quotas")
        return
    value, used = _value(quota, around), quota.used(around)
    found = f"{needed:g} needed, {max(value - used, 0):g} free of {value:g}"
    if used + needed <= value:
        yield ok(quota.subject, found)
        return
    mend = (
        f"aws service-quotas request-service-quota-increase --service-code {quota.service} --quota-code {quota.code} "
        f"--desired-value {used + needed:g} --region {around.region}"
    )
    if _is_there(around):
        yield unknown(quota.subject, f"{found}, and of those in use some may be this stack's", f"if not: {mend}")
    else:
        yield missing(quota.subject, found, mend)


def _is_there(around: Surroundings) -> bool:
    """Whether the engine knows any resource of the stack: an `up` that failed leaves some too."""
    try:
        return bool(around.resources())
    except OpsError:
        return False


def _value(quota: Quota, around: Surroundings) -> float:
    """The account's own, or else AWS's default."""
    client, asked = around.client("service-quotas"), {"ServiceCode": quota.service, "QuotaCode": quota.code}
    own = there(lambda: client.get_service_quota(**asked))
    return (own or client.get_aws_default_service_quota(**asked))["Quota"]["Value"]


def _all(around: Surroundings, service: str, call: str, at: str) -> list[dict[str, Any]]:
    """Everything that a call lists, of all its pages."""
    pages = around.client(service).get_paginator(call).paginate()
    return [one for page in pages for one in page[at]]


def _addresses(around: Surroundings) -> float:
    return len(around.client("ec2").describe_addresses()["Addresses"])


def _vpcs(around: Surroundings) -> float:
    return len(_all(around, "ec2", "describe_vpcs", "Vpcs"))


def _balancers(around: Surroundings) -> float:
    found = _all(around, "elbv2", "describe_load_balancers", "LoadBalancers")
    return sum(one.get("Type") == "application" for one in found)


def _gateways(around: Surroundings) -> float:
    """Of the zone that has the most, as zones have a quota each."""
    gateways = _all(around, "ec2", "describe_nat_gateways", "NatGateways")
    zones = {one["SubnetId"]: one["AvailabilityZone"] for one in _all(around, "ec2", "describe_subnets", "Subnets")}
    counted = (one for one in gateways if one["State"] not in ("deleted", "failed"))
    return max(Counter(zones.get(one.get("SubnetId"), "") for one in counted).values(), default=0)


def _gateways_of_a_zone(graph: Graph) -> float:
    gateways = graph.of(t.NAT_GATEWAY)
    zones = (str(one.get("availabilityZone")) for each in gateways for one in graph.targets(each, "subnetId", t.SUBNET))
    return max(Counter(zones).values(), default=len(gateways))


def _vcpus_in_use(kind: str) -> Callable[[Surroundings], float]:
    """By AWS's own metric, of which there is none where nothing ran lately."""

    def used(around: Surroundings) -> float:
        now = datetime.now(UTC)
        dimensions = {"Service": "Fargate", "Type": "Resource", "Resource": "vCPU", "Class": f"Standard/{kind}"}
        points = around.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Usage",
            MetricName="ResourceCount",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(minutes=30),
            EndTime=now,
            Period=300,
            Statistics=["Maximum"],
        )["Datapoints"]
        return max((one["Maximum"] for one in points), default=0)

    return used


def _vcpus(*, spot: bool) -> Callable[[Graph], float]:
    """Of all services while they roll, at their most tasks, and of a task of each job."""

    def needed(graph: Graph) -> float:
        services = (_of_a_service(graph, one, spot=spot) for one in graph.of(t.SERVICE))
        jobs = (_of_a_job(graph, one, spot=spot) for one in graph.of(t.SCHEDULE))
        return sum((*services, *jobs))

    return needed


def _of_a_service(graph: Graph, service: Resource, *, spot: bool) -> float:
    most = max((float(one.get("maxCapacity")) for one in _scaling(graph, service)), default=0)
    tasks = max(most, float(service.get("desiredCount") or 0))
    rolling = float(service.get("deploymentMaximumPercent") or 200) / 100
    share = share_on_spot(as_list(service.get("capacityProviderStrategies")), tasks)
    return tasks * rolling * (share if spot else 1 - share) * _size(graph, service, "taskDefinition")


def _scaling(graph: Graph, service: Resource) -> Iterator[Resource]:
    return (one for one in graph.of(t.SCALABLE_TARGET) if service in graph.targets(one, "resourceId", t.SERVICE))


def _of_a_job(graph: Graph, schedule: Resource, *, spot: bool) -> float:
    path = "target.ecsParameters"
    tasks = float(schedule.get(f"{path}.taskCount") or 1)
    share = share_on_spot(as_list(schedule.get(f"{path}.capacityProviderStrategies")), tasks)
    return tasks * (share if spot else 1 - share) * _size(graph, schedule, f"{path}.taskDefinitionArn")


def _size(graph: Graph, one: Resource, path: str) -> float:
    """How many vCPUs a task has."""
    return sum(float(found.get("cpu") or 0) / 1024 for found in graph.targets(one, path, t.TASK_DEFINITION)[:1])


def _count(kind: str) -> Callable[[Graph], float]:
    return lambda graph: len(graph.of(kind))


QUOTAS = (
    Quota(
        subject="Elastic IP addresses",
        service="ec2",
        code="L-0263D0A3",
        needed=_count(t.ADDRESS),
        used=_addresses,
    ),
    Quota(subject="VPCs", service="vpc", code="L-F678F1CE", needed=_count(t.VPC), used=_vpcs),
    Quota(
        subject="NAT gateways of a zone",
        service="vpc",
        code="L-FE5A380F",
        needed=_gateways_of_a_zone,
        used=_gateways,
    ),
    Quota(
        subject="load balancers",
        service="elasticloadbalancing",
        code="L-53DA6B97",
        needed=_count(t.BALANCER),
        used=_balancers,
    ),
    Quota(
        subject="vCPUs on demand",
        service="fargate",
        code="L-3032A538",
        needed=_vcpus(spot=False),
        used=_vcpus_in_use("OnDemand"),
    ),
    Quota(
        subject="vCPUs on Spot",
        service="fargate",
        code="L-36FBB829",
        needed=_vcpus(spot=True),
        used=_vcpus_in_use("Spot"),
    ),
)

"""What is wrong between one part of a stack and another.

These see the values before the models do, so that they are told together with what the models say.
"""

import json
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pulumi_aws as aws
from pydantic import ValidationError

from components import ContainerInsights, Domain, Nat, Route, Scheme
from components.cidr import ANYWHERE, ANYWHERE_IPV6
from components.endpoints import interfaces
from components.image_uri import image_problem, repository_arn
from components.log_router import IMAGE as ROUTER_IMAGE
from components.log_router import LOG_ROUTER
from components.routing import priorities
from components.telemetry import COLLECTOR
from components.telemetry import IMAGE as COLLECTOR_IMAGE

from .deployment import deployment_problems
from .graceful import timing_problems
from .image import short_image
from .messages import nearest
from .namespaces import NAMESPACE
from .observability import observability_problems, topic_problems
from .service import Kind, Requests
from .stack import Environment
from .values import lists_as_tuples, mapping, mappings, texts


def stack_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between one part of a stack and another."""
    yield from _route_problems(values)
    yield from _edge_problems(values)
    yield from _host_problems(values)
    yield from _scaling_problems(values)
    yield from _volume_problems(values)
    yield from _sign_in_problems(values)
    yield from timing_problems(values)
    yield from deployment_problems(values)
    yield from observability_problems(values)
    yield from _call_problems(values)
    yield from _job_problems(values)
    yield from _container_name_problems(values)
    yield from _endpoint_problems(values)
    yield from _environment_problems(values)


def _route_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with services' rules, one by one and together; also of services with other problems."""
    routes: dict[str, Route] = {}
    for name, service in mapping(values.get("services")).items():
        if mapping(service).get("kind", Kind.WEB) != Kind.WEB:
            continue
        keys = {key: value for key, value in mapping(service).items() if key in Requests.model_fields}
        try:
            routes[name] = Requests.model_validate_json(json.dumps(keys)).route
        except ValidationError:
            continue  # told with the service's other problems
        except ValueError as error:
            yield f"services.{name}: {error}"
    try:
        priorities(routes)
    except ValueError as error:
        yield f"services: {error}"


def _edge_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """An edge that there will not be."""
    if values.get("load_balancer") and not _has_web(values):
        yield "load_balancer: no service is of kind web, so there is none: leave it out"


def _has_web(values: Mapping[str, Any]) -> bool:
    services = mapping(values.get("services")).values()
    return any(mapping(one).get("kind", Kind.WEB) == Kind.WEB for one in services)


def _environment_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """The rules of `prod`: it must survive a zone, and speak HTTPS. It has two zones or more, as every stack has."""
    if values.get("environment") != Environment.PROD:
        return
    network, edge = mapping(values.get("network")), mapping(values.get("load_balancer"))
    if not network.get("existing") and network.get("nat", Nat.SINGLE) == Nat.SINGLE:
        yield "network.nat: prod must not lose its way out with one zone: per_az or regional (or none), got single"
    internal = edge.get("scheme") == Scheme.INTERNAL
    services = mapping(values.get("services"))
    if _has_web(values) and not internal and not edge.get("domain") and not edge.get("certificate_arn"):
        yield (
            "load_balancer.domain: prod must speak HTTPS: such as {zone: example.com, names: [www.example.com]}, or a "
            "certificate_arn; got neither"
        )
    if internal and not {ANYWHERE, ANYWHERE_IPV6}.isdisjoint(texts(edge.get("allowed_cidrs"))):
        yield "load_balancer.allowed_cidrs: an internal load balancer of prod must not be open to all: name its callers"
    for where, container in _containers(values):
        image = mapping(short_image(container.get("image"))).get("uri")
        if isinstance(image, str) and (problem := image_problem(image, fixed=True)):
            yield f"{where}.{problem}"
    for name, service in services.items():
        scaling = mapping(mapping(service).get("scaling"))
        key, count = (
            ("scaling.min", scaling.get("min"))
            if scaling
            else ("desired_count", mapping(service).get("desired_count", 1))
        )
        if count in (0, 1) and mapping(service).get("kind") != Kind.WORKER:  # for a worker nobody waits
            yield f"services.{name}.{key}: prod must not lose its only task with one zone: 2 or more, got {count}"


def _host_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Hosts of services that the load balancer's certificate is not for."""
    try:
        domain = Domain(**lists_as_tuples(mapping(mapping(values.get("load_balancer")).get("domain"))))
    except (TypeError, ValueError):
        return  # there is none, or it is told what is wrong with it
    for name, service in mapping(values.get("services")).items():
        for host in texts(mapping(service).get("hosts")):
            if not domain.covers(host):
                yield (
                    f"services.{name}.hosts: {host!r} is not among the names of load_balancer.domain, so it would have "
                    f"no certificate: add it there; they are {', '.join(domain.names)}"
                )


def _scaling_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Services that scale by what nobody measures."""
    if values.get("container_insights", ContainerInsights.DISABLED) == ContainerInsights.DISABLED:
        for name, service in mapping(values.get("services")).items():
            if mapping(mapping(service).get("scaling")).get("queue"):
                yield (
                    f"services.{name}.scaling.queue: is measured by container insights: set container_insights: enabled"
                )


def _call_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Services that call what does not answer, or one another; and such as nobody can call."""
    services = mapping(values.get("services"))
    calls = {name: texts(mapping(service).get("calls")) for name, service in services.items()}
    for name, callee in ((name, callee) for name, callees in calls.items() for callee in callees):
        if callee not in services:
            yield f"services.{name}.calls: no service {callee!r}{nearest(callee, services)}"
        elif mapping(services[callee]).get("kind") == Kind.WORKER:
            yield f"services.{name}.calls: {callee!r} listens on no port: kind: worker there must be internal, or web"
    try:
        TopologicalSorter(calls).prepare()
    except CycleError as error:
        circle = " calls ".join(reversed(error.args[1]))
        yield f"services: {circle}: each must be there before its callers, so leave out one of these calls"
    called = {callee for callees in calls.values() for callee in callees}
    for name, service in services.items():
        if mapping(service).get("kind") == Kind.INTERNAL and name not in called:
            yield f"services.{name}.kind: internal, and nobody calls it: name it in the calls of another service"


def _job_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Jobs of services that are not there, or with the name of one."""
    services = mapping(values.get("services"))
    for name, job in mapping(values.get("jobs")).items():
        wanted = mapping(job).get("service")
        if isinstance(wanted, str) and wanted not in services:
            yield f"jobs.{name}.service: no service {wanted!r}{nearest(wanted, services)}"
        if name in services:
            yield f"jobs.{name}: a service has this name, and so its task definitions: give the job another"


def _container_name_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Containers with the name of their service or job, whose own container has it."""
    for where, task in _tasks(values):
        name = where.partition(".")[2]
        helpers = {COLLECTOR: "telemetry", LOG_ROUTER: "log_router"}
        if name in mapping(task.get("sidecars")):
            yield f"{where}.sidecars: {name!r} is the name of its own container: give the sidecar another"
        elif (helper := helpers.get(name)) and task.get(helper) not in (None, False):
            yield f"{where}.{helper}: adds a container {name!r}, as its own is named: give the task another name"


def _endpoint_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What tasks would call in vain, without a way to the internet or an endpoint."""
    network = mapping(values.get("network"))
    if network.get("nat") != Nat.NONE or network.get("existing"):
        return
    there = interfaces(texts(network.get("endpoints")))
    for where, task in _tasks(values):
        telemetry = task.get("telemetry")
        to_aws = telemetry not in (None, False) and mapping(telemetry).get("config") is None
        for key, wanted, service, name in (
            ("execute_command", task.get("execute_command") is True, "ssmmessages", "exec"),
            ("telemetry", to_aws, "xray", "xray"),
        ):
            if wanted and service not in there:
                yield f"{where}.{key}: network.nat: none leaves it no way to AWS: add {name} to network.endpoints"
    for where, image in _addresses(values):
        if not repository_arn(image):
            yield f"{where}: network.nat: none leaves no way to {image!r}: name a copy of it in a repository of ECR"


def _addresses(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every image that is named by its address, or that comes with a word, with the path of its key."""
    for where, container in _containers(values):
        image = mapping(short_image(container.get("image"))).get("uri")
        if isinstance(image, str):
            yield f"{where}.image", image
        for key, own in (("telemetry", COLLECTOR_IMAGE), ("log_router", ROUTER_IMAGE)):
            if container.get(key) not in (None, False):
                yield f"{where}.{key}.image", str(mapping(container.get(key)).get("image", own))


def _sign_in_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Services that people sign in to, behind a load balancer that speaks HTTP alone."""
    edge = mapping(values.get("load_balancer"))
    for name, service in mapping(values.get("services")).items():
        if mapping(service).get("authentication") and not edge.get("domain") and not edge.get("certificate_arn"):
            yield (
                f"services.{name}.authentication: people sign in by HTTPS only: set load_balancer.domain, or "
                "load_balancer.certificate_arn"
            )


def _volume_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """File systems that are mounted and that the stack does not have."""
    known = mapping(values.get("file_systems"))
    for where, container in _containers(values):
        for folder, volume in mapping(container.get("volumes")).items():
            wanted = volume if isinstance(volume, str) else mapping(volume).get("file_system")
            if isinstance(wanted, str) and wanted not in known:
                told = nearest(wanted, known) if known else ": file_systems names none"
                yield f"{where}.volumes.{folder}: no file system {wanted!r}{told}"


def _containers(values: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every container of the stack, with the path of its keys."""
    for where, task in _tasks(values):
        yield where, task
        for one, sidecar in mapping(task.get("sidecars")).items():
            yield f"{where}.sidecars.{one}", mapping(sidecar)


def _tasks(values: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every service and job, with the path of its keys."""
    for kind in ("services", "jobs"):
        for name, task in mapping(values.get(kind)).items():
            yield f"{kind}.{name}", mapping(task)


def region_problems(config: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a stack's region, and with what must be in it."""
    known, region = [one.value for one in aws.Region], config.get("aws:region")
    if region is None:
        yield "aws:region: is required, such as ap-northeast-1"
    elif region not in known:
        yield f"aws:region: no region {region!r}{nearest(region, known)}"
    else:
        found = (
            *_elsewhere(region, mapping(values.get("load_balancer"))),
            *_replication_problems(region, mapping(values.get("registry"))),
            *topic_problems(region, values),
        )
        yield from (f"{NAMESPACE}:{problem}" for problem in found)
        if region.startswith("cn-") and mapping(values.get("network")).get("endpoints"):
            yield f"{NAMESPACE}:network.endpoints: China's regions have other names for them: leave them out"


def _replication_problems(region: str, registry: Mapping[str, Any]) -> Iterator[str]:
    """Copies to where they come from."""
    for place in mappings(registry.get("replicate_to")):
        if place.get("region") == region and not place.get("account"):
            yield f"registry.replicate_to: {region} is the stack's own region: name another, or another account"


def _elsewhere(region: str, edge: Mapping[str, Any]) -> Iterator[str]:
    """What a load balancer cannot use because it is in another region."""
    groups = texts(mapping(edge.get("firewall")).get("rule_groups"))
    for key, arn in (
        ("certificate_arn", edge.get("certificate_arn")),
        *(("firewall.rule_groups", arn) for arn in groups),
    ):
        parts = arn.split(":") if isinstance(arn, str) else []
        if len(parts) > 3 and parts[3] != region:
            yield f"load_balancer.{key}: must be in the stack's region {region}, got one in {parts[3]}"

"""Load balancers, their listeners and target groups."""

import re
from collections.abc import Iterator

from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource, Unknown, as_list, at, has_unknown
from policies.rule import Fault, Severity, expect, expect_set, of_graph, of_resource, shown

_STRONG = re.compile(r"ELBSecurityPolicy-TLS13-1-(2-Res|3)(-FIPS)?(-PQ)?-\d{4}-\d{2}")
"""TLS 1.3, and 1.2 with forward secrecy and authenticated ciphers alone; the other policies have CBC ciphers."""
_ENCRYPTED = ("HTTPS", "TLS", "QUIC", "TCP_QUIC")
_NO_PROTOCOL = ("lambda", UNKNOWN)
"""Types of targets that are asked without a protocol, or may be."""


@of_graph(
    t.LISTENER,
    t.LISTENER_RULE,
    controls=("ELB.1", "ELB.18", "CKV_AWS_2", "CKV2_AWS_20", "AWSGuard alb-http-to-https-redirection"),
    severity=Severity.MEDIUM,
    fix="`load_balancer.domain`, or `certificate_arn`, in the stack file; elsewhere protocol HTTPS and a redirect",
)
def listener_encrypted(resource: Resource, graph: Graph) -> Iterator[Fault]:
    """A listener speaks HTTPS, or speaks HTTP and does no more than redirect to HTTPS."""
    path = "defaultActions" if resource.type == t.LISTENER else "actions"
    listeners = [resource] if resource.type == t.LISTENER else graph.targets(resource, "listenerArn", t.LISTENER)
    if not any(_is_plain(listener, graph) for listener in listeners):
        return
    for action in as_list(resource.get(path)):
        kind, protocol = at(action, "type"), at(action, "redirect.protocol")
        if UNKNOWN not in (kind, protocol) and protocol != "HTTPS":
            yield Fault(f"HTTP with a {kind} action", "HTTPS, or HTTP with a redirect to HTTPS")


@of_resource(
    t.LISTENER,
    controls=("ELB.17", "CKV_AWS_103", "CKV2_AWS_74"),
    severity=Severity.MEDIUM,
    fix='aws.lb.Listener(ssl_policy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06")',
    source='User Guide for Application Load Balancers, "Security policies for your Application Load Balancer"',
)
def tls_policy_strong(listener: Resource) -> Iterator[Fault]:
    """An HTTPS listener takes TLS 1.2 and newer, with ciphers that keep past traffic secret."""
    policy = listener.get("sslPolicy")
    if listener.get("protocol") not in ("HTTPS", "TLS") or isinstance(policy, Unknown):
        return
    if not isinstance(policy, str) or not _STRONG.fullmatch(policy):
        yield Fault(shown("sslPolicy", policy), "ELBSecurityPolicy-TLS13-1-2-Res-2021-06 or a stronger one")


@of_resource(
    t.BALANCER,
    controls=("ELB.4", "CKV_AWS_131"),
    severity=Severity.MEDIUM,
    fix="aws.lb.LoadBalancer(drop_invalid_header_fields=True)",
)
def balancer_drops_invalid_headers(balancer: Resource) -> Iterator[Fault]:
    """A load balancer drops header fields that are no valid HTTP."""
    if _is_application(balancer):
        yield from expect(balancer, "dropInvalidHeaderFields", True)


@of_resource(
    t.BALANCER,
    controls=("ELB.12", "CKV_AWS_328"),
    severity=Severity.MEDIUM,
    fix='`load_balancer.desync_mitigation` in the stack file; elsewhere desync_mitigation_mode="defensive"',
)
def balancer_refuses_smuggling(balancer: Resource) -> Iterator[Fault]:
    """A load balancer guards against requests that it and a task would read differently."""
    if _is_application(balancer):
        yield from expect(balancer, "desyncMitigationMode", "defensive", "strictest", None)


@of_resource(
    t.BALANCER,
    controls=("ELB.5", "CKV_AWS_91"),
    severity=Severity.MEDIUM,
    fix="`load_balancer.access_logs: true` in the stack file; elsewhere aws.lb.LoadBalancer(access_logs={...})",
)
def balancer_access_logs(balancer: Resource) -> Iterator[Fault]:
    """A load balancer's requests are logged."""
    yield from expect(balancer, "accessLogs.enabled", True)


@of_resource(
    t.BALANCER,
    controls=("ELB.6", "CKV_AWS_150"),
    severity=Severity.MEDIUM,
    fix="`load_balancer.deletion_protection: true` in the stack file; elsewhere enable_deletion_protection=True",
)
def balancer_protected(balancer: Resource) -> Iterator[Fault]:
    """A load balancer cannot be deleted by mistake."""
    yield from expect(balancer, "enableDeletionProtection", True)


@of_graph(
    t.BALANCER,
    controls=("ELB.13",),
    severity=Severity.MEDIUM,
    fix="aws.lb.LoadBalancer(subnets=...) with a subnet in each of two zones",
)
def balancer_in_two_zones(balancer: Resource, graph: Graph) -> Iterator[Fault]:
    """A load balancer outlives a zone."""
    path = "subnets" if balancer.get("subnets") else "subnetMappings"
    subnets = balancer.get(path)
    if not isinstance(subnets, list) or has_unknown(subnets):
        return
    if len(as_list(subnets)) < 2:
        yield Fault(f"{len(as_list(subnets))} subnets", "subnets in two zones at least")
        return
    zones = [subnet.get("availabilityZone") for subnet in graph.targets(balancer, path, t.SUBNET)]
    if len(zones) == len(as_list(subnets)) and not has_unknown(zones) and len(set(zones)) < 2:
        yield Fault(f"every subnet in {zones[0]}", "subnets in two zones at least")


@of_graph(
    t.BALANCER,
    controls=("ELB.16", "CKV2_AWS_28"),
    severity=Severity.MEDIUM,
    fix="`load_balancer.firewall: {}` in the stack file; elsewhere aws.wafv2.WebAclAssociation(resource_arn=...)",
)
def balancer_has_firewall(balancer: Resource, graph: Graph) -> Iterator[Fault]:
    """A load balancer has a web ACL before it."""
    if _is_application(balancer) and not graph.referrers(balancer, "resourceArn", t.WEB_ACL_ASSOCIATION):
        yield Fault("no web ACL", "a WebAclAssociation")


@of_resource(
    t.TARGET_GROUP,
    controls=("CKV_AWS_261",),
    severity=Severity.MEDIUM,
    fix="`health_check` in the stack file; elsewhere aws.lb.TargetGroup(health_check={path, matcher, ...})",
)
def target_health_checked(group: Resource) -> Iterator[Fault]:
    """A target group asks its targets whether they serve, at a path that somebody chose."""
    if group.get("targetType") in _NO_PROTOCOL:
        return
    yield from expect(group, "healthCheck.enabled", True, None)
    if group.get("protocol") in ("HTTP", "HTTPS"):
        yield from expect_set(group, "healthCheck.path")


@of_resource(
    t.TARGET_GROUP,
    controls=("ELB.21", "ELB.22", "CKV_AWS_378"),
    severity=Severity.LOW,
    fix='aws.lb.TargetGroup(protocol="HTTPS") where the app serves TLS; an exception where it does not',
    source='AWS Config Developer Guide, "elbv2-targetgroup-protocol-encrypted"',
)
def target_encrypted(group: Resource) -> Iterator[Fault]:
    """Requests are encrypted between the load balancer and the tasks too."""
    if group.get("targetType") not in _NO_PROTOCOL:
        yield from expect(group, "protocol", *_ENCRYPTED, "GENEVE")


def _is_application(balancer: Resource) -> bool:
    return balancer.get("loadBalancerType") in (None, "application")


def _is_plain(listener: Resource, graph: Graph) -> bool:
    """Whether a listener speaks HTTP, which an application load balancer's does that says nothing else."""
    protocol = listener.get("protocol")
    foreign = any(kind in str(listener.get("loadBalancerArn")) for kind in ("/net/", "/gwy/"))
    balancers = graph.targets(listener, "loadBalancerArn", t.BALANCER)
    return protocol == "HTTP" or (not protocol and not foreign and all(map(_is_application, balancers)))

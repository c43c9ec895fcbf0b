"""The load balancers of a stack: listeners, names, certificate, firewall."""

from collections.abc import Iterator

from ops.diagram.architecture import Balancer
from ops.diagram.words import number, some
from ops.words import counted
from policies import tokens as t
from policies.graph import Graph, Resource, as_list


def balancers(graph: Graph) -> Iterator[Balancer]:
    """The load balancers, by name."""
    for one in sorted(graph.of(t.BALANCER), key=lambda one: one.name):
        public = one.get("internal") is not True
        yield Balancer(id=one.urn, name=one.name, public=public, details=tuple(_details(graph, one)))


def listeners(graph: Graph, balancer: Resource) -> list[Resource]:
    """The listeners of a load balancer, by port, the one for HTTPS first."""
    found = graph.referrers(balancer, "loadBalancerArn", t.LISTENER)
    return sorted(found, key=lambda one: (one.get("protocol") != "HTTPS", str(one.get("port"))))


def _details(graph: Graph, one: Resource) -> Iterator[str]:
    here = listeners(graph, one)
    if here:
        yield ", ".join(map(_listener, here))
    names = sorted(str(record.get("name")) for record in _aliases(graph, one))
    if names:
        yield f"names: {some(list(dict.fromkeys(names)))}"
    certificates = [made for listener in here for made in graph.targets(listener, "certificateArn", t.CERTIFICATE)]
    given = [listener for listener in here if listener.get("certificateArn")]
    if given:
        yield f"certificate: {certificates[0].get('domainName') if certificates else 'made elsewhere'} (ACM)"
    for association in graph.referrers(one, "resourceArn", t.WEB_ACL_ASSOCIATION):
        acls = graph.targets(association, "webAclArn", t.WEB_ACL)
        rules = f": {counted(len(as_list(acls[0].get('rules'))), 'rule')}" if acls else ""
        yield f"firewall{rules} (WAF)"
    if one.get("accessLogs.enabled") is True:
        yield "access logs (S3)"


def _listener(one: Resource) -> str:
    """Such as `HTTPS 443`, `HTTP 80 to HTTPS 443`."""
    redirect = next(
        (
            one.get(f"defaultActions.{at}.redirect")
            for at in range(len(as_list(one.get("defaultActions"))))
            if one.get(f"defaultActions.{at}.redirect")
        ),
        None,
    )
    leads = f" to {redirect.get('protocol')} {redirect.get('port')}" if isinstance(redirect, dict) else ""
    return f"{one.get('protocol')} {number(one.get('port'))}{leads}"


def _aliases(graph: Graph, balancer: Resource) -> list[Resource]:
    address = balancer.get("dnsName")
    return [
        record
        for record in graph.of(t.RECORD)
        if isinstance(address, str) and address in [alias.get("name") for alias in as_list(record.get("aliases"))]
    ]

"""Who may reach a load balancer, and whom it may call itself: the rules of its security group."""

import pulumi
import pulumi_aws as aws

from .cidr import ANYWHERE, ANYWHERE_IPV6
from .load_balancer_args import LoadBalancerArgs, Scheme
from .look_up import look_up
from .names import child_of, with_name

PORTS = {"http": 80, "https": 443}


def allow(name: str, args: LoadBalancerArgs, group: aws.ec2.SecurityGroup, parent: pulumi.Resource) -> None:
    """A rule for each that is let in, on each port that listens.

    A prefix list is let in on the last port only, which serves: CloudFront's counts as 55 of the 60 rules that a group
    may have (Amazon CloudFront Developer Guide, "Use the CloudFront managed prefix list").
    """
    serving = "https" if is_https(args) else "http"
    cidrs = _cidrs(args, parent)
    for protocol in dict.fromkeys(("http", serving)):
        for suffix, source in cidrs.items():
            _rule(f"{name}-{protocol}{suffix}", protocol, source, args, group, parent)
    for one in args.allowed_prefix_lists:
        list_id = one if one.startswith("pl-") else _list_id(one, parent)
        # One name for both ports: beside the old rule, the new one would be too much for the group.
        _rule(f"{name}-{one.translate(_NAMED)}", serving, {"prefix_list_id": list_id}, args, group, parent)


def allow_sign_in(name: str, args: LoadBalancerArgs, group: aws.ec2.SecurityGroup, parent: pulumi.Resource) -> None:
    """A way to identity providers, one for all services: AWS takes no rule twice. A load balancer asks by IPv4 only."""
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-oidc",
        security_group_id=group.id,
        description="HTTPS to identity providers",
        ip_protocol="tcp",
        from_port=PORTS["https"],
        to_port=PORTS["https"],
        cidr_ipv4=ANYWHERE,
        tags=with_name(f"{name}-oidc", args.tags),
        opts=child_of(parent),
    )


def is_https(args: LoadBalancerArgs) -> bool:
    """Whether there is a certificate, or will be."""
    return args.domain is not None or args.certificate_arn is not None


def _cidrs(args: LoadBalancerArgs, parent: pulumi.Resource) -> dict[str, dict[str, pulumi.Input[str]]]:
    """The ranges that are let in, by what they add to a rule's name."""
    if args.allowed_cidrs:
        return {_suffix(cidr): {_kind(cidr): cidr} for cidr in args.allowed_cidrs}
    if args.allowed_prefix_lists:
        return {}
    ipv4, ipv6 = _default(args, parent)
    sources: dict[str, dict[str, pulumi.Input[str]]] = {"": {"cidr_ipv4": ipv4}}
    if args.ipv6:
        sources["-ipv6"] = {"cidr_ipv6": ipv6}
    return sources


def _default(args: LoadBalancerArgs, parent: pulumi.Resource) -> tuple[pulumi.Input[str], pulumi.Input[str]]:
    if args.scheme is Scheme.INTERNET_FACING:
        return ANYWHERE, ANYWHERE_IPV6
    vpc = aws.ec2.get_vpc_output(id=args.vpc_id, opts=pulumi.InvokeOutputOptions(parent=parent))
    return vpc.cidr_block, vpc.ipv6_cidr_block


def _suffix(cidr: str) -> str:
    """What a range adds to a rule's name: everywhere is the default's, as AWS takes no rule twice."""
    return {ANYWHERE: "", ANYWHERE_IPV6: "-ipv6"}.get(cidr, f"-{cidr.translate(_NAMED)}")


def _rule(
    name: str,
    protocol: str,
    source: dict[str, pulumi.Input[str]],
    args: LoadBalancerArgs,
    group: aws.ec2.SecurityGroup,
    parent: pulumi.Resource,
) -> None:
    everyone = args.scheme is Scheme.INTERNET_FACING and not args.allowed_cidrs and not args.allowed_prefix_lists
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=group.id,
        description=f"{protocol.upper()} from {'the internet' if everyone else 'those who are allowed'}",
        ip_protocol="tcp",
        from_port=PORTS[protocol],
        to_port=PORTS[protocol],
        tags=with_name(name, args.tags),
        opts=child_of(parent),
        **source,
    )


_NAMED = str.maketrans({".": "-", "/": "-", ":": "-"})


def _kind(cidr: str) -> str:
    return "cidr_ipv6" if ":" in cidr else "cidr_ipv4"


def _list_id(name: str, parent: pulumi.Resource) -> str:
    opts = pulumi.InvokeOptions(parent=parent)
    return look_up(f"prefix list {name}", lambda: aws.ec2.get_managed_prefix_list(name=name, opts=opts)).id

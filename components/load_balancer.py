"""A public load balancer that services share."""

from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .names import check_name, child_of, with_name

_HTTP = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerArgs:
    """Inputs of `LoadBalancer`."""

    vpc_id: pulumi.Input[str]
    """VPC of the subnets."""
    subnet_ids: pulumi.Input[list[str]]
    """Public subnets, in two zones at least."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""


class LoadBalancer(pulumi.ComponentResource):
    """An internet-facing Application Load Balancer that answers 404 until services add their rules.

    Creates: security group open on port 80, load balancer, HTTP listener.
    Costs: the load balancer by the hour and by capacity unit, and its public addresses by the hour.
    Source: User Guide for Application Load Balancers, "Listeners for your Application Load Balancers".
    """

    arn: pulumi.Output[str]
    """ARN of the load balancer."""
    url: pulumi.Output[str]
    """Address without a path: `http://` and the DNS name."""
    dns_name: pulumi.Output[str]
    """Name that AWS gave."""
    zone_id: pulumi.Output[str]
    """Hosted zone of `dns_name`, as an alias record wants it."""
    listener_arn: pulumi.Output[str]
    """Listener that services add their rules to."""
    security_group_id: pulumi.Output[str]
    """Group that services let in, and that they give a way to their tasks."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:LoadBalancer", check_name(name), {}, opts)
        group = aws.ec2.SecurityGroup(
            name,
            description="Load balancer: in from the internet, out to tasks",
            vpc_id=args.vpc_id,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-http",
            security_group_id=group.id,
            description="HTTP from the internet",
            ip_protocol="tcp",
            from_port=_HTTP,
            to_port=_HTTP,
            cidr_ipv4="0.0.0.0/0",
            tags=with_name(f"{name}-http", args.tags),
            opts=child_of(self),
        )
        balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=False,
            subnets=pulumi.Output.from_input(args.subnet_ids).apply(_two_or_more),
            security_groups=[group.id],
            drop_invalid_header_fields=True,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        listener = aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=_HTTP,
            protocol="HTTP",
            default_actions=[
                {
                    "type": "fixed-response",
                    "fixed_response": {
                        "content_type": "text/plain",
                        "message_body": "No service answers here.",
                        "status_code": "404",
                    },
                }
            ],
            tags=with_name(f"{name}-http", args.tags),
            opts=child_of(self),
        )

        self.arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        self.url = pulumi.Output.concat("http://", balancer.dns_name)
        self.listener_arn = listener.arn
        self.security_group_id = group.id
        self.register_outputs(
            {
                "arn": self.arn,
                "url": self.url,
                "dns_name": self.dns_name,
                "zone_id": self.zone_id,
                "listener_arn": self.listener_arn,
                "security_group_id": self.security_group_id,
            }
        )


def _two_or_more(subnet_ids: list[str]) -> list[str]:
    if len(subnet_ids) < 2:
        raise pulumi.RunError(f"a load balancer needs subnets in two zones at least, got {len(subnet_ids)}")
    return subnet_ids

"""A load balancer that services share."""

import pulumi
import pulumi_aws as aws

from .balancer_access import PORTS, allow, allow_sign_in, is_https
from .certificate import Certificate, CertificateArgs
from .domain import Domain
from .load_balancer_args import LoadBalancerArgs, Scheme
from .log_bucket import LogBucket, LogBucketArgs
from .look_up import look_up
from .names import check_name, child_of, with_name
from .target import Listener
from .web_acl import WebAcl, WebAclArgs

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
"""TLS 1.3, and 1.2 with forward secrecy and AEAD ciphers only (User Guide for Application Load Balancers, "Security
policies for your Application Load Balancer")."""


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer that answers 404 until services add their rules.

    With a certificate it serves HTTPS, and sends HTTP there.
    Creates: security group with a rule for each that is let in, load balancer, HTTP listener; with a certificate the
    HTTPS listener; with a domain also `Certificate` and the names' alias records; as asked `LogBucket`, `WebAcl`, and a
    way out to identity providers.
    Costs: the load balancer by the hour and by capacity unit, and its public addresses by the hour.
    Source: User Guide for Application Load Balancers, "Listeners for your Application Load Balancers" and "Edit
    attributes for your Application Load Balancer".
    """

    arn: pulumi.Output[str]
    """ARN of the load balancer."""
    url: pulumi.Output[str]
    """Address without a path: its first host name that is no wildcard, or the DNS name that AWS gave."""
    dns_name: pulumi.Output[str]
    """Name that AWS gave."""
    zone_id: pulumi.Output[str]
    """Hosted zone of `dns_name`, as an alias record wants it."""
    listener_arn: pulumi.Output[str]
    """Listener that services add their rules to: HTTPS, or without a certificate HTTP."""
    security_group_id: pulumi.Output[str]
    """Group that services let in, and that they give a way to their tasks."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:LoadBalancer", check_name(name), {}, opts)
        self._name, self._args = name, args
        group = aws.ec2.SecurityGroup(
            name,
            description="Load balancer: in from the internet, out to tasks",  # a change would replace the group
            vpc_id=args.vpc_id,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        allow(name, args, group, parent=self)
        if args.authenticates:
            allow_sign_in(name, args, group, parent=self)
        balancer = self._load_balancer(group)
        before_serving: list[pulumi.Resource] = []
        if args.firewall:
            firewall = WebAclArgs(
                resource_arn=balancer.arn,
                firewall=args.firewall,
                log_retention_days=args.log_retention_days,
                retain_logs=args.retain_logs,
                kms_key_arn=args.kms_key_arn,
                tags=args.tags,
            )
            before_serving.append(WebAcl(name, firewall, child_of(self)))
        listener = self._listeners(balancer, before_serving)

        self.arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        shown = args.domain.shown if args.domain and args.domain.shown else balancer.dns_name
        self.url = pulumi.Output.concat("https://" if is_https(args) else "http://", shown)
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

    @property
    def listener(self) -> Listener:
        """What services add their rules to."""
        return Listener(
            arn=self.listener_arn,
            load_balancer_arn=self.arn,
            security_group_id=self.security_group_id,
            idle_timeout=self._args.idle_timeout,
        )

    def _load_balancer(self, group: aws.ec2.SecurityGroup) -> aws.lb.LoadBalancer:
        name, args = self._name, self._args
        logs = self._log_bucket()
        return aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=args.scheme is Scheme.INTERNAL,
            ip_address_type="dualstack" if args.ipv6 else "ipv4",
            subnets=pulumi.Output.from_input(args.subnet_ids).apply(_two_or_more),
            security_groups=[group.id],
            drop_invalid_header_fields=True,
            desync_mitigation_mode=args.desync_mitigation.value,
            idle_timeout=args.idle_timeout,
            enable_http2=args.http2,
            enable_zonal_shift=args.zonal_shift,
            enable_deletion_protection=args.deletion_protection,
            access_logs={"bucket": logs.name, "enabled": True} if logs else None,
            connection_logs={"bucket": logs.name, "enabled": True} if logs else None,
            tags=with_name(name, args.tags),
            # So that a change which would replace it is refused at preview.
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )

    def _log_bucket(self) -> LogBucket | None:
        args = self._args
        if not args.access_logs:
            return None
        bucket = LogBucketArgs(retention_days=args.log_retention_days, force_destroy=args.force_destroy, tags=args.tags)
        return LogBucket(f"{self._name}-logs", bucket, child_of(self))

    def _listeners(self, balancer: aws.lb.LoadBalancer, before: list[pulumi.Resource]) -> aws.lb.Listener:
        """The listener that serves, and what belongs to it."""
        args = self._args
        if args.domain:
            return self._listeners_of_domain(args.domain, balancer, before)
        if args.certificate_arn is not None:
            return self._https_listeners(args.certificate_arn, balancer, before)
        return self._listener("http", balancer, _NO_SERVICE, before)

    def _listeners_of_domain(
        self, domain: Domain, balancer: aws.lb.LoadBalancer, before: list[pulumi.Resource]
    ) -> aws.lb.Listener:
        """Its certificate, the listeners, and the names' records."""
        zone_id = self._zone_id(domain)
        proved = CertificateArgs(domain=domain, zone_id=zone_id, tags=self._args.tags)
        certificate = Certificate(self._name, proved, child_of(self))
        serving = self._https_listeners(certificate.arn, balancer, before)
        self._records(domain, zone_id, balancer, serving)
        return serving

    def _https_listeners(
        self, certificate: pulumi.Input[str], balancer: aws.lb.LoadBalancer, before: list[pulumi.Resource]
    ) -> aws.lb.Listener:
        """The listener that serves, and after it one that sends people there."""
        serving = self._listener("https", balancer, _NO_SERVICE, before, certificate)
        self._listener("http", balancer, _TO_HTTPS, [serving])
        return serving

    def _listener(
        self,
        protocol: str,
        balancer: aws.lb.LoadBalancer,
        action: aws.lb.ListenerDefaultActionArgsDict,
        after: list[pulumi.Resource],
        certificate: pulumi.Input[str] | None = None,
    ) -> aws.lb.Listener:
        name = f"{self._name}-{protocol}"
        return aws.lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            port=PORTS[protocol],
            protocol=protocol.upper(),
            certificate_arn=certificate,
            ssl_policy=TLS_POLICY if certificate else None,
            default_actions=[action],
            tags=with_name(name, self._args.tags),
            opts=child_of(self, after),
        )

    def _zone_id(self, domain: Domain) -> str:
        opts = pulumi.InvokeOptions(parent=self)
        return look_up(
            f"hosted zone {domain.zone}, which must be a public one of this account,",
            lambda: aws.route53.get_zone(name=domain.zone, private_zone=False, opts=opts),
        ).zone_id

    def _records(self, domain: Domain, zone_id: str, balancer: aws.lb.LoadBalancer, serving: aws.lb.Listener) -> None:
        """Lead the names here, and not before HTTPS is served here: elsewhere they may be served meanwhile."""
        for host in domain.names:
            for kind in ("A", "AAAA"):
                aws.route53.Record(
                    f"{self._name}-{host}-{kind.lower()}",
                    zone_id=zone_id,
                    name=host,
                    type=kind,
                    aliases=[{"name": balancer.dns_name, "zone_id": balancer.zone_id, "evaluate_target_health": True}],
                    opts=child_of(self, [serving]),
                )


_NO_SERVICE: aws.lb.ListenerDefaultActionArgsDict = {
    "type": "fixed-response",
    "fixed_response": {
        "content_type": "text/plain",
        "message_body": "No service answers here.",
        "status_code": "404",
    },
}
_TO_HTTPS: aws.lb.ListenerDefaultActionArgsDict = {
    "type": "redirect",
    "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"},
}


def _two_or_more(subnet_ids: list[str]) -> list[str]:
    if len(subnet_ids) < 2:
        raise pulumi.RunError(f"a load balancer needs subnets in two zones at least, got {len(subnet_ids)}")
    return subnet_ids

"""A web ACL in front of a load balancer."""

from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .checks import refuse
from .firewall import Firewall, visibility
from .log_retention import LogRetentionDays, retention_problem
from .names import check_name, child_of, with_name

_LOG_PREFIX = "aws-waf-logs-"
"""How the name of a destination of WAF's logs must begin (AWS WAF Developer Guide, "Logging destinations")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebAclArgs:
    """Inputs of `WebAcl`."""

    resource_arn: pulumi.Input[str]
    """ARN of the load balancer that it stands in front of."""
    firewall: Firewall = field(default_factory=Firewall)
    """The rules. Default: AWS's for everyone, and 2000 requests an address in five minutes."""
    log_retention_days: LogRetentionDays = 30
    """Days that blocked and counted requests are told of, one of those that CloudWatch knows. Default: 30."""
    retain_logs: bool = False
    """Whether the log group stays behind, with its logs, when it is no longer wanted. Default: it is deleted."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the log; its policy lets CloudWatch Logs use it. Default: CloudWatch's own."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what CloudWatch would refuse.

        Raises:
            ValueError: a retention that it does not know.
        """
        refuse((retention_problem("log_retention_days", self.log_retention_days),))


class WebAcl(pulumi.ComponentResource):
    """Block what no user would send, and log what was blocked or counted.

    Creates: web ACL, its association, log group, logging configuration.
    Costs: 5 USD a month, 1 USD a rule or rule group, 0.60 USD a million requests; the log by the GB.
    Source: AWS WAF Developer Guide, "Web ACLs" and "Logging AWS WAF web ACL traffic"; AWS WAF pricing.
    """

    arn: pulumi.Output[str]
    """ARN of the web ACL."""
    log_group_name: pulumi.Output[str]
    """Where blocked and counted requests are told."""

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:WebAcl", check_name(name), {}, opts)
        acl = aws.wafv2.WebAcl(
            name,
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=args.firewall.rules(),
            visibility_config=visibility(name),
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        logs = aws.cloudwatch.LogGroup(
            f"{_LOG_PREFIX}{name}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.kms_key_arn,
            tags=with_name(f"{_LOG_PREFIX}{name}", args.tags),
            opts=child_of(self, retain=args.retain_logs),
        )
        logging = aws.wafv2.WebAclLoggingConfiguration(
            name,
            resource_arn=acl.arn,
            log_destination_configs=[logs.arn],
            logging_filter=_BLOCKED_OR_COUNTED,
            redacted_fields=[{"single_header": {"name": name}} for name in _SECRET_HEADERS],
            # An ACL has one: what is made before the old one goes would be deleted with it.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        aws.wafv2.WebAclAssociation(
            name, resource_arn=args.resource_arn, web_acl_arn=acl.arn, opts=child_of(self, [logging])
        )
        self.arn = acl.arn
        self.log_group_name = logs.name
        self.register_outputs({"arn": self.arn, "log_group_name": self.log_group_name})


_SECRET_HEADERS = ("authorization", "cookie")
_BLOCKED_OR_COUNTED: "aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgsDict" = {
    "default_behavior": "DROP",
    "filters": [
        {
            "behavior": "KEEP",
            "requirement": "MEETS_ANY",
            "conditions": [
                {"action_condition": {"action": action}}
                for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT", "CAPTCHA", "CHALLENGE")
            ],
        }
    ],
}
"""Requests that pass are in the access log; here they would cost by the GB."""

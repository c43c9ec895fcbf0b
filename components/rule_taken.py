"""A rule of a security group that is there already: an `up` that failed had opened another port beside it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi

from .aws_client import client
from .failed_deployment import one_line
from .hook_name import hook_name

_TAKEN = "InvalidPermission.Duplicate"


def making_way(rule: str, component: pulumi.Resource, *, egress: bool) -> pulumi.ErrorHook:
    """A hook of a rule from one group to another, that revokes the same rule where it is there, and asks again, once.

    A changed port is open beside the old one until the tasks there have gone. An `up` that fails meanwhile leaves both,
    and the next one, with the old port again, makes its rule before it deletes the one that is left: EC2 takes none
    twice. Connections that are open outlast the moment between (Amazon EC2 User Guide, "Amazon EC2 security group
    connection tracking").

    Needs `ec2:DescribeSecurityGroupRules` and `ec2:RevokeSecurityGroupEgress` or `…Ingress`, and only then.

    Args:
        rule: its name; the hook's is made of it.
        component: whose messages they are.
        egress: whether it lets out; else it lets in.

    Source: Amazon EC2 API Reference, "Error codes", "DescribeSecurityGroupRules", "RevokeSecurityGroupIngress"; Pulumi
    docs, "Resource hooks".
    """

    async def revoke(args: pulumi.ErrorHookArgs) -> bool:
        if len(args.errors) > 1 or _TAKEN not in args.errors[0]:
            return False
        try:
            await asyncio.to_thread(revoke_same, args.new_inputs or {}, egress=egress)
        except Exception as error:  # noqa: BLE001 - whatever it is, EC2's own error is shown as well
            pulumi.log.error(f"the rule that is there already could not be revoked: {one_line(error)}", component)
            return False
        pulumi.log.info(f"rule {rule} was there already, from an `up` that failed: it is made anew", component)
        return True

    return pulumi.ErrorHook(hook_name(f"{rule}-taken"), revoke)


def revoke_same(wanted: Mapping[str, Any], *, egress: bool) -> None:
    """Revoke the rule of a group that lets the same connections through.

    Args:
        wanted: the inputs of the one that is to be made.
        egress: whether it lets out; else it lets in.

    Raises:
        LookupError: there is none.
        botocore.exceptions.BotoCoreError: AWS is not reached.
        botocore.exceptions.ClientError: AWS refuses it.
    """
    ec2 = client("ec2", wanted.get("region") or pulumi.Config("aws").require("region"))
    group = wanted["securityGroupId"]
    answer = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    same = (egress, wanted["fromPort"], wanted["toPort"], wanted["referencedSecurityGroupId"])
    ids = [one["SecurityGroupRuleId"] for one in answer["SecurityGroupRules"] if _through(one) == same]
    if not ids:
        raise LookupError(f"{group} has none")
    revoke = ec2.revoke_security_group_egress if egress else ec2.revoke_security_group_ingress
    revoke(GroupId=group, SecurityGroupRuleIds=ids)


def _through(rule: Mapping[str, Any]) -> tuple[bool, int | None, int | None, str | None]:
    """What a rule lets through, by direction, ports and group."""
    other: Mapping[str, str] = rule.get("ReferencedGroupInfo") or {}
    return rule["IsEgress"], rule.get("FromPort"), rule.get("ToPort"), other.get("GroupId")

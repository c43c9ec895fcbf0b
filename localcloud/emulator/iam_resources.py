"""Which resources a call of AWS's APIs is about, for IAM: ministack names `*` or another for many that have their own.

Source: Service Authorization Reference, "Actions, resources, and condition keys" of each service. What is not in the
table stays as ministack has it.
"""

import contextlib
import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any

TABLE = """
budgets:*                              budgets::{account}:budget/{BudgetName|Budget.BudgetName|Notification.BudgetName}
cloudwatch:DeleteAlarms                cloudwatch:alarm:{AlarmNames.*}
cloudwatch:*[Tt]ag*                    {ResourceARN}
cloudwatch:DeleteDashboards            cloudwatch::{account}:dashboard/{DashboardNames.*}
cloudwatch:*Dashboard                  cloudwatch::{account}:dashboard/{DashboardName}
cloudwatch:*Alarm                      cloudwatch:alarm:{AlarmName}
codebuild:BatchGetProjects             codebuild:project/{names.*}
ec2:Describe*                          *
ec2:CreateVpc                          ec2:vpc/*
ec2:CreateSubnet                       ec2:subnet/* ec2:vpc/{VpcId}
ec2:CreateInternetGateway              ec2:internet-gateway/*
ec2:*tachInternetGateway               ec2:internet-gateway/{InternetGatewayId} ec2:vpc/{VpcId}
ec2:CreateEgressOnlyInternetGateway    ec2:egress-only-internet-gateway/* ec2:vpc/{VpcId}
ec2:DeleteEgressOnlyInternetGateway    ec2:egress-only-internet-gateway/{EgressOnlyInternetGatewayId}
ec2:CreateRouteTable                   ec2:route-table/* ec2:vpc/{VpcId}
ec2:AssociateRouteTable                ec2:route-table/{RouteTableId} ec2:subnet/{SubnetId}
ec2:*RouteTable*                       ec2:route-table/{RouteTableId}
ec2:*Route                             ec2:route-table/{RouteTableId}
ec2:AllocateAddress                    ec2:elastic-ip/*
ec2:CreateNatGateway                   ec2:natgateway/* ec2:subnet/{SubnetId} ec2:elastic-ip/{AllocationId}
ec2:DeleteNatGateway                   ec2:natgateway/{NatGatewayId}
ec2:CreateSecurityGroup                ec2:security-group/* ec2:vpc/{VpcId}
ec2:*SecurityGroup*                    ec2:security-group/{GroupId}
ec2:CreateVpcEndpoint                  ec2:vpc-endpoint/* ec2:vpc/{VpcId}
ec2:ModifyVpcEndpoint                  ec2:vpc-endpoint/{VpcEndpointId}
ec2:CreateFlowLogs                     ec2:vpc-flow-log/* ec2:vpc/{ResourceId.*}
ec2:DeleteFlowLogs                     ec2:vpc-flow-log/{FlowLogId.*}
ec2:*Tags                              ec2:{ResourceId.*}
ecr:DescribeRepositories               ecr:repository/{repositoryNames.*}
ecr:*[Tt]ag*Resource*                  {resourceArn}
ecs:*[Tt]ag*Resource*                  {resourceArn}
ecs:DescribeClusters                   ecs:cluster/{clusters.*}
ecs:CreateService                      ecs:service/{cluster}/{serviceName}
ecs:DescribeServices                   ecs:service/{cluster}/{services.*}
ecs:*ateService                        ecs:service/{cluster}/{service}
ecs:DeleteService                      ecs:service/{cluster}/{service}
ecs:ListServiceDeployments             ecs:service/{cluster}/{service}
ecs:DescribeServiceDeployments         {serviceDeploymentArns.*}
ecs:DescribeServiceRevisions           {serviceRevisionArns.*}
ecs:RunTask                            ecs:task-definition/{taskDefinition}
ecs:StopTask                           ecs:task/{cluster}/{task}
ecs:DescribeTasks                      ecs:task/{cluster}/{tasks.*}
ecs:ExecuteCommand                     ecs:cluster/{cluster} ecs:task/{cluster}/{task}
ecs:*TaskDefinition*                   *
ecs:CreateCluster                      *
ecs:ListServices                       *
elasticfilesystem:CreateFileSystem     elasticfilesystem:file-system/*
elasticfilesystem:Create*              elasticfilesystem:file-system/{FileSystemId}
elasticfilesystem:*agResource          elasticfilesystem:{Name}
elasticfilesystem:*MountTarget*        elasticfilesystem:file-system/{FileSystemId}
elasticloadbalancing:Describe*         *
elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:loadbalancer/app/{Name}/*
elasticloadbalancing:CreateTargetGroup elasticloadbalancing:targetgroup/{Name}/*
elasticloadbalancing:CreateRule        {ListenerArn}
elasticloadbalancing:*Rule             {RuleArn}
elasticloadbalancing:SetRulePriorities {RulePriorities.*.RuleArn}
elasticloadbalancing:*Tags             {ResourceArns.*}
events:*[Tt]ag*Resource*               {ResourceARN}
events:*Target*                        events:rule/{Rule}
events:*Rule                           events:rule/{Name}
iam:CreateServiceLinkedRole            iam::{account}:role/aws-service-role/{AWSServiceName}/*
iam:CreateOpenIDConnectProvider        iam::{account}:oidc-provider/{Url}
iam:*OpenIDConnectProvider*            {OpenIDConnectProviderArn}
iam:CreatePolicy                       iam::{account}:policy{Path}{PolicyName}
kms:*Alias                             kms:{AliasName} kms:key/{TargetKeyId}
scheduler:*ScheduleGroup               scheduler:schedule-group/{Name}
scheduler:*Schedule                    scheduler:schedule/{GroupName|groupName}/{Name}
servicediscovery:Create*Namespace      *
servicediscovery:*Namespace            servicediscovery:namespace/{Id}
servicediscovery:GetOperation          *
sns:*[Tt]ag*Resource*                  {ResourceArn}
ssm:GetParameters                      ssm:parameter/{Names.*}
wafv2:*ssociateWebACL                  {WebACLArn} {ResourceArn}
wafv2:*WebACL                          wafv2:regional/webacl/{Name}/{Id}
wafv2:*LoggingConfiguration            {ResourceArn|LoggingConfiguration.ResourceArn}
wafv2:*[Tt]ag*Resource*                {ResourceARN}
+acm:RequestCertificate                acm:certificate/*
+ecs:CreateCluster                     ecs:cluster/{clusterName}
+ecs:RegisterTaskDefinition            ecs:task-definition/{family}:*
+kms:CreateKey                         kms:key/*
+servicediscovery:Create*Namespace     servicediscovery:namespace/*
"""
"""Patterns of actions, of which the first counts, and their resources: `+` is for the tags that an action gives."""
ROWS = [(line.split()[0], line.split()[1:]) for line in TABLE.strip().splitlines()]
DEFAULTS = {"groupName": "default", "cluster": "default", "Path": "/", "Id": "*"}
KINDS = {
    "vpc": "vpc",
    "subnet": "subnet",
    "igw": "internet-gateway",
    "rtb": "route-table",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "vpce": "vpc-endpoint",
    "fl": "vpc-flow-log",
    "eigw": "egress-only-internet-gateway",
    "fs": "file-system",
    "fsap": "access-point",
}
"""A resource's type by the beginning of its id, where a call may name several types."""


def parameters(path: str, body: bytes, query: dict[str, Any]) -> dict[str, str]:
    """A call's parameters under dotted names, whatever its protocol."""
    found = {name: value[0] if isinstance(value, list) else value for name, value in query.items() if value}
    with contextlib.suppress(ValueError):
        found |= dict(_flat("", json.loads(body) if body[:1] == b"{" else {}))
    return found if path == "/" else {"Name": path.rstrip("/").rpartition("/")[2], **found}


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), one)
    elif isinstance(value, str):
        yield prefix, value


def parents(given: dict[str, str]) -> dict[str, str]:
    """What a call names by what belongs to it: a route table by its association, a file system by its mount target."""
    from ministack.services import ec2, efs

    target = efs._mount_targets.get(given.get("Name"))
    found = {"FileSystemId": target["FileSystemId"]} if target else {}
    for table in ec2._route_tables.values() if "AssociationId" in given else ():
        if any(one["RouteTableAssociationId"] == given["AssociationId"] for one in table["Associations"]):
            found["RouteTableId"] = table["RouteTableId"]
    return found


def arns(action: str, given: dict[str, str], region: str, account: str) -> list[str]:
    """The resources of a call, each once; none where the table has no row for its action, or the call names none."""
    templates = next((templates for pattern, templates in ROWS if fnmatch.fnmatchcase(action, pattern)), ())
    given = {**DEFAULTS, **given, "account": account}
    found = [_arn(each, given, f"{region}:{account}") for one in templates for each in _each(one, given)]
    return list(dict.fromkeys(filter(None, found)))


def _each(template: str, given: dict[str, str]) -> list[str]:
    """A template for each member of the list that it names."""
    listed = next((name for name in re.findall(r"{(.+?)}", template) if "*" in name), "")
    members = fnmatch.filter(given, listed)
    return [template.replace(listed, member) for member in members] if listed else [template]


def _arn(template: str, given: dict[str, str], place: str) -> str:
    if template == "*":
        return template
    parts = re.split(r"{(.+?)}", template)
    for at, names in list(enumerate(parts))[1::2]:
        value = next((given[name] for name in names.split("|") if given.get(name)), "")
        if not value or (value.startswith("arn:") and at == len(parts) - 2):
            return value
        parts[at] = value.removeprefix("https://").rpartition(":cluster/")[2]
    service, _, resource = "".join(parts).replace("//", "/").partition(":")
    kind = KINDS.get(resource.partition("-")[0]) if "/" not in resource else None
    resource = f"{kind}/{resource}" if kind else resource
    return f"arn:aws:{service}:{resource}" if resource[0] == ":" else f"arn:aws:{service}:{place}:{resource}"


def tags(arn: str) -> dict[str, str]:
    """A resource's tags."""
    from ministack.services import acm, alb, cloudwatch, cloudwatch_logs, ec2, servicediscovery, tagging, waf

    service, resource = arn.split(":", 5)[2::3] if arn.count(":") >= 5 else ("", "")
    stores = {
        "acm": lambda: (acm._certificates.get(arn) or {}).get("Tags"),
        "ec2": lambda: ec2._tags.get(resource.rpartition("/")[2]),
        "elasticloadbalancing": lambda: alb._tags.get(arn),
        "cloudwatch": lambda: cloudwatch._resource_tags.get(arn),
        "logs": lambda: (cloudwatch_logs._log_groups.get(resource.split(":")[1]) or {}).get("tags"),
        "servicediscovery": lambda: servicediscovery._resource_tags.get(arn),
        "wafv2": lambda: waf._waf_tags.get(arn),
    }
    collect = {**tagging._COLLECTORS, **tagging._RESOURCE_TAG_COLLECTORS}.get(service, lambda: ())
    found = stores[service]() if service in stores else next((tags for one, tags in collect() if one == arn), None)
    return found if isinstance(found, dict) else {one["Key"]: one["Value"] for one in found or ()}

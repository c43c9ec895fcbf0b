"""Each rule finds the smallest fault that it is for, and nothing once that is mended."""

import json
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from policies import tokens as t
from policies.evaluate import evaluate
from policies.exemption import Exemption
from policies.graph import UNKNOWN, Graph, Resource, Value, at
from policies.rules import IDS, RULES

TODAY = date(2027, 1, 1)


def made(kind, logical="one", /, *, after=(), **properties):
    """A resource whose id is its class and name, made after some others."""
    short = kind.rpartition(":")[2]
    return Resource(
        type=kind,
        name=logical,
        urn=f"{kind}::{logical}",
        properties={"id": f"{short}-{logical}", "arn": f"arn:{short}-{logical}", **properties},
        dependencies=frozenset(one.urn for one in after),
    )


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource: Value = "arn:it", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, **condition):
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})


def tasks(*containers, **properties):
    documents = [{"name": "web", **container} for container in containers]
    return made(t.TASK_DEFINITION, "web", containerDefinitions=json.dumps(documents), **properties)


def waf(*groups, count=(), **overrides):
    rules = [
        {
            "name": name,
            "statement": {"managedRuleGroupStatement": {"name": name, "ruleActionOverrides": [overrides]}},
            "overrideAction": {"count": {}} if name in count else {"none": {}},
            "visibilityConfig": {"cloudwatchMetricsEnabled": True},
        }
        for name in groups
    ]
    return made(t.WEB_ACL, rules=rules, visibilityConfig={"cloudwatchMetricsEnabled": True})


PACKETS = made(t.BALANCER, loadBalancerType="network", desyncMitigationMode="monitor")
KNOWN_BAD, ANONYMOUS = "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAnonymousIpList"
VPC, BUCKET, BALANCER = made(t.VPC), made(t.BUCKET), made(t.BALANCER, securityGroups=["SecurityGroup-balancer"])
WORLD = {"ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0", "description": "HTTP"}
BALANCER_GROUP = made(t.SECURITY_GROUP, "balancer", description="balancer")
TASK_GROUP = made(t.SECURITY_GROUP, "tasks", description="tasks")
NETWORK = {"networkConfiguration": {"subnets": [], "securityGroups": ["SecurityGroup-tasks"]}}
SCHEDULE = made(t.SCHEDULE, target={"ecsParameters": NETWORK})
ECS = {"Service": "ecs-tasks.amazonaws.com"}
ROUTED = {"logConfiguration": {"logDriver": "awsfirelens"}}
ROUTER = {"name": "log-router", "firelensConfiguration": {"type": "fluentbit"}, "user": "0"}


def github(subject, operator="StringEquals", audience="sts.amazonaws.com", by="StringEquals", company=""):
    """A role that GitHub Actions takes, on conditions on its claims."""
    name = f"token.actions.githubusercontent.com{company}"
    claims: dict[str, dict[str, str]] = {by: {f"{name}:aud": audience} if audience else {}}
    claims.setdefault(operator, {}).update({f"{name}:sub": subject} if subject else {})
    principal = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{name}"}
    return [made(t.ROLE, assumeRolePolicy=trust(principal, **claims))]


def encryption(algorithm):
    default = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}
    return made(t.BUCKET_ENCRYPTION, bucket="Bucket-one", rules=[default])


def tls_only(value="false", effect="Deny", resource: Value = ("arn:Bucket-one", "arn:Bucket-one/*"), **more):
    condition = {"Bool": {"aws:SecureTransport": value}, **more}
    statement = {"Effect": effect, "Principal": "*", "Action": "s3:*", "Resource": resource, "Condition": condition}
    return made(t.BUCKET_POLICY, bucket="Bucket-one", policy=policy(statement))


def lifecycle(**rule):
    return made(t.BUCKET_LIFECYCLE, bucket="Bucket-one", rules=[rule])


def subnet(*routes, inline=(), **properties):
    """A private subnet in the VPC, or one with a route to the internet gateway; routes alone, or in their table."""
    return [
        VPC,
        made(t.SUBNET, "a", vpcId="Vpc-one", **properties),
        made(t.INTERNET_GATEWAY, vpcId="Vpc-one"),
        made(t.ROUTE_TABLE, vpcId="Vpc-one", routes=list(inline)),
        made(t.ROUTE_TABLE_ASSOCIATION, subnetId="Subnet-a", routeTableId="RouteTable-one"),
        *(made(t.ROUTE, str(number), routeTableId="RouteTable-one", **route) for number, route in enumerate(routes)),
    ]


EVERYWHERE = {"destinationCidrBlock": "0.0.0.0/0"}
BY_EGRESS_ONLY = {"destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-1"}
BY_NAT, BY_INTERNET = {**EVERYWHERE, "natGatewayId": "nat-1"}, {**EVERYWHERE, "gatewayId": "InternetGateway-one"}
INLINE_NAT = {"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}
INLINE_INTERNET = {"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}


def endpoint(service, kind="Interface", **properties):
    more: dict[str, Value] = (
        {"privateDnsEnabled": True} if kind == "Interface" else {"routeTableIds": ["RouteTable-one"]}
    )
    more["serviceName"] = f"com.amazonaws.eu-west-1.{service}"
    return made(t.ENDPOINT, service, vpcId="Vpc-one", vpcEndpointType=kind, **{**more, **properties})


ENDPOINTS = [endpoint("ecr.api"), endpoint("ecr.dkr"), endpoint("logs"), endpoint("s3", "Gateway")]


def service(**network):
    configuration = {"subnets": ["Subnet-a"], "securityGroups": ["SecurityGroup-tasks"], **network}
    return made(t.SERVICE, "web", taskDefinition="TaskDefinition-web", networkConfiguration=configuration)


def costing(budget, *more, region="us-east-1"):
    """A stack with an address, which costs 3.65 USD a month, and what its file allows."""
    config = {"aws:region": region} | ({} if budget is None else {"fargate:budget": budget})
    return [made(t.STACK, "fargate-dev", config=config), made(t.ADDRESS), *more]


def served(*rules, port: Value = 8080.0):
    """A service behind a load balancer, and the rules of their security groups."""
    balanced = [{"targetGroupArn": "TargetGroup-one", "containerPort": port}]
    network = {"subnets": [], "securityGroups": ["SecurityGroup-tasks"]}
    return [
        BALANCER,
        BALANCER_GROUP,
        TASK_GROUP,
        made(t.LISTENER, loadBalancerArn="arn:LoadBalancer-one"),
        made(t.LISTENER_RULE, listenerArn="Listener-one", actions=[{"targetGroupArn": "TargetGroup-one"}]),
        made(t.TARGET_GROUP),
        made(t.SERVICE, "web", loadBalancers=balanced, networkConfiguration=network),
        *rules,
    ]


def into_tasks(low: Value = 8080, high: Value = 8080):
    ports = {"ipProtocol": "tcp", "fromPort": low, "toPort": high}
    groups = {"securityGroupId": "SecurityGroup-tasks", "referencedSecurityGroupId": "SecurityGroup-balancer"}
    return made(t.INGRESS_RULE, f"in-{low}", **ports, **groups)


def out_of_balancer(low=8080, high=8080):
    ports = {"ipProtocol": "tcp", "fromPort": low, "toPort": high}
    groups = {"securityGroupId": "SecurityGroup-balancer", "referencedSecurityGroupId": "SecurityGroup-tasks"}
    return made(t.EGRESS_RULE, f"out-{low}", **ports, **groups)


def served_twice(*, first=8080, second=9090, known=True):
    """A service behind two load balancers, each with a port of its own."""
    own = {"b1": first, "b2": second}
    ports = {"b1": 8080, "b2": 9090}
    one = ("TargetGroup-b1", "TargetGroup-b2") if known else (UNKNOWN, UNKNOWN)
    balanced = [{"targetGroupArn": arn, "containerPort": port} for arn, port in zip(one, ports.values(), strict=True)]
    network = {"subnets": [], "securityGroups": ["SecurityGroup-tasks"]}
    found = [TASK_GROUP]
    for name, open_port in own.items():
        ways = {"ipProtocol": "tcp", "fromPort": open_port, "toPort": open_port}
        group = f"SecurityGroup-{name}"
        out = {"securityGroupId": group, "referencedSecurityGroupId": "SecurityGroup-tasks"}
        into = {"securityGroupId": "SecurityGroup-tasks", "referencedSecurityGroupId": group}
        found += [
            made(t.SECURITY_GROUP, name),
            made(t.BALANCER, name, securityGroups=[group]),
            made(t.LISTENER, name, loadBalancerArn=f"arn:LoadBalancer-{name}", defaultActions=[f"TargetGroup-{name}"]),
            made(t.TARGET_GROUP, name),
            made(t.EGRESS_RULE, name, **ways, **out),
            made(t.INGRESS_RULE, name, **ways, **into),
        ]
    before = frozenset(one.urn for one in found if one.type == t.TARGET_GROUP)
    properties = {"id": "s", "loadBalancers": balanced, "networkConfiguration": network}
    dependent = {"loadBalancers": before}
    return [
        *found,
        Resource(type=t.SERVICE, name="web", urn="web", properties=properties, property_dependencies=dependent),
    ]


SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
READ, DECRYPT = allow("secretsmanager:GetSecretValue", SECRET_ARN), allow("kms:Decrypt", "arn:Key-one")


def with_secret(*statements, **secret):
    """A task with a secret, and what its execution role may do."""
    container = {"secrets": [{"name": "DB", "valueFrom": f"{SECRET_ARN}:password::"}]}
    return [
        made(t.SECRET, arn=SECRET_ARN, **secret),
        made(t.KEY),
        made(t.ROLE, "execution"),
        made(t.ROLE_POLICY, role="Role-execution", policy=policy(*statements)),
        tasks(container, executionRoleArn="arn:Role-execution"),
    ]


def attached(name):
    """A policy of AWS's, of which no program knows what it allows."""
    return made(t.ROLE_POLICY_ATTACHMENT, role="Role-execution", policyArn=f"arn:aws:iam::aws:policy/{name}")


def group_of_logs(*, first):
    logs = made(t.LOG_GROUP, "web", name="web-1")
    options = {"awslogs-group": "web-1"}
    container = {"name": "web", "logConfiguration": {"logDriver": "awslogs", "options": options}}
    document = json.dumps([container])
    return [logs, made(t.TASK_DEFINITION, after=[logs] if first else [], containerDefinitions=document)]


def default_group(**rules):
    return made(t.DEFAULT_SECURITY_GROUP, vpcId="Vpc-one", **rules)


def blocks(**changes):
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return made(t.BUCKET_PUBLIC_ACCESS, bucket="Bucket-one", **{**dict.fromkeys(names, True), **changes})


def acl(**rule):
    rules = [{"action": "allow", "protocol": "tcp", "cidrBlock": "0.0.0.0/0", **rule}]
    return made(t.NETWORK_ACL, subnetIds=["Subnet-a"], ingress=rules)


def inline_world(port):
    return {"protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlocks": ["0.0.0.0/0"]}


def build(**properties):
    return [made(t.BUILD_PROJECT, **properties)]


def builds(one: Value, another: Value, *, privileged=True):
    """Two builds, the first of which may have root's rights; an unknown role is the one that the stack makes."""
    of_stack = {"serviceRole": frozenset([made(t.ROLE).urn])}
    images = made(t.BUILD_PROJECT, "images", serviceRole=one, environment={"privilegedMode": privileged})
    deploys = made(t.BUILD_PROJECT, "deploys", serviceRole=another)
    return [
        replace(it, property_dependencies=of_stack) if it.get("serviceRole") is UNKNOWN else it
        for it in (images, deploys)
    ]


def world_in(*others, ports: Value = 443, **changes):
    """A public balancer whose group the world reaches, and what else there is."""
    opened = {"fromPort": ports, "toPort": ports, "securityGroupId": "SecurityGroup-balancer"}
    return [BALANCER, BALANCER_GROUP, made(t.INGRESS_RULE, **{**WORLD, **opened, **changes}), *others]


def legacy(direction, **properties):
    return [made(t.SECURITY_GROUP_RULE, type=direction, **properties)]


def open_to(principal, **more):
    """A bucket policy that lets in everybody on a condition, or whom the principal says."""
    return [made(t.BUCKET_POLICY, policy=policy(allow("s3:GetObject", Principal=principal, **more)))]


def only_if(operator, key, *values):
    return open_to({"AWS": ["*"]}, Condition={operator: {key: list(values)}})


def changes_bucket(principal, action="s3:Put*", *others):
    return [made(t.BUCKET_POLICY, policy=policy(allow(action, Principal=principal))), *others]


def may(action, *resources):
    return [made(t.ROLE_POLICY, policy=policy(allow(action, list(resources))))]


def trusted(principal, operator="StringEquals", **tests):
    claims = {key.replace("_", ":"): value for key, value in tests.items()}
    return [made(t.ROLE, assumeRolePolicy=trust(principal, **{operator: claims}))]


def variable(name, value="x"):
    return [tasks({"environment": [{"name": name, "value": value}]})]


REFERENCES = (
    *("KEYBOARD", "PATH", "PWD", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "SECRET_ARN", "SECRET_NAME", "KMS_KEY_ID"),
    *("DB_PASSWORD_FILE", "PRIVATE_KEY_PATH", "TOKEN_URL", "STRIPE_PUBLISHABLE_KEY", "S3_KEY_PREFIX", "COMPASS"),
    *("MONKEY", "BYPASS", "PATTERN", "TOKEN_TTL"),
)
SECRETS = (
    *("STRIPE_SECRET_KEY", "SECRET_KEY_BASE", "DJANGO_SECRET_KEY", "DB_PASS", "DB_PWD", "APIKEY", "apiKey"),
    *("JWT_SIGNING_KEY", "ENCRYPTION_KEY", "ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID_2", "GITHUB_PAT", "DB_PASSWORD_1"),
    *("PGPASSWORD", "dbPassword", "ECS_ENGINE_AUTH_DATA", "GOOGLE_CREDENTIALS"),
)
PLAIN_DENIED = {
    "Effect": "Deny",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
PLAIN_FILES = {**PLAIN_DENIED, "Action": "*", "Principal": "*"}
SECRET_VALUES = (
    *("postgres://user:pass@host/db", "redis://:pass@host", "AKIAIOSFODNN7EXAMPLE", "ghp_" + "a" * 36),
    "-----BEGIN RSA PRIVATE KEY-----",
)
OPEN_VALUES = ("postgres://host/db", "https://host:8080/a@b", "postgres://user:$PASSWORD@host", "AKIA", "a:b@c")
ARN = "arn:aws:ecs:eu-west-1:123456789012:*"
ROOT = {"AWS": "arn:aws:iam::123456789012:root"}
OWN = made(t.LOG_GROUP, arn="arn:aws:logs:eu-west-1:123456789012:log-group:web")

EVERYBODY = policy(allow("*", Principal="*"))
SOMEBODY = policy(allow("*", Principal="*", Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}}))
EXEC = "executeCommandConfiguration"
LOGGED = {"kmsKeyId": "k", "logging": "OVERRIDE", "logConfiguration": {"cloudWatchEncryptionEnabled": True}}
EFS = {"efsVolumeConfiguration": {"transitEncryption": "ENABLED"}}
EFS_BY_IAM = {"efsVolumeConfiguration": {"authorizationConfig": {"iam": "ENABLED"}}}


def files_policy(*statements):
    """A file system with a policy of its own."""
    return [made(t.FILE_SYSTEM), made(t.FILE_SYSTEM_POLICY, fileSystemId="FileSystem-one", policy=policy(*statements))]


PLANTED = [
    # rule, with the fault, mended
    ("default-security-group-closed", [VPC], [VPC, default_group()]),
    ("default-security-group-closed", [VPC, default_group(ingress=[{}])], [VPC, default_group(ingress=[])]),
    ("vpc-flow-logs", [VPC], [VPC, made(t.FLOW_LOG, vpcId="Vpc-one", trafficType="REJECT")]),
    (
        "vpc-flow-logs",
        [VPC, made(t.FLOW_LOG, vpcId="Vpc-one", trafficType="ACCEPT")],
        [VPC, made(t.FLOW_LOG, vpcId="Vpc-one", trafficType="ALL")],
    ),
    ("subnet-gives-no-public-address", [made(t.SUBNET, mapPublicIpOnLaunch=True)], [made(t.SUBNET)]),
    ("vpc-endpoints", [VPC, service()], [VPC, service(), *ENDPOINTS]),
    ("endpoint-private-dns", [endpoint("logs", privateDnsEnabled=False)], [endpoint("logs")]),
    ("no-default-vpc", [made(t.DEFAULT_VPC)], [VPC]),
    ("address-in-use", [made(t.ADDRESS)], [made(t.ADDRESS), made(t.NAT_GATEWAY, allocationId="Eip-one")]),
    (
        "default-route-by-gateway",
        [made(t.ROUTE, destinationCidrBlock="0.0.0.0/0", networkInterfaceId="eni-1")],
        [made(t.ROUTE, **BY_NAT)],
    ),
    ("network-acl-in-use", [made(t.NETWORK_ACL)], [made(t.NETWORK_ACL, subnetIds=["subnet-1"])]),
    (
        "network-acl-in-use",
        [made(t.NETWORK_ACL), made(t.NETWORK_ACL_ASSOCIATION, networkAclId="NetworkAcl-other")],
        [made(t.NETWORK_ACL), made(t.NETWORK_ACL_ASSOCIATION, networkAclId="NetworkAcl-one")],
    ),
    ("network-acl-keeps-administration-closed", [acl(fromPort=0, toPort=65535)], [acl(fromPort=443, toPort=443)]),
    ("network-acl-keeps-administration-closed", [acl(protocol="-1")], [acl(protocol="-1", action="deny")]),
    (
        "network-acl-keeps-administration-closed",
        [made(t.NETWORK_ACL_RULE, ruleAction="allow", protocol="tcp", cidrBlock="0.0.0.0/0", fromPort=22, toPort=22)],
        [made(t.NETWORK_ACL_RULE, ruleAction="allow", protocol="tcp", cidrBlock="10.0.0.0/8", fromPort=22, toPort=22)],
    ),
    (
        "only-public-balancers-open",
        [made(t.INGRESS_RULE, fromPort=22, toPort=22, securityGroupId="SecurityGroup-balancer", **WORLD)],
        [
            *(BALANCER, BALANCER_GROUP),
            made(t.INGRESS_RULE, fromPort=443, toPort=443, securityGroupId="SecurityGroup-balancer", **WORLD),
        ],
    ),
    (
        "only-public-balancers-open",
        [
            made(t.BALANCER, internal=True, securityGroups=["SecurityGroup-balancer"]),
            BALANCER_GROUP,
            made(t.INGRESS_RULE, fromPort=80, toPort=80, securityGroupId="SecurityGroup-balancer", **WORLD),
        ],
        [made(t.INGRESS_RULE, fromPort=80, toPort=80, cidrIpv4="10.0.0.0/8", ipProtocol="tcp")],
    ),
    (
        "only-public-balancers-open",
        [made(t.SECURITY_GROUP, ingress=[{"protocol": "-1", "ipv6CidrBlocks": ["::/0"]}])],
        [made(t.SECURITY_GROUP, ingress=[{"protocol": "-1", "securityGroups": ["sg-1"]}])],
    ),
    (
        "only-public-balancers-open",
        [made(t.SECURITY_GROUP, "balancer", ingress=[inline_world(80)])],
        [made(t.SECURITY_GROUP, "balancer", ingress=[inline_world(80)]), BALANCER],
    ),
    (
        "egress-not-everything",
        [made(t.EGRESS_RULE, ipProtocol="-1", cidrIpv4="0.0.0.0/0")],
        [made(t.EGRESS_RULE, ipProtocol="tcp", fromPort=443, toPort=443, cidrIpv4="0.0.0.0/0")],
    ),
    (
        "egress-not-everything",
        [made(t.SECURITY_GROUP_RULE, type="egress", protocol="-1", cidrBlocks=["0.0.0.0/0"])],
        [made(t.SECURITY_GROUP_RULE, type="ingress", protocol="-1", cidrBlocks=["0.0.0.0/0"])],
    ),
    ("security-group-described", [made(t.INGRESS_RULE)], [made(t.INGRESS_RULE, description="HTTP")]),
    (
        "security-group-described",
        [made(t.SECURITY_GROUP, description="tasks", egress=[{"protocol": "tcp"}])],
        [made(t.SECURITY_GROUP, description="tasks", egress=[{"protocol": "tcp", "description": "HTTPS"}])],
    ),
    ("security-group-described", [made(t.SECURITY_GROUP, description="Managed by Pulumi")], [BALANCER_GROUP]),
    ("security-group-in-use", [BALANCER_GROUP], [BALANCER_GROUP, BALANCER]),
    ("security-group-in-use", [TASK_GROUP, made(t.SCHEDULE)], [TASK_GROUP, SCHEDULE]),
    (
        "listener-encrypted",
        [made(t.LISTENER, protocol="HTTP", defaultActions=[{"type": "forward"}])],
        [made(t.LISTENER, protocol="HTTP", defaultActions=[{"type": "redirect", "redirect": {"protocol": "HTTPS"}}])],
    ),
    (
        "listener-encrypted",
        [made(t.LISTENER, protocol="HTTP"), made(t.LISTENER_RULE, listenerArn="Listener-one", actions=[{"type": "x"}])],
        [made(t.LISTENER, protocol="HTTPS"), made(t.LISTENER_RULE, listenerArn="Listener-one", actions=[{}])],
    ),
    (
        "tls-policy-strong",
        [made(t.LISTENER, protocol="HTTPS", sslPolicy="ELBSecurityPolicy-2016-08")],
        [made(t.LISTENER, protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")],
    ),
    (
        "tls-policy-strong",
        [made(t.LISTENER, protocol="HTTPS")],
        [made(t.LISTENER, protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06")],
    ),
    ("balancer-drops-invalid-headers", [made(t.BALANCER)], [made(t.BALANCER, dropInvalidHeaderFields=True)]),
    ("balancer-drops-invalid-headers", [made(t.BALANCER, loadBalancerType="application")], [PACKETS]),
    ("balancer-refuses-smuggling", [made(t.BALANCER, desyncMitigationMode="monitor")], [made(t.BALANCER)]),
    ("balancer-refuses-smuggling", [made(t.BALANCER, desyncMitigationMode="monitor")], [PACKETS]),
    ("balancer-access-logs", [made(t.BALANCER)], [made(t.BALANCER, accessLogs={"enabled": True, "bucket": "b"})]),
    ("balancer-protected", [made(t.BALANCER)], [made(t.BALANCER, enableDeletionProtection=True)]),
    ("balancer-in-two-zones", [made(t.BALANCER, subnets=["s-1"])], [made(t.BALANCER, subnets=["s-1", "s-2"])]),
    (
        "balancer-in-two-zones",
        [
            made(t.SUBNET, "a", availabilityZone="z-a"),
            made(t.SUBNET, "b", availabilityZone="z-a"),
            made(t.BALANCER, subnets=["Subnet-a", "Subnet-b"]),
        ],
        [
            made(t.SUBNET, "a", availabilityZone="z-a"),
            made(t.SUBNET, "b", availabilityZone="z-c"),
            made(t.BALANCER, subnets=["Subnet-a", "Subnet-b"]),
        ],
    ),
    (
        "balancer-has-firewall",
        [made(t.BALANCER)],
        [made(t.BALANCER), made(t.WEB_ACL_ASSOCIATION, resourceArn="arn:LoadBalancer-one")],
    ),
    (
        "target-health-checked",
        [made(t.TARGET_GROUP, protocol="HTTP")],
        [made(t.TARGET_GROUP, protocol="HTTP", healthCheck={"path": "/health"})],
    ),
    (
        "target-health-checked",
        [made(t.TARGET_GROUP, targetType="ip", healthCheck={"enabled": False})],
        [made(t.TARGET_GROUP, targetType="lambda", healthCheck={"enabled": False})],
    ),
    ("target-encrypted", [made(t.TARGET_GROUP, protocol="HTTP")], [made(t.TARGET_GROUP, protocol="HTTPS")]),
    ("target-encrypted", [made(t.TARGET_GROUP, targetType="ip")], [made(t.TARGET_GROUP, targetType="lambda")]),
    ("firewall-has-rules", [waf()], [waf("any")]),
    (
        "firewall-metrics",
        [made(t.WEB_ACL, visibilityConfig={"cloudwatchMetricsEnabled": False})],
        [waf("any")],
    ),
    (
        "firewall-metrics",
        [made(t.WEB_ACL, rules=[{"name": "any"}], visibilityConfig={"cloudwatchMetricsEnabled": True})],
        [waf("any")],
    ),
    ("firewall-blocks-known-attacks", [waf(KNOWN_BAD)], [waf(KNOWN_BAD, ANONYMOUS)]),
    (
        "firewall-blocks-known-attacks",
        [waf(KNOWN_BAD, ANONYMOUS, count=[ANONYMOUS])],
        [waf(KNOWN_BAD, ANONYMOUS)],
    ),
    ("firewall-logs", [waf()], [waf(), made(t.WEB_ACL_LOGGING, resourceArn="arn:WebAcl-one")]),
    (
        "firewall-logs",
        [made(t.LOG_GROUP, name="other"), made(t.WEB_ACL_LOGGING, logDestinationConfigs=["arn:LogGroup-one"])],
        [made(t.LOG_GROUP, name="aws-waf-logs-1"), made(t.WEB_ACL_LOGGING, logDestinationConfigs=["arn:LogGroup-one"])],
    ),
    ("bucket-blocks-public-access", [BUCKET], [BUCKET, blocks()]),
    ("bucket-blocks-public-access", [BUCKET, blocks(ignorePublicAcls=False)], [BUCKET, blocks()]),
    ("bucket-tls-only", [BUCKET], [BUCKET, tls_only()]),
    ("bucket-tls-only", [BUCKET, tls_only(effect="Allow")], [BUCKET, tls_only()]),
    ("bucket-tls-only", [BUCKET, tls_only(resource="arn:Bucket-one/*")], [BUCKET, tls_only(resource="*")]),
    ("bucket-tls-only", [BUCKET, tls_only(resource="arn:Bucket-one")], [BUCKET, tls_only(resource="arn:Bucket-*")]),
    (
        "bucket-tls-only",
        [BUCKET, tls_only(StringEquals={"aws:SourceVpc": "vpc-1"})],
        [made(t.BUCKET, arn=UNKNOWN), tls_only(resource="arn:aws:s3:::one/*")],
    ),
    (
        "bucket-without-acls",
        [BUCKET],
        [BUCKET, made(t.BUCKET_OWNERSHIP, bucket="Bucket-one", rule={"objectOwnership": "BucketOwnerEnforced"})],
    ),
    (
        "bucket-without-acls",
        [BUCKET, made(t.BUCKET_OWNERSHIP, bucket="Bucket-one", rule={"objectOwnership": "ObjectWriter"})],
        [BUCKET, made(t.BUCKET_OWNERSHIP, bucket="Bucket-one", rule={"objectOwnership": "BucketOwnerEnforced"})],
    ),
    (
        "bucket-lifecycle",
        [BUCKET],
        [BUCKET, made(t.BUCKET_LIFECYCLE, bucket="Bucket-one", rules=[{"abortIncompleteMultipartUpload": {"d": 7}}])],
    ),
    (
        "bucket-lifecycle",
        [BUCKET, made(t.BUCKET_LIFECYCLE, bucket="Bucket-one", rules=[{"expiration": {"days": 7}}])],
        [BUCKET, made(t.BUCKET_LIFECYCLE, bucket="Bucket-one", rules=[{"abortIncompleteMultipartUpload": {"d": 7}}])],
    ),
    (
        "bucket-lifecycle",
        [BUCKET, lifecycle(status="Disabled", abortIncompleteMultipartUpload={"d": 7})],
        [BUCKET, lifecycle(status="Enabled", abortIncompleteMultipartUpload={"d": 7})],
    ),
    (
        "bucket-versioned",
        [BUCKET],
        [BUCKET, made(t.BUCKET_VERSIONING, bucket="Bucket-one", versioningConfiguration={"status": "Enabled"})],
    ),
    (
        "bucket-versioned",
        [BUCKET, made(t.BUCKET_VERSIONING, bucket="Bucket-one", versioningConfiguration={"status": "Suspended"})],
        [BUCKET, made(t.BUCKET_VERSIONING, bucket="Bucket-one", versioningConfiguration={"status": "Enabled"})],
    ),
    ("bucket-encrypted", [BUCKET], [BUCKET, encryption("aws:kms")]),
    ("bucket-encrypted", [BUCKET, encryption("AES256")], [BUCKET, encryption("aws:kms")]),
    (
        "bucket-encrypted",
        [BUCKET, encryption("aws:kms"), made(t.BALANCER, accessLogs={"bucket": "Bucket-one"})],
        [BUCKET, encryption("AES256"), made(t.BALANCER, accessLogs={"bucket": "Bucket-one"})],
    ),
    (
        "bucket-access-logs",
        [BUCKET],
        [BUCKET, made(t.BUCKET_LOGGING, bucket="Bucket-one", targetBucket="other")],
    ),
    ("bucket-access-logs", [BUCKET], [BUCKET, made(t.BALANCER, accessLogs={"bucket": "Bucket-one"})]),
    ("bucket-notifies", [BUCKET], [BUCKET, made(t.BUCKET_NOTIFICATION, bucket="Bucket-one", eventbridge=True)]),
    ("bucket-policy-narrow", [made(t.BUCKET_POLICY, policy=EVERYBODY)], [made(t.BUCKET_POLICY, policy=SOMEBODY)]),
    (
        "bucket-policy-narrow",
        [made(t.BUCKET_POLICY, policy=policy(allow("s3:PutBucketPolicy", Principal={"AWS": "arn:aws:iam::1:root"})))],
        [made(t.BUCKET_POLICY, policy=policy(allow("s3:PutObject", Principal={"AWS": "arn:aws:iam::1:root"})))],
    ),
    (
        "file-system-encrypted",
        [made(t.FILE_SYSTEM, encrypted=True)],
        [made(t.FILE_SYSTEM, encrypted=True, kmsKeyId="arn:Key-one")],
    ),
    (
        "file-system-backed-up",
        [made(t.FILE_SYSTEM)],
        [
            made(t.FILE_SYSTEM),
            made(t.FILE_SYSTEM_BACKUP, fileSystemId="FileSystem-one", backupPolicy={"status": "ENABLED"}),
        ],
    ),
    ("file-system-policy-closed", [made(t.FILE_SYSTEM)], files_policy(PLAIN_FILES)),
    (
        "file-system-policy-closed",
        files_policy(allow("elasticfilesystem:ClientMount", Principal={"AWS": "arn:aws:iam::123456789012:role/r"})),
        files_policy(PLAIN_FILES, allow("elasticfilesystem:ClientMount", Principal=ROOT)),
    ),
    (
        "file-system-policy-closed",
        files_policy(PLAIN_FILES, allow("elasticfilesystem:ClientMount", Principal="*")),
        [made(t.FILE_SYSTEM), made(t.FILE_SYSTEM_POLICY, fileSystemId="FileSystem-one", policy=UNKNOWN)],
    ),
    (
        "access-point-has-root",
        [made(t.ACCESS_POINT, rootDirectory={"path": "/"})],
        [made(t.ACCESS_POINT, rootDirectory={"path": "/data"})],
    ),
    ("access-point-has-user", [made(t.ACCESS_POINT)], [made(t.ACCESS_POINT, posixUser={"uid": 1, "gid": 1})]),
    (
        "mount-target-private",
        [*subnet(BY_INTERNET), made(t.MOUNT_TARGET, subnetId="Subnet-a")],
        [*subnet(BY_NAT), made(t.MOUNT_TARGET, subnetId="Subnet-a")],
    ),
    (
        "repository-scans",
        [made(t.REPOSITORY)],
        [made(t.REPOSITORY, imageScanningConfiguration={"scanOnPush": True})],
    ),
    ("repository-immutable", [made(t.REPOSITORY)], [made(t.REPOSITORY, imageTagMutability="IMMUTABLE")]),
    (
        "repository-lifecycle",
        [made(t.REPOSITORY)],
        [made(t.REPOSITORY), made(t.REPOSITORY_LIFECYCLE, repository="Repository-one")],
    ),
    (
        "repository-encrypted",
        [made(t.REPOSITORY)],
        [made(t.REPOSITORY, encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": "arn:Key-one"}])],
    ),
    (
        "repository-not-public",
        [made(t.REPOSITORY_POLICY, policy=EVERYBODY)],
        [made(t.REPOSITORY_POLICY, policy=SOMEBODY)],
    ),
    (
        "cluster-container-insights",
        [made(t.CLUSTER)],
        [made(t.CLUSTER, settings=[{"name": "containerInsights", "value": "enhanced"}])],
    ),
    (
        "cluster-logs-commands",
        [made(t.CLUSTER), made(t.SERVICE, cluster="Cluster-one", enableExecuteCommand=True)],
        [
            made(t.CLUSTER, configuration={EXEC: LOGGED}),
            made(t.SERVICE, cluster="Cluster-one", enableExecuteCommand=True),
        ],
    ),
    (
        "cluster-logs-commands",
        [
            made(t.CLUSTER, configuration={EXEC: {**LOGGED, "logConfiguration": {"cloudWatchLogGroupName": "g"}}}),
            made(t.SERVICE, cluster="Cluster-one", enableExecuteCommand=True),
        ],
        [made(t.CLUSTER), made(t.SERVICE, cluster="Cluster-one")],
    ),
    ("service-without-public-address", [service(assignPublicIp=True)], [service(assignPublicIp=False)]),
    ("service-on-latest-platform", [made(t.SERVICE, platformVersion="1.3.0")], [made(t.SERVICE)]),
    ("task-network-of-its-own", [tasks(networkMode="host")], [tasks(networkMode="awsvpc")]),
    ("task-processes-of-its-own", [tasks(pidMode="host")], [tasks()]),
    ("task-memory-limited", [tasks({})], [tasks({}, memory="512")]),
    ("container-unprivileged", [tasks({"privileged": True})], [tasks({"privileged": False})]),
    ("container-read-only", [tasks({})], [tasks({"readonlyRootFilesystem": True})]),
    (
        "container-read-only",
        [tasks({**ROUTED, "readonlyRootFilesystem": False}, ROUTER)],
        [tasks({**ROUTED, "readonlyRootFilesystem": True}, ROUTER)],
    ),
    (
        "container-environment-without-secrets",
        [tasks({"environment": [{"name": "DB_PASSWORD", "value": "x"}]})],
        [tasks({"environment": [{"name": "SECRET_NAME", "value": "x"}], "secrets": [{"name": "DB_PASSWORD"}]})],
    ),
    ("container-logs", [tasks({})], [tasks({"logConfiguration": {"logDriver": "awslogs"}})]),
    ("container-not-root", [tasks({})], [tasks({"user": "10001:10001"})]),
    ("container-not-root", [tasks(ROUTED, ROUTER)], [tasks({**ROUTED, "user": "10001"}, ROUTER)]),
    ("container-not-root", [tasks({"user": "0:10"})], [tasks({"user": "www-data"})]),
    (
        "task-volume-encrypted-on-the-way",
        [tasks(volumes=[{"efsVolumeConfiguration": {"fileSystemId": "fs-1"}}])],
        [tasks(volumes=[EFS, {"name": "tmp"}])],
    ),
    (
        "task-volume-by-iam",
        [tasks(volumes=[{"name": "tmp"}, EFS])],
        [tasks(volumes=[{"name": "tmp"}, EFS_BY_IAM])],
    ),
    (
        "task-roles-apart",
        [tasks(executionRoleArn="arn:r", taskRoleArn="arn:r")],
        [tasks(executionRoleArn="arn:r", taskRoleArn="arn:other")],
    ),
    (
        "iam-not-everything",
        [made(t.ROLE_POLICY, policy=policy(allow("*", "*")))],
        [made(t.ROLE_POLICY, policy=policy(allow("ecs:*"), allow("s3:ListAllMyBuckets", "*")))],
    ),
    (
        "iam-not-everything",
        [made(t.POLICY, policy=policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))],
        [made(t.POLICY, policy=policy({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}))],
    ),
    (
        "iam-actions-named",
        [made(t.POLICY, policy=policy(allow(["s3:*"])))],
        [made(t.POLICY, policy=policy(allow(["s3:GetObject"])))],
    ),
    (
        "iam-resources-named",
        [made(t.ROLE, inlinePolicies=[{"policy": policy(allow("iam:PassRole", "*"))}])],
        [made(t.ROLE, inlinePolicies=[{"policy": policy(allow("ecr:GetAuthorizationToken", "*"))}])],
    ),
    (
        "iam-decrypts-with-named-keys",
        [made(t.ROLE_POLICY, policy=policy(allow("kms:Decrypt", "arn:aws:kms:*:*:key/*")))],
        [made(t.ROLE_POLICY, policy=policy(allow("kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/1")))],
    ),
    (
        "iam-no-administrators",
        [made(t.ROLE_POLICY_ATTACHMENT, policyArn="arn:aws:iam::aws:policy/AdministratorAccess")],
        [made(t.ROLE_POLICY_ATTACHMENT, policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")],
    ),
    (
        "role-trust-named",
        [made(t.ROLE, assumeRolePolicy=trust({"AWS": "*"}))],
        [made(t.ROLE, assumeRolePolicy=trust({"AWS": "arn:aws:iam::123456789012:role/deploy"}))],
    ),
    (
        "role-trust-named",
        [made(t.ROLE, assumeRolePolicy=trust({"AWS": "arn:aws:iam::123456789012:root"}))],
        [made(t.ROLE, assumeRolePolicy=trust(ECS))],
    ),
    (
        "role-trust-for-this-account",
        [made(t.ROLE, assumeRolePolicy=trust(ECS))],
        [made(t.ROLE, assumeRolePolicy=trust(ECS, StringEquals={"aws:SourceAccount": "123456789012"}))],
    ),
    ("role-trust-in-one-repository", github(""), github("repo:org/app:environment:prod")),
    ("role-trust-in-one-repository", github(""), [made(t.ROLE, assumeRolePolicy=trust(ECS))]),
    ("role-trust-in-one-repository", github("repo:org/*"), github("repo:org@1/app@2:ref:refs/heads/main")),
    (
        "role-trust-in-one-repository",
        github("repo:org/app:x", audience=""),
        github("repo:org/app:environment:prod", "StringLike"),
    ),
    (
        "role-trust-in-one-repository",
        github("repo:org/app:environment:prod", "ForAllValues:StringEquals"),
        github("repo:org/app:pull_request"),
    ),
    ("key-rotates", [made(t.KEY)], [made(t.KEY, enableKeyRotation=True)]),
    ("key-rotates", [made(t.KEY)], [made(t.KEY, customerMasterKeySpec="RSA_2048")]),
    ("key-deletion-can-be-undone", [made(t.KEY, deletionWindowInDays=7.0)], [made(t.KEY)]),
    ("key-policy-narrow", [made(t.KEY)], [made(t.KEY, policy=SOMEBODY)]),
    ("key-policy-narrow", [made(t.KEY, policy=EVERYBODY)], [made(t.KEY), made(t.KEY_POLICY, keyId="Key-one")]),
    ("secret-encrypted", [made(t.SECRET)], [made(t.SECRET, kmsKeyId="arn:Key-one")]),
    (
        "secret-rotates",
        [made(t.SECRET)],
        [made(t.SECRET), made(t.SECRET_ROTATION, secretId="Secret-one", rotationRules={"automaticallyAfterDays": 30})],
    ),
    (
        "secret-rotates",
        [made(t.SECRET_ROTATION, rotationRules={"automaticallyAfterDays": 365.0})],
        [made(t.SECRET_ROTATION, rotationRules={"automaticallyAfterDays": 90.0})],
    ),
    ("log-retention", [made(t.LOG_GROUP, retentionInDays=30.0)], [made(t.LOG_GROUP, retentionInDays=365.0)]),
    ("log-retention", [made(t.LOG_GROUP)], [made(t.LOG_GROUP, retentionInDays=400)]),
    ("log-encrypted", [made(t.LOG_GROUP)], [made(t.LOG_GROUP, kmsKeyId="arn:Key-one")]),
    ("alarm-acts", [made(t.ALARM, actionsEnabled=False)], [made(t.ALARM)]),
    ("topic-encrypted", [made(t.TOPIC, kmsMasterKeyId="alias/aws/sns")], [made(t.TOPIC, kmsMasterKeyId="arn:Key")]),
    ("topic-not-public", [made(t.TOPIC_POLICY, policy=EVERYBODY)], [made(t.TOPIC_POLICY, policy=SOMEBODY)]),
    (
        "build-without-clear-text-keys",
        build(environment={"environmentVariables": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}]}),
        build(environment={"environmentVariables": [{"name": "AWS_SECRET_ACCESS_KEY", "type": "SECRETS_MANAGER"}]}),
    ),
    ("build-logs", build(), build(logsConfig={"cloudwatchLogs": {"groupName": "g"}})),
    (
        "build-logs",
        build(logsConfig={"s3Logs": {"status": "ENABLED", "encryptionDisabled": True}}),
        build(logsConfig={"s3Logs": {"status": "ENABLED"}}),
    ),
    ("build-unprivileged", build(environment={"privilegedMode": True}), build()),
    (
        "privileged-build-apart",
        [*builds("arn:of-both", "arn:of-both"), made(t.ROLE)],
        [*builds("arn:Role-one", "arn:of-another"), made(t.ROLE)],
    ),
    (
        "privileged-build-apart",
        [*builds(UNKNOWN, UNKNOWN), made(t.ROLE)],
        builds("arn:Role-one", "arn:Role-one", privileged=False),
    ),
    ("build-encrypted", build(), build(encryptionKey="arn:Key-one")),
    (
        "pipeline-encrypted",
        [made(t.PIPELINE, artifactStores=[{"location": "b"}])],
        [made(t.PIPELINE, artifactStores=[{"location": "b", "encryptionKey": {"id": "k", "type": "KMS"}}])],
    ),
    ("within-budget", costing("3.64"), costing("3.66")),
    ("within-budget", costing("3.64"), costing(None)),
    ("within-budget", costing("99", region="eu-west-1"), costing("99")),
    ("within-budget", costing("99", made("aws:rds/instance:Instance")), costing("99", made(t.VPC))),
    ("tasks-reach-aws", [*subnet(), service()], [*subnet(BY_NAT), service()]),
    ("tasks-reach-aws", [*subnet(), service()], [*subnet(inline=[INLINE_NAT]), service()]),
    ("tasks-reach-aws", [*subnet(), service(), *ENDPOINTS[:3]], [*subnet(), service(), *ENDPOINTS]),
    (
        "tasks-reach-aws",
        [*subnet(), service(), *ENDPOINTS[:3], endpoint("s3", "Gateway", routeTableIds=["RouteTable-other"])],
        [*subnet(), service(), *ENDPOINTS],
    ),
    (
        "tasks-reach-aws",
        [*subnet(), service(), *ENDPOINTS[1:], endpoint("ecr.api", privateDnsEnabled=False)],
        [*subnet(), service(), *ENDPOINTS],
    ),
    (
        "tasks-reach-aws",
        [*subnet(), service(), *ENDPOINTS, *with_secret()],
        [*subnet(), service(), *ENDPOINTS, endpoint("secretsmanager"), *with_secret()],
    ),
    (
        "tasks-reach-aws",
        [*subnet(BY_EGRESS_ONLY), service()],
        [*subnet(BY_EGRESS_ONLY, ipv6Native=True), service()],
    ),
    ("secrets-readable", with_secret(), with_secret(READ)),
    (
        "secrets-readable",
        [*with_secret(), attached("service-role/AmazonECSTaskExecutionRolePolicy")],
        with_secret(READ),
    ),
    ("secrets-readable", with_secret(), [*with_secret(), attached("SecretsManagerReadWrite")]),
    ("secrets-readable", with_secret(READ, kmsKeyId="Key-one"), with_secret(READ, DECRYPT, kmsKeyId="Key-one")),
    ("log-group-is-there", group_of_logs(first=True)[1:], group_of_logs(first=True)),
    ("log-group-is-there", group_of_logs(first=False), group_of_logs(first=True)),
    ("balancer-reaches-tasks", served(out_of_balancer()), served(into_tasks(), out_of_balancer())),
    ("balancer-reaches-tasks", served(into_tasks()), served(into_tasks(), out_of_balancer())),
    (
        "balancer-reaches-tasks",
        served(into_tasks(), out_of_balancer(), into_tasks(0, 65535)),
        served(into_tasks(), out_of_balancer()),
    ),
    (
        "balancer-reaches-tasks",
        served(into_tasks(), out_of_balancer(), out_of_balancer(22, 22)),
        served(into_tasks(), out_of_balancer()),
    ),
    ("private-subnet-stays-private", subnet(BY_NAT, mapPublicIpOnLaunch=True), subnet(BY_INTERNET)),
    (
        "private-subnet-stays-private",
        subnet(inline=[INLINE_NAT], mapPublicIpOnLaunch=True),
        subnet(inline=[INLINE_INTERNET], mapPublicIpOnLaunch=True),
    ),
    (
        "private-subnet-stays-private",
        [*subnet(BY_NAT), service(assignPublicIp=True)],
        [*subnet(BY_NAT), service(assignPublicIp=False)],
    ),
    (
        "private-subnet-stays-private",
        [*subnet(BY_NAT), made(t.NAT_GATEWAY, subnetId="Subnet-a")],
        [*subnet(BY_INTERNET), made(t.NAT_GATEWAY, subnetId="Subnet-a")],
    ),
    (
        "private-subnet-stays-private",
        [*subnet(BY_NAT), made(t.NAT_GATEWAY, subnetId="Subnet-a", connectivityType="public")],
        [
            *subnet(BY_NAT),
            made(t.NAT_GATEWAY, "own", subnetId="Subnet-a", connectivityType="private"),
            made(t.NAT_GATEWAY, "other", subnetId="Subnet-b"),
        ],
    ),
    (
        "private-subnet-stays-private",
        [*subnet(BY_NAT), made(t.BALANCER, internal=False, subnets=["Subnet-a"])],
        [*subnet(BY_NAT), made(t.BALANCER, internal=True, subnets=["Subnet-a"])],
    ),
    # conditions that narrow, and those that do not
    ("bucket-policy-narrow", open_to({"AWS": "*"}), open_to({"AWS": "arn:aws:iam::123456789012:role/x"})),
    ("bucket-policy-narrow", only_if("Bool", "aws:SecureTransport", "true"), only_if("ArnLike", "AWS:SourceArn", ARN)),
    (
        "bucket-policy-narrow",
        only_if("StringNotEquals", "aws:SourceAccount", "123456789012"),
        only_if("stringequals", "aws:SourceAccount", "123456789012"),
    ),
    (
        "bucket-policy-narrow",
        only_if("StringEqualsIfExists", "aws:SourceAccount", "123456789012"),
        only_if("ForAnyValue:StringEquals", "aws:PrincipalOrgID", "o-1"),
    ),
    (
        "bucket-policy-narrow",
        only_if("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-1"),
        only_if("StringEquals", "kms:CallerAccount", "123456789012"),
    ),
    (
        "bucket-policy-narrow",
        only_if("StringLike", "aws:SourceVpce", "*"),
        only_if("StringEquals", "aws:SourceVpce", "vpce-1"),
    ),
    (
        "bucket-policy-narrow",
        only_if("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
        only_if("ArnLike", "aws:SourceArn", "arn:aws:s3:::mine"),
    ),
    (
        "bucket-policy-narrow",
        only_if("ArnLike", "aws:PrincipalArn", ARN, "arn:aws:iam::*:role/x"),
        only_if("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*"),
    ),
    ("bucket-policy-narrow", only_if("StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"), open_to(ECS)),
    (
        "bucket-policy-narrow",
        [made(t.BUCKET_POLICY, policy=policy({**allow("s3:GetObject"), "NotPrincipal": {"AWS": "123456789012"}}))],
        [made(t.BUCKET_POLICY, policy=policy({"Effect": "Deny", "Action": "*", "NotPrincipal": ROOT}))],
    ),
    ("bucket-policy-narrow", changes_bucket(ROOT), changes_bucket(ROOT, "s3:Put*", OWN)),
    ("bucket-policy-narrow", changes_bucket({"AWS": "210987654321"}, "s3:*", OWN), changes_bucket(ECS, "s3:*")),
    (
        "bucket-policy-narrow",
        changes_bucket({"AWS": "210987654321"}, "S3:putbucketACL"),
        changes_bucket({"AWS": "123456789012"}, "s3:*", OWN),
    ),
    (
        "bucket-tls-only",
        [BUCKET, made(t.BUCKET_POLICY, bucket="Bucket-one", policy=policy({**PLAIN_DENIED, "NotPrincipal": ROOT}))],
        [BUCKET, made(t.BUCKET_POLICY, bucket="Bucket-one", policy=policy({**PLAIN_DENIED, "Principal": "*"}))],
    ),
    ("queue-not-public", [made(t.QUEUE_POLICY, policy=EVERYBODY)], [made(t.QUEUE_POLICY, policy=SOMEBODY)]),
    ("queue-not-public", [made(t.QUEUE, policy=EVERYBODY)], [made(t.QUEUE)]),
    ("queue-encrypted", [made(t.QUEUE)], [made(t.QUEUE, sqsManagedSseEnabled=True)]),
    ("queue-encrypted", [made(t.QUEUE, sqsManagedSseEnabled=False)], [made(t.QUEUE, kmsMasterKeyId="arn:Key-one")]),
    ("secret-not-public", [made(t.SECRET_POLICY, policy=EVERYBODY)], [made(t.SECRET_POLICY, policy=SOMEBODY)]),
    # trusts
    ("role-trust-named", trusted(ROOT, "StringNotEquals", aws_PrincipalArn="x"), trusted(ROOT, sts_ExternalId="abc")),
    (
        "role-trust-named",
        trusted(ROOT, "ArnLike", aws_PrincipalArn="arn:aws:iam::123456789012:role/*"),
        trusted(ROOT, "ArnLike", aws_PrincipalArn="arn:aws:iam::123456789012:role/deploy-*"),
    ),
    (
        "role-trust-named",
        trusted(ROOT, aws_PrincipalAccount="123456789012"),
        trusted(ROOT, "StringLike", aws_PrincipalArn="arn:aws:iam::123456789012:role/deploy"),
    ),
    (
        "role-trust-named",
        [made(t.ROLE, assumeRolePolicy=policy({"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": ROOT}))],
        [made(t.ROLE, assumeRolePolicy=policy({"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": ROOT}))],
    ),
    *(
        (
            "role-trust-for-this-account",
            trusted(ECS, operator, **{key: value}),
            trusted(ECS, "ArnLike", aws_SourceArn=ARN),
        )
        for operator, key, value in (
            ("ArnLike", "aws_SourceArn", "*"),
            ("ArnLike", "aws_SourceArn", "arn:aws:ecs:*:*:*"),
            ("StringNotEquals", "aws_SourceAccount", "123456789012"),
            ("StringEqualsIfExists", "aws_SourceAccount", "123456789012"),
        )
    ),
    *(
        ("role-trust-in-one-repository", github(subject), github("repo:ORG@1/REPO@2:environment:prod"))
        for subject in (
            *("repo:org/app:*", "repo:org/app:ref:refs/heads/*", "repo:org/app:ref:*", "repo:org/app:environment:*"),
            *("repo:org/rep?:environment:prod", "repo:org/app", "repo:org/app:", "repo:/app:x", "environment:prod"),
        )
    ),
    *(
        ("role-trust-in-one-repository", github("repo:o/a:x", operator), github("repo:o/a:ref:refs/heads/main"))
        for operator in ("StringNotEquals", "StringEqualsIfExists", "StringLikeIfExists")
    ),
    (
        "role-trust-in-one-repository",
        github("repo:org/app:ref:*", company="/company"),
        github("repo:org/app:pull_request", company="/company"),
    ),
    (
        "role-trust-in-one-repository",
        github("repo:org/app:x", by="StringNotEquals"),
        github("repo:org/app:x", by="StringLike"),
    ),
    # openings
    *(
        ("only-public-balancers-open", faulty, world_in())
        for faulty in (
            legacy("ingress", protocol="all", cidrBlocks=["0.0.0.0/0"]),
            world_in(ipProtocol="47", ports=None),
            world_in(made(t.SERVICE, networkConfiguration={"securityGroups": ["SecurityGroup-balancer"]})),
            world_in(made(t.ENDPOINT, securityGroupIds=["SecurityGroup-balancer"])),
            world_in(ports="22"),
            world_in(ports=22, cidrIpv4="0::/0"),
            world_in(ports=22, cidrIpv4="0.0.0.0/1"),
            world_in(ipProtocol="udp"),
            world_in(securityGroupId="sg-0123456789abcdef0"),
        )
    ),
    ("only-public-balancers-open", world_in(ports="all"), world_in(ports="80", ipProtocol="6")),
    ("only-public-balancers-open", world_in(ports=22), world_in(ports=22, cidrIpv4="10.0.0.0/2")),
    ("only-public-balancers-open", world_in(ports=22), world_in(ports=22, cidrIpv4="pl-1")),
    ("only-public-balancers-open", world_in(ports=22), world_in(ports=UNKNOWN)),
    ("only-public-balancers-open", world_in(ports=22), world_in(made(t.SERVICE, networkConfiguration={}), ports=443)),
    (
        "egress-not-everything",
        legacy("egress", protocol="all", cidrBlocks=["0.0.0.0/1", "128.0.0.0/1"]),
        legacy("egress", protocol="all", cidrBlocks=["10.0.0.0/8"]),
    ),
    (
        "network-acl-keeps-administration-closed",
        [acl(action="Allow", protocol="ALL")],
        [acl(action="DENY", protocol="ALL")],
    ),
    (
        "network-acl-keeps-administration-closed",
        [acl(cidrBlock="0.0.0.0/1", fromPort="22", toPort="22")],
        [acl(cidrBlock="10.0.0.0/8", fromPort="22", toPort="22")],
    ),
    ("balancer-reaches-tasks", served_twice(second=8080), served_twice()),
    ("balancer-reaches-tasks", served_twice(first=9090), served_twice(known=False)),
    ("balancer-reaches-tasks", served(out_of_balancer(), port="8080"), served(out_of_balancer(), port=None)),
    # listeners and balancers
    (
        "listener-encrypted",
        [made(t.LISTENER, defaultActions=[{"type": "forward"}])],
        [PACKETS, made(t.LISTENER, loadBalancerArn="arn:LoadBalancer-one", defaultActions=[{"type": "forward"}])],
    ),
    (
        "listener-encrypted",
        [BALANCER, made(t.LISTENER, loadBalancerArn="arn:LoadBalancer-one", defaultActions=[{"type": "forward"}])],
        [made(t.LISTENER, loadBalancerArn="arn:aws:x:y:z:loadbalancer/gwy/a", defaultActions=[{"type": "forward"}])],
    ),
    (
        "balancer-in-two-zones",
        [made(t.BALANCER, subnetMappings=[{"subnetId": "s-1"}])],
        [made(t.BALANCER, subnetMappings=[{"subnetId": "s-1"}, {"subnetId": "s-2"}])],
    ),
    (
        "balancer-in-two-zones",
        [
            made(t.SUBNET, "a", availabilityZone="z-a"),
            made(t.SUBNET, "b", availabilityZone="z-a"),
            made(t.BALANCER, subnetMappings=[{"subnetId": "Subnet-a"}, {"subnetId": "Subnet-b"}]),
        ],
        [made(t.BALANCER)],
    ),
    # older names of the same types
    (
        "balancer-protected",
        [made("aws:alb/loadBalancer:LoadBalancer")],
        [made(t.BALANCER, enableDeletionProtection=True)],
    ),
    ("target-encrypted", [made("aws:elasticloadbalancingv2/targetGroup:TargetGroup")], [made(t.NAT_GATEWAY)]),
    (
        "bucket-versioned",
        [made("aws:s3/bucketV2:BucketV2")],
        [
            made("aws:s3/bucketV2:BucketV2"),
            made(
                "aws:s3/bucketVersioningV2:BucketVersioningV2",
                bucket="BucketV2-one",
                versioningConfiguration={"status": "Enabled"},
            ),
        ],
    ),
    # firewalls
    (
        "firewall-blocks-known-attacks",
        [waf(KNOWN_BAD, ANONYMOUS, name="Log4JRCE_BODY", actionToUse={"count": {}})],
        [waf(KNOWN_BAD, ANONYMOUS, name="Log4JRCE_BODY", actionToUse={"block": {}})],
    ),
    (
        "firewall-blocks-known-attacks",
        [waf(KNOWN_BAD, ANONYMOUS, name="Log4JRCE_BODY", actionToUse={"allow": {}})],
        [waf(KNOWN_BAD, ANONYMOUS)],
    ),
    # containers
    *(
        ("container-environment-without-secrets", variable(secret), variable(other))
        for secret, other in zip(SECRETS, REFERENCES, strict=False)
    ),
    *(
        ("container-environment-without-secrets", variable("X", secret), variable("X", other))
        for secret, other in zip(SECRET_VALUES, OPEN_VALUES, strict=True)
    ),
    ("container-environment-without-secrets", variable("DB_SECRET"), variable("DB_SECRET", SECRET_ARN)),
    ("container-environment-without-secrets", variable("USE_TOKEN", "yes it is"), variable("USE_TOKEN", "true")),
    ("container-environment-without-secrets", variable("KEY"), variable(REFERENCES[-1])),
    ("container-not-root", [tasks({"user": "00"})], [tasks({"user": "1000"})]),
    ("container-not-root", [tasks({"user": ":10"})], [tasks({"user": "100:0"})]),
    (
        "container-logs",
        [tasks({"logConfiguration": {"logDriver": "none"}})],
        [tasks({"logConfiguration": {"logDriver": "awsfirelens"}})],
    ),
    ("task-processes-of-its-own", [tasks(ipcMode="host")], [tasks(ipcMode="none")]),
    (
        "container-unprivileged",
        [tasks({"linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}})],
        [tasks({"linuxParameters": {"capabilities": {"drop": ["ALL"]}}})],
    ),
    # what IAM policies allow
    ("iam-not-everything", may("*", "arn:it"), may("ecs:RunTask", "arn:it")),
    ("iam-not-everything", may("**", "arn:it"), may("ecs:*", "arn:it")),
    ("iam-not-everything", may("IAM:*", "arn:aws:iam::123456789012:*"), may("iam:*", "arn:aws:iam::1:role/web")),
    ("iam-actions-named", may("S3:**", "arn:it"), may("S3:Get*", "arn:it")),
    ("iam-actions-named", may("*", "arn:it"), may("s3:GetObject", "arn:it")),
    *(
        ("iam-resources-named", may(action, wide), may(action, named))
        for action, wide, named in (
            ("Secretsmanager:GetSecretValue", "**", SECRET_ARN),
            ("ecs:RunTask", "arn:*", "arn:aws:ecs:*:*:task-definition/web:*"),
            ("ecs:RunTask", "arn:aws:ecs*", "arn:aws:ecs:eu-west-1:123456789012:task-definition/*"),
            (
                "secretsmanager:GetSecretValue",
                "arn:aws:secretsmanager:*:*:secret:*",
                "arn:aws:secretsmanager:*:*:secret:a-*",
            ),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::123456789012:role/web-*"),
            ("s3:GetObject", "arn:aws:s3:::*", "arn:aws:s3:::bucket/*"),
            ("s3:*", "arn:aws:s3:::*/*", "arn:aws:s3:::bucket"),
            ("kms:Decrypt", "arn:aws:kms:*:*:*", "arn:aws:kms:*:*:key/1"),
        )
    ),
    ("iam-resources-named", may("ec2:*", "*"), may("EC2:describeSubnets", "*")),
    ("iam-decrypts-with-named-keys", may("KMS:*", "arn:aws:kms:eu-west-1:1:*"), may("kms:Encrypt", "*")),
    *(
        ("iam-no-administrators", [made(kind, **{path: value})], [made(kind)])
        for kind, path, value in (
            (t.POLICY_ATTACHMENT, "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
            (t.ROLE_POLICY_ATTACHMENTS, "policyArns", ["arn:aws:iam::aws:policy/IAMFullAccess"]),
        )
    ),
    # endpoints in China
    (
        "vpc-endpoints",
        [VPC, service(), *ENDPOINTS[1:]],
        [VPC, service(), *ENDPOINTS[1:], endpoint("x", serviceName="cn.com.amazonaws.cn-north-1.ecr.api")],
    ),
]


def found(rule, resources):
    graph = Graph(resources)
    (ours,) = [one for one in RULES if one.id == rule]
    return [finding for one in graph.of(*ours.types) for finding in ours.findings(one, graph)]


@pytest.mark.parametrize(("rule", "faulty", "mended"), PLANTED, ids=[case[0] for case in PLANTED])
def test_a_rule_finds_its_fault_and_nothing_once_it_is_mended(rule, faulty, mended):
    faults = found(rule, faulty)
    assert faults
    assert all(one.got and one.wanted and one.got != one.wanted for one in faults)
    assert found(rule, mended) == []


@pytest.mark.parametrize(
    ("ports", "shown"),
    [
        ({"ipProtocol": "tcp", "fromPort": 22, "toPort": 22}, "ingress of port 22 for 0.0.0.0/0"),
        ({"ipProtocol": "tcp", "fromPort": 0, "toPort": 99}, "ingress of ports 0 to 99 for 0.0.0.0/0"),
        ({"ipProtocol": "-1"}, "ingress of every port for 0.0.0.0/0"),
    ],
)
def test_an_opening_is_told_by_its_ports_and_ranges(ports, shown):
    (one,) = found("only-public-balancers-open", [made(t.INGRESS_RULE, cidrIpv4="0.0.0.0/0", **ports)])
    assert one.got == shown


def test_every_rule_has_a_planted_fault():
    assert {case[0] for case in PLANTED} == set(IDS)


def test_no_two_rules_have_one_id():
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_says_what_it_wants_where_that_is_from_and_how_to_mend_it(rule):
    assert rule.title
    assert rule.fix
    assert len(rule.fix) <= 120
    assert rule.controls or rule.source


def unknown_in(value, depth):
    """The value with everything at a depth unknown."""
    if depth == 0:
        return UNKNOWN
    if isinstance(value, dict):
        return {key: unknown_in(one, depth - 1) for key, one in value.items()}
    return [unknown_in(one, depth - 1) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize(("rule", "_", "mended"), PLANTED, ids=[case[0] for case in PLANTED])
def test_what_is_unknown_is_neither_a_crash_nor_a_violation(rule, _, mended, depth):
    unknown = [
        Resource(
            type=one.type,
            name=one.name,
            urn=one.urn,
            properties={name: unknown_in(value, depth - 1) for name, value in one.properties.items()},
            dependencies=one.dependencies,
        )
        for one in mended
    ]
    assert found(rule, unknown) == []


IN_PART = [
    ("iam-not-everything", [made(t.ROLE_POLICY, policy="{")]),
    ("network-acl-keeps-administration-closed", [acl(fromPort=UNKNOWN, toPort=UNKNOWN)]),
    ("balancer-reaches-tasks", served(into_tasks(UNKNOWN, UNKNOWN), out_of_balancer())),
    ("balancer-reaches-tasks", served(port=UNKNOWN)),
    ("iam-not-everything", [made(t.ROLE_POLICY, policy={"Statement": [allow([UNKNOWN, 5], [UNKNOWN])]})]),
    ("iam-actions-named", [made(t.ROLE_POLICY, policy={"Statement": allow(5)})]),
    ("secrets-readable", with_secret(READ, allow([None, 5], SECRET_ARN))),
    (
        "bucket-policy-narrow",
        [made(t.BUCKET_POLICY, policy={"Statement": allow("s3:*", Principal={"AWS": [UNKNOWN]})})],
    ),
    (
        "bucket-policy-narrow",
        [
            made(
                t.BUCKET_POLICY, policy={"Statement": allow("s3:*", Principal="*", Condition={"StringEquals": UNKNOWN})}
            )
        ],
    ),
    ("tasks-reach-aws", [*subnet(), service(), made(t.ENDPOINT, vpcId="Vpc-one", serviceName=UNKNOWN)]),
    ("tasks-reach-aws", [*subnet(inline=[UNKNOWN]), service()]),
    ("private-subnet-stays-private", subnet(inline=[UNKNOWN], mapPublicIpOnLaunch=True)),
    ("mount-target-private", [*subnet(inline=[UNKNOWN]), made(t.MOUNT_TARGET, subnetId="Subnet-a")]),
    ("log-group-is-there", [tasks({})]),
    ("secrets-readable", [*with_secret()[:-1], tasks({"secrets": [{}]}, executionRoleArn="arn:Role-execution")]),
]


@pytest.mark.parametrize(("rule", "resources"), IN_PART, ids=[case[0] for case in IN_PART])
def test_what_is_said_in_part_is_no_violation(rule, resources):
    assert found(rule, resources) == []


@pytest.mark.parametrize("kind", [dict, MappingProxyType])
def test_a_path_leads_through_every_kind_of_mapping(kind):
    values = kind({"one": [kind({"two": 3})]})
    assert (at(values, "one.0.two"), at(values, "one.0.three"), at(values, "one.0.two.four")) == (3, None, None)


def test_a_statement_that_is_unknown_hides_no_other():
    (one,) = found("iam-not-everything", [made(t.ROLE_POLICY, policy={"Statement": [UNKNOWN, allow("*", "*")]})])
    assert one.got


def test_in_a_preview_resources_are_joined_by_what_they_depend_on():
    vpcs = [made(t.VPC, "a", id=UNKNOWN, arn=UNKNOWN), made(t.VPC, "b", id=UNKNOWN, arn=UNKNOWN)]
    log = Resource(
        type=t.FLOW_LOG,
        name="log",
        urn="log",
        properties={"vpcId": UNKNOWN, "trafficType": "ALL"},
        property_dependencies={"vpcId": frozenset([vpcs[0].urn])},
    )
    assert [one.resource.name for one in found("vpc-flow-logs", [*vpcs, log])] == ["b"]


FAULTY = Graph([made(t.VPC), made(t.LOG_GROUP, "web"), made(t.LOG_GROUP, "api")])


def exemption(**changes):
    values = {"rules": ("log-encrypted", "log-retention"), "reason": "not yet", "until": "2027-06-30"}
    return Exemption(**{**values, **changes})


def test_a_budget_s_violation_names_what_is_dear():
    (one,) = found("within-budget", [made(t.STACK, config={"fargate:budget": "4"}), made(t.KEY)])
    assert one.got.startswith("no prices for region ''")
    keys = [made(t.KEY, name) for name in "abcd"]
    (one,) = found("within-budget", costing("5", *keys))
    assert one.got == "7.65 USD a month: one (Eip) 3.65, a (Key) 1.00, b (Key) 1.00, …"
    assert one.wanted == "5.00 or less"


def test_violations_come_the_worst_first():
    ranks = [one.rule.severity.rank for one in evaluate(FAULTY, (), TODAY).violations]
    assert ranks == sorted(ranks, reverse=True)


def test_an_exception_covers_its_rules_in_its_resources_alone():
    report = evaluate(FAULTY, [exemption(resource="w*")], TODAY)
    assert {(one.rule.id, one.resource.name) for one, _ in report.exempted} == {
        ("log-encrypted", "web"),
        ("log-retention", "web"),
    }
    assert ("log-encrypted", "api") in {(one.rule.id, one.resource.name) for one in report.violations}
    assert not report.passed


def test_an_exception_that_has_ended_covers_nothing_and_is_told():
    ended = exemption(until="2026-12-31")
    report = evaluate(FAULTY, [ended], TODAY)
    assert report.expired == (ended,)
    assert not report.exempted
    assert "log-encrypted" in {one.rule.id for one in report.violations}


def test_an_ended_exception_fails_even_where_nothing_is_found():
    report = evaluate(Graph([]), [exemption(until="2026-12-31")], TODAY)
    assert not report.violations
    assert not report.passed


def test_an_exception_holds_on_its_last_day():
    assert evaluate(FAULTY, [exemption(until="2027-01-01")], TODAY).exempted


def test_an_exception_that_covers_nothing_is_no_longer_needed():
    report = evaluate(Graph([]), [exemption()], TODAY)
    assert report.unneeded == (exemption(),)
    assert report.passed

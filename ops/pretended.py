"""What AWS would answer: plausible, the same each time, and enough for a program to run to its end."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

ACCOUNT = "123456789012"
DIGEST = "sha256:" + "0" * 64
_IDS = {
    "Vpc": "vpc",
    "Subnet": "subnet",
    "SecurityGroup": "sg",
    "DefaultSecurityGroup": "sg",
    "SecurityGroupIngressRule": "sgr",
    "SecurityGroupEgressRule": "sgr",
    "RouteTable": "rtb",
    "RouteTableAssociation": "rtbassoc",
    "Route": "r",
    "InternetGateway": "igw",
    "EgressOnlyInternetGateway": "eigw",
    "NatGateway": "nat",
    "Eip": "eipalloc",
    "VpcEndpoint": "vpce",
    "FlowLog": "fl",
    "HttpNamespace": "ns",
    "FileSystem": "fs",
    "AccessPoint": "fsap",
    "MountTarget": "fsmt",
}
"""How AWS begins the ids that it makes up."""
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""By how their regions begin."""
_IDENTIFIED_BY_ARN = (
    *("Cluster", "Service", "LoadBalancer", "TargetGroup", "Listener", "ListenerRule", "Certificate"),
    *("Secret", "Topic", "Policy", "Project", "WebAcl"),
)
_ARNS = {
    "LogGroup": "logs:{region}:{account}:log-group:{name}",
    "Role": "iam::{account}:role/{name}",
    "Policy": "iam::{account}:policy/{name}",
    "Repository": "ecr:{region}:{account}:repository/{name}",
    "Cluster": "ecs:{region}:{account}:cluster/{name}",
    "Service": "ecs:{region}:{account}:service/{name}",
    "TaskDefinition": "ecs:{region}:{account}:task-definition/{family}:1",
    "LoadBalancer": "elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{hex}",
    "TargetGroup": "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex}",
    "Listener": "elasticloadbalancing:{region}:{account}:listener/app/{name}/{hex}/{hex}",
    "ListenerRule": "elasticloadbalancing:{region}:{account}:listener-rule/app/{name}/{hex}/{hex}/{hex}",
    "Bucket": "s3:::{name}",
    "Key": "kms:{region}:{account}:key/{uuid}",
    "Secret": "secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "Parameter": "ssm:{region}:{account}:parameter/{name}",
    "Topic": "sns:{region}:{account}:{name}",
    "Certificate": "acm:{region}:{account}:certificate/{uuid}",
    "WebAcl": "wafv2:{region}:{account}:regional/webacl/{name}/{uuid}",
    "FileSystem": "elasticfilesystem:{region}:{account}:file-system/{id}",
    "AccessPoint": "elasticfilesystem:{region}:{account}:access-point/{id}",
    "HttpNamespace": "servicediscovery:{region}:{account}:namespace/{id}",
    "MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "Project": "codebuild:{region}:{account}:project/{name}",
    "Pipeline": "codepipeline:{region}:{account}:{name}",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pretended:
    """The AWS of one region."""

    region: str
    """Region that the stack is deployed to."""
    public_subnets: tuple[str, ...] = ()
    """Subnets that others made, and that have a route to the internet."""
    private_subnets: tuple[str, ...] = ()
    """Subnets that others made, and that have a NAT gateway."""
    vpc: str = "vpc-00000000000000000"
    """The VPC that they are in."""

    @property
    def partition(self) -> str:
        """The part of AWS that the region belongs to, with accounts and ARNs of its own."""
        return next((one for prefix, one in _PARTITIONS.items() if self.region.startswith(prefix)), "aws")

    @property
    def domain(self) -> str:
        """What the names of its services end in."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def resource(self, token: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the properties of a resource that was made from some inputs."""
        kind = token.rpartition(":")[2]
        digest = sha256(f"{token} {name}".encode()).hexdigest()
        physical = str(inputs.get("name") or inputs.get("bucket") or f"{name}-{digest[:7]}")
        made = f"{_IDS[kind]}-0{digest[:16]}" if kind in _IDS else physical
        words = {
            "region": self.region,
            "account": ACCOUNT,
            "name": physical.removeprefix("/"),
            "family": inputs.get("family", physical),
            "id": made,
            "hex": digest[:16],
            "uuid": str(uuid.UUID(digest[:32])),
        }
        service = token.split(":")[1].partition("/")[0]
        pattern = _ARNS.get(kind, f"{service}:{{region}}:{{account}}:{kind.lower()}/{{id}}")
        arn = f"arn:{self.partition}:{pattern.format(**words)}"
        made = arn if kind in _IDENTIFIED_BY_ARN else words["uuid"] if kind == "Key" else made
        more = _MORE[kind](self, physical, inputs) if kind in _MORE else {}
        outputs = {"name": physical, "arn": arn, **inputs, **more}
        if kind == "Key":
            outputs["keyId"] = words["uuid"]
        return made, {key: value for key, value in outputs.items() if value is not None}

    def answer(self, token: str, asked: dict[str, Any]) -> dict[str, Any]:
        """What a function of the provider says; what was asked itself where nothing better is known."""
        known = _ANSWERS.get(token.rpartition(":")[2])
        if known:
            return known(self, asked)
        return {"id": "unknown", "arn": f"arn:{self.partition}:::{ACCOUNT}:unknown", **asked}

    def zones(self) -> list[str]:
        """Four zones, as many as a stack may ask for."""
        return [f"{self.region}{letter}" for letter in "abcd"]


_More = Callable[[Pretended, str, dict[str, Any]], dict[str, Any]]
_Answer = Callable[[Pretended, dict[str, Any]], dict[str, Any]]


def _image(_aws: Pretended, _name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    repository = str(inputs.get("imageName", "image")).rpartition(":")[0]
    return {"repoDigest": f"{repository}@{DIGEST}"}


def _balancer(aws: Pretended, name: str, _inputs: dict[str, Any]) -> dict[str, Any]:
    return {"dnsName": f"{name}-1234567890.{aws.region}.elb.{aws.domain}", "zoneId": "Z0000000000000"}


def _proofs(_aws: Pretended, _name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    names = [str(inputs.get("domainName", "")), *map(str, inputs.get("subjectAlternativeNames", ()))]
    return {
        "domainValidationOptions": [
            {
                "domainName": name,
                "resourceRecordName": f"_proof.{name.removeprefix('*.')}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_proof.acm-validations.aws.",
            }
            for name in names
        ]
    }


_MORE: dict[str, _More] = {
    "Repository": lambda aws, name, _: {
        "registryId": ACCOUNT,
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{aws.region}.{aws.domain}/{name}",
    },
    "Image": _image,
    "LoadBalancer": _balancer,
    "Certificate": _proofs,
    "Bucket": lambda aws, name, _: {"bucket": name, "bucketDomainName": f"{name}.s3.{aws.domain}"},
    "Vpc": lambda _aws, _name, inputs: {
        "ipv6CidrBlock": "2001:db8:0:ff00::/56" if inputs.get("assignGeneratedIpv6CidrBlock") else None,
        "mainRouteTableId": "rtb-00000000000000000",
        "defaultSecurityGroupId": "sg-00000000000000000",
    },
    "Eip": lambda _aws, _name, _: {"publicIp": "203.0.113.1"},
    "Record": lambda _aws, name, inputs: {"fqdn": inputs.get("name", name)},
    "FileSystem": lambda aws, name, _: {"dnsName": f"{name}.efs.{aws.region}.{aws.domain}"},
}


def _subnet(aws: Pretended, asked: dict[str, Any]) -> dict[str, Any]:
    """Each tier's subnets are in one zone after the other, any other subnet in the first."""
    tiers = (*enumerate(aws.public_subnets), *enumerate(aws.private_subnets))
    place = next((place for place, name in tiers if name == asked.get("id")), 0)
    return {"vpcId": aws.vpc, "availabilityZone": aws.zones()[place % len(aws.zones())], **asked}


def _route_tables(_aws: Pretended, asked: dict[str, Any]) -> dict[str, Any]:
    """A table for each subnet that is asked for, of which its id tells."""
    wanted = [value for one in asked.get("filters", ()) for value in one.get("values", ())]
    return {"ids": [f"rtb-of-{'-'.join(map(str, wanted))}"], **asked}


def _route_table(aws: Pretended, asked: dict[str, Any]) -> dict[str, Any]:
    public = str(asked.get("routeTableId")).removeprefix("rtb-of-") in aws.public_subnets
    way = {"gatewayId": "igw-00000000000000000"} if public else {"natGatewayId": "nat-00000000000000000"}
    nowhere = dict.fromkeys(_WAYS, "")
    return {"routes": [{**nowhere, "cidrBlock": "0.0.0.0/0", **way}], **asked}


def _access_point(aws: Pretended, asked: dict[str, Any]) -> dict[str, Any]:
    """Each is of one file system."""
    here, system = f"arn:{aws.partition}:elasticfilesystem:{aws.region}:{ACCOUNT}", "fs-00000000000000000"
    return {
        "arn": f"{here}:access-point/{asked.get('accessPointId')}",
        "fileSystemId": system,
        "fileSystemArn": f"{here}:file-system/{system}",
        **asked,
    }


def _secret(aws: Pretended, asked: dict[str, Any]) -> dict[str, Any]:
    """One that AWS's own key encrypts."""
    name = asked.get("name")
    arn = f"arn:{aws.partition}:secretsmanager:{aws.region}:{ACCOUNT}:secret:{name}-AbCdEf"
    return {"arn": arn, "kmsKeyId": "", **asked}


def _parameter(aws: Pretended, asked: dict[str, Any]) -> dict[str, Any]:
    path = str(asked.get("name")).lstrip("/")
    return {"arn": f"arn:{aws.partition}:ssm:{aws.region}:{ACCOUNT}:parameter/{path}", **asked}


def _repository(aws: Pretended, asked: dict[str, Any]) -> dict[str, Any]:
    """One that others made, in the account that is asked for."""
    account, name = asked.get("registryId") or ACCOUNT, asked.get("name")
    return {
        "arn": f"arn:{aws.partition}:ecr:{aws.region}:{account}:repository/{name}",
        "repositoryUrl": f"{account}.dkr.ecr.{aws.region}.{aws.domain}/{name}",
        **asked,
        "registryId": account,
    }


_WAYS = (
    *("carrierGatewayId", "coreNetworkArn", "destinationPrefixListId", "egressOnlyGatewayId", "gatewayId"),
    *("instanceId", "ipv6CidrBlock", "localGatewayId", "natGatewayId", "networkInterfaceId"),
    *("transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId"),
)
"""What a route has, empty where it does not lead."""


_ANSWERS: dict[str, _Answer] = {
    "getAvailabilityZones": lambda aws, _: {"names": aws.zones(), "zoneIds": aws.zones()},
    "getRegion": lambda aws, _: {"region": aws.region, "name": aws.region, "id": aws.region},
    "getCallerIdentity": lambda aws, _: {
        "accountId": ACCOUNT,
        "arn": f"arn:{aws.partition}:iam::{ACCOUNT}:user/someone",
    },
    "getPartition": lambda aws, _: {"partition": aws.partition, "dnsSuffix": aws.domain, "id": aws.partition},
    "getAuthorizationToken": lambda _aws, _: {"userName": "AWS", "password": "none"},
    "getRepository": _repository,
    "getImage": lambda _aws, asked: {"imageDigest": DIGEST, **asked},
    "getZone": lambda _aws, asked: {"zoneId": "Z1111111111111", "id": "Z1111111111111", **asked},
    "getVpc": lambda aws, asked: {"cidrBlock": "10.0.0.0/16", "arn": f"arn:{aws.partition}:ec2:::vpc", **asked},
    "getSubnet": _subnet,
    "getRouteTables": _route_tables,
    "getRouteTable": _route_table,
    "getAccessPoint": _access_point,
    "getSecret": _secret,
    "getParameter": _parameter,
    "getSecretVersion": lambda _aws, asked: {"secretString": "pretended", **asked},
    "getManagedPrefixList": lambda _aws, asked: {"id": "pl-00000000", **asked},
    "getVpcEndpointService": lambda aws, asked: {"serviceName": f"com.amazonaws.{aws.region}.{asked.get('service')}"},
}

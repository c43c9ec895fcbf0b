"""What it means for users and data when a resource is replaced or deleted: one table by type."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """What happens to people and data; empty where nothing does."""

    replaced: str = ""
    """When a new one takes its place."""
    deleted: str = ""
    """When it goes for good."""
    keeps_data: bool = False
    """Whether there is something in it that stays with it."""
    may_be_missing: bool = False
    """Whether nobody notices when it is deleted before the new one is there."""


GONE_MEANWHILE = "it is deleted before the new one is there, and missing in between"
STAYS = "the old one stays behind with what is in it, and nothing uses it any more"

_DATA = "what is in it is deleted"
_NO_WAY_OUT = "what is behind it has no way out any more, unless another is made"
_WAY_OUT = Meaning(deleted=_NO_WAY_OUT)
_LET_IN = Meaning(deleted="those whom it let through are shut out, unless another rule lets them")
_LOST = Meaning(replaced=f"the new one is empty: {_DATA}", deleted=_DATA, keeps_data=True)

MEANINGS = {
    "aws:acm/certificate:Certificate": Meaning(
        deleted="browsers refuse its names, unless another certificate has them"
    ),
    "aws:cloudwatch/logGroup:LogGroup": Meaning(
        replaced="the logs in it are deleted", deleted="the logs in it are deleted", keeps_data=True
    ),
    "aws:dynamodb/table:Table": _LOST,
    "aws:ec2/eip:Eip": Meaning(
        replaced="the address changes: whoever lets it in by its number must be told",
        deleted="the address is given back, and not to be had again",
    ),
    "aws:ec2/natGateway:NatGateway": Meaning(
        replaced="connections through it end",
        deleted=_NO_WAY_OUT,
    ),
    "aws:ec2/route:Route": _WAY_OUT,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _WAY_OUT,
    "aws:ec2/subnet:Subnet": Meaning(
        replaced="what is in it moves to the new one: tasks are started anew, gateways get other addresses",
        deleted="what is in it goes with it",
    ),
    "aws:ec2/vpc:Vpc": Meaning(
        replaced="everything in it is made anew: services are away until all of it is there",
        deleted="everything in it goes with it",
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Meaning(may_be_missing=True),
    "aws:ecr/repository:Repository": Meaning(
        replaced="the new one is empty: images of older versions are deleted, and no way leads back to them",
        deleted="its images are deleted, and no way leads back to their versions",
        keeps_data=True,
    ),
    "aws:ecs/cluster:Cluster": Meaning(
        replaced="its services are made anew in the new one: their tasks stop with the old one",
        deleted="its services go with it",
    ),
    "aws:ecs/service:Service": Meaning(deleted="its tasks stop, and nobody answers in its place"),
    "aws:efs/accessPoint:AccessPoint": Meaning(replaced="tasks lose their files until they are started anew"),
    "aws:efs/fileSystem:FileSystem": Meaning(
        replaced="the new one is empty: the files are deleted", deleted="its files are deleted", keeps_data=True
    ),
    "aws:efs/mountTarget:MountTarget": Meaning(
        replaced="tasks in its zone lose their files until the new one is there",
        deleted="tasks in its zone lose their files",
    ),
    "aws:kms/key:Key": Meaning(
        replaced="what the old one encrypts cannot be read once it is deleted, 30 days from then at most",
        deleted="what it encrypts cannot be read any more; until AWS deletes it, the deletion can be cancelled",
        keeps_data=True,
    ),
    "aws:lb/listener:Listener": Meaning(deleted="nobody is answered at its port"),
    "aws:lb/listenerRule:ListenerRule": Meaning(deleted="its requests go to another rule, or are answered 404"),
    "aws:lb/loadBalancer:LoadBalancer": Meaning(
        replaced="it gets a new address: the old one stops answering, and names must follow",
        deleted="its address stops answering",
    ),
    "aws:rds/cluster:Cluster": _LOST,
    "aws:rds/instance:Instance": _LOST,
    "aws:route53/record:Record": Meaning(deleted="its name leads nowhere any more"),
    "aws:s3/bucket:Bucket": _LOST,
    "aws:scheduler/schedule:Schedule": Meaning(deleted="its job runs no more"),
    "aws:secretsmanager/secret:Secret": _LOST,
    "aws:servicediscovery/httpNamespace:HttpNamespace": Meaning(
        replaced="services that call each other lose sight until all are started anew",
        deleted="services that call each other lose sight",
    ),
    "aws:sqs/queue:Queue": Meaning(
        replaced="the messages in it are deleted", deleted="the messages in it are deleted", keeps_data=True
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _LET_IN,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _LET_IN,
}
"""By type token. What is not here, such as a task definition, is replaced without anybody noticing."""


def interruption(kind: str, op: str, *, deleted_first: bool = False, retained: bool = False) -> str:
    """How a change interrupts service or loses data; empty when it does neither.

    Args:
        kind: type token of the resource.
        op: `replace` or `delete`; `change` where it is not known whether it replaces. Nothing else interrupts.
        deleted_first: whether a replacement begins with the deletion.
        retained: whether the old one stays behind.
    """
    if op == "change":
        replaced = interruption(kind, "replace", deleted_first=deleted_first, retained=retained)
        return replaced and f"if it is replaced, {replaced}"
    if op not in ("replace", "delete"):
        return ""
    meaning = MEANINGS.get(kind, Meaning())
    if retained:
        return STAYS if meaning.keeps_data else ""
    if op == "delete":
        return meaning.deleted
    return meaning.replaced or (GONE_MEANWHILE if deleted_first and not meaning.may_be_missing else "")

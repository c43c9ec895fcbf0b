"""The roles of a stack's tasks, jobs and logs: at a path of its own, and never without the environment's boundary.

Nothing here reaches a role of delivery, or of another environment. No boundary can be changed or taken away.
Names of files are those of terraform-provider-aws, internal/service/iam, which Pulumi's provider is made of.
"""

from .grant import RUN, Grant, Where, because

_ROLES = "{roles}"
_BOUND = {"StringEquals": {"iam:PermissionsBoundary": "{boundary}"}}
_UPDATE = "a change that the runs do not make: role.go, resourceRoleUpdate"
_DELETE = "role.go, resourceRoleDelete: what must be taken away before a role"

GRANTS = (
    Grant(
        name="LookAtRoles",
        service="iam",
        actions=because(RUN, "GetRole", "GetRolePolicy")
        | because("role.go, resourceRoleRead", "ListAttachedRolePolicies", "ListRolePolicies", "ListRoleTags")
        | because(_DELETE, "ListInstanceProfilesForRole"),
        where=Where.ANYWHERE,
        on=(_ROLES,),
        previews=True,
    ),
    Grant(
        name="MakeRolesWithBoundary",
        service="iam",
        actions=because(RUN, "CreateRole", "DeleteRolePolicy", "PutRolePolicy")
        | because("role.go, resourceRoleUpdate: a stack that had no boundary yet", "PutRolePermissionsBoundary"),
        where=Where.ANYWHERE,
        on=(_ROLES,),
        only_if=_BOUND,
    ),
    Grant(
        name="ChangeRoles",
        service="iam",
        actions=because(RUN, "DeleteRole", "TagRole")
        | because(_UPDATE, "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"),
        where=Where.ANYWHERE,
        on=(_ROLES,),
    ),
    Grant(
        name="GiveRoles",
        service="iam",
        actions=because(RUN, "PassRole"),
        where=Where.ANYWHERE,
        on=(_ROLES,),
        only_if={
            "StringEquals": {
                "iam:PassedToService": [
                    "ecs-tasks.amazonaws.com",
                    "ecs.amazonaws.com",
                    "scheduler.amazonaws.com",
                    "vpc-flow-logs.amazonaws.com",
                ]
            }
        },
    ),
    Grant(
        name="MakeRolesOfServices",
        service="iam",
        actions=because(
            "Service Authorization Reference: roles that EFS and ECR make for themselves when they are first asked for"
            " file systems, copies and other registries' images",
            "CreateServiceLinkedRole",
        ),
        where=Where.ANYWHERE,
        on=("arn:{partition}:iam::{account}:role/aws-service-role/*",),
        only_if={
            "StringEquals": {
                "iam:AWSServiceName": [
                    "elasticfilesystem.amazonaws.com",
                    "pullthroughcache.ecr.amazonaws.com",
                    "replication.ecr.amazonaws.com",
                ]
            }
        },
    ),
)

"""The `aws` provider: the declared resource types and functions, one file a service."""

from localcloud.providers.aws import ec2, ecr, ecs, elbv2, iam, logs, sts
from localcloud.providers.declare import Function, Resource

SERVICES = (ec2, ecr, ecs, elbv2, iam, logs, sts)

RESOURCES: dict[str, Resource] = {one.token: one for service in SERVICES for one in getattr(service, "RESOURCES", ())}
"""Every declared resource type by its token."""

FUNCTIONS: dict[str, Function] = {one.token: one for service in SERVICES for one in getattr(service, "FUNCTIONS", ())}
"""Every declared function by its token."""

"""The `aws` provider: the declared resource types and functions, one file a service."""

from localcloud.providers.aws import (
    acm,
    appautoscaling,
    budgets,
    cloudwatch,
    codebuild,
    codepipeline,
    ec2,
    ecr,
    ecs,
    efs,
    elbv2,
    events,
    iam,
    kms,
    logs,
    route53,
    s3,
    scheduler,
    secrets,
    servicediscovery,
    sns,
    sqs,
    sts,
    wafv2,
)
from localcloud.providers.declare import Function, Resource

SERVICES = (
    *(acm, appautoscaling, budgets, cloudwatch, codebuild, codepipeline, ec2, ecr, ecs, efs, elbv2, events, iam),
    *(kms, logs, route53, s3, scheduler, secrets, servicediscovery, sns, sqs, sts, wafv2),
)

RESOURCES: dict[str, Resource] = {one.token: one for service in SERVICES for one in getattr(service, "RESOURCES", ())}
"""Every declared resource type by its token."""

FUNCTIONS: dict[str, Function] = {one.token: one for service in SERVICES for one in getattr(service, "FUNCTIONS", ())}
"""Every declared function by its token."""

"""Where the program deploys to."""

import pulumi
import pulumi_aws as aws

from .iam import Place


def here(parent: pulumi.Resource) -> pulumi.Output[Place]:
    """The account and region of the provider that a component's children get."""
    opts = pulumi.InvokeOutputOptions(parent=parent)
    region, caller = aws.get_region_output(opts=opts), aws.get_caller_identity_output(opts=opts)
    return pulumi.Output.all(region.region, caller.account_id, caller.arn).apply(
        lambda known: Place(region=known[0], account=known[1], partition=known[2].split(":")[1])
    )

"""Services with AWS CDK's pattern, which makes a load balancer for each."""
# pyright: reportMissingImports=false
# Only the benchmark installs CDK, for the time of a run.

import os

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns

app = cdk.App(context={"@aws-cdk/core:stackResourceLimit": 0})  # a hundred services are more than CloudFormation takes
stack = cdk.Stack(app, "services", env=cdk.Environment(account="123456789012", region="ap-northeast-1"))
vpc = ec2.Vpc(stack, "network", max_azs=2, nat_gateways=1)
cluster = ecs.Cluster(stack, "cluster", vpc=vpc)
for number in range(int(os.environ["SERVICES"])):
    patterns.ApplicationLoadBalancedFargateService(
        stack,
        f"service-{number}",
        cluster=cluster,
        cpu=256,
        memory_limit_mib=512,
        task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
            image=ecs.ContainerImage.from_asset("app"), container_port=8080
        ),
    )
app.synth()

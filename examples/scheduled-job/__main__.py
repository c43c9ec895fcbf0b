"""A task that runs every minute; a run that could not be started is a message in a queue."""

import sys

sys.path.insert(0, "../..")  # where components/ is; a program of your own has it beside it

import pulumi

from components import (
    Cluster,
    ClusterArgs,
    ContainerImage,
    ContainerImageArgs,
    FargateTask,
    FargateTaskArgs,
    Network,
    NetworkArgs,
    Schedule,
    ScheduledTask,
    ScheduledTaskArgs,
)

network = Network("network", NetworkArgs())
cluster = Cluster("cluster", ClusterArgs())
image = ContainerImage("report", ContainerImageArgs(context="../app", build_args={"NAME": "report"}, force_delete=True))
task = FargateTask(
    "report",
    FargateTaskArgs(
        cluster_arn=cluster.arn,
        vpc_id=network.vpc_id,
        image=image.uri,
        repository_arn=image.repository_arn,
        command=("sh", "-c", "echo the report of $(date -u +%H:%M)"),
    ),
)
schedule = ScheduledTask(
    "report",
    ScheduledTaskArgs(
        cluster_arn=cluster.arn,
        task_definition_arn=task.task_definition_arn,
        task_role_arns=[*task.role_arns],
        subnet_ids=network.private_subnet_ids,
        security_group_ids=[task.security_group_id],
        schedule=Schedule(expression="cron(* * * * ? *)"),
    ),
)

pulumi.export("log_group", task.log_group_name)
pulumi.export("dead_letters", schedule.dead_letters_name)

"""Tasks by the messages that wait in a queue."""

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws  # its types in quotes: to load them costs every program time, and few services scale

from .checks import refuse, too_low

_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueScaling:
    """Tasks by the messages that wait in an SQS queue.

    What is held is the backlog of a task: the messages that can be received, divided by the tasks that run. The tasks
    are counted by Container Insights, which the cluster must have enabled or enhanced; without it the service never
    scales. Where there may be no task at all, a waiting message counts as a little too many, so that it starts one.
    Source: Application Auto Scaling User Guide, "Create a target tracking scaling policy using metric math", the
    example of the backlog per task; Amazon SQS API Reference, "CreateQueue", for the name.
    """

    name: str
    """Name of the queue, in the service's region and account."""
    messages_per_task: int
    """Messages that may wait for each task, 1 or more: the delay that is acceptable, divided by a message's time."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse.

        Raises:
            ValueError: the name is none of a queue, or the number is not positive.
        """
        refuse(
            (
                None
                if _QUEUE.fullmatch(self.name)
                else "queue name must have 1 to 80 letters, digits, hyphens and underscores, and may end with .fifo, "
                f"got {self.name!r}",
                too_low("messages_per_task", self.messages_per_task, 1),
            )
        )


def backlog(
    queue: QueueScaling, cluster_name: pulumi.Input[str], service_name: pulumi.Input[str], *, from_zero: bool
) -> "aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgsDict":
    """Messages that wait for each task. Without a task there is nothing to divide by."""
    most = queue.messages_per_task
    woken = f"IF(FILL(tasks, 0) > 0, messages / tasks, IF(messages > 0, {most + 1}, 0))"
    return {
        "target_value": most,
        "customized_metric_specification": {
            "metrics": [
                {
                    "id": "messages",
                    "label": "Messages that can be received",
                    "metric_stat": {
                        "stat": "Sum",
                        "metric": {
                            "namespace": "AWS/SQS",
                            "metric_name": "ApproximateNumberOfMessagesVisible",
                            "dimensions": [{"name": "QueueName", "value": queue.name}],
                        },
                    },
                    "return_data": False,
                },
                {
                    "id": "tasks",
                    "label": "Tasks that run",
                    "metric_stat": {
                        "stat": "Average",
                        "metric": {
                            "namespace": "ECS/ContainerInsights",
                            "metric_name": "RunningTaskCount",
                            "dimensions": [
                                {"name": "ClusterName", "value": cluster_name},
                                {"name": "ServiceName", "value": service_name},
                            ],
                        },
                    },
                    "return_data": False,
                },
                {
                    "id": "backlog",
                    "label": "Messages that wait for each task",
                    "expression": woken if from_zero else "messages / tasks",
                    "return_data": True,
                },
            ]
        },
    }

"""What stands beside the network of a stack: images, logs, secrets, keys, and who is told when."""

from collections.abc import Iterator

from ops.diagram.architecture import Aside
from ops.diagram.tasks import secret_sources
from ops.diagram.words import names, number, some
from ops.words import counted
from policies import tokens as t
from policies.graph import Graph, Resource

_NAMED = (
    ("Images", "ECR", t.REPOSITORY),
    ("Keys", "KMS", t.KEY),
    ("Buckets", "S3", t.BUCKET),
    ("Queues", "SQS", t.QUEUE),
    ("Dashboards", "CloudWatch", t.DASHBOARD),
    ("Topics", "SNS", t.TOPIC),
    ("Events", "EventBridge", t.EVENT_RULE),
    ("Budgets", "AWS Budgets", t.BUDGET),
    ("Builds", "CodeBuild", t.BUILD_PROJECT),
    ("Pipelines", "CodePipeline", t.PIPELINE),
)
"""What is told by its names, with AWS's name for who keeps it."""


def asides(graph: Graph) -> Iterator[Aside]:
    """Everything beside the network that is there."""
    if groups := graph.of(t.LOG_GROUP):
        yield Aside(name="Logs (CloudWatch)", details=(counted(len(groups), "log group"), _kept(groups)))
    if secrets := sorted(set(map(_name_of, secret_sources(graph)))):
        yield Aside(name="Secrets, parameters", details=(some(secrets),))
    if alarms := graph.of(t.ALARM, t.COMPOSITE_ALARM):
        yield Aside(name="Alarms (CloudWatch)", details=(counted(len(alarms), "alarm"),))
    for name, keeper, kind in _NAMED:
        if found := graph.of(kind):
            yield Aside(name=f"{name} ({keeper})", details=(names(found),))


def _kept(groups: list[Resource]) -> str:
    days = sorted({number(one.get("retentionInDays") or 0) for one in groups}, key=lambda text: (len(text), text))
    return f"kept {', '.join('for ever' if one == '0' else f'{one} days' for one in days)}"


def _name_of(source: str) -> str:
    """`prod/database` of a secret's ARN, `/app/token` of a parameter's; anything else as it is."""
    parts = source.split(":")
    if not source.startswith("arn:") or len(parts) < 6:
        return source
    return parts[6].rpartition("-")[0] if parts[2] == "secretsmanager" else parts[5].removeprefix("parameter")

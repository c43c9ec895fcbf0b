"""Who is told when a stack's services are not well, and where that can be seen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from . import dashboard, notices
from .alarm_thresholds import AlarmThresholds
from .alarms import Alarms
from .checks import refuse
from .customer_key import CustomerKey, CustomerKeyArgs
from .monthly_budget import MonthlyBudget, make_budget
from .names import check_name, child_of
from .place import here
from .target_metrics import balancer_dimension, target_dimensions
from .topic import email_problems, make_topic
from .watched import WatchedJob, WatchedService, look_problem, named_after


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservabilityArgs:
    """Inputs of `Observability`."""

    cluster_arn: pulumi.Input[str]
    """Cluster that the services and jobs run in."""
    services: Mapping[str, WatchedService]
    """Services by name, as `FargateService.watched` gives them. Plain: each has alarms of its own."""
    jobs: Mapping[str, WatchedJob] = field(default_factory=dict[str, WatchedJob])
    """Jobs by name. Plain: as above. Default: none."""
    load_balancer_arn: pulumi.Input[str] | None = None
    """Load balancer of the services that have target groups. Plain whether there is one. Default: none."""
    container_insights: bool = False
    """Whether the cluster counts how many tasks there should be. Default: it does not."""
    emails: tuple[str, ...] = ()
    """Addresses that are told, once each has confirmed the message that AWS sends it. Default: none."""
    topic_arn: pulumi.Input[str] | None = None
    """A topic of others' to tell instead; its policy and its key's must let alarms, events and budgets. Plain whether
    there is one. Default: a topic of its own."""
    alarms: AlarmThresholds = field(default_factory=AlarmThresholds)
    """When. Default: the thresholds' own defaults."""
    monthly_budget: MonthlyBudget | None = None
    """USD a month, by AWS's bill, from which on somebody is told. Default: none."""
    dashboard: bool = True
    """Whether there is a dashboard, of 120 services at most. Default: there is."""
    look: str | None = None
    """What people type who look closer, for the texts of alarms and notices: 1 to 200 characters, neither `<` nor `>`,
    with `{command}` for `status`, `logs` or `rollback` and the service's name, such as `make {command}`. Default: the
    texts name the places where AWS shows it."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the topic of its own; its policy lets alarms, events and, with `monthly_budget`, budgets use
    it, as that of `CustomerKey` with `budgets` does. Plain whether there is one. Default: a key of its own."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse, and inputs that contradict each other.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))


class Observability(pulumi.ComponentResource):
    """Alarms on services, jobs and their load balancer, notices of deployments that fail, and a dashboard.

    The topic is encrypted with a key of the account's own, as alarms and events cannot use SNS's; who may publish to it
    is what `notices.topic_policy` says. Alarms and dashboard are named `PROJECT-STACK…`, and with any name but
    `observability` `PROJECT-STACK-NAME…`: one of that name in an account and region, as CloudWatch overwrites another.
    Creates: topic with its policy, a subscription for each address, without `kms_key_arn` a `CustomerKey`; three alarms
    for each target group, five for each service, one for each job and for the load balancer, as far as their thresholds
    are set; a filter of each service's log; rules of EventBridge with their targets for deployments that fail, and as
    needed for those that wait for approval, and for runs of jobs that fail, one for some 50 jobs; dashboard; as
    asked a budget.
    Costs: by the month alarms by the metrics that they read, the dashboard, a metric for each log, and the key. Budget,
    rules and a thousand emails a month are free.
    Source: Amazon SNS Developer Guide, "Managing Amazon SNS encryption keys and costs"; Amazon CloudWatch User Guide,
    "Using Amazon CloudWatch alarms"; Amazon ECS Developer Guide, "Automate responses to Amazon ECS errors using
    EventBridge".
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic that is told; others may subscribe to it too, such as a chat."""

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:Observability", check_name(name), {}, opts)
        self._name, self._args = name, args
        self._cluster_name = pulumi.Output.from_input(args.cluster_arn).apply(lambda arn: arn.rpartition("/")[2])
        self.topic_arn = pulumi.Output.from_input(args.topic_arn) if args.topic_arn is not None else self._topic()
        alarms = self._alarms()
        self._notices()
        if args.dashboard:
            self._dashboard(alarms)
        if args.monthly_budget:
            make_budget(name, args.monthly_budget, self.topic_arn, tags=args.tags, parent=self)
        self.register_outputs({"topic_arn": self.topic_arn})

    def _topic(self) -> pulumi.Output[str]:
        """The topic's ARN, known once it takes what is published."""
        name, args = self._name, self._args
        budgets = args.monthly_budget is not None
        key = args.kms_key_arn
        if key is None:
            own = CustomerKeyArgs(logs=False, budgets=budgets, tags=args.tags)
            key = CustomerKey(name, own, child_of(self)).arn
        return make_topic(name, kms_key_arn=key, emails=args.emails, budgets=budgets, tags=args.tags, parent=self)

    def _alarms(self) -> "list[aws.cloudwatch.MetricAlarm]":
        args = self._args
        maker = Alarms(
            name=self._name,
            parent=self,
            topic_arn=self.topic_arn,
            thresholds=args.alarms,
            cluster_name=self._cluster_name,
            load_balancer_arn=args.load_balancer_arn,
            container_insights=args.container_insights,
            look=args.look,
            tags=args.tags,
        )
        of_services = (alarm for name, one in args.services.items() for alarm in maker.of_service(name, one))
        of_jobs = (alarm for name, one in args.jobs.items() for alarm in maker.of_job(name, one))
        return [*maker.of_balancer(), *of_services, *of_jobs]

    def _notices(self) -> None:
        args = self._args
        told = [notices.FAILED_DEPLOYMENT]
        if any(one.asks_for_approval for one in args.services.values()):
            told.append(notices.AWAITED_APPROVAL)
        if args.jobs:
            told += notices.failed_runs([job.container_name for job in args.jobs.values()])
        for notice in told:
            notices.pass_on(
                self._name,
                notice,
                cluster_arn=args.cluster_arn,
                topic_arn=self.topic_arn,
                look=args.look,
                tags=args.tags,
                parent=self,
            )

    def _dashboard(self, alarms: "list[aws.cloudwatch.MetricAlarm]") -> None:
        args, balancer = self._args, self._args.load_balancer_arn
        groups = {
            name: [target_dimensions(balancer, arn) for arn in one.target_group_arns] if balancer is not None else []
            for name, one in args.services.items()
        }
        known = pulumi.Output.all(
            region=here(self).apply(lambda place: place.region),
            cluster_name=self._cluster_name,
            balancer=None if balancer is None else balancer_dimension(balancer),
            services={name: one.service_name for name, one in args.services.items()},
            groups=groups,
            queues={name: job.dead_letters_name for name, job in args.jobs.items()},
            alarms=[alarm.arn for alarm in alarms],
        )
        aws.cloudwatch.Dashboard(
            self._name,
            dashboard_name=named_after(self._name),
            dashboard_body=known.apply(self._body),
            opts=child_of(self),
        )

    def _body(self, known: Mapping[str, Any]) -> str:
        args, searched = self._args, self._args.alarms.log_errors is not None
        namespace = named_after(self._name, "/")
        rows = {
            name: dashboard.Row(
                service_name=known["services"][name],
                target_groups=known["groups"][name],
                log_metric=(namespace, name) if searched and one.log_group_name is not None else None,
            )
            for name, one in args.services.items()
        }
        shown = dashboard.Shown(
            region=known["region"],
            cluster_name=known["cluster_name"],
            container_insights=args.container_insights,
            balancer=known["balancer"],
            rows=rows,
            queues=known["queues"],
            alarms=known["alarms"],
        )
        return dashboard.body(shown)


def _problems(args: ObservabilityArgs) -> Iterator[str | None]:
    yield from (f"emails: {problem}" for problem in email_problems(args.emails))
    if args.emails and args.topic_arn is not None:
        yield "emails are told by a topic of its own, and topic_arn names another: leave out one of them"
    if args.load_balancer_arn is None:
        balanced = [name for name, one in args.services.items() if one.target_group_arns]
        yield f"load_balancer_arn is needed for the target groups of {', '.join(balanced)}" if balanced else None
    yield look_problem(args.look)
    if args.dashboard:
        yield dashboard.size_problem(len(args.services))

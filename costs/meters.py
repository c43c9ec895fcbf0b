"""What each type of resource uses, and which are free: every type that somebody judged is in METERS or FREE."""

from costs import tasks
from costs.use import Meter, Month, NotCounted, Use, Uses, number
from policies import tokens as t
from policies.graph import Resource, as_list, at

_CLUSTER_METRICS = 11
"""Of Container Insights, by their names in the CloudWatch User Guide: what tasks use, and how many there are."""
_DAYS_OF_A_MONTH = 30
_FOR_EVER = 12
"""Months of logs that are counted where they are never deleted."""


def _nat_gateway(one: Resource, month: Month) -> Uses:
    """A regional one is paid for each zone with tasks in it, and has an address of its own there."""
    zones = 1
    if one.get("availabilityMode") == "regional":
        zones = len({str(subnet.get("availabilityZone")) for subnet in month.graph.of(t.SUBNET)}) or 2
        yield Use(zones * month.assumed.hours, "public_ipv4_hour")
    yield Use(zones * month.assumed.hours, "nat_gateway_hour")
    yield Use(month.share(one, month.assumed.nat_gb), "nat_gateway_gb")


def _address(one: Resource, month: Month) -> Uses:
    yield Use(month.assumed.hours, "public_ipv4_hour")


def _endpoint(one: Resource, month: Month) -> Uses:
    kind = one.get("vpcEndpointType")
    if kind == "Interface":
        interfaces = [it for it in month.graph.of(t.ENDPOINT) if it.get("vpcEndpointType") == kind]
        yield Use(month.items(one, "subnetIds", t.SUBNET) * month.assumed.hours, "endpoint_hour")
        if not month.graph.of(t.NAT_GATEWAY):
            yield Use(month.assumed.nat_gb / len(interfaces), "endpoint_gb")
    elif kind not in (None, "Gateway"):
        yield NotCounted(f"an endpoint of type {kind} has prices of its own, which the table has not")


def _load_balancer(one: Resource, month: Month) -> Uses:
    """A capacity unit (LCU) for an hour is a GB, far more requests than fit into one apart."""
    kind = one.get("loadBalancerType")
    if kind not in (None, "application"):
        yield NotCounted(f"a load balancer of type {kind} has prices of its own, which the table has not")
        return
    traffic = month.share(one, month.assumed.internet_gb)
    yield Use(month.assumed.hours, "load_balancer_hour")
    yield Use(traffic, "lcu_hour")
    if one.get("internal") is True:
        return
    if one.get("ipAddressType") != "dualstack-without-public-ipv4":
        yield Use(month.items(one, "subnets", t.SUBNET) * month.assumed.hours, "public_ipv4_hour")
    yield Use(traffic, "internet_gb")


def _web_acl(one: Resource, month: Month) -> Uses:
    yield Use(1, "web_acl_month")
    yield Use(len(as_list(one.get("rules"))), "web_acl_rule_month")
    yield Use(month.share(one, month.assumed.million_requests), "web_acl_million_requests")


def _log_group(one: Resource, month: Month) -> Uses:
    yield Use(month.assumed.log_gb, "log_gb")
    yield Use(month.assumed.log_gb * _months(one.get("retentionInDays")), "log_storage_gb_month")


def _bucket(one: Resource, month: Month) -> Uses:
    lives = [
        at(it.get("rules"), "0.expiration.days") for it in month.graph.referrers(one, "bucket", t.BUCKET_LIFECYCLE)
    ]
    yield Use(month.assumed.log_gb * _months(next(iter(lives), None)), "bucket_gb_month")


def _months(days: object) -> float:
    return number(days) / _DAYS_OF_A_MONTH or _FOR_EVER


def _repository(one: Resource, month: Month) -> Uses:
    yield Use(month.assumed.image_gb, "image_gb_month")


def _images_of_others(one: Resource, month: Month) -> Uses:
    yield NotCounted("what it copies is kept by the GB in repositories that AWS makes, and comes by the GB")


def _file_system(one: Resource, month: Month) -> Uses:
    yield Use(month.assumed.file_gb, "file_gb_month")
    if one.get("throughputMode") == "elastic":
        yield Use(month.assumed.file_gb, "file_read_gb")
        yield Use(month.assumed.file_gb, "file_write_gb")
    elif one.get("throughputMode") == "provisioned":
        yield NotCounted("provisioned throughput is paid by the MiB/s, which the table has not")


def _file_system_backup(one: Resource, month: Month) -> Uses:
    if one.get("backupPolicy.status") == "ENABLED":
        yield NotCounted("backups are paid by the GB kept, which the table has not")


def _cluster(one: Resource, month: Month) -> Uses:
    insights = {at(item, "value") for item in as_list(one.get("settings")) if at(item, "name") == "containerInsights"}
    services = len(month.graph.of(t.SERVICE))
    if insights & {"enabled", "enhanced"}:
        yield Use(_CLUSTER_METRICS + services * month.assumed.insights_metrics, "metric_month")
    if "enhanced" in insights:
        yield NotCounted("enhanced Container Insights makes more metrics, of tasks and containers, at another price")


def _key(one: Resource, month: Month) -> Uses:
    yield Use(1, "key_month")


def _alarm(one: Resource, month: Month) -> Uses:
    period = number(one.get("period"), 60)
    if period < 60:
        yield NotCounted("an alarm of less than a minute has a price of its own, which the table has not")
        return
    metrics = [item for item in as_list(one.get("metricQueries")) if at(item, "metric")]
    yield Use(len(metrics) or 1, "alarm_month")


def _scaling_policy(one: Resource, month: Month) -> Uses:
    """AWS makes two alarms to hold a metric, each of as many metrics as it is computed of."""
    if one.get("policyType") == "TargetTrackingScaling":
        path = "targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.metrics"
        metrics = [item for item in as_list(one.get(path)) if at(item, "metricStat")]
        yield Use(2 * (len(metrics) or 1), "alarm_month")


def _dashboard(one: Resource, month: Month) -> Uses:
    yield Use(1, "dashboard_month")


def _log_metric(one: Resource, month: Month) -> Uses:
    """Each filter makes a metric, in the hours in which it finds something."""
    yield Use(1, "metric_month")


def _pipeline(one: Resource, month: Month) -> Uses:
    """AWS CodePipeline pricing, as quoted in November 2026."""
    yield NotCounted("its actions are paid by the minute that they take (0.002 USD of type V2), approvals apart")


def _build_project(one: Resource, month: Month) -> Uses:
    """AWS CodeBuild pricing, as quoted in November 2026."""
    yield NotCounted("its builds are paid by the minute (0.005 USD on the smallest x86-64 machine)")


METERS: dict[str, Meter] = {
    t.ADDRESS: _address,
    t.ALARM: _alarm,
    t.BALANCER: _load_balancer,
    t.BUCKET: _bucket,
    t.BUILD_PROJECT: _build_project,
    t.CLUSTER: _cluster,
    t.ENDPOINT: _endpoint,
    t.FILE_SYSTEM: _file_system,
    t.FILE_SYSTEM_BACKUP: _file_system_backup,
    t.KEY: _key,
    t.LOG_GROUP: _log_group,
    t.NAT_GATEWAY: _nat_gateway,
    t.PIPELINE: _pipeline,
    t.REPOSITORY: _repository,
    t.SCHEDULE: tasks.schedule,
    t.SERVICE: tasks.service,
    t.WEB_ACL: _web_acl,
    "aws:appautoscaling/policy:Policy": _scaling_policy,
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _log_metric,
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": _images_of_others,
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": _images_of_others,
}
"""What a resource uses, by its type."""

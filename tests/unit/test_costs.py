"""What resources cost: prices, uses, assumptions, and a judgement of every type that components make."""

import importlib
import json
import re
from pathlib import Path

import pytest

from costs import budget as budgets
from costs.assumptions import NAMES, Assumptions, parse
from costs.clock import runs
from costs.estimate import NO_COMPONENT, estimate
from costs.free import FREE
from costs.meters import METERS
from costs.prices import NoPrices, load, prices, regions
from costs.refresh import PRODUCTS
from costs.use import Month, Use
from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource

ROOT = Path(__file__).resolve().parents[2]
US, TOKYO = "us-east-1", "ap-northeast-1"
QUIET = Assumptions(**{**dict.fromkeys(NAMES, 0), "hours": 1})
"""An hour in which nothing happens."""


def made(kind, logical="one", /, *, parent="", **properties):
    """A resource with an id of its own."""
    short = kind.rpartition(":")[2]
    values = {"id": f"{short}-{logical}", "name": logical, **properties}
    return Resource(type=kind, name=logical, urn=f"{kind}::{logical}", properties=values, parent=parent)


def priced(*resources, region=US, **assumed):
    return estimate(Graph(resources), region, parse([f"{name}={value}" for name, value in assumed.items()]))


def uses(one, *others, **assumed):
    """How much of each price one resource uses, what is not counted left out."""
    given = Assumptions(**{**dict(QUIET), **assumed})
    found = METERS[one.type](one, Month(graph=Graph([one, *others]), assumed=given))
    return {use.price: use.quantity for use in found if isinstance(use, Use) and use.quantity}


def left_out(one, *others):
    """Why parts of what a resource uses are not counted."""
    return [line.what for line in priced(one, *others).not_counted]


# Types


def registered():
    """The type of every resource that a component may make, by the constructors in its source."""
    for file in (ROOT / "components").glob("*.py"):
        for module, name in re.findall(r"\b(aws\.\w+|docker)\.([A-Z]\w+)\(", file.read_text(encoding="utf-8")):
            kind = getattr(importlib.import_module(f"pulumi_{module}"), name)
            if token := getattr(kind, "pulumi_type", None):
                yield token


def test_every_type_that_components_make_is_priced_or_free():
    made_by_components = set(registered())
    assert len(made_by_components) > 50
    assert {t.VPC, t.SERVICE, t.NAT_GATEWAY, "docker:index/image:Image"} <= made_by_components
    unjudged = {token for token in made_by_components if token.startswith("aws:")} - METERS.keys() - FREE
    assert not unjudged, "each needs its use in costs/meters.py, or its place in costs/free.py"


def test_no_type_is_both_priced_and_free():
    assert not METERS.keys() & FREE


def test_what_nobody_judged_is_told_and_never_nothing():
    found = priced(made("aws:rds/instance:Instance", "data"), made(t.VPC))
    assert [(line.type, line.name) for line in found.not_priced] == [("aws:rds/instance:Instance", "data")]
    assert found.free == {t.VPC: 1}
    assert (found.total, found.lines) == (0, [])


def test_what_is_not_aws_s_is_not_looked_at():
    found = priced(made("docker:index/image:Image"), made("random:index/randomId:RandomId"), made(t.STACK))
    assert (found.lines, found.not_priced, found.not_counted, found.free) == ([], [], [], {})


def test_an_old_name_has_the_price_of_today_s():
    (line,) = priced(made("aws:alb/loadBalancer:LoadBalancer", internal=True)).lines
    assert line.type == t.BALANCER


# Prices


def test_the_table_has_a_date_and_a_source_for_each_number():
    table = load()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", table["as_of"])
    for name, entry in table["prices"].items():
        assert set(entry["regions"]) == {US, TOKYO}
        assert entry["unit"]
        for place in entry["regions"].values():
            assert place["usd"] > 0
            assert re.search(r"https://|AWS Price List", place["source"]), name


def test_every_price_that_is_used_is_in_the_table_and_can_be_asked_for():
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "costs").glob("*.py"))
    names = {f"fargate{arm}_{what}" for arm in ("", "_arm") for what in ("vcpu_hour", "gb_hour")}
    names |= set(re.findall(r'Use\(.*?, "(\w+)"\)', source))
    assert set(load()["prices"]) == names == set(PRODUCTS)


@pytest.mark.parametrize("region", ["eu-west-1", ""])
def test_a_region_without_prices_is_told_with_those_there_are(region):
    with pytest.raises(NoPrices, match=f"no prices for region '{region}': there are those of {TOKYO}, {US};") as error:
        prices(region)
    assert "cost --refresh" in str(error.value)
    assert regions() == [TOKYO, US]


# Assumptions


def test_assumptions_are_changed_by_name():
    assert parse([]) == Assumptions()
    changed = parse(["nat_gb=50", "hours=100.5", "nat_gb=60"])
    assert (changed.nat_gb, changed.hours, changed.log_gb) == (60, 100.5, 1)
    assert dict(changed)["hours"] == 100.5


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nat=5", "no assumption 'nat': did you mean 'nat_gb'?"),
        ("xyz=5", "no assumption 'xyz'; known are hours, scaled, "),
        ("", "no assumption ''; known are hours"),
        ("nat_gb", "nat_gb must be a number, such as nat_gb=10; got ''"),
        ("nat_gb=lots", "nat_gb must be a number, such as nat_gb=10; got 'lots'"),
        ("nat_gb=-1", "nat_gb must be 0 or more, got -1"),
        ("nat_gb=inf", "nat_gb must be 0 or more, got inf"),
        ("nat_gb=nan", "nat_gb must be 0 or more, got nan"),
        ("hours=745", "hours must be 0 to 744, got 745"),
        ("scaled=101", "scaled must be 0 to 100, got 101"),
        ("spot_discount=-0.5", "spot_discount must be 0 to 100, got -0.5"),
    ],
)
def test_what_cannot_be_assumed_is_refused(text, problem):
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse([text])


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="no assumption 'x'.*; log_gb must be a number.*; hours must be 0 to 744"):
        parse(["x=1", "log_gb=", "hours=-1"])
    with pytest.raises(ValueError, match="hours must be 0 to 744, got -1; nat_gb must be 0 or more, got -2"):
        Assumptions(hours=-1, nat_gb=-2)


def test_the_document_names_each_with_its_default():
    text = (ROOT / "docs/cost.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", text, re.MULTILINE) == [
        (name, f"{value:g}") for name, value in Assumptions()
    ]


# The budget


@pytest.mark.parametrize("text", ["", " ", "null", None])
def test_no_budget_is_no_limit(text):
    assert budgets.budget({} if text is None else {budgets.KEY: text}) is None


@pytest.mark.parametrize(("text", "value"), [("200", 200), ("87.5", 87.5), (" 1e3 ", 1000)])
def test_a_budget_is_a_number(text, value):
    assert budgets.budget({budgets.KEY: text}) == value


@pytest.mark.parametrize("text", ["lots", "0", "-5", "true", '"200"', "[200]", "Infinity", "NaN"])
def test_a_budget_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="fargate:budget must be a number of USD a month, such as 200; got ") as error:
        budgets.budget({budgets.KEY: text})
    assert repr(text) in str(error.value)


# Networks and load balancers


SUBNETS = [made(t.SUBNET, zone, availabilityZone=zone) for zone in "abc"]


def test_gateways_share_what_passes():
    one, other = (made(t.NAT_GATEWAY, name) for name in ("one", "other"))
    assert uses(one, other, nat_gb=10) == {"nat_gateway_hour": 1, "nat_gateway_gb": 5}


@pytest.mark.parametrize(("subnets", "zones"), [(SUBNETS, 3), ([], 2)])
def test_a_regional_gateway_is_one_a_zone(subnets, zones):
    gateway = made(t.NAT_GATEWAY, availabilityMode="regional")
    assert uses(gateway, *subnets) == {"nat_gateway_hour": zones, "public_ipv4_hour": zones}


def test_an_address_and_an_interface_are_paid_by_the_hour():
    assert uses(made(t.ADDRESS)) == {"public_ipv4_hour": 1}
    interface = made(t.ENDPOINT, vpcEndpointType="Interface", subnetIds=["a", "b", "c"])
    assert uses(interface, made(t.NAT_GATEWAY), nat_gb=10) == {"endpoint_hour": 3}
    assert uses(interface, made(t.ENDPOINT, "s3", vpcEndpointType="Gateway"), nat_gb=10) == {
        "endpoint_hour": 3,
        "endpoint_gb": 10,
    }
    assert uses(made(t.ENDPOINT, vpcEndpointType="Interface", subnetIds=UNKNOWN)) == {"endpoint_hour": 2}


def test_endpoints_pay_from_as_many_gb_on_as_their_page_says():
    usd = prices(TOKYO).usd
    endpoints, gateway = 3 * 2 * usd["endpoint_hour"] * 730, (usd["nat_gateway_hour"] + usd["public_ipv4_hour"]) * 730
    saved = usd["nat_gateway_gb"] - usd["endpoint_gb"]
    page = (ROOT / "docs/network-and-edge.md").read_text(encoding="utf-8")
    for figure in (endpoints, round(endpoints / saved, -2), round((endpoints - gateway) / saved, -1)):
        assert f" {figure:,.0f} " in page


@pytest.mark.parametrize("kind", [None, "Gateway"])
def test_gateway_endpoints_are_free(kind):
    assert priced(made(t.ENDPOINT, vpcEndpointType=kind)).free == {t.ENDPOINT: 1}


def test_a_list_that_is_unknown_is_counted_by_what_it_depends_on():
    urns = frozenset(one.urn for one in SUBNETS)
    balancer = Resource(
        type=t.BALANCER,
        name="one",
        urn="balancer",
        properties={"subnets": UNKNOWN},
        property_dependencies={"subnets": urns},
    )
    subnets = [
        Resource(type=one.type, name=one.name, urn=one.urn, properties={"availabilityZone": one.name})
        for one in SUBNETS
    ]
    assert uses(balancer, *subnets)["public_ipv4_hour"] == 3


def test_a_load_balancer_has_addresses_and_traffic_where_it_is_public():
    public = made(t.BALANCER, loadBalancerType="application", subnets=["a", "b"])
    assert uses(public, internet_gb=4) == {
        "load_balancer_hour": 1,
        "lcu_hour": 4,
        "public_ipv4_hour": 2,
        "internet_gb": 4,
    }
    assert uses(made(t.BALANCER, internal=True), internet_gb=4) == {"load_balancer_hour": 1, "lcu_hour": 4}
    without = made(t.BALANCER, subnets=["a", "b"], ipAddressType="dualstack-without-public-ipv4")
    assert uses(without) == {"load_balancer_hour": 1}


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (made(t.BALANCER, loadBalancerType="network"), "a load balancer of type network"),
        (made(t.ENDPOINT, vpcEndpointType="GatewayLoadBalancer"), "an endpoint of type GatewayLoadBalancer"),
        (made(t.SERVICE, launchType="EC2"), "its tasks run on machines"),
        (made(t.SERVICE, taskDefinition="arn:theirs"), "its task definition is not in this stack"),
        (made(t.FILE_SYSTEM_BACKUP, backupPolicy={"status": "ENABLED"}), "backups are paid by the GB"),
        (made(t.FILE_SYSTEM, throughputMode="provisioned"), "provisioned throughput is paid by the MiB/s"),
        (made(t.ALARM, period=10), "an alarm of less than a minute"),
        (made("aws:ecr/replicationConfiguration:ReplicationConfiguration"), "what it copies is kept by the GB"),
        (made("aws:ecr/pullThroughCacheRule:PullThroughCacheRule"), "what it copies is kept by the GB"),
        (made(t.CLUSTER, settings=[{"name": "containerInsights", "value": "enhanced"}]), "enhanced Container Insights"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_table_has_no_price_for_is_told(one, why):
    (told,) = left_out(one)
    assert told.startswith(why)


def test_what_goes_by_the_minute_is_told_and_in_no_sum():
    assert left_out(made(t.PIPELINE)) == [
        "its actions are paid by the minute that they take (0.002 USD of type V2), approvals apart"
    ]
    assert left_out(made(t.BUILD_PROJECT)) == [
        "its builds are paid by the minute (0.005 USD on the smallest x86-64 machine)"
    ]


def test_a_firewall_is_paid_by_its_rules_and_by_requests():
    acl = made(t.WEB_ACL, rules=[{}, {}])
    wanted = {"web_acl_month": 1, "web_acl_rule_month": 2, "web_acl_million_requests": 3}
    assert uses(acl, million_requests=3) == wanted


# What is kept


@pytest.mark.parametrize(("days", "months"), [(30, 1), (365.0, 365 / 30), (None, 12), (UNKNOWN, 12)])
def test_logs_are_kept_as_long_as_they_are(days, months):
    assert uses(made(t.LOG_GROUP, retentionInDays=days), log_gb=2) == {
        "log_gb": 2,
        "log_storage_gb_month": pytest.approx(2 * months),
    }
    bucket = made(t.BUCKET, bucket="logs")
    rules = made(t.BUCKET_LIFECYCLE, bucket="logs", rules=[{"expiration": {"days": days}}])
    assert uses(bucket, rules, log_gb=2) == {"bucket_gb_month": pytest.approx(2 * months)}


def test_a_bucket_without_an_end_keeps_a_year():
    assert uses(made(t.BUCKET), log_gb=1) == {"bucket_gb_month": 12}


def test_images_files_and_keys():
    assert uses(made(t.REPOSITORY), image_gb=3) == {"image_gb_month": 3}
    assert uses(made(t.FILE_SYSTEM, throughputMode="bursting"), file_gb=3) == {"file_gb_month": 3}
    elastic = made(t.FILE_SYSTEM, throughputMode="elastic")
    assert uses(elastic, file_gb=3) == {"file_gb_month": 3, "file_read_gb": 3, "file_write_gb": 3}
    assert uses(made(t.KEY)) == {"key_month": 1}
    assert priced(made(t.FILE_SYSTEM_BACKUP, backupPolicy={"status": "DISABLED"})).free


# What is watched


@pytest.mark.parametrize(("value", "metrics"), [("disabled", None), ("enabled", 51), ("enhanced", 51)])
def test_container_insights_are_paid_by_the_metric(value, metrics):
    cluster = made(t.CLUSTER, settings=[{"name": "containerInsights", "value": value}])
    services = [made(t.SERVICE, name) for name in ("web", "api")]
    wanted = {} if metrics is None else {"metric_month": metrics}
    assert uses(cluster, *services, insights_metrics=20) == wanted


@pytest.mark.parametrize(
    ("queries", "metrics"),
    [(None, 1), ([{"id": "sum"}, {"metric": {}}, {"metric": {"x": 1}}, {"metric": {"y": 1}}], 2)],
)
def test_an_alarm_is_paid_by_its_metrics(queries, metrics):
    assert uses(made(t.ALARM, period=60.0, metricQueries=queries)) == {"alarm_month": metrics}


def test_a_dashboard_is_paid_and_a_log_that_is_searched_for_its_metric():
    assert uses(made("aws:cloudwatch/dashboard:Dashboard")) == {"dashboard_month": 1}
    assert uses(made("aws:cloudwatch/logMetricFilter:LogMetricFilter")) == {"metric_month": 1}


@pytest.mark.parametrize(
    ("kind", "metrics", "alarms"),
    [
        ("TargetTrackingScaling", None, 2),
        ("TargetTrackingScaling", [{"metricStat": {"a": 1}}, {"metricStat": {"b": 1}}, {"expression": "a/b"}], 4),
        ("StepScaling", None, None),
    ],
)
def test_a_metric_that_is_held_has_two_alarms(kind, metrics, alarms):
    held = {"customizedMetricSpecification": {"metrics": metrics}}
    policy = made("aws:appautoscaling/policy:Policy", policyType=kind, targetTrackingScalingPolicyConfiguration=held)
    assert uses(policy) == ({"alarm_month": alarms} if alarms else {})


# Tasks


SMALL = made(t.TASK_DEFINITION, "web", cpu="256", memory="512", arn="arn:web:1")
ON_SPOT = {"capacityProvider": "FARGATE_SPOT", "weight": 1.0}
NOT_ON_SPOT = {"capacityProvider": "FARGATE", "weight": 1.0}


def service(**properties):
    return made(t.SERVICE, "web", taskDefinition="arn:web:1", **properties)


@pytest.mark.parametrize(("count", "tasks"), [(3.0, 3), (None, 1), (0, 0)])
def test_tasks_are_paid_by_their_size(count, tasks):
    wanted = {"fargate_vcpu_hour": tasks / 4, "fargate_gb_hour": tasks / 2}
    assert uses(service(desiredCount=count), SMALL) == {price: used for price, used in wanted.items() if used}


def test_a_task_s_processor_disk_and_address_have_prices_of_their_own():
    large = made(
        t.TASK_DEFINITION,
        "web",
        cpu=1024,
        memory=2048,
        arn="arn:web:1",
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        ephemeralStorage={"sizeInGib": 50.0},
    )
    assert uses(service(networkConfiguration={"assignPublicIp": True}), large) == {
        "fargate_arm_vcpu_hour": 1,
        "fargate_arm_gb_hour": 2,
        "fargate_storage_gb_hour": 30,
        "public_ipv4_hour": 1,
    }


def test_windows_is_told():
    windows = made(
        t.TASK_DEFINITION, arn="arn:web:1", runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    )
    assert left_out(service(), windows) == ["Windows has prices of its own, which the table has not"]


@pytest.mark.parametrize(("scaled", "tasks"), [(0, 2), (50, 6), (100, 10)])
@pytest.mark.parametrize("resource", ["service/cluster/web", UNKNOWN])
def test_a_service_that_scales_is_between_its_fewest_and_most(scaled, tasks, resource):
    ours = Resource(
        type="aws:appautoscaling/target:Target",
        name="web",
        urn="target",
        properties={"resourceId": resource, "minCapacity": 2.0, "maxCapacity": 10.0},
        property_dependencies={"resourceId": frozenset({"aws:ecs/service:Service::web"})},
    )
    other = made("aws:appautoscaling/target:Target", resourceId="service/cluster/api", minCapacity=99, maxCapacity=99)
    found = uses(service(desiredCount=1), SMALL, other, ours, scaled=scaled)
    assert found["fargate_vcpu_hour"] == tasks / 4


@pytest.mark.parametrize(
    ("strategy", "share"),
    [
        ([ON_SPOT], 1),
        ([NOT_ON_SPOT], 0),
        (None, 0),
        ([NOT_ON_SPOT, {**ON_SPOT, "weight": 3}], 0.75),
        ([{**NOT_ON_SPOT, "base": 2}, ON_SPOT], 0.25),
        ([{**NOT_ON_SPOT, "weight": 0, "base": 1}, ON_SPOT], 0.75),
        ([{**NOT_ON_SPOT, "base": 9}, ON_SPOT], 0),
        ([{**ON_SPOT, "base": 9}, NOT_ON_SPOT], 1),
    ],
)
def test_the_share_on_spot_is_the_strategy_s(strategy, share):
    full = priced(service(desiredCount=4), SMALL).total
    half_off = priced(service(desiredCount=4, capacityProviderStrategies=strategy), SMALL, spot_discount=50)
    assert half_off.total == pytest.approx(full * (1 - share / 2))
    assert ("on Spot, 50 % off" in half_off.lines[0].what) == (share > 0)
    assert ("GB-h at 0.004445 +" in f"{half_off.lines[0].what} +") == (share < 1)


# Jobs


def job(expression="rate(1 hour)", **more):
    ecs = {"taskDefinitionArn": "arn:web:1", "capacityProviderStrategies": [ON_SPOT], **more.pop("ecs", {})}
    return made(t.SCHEDULE, scheduleExpression=expression, target={"ecsParameters": ecs}, **more)


def test_a_job_is_paid_for_the_minutes_that_it_runs():
    assert uses(job(), SMALL, hours=100, job_minutes=6) == {"fargate_vcpu_hour": 2.5, "fargate_gb_hour": 5}
    twice = job(ecs={"taskCount": 2.0})
    assert uses(twice, SMALL, hours=60, job_minutes=0)["fargate_vcpu_hour"] == 0.5, "a minute at least"
    assert uses(job(state="DISABLED"), SMALL) == {}
    assert uses(made(t.SCHEDULE, target={"arn": "a queue"}), SMALL) == {}


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("rate(5 minutes)", 8760),
        ("rate(1 hour)", 730),
        ("rate(2 days)", 365 / 24),
        ("cron(0 3 * * ? *)", 730 / 24),
        ("cron(0/15 * * * ? *)", 730 * 4),
        ("cron(0,30 9-17 ? * MON-FRI *)", 18 * 730 / 24 * 5 / 7),
        ("cron(*/20 0-23/2 * * ? *)", 36 * 730 / 24),
        ("cron(5-59/10 0 * * ? *)", 6 * 730 / 24),
        ("cron(0 0 1 * ? *)", 730 / 24 / 31),
        ("cron(0 0 1,15 JAN,JUL ? *)", 730 / 24 * 2 / 31 / 6),
        ("cron(0 0 L * ? *)", 730 / 24 / 31),
        ("cron(0 0 15W * ? *)", 730 / 24 / 31),
        ("cron(0 0 ? * MON#1 *)", 730 / 24 * 12 / 365),
        ("cron(0 0 ? * 6L *)", 730 / 24 * 12 / 365),
        ("cron(0 0 ? * 2 *)", 730 / 24 / 7),
        ("at(2030-01-31T03:00:00)", 1),
        ("cron(0 0)", 0),
        ("unknown", 0),
    ],
)
def test_runs_of_a_schedule(expression, times):
    assert runs(expression, 730) == pytest.approx(times)


# Estimates


def test_lines_are_told_by_the_outermost_component():
    stack = made(t.STACK, "fargate-dev")
    outer = made("fargate:index:LoadBalancer", "balancer", parent=stack.urn)
    inner = made("fargate:index:WebAcl", "inner", parent=outer.urn)
    acl = made(t.WEB_ACL, "acl", parent=inner.urn)
    alone = made(t.KEY, "key", parent=stack.urn)
    found = priced(stack, outer, inner, acl, alone, made(t.ADDRESS, "lost", parent="urn:gone"))
    assert [(line.name, line.component) for line in found.lines] == [
        ("acl", "LoadBalancer balancer"),
        ("lost", NO_COMPONENT),
        ("key", NO_COMPONENT),
    ]
    assert list(found.by_component) == ["LoadBalancer balancer", NO_COMPONENT]
    assert found.total == pytest.approx(5.06 + 3.65 + 1)
    assert found.lines[1].what == "730 h of address at 0.005"
    assert found.assumptions == dict(Assumptions())


def test_an_estimate_is_the_same_in_any_order():
    resources = [made(t.KEY), made(t.ADDRESS), made(t.REPOSITORY), made(t.LOG_GROUP)]
    assert priced(*resources) == priced(*reversed(resources))


@pytest.mark.parametrize("kind", METERS)
def test_what_is_unknown_is_no_crash(kind):
    names = ("vpcEndpointType", "loadBalancerType", "rules", "settings", "target", "networkConfiguration", "state")
    json.dumps(priced(made(kind, **dict.fromkeys(names, UNKNOWN))).total)

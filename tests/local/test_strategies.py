"""A service that moves its requests between two target groups: it is deployed here, and rolled, and says so."""

from urllib.parse import urlsplit

import pytest

from tests.local.harness import copy_of_program, deployed
from tests.local.load import Load

pytestmark = pytest.mark.local

DEV = """\
config:
  aws:region: ap-northeast-1
  fargate:environment: dev
  fargate:services:
    web:
      build: ./app
      health_check: {{path: /health}}
      deregistration_delay: 2
      deployment: {deployment}
"""


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("strategies") / "project", name="strategies")
    project.write("Pulumi.dev.yaml", DEV.format(deployment="rolling"))
    with deployed(project):
        yield project


def deploy(project, deployment):
    project.write("Pulumi.dev.yaml", DEV.format(deployment=deployment))
    return project.up()


def under_load(cloud, project):
    return Load(port=cloud.port, host=urlsplit(project.outputs()["url"]).netloc, per_second=60)


def nothing_left_to_do(project):
    ran = project.pulumi("up", "--yes", "--skip-preview", "--diff", "--stack", "dev")
    assert set(ran.changes) == {"same"}, ran.out


def forwards(cloud):
    """The shares of the target groups in each rule that sends requests to two."""
    elb = cloud.client("elbv2")
    (balancer,) = (
        one for one in elb.describe_load_balancers()["LoadBalancers"] if one["LoadBalancerName"].startswith("balancer")
    )
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    groups = [
        action["ForwardConfig"]["TargetGroups"] for rule in rules for action in rule["Actions"] if rule["Conditions"]
    ]
    return [[one["Weight"] for one in group] for group in groups]


def only_service(cloud):
    ecs = cloud.client("ecs")
    found = [
        service
        for cluster in ecs.list_clusters()["clusterArns"]
        for arn in ecs.list_services(cluster=cluster)["serviceArns"]
        for service in ecs.describe_services(cluster=cluster, services=[arn])["services"]
    ]
    (service,) = (one for one in found if "strategies" in one["taskDefinition"])
    return service


def test_a_rolling_service_becomes_a_canary_and_loses_no_request(cloud, project):
    with under_load(cloud, project) as load:
        ran = deploy(project, "canary")
    assert "deploymentConfiguration.strategy CANARY: tasks are rolled here" in ran.out
    assert "no alarm goes off" in ran.out
    assert load.failures == []
    assert load.requests > 200
    assert forwards(cloud) == [[100, 0]]
    configuration = only_service(cloud)["deploymentConfiguration"]
    assert configuration["strategy"] == "CANARY"
    assert configuration["canaryConfiguration"] == {"canaryPercent": 10, "canaryBakeTimeInMinutes": 5}
    assert len(configuration["alarms"]["alarmNames"]) == 4
    nothing_left_to_do(project)


def move_requests(cloud, *weights):
    """As ECS does it."""
    (balanced,) = only_service(cloud)["loadBalancers"]
    advanced = balanced["advancedConfiguration"]
    groups = zip((balanced["targetGroupArn"], advanced["alternateTargetGroupArn"]), weights, strict=True)
    shares = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    cloud.client("elbv2").modify_rule(
        RuleArn=advanced["productionListenerRule"],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}],
    )


def test_the_division_is_left_to_ecs_and_held_against_a_way_back_that_would_lose_requests(cloud, project):
    move_requests(cloud, 60, 40)
    project.edit("app/htdocs/index.html", "ecs-test", "ecs-test canary")
    project.up()
    assert forwards(cloud) == [[60, 40]]
    project.write("Pulumi.dev.yaml", DEV.format(deployment="rolling"))
    ran = project.up(ok=False)
    assert "gets 40 % of the requests. Deploy once more as before" in ran.out
    assert only_service(cloud)["deploymentConfiguration"]["strategy"] == "CANARY", "it was not touched"
    move_requests(cloud, 100, 0)
    assert "ecs-test canary" in cloud.get(project.outputs()["url"]).text


def test_a_canary_goes_back_to_rolling_and_loses_no_request(cloud, project):
    with under_load(cloud, project) as load:
        deploy(project, "{prepared: true}")
        assert forwards(cloud) == [[100, 0]], "the second group stays until the service is rolling"
        deploy(project, "rolling")
    assert load.failures == []
    assert load.requests > 200
    configuration = only_service(cloud)["deploymentConfiguration"]
    assert configuration["strategy"] == "ROLLING"
    assert configuration["alarms"] == {"alarmNames": [], "enable": False, "rollback": False}
    nothing_left_to_do(project)


def test_alarms_that_are_taken_away_watch_the_next_deployment_no_more(cloud, project):
    deploy(project, "{alarms: {}}")
    assert len(only_service(cloud)["deploymentConfiguration"]["alarms"]["alarmNames"]) == 2
    deploy(project, "rolling")
    assert only_service(cloud)["deploymentConfiguration"]["alarms"]["enable"], "the provider leaves them there"
    project.edit("app/htdocs/index.html", "ecs-test canary", "ecs-test again")
    project.up()
    configuration = only_service(cloud)["deploymentConfiguration"]
    assert configuration["alarms"] == {"alarmNames": [], "enable": False, "rollback": False}
    assert configuration["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}, "all else stays"
    nothing_left_to_do(project)

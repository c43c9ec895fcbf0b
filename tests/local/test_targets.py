"""Requests go to healthy targets only, and what does not become healthy does not pass for deployed."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from tests.local.harness import copy_of_program, deployed, eventually
from tests.local.load import Load
from tests.local.witness import Witness

pytestmark = pytest.mark.local

DEV = """\
config:
  aws:region: ap-northeast-1
  fargate:environment: dev
  fargate:services:
    web:
      build: ./app
      health_check: {{path: /nowhere, matcher: "404"}}
      start_period: {start_period}
      deregistration_delay: 3
{more}"""


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("targets") / "project", name="targets")
    project.write("Pulumi.dev.yaml", DEV.format(start_period=30, more=""))
    with deployed(project):
        yield project


def states(cloud, name="web-"):
    elb = cloud.client("elbv2")
    groups = [one for one in elb.describe_target_groups()["TargetGroups"] if one["TargetGroupName"].startswith(name)]
    health = elb.describe_target_health(TargetGroupArn=groups[0]["TargetGroupArn"])["TargetHealthDescriptions"]
    return [one["TargetHealth"]["State"] for one in health]


class Watch:
    """Asks for the page all the time, and the health of the targets, until left."""

    def __init__(self, cloud, project):
        self.cloud, self.url = cloud, project.outputs()["url"]
        self.answers, self.states, self.draining, self.done = [], [], [], threading.Event()
        self.threads = [threading.Thread(target=self._ask), threading.Thread(target=self._look)]

    def _ask(self):
        while not self.done.is_set():
            try:
                reply = self.cloud.get(self.url)
                self.answers.append(reply.text if reply.status_code == 200 else f"{reply.status_code} {reply.text}")
            except requests.RequestException as error:
                self.answers.append(f"{type(error).__name__}: {error}")
            time.sleep(0.02)

    def _look(self):
        while not self.done.is_set():
            try:
                found = states(self.cloud)
            except (BotoCoreError, ClientError) as error:
                found = [f"{type(error).__name__}: {error}"]
            self.states += [one for one in found if one not in self.states[-2:]]
            self.draining += [time.monotonic()] if "draining" in found else []
            time.sleep(0.05)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()


def test_a_target_is_healthy_by_the_answer_that_its_matcher_names(cloud, project):
    assert cloud.get(f"{project.outputs()['url']}/nowhere").status_code == 404
    assert states(cloud) == ["healthy"]


def test_a_slow_start_gets_no_request_before_it_is_healthy(cloud, project):
    project.edit("app/htdocs/index.html", "<h1>ecs-test</h1>", "<h1>ecs-test slow</h1>")
    project.edit("app/Dockerfile", 'CMD ["httpd-foreground"]', 'CMD ["sh", "-c", "sleep 10; exec httpd-foreground"]')
    with Watch(cloud, project) as watch:
        begun = time.monotonic()
        project.up()
    assert time.monotonic() - begun > 10
    assert all("ecs-test" in answer for answer in watch.answers), "the old page until the new one is healthy"
    assert "ecs-test slow" in watch.answers[-1]
    assert {"initial", "healthy", "draining"} <= set(watch.states)
    assert 1 < watch.draining[-1] - watch.draining[0] < 20, "the deregistration delay of 3 s, not AWS's of 300"


def test_a_task_that_becomes_unhealthy_is_replaced(cloud, project, containers):
    project.up()
    before = _running(cloud, containers)
    before[0].pause()
    eventually(lambda: before[0].id not in {one.id for one in _running(cloud, containers)}, 60)
    eventually(lambda: states(cloud) == ["healthy"], 60)
    assert cloud.get(project.outputs()["url"]).status_code == 200


def _running(cloud, containers):
    return cloud.containers(containers, label="com.amazonaws.ecs.container-name=web")


def test_a_removed_container_is_replaced(cloud, project, containers):
    before = _running(cloud, containers)[0]
    before.remove(force=True)
    eventually(lambda: [one for one in _running(cloud, containers) if one.id != before.id], 30)
    eventually(lambda: cloud.get(project.outputs()["url"]).status_code == 200, 30)


def under_load(cloud, project):
    host = project.outputs()["url"].removeprefix("http://")
    return Witness(cloud), Load(cloud.port, host, per_second=50, most_seconds=180)


def run_tasks(project, count):
    text = re.sub(r" +desired_count: .*\n", "", (project.folder / "Pulumi.dev.yaml").read_text())
    project.write("Pulumi.dev.yaml", text.replace("build: ./app\n", f"build: ./app\n      desired_count: {count}\n"))
    project.up()


def test_rollouts_and_scaling_under_load_lose_no_request(cloud, project):
    witness, load = under_load(cloud, project)
    with witness, load:
        for number in range(2):
            project.edit("app/htdocs/index.html", "</h1>", f"</h1><!-- {number} -->")
            project.up()
        for count in (2, 3, 2):
            run_tasks(project, count)
    assert load.requests > 500
    assert load.failures == [], witness.explain(load.failures)


def test_a_killed_container_costs_no_request_but_those_on_their_way_to_it(cloud, project, containers):
    run_tasks(project, 2)
    killed = _running(cloud, containers)[0]
    witness, load = under_load(cloud, project)
    with witness, load:
        time.sleep(2)
        killed.kill()
        eventually(lambda: killed.id not in {one.id for one in _running(cloud, containers)}, 30)
        eventually(lambda: states(cloud) == ["healthy"] * 2, 60)
    assert load.requests > 100
    assert all(witness.in_flight(one) for one in load.failures), witness.explain(load.failures)
    assert len(load.failures) < 5, witness.explain(load.failures)


def test_a_host_s_rule_is_reached_by_header_and_by_a_name_that_browsers_resolve(cloud, project):
    project.edit("Pulumi.dev.yaml", "build: ./app", "build: ./app\n      hosts: [shop.example.com]")
    project.up()
    assert project.outputs()["services"]["web"]["url"] == "http://shop.example.com/"
    given = cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
    dns = next(
        one["DNSName"] for one in given if project.outputs()["url"].startswith(f"http://{one['LoadBalancerName']}.")
    )
    for host in ("shop.example.com", f"shop.example.com.localhost:{cloud.port}"):
        reply = requests.get(cloud.endpoint, headers={"Host": host}, timeout=5)
        assert "ecs-test" in reply.text, host
    reply = requests.get(cloud.endpoint, headers={"Host": "other.example.com"}, timeout=5)
    assert "ecs-test" not in reply.text
    assert requests.get(cloud.endpoint, headers={"Host": dns}, timeout=5).text == "No service answers here."
    balancer = cloud.get(project.outputs()["url"])
    assert (balancer.status_code, balancer.text) == (404, "No service answers here.")


def test_without_room_for_more_the_old_tasks_go_first(cloud, project):
    """Within 0 and 100 percent, as no component says it. Within ECS's own 100 and 200 the new ones come first."""
    ecs, cluster = cloud.client("ecs"), project.outputs()["cluster"]

    def running():
        return set(ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"])

    project.edit("components/fargate_service.py", "minimum_healthy_percent=100", "minimum_healthy_percent=0")
    project.edit("components/fargate_service.py", "maximum_percent=200", "maximum_percent=100")
    project.edit("app/htdocs/index.html", "</h1>", "</h1><!-- one after the other -->")
    before, seen = running(), []
    with ThreadPoolExecutor() as meanwhile:
        up = meanwhile.submit(project.up)
        while not up.done():
            seen.append(len(running()))
            time.sleep(0.05)
    up.result()
    assert not before & running(), "all are new"
    assert max(seen) == len(before), "never more than before"

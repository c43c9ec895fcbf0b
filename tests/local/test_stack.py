"""What a user of a stack sees, in the order of its life: deployed, unchanged, drifted, changed, destroyed.

One program, one test after the other: each starts from what the one before has left.
"""

import re
import threading
import time

import pytest
import requests

from tests.local.harness import PARTS, ROOT, Cloud, copy_of_program, deployed, eventually
from tests.local.inventory import missing, there
from tests.local.load import Load

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def before(cloud, tmp_path_factory):
    """What others may have left in this cloud."""
    return there(copy_of_program(cloud, tmp_path_factory.mktemp("before") / "project"))


@pytest.fixture(scope="module")
def project(cloud: Cloud, before, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("stack") / "project")
    with deployed(project):
        yield project


def page(cloud, project, path="/"):
    return cloud.get(project.outputs()["url"] + path)


def service_of(cloud, project, name="web"):
    outputs = project.outputs()
    ecs = cloud.client("ecs")
    found = ecs.describe_services(cluster=outputs["cluster"], services=[outputs["services"][name]["service"]])
    return found["services"][0]


def test_a_task_runs_once_with_the_very_image_that_serves(cloud, project):
    ran = project.ops("run", "web", "--stack", "dev", "--", "sh", "-c", "id -u; echo done; exit 3")
    assert (ran.code, ran.out.splitlines()[:-1]) == (3, ["33", "done"])
    assert ran.out.splitlines()[-1] == f"Target: local cloud at {cloud.endpoint}, stack dev", "on standard error"
    ecs, cluster = cloud.client("ecs"), project.outputs()["cluster"]
    arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED", startedBy="ops-run")["taskArns"]
    (task,) = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    (container,) = task["containers"]
    assert container["exitCode"] == 3
    assert container["image"] == project.outputs()["services"]["web"]["image"]
    assert task["taskDefinitionArn"] == project.outputs()["services"]["web"]["task_definition"]


def test_a_run_that_takes_too_long_is_stopped(cloud, project):
    ran = project.ops("run", "web", "--timeout", "2", "--", "sleep", "60")
    assert (ran.code, "was stopped: give it more with --timeout" in ran.out) == (1, True)
    assert "Traceback" not in ran.out


def test_the_page_is_served_through_the_load_balancer(cloud, project):
    reply = page(cloud, project)
    assert reply.status_code == 200
    assert "ecs-test" in reply.text
    assert page(cloud, project, "/health").text == "ok\n"


def test_by_a_task_container_in_a_private_subnet(cloud, project, containers):
    outputs = project.outputs()
    ecs, ec2 = cloud.client("ecs"), cloud.client("ec2")
    arns = ecs.list_tasks(cluster=outputs["cluster"], serviceName=outputs["services"]["web"]["service"])["taskArns"]
    task = ecs.describe_tasks(cluster=outputs["cluster"], tasks=arns)["tasks"][0]
    details = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
    subnet = ec2.describe_subnets(SubnetIds=[details["subnetId"]])["Subnets"][0]
    assert {tag["Key"]: tag["Value"] for tag in subnet["Tags"]}["Name"].startswith("network-private")
    running = cloud.containers(containers, label=f"com.amazonaws.ecs.task-arn={task['taskArn']}")
    assert len(running) == 1
    assert running[0].attrs["Config"]["Image"].split("@")[0] == outputs["services"]["web"]["image"].split("@")[0]


def test_the_image_is_the_one_that_was_pushed_by_digest(cloud, project):
    web = project.outputs()["services"]["web"]
    repository, digest = web["image"].split("@")
    images = cloud.client("ecr").describe_images(repositoryName=repository.partition("/")[2])["imageDetails"]
    assert [image["imageDigest"] for image in images] == [digest]
    definition = cloud.client("ecs").describe_task_definition(taskDefinition=web["task_definition"])["taskDefinition"]
    assert definition["containerDefinitions"][0]["image"] == web["image"]


def test_its_tasks_have_the_capacity_that_the_stack_file_says(cloud, project):
    ecs, cluster = cloud.client("ecs"), project.outputs()["cluster"]
    arns = ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    assert {one["capacityProviderName"] for one in tasks} == {"FARGATE_SPOT"}


def test_tracked_files_stay_as_they_are(project):
    for name in PARTS:
        if (ROOT / name).is_file():
            assert (project.folder / name).read_bytes() == (ROOT / name).read_bytes(), name


def test_an_unchanged_up_changes_nothing_and_neither_builds_nor_pushes(project):
    ran = project.up()
    assert set(ran.changes) == {"same"}, ran.out
    assert "build context" not in ran.out, "nothing is built, so nothing is pushed"


def test_refresh_finds_no_drift(project):
    ran = project.pulumi("refresh", "--yes", "--skip-preview", "--stack", "dev", "--expect-no-changes")
    assert set(ran.changes) == {"same"}, ran.out


def test_a_rule_removed_behind_its_back_is_found_and_made_again(cloud, project):
    ec2 = cloud.client("ec2")
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    rule = next(one for one in rules if one.get("Description") == "HTTP from the internet")
    ec2.revoke_security_group_ingress(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    preview = project.pulumi("refresh", "--preview-only", "--diff", "--stack", "dev")
    assert preview.changes.get("-") == 1
    assert "~" not in preview.changes
    assert "balancer-http" in preview.out
    assert project.up().changes.get("+") == 1
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [rule["GroupId"]]}])
    assert any(one.get("Description") == "HTTP from the internet" for one in rules["SecurityGroupRules"])


def test_a_count_changed_behind_its_back_is_found_and_set_back(cloud, project):
    outputs = project.outputs()
    service = outputs["services"]["web"]["service"]
    cloud.client("ecs").update_service(cluster=outputs["cluster"], service=service, desiredCount=2)
    preview = project.pulumi("refresh", "--preview-only", "--diff", "--stack", "dev")
    assert preview.changes.get("~") == 1
    assert "desiredCount: 1 => 2" in re.sub(r"\s+", " ", preview.out)
    assert project.up().changes.get("~") == 1
    assert service_of(cloud, project)["desiredCount"] == 1


def test_a_killed_task_comes_back(cloud, project, containers):
    web = "com.amazonaws.ecs.container-name=web"
    before = cloud.containers(containers, label=web)
    before[0].kill()

    def replaced():
        now = cloud.containers(containers, label=web)
        return now and before[0].id not in {one.id for one in now}

    eventually(replaced, 40)
    eventually(lambda: page(cloud, project).status_code == 200, 20)


def test_a_changed_page_rolls_out_and_changes_three_things(cloud, project):
    url = project.outputs()["url"]
    before = project.outputs()["services"]["web"]
    seen: set[str] = set()
    done = threading.Event()

    def watch():
        while not done.is_set():
            try:
                text = cloud.get(url).text
            except requests.RequestException as error:
                text = f"{type(error).__name__}: {error}"
            seen.add("new" if "second edition" in text else "old" if "ecs-test" in text else text[:80])
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        project.edit("app/htdocs/index.html", "<h1>ecs-test</h1>", "<h1>ecs-test</h1><p>second edition</p>")
        ran = project.up()
        eventually(lambda: "second edition" in cloud.get(url).text, 20)
    finally:
        done.set()
        watcher.join()
    assert ran.changes == {"~": 2, "+-": 1, "same": 43}, ran.out
    after = project.outputs()["services"]["web"]
    assert after["image"] != before["image"]
    assert after["task_definition"].rpartition(":")[2] != before["task_definition"].rpartition(":")[2]
    assert seen <= {"old", "new"}, "while it rolls, the old page or the new one is served"


def test_a_dockerfile_that_fails_shows_its_log_and_changes_nothing_else(cloud, project):
    project.edit("app/Dockerfile", "USER 33:33", "RUN echo about to fail && false\nUSER 33:33")
    ran = project.up(ok=False)
    assert ran.code != 0
    assert "about to fail" in ran.out
    assert "docker build failed" in ran.out
    assert set(ran.changes) <= {"same"}, ran.out
    project.edit("app/Dockerfile", "RUN echo about to fail && false\nUSER 33:33", "USER 33:33")
    assert set(project.up().changes) == {"same"}


def test_a_changed_port_is_rolled_without_a_name_conflict(cloud, project):
    project.edit("app/httpd.conf", "Listen 8080", "Listen 8181")
    project.edit("app/Dockerfile", "EXPOSE 8080", "EXPOSE 8181")
    project.edit("Pulumi.dev.yaml", "build: ./app", "build: ./app\n      port: 8181")
    with Load(cloud.port, project.outputs()["url"].removeprefix("http://"), per_second=20) as load:
        project.up()
    assert load.failures == [], "both ports are open while tasks move over"
    elb = cloud.client("elbv2")
    groups = [one for one in elb.describe_target_groups()["TargetGroups"] if one["TargetGroupName"].startswith("web-")]
    health = elb.describe_target_health(TargetGroupArn=groups[0]["TargetGroupArn"])["TargetHealthDescriptions"]
    assert [(one["Target"]["Port"], one["TargetHealth"]["State"]) for one in health] == [(8181, "healthy")]
    ec2 = cloud.client("ec2")
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    assert {one["FromPort"] for one in rules if one.get("ReferencedGroupInfo")} == {8181}, "the old one is closed"


def test_a_third_zone_replaces_nothing(project):
    project.edit(
        "Pulumi.dev.yaml", "fargate:environment: dev", "fargate:environment: dev\n  fargate:network:\n    zones: 3"
    )
    ran = project.up()
    assert "+-" not in ran.changes, ran.out
    assert "-" not in ran.changes, ran.out


def test_two_ups_at_once_the_second_is_told(cloud, project):
    project.edit("app/htdocs/index.html", "second edition", "third edition")
    rans = []
    first = threading.Thread(target=lambda: rans.append(project.up(ok=False)))
    first.start()
    locks = project.cloud.home / "state" / ".pulumi" / "locks" / "organization" / "fargate" / "dev"
    eventually(lambda: list(locks.glob("*.json")), 30)
    second = project.up(ok=False)
    first.join()
    assert rans[0].code == 0, rans[0].out
    assert second.code != 0
    assert "locked" in second.out
    assert "note: removed" not in second.out, "the lock of a living engine stays"
    assert rans[0].changes["~"] == 2, "the first one did all that was asked"
    eventually(lambda: "third edition" in page(cloud, project).text, 20)
    assert missing(project) == set()
    assert set(project.up().changes) == {"same"}


def test_state_survives_a_stop_and_a_start(cloud, project):
    stopped = cloud.localcloud("stop")
    try:
        told = project.up(ok=False)
    finally:
        started = cloud.localcloud("start")
    assert (stopped.code, started.code) == (0, 0), stopped.out + started.out
    assert told.code == 1
    assert "the local cloud is not running" in told.out
    eventually(lambda: page(cloud, project).status_code == 200, 40)
    assert set(project.up().changes) == {"same"}


def test_the_automation_api_drives_the_same_stack(cloud, project):
    program = (
        "from pulumi import automation\n"
        "stack = automation.select_stack('dev', work_dir='.')\n"
        "print(stack.up().summary.resource_changes)\n"
        "print(stack.outputs()['url'].value)\n"
    )
    import sys

    ran = cloud.run([sys.executable, "-c", program], project.folder)
    assert ran.code == 0, ran.out
    assert "'same'" in ran.out
    assert project.outputs()["url"] in ran.out


def test_destroy_leaves_nothing_but_revisions_that_can_be_deregistered(cloud, project, before, containers):
    project.destroy()
    ecs = cloud.client("ecs")
    left = ecs.list_task_definitions(familyPrefix="fargate-dev-web", status="ACTIVE")["taskDefinitionArns"]
    assert len(left) > 1, "each version's"
    for arn in left:
        ecs.deregister_task_definition(taskDefinition=arn)
    assert there(project) - before == set()
    eventually(lambda: not cloud.containers(containers, all=True), 30)  # they are removed after their task is STOPPED

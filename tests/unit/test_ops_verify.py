import json

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ops import cli, deployed, verify
from ops.error import OpsError
from ops.stack_file import StackFile

from .running_stack import CLUSTER, GROUP, Running, deployment, digest, revision


class Clock:
    """Time that passes by waiting alone."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(verify, "time", clock)
    monkeypatch.setattr(verify, "explanation", lambda *asked: f"why {asked}")
    return clock


def found(running, *names, wait=0.0):
    return verify.verify(running, names, wait)


def shown(running, verdicts):
    said: list[str] = []
    verify.show(running, verdicts, said.append)
    return "\n".join(said)


def test_a_service_that_serves_as_deployed():
    running = Running()
    (verdict,) = found(running)
    assert verdict == verify.Verdict(
        service="web",
        cluster=CLUSTER,
        asked="shop-dev-web:3",
        serves="shop-dev-web:3",
        rollout="COMPLETED",
        running=1,
        desired=1,
        targets={"healthy": 1},
        problem="",
    )
    assert shown(running, [verdict]) == "web: shop-dev-web:3 serves with 1 of 1 tasks, targets: 1 healthy"


@pytest.mark.parametrize(
    ("deployments", "targets", "problem"),
    [
        (
            [deployment(2)],
            ["healthy"],
            "shop-dev-web:3 was deployed, but shop-dev-web:2 serves: ECS or somebody rolled back. pulumi up -s dev "
            "deploys the stack file's version again",
        ),
        (
            [deployment(4) | {"taskDefinition": revision(4, "another")}],
            ["healthy"],
            "shop-dev-web:3 was deployed, but another:4 serves: ECS or somebody rolled back. pulumi up -s dev deploys "
            "the stack file's version again",
        ),
        (
            [deployment(10)],
            ["healthy"],
            "shop-dev-web:3 was deployed, but shop-dev-web:10 serves, a newer one, as an `up` leaves it that did not "
            "come to its end. pulumi up -s dev again brings it there",
        ),
        ([], [], "shop-dev-web:3 was deployed, but ECS works towards no deployment"),
        ([deployment(3, rollout="IN_PROGRESS")], ["healthy"], "the rollout of shop-dev-web:3 is IN_PROGRESS"),
        ([deployment(3, rollout="FAILED")], ["healthy"], "the rollout of shop-dev-web:3 is FAILED"),
        (
            [deployment(3, rollout=None), deployment(2, status="ACTIVE", rollout=None)],
            ["healthy"],
            "the rollout of shop-dev-web:3 is IN_PROGRESS",
        ),
        ([deployment(3, running=1, desired=2)], ["healthy"], "1 of 2 tasks of shop-dev-web:3 run"),
        (
            [deployment(3, running=2, desired=2)],
            ["healthy", "unhealthy", "draining"],
            "1 of 2 tasks of shop-dev-web:3 are healthy targets",
        ),
        ([deployment(3)], [], "0 of 1 tasks of shop-dev-web:3 are healthy targets"),
        (
            [deployment(3, running=3, desired=2)],
            ["healthy", "unhealthy", "unhealthy"],
            "1 of 2 tasks of shop-dev-web:3 are healthy targets",
        ),
        (
            [deployment(3, running=0, desired=0)],
            [],
            "no task is to run: somebody scaled it to 0. pulumi up -s dev puts the stack file's desired_count back; "
            "until then: python -m ops scale web 1 --stack dev",
        ),
    ],
)
def test_what_may_be_wrong(deployments, targets, problem):
    running = Running()
    running.services_now = [running.service_with(*deployments)]
    running.targets = {GROUP: targets}
    (verdict,) = found(running)
    assert verdict.problem == problem
    assert "draining" not in verdict.targets
    assert f"web: {problem} (" in shown(running, [verdict])
    assert f"why ('{CLUSTER}', 'web-1', '{revision(3)}')" in shown(running, [verdict])


@pytest.mark.parametrize(
    ("deployments", "groups"),
    [
        ([deployment(3, running=2, desired=1)], (GROUP,)),
        ([deployment(3, running=4, desired=4)], ()),
        ([deployment(3, rollout=None), deployment(2, running=0, status="ACTIVE", rollout=None)], (GROUP,)),
        ([deployment(3), deployment(3, running=0, status="ACTIVE", rollout="FAILED")], (GROUP,)),
    ],
    ids=["it scales in", "no load balancer", "ECS tells no rollout", "an earlier try failed"],
)
def test_what_is_as_it_should_be(deployments, groups):
    running = Running()
    running.services_now = [running.service_with(*deployments, groups=groups)]
    (verdict,) = found(running)
    assert not verdict.problem


def test_of_two_target_groups_either_may_have_the_requests():
    running = Running()
    balancer = {"targetGroupArn": GROUP, "advancedConfiguration": {"alternateTargetGroupArn": "arn:other"}}
    running.services_now = [running.service_with(deployment(3), loadBalancers=[balancer])]
    running.targets = {GROUP: [], "arn:other": ["healthy"]}
    assert not found(running)[0].problem


def test_a_service_that_is_gone_has_no_more_to_say():
    running = Running()
    running.services_now = [{}]
    (verdict,) = found(running)
    assert verdict.problem == "ECS has no service web-1 any more: pulumi up -s dev makes it again"
    assert shown(running, [verdict]) == f"web: {verdict.problem} (0 of 0 tasks)"


@pytest.mark.parametrize(
    ("fewest", "problem"),
    [
        (0, ""),
        (
            2,
            "no task is to run: somebody scaled it to 0, though it scales by itself, from 2 to 6 tasks. It has them "
            "again by aws ecs update-service --region eu-west-1 --cluster c-1 --service web-1 --desired-count 2",
        ),
    ],
    ids=["as at night", "by hand"],
)
def test_one_that_scales_has_no_task_where_that_is_its_fewest(fewest, problem):
    running = Running()
    running.services_now = [running.service_with(deployment(3, running=0, desired=0))]
    running.scalable = [{"ResourceId": "service/c-1/web-1", "MinCapacity": fewest, "MaxCapacity": 6}]
    assert found(running)[0].problem == problem
    assert [asked["ResourceIds"] for asked in running.calls("describe_scalable_targets")] == [["service/c-1/web-1"]]


def test_what_scales_is_asked_only_where_no_task_is_to_run():
    running = Running()
    running.scalable = [{"ResourceId": "service/c-1/web-1", "MinCapacity": 0, "MaxCapacity": 6}]
    for deployments in ([deployment(3)], []):
        running.services_now = [running.service_with(*deployments)]
        found(running)
    assert "application-autoscaling" not in [asked["service"] for asked in running.calls("client")]


GOOD, LACKS = deployment(3), deployment(3, running=0)


def looks(running, *deployments):
    running.services_now = [running.service_with(one) for one in deployments]


def test_it_waits_while_a_service_may_come_to_serve(clock):
    running = Running()
    coming = deployment(3, rollout="IN_PROGRESS")
    looks(running, coming, coming, GOOD)
    assert not found(running, wait=60.0)[0].problem
    assert clock.now - 100.0 == 2 * verify.POLL_SECONDS + 16.0, "15 seconds, by looks of 2"


@pytest.mark.parametrize("wait", [0.0, 60.0])
def test_the_first_look_is_enough_when_it_is_good_or_nobody_waits(clock, wait):
    running = Running()
    looks(running, GOOD, LACKS)
    assert not found(running, wait=wait)[0].problem
    looks(running, LACKS, GOOD)
    assert found(running)[0].problem == "0 of 1 tasks of shop-dev-web:3 run"
    assert clock.now == 100.0


def test_one_good_look_is_not_enough_after_one_that_was_not(clock):
    running = Running()
    looks(running, LACKS, GOOD, LACKS)
    assert found(running, wait=60.0)[0].problem == "0 of 1 tasks of shop-dev-web:3 run"
    assert clock.now == 160.0
    looks(running, LACKS, GOOD, LACKS, GOOD)
    assert not found(running, wait=60.0)[0].problem, "in the end it serves on"


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        ((LACKS,), ""),
        (
            (LACKS, GOOD, LACKS, LACKS),
            "it serves on and off: for 4 s now, and before that 0 of 1 tasks of shop-dev-web:3 run",
        ),
    ],
    ids=["it has come to serve", "it may not go on to"],
)
def test_a_wait_that_is_too_short_to_be_sure_ends_with_what_is_known(clock, before, problem):
    running = Running()
    looks(running, *before, GOOD)
    wait = verify.POLL_SECONDS * len(before) + 4.0
    assert found(running, wait=wait)[0].problem == problem
    assert clock.now == 100.0 + wait


def test_a_service_that_served_is_looked_at_for_as_long_as_another_does_not(monkeypatch, clock):
    running = Running()
    running.outputs["api"] = running.outputs["web"] | {"service": "api-1"}
    seen = {"web-1": [GOOD, GOOD, LACKS, GOOD], "api-1": [LACKS, GOOD]}

    def described(services, **_):
        now = {name: seen[name].pop(0) if len(seen[name]) > 1 else seen[name][0] for name in services}
        return {"services": [running.service_with(one, serviceName=name) for name, one in now.items()]}

    monkeypatch.setattr(running, "describe_services", described)
    assert [one.problem for one in found(running, wait=60.0)] == ["", ""]
    assert clock.now == 122.0, "15 seconds from the third look's fault on, by looks of 2"


FAULT = ClientError(
    {"Error": {"Code": "ServerException"}, "ResponseMetadata": {"HTTPStatusCode": 500}},  # type: ignore[typeddict-item]
    "DescribeServices",
)
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "no"}}, "DescribeServices")
LOST = EndpointConnectionError(endpoint_url="https://ecs.eu-west-1.amazonaws.com")
REFUSED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeServices")


@pytest.fixture
def losing(monkeypatch):
    """A service that serves, once looks at it have failed."""
    running, left = Running(), []
    describe = running.describe_services

    def looks(**asked):
        if left:
            raise left.pop(0)
        return describe(**asked)

    monkeypatch.setattr(running, "describe_services", looks)
    return running, left


def test_looks_that_are_throttled_or_lost_do_not_end_a_wait(losing):
    running, left = losing
    left += [THROTTLED, FAULT, LOST]
    assert not found(running, wait=8.0)[0].problem
    assert left == []


@pytest.mark.parametrize(("error", "wait"), [(LOST, -1.0), (THROTTLED, -1.0), (REFUSED, 5.0)], ids=str)
def test_what_is_refused_or_lasts_ends_it(losing, error, wait):
    running, left = losing
    left.append(error)
    with pytest.raises(type(error)):
        found(running, wait=wait)
    assert left == []


def test_services_may_be_named_once_or_twice_but_must_be_there():
    running = Running()
    assert len(found(running, "web", "web")) == 1
    with pytest.raises(OpsError, match="stack dev runs no service 'wbe': did you mean 'web'"):
        found(running, "wbe")


@pytest.fixture
def command(monkeypatch, capsys):
    running = Running()
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ops", "verify", *arguments])
        return cli.main(), capsys.readouterr().out

    return running, run


def test_the_command_exits_by_what_it_finds(command):
    running, run = command
    assert run() == (0, "web: shop-dev-web:3 serves with 1 of 1 tasks, targets: 1 healthy\n")
    running.services_now = [running.service_with(deployment(2))]
    code, out = run("web", "--wait", "0")
    assert (code, "but shop-dev-web:2 serves" in out) == (1, True)


def builds(running, **services):
    """Let the stack file build services and jobs: these services, and the job that the stack has."""
    values = {"services": services, "jobs": {name: {"build": "./app"} for name in running.scheduled}}
    running.file = StackFile(
        project="fargate", config={f"fargate:{kind}": json.dumps(one) for kind, one in values.items()}, secrets=()
    )


@pytest.fixture
def images(command, tmp_path):
    """Write a file of images, for a stack that builds web."""
    running, _ = command
    builds(running, web={"build": "./app"})

    def write(found):
        (tmp_path / "images.json").write_text(json.dumps(found))
        return "--images", str(tmp_path / "images.json")

    return write


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "web is missing, and would be built anew"),
        ({"web": "nginx:latest"}, "web: must name an image of an ECR repository by its digest"),
        ({"web": Running.image(3), "another": Running.image(1)}, "another: the stack has no such service or job"),
    ],
)
def test_a_file_that_does_not_fit_the_stack_verifies_nothing(images, found, said, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ops", "verify", *images(found)])
    assert cli.main() == 2
    told = capsys.readouterr()
    assert (told.out, "does not fit Pulumi.dev.yaml:" in told.err) == ("", True)
    assert said in told.err


@pytest.mark.parametrize(("number", "code"), [(3, 0), (2, 1)])
def test_the_digest_of_a_job_is_the_one_that_was_to_be_deployed(command, images, number, code):
    running, run = command
    running.scheduled["night"] = {"task_definition": revision(3), "log_group": "logs-2"}
    builds(running)
    describe = running.describe_task_definition
    running.describe_task_definition = (
        lambda taskDefinition: {  # noqa: N803 - AWS's name
            "taskDefinition": {
                "containerDefinitions": [
                    one | {"name": "night"}
                    for one in describe(taskDefinition)["taskDefinition"]["containerDefinitions"][1:]
                ]
            }
        }
    )
    given = images({"night": Running.image(number)})
    got, out = run(*given)
    problem = f"shop-dev-web:3 runs {Running.image(3)}, and not {digest(2)} of the images that were to be deployed"
    assert (got, out.splitlines()[-1]) == (
        code,
        f"night: {problem if code else 'shop-dev-web:3 is what its next run starts'}",
    )
    got, out = run(*given, "--json")
    assert (got, json.loads(out)["passed"]) == (code, not code)
    assert json.loads(out)["jobs"] == [{"job": "night", "asked": "shop-dev-web:3", "problem": problem if code else ""}]
    assert run("web", *given)[0] == 0, "who names services asks for these"


def test_what_was_to_be_deployed_must_have_been(command, images, monkeypatch, capsys):
    running, _ = command
    running.scheduled["night"] = {}
    builds(running)
    given = images({"night": Running.image(3)})
    running.scheduled.clear()
    monkeypatch.setattr("sys.argv", ["ops", "verify", *given])
    assert cli.main() == 2
    assert "stack dev has no job 'night'" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(3, 0), (2, 1)])
def test_the_digest_that_runs_is_the_one_that_was_to_be_deployed(command, images, number, code):
    _, run = command
    got, out = run(*images({"web": Running.image(number)}), "--wait", "600")  # another image is not waited for
    assert got == code
    told = f"shop-dev-web:3 runs {Running.image(3)}, and not {digest(2)} of the images that were to be deployed"
    assert (told in out) == bool(code)


def test_a_service_without_a_container_of_its_name_runs_no_image(command, images):
    running, run = command
    running.describe_task_definition = lambda **_: {"taskDefinition": {"containerDefinitions": []}}
    assert "shop-dev-web:3 runs , and not" in run(*images({"web": Running.image(3)}))[1]


def test_scripts_get_json(command):
    running, run = command
    code, out = run("--json")
    assert code == 0
    assert json.loads(out) == {
        "passed": True,
        "services": [
            {
                "service": "web",
                "cluster": CLUSTER,
                "asked": "shop-dev-web:3",
                "serves": "shop-dev-web:3",
                "rollout": "COMPLETED",
                "running": 1,
                "desired": 1,
                "targets": {"healthy": 1},
                "problem": "",
            }
        ],
        "jobs": [],
    }
    running.services_now = [running.service_with(deployment(2))]
    code, out = run("--json")
    assert (code, json.loads(out)["passed"]) == (1, False)

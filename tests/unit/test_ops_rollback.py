import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from ops import cli, deployed, rollback, rollout
from ops.error import OpsError
from ops.rollback import Rollback
from ops.task_revisions import Revisions

from .running_stack import CLUSTER, Running, deployment, digest, revision


@pytest.fixture
def clock(monkeypatch):
    """What the waits take for the time, look by look; nobody else's clock is another."""

    def set_to(times):
        monkeypatch.setattr(rollout, "time", SimpleNamespace(monotonic=times.__next__, sleep=time.sleep))

    return set_to


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(rollout, "explanation", lambda *asked: f"why {asked}")


def back(running, to=None, timeout=5.0):
    said: list[str] = []
    outcome = Rollback(running, "web", said.append).run(to, timeout)
    assert outcome.revision
    return not outcome.problem, "\n".join(said)


def after(running, *answers):
    """What ECS says once it was asked to go back."""
    running.services_now += answers


@pytest.mark.parametrize(
    ("to", "number"),
    [(None, 2), ("2", 2), ("1", 1), ("shop-dev-web:1", 1), (revision(1), 1), ("01", 1), (digest(1), 1)],
)
def test_it_goes_back_and_waits_until_that_serves(to, number):
    running = Running()
    on_its_way = running.service_with(
        deployment(number, running=0, rollout="IN_PROGRESS"), deployment(3, status="ACTIVE")
    )
    draining = running.service_with(deployment(number), deployment(3, status="ACTIVE"))
    after(running, running.service_with(deployment(3)), on_its_way, draining, running.service_with(deployment(number)))
    serves, said = back(running, to)
    assert serves
    asked = {"cluster": CLUSTER, "service": "web-1", "taskDefinition": revision(number)}
    assert running.calls("update_service") == [asked]
    assert f"web: from shop-dev-web:3 to shop-dev-web:{number}  sha256:000000000000  2026-11-26 10:51 UTC" in said
    assert f"shop-dev-web:{number} serves, until the next `up`" in said
    assert f"image: {running.image(number)}" in said
    assert len(running.services_now) == 1, "it has waited for every answer"


def test_the_beginning_of_a_digest_will_do():
    running = Running()
    running.active = {revision(number): [f"registry.example/web@sha256:{number}{'0' * 63}"] for number in (3, 2, 1)}
    after(running, running.service_with(deployment(2)))
    assert back(running, "sha256:200000")[0]
    assert running.calls("batch_get_image") == [], "it is in no registry of AWS's"


def test_of_those_before_it_one_that_served_is_taken():
    running = Running(serves=4, revisions=(4, 3, 2, 1))
    running.succeeded = [4, 2, 2, 1]
    after(running, running.service_with(deployment(2)))
    assert back(running)[0]
    assert running.calls("update_service")[0]["taskDefinition"] == revision(2)


@pytest.mark.parametrize("to", ["3", digest(3)])
def test_going_back_to_what_serves_changes_nothing(to):
    running = Running()
    assert back(running, to) == (True, "shop-dev-web:3 serves already: nothing to do.")
    assert running.calls("update_service") == []


def test_of_two_revisions_with_one_digest_the_one_that_serves_is_meant():
    running = Running(serves=2)
    running.active = {arn: [running.image(7)] for arn in running.active}
    assert back(running, digest(7)) == (True, "shop-dev-web:2 serves already: nothing to do.")
    running.services_now = [running.service_with(deployment(9)), running.service_with(deployment(3))]
    assert back(running, digest(7))[0]
    assert running.calls("update_service")[0]["taskDefinition"] == revision(3), "the newest"


def test_a_whole_digest_is_looked_for_no_further_than_it_is_found():
    running: Any = Running(serves=1, revisions=tuple(range(9, 0, -1)))
    assert Revisions(running, "web").wanted(digest(8), revision(1)).arn == revision(8)
    asked = [one["taskDefinition"] for one in running.calls("describe_task_definition")]
    assert asked == [revision(1), revision(9), revision(8)]


LIST = (
    " There are, newest first:\n"
    "  shop-dev-web:3  sha256:000000000000  2026-11-26 10:51 UTC\n"
    "  shop-dev-web:2  sha256:000000000000  2026-11-26 10:51 UTC\n"
    "  shop-dev-web:1  sha256:000000000000  2026-11-26 10:51 UTC"
)


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("7", f"shop-dev-web:7 was never deployed here, or is deregistered.{LIST}"),
        ("shop-dev-web-two:9", f"shop-dev-web-two:9 is no revision of shop-dev-web, which web runs.{LIST}"),
        (digest(7), f"no revision of shop-dev-web runs an image {digest(7)}.{LIST}"),
        ("sha256:000000", f"sha256:000000 means several images: give more of the digest.{LIST}"),
        ("sha256:00", "--to must have 6 characters of the digest at least, got 'sha256:00'"),
        ("latest", "--to must be a revision such as 7, or a digest such as sha256:1f2e3d…, got 'latest'"),
    ],
)
def test_what_was_never_deployed_here_is_refused_with_what_was(to, told):
    running = Running()
    with pytest.raises(OpsError) as error:
        back(running, to)
    assert str(error.value) == told
    assert running.calls("update_service") == []


def test_the_first_revision_has_none_before_it():
    with pytest.raises(OpsError, match=r"shop-dev-web:1 serves, and there is none before it\. There are"):
        back(Running(serves=1))


def test_a_long_list_is_cut():
    running = Running(serves=13, revisions=tuple(range(13, 0, -1)))
    with pytest.raises(OpsError, match=r"shop-dev-web:4  .*\n  and 3 more$"):
        back(running, "99")


def test_a_family_without_a_revision_left_says_what_to_do():
    with pytest.raises(OpsError, match=r"There is no revision left: pulumi up -s dev"):
        back(Running(revisions=()), "3")


@pytest.mark.parametrize("gone", [digest(2), "web"], ids=["image", "repository"])
def test_a_revision_whose_image_is_gone_is_refused(gone):
    running = Running()
    running.gone.add(gone)
    with pytest.raises(OpsError) as error:
        back(running)
    assert str(error.value) == (
        f"shop-dev-web:2 cannot start: {running.image(2)} is not in ECR any more. Build that version again: check out "
        "its commit, and pulumi up"
    )
    assert running.calls("batch_get_image") == [
        {"repositoryName": "web", "registryId": "123456789012", "imageIds": [{"imageDigest": digest(2)}]}
    ]
    assert {"service": "ecr", "region": "eu-west-1"} in running.calls("client")
    assert running.calls("update_service") == []


def test_an_image_of_this_machine_s_registry_has_no_account():
    running = Running()
    running.active[revision(2)] = [f"localhost:4566/web@{digest(2)}"]
    after(running, running.service_with(deployment(2)))
    assert back(running)[0]
    assert running.calls("batch_get_image") == [{"repositoryName": "web", "imageIds": [{"imageDigest": digest(2)}]}]


def test_one_that_runs_by_a_tag_is_shown_by_it():
    running = Running()
    running.active[revision(2)] = ["registry.example/web:v1"]
    after(running, running.service_with(deployment(2)))
    assert "to shop-dev-web:2  registry.example/web:v1  2026" in back(running)[1]


def test_one_that_ecs_takes_back_fails_and_says_why():
    running = Running()
    failed = deployment(2, running=0, status="ACTIVE", rollout="FAILED")
    after(
        running,
        running.service_with(deployment(2, running=0, rollout="IN_PROGRESS"), deployment(3, status="ACTIVE")),
        running.service_with(deployment(3, rollout="IN_PROGRESS"), failed),
    )
    serves, said = back(running)
    assert not serves
    assert "web: shop-dev-web:2 was asked for, but ECS rolled back: shop-dev-web:3 serves.\nwhy " in said
    assert f"why ('{CLUSTER}', 'web-1', '{revision(2)}')" in said


def test_a_failure_that_nobody_saw_coming_is_found_after_a_while(monkeypatch):
    monkeypatch.setattr(rollback, "STALE_SECONDS", -1.0)
    running = Running()
    serves, said = back(running)
    assert not serves
    assert "ECS rolled back: shop-dev-web:3 serves" in said


def test_it_waits_no_longer_than_it_may():
    running = Running()
    after(running, running.service_with(deployment(2, running=0, rollout=None), deployment(3, status="ACTIVE")))
    serves, said = back(running, timeout=-1.0)
    assert not serves
    assert ("web: not done after -1 s, and ECS goes on: python -m ops verify web --stack dev --wait 600") in said


def test_nobody_needs_to_wait():
    running = Running()
    _, said = back(running, timeout=0)
    assert said.endswith("ECS goes on: python -m ops verify web --stack dev --wait 600")
    assert len(running.calls("update_service")) == len(running.calls("describe_services")) == 1


@pytest.mark.parametrize("gone", [None, {"status": "INACTIVE"}])
def test_a_service_that_is_gone_is_told(gone):
    running = Running()
    running.services_now = [gone]
    with pytest.raises(OpsError, match="ECS has no service web-1 any more: pulumi up -s dev makes it again"):
        back(running)


@pytest.mark.parametrize("words", [[], ["--json"]])
@pytest.mark.parametrize(("serves", "code"), [(True, 0), (False, 1)])
def test_the_command_exits_by_whether_it_serves(monkeypatch, capsys, serves, code, words):
    running = Running()
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)
    monkeypatch.setattr("sys.argv", ["ops", "rollback", "web", "--to", "2", "--wait", "1", *words])
    after(running, running.service_with(deployment(2) if serves else deployment(3, rollout="IN_PROGRESS")))
    monkeypatch.setattr(rollback, "STALE_SECONDS", -1.0)
    assert cli.main() == code
    shown = capsys.readouterr()
    assert "web: from shop-dev-web:3 to shop-dev-web:2" in (shown.err if words else shown.out)
    if words:
        told = json.loads(shown.out)
        assert (told["revision"], told["problem"] == "") == ("shop-dev-web:2", serves)


PAUSE = {"targetType": "PAUSE", "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"}}


@pytest.mark.parametrize(
    ("configuration", "minutes"),
    [
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}, 1),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}, 5),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5, "lifecycleHooks": [PAUSE]}, 65),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5, "lifecycleHooks": [{"targetType": "AWS_LAMBDA"}]}, 5),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": 7}, "bakeTimeInMinutes": 5}, 12),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 30, "stepBakeTimeInMinutes": 4}}, 12),
    ],
)
def test_it_waits_for_what_the_strategy_takes_too(configuration, minutes, clock):
    clock(iter([0.0, minutes * 60.0 + 4, minutes * 60.0 + 6]))
    running = Running()
    on_its_way = running.service_with(deployment(2, running=0, rollout="IN_PROGRESS"))
    after(running, running.service_with(deployment(3), deploymentConfiguration=configuration), on_its_way, on_its_way)
    running.services_now.pop(0)
    serves, said = back(running, timeout=5.0)
    assert not serves
    told = f"{minutes} minute{'s' * (minutes > 1)}"
    assert f"ECS takes {told} more for it, as its deployments are {configuration['strategy']}." in said
    assert f"not done after {minutes * 60 + 5} s" in said


def test_what_cannot_be_watched_is_under_way_all_the_same(monkeypatch):
    running = Running()
    update = running.update_service

    def unreachable(**_):
        raise RuntimeError("the token has\nexpired")

    def updated(**asked):
        monkeypatch.setattr(running, "describe_services", unreachable)
        return update(**asked)

    monkeypatch.setattr(running, "update_service", updated, raising=False)
    serves, said = back(running)
    assert not serves
    assert "web: how it goes on cannot be read: the token has expired; ECS goes on: python -m ops verify web" in said

"""The same stages, in the same order, by the same commands and roles in each CI: those of docs/delivery.md."""

import re
from itertools import pairwise

import pytest

from components import DeliveryEnvironment, DeliveryPipeline, DeliveryPipelineArgs
from localcloud.setup.pulumi_engine import VERSION

from .ci_files import (
    ACTIONS,
    BUILDSPECS,
    CIRCLECI,
    PIPELINE,
    ROOT,
    STACKS,
    UNATTENDED,
    Stage,
    circleci_stages,
    codepipeline_stages,
    github_stages,
    places,
    read,
)
from .circleci_config import jobs_of

ROW = re.compile(
    r"(?m)^\| (?P<name>[a-z0-9 -]+) \| (?P<command>.+?) \| (?P<role>[a-zA-Z0-9-]+) \| (?P<when>[a-z ,]+) \|"
)
STAGES = (ROOT / "docs/delivery.md").read_text("utf-8").partition("## Stages\n")[2].partition("\n## ")[0]
TABLE = [found for found in ROW.finditer(STAGES) if found["name"] != "stage"]
CIS = [github_stages, circleci_stages]


def told(when: str, stack: str = "") -> list[Stage]:
    """What the page says of the stages at a time."""
    stages = []
    for row in TABLE:
        if when in row["when"].split(", ") and (command := re.match("`(make .+?)`", row["command"])):
            role = "" if row["role"] == "none" else row["role"].replace("STACK", stack)
            stages.append(Stage(name=row["name"], command=command[1].replace("=STACK", f"={stack}"), role=role))
    return stages


def named(stages: list[Stage], name: str) -> list[Stage]:
    """The stages, but for what their names have of a stack."""
    return [
        Stage(name=name if one.name.startswith(name) else one.name, command=one.command, role=one.role)
        for one in stages
    ]


def test_the_page_has_every_stage():
    delivered = (
        [*([] if stack in UNATTENDED else [f"review {stack}", "approve"]), f"deploy {stack}", f"verify {stack}"]
        for stack in STACKS
    )
    assert [row["name"] for row in TABLE] == [
        *("check", *(f"review {stack}" for stack in STACKS), "build"),
        *(name for names in delivered for name in names),
        *("drift", "rollback", "remove", "cancel"),
    ], "a stack that is not in bootstrap:unattended is reviewed and approved first: docs/delivery.md, Another stack"


@pytest.mark.parametrize("ci", CIS)
def test_a_push_to_main_is_delivered_in_the_stages_of_the_page(ci):
    assert ci("deliver") == told("main")


@pytest.mark.parametrize("ci", CIS)
def test_a_pull_request_has_the_stages_of_the_page(ci):
    assert ci("pull-request") == told("pull request")


@pytest.mark.parametrize("ci", CIS)
@pytest.mark.parametrize("stack", STACKS)
def test_each_night_has_the_stages_of_the_page(ci, stack):
    assert named(ci("drift", stack=stack), "drift") == told("each night", stack)


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_done_by_hand_is_that_of_the_page(stack):
    given = {"stack": stack, "service": "web", "confirm": stack}
    assert github_stages("operate", **given) == told("by hand", stack)
    operations = ("rollback", "remove", "cancel")
    assert [one for name in operations for one in circleci_stages(name, **given)] == told("by hand", stack)


@pytest.fixture
def codepipeline(deploy, cloud):
    environments = [
        DeliveryEnvironment(
            stack=stack,
            preview_policy_arns=[f"arn:preview-{stack}"],
            deploy_policy_arns=[f"arn:deploy-{stack}"],
            needs_approval=stack not in UNATTENDED,
        )
        for stack in STACKS
    ]
    args = DeliveryPipelineArgs(
        repository="example/shop", environments=environments, build_policy_arns=["arn:build"], emails=["a@example.com"]
    )
    deploy(lambda: DeliveryPipeline("delivery", args))
    return cloud


def test_codepipeline_has_the_stages_of_the_page(codepipeline):
    assert codepipeline_stages(codepipeline, "delivery") == told("main")
    for stack in STACKS:
        drift = [one for one in codepipeline_stages(codepipeline, "delivery-drift") if one.name == f"drift {stack}"]
        assert named(drift, "drift") == told("each night", stack)
        [operate] = codepipeline_stages(codepipeline, f"delivery-operate-{stack}")
        script = (ROOT / operate.command).read_text("utf-8")
        for stage in told("by hand", stack):
            assert operate.role == stage.role
            assert re.sub(r"=\S+", "=", stage.command) in re.sub(r'="\$\w+"', "=", script)


def test_codepipeline_asks_somebody_between_the_review_and_prod(codepipeline):
    delivery = next(one for one in codepipeline.all(PIPELINE) if one.name == "delivery")
    names = [action["name"] for stage in delivery.inputs["stages"] for action in stage["actions"]]
    assert names[names.index("ReviewProd") :] == ["ReviewProd", "ApproveProd", "DeployProd", "VerifyProd"]
    privileged = [
        one.name
        for one in codepipeline.all("aws:codebuild/project:Project")
        if one.inputs["environment"]["privilegedMode"]
    ]
    assert privileged == ["delivery-build"]


def test_a_stage_waits_for_the_one_before_it():
    jobs = list(read(ROOT / ".github/workflows/deliver.yml")["jobs"].items())[1:]
    for (before, _), (_, job) in pairwise(jobs):
        assert before in ([job["needs"]] if isinstance(job["needs"], str) else job["needs"])
    names = [
        (given.get("name", job), given.get("requires"))
        for job, given in jobs_of(read(CIRCLECI)["workflows"]["deliver"])
    ]
    assert [requires for _, requires in names[1:]] == [[name] for name, _ in names[:-1]]


def test_prod_waits_for_somebody():
    prod = read(ROOT / ".github/workflows/deliver.yml")["jobs"]["deploy-prod"]
    assert prod["environment"] == "prod"
    jobs = dict(jobs_of(read(CIRCLECI)["workflows"]["deliver"]))
    assert jobs["approve"]["type"] == "approval"


PLACES = dict(places())


@pytest.mark.parametrize("place", PLACES)
def test_each_ci_delivers_the_stacks_that_bootstrap_names(place):
    assert PLACES[place] == STACKS, (
        f"{place}: stacks {', '.join(PLACES[place])}, where bootstrap:environments has {', '.join(STACKS)}: "
        "docs/delivery.md, Another stack, has every place"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_that_is_delivered_has_a_file(stack):
    assert (ROOT / f"Pulumi.{stack}.yaml").is_file(), f"bootstrap:environments names {stack}: write Pulumi.{stack}.yaml"


def test_each_ci_has_the_same_python_and_the_engine_that_tests_run_with():
    installs = ROOT / "bootstrap/buildspecs/install-pulumi.sh"
    texts = [file.read_text("utf-8") for file in [*ACTIONS, CIRCLECI, *BUILDSPECS, installs]]
    assert {found for text in texts for found in re.findall(r"(?m)^version=(\S+)", text)} == {VERSION}
    assert {
        found for text in texts for found in re.findall(r'(?:python(?:-version)?: "|cimg/python:)(3\.\d+)', text)
    } == {"3.11"}

"""What jobs of the CIs may do: roles that bootstrap/ makes and whose trust lets them in, and nothing else."""

import re
from fnmatch import fnmatchcase

import pytest

from bootstrap.delivery_roles import SESSION_SECONDS
from bootstrap.settings import Circleci, Github
from bootstrap.trust import DEPLOY, GITHUB_HOST, MAIN, circleci_condition, github_condition, uses

from .ci_files import ACTIONS, CIRCLECI, JOBS, ROOT, STACKS, WORKFLOWS, circleci_stages, github_stages, read
from .circleci_config import jobs_of

USES = {use.name: use for use in uses(STACKS, ["dev"])}
PLACES = {
    "github": Github(repository="example/shop"),
    "immutable": Github(repository="example/shop", organization_id=1, repository_id=2),
}
ACT_AS = read(ROOT / ".github/actions/act-as/action.yml")["runs"]["steps"]
CHANGING = ("deploy", "rollback", "remove", "cancel")
"""Jobs of CircleCI's that change a stack."""


def taken(job):
    """The stack and the kind of the role that a job of GitHub's takes; None if it takes none."""
    return next((step["with"] for step in job["steps"] if step.get("uses") == "./.github/actions/act-as"), None)


@pytest.mark.parametrize(("workflow", "name", "job"), JOBS, ids=[f"{file}-{name}" for file, name, _ in JOBS])
def test_a_job_may_do_what_it_needs_to_and_no_more(workflow, name, job):
    checks_out = any("actions/checkout@" in step.get("uses", "") for step in job["steps"])
    writes = {"comment": {"pull-requests": "write"}, "issue": {"issues": "write"}}.get(name, {})
    expected = {"contents": "read"} if checks_out else writes
    if (taken(job) or {}).get("role") == DEPLOY:
        expected |= {"actions": "read", "deployments": "read"}  # to see that somebody is asked, and what is deployed
    assert job["permissions"] == (expected | {"id-token": "write"} if taken(job) else expected)
    assert not (checks_out and writes), "what writes to GitHub runs nothing of the repository"


@pytest.mark.parametrize("github", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(("workflow", "name", "job"), JOBS, ids=[f"{file}-{name}" for file, name, _ in JOBS])
def test_a_job_s_token_is_one_that_its_role_lets_in(workflow, name, job, github):
    begins = "repo:example/shop:" if github.organization_id is None else "repo:example@1/shop@2:"
    ref = "pull_request" if workflow == "pull-request" else f"ref:{MAIN}"
    if role := taken(job):
        for stack in STACKS:
            environment, of = (re.sub(r"\$\{\{.*", stack, one) for one in (job.get("environment", ""), role["stack"]))
            wanted = github_condition(github, USES["build" if role["role"] == "build" else f"{role['role']}-{of}"])[
                "StringEquals"
            ]
            subjects = wanted[f"{GITHUB_HOST}:sub"]
            subject = begins + (f"environment:{environment}" if environment else ref)
            assert subject in ([subjects] if isinstance(subjects, str) else subjects)
            assert (role["role"] == DEPLOY) == bool(environment), "who deploys has been let pass by an environment"


def test_a_circleci_token_is_one_that_its_role_lets_in():
    ids = {"organization_id": f"{1:08}-0000-0000-0000-{1:012}", "project_id": f"{2:08}-0000-0000-0000-{2:012}"}
    project = Circleci(repository="example/shop", organization_id=ids["organization_id"], project_id=ids["project_id"])
    user = f"{3:08}-0000-0000-0000-{3:012}"
    origin = f"org/{ids['organization_id']}/project/{ids['project_id']}/user/{user}/vcs-origin/github.com"
    feature = "refs/heads/feature"
    for workflow, branch in (("pull-request", feature), ("deliver", MAIN), ("drift", MAIN)):
        for stage in (stage for stack in STACKS for stage in circleci_stages(workflow, stack=stack) if stage.role):
            [subject] = circleci_condition(project, USES[stage.role])["StringLike"].values()
            assert fnmatchcase(f"{origin}/example/shop/vcs-ref/{branch}", subject)
            assert not fnmatchcase(f"{origin}/stranger/shop/vcs-ref/{branch}", subject)
            assert fnmatchcase(f"{origin}/example/shop/vcs-ref/{feature}", subject) == (stage.role == "preview-dev")


@pytest.mark.parametrize("ci", [github_stages, circleci_stages])
def test_every_role_is_one_that_bootstrap_makes_and_each_is_taken(ci):
    runs = [ci("deliver"), *(ci(one, stack=stack) for one in ("pull-request", "drift") for stack in STACKS)]
    taken = {stage.role for stages in runs for stage in stages} - {""}
    assert taken == {use.name for use in uses(STACKS)}


def test_one_job_a_stack_deploys_at_a_time_and_none_is_cancelled():
    for _, _, job in JOBS:
        if (taken(job) or {}).get("role") == DEPLOY:
            assert job["concurrency"] == {"group": f"stack-{job['environment']}", "cancel-in-progress": False}
    cancelling = [file.stem for file in WORKFLOWS if read(file).get("concurrency", {}).get("cancel-in-progress")]
    assert cancelling == ["pull-request"]
    for title, workflow in read(CIRCLECI)["workflows"].items():
        for job, given in jobs_of(workflow):
            stack = given.get("stack", "<< pipeline.parameters.stack >>")
            alone = f"<< pipeline.project.slug >>/{stack}" if job in CHANGING else None
            assert given.get("serial-group") == alone, title


def test_circleci_acts_on_main_only_and_in_a_context_of_the_role_s():
    for title, workflow in read(CIRCLECI)["workflows"].items():
        main = {"equal": ["main", "<< pipeline.git.branch >>"]}
        assert ({"not": main} if title == "pull-request" else main) in workflow["when"]["and"]
        for job, given in jobs_of(workflow):
            stack = given.get("stack", "<< pipeline.parameters.stack >>")
            only = {"review": "aws-preview", "verify": "aws-preview", "drift": "aws-preview", "build": "aws-dev"}
            expected = None if job in ("check", "approve", "review-offline") else only.get(job, f"aws-{stack}")
            assert given.get("context") == expected, f"{title} {job}"


def test_a_fork_gets_no_credentials():
    pull_request = {name: job for file, name, job in JOBS if file == "pull-request"}
    ours = "github.event.pull_request.head.repo.full_name == github.repository"
    assert pull_request["where"]["if"] == f"{ours} && github.event.pull_request.user.login != 'dependabot[bot]'"
    assert "needs.where.outputs.configured == 'true'" in pull_request["review-dev"]["if"]
    reviewed = dict(jobs_of(read(CIRCLECI)["workflows"]["pull-request"]))["review"]
    ignored = reviewed["filters"]["branches"]["ignore"].strip("/").replace(r"\/", "/")
    assert all(re.fullmatch(ignored, branch) for branch in ("pull/12", "dependabot/pip/boto3-2"))
    assert not re.fullmatch(ignored, "pull-faster")
    assert all("pull_request_target" not in read(file)["on"] for file in WORKFLOWS)


def test_nothing_is_downloaded_or_asked_with_credentials():
    """The engine comes before them, and not at all where the role reaches no state."""
    names = [one.get("name", one.get("uses", "").partition("@")[0]) for one in ACT_AS]
    assert names[:-1] == [
        "./.github/actions/where",
        "Somebody is asked",
        "Nothing newer is deployed",
        "Pulumi",
        "aws-actions/configure-aws-credentials",
    ]
    conditions = {one["name"]: one["if"] for one in ACT_AS if "if" in one}
    assert conditions == {
        "Somebody is asked": "inputs.role == 'deploy' && steps.where.outputs.approval == 'required'",
        "Nothing newer is deployed": "inputs.role == 'deploy'",
        "Pulumi": "inputs.role != 'build'",
    }
    steps = read(CIRCLECI)["commands"]["act-as"]["steps"]
    assert [next(iter(one)) if isinstance(one, dict) else one for one in steps] == [
        *("install", "run", "unless", "aws-cli/setup")
    ]
    assert steps[2]["unless"]["condition"] == {"equal": ["build", "<< parameters.role >>"]}
    assert "pulumi login" not in CIRCLECI.read_text("utf-8")


def test_what_changes_a_stack_ends_before_its_credentials_do():
    text = (ROOT / ".ci/in-time").read_text("utf-8")
    [minutes] = (int(found) for found in re.findall(r"MINUTES:-(\d+)", text))
    sessions = {
        one["with"]["role-duration-seconds"] for one in ACT_AS if "with" in one and "role-to-assume" in one["with"]
    }
    [setup] = (one["aws-cli/setup"] for one in read(CIRCLECI)["commands"]["act-as"]["steps"] if "aws-cli/setup" in one)
    assert {*sessions, int(setup["session_duration"])} == {SESSION_SECONDS}
    assert minutes * 60 + 600 <= SESSION_SECONDS
    runs = [(job, step["run"]) for _, _, job in JOBS for step in job["steps"] if "run" in step]
    for job, command in runs:
        if (taken(job) or {}).get("role") == DEPLOY:
            assert command.startswith("exec .ci/in-time make ")
            assert job["timeout-minutes"] >= minutes + 15, "it has been installed before, and ends in good order after"
    for name in CHANGING:
        [step] = (one["run"] for one in read(CIRCLECI)["jobs"][name]["steps"] if "run" in one)
        assert step["command"].startswith("exec .ci/in-time make ")
        assert int(step["no_output_timeout"].removesuffix("m")) > minutes


def test_nothing_is_stored():
    for file in [*WORKFLOWS, *ACTIONS, CIRCLECI]:
        assert not re.search(
            r"\bsecrets[.\[]|AWS_SECRET|AWS_ACCESS_KEY|PULUMI_ACCESS_TOKEN", file.read_text("utf-8")
        ), file

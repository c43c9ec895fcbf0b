"""`ops bootstrap`: who may, where its state is and goes, and what it says is left to do."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from ops import aim, bootstrap_state, cli, process
from ops.aim import Aim
from ops.bootstrap import advice, bootstrap
from ops.error import OpsError
from ops.process import Ended

from .delivered_stack import Sts

ACCOUNT = "111111111111"
BUCKET = f"s3://shop-state-{ACCOUNT}-eu-west-1?region=eu-west-1"
STATE = f"bootstrap/.state/shop-state-{ACCOUNT}-eu-west-1"
ORG = "aaaaaaaa-89ab-cdef-0123-456789abcdef"
FILE = f"""\
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: ["{ACCOUNT}"]
  bootstrap:unattended: [dev]
  bootstrap:environments: [dev, prod]
  bootstrap:github: {{repository: ann/shop}}
  bootstrap:circleci: {{organization_id: {ORG}, project_id: {ORG}, repository: ann/shop}}
  bootstrap:codepipeline: {{repository: ann/shop}}
"""


class Aws(Sts):
    """STS, IAM and S3 in one."""

    def __init__(self):
        super().__init__(ACCOUNT)
        self.bucket, self.bucket_name = "404", f"shop-state-{ACCOUNT}-eu-west-1"
        self.roles = {"elasticloadbalancing.amazonaws.com"}
        self.refuses = ""
        self.layout = b""

    def head_bucket(self, Bucket):  # noqa: N803 - AWS's name
        assert Bucket == self.bucket_name
        if self.bucket:
            raise ClientError({"Error": {"Code": self.bucket, "Message": "no"}}, "HeadBucket")

    def put_object(self, Bucket, Key, Body, IfNoneMatch):  # noqa: N803 - AWS's names
        assert (Bucket, Key, IfNoneMatch) == (f"shop-state-{self.account}-eu-west-1", ".pulumi/meta.yaml", "*")
        if self.layout:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "it is there"}}, "PutObject")
        self.layout = Body

    def create_service_linked_role(self, AWSServiceName):  # noqa: N803 - AWS's name
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": self.refuses}}, "CreateServiceLinkedRole")
        if AWSServiceName in self.roles:
            taken = "Service role name AWSServiceRoleForX has been taken in this account"
            raise ClientError({"Error": {"Code": "InvalidInput", "Message": taken}}, "CreateServiceLinkedRole")
        self.roles.add(AWSServiceName)


class Engine:
    """`pulumi`, with a state for each backend: how many resources the stack has there."""

    def __init__(self, aws):
        self.aws = aws
        self.states = {}
        self.asked = []
        self.code, self.says = 0, "up"
        self.loses = 0
        self.refuses = ""

    def answer(self, command, folder, environment, told, missing):
        backend, words = environment.get("PULUMI_BACKEND_URL"), command[1:]
        self.asked.append((words[1], backend))
        if self.refuses == words[1]:
            return Ended(code=1, lines=("error: no",))
        if words[1] == "select":
            assert environment.get("PULUMI_CONFIG_PASSPHRASE") == ("" if backend else None)
            self.states.setdefault(backend, 0)
        elif backend not in self.states:
            return Ended(code=1, lines=("error: no stack named 'account' found",))
        elif words[1] == "export":
            resources = [{"urn": f"urn:{one}"} for one in range(self.states[backend])]
            Path(words[3]).write_text(json.dumps({"deployment": {"resources": resources} if resources else {}}))
        else:
            self.states[backend] = len(json.loads(Path(words[3]).read_text())["deployment"]["resources"]) - self.loses
        return Ended(code=0, lines=())

    def streamed(self, command, folder, environment, show, missing):
        backend = environment.get("PULUMI_BACKEND_URL")
        self.asked.append(("up", backend))
        show(self.says)
        if not self.code:
            self.states[backend] = 40
            self.aws.bucket = ""
        return Ended(code=self.code, lines=(self.says,))


@pytest.fixture
def aws(monkeypatch):
    found = Aws()
    monkeypatch.setattr(aim, "session_of", lambda *_: found)
    return found


@pytest.fixture
def engine(aws, monkeypatch):
    found = Engine(aws)
    monkeypatch.setattr(bootstrap_state, "answer", found.answer)
    monkeypatch.setattr(process, "streamed", found.streamed)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "of somebody's")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "bootstrap").mkdir()
    (tmp_path / "bootstrap/Pulumi.yaml").write_text("name: shop-bootstrap\nruntime: python\n")
    (tmp_path / "bootstrap/Pulumi.account.yaml").write_text(FILE)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  fargate:role_path: /shop/dev/\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def first(folder):
    """Where the state is before there is a bucket."""
    return (folder / STATE).as_uri()


@pytest.fixture
def run(folder):
    """Run it, and have its lines."""

    def run():
        lines = []
        code = bootstrap(folder, "account", lines.append)
        return code, lines

    return run


def test_the_first_time_its_state_goes_from_a_folder_into_the_bucket(run, engine, folder, first, capsys):
    code, lines = run()
    assert code == 0
    assert capsys.readouterr().err == f"Target: account {ACCOUNT}, eu-west-1, stack account\n"
    assert [one for one in engine.asked if one[0] != "export"] == [
        ("select", first),
        ("up", first),
        ("select", BUCKET),
        ("import", BUCKET),
    ]
    assert engine.states[BUCKET] == 40
    assert not (folder / STATE).exists(), "there is one truth"
    assert f"Moving this stack's own state into {BUCKET}" in lines


def test_from_then_on_it_is_in_the_bucket(run, engine, aws):
    run()
    engine.asked.clear()
    code, lines = run()
    assert code == 0
    assert {backend for _, backend in engine.asked} == {BUCKET}
    assert aws.layout == b"version: 1\n", "of the first time"
    assert not [one for one in lines if one.startswith("Moving")]


@pytest.mark.parametrize("ended_at", ["select", "import"])
def test_ended_while_it_moves_it_begins_again(run, engine, folder, first, ended_at):
    """The folder's state is right until all of it is in the bucket."""
    engine.streamed(["pulumi"], folder, {"PULUMI_BACKEND_URL": first}, lambda _: None, "")
    (folder / STATE).mkdir(parents=True)
    if ended_at == "import":
        engine.states[BUCKET] = 0
    engine.asked.clear()
    assert run()[0] == 0
    assert ("up", first) in engine.asked
    assert engine.states[BUCKET] == 40


def test_what_does_not_arrive_whole_is_told_and_the_folder_kept(run, engine, folder, first):
    engine.loses = 1
    with pytest.raises(OpsError, match=rf"39 of 40 resources came into s3://.*/{STATE} is still right"):
        run()
    assert (folder / STATE).is_dir()


@pytest.mark.parametrize(("in_the_folder", "stays"), [(40, False), (41, True)])
def test_ended_after_it_was_moved_the_folder_goes_if_the_bucket_knows_all_of_it(
    run, engine, folder, first, in_the_folder, stays
):
    run()
    (folder / STATE).mkdir(parents=True)
    engine.states[first] = in_the_folder
    run()
    assert (folder / STATE).exists() == stays


def test_a_rehearsal_leaves_the_state_of_aws_alone(run, engine, aws, folder):
    """The account was made ready in part, and its folder is the only record of it."""
    engine.code = 255
    run()
    engine.code, aws.endpoint = 0, "http://127.0.0.1:4566"
    run()
    aws.account = "000000000000"
    run()
    assert (folder / STATE).is_dir()


def test_accounts_and_regions_have_a_folder_each(run, engine, aws, folder):
    engine.code = 255
    run()
    file = folder / "bootstrap/Pulumi.account.yaml"
    file.write_text(FILE.replace("eu-west-1", "eu-west-2"))
    aws.bucket_name = f"shop-state-{ACCOUNT}-eu-west-2"
    run()
    assert len(list((folder / "bootstrap/.state").iterdir())) == 2


def test_on_the_local_cloud_its_own_pulumi_keeps_the_state_and_examples_will_do(run, engine, aws, folder):
    aws.endpoint, aws.account = "http://127.0.0.1:4566", "000000000000"
    file = folder / "bootstrap/Pulumi.account.yaml"
    file.write_text(FILE.replace(ACCOUNT, "123456789012").replace("ann/shop", "example/shop"))
    code, lines = run()
    assert code == 0
    assert engine.asked == [("select", None), ("up", None)]
    assert "This was a rehearsal. On AWS, with the number of your account, this would be left, once:" in lines
    assert not [one for one in lines if one.startswith("Account ")]


def test_examples_are_refused_before_anybody_is_asked(run, engine, folder):
    file = folder / "bootstrap/Pulumi.account.yaml"
    file.write_text(FILE.replace("ann/shop", "example/shop"))
    with pytest.raises(OpsError, match="Pulumi.account.yaml has the example values example/shop: put your account"):
        run()
    assert engine.asked == []


def test_another_account_is_refused(run, engine, aws):
    aws.account = "222222222222"
    with pytest.raises(OpsError, match="account 222222222222 is not one that aws:allowedAccountIds in Pulumi.account"):
        run()
    assert engine.asked == []
    assert aws.roles == {"elasticloadbalancing.amazonaws.com"}


def test_roles_that_services_take_are_made_where_there_are_none(run, engine, aws):
    _, lines = run()
    assert lines[:2] == [
        "Made the account's role for ECS (ecs.amazonaws.com)",
        "Made the account's role for scaling of services (ecs.application-autoscaling.amazonaws.com)",
    ]
    assert len(aws.roles) == 3
    assert not [one for one in run()[1] if one.startswith("Made")]


def test_whoever_is_no_administrator_gets_no_further(run, engine, aws):
    aws.refuses = "not authorized to perform: iam:CreateServiceLinkedRole"
    with pytest.raises(ClientError):
        run()
    assert "up" not in [one for one, _ in engine.asked]


def test_without_an_engine_nothing_is_made(run, engine, aws):
    engine.refuses = "select"
    with pytest.raises(OpsError):
        run()
    assert aws.roles == {"elasticloadbalancing.amazonaws.com"}


def test_a_bucket_of_somebody_else_s_is_told(run, engine, aws):
    aws.bucket = "403"
    with pytest.raises(OpsError, match=f"bucket shop-state-{ACCOUNT}-eu-west-1 cannot be asked .*another account's"):
        run()


def test_what_the_engine_says_is_told(run, engine):
    engine.refuses = "select"
    with pytest.raises(OpsError, match="the state of the bootstrap cannot be had. The engine said:\nerror: no"):
        run()


@pytest.mark.parametrize(
    ("said", "what_next"),
    [
        (
            "error: the stack is currently locked by 1 lock(s)",
            "PULUMI_CONFIG_PASSPHRASE= PULUMI_BACKEND_URL={first} pulumi --cwd bootstrap --stack account cancel --yes",
        ),
        (
            "error: resource 'urn:it' cannot be deleted\nbecause it is protected",
            "remove the stack first (make remove), then PULUMI_CONFIG_PASSPHRASE= PULUMI_BACKEND_URL={first} pulumi "
            "--cwd bootstrap --stack account state unprotect --yes 'URN'",
        ),
        ("DeleteConflict: Cannot delete a policy attached to entities", "remove the stack first (make remove)"),
        (
            "creating IAM OIDC Provider: operation error IAM: CreateOpenIDConnectProvider, EntityAlreadyExists",
            "existing_provider: true",
        ),
        ("creating S3 Bucket: BucketAlreadyOwnedByYou", "whose bootstrap/.state has its state"),
        ("AccessDenied: User is not authorized to perform iam:CreateRole", "takes an administrator"),
    ],
)
def test_a_failure_says_what_next_and_keeps_the_state_where_it_is(run, engine, folder, first, said, what_next):
    engine.code, engine.says = 255, said
    code, lines = run()
    assert code == 255
    assert lines[-1].startswith("what next: ")
    assert what_next.format(first=first) in lines[-1]
    assert (folder / STATE).is_dir()
    assert not [one for one in lines if one.startswith("Account")]


def test_a_failure_that_nobody_knows_says_itself(aws, folder):
    assert list(advice(Aim(folder / "bootstrap", "account"), None, "error: it rains")) == []
    (locked,) = advice(Aim(folder / "bootstrap", "account"), BUCKET, "the stack is locked")
    assert shlex.split(locked)[-9:-6] == ["PULUMI_CONFIG_PASSPHRASE=", f"PULUMI_BACKEND_URL={BUCKET}", "pulumi"]
    (locked,) = advice(Aim(folder / "bootstrap", "account"), None, "the stack is locked")
    assert locked.endswith("then: pulumi --cwd bootstrap --stack account cancel --yes"), "the local cloud's own"


def test_what_is_left_is_told_as_lines_and_commands(run, engine, folder):
    lines = run()[1]
    left = lines[lines.index(f"Account {ACCOUNT} is ready for delivery of dev, prod. What is left, once:") :]
    assert left[2:7] == [
        "Pulumi.dev.yaml: under config, which makes the roles of a stack that runs anew:",
        f'  aws:allowedAccountIds: ["{ACCOUNT}"]',
        '  aws:defaultTags: {"tags": {"project": "shop", "environment": "dev"}}',
        f"  fargate:permissions_boundary_arn: arn:aws:iam::{ACCOUNT}:policy/shop-delivery/shop-boundary-dev",
        "",
    ]
    assert left[7].startswith("Pulumi.prod.yaml: write it")
    commands = [one.strip() for one in left if one.startswith(("  echo ", "  gh ", "  circleci ", "  curl "))]
    for command in commands:
        assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0, command
    put = [shlex.split(one) for one in commands if "--method PUT" in one]
    assert [one[7] for one in put] == [
        "repos/ann/shop/environments/dev",
        "repos/ann/shop/environments/prod",
    ]
    dev, prod = (json.loads(one[1].replace("REVIEWER", "7")) for one in put)
    assert "reviewers" not in dev
    assert prod["reviewers"] == [{"type": "User", "id": 7}]
    assert prod["prevent_self_review"]
    assert dev["deployment_branch_policy"] == {"protected_branches": False, "custom_branch_policies": True}
    contexts = [one.split()[-1] for one in commands if one.startswith("circleci")]
    assert contexts == ["aws-preview", "aws-dev", "aws-prod"]
    asked = [shlex.split(one, comments=True) for one in commands if one.startswith("curl")]
    rules = [json.loads(one[one.index("--data") + 1]) for one in asked]
    assert {one["restriction_type"] for one in rules} == {"expression"}
    own = 'not job.ssh.enabled and not (pipeline.config_source starts-with "api")'
    deploying = f'{own} and pipeline.git.branch == "main"'
    assert [one["restriction_value"] for one in rules] == [own, deploying, deploying]
    assert any("confirm the new connection" in one for one in left)


def test_whoever_says_nothing_approves_every_stack(run, engine, folder):
    file = folder / "bootstrap/Pulumi.account.yaml"
    file.write_text(file.read_text().replace("  bootstrap:unattended: [dev]\n", ""))
    put = [one for one in run()[1] if "--method PUT" in one]
    assert len(put) == 2
    assert all('"reviewers"' in one for one in put)


def test_nothing_is_said_of_what_is_not_used_or_done(run, engine, folder):
    file = folder / "bootstrap/Pulumi.account.yaml"
    pipeline = "bootstrap:codepipeline: {repository: ann/shop, connection_arn: CONNECTION}".replace(
        "CONNECTION", f"arn:aws:codeconnections:eu-west-1:{ACCOUNT}:connection/{ORG}"
    )
    kept = [
        line for line in FILE.splitlines() if "github" not in line and "circleci" not in line and "code" not in line
    ]
    file.write_text("\n".join([*kept[:-1], "  bootstrap:environments: [dev]", f"  {pipeline}", ""]))
    (folder / "Pulumi.dev.yaml").write_text(
        f'config:\n  aws:allowedAccountIds: ["{ACCOUNT}"]\n  fargate:role_path: /shop/dev/\n'
        f"  fargate:permissions_boundary_arn: arn:aws:iam::{ACCOUNT}:policy/shop-delivery/shop-boundary-dev\n"
        "  aws:defaultTags: {tags: {project: shop, environment: dev}}\n"
    )
    text = "\n".join(run()[1])
    assert "Pulumi.dev.yaml: nothing" in text
    for absent in ("GitHub", "CircleCI", "connection"):
        assert absent not in text


def test_the_command(engine, folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ops", "bootstrap"])
    assert cli.main() == 0
    assert "What is left, once:" in capsys.readouterr().out
    engine.code = 255
    assert cli.main() == 1

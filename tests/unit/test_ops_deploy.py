import json

import pytest

from ops import cli, deploy, process
from ops.deploy import advice
from ops.error import OpsError
from ops.process import Ended

from . import delivered_stack
from .delivered_stack import ACCOUNT_FILE, DIGEST, FILE, REPOSITORY, deliver

aws, folder, aimed = delivered_stack.aws, delivered_stack.folder, delivered_stack.aimed
engine, outputs = delivered_stack.engine, delivered_stack.outputs
NEW = {
    "stack --show-name": (6, "error: no stack named 'dev' found\n", ""),
    "stack init": (0, "Created stack 'dev'\n", ""),
}
"""What the engine says of a stack that is not in its state."""
READY = """\
  aws:allowedAccountIds: ["111111111111"]
  aws:defaultTags: {tags: {project: fargate, environment: dev}}
  fargate:role_path: /fargate/dev/
  fargate:permissions_boundary_arn: arn:aws:iam::111111111111:policy/fargate-delivery/fargate-boundary-dev
"""
LOCKED = "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end"
DENIED = (
    "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/fargate-preview-dev/ci is not authorized to perform: "
    "ecs:UpdateService on resource: arn:aws:ecs:eu-west-1:123456789012:service/c/web because no identity-based policy"
)


@pytest.fixture
def runs(monkeypatch):
    """What the engine is asked, and how that ends: at once, without a word."""
    found = {"asked": [], "images": [], "ended": Ended(code=0, lines=())}

    def streamed(command, folder, environment, show, missing):
        found["asked"].append(command)
        found["images"].append(environment.get("FARGATE_IMAGES"))
        for line in found["ended"].lines:
            show(line)
        return found["ended"]

    monkeypatch.setattr(process, "streamed", streamed)
    monkeypatch.delenv("PULUMI_SECRETS_PROVIDER", raising=False)
    return found


@pytest.fixture
def ops(aws, folder, engine, runs, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ops", *arguments])
        code = cli.main()
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_a_stack_is_brought_to_what_its_file_says(ops, engine, runs, folder):
    code, _, err = ops("deploy")
    assert (code, err.splitlines()[0].partition(" ")[0]) == (0, "Target:")
    assert [one[1:3] for one in engine.asked] == [["stack", "output"], ["stack", "--show-name"]], "none is selected"
    assert engine.asked[1][3:5] == ["--stack", "dev"]
    assert runs["asked"] == [
        ["pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive", "--color", "never"]
    ]
    assert runs["images"] == [None]


def test_the_images_that_are_named_are_taken_over_and_the_policies_run(ops, runs, folder):
    (folder / "policies").mkdir()
    (folder / "policies" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    file = folder / "images.json"
    file.write_text(json.dumps(dict.fromkeys(("web", "night"), f"{REPOSITORY}@{DIGEST}")))
    assert ops("deploy", "--images", "images.json")[0] == 0
    assert runs["images"] == [str(file)]
    assert runs["asked"][0][4:6] == ["--policy-pack", str(folder / "policies")]


def test_a_new_stack_s_secrets_are_encrypted_by_the_key_that_is_named(ops, engine, monkeypatch):
    engine.says |= NEW
    assert "Created stack 'dev'" in ops("deploy")[1]
    assert engine.asked[-1] == [
        "pulumi",
        "stack",
        "init",
        "dev",
        "--no-select",
        "--non-interactive",
        "--color",
        "never",
    ]
    monkeypatch.setenv("PULUMI_SECRETS_PROVIDER", "awskms://alias/x")
    assert ops("deploy")[0] == 0
    assert engine.asked[-1][2:7] == ["init", "dev", "--no-select", "--secrets-provider", "awskms://alias/x"]


def test_a_stack_that_cannot_be_made_is_not_deployed(ops, engine, runs):
    engine.says |= NEW | {"stack init": (1, "", "error: AccessDenied\n")}
    code, out, err = ops("deploy")
    assert (code, out, runs["asked"]) == (2, "", [])
    assert "stack dev cannot be had" in err


def test_a_stack_that_ci_delivers_is_not_made_a_second_time_elsewhere(ops, aws, engine, runs, folder, monkeypatch):
    deliver(folder)
    (folder / "Pulumi.dev.yaml").write_text(f"{FILE}{READY}")
    aws.account = "111111111111"
    engine.says |= NEW
    bucket = "s3://fargate-state-111111111111-eu-west-1?region=eu-west-1"
    for backend, said in (("", "not set"), ("file://~", "file://~")):
        monkeypatch.setenv("PULUMI_BACKEND_URL", backend)
        code, _, err = ops("deploy")
        assert (code, runs["asked"]) == (2, [])
        assert f"would be made a second time: its own is in {bucket}, and PULUMI_BACKEND_URL is {said}." in err
        assert 'eval "$(.venv/bin/python -m ops where --stack dev --as deploy --format shell)"' in err
        assert not [one for one in engine.asked if "init" in one]
    monkeypatch.setenv("PULUMI_BACKEND_URL", bucket)
    assert ops("deploy")[0] == 0
    aws.endpoint = "http://127.0.0.1:4566"
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    assert ops("deploy")[0] == 0, "the local cloud keeps its own"


def test_a_stack_that_is_there_is_deployed_wherever_it_is(ops, aws, folder, monkeypatch):
    deliver(folder)
    (folder / "Pulumi.dev.yaml").write_text(f"{FILE}{READY}")
    aws.account = "111111111111"
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    assert ops("deploy")[0] == 0


def test_without_a_state_it_does_not_begin(ops, engine, runs):
    engine.says["stack --show-name"] = (1, "error: failed to open bucket: NoSuchBucket\n", "")
    code, _, err = ops("deploy")
    assert code == 2
    assert "stack dev cannot be had. The engine said:\nerror: failed to open bucket" in err
    assert (
        "PULUMI_BACKEND_URL, which python -m ops where --stack dev prints, and make bootstrap makes the bucket" in err
    )
    assert runs["asked"] == []


def test_a_stack_that_is_delivered_must_be_ready_before_anything_is_asked(ops, aws, engine, runs, folder):
    deliver(folder)
    code, _, err = ops("deploy")
    assert (code, engine.asked, runs["asked"]) == (2, [], [])
    assert "Pulumi.dev.yaml is not ready for delivery to account 111111111111. Put under its config:" in err
    aws.endpoint = "http://127.0.0.1:4566"
    assert ops("deploy")[0] == 0, "the local cloud has other numbers"


@pytest.mark.parametrize("change", [("[dev]", "[prod]"), ("111111111111", "123456789012")])
def test_a_stack_of_no_file_or_one_with_example_values_is_deployed_as_it_is(ops, folder, change):
    deliver(folder, ACCOUNT_FILE.replace(*change))
    assert ops("deploy")[0] == 0


def test_a_file_of_images_that_does_not_do_begins_nothing(ops, engine, runs, folder):
    assert ops("deploy", "--images", "images.json")[0] == 2
    (folder / "images.json").write_text(json.dumps({"web": f"{REPOSITORY}@{DIGEST}"}))
    code, _, err = ops("deploy", "--images", "images.json")
    assert (code, "night is missing, and would be built anew" in err) == (2, True)
    assert (engine.asked, runs["asked"]) == ([], [])


def test_a_deploy_that_fails_says_what_next(ops, runs):
    runs["ended"] = Ended(code=255, lines=("what ECS says", LOCKED))
    code, out, _ = ops("deploy")
    assert code == 1
    assert out.startswith(f"what ECS says\n{LOCKED}\nwhat next: the state of stack dev is locked")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (LOCKED, ["See first that no other runs", "make cancel STACK=dev CONFIRM=dev"]),
        (
            DENIED,
            ["may not do ecs:UpdateService on arn:aws:ecs:eu-west-1:123456789012:service/c/web", "make bootstrap"],
        ),
        ("UnauthorizedOperation", ["may not do what the engine says above"]),
        ('blob (key ".pulumi/stacks/fargate/prod.json") (code=PermissionDenied)', ["Is it the role of this stage"]),
        ("ExpiredToken: AccessDenied", ["the AWS credentials have expired", "MaxSessionDuration"]),
        ("NoSuchBucket", ["this shell's pulumi finds no state", "PULUMI_BACKEND_URL"]),
        ("passphrase must be set", ["PULUMI_SECRETS_PROVIDER must name the key that make bootstrap made"]),
        ("something else", []),
    ],
)
def test_what_to_do_by_what_the_engine_says(aimed, said, told):
    found = list(advice(aimed, said))
    assert len(found) == bool(told)
    for words in told:
        assert words in found[0]


def test_a_state_is_freed_once_somebody_says_that_nothing_runs(ops, runs):
    for arguments in ((), ("--confirm", "prod")):
        code, _, err = ops("cancel", *arguments)
        assert (code, "say so by its name: --confirm dev" in err) == (2, True)
    assert runs["asked"] == []
    assert ops("cancel", "--confirm", "dev")[0] == 0
    assert runs["asked"][0][1:5] == ["cancel", "--yes", "--stack", "dev"]
    runs["ended"] = Ended(code=1, lines=("nobody answers",))
    assert ops("cancel", "--confirm", "dev")[0] == 1


def test_what_is_removed_must_be_named_twice(ops, runs):
    for arguments in ((), ("--confirm", "prod")):
        code, _, err = ops("remove", *arguments)
        assert (code, "everything in stack dev would be deleted: say so by its name, --confirm dev" in err) == (2, True)
    assert runs["asked"] == []
    assert ops("remove", "--confirm", "dev")[0] == 0
    assert runs["asked"][0][1:6] == ["destroy", "--yes", "--skip-preview", "--stack", "dev"]
    runs["ended"] = Ended(code=1, lines=("it is protected",))
    assert ops("remove", "--confirm", "dev")[:2] == (1, "it is protected\n")


def test_without_an_engine_it_says_so(aimed, engine):
    engine.missing = True
    with pytest.raises(OpsError, match="no pulumi on PATH"):
        deploy.deploy(aimed, None, print)

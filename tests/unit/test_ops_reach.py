import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ProfileNotFound

from ops import deployed
from ops.deployed import Deployed, is_loopback
from ops.error import OpsError
from ops.reach import reach
from ops.stack_file import NO_ACCOUNT, StackFile

from .running_stack import Running

OUTPUTS = {
    "url": "https://shop.example.com",
    "cluster": "c-1",
    "services": {
        "web": {
            "service": "web-1",
            "task_definition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/w:7",
            "log_group": "logs-1",
        }
    },
}
JOB = {
    "schedule": "arn:schedule/nightly-1",
    "task_definition": "arn:aws:ecs:eu-west-1:210987654321:task-definition/j:1",
    "log_group": "logs-2",
}


@pytest.fixture
def stack(monkeypatch):
    """A stack that runs on AWS."""
    running = Running()
    monkeypatch.setattr(deployed, "Deployed", lambda folder, name: running)
    return running


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a stack, whose engine says what a test lets it."""
    (tmp_path / "Pulumi.yaml").write_text("name: fargate\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "PROFILE": ""}.items():
        monkeypatch.setenv(f"AWS_{name}", value) if value else monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    def says(out="{}", code=0, err=""):
        ran = subprocess.CompletedProcess([], code, out, err)
        monkeypatch.setattr(deployed.subprocess, "run", lambda *_, **__: ran)
        return tmp_path

    return says


def configured(**config):
    return StackFile(project="fargate", config={f"aws:{key}": value for key, value in config.items()}, secrets=())


def refusal(stack):
    with pytest.raises(OpsError) as error:
        reach(Path(), "dev")
    assert not stack.calls("describe_services")
    return str(error.value)


def test_an_account_is_told_before_anything_is_asked_there(stack, capsys):
    assert reach(Path(), "dev") is stack
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "Target: account 123456789012, eu-west-1, stack dev\n")
    assert stack.calls("client") == [{"service": "sts", "region": None}]


def test_a_local_cloud_is_told_before_it_is_asked(stack, monkeypatch, capsys):
    stack.is_local, stack.endpoint, stack.account = True, "http://127.0.0.1:4566", NO_ACCOUNT

    def stopped():
        raise ConnectionError

    monkeypatch.setattr(stack, "get_caller_identity", stopped, raising=False)
    with pytest.raises(ConnectionError):
        reach(Path(), "dev")
    assert capsys.readouterr().err == "Target: local cloud at http://127.0.0.1:4566, stack dev\n"


def test_a_stack_of_aws_is_not_looked_for_in_a_local_cloud(stack):
    stack.is_local, stack.caller = True, NO_ACCOUNT
    said = refusal(stack)
    assert said.startswith(
        "stack dev was deployed to account 123456789012, but this shell's AWS credentials are those of 000000000000. "
    )
    assert 'eval "$(.venv/bin/python -m localcloud env)" turns both to the local cloud' in said


def test_a_stack_of_a_local_cloud_is_not_looked_for_on_aws(stack, capsys):
    stack.account = NO_ACCOUNT
    assert "was deployed to a local cloud, but this shell's AWS credentials lead to AWS" in refusal(stack)
    assert stack.calls("client") == [], "no account of anybody's was asked"
    assert capsys.readouterr().err == ""


def test_another_account_than_the_stack_s_is_refused(stack):
    stack.caller = "210987654321"
    assert "deployed to account 123456789012, but this shell's AWS credentials are those of 210987654321" in refusal(
        stack
    )


def test_an_account_that_the_stack_does_not_allow_is_refused(stack):
    stack.file = configured(allowedAccountIds='["210987654321", "310987654321"]')
    assert refusal(stack) == (
        "account 123456789012 is not one that aws:allowedAccountIds in Pulumi.dev.yaml names: 210987654321, "
        "310987654321. Use credentials of one of those, or name this one there"
    )


@pytest.mark.parametrize("allowed", ['["123456789012"]', "[123456789012]", "[]", "a secret of the real stack", "7"])
def test_an_account_that_it_allows_is_not(stack, allowed):
    stack.file = configured(allowedAccountIds=allowed)
    assert reach(Path(), "dev") is stack


def test_what_it_allows_on_aws_does_not_matter_in_a_local_cloud(stack):
    stack.is_local, stack.account, stack.caller = True, NO_ACCOUNT, NO_ACCOUNT
    stack.file = configured(allowedAccountIds='["210987654321"]')
    assert reach(Path(), "dev") is stack


def test_a_stack_without_services_and_jobs_has_no_account_to_compare(stack):
    stack.account = ""
    assert reach(Path(), "dev") is stack


def test_ctrl_c_is_an_exception_from_then_on(stack):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        reach(Path(), "dev")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://127.3.2.1:4566", True),
        ("http://[::1]:4566", True),
        ("http://localhost:4566", True),
        ("http://aws.localhost:4566", True),
        ("https://sts.eu-west-1.amazonaws.com", False),
        ("https://10.0.0.1", False),
        ("https://localhost.example.com", False),
        ("", False),
    ],
)
def test_what_this_machine_is(url, here):
    assert is_loopback(url) is here


@pytest.mark.parametrize(
    ("endpoint", "here"), [(None, False), ("http://127.0.0.1:4566", True), ("https://aws.example.com", False)]
)
def test_where_boto3_asks_decides(folder, monkeypatch, endpoint, here):
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    found = Deployed(folder(json.dumps(OUTPUTS)), "dev")
    assert (found.endpoint, found.is_local) == (endpoint or "https://sts.eu-west-1.amazonaws.com", here)
    assert found.client("sts") is found.client("sts"), "a client takes long to make"
    assert found.client("sts") is not found.client("sts", "us-east-1")


def test_a_profile_of_the_stack_s_is_asked_with_unless_another_aws_is_meant(folder, monkeypatch):
    here = folder(json.dumps(OUTPUTS))
    (here / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n  aws:profile: shop\n")
    (here / "config").write_text("[profile shop]\naws_access_key_id = theirs\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(here / "config"))
    for endpoint, key in {"": "theirs", "http://127.0.0.1:4566": "test"}.items():
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint) if endpoint else None
        found = Deployed(here, "dev")
        client: Any = found.client("sts")
        assert client._request_signer._credentials.access_key == key
        assert found.profile == ("" if endpoint else "shop")


@pytest.mark.parametrize("variable", ["AWS_PROFILE", None])
def test_a_profile_that_this_machine_has_not(folder, monkeypatch, variable):
    here = folder(json.dumps(OUTPUTS))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(here / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(here / "none"))
    if variable:
        monkeypatch.setenv(variable, "shop")
        with pytest.raises(ProfileNotFound):
            deployed.session_of(configured(), "dev")
        return
    (here / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n  aws:profile: shop\n")
    with pytest.raises(OpsError) as error:
        Deployed(here, "dev").client("sts")
    assert str(error.value).startswith(
        "this machine has no AWS profile 'shop', which aws:profile in Pulumi.dev.yaml names. Name one of aws configure"
    )


def test_its_jobs_by_name(folder):
    assert Deployed(folder(json.dumps(OUTPUTS | {"jobs": {"nightly": JOB}})), "dev").jobs == ["nightly"]


def test_without_a_profile_it_is_whatever_the_environment_says(folder):
    found = Deployed(folder(json.dumps(OUTPUTS)), "dev")
    assert (found.profile, found.jobs) == ("", [])


@pytest.mark.parametrize(
    ("outputs", "account", "url"),
    [
        (OUTPUTS, "123456789012", "https://shop.example.com"),
        ({"cluster": "c-1", "services": {}, "jobs": {"j": JOB}}, "210987654321", ""),
        ({"cluster": "c-1", "services": {}}, "", ""),
    ],
)
def test_what_its_outputs_tell(folder, outputs, account, url):
    found = Deployed(folder(json.dumps(outputs)), "dev")
    assert (found.account, found.url) == (account, url)


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        (("", 255, "error: no stack named 'dev' found"), "stack dev has a file, but was never deployed from here"),
        (
            ("", 255, "error: passphrase must be set"),
            "outputs of stack dev cannot be read. The engine said:\nerror: pass",
        ),
        (("{}", 0, ""), "stack dev is not deployed: pulumi up -s dev"),
        (('{"url": "u"}', 0, ""), "stack dev has no output cluster and no services, by which its services are found"),
        (('{"cluster": "c"}', 0, ""), "stack dev has no output services, by which"),
    ],
)
def test_a_stack_without_what_is_needed(folder, engine, message):
    with pytest.raises(OpsError) as error:
        Deployed(folder(*engine), "dev")
    assert message in str(error.value)
    assert "Traceback" not in str(error.value)


WEB = OUTPUTS["services"]["web"]


@pytest.mark.parametrize(
    ("more", "strange"),
    [
        ({"cluster": {"name": "c-1"}}, "cluster"),
        ({"services": ["web"]}, "services"),
        ({"services": None}, "services"),
        ({"services": {"web": "web-1"}}, "services.web"),
        ({"services": {"web": WEB, "api": {"name": "api-1"}}}, "services.api"),
        ({"services": {"web": WEB | {"log_group": None}}}, "services.web"),
        ({"services": {"web": WEB | {"task_definition": "w:7"}}}, "services.web"),
        ({"services": {"web": WEB | {"task_definition": "arn:aws:ecs"}}}, "services.web"),
        ({"jobs": "nightly"}, "jobs"),
        ({"jobs": {"nightly": {"task_definition": WEB["task_definition"]}}}, "jobs.nightly"),
    ],
)
def test_a_stack_of_another_program(folder, more, strange):
    with pytest.raises(OpsError) as error:
        Deployed(folder(json.dumps(OUTPUTS | more)), "dev")
    assert str(error.value).startswith(
        f"output {strange} of stack dev is not what this program puts out: another program, or an older version"
    )

"""The parts of `bin/pulumi` that need no engine."""

import pytest
import yaml

from localcloud.home import Home, LocalCloudError
from localcloud.wrappers.pulumi import Command, engine_environment, provider_environment

STACK = """\
# a comment
config:
  aws:region: ap-northeast-1
  fargate:port: 012
  fargate:token:
    secure: v1:abc
  fargate:nested:
    deep: [{secret: {secure: v1:def}}]
secretsprovider: awskms://alias/key
encryptedkey: AAAA
"""


@pytest.fixture
def home(tmp_path):
    return Home(root=tmp_path / "home", port=4566, project=tmp_path)


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(STACK)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("arguments", "name", "deploys", "stack"),
    [
        (["up", "-s", "dev"], "up", True, "dev"),
        (["-s", "dev", "up"], "up", True, "dev"),
        (["preview", "--stack=dev", "--diff"], "preview", True, "dev"),
        (["stack", "output", "url"], "stack", False, None),
        (["up", "--help"], "up", False, None),
        (["version"], "version", False, None),
        ([], "", False, None),
    ],
)
def test_a_command_line_is_understood(home, project, arguments, name, deploys, stack):
    command = Command(home, arguments)
    assert (command.name, command.deploys, command.stack) == (name, deploys, stack)


def test_the_engine_gets_a_copy_of_the_stack_file_and_the_tracked_one_stays(home, project, monkeypatch):
    monkeypatch.setattr(Command, "_ensure_stack", lambda self, stack, environment: None)
    arguments = Command(home, ["up", "-s", "dev", "--yes"]).prepare({})
    copy = home.stacks / "shop" / "Pulumi.dev.yaml"
    assert arguments == ["up", "--config-file", str(copy), "-s", "dev", "--yes"]
    assert (project / "Pulumi.dev.yaml").read_text() == STACK
    text = copy.read_text()
    assert "v1:" not in text, "no ciphertext that this machine has no key for"
    assert set(yaml.safe_load(text)) == {"config"}, "no secrets provider of the real stack"
    assert "012" in text, "numbers stay as they were typed"


def test_the_copy_keeps_the_salt_that_the_engine_wrote(home, project, monkeypatch):
    monkeypatch.setattr(Command, "_ensure_stack", lambda self, stack, environment: None)
    copy = home.stacks / "shop" / "Pulumi.dev.yaml"
    copy.parent.mkdir(parents=True)
    copy.write_text("config: {}\nencryptionsalt: v1:salt\n")
    Command(home, ["up", "-s", "dev"]).prepare({})
    assert yaml.safe_load(copy.read_text())["encryptionsalt"] == "v1:salt"


def test_a_config_file_of_the_user_s_own_is_passed_on(home, project, monkeypatch):
    monkeypatch.setattr(Command, "_ensure_stack", lambda self, stack, environment: None)
    arguments = ["up", "-s", "dev", "--config-file", "mine.yaml"]
    assert Command(home, arguments).prepare({}) == arguments


def test_a_secret_is_not_set_here(home, project):
    with pytest.raises(LocalCloudError, match="a secret set here would be encrypted for this machine only"):
        Command(home, ["config", "set", "--secret", "a", "b"]).prepare({})


def test_a_stack_file_that_is_no_yaml(home, project, monkeypatch):
    monkeypatch.setattr(Command, "_ensure_stack", lambda self, stack, environment: None)
    (project / "Pulumi.dev.yaml").write_text("config: [\n")
    with pytest.raises(LocalCloudError, match=r"Pulumi\.dev\.yaml cannot be read"):
        Command(home, ["up", "-s", "dev"]).prepare({})


def test_real_credentials_do_not_reach_the_engine(home, project, monkeypatch):
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PULUMI_ACCESS_TOKEN", "AWS_ROLE_ARN"):
        monkeypatch.setenv(name, "real")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    environment = engine_environment(home)
    assert "real" not in environment.values()
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["PULUMI_BACKEND_URL"].startswith("file://")


def test_a_cloud_that_is_not_started_is_told_at_once(home, project):
    with pytest.raises(LocalCloudError, match="the local cloud is not running: start it with"):
        provider_environment(home)


def test_outside_of_a_project_everything_is_passed_on(home, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert Command(home, ["version"]).prepare({}) == ["version"]

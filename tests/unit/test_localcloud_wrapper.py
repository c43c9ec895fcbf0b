"""The parts of `bin/pulumi` that need no engine."""

import contextlib
import os
import re
import time

import pytest
import yaml

from localcloud.cloud import Cloud
from localcloud.home import Home, LocalCloudError
from localcloud.wrappers.pulumi import Command, engine_environment, provider_environment
from localcloud.wrappers.session import session, state

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


def test_an_engine_that_reads_a_copy_meanwhile_reads_the_whole_of_it(home, project, monkeypatch):
    monkeypatch.setattr(Command, "_ensure_stack", lambda self, stack, environment: None)
    names = ("stacks/shop/Pulumi.yaml", "stacks/shop/Pulumi.dev.yaml", "run/projects/shop")
    Command(home, ["up", "-s", "dev"]).prepare({})
    before = [(home.root / name).read_text() for name in names]
    with contextlib.ExitStack() as stack:
        reading = [stack.enter_context((home.root / name).open()) for name in names]
        (project / "Pulumi.yaml").write_text("name: shop\nruntime: yaml\n")
        (project / "Pulumi.dev.yaml").write_text("config: {}\n")
        Command(home, ["up", "-s", "dev"]).prepare({})
        assert [(one.read(), os.fstat(one.fileno()).st_nlink) for one in reading] == [(text, 0) for text in before]
    assert not list(home.root.rglob("*.part"))


def test_a_config_file_of_the_user_s_own_is_passed_on(home, project, monkeypatch):
    monkeypatch.setattr(Command, "_ensure_stack", lambda self, stack, environment: None)
    arguments = ["up", "-s", "dev", "--config-file", "mine.yaml"]
    assert Command(home, arguments).prepare({}) == arguments


@pytest.mark.parametrize(("arguments", "made"), [(["--create"], ["dev"]), ([], [])])
def test_a_stack_that_select_would_make_is_made_beside_the_tracked_file(home, project, monkeypatch, arguments, made):
    asked = []
    monkeypatch.setattr(Command, "_ensure_stack", lambda self, stack, environment: asked.append(stack))
    arguments = ["stack", "select", "dev", *arguments]
    assert Command(home, arguments).prepare({}) == arguments
    assert asked == made


@pytest.mark.parametrize(
    ("file", "way"),
    [
        ("Pulumi.dev.yaml", "there are dev: copy one, for example cp Pulumi.dev.yaml Pulumi.qa.yaml"),
        ("other.yaml", "make it, for example with: echo 'config: {aws:region: eu-central-1}' > Pulumi.qa.yaml"),
    ],
)
def test_a_stack_without_a_file_is_told_the_way(home, project, file, way):
    (project / "Pulumi.dev.yaml").rename(project / file)
    with pytest.raises(LocalCloudError, match=re.escape(f"stack 'qa' has no file Pulumi.qa.yaml; {way}")):
        Command(home, ["up", "-s", "qa"]).prepare({})


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


@pytest.fixture
def shell(home, monkeypatch):
    """A shell with credentials, in a cloud that enforces IAM and knows one session."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "given")
    monkeypatch.setenv("AWS_ENDPOINT_URL", home.endpoint)
    known = {"given": {"principal": "role/ci", "ends": time.time() + 60}}
    monkeypatch.setattr(Cloud, "session", lambda self, key: known.get(key, {}))
    home.run.mkdir(parents=True)
    (home.run / "mode").write_text("with Docker, IAM enforced")
    return known


def test_a_session_of_this_cloud_acts(home, shell):
    found = session(home)
    assert found
    assert found.principal == "role/ci"
    environment = engine_environment(home, found)
    assert environment["AWS_SESSION_TOKEN"] == environment["AWS_ACCESS_KEY_ID"] == "given"


def test_a_session_that_has_ended_is_told(home, shell):
    shell["given"]["ends"] = time.time() - 1
    with pytest.raises(LocalCloudError, match="the session of role/ci has expired: assume the role again, or `unset"):
        session(home)


def test_credentials_that_the_cloud_does_not_know_are_refused_where_they_are_meant_for_it(home, shell, monkeypatch):
    shell.clear()
    with pytest.raises(LocalCloudError, match="this shell's credentials are no session of the local cloud"):
        session(home)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://ecs.ap-northeast-1.amazonaws.com")
    assert session(home) is None, "those of a real account stay hidden"


def test_without_a_session_or_without_iam_the_administrator_acts(home, shell, monkeypatch):
    (home.run / "mode").write_text("with Docker")
    assert session(home) is None
    (home.run / "mode").write_text("with Docker, IAM enforced")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert session(home) is None


def test_a_cloud_that_has_ended_knows_no_session(home, shell, monkeypatch):
    def unreachable(self, key):
        raise ConnectionRefusedError

    monkeypatch.setattr(Cloud, "session", unreachable)
    assert session(home) is None


def test_the_state_is_in_this_home_without_a_file_beside_each_of_its_files(home):
    assert state(home)["PULUMI_BACKEND_URL"] == f"file://{home.root}/state?metadata=skip"


def test_the_state_is_in_a_bucket_that_is_named(home, monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_STATE", "s3://fargate-state-000000000000-ap-northeast-1")
    monkeypatch.setattr(Cloud, "answers", lambda self: False)
    with pytest.raises(LocalCloudError, match="the state is in the local cloud, which is not running"):
        state(home)
    monkeypatch.setattr(Cloud, "answers", lambda self: True)
    given = state(home)
    assert given["PULUMI_BACKEND_URL"] == (
        "s3://fargate-state-000000000000-ap-northeast-1?region=ap-northeast-1&use_path_style=true"
    )
    assert "PULUMI_CONFIG_PASSPHRASE" not in given, "no stack is encrypted by an empty one by mistake"
    monkeypatch.setenv("LOCALCLOUD_STATE", "s3://state")
    with pytest.raises(LocalCloudError, match="LOCALCLOUD_STATE must be the address of a bucket whose name ends in"):
        state(home)


def test_with_a_state_in_a_bucket_the_copy_keeps_the_key_that_the_engine_wrote(home, project, monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_STATE", "s3://fargate-state-000000000000-ap-northeast-1")
    copy = home.stacks / "shop" / "Pulumi.dev.yaml"
    copy.parent.mkdir(parents=True)
    copy.write_text("config: {}\nencryptionsalt: v1:salt\nsecretsprovider: awskms:///alias/a\nencryptedkey: k\n")
    arguments = Command(home, ["up", "-s", "dev"]).prepare({})
    assert arguments == ["up", "--config-file", str(copy), "-s", "dev"], "no stack is made, nothing is mended"
    kept = yaml.safe_load(copy.read_text())
    assert (kept["secretsprovider"], kept["encryptedkey"]) == ("awskms:///alias/a", "k")
    assert "encryptionsalt" not in kept

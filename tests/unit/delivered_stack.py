"""A stack that delivery acts on: a folder with its file, and an AWS and an engine that answer what a test says."""

import base64
import json
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from ops import aim as module
from ops.aim import Aim

ACCOUNT = "123456789012"
DIGEST = f"sha256:{'7' * 64}"
OTHER = f"sha256:{'8' * 64}"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/fargate-builds"
FILE = """\
config:
  aws:region: eu-west-1
  fargate:environment: dev
  fargate:services: {web: {build: ./app}, proxy: {image: "nginx:1.29"}}
  fargate:jobs: {night: {build: ./app, schedule: rate(1 day)}}
"""


ACCOUNT_FILE = """\
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: ["111111111111"]
  bootstrap:environments: [dev]
  bootstrap:github: {repository: ann/shop}
"""
"""Of `bootstrap/`: dev is delivered by it, once its own file is ready."""


class RepositoryGone(Exception):
    """ECR's word."""


class ImageGone(Exception):
    """ECR's word."""


class Sts:
    """A session of boto3's and a client of STS in one: who asks, and where."""

    def __init__(self, account: str) -> None:
        self.endpoint, self.account = "https://sts.eu-west-1.amazonaws.com", account
        self.asked: list[Any] = []

    def client(self, service, region_name, config):
        self.asked.append((service, region_name))
        return self

    @property
    def meta(self):
        return SimpleNamespace(endpoint_url=self.endpoint)

    def get_caller_identity(self):
        return {"Account": self.account}


class Aws(Sts):
    """Each service of AWS in one."""

    def __init__(self) -> None:
        super().__init__(ACCOUNT)
        self.tags: dict[str, str] = {}
        self.repositories = ["fargate-builds"]
        self.rules: list[dict[str, Any]] = []
        self.exceptions = SimpleNamespace(RepositoryNotFoundException=RepositoryGone, ImageNotFoundException=ImageGone)

    def describe_repositories(self, repositoryNames):  # noqa: N803 - AWS's name
        (name,) = repositoryNames
        if name not in self.repositories:
            raise RepositoryGone
        return {"repositories": [{"repositoryUri": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/{name}"}]}

    def describe_images(self, repositoryName, imageIds):  # noqa: N803 - AWS's names
        assert repositoryName in self.repositories
        (wanted,) = imageIds
        if wanted["imageTag"] not in self.tags:
            raise ImageGone
        return {"imageDetails": [{"imageDigest": self.tags[wanted["imageTag"]]}]}

    def get_authorization_token(self):
        return {"authorizationData": [{"authorizationToken": base64.b64encode(b"AWS:a token").decode()}]}

    def get_paginator(self, call):
        assert call == "describe_security_group_rules"

        def paginate(Filters):  # noqa: N803 - AWS's name
            self.asked.append(Filters)
            return [{"SecurityGroupRules": self.rules[:1]}, {"SecurityGroupRules": self.rules[1:]}]

        return SimpleNamespace(paginate=paginate)


class Engine:
    """`pulumi` and `docker`: what they are asked, and what they say, by the words after the program's name."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.says: dict[str, tuple[int, str, str]] = {"stack output": (0, "{}", "")}
        self.missing = False

    def run(self, command, **how):
        if self.missing:
            raise FileNotFoundError
        self.asked.append(list(command))
        self.environments.append(dict(how.get("env") or {}))
        words = " ".join(command[1:])
        code, out, err = next((said for begin, said in self.says.items() if words.startswith(begin)), (0, "", ""))
        return subprocess.CompletedProcess(command, code, out, err)


@pytest.fixture
def aws(monkeypatch):
    found = Aws()
    monkeypatch.setattr(module, "session_of", lambda *_: found)
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A program's folder with dev; it is where the commands are typed."""
    (tmp_path / "Pulumi.yaml").write_text("name: fargate\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def deliver(folder, account_file=ACCOUNT_FILE):
    """Let a file of `bootstrap/` say who delivers."""
    (folder / "bootstrap").mkdir()
    (folder / "bootstrap/Pulumi.yaml").write_text("name: fargate-bootstrap\nruntime: python\n")
    (folder / "bootstrap/Pulumi.account.yaml").write_text(account_file)


@pytest.fixture
def aimed(aws, folder):
    return Aim(folder, "dev")


@pytest.fixture
def engine(monkeypatch):
    """Every program that is run to its end at once."""
    found = Engine()
    monkeypatch.setattr(subprocess, "run", found.run)
    return found


@pytest.fixture
def outputs(engine):
    """Let the stack have these outputs."""

    def say(**outputs):
        engine.says["stack output"] = (0, json.dumps(outputs), "")

    return say

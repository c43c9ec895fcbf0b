import json
import subprocess
import sys
from typing import ClassVar

import boto3
import botocore.session
import pytest
from botocore.validate import ParamValidator
from pulumi.runtime import config as runtime

from components.aws_client import client, region_of

FIRST, SECOND = "arn:aws:iam::123456789012:role/first", "arn:aws:iam::123456789012:role/second"


class Session:
    """A session of boto3 that remembers how it, and its clients, were made."""

    made: ClassVar[list["Session"]] = []

    def __init__(self, *keys, profile_name=None):
        self.keys, self.profile, self.clients, self.asked = keys, profile_name, [], []
        Session.made.append(self)

    def client(self, service, **given):
        self.clients.append((service, given))
        return self

    def assume_role(self, **asked):
        return self._given("AssumeRole", asked)

    def assume_role_with_web_identity(self, **asked):
        return self._given("AssumeRoleWithWebIdentity", asked)

    def _given(self, call, asked):
        sts = botocore.session.get_session().get_service_model("sts")
        shape = sts.operation_model(call).input_shape
        assert shape
        report = ParamValidator().validate(asked, shape)
        assert not report.has_errors(), report.generate_report()
        self.asked.append(asked)
        number = len(Session.made)
        return {"Credentials": {"AccessKeyId": f"a{number}", "SecretAccessKey": "s", "SessionToken": "t"}}


@pytest.fixture
def sessions(monkeypatch):
    monkeypatch.setattr(boto3, "Session", Session)
    monkeypatch.setattr(Session, "made", [])
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield Session.made
    runtime.set_all_config({}, [])


def assert_it_gives_up_soon(limits):
    assert (limits.connect_timeout, limits.read_timeout) == (5, 20)
    assert limits.retries == {"mode": "standard", "total_max_attempts": 3}


def test_a_client_is_of_the_region_and_gives_up_soon(sessions):
    made = client("ecs", "eu-west-1")
    assert sessions == [made]
    ((service, given),) = made.clients
    assert (service, given["region_name"], made.profile) == ("ecs", "eu-west-1", None)
    assert_it_gives_up_soon(given["config"])


def test_it_has_the_provider_s_profile_and_roles_one_after_the_other(sessions):
    roles = [
        {"roleArn": FIRST, "externalId": "xy", "duration": "1h30m"},
        {
            "roleArn": SECOND,
            "sessionName": "deploys",
            "policyArns": [FIRST],
            "tags": {"team": "a"},
            "transitiveTagKeys": ["team"],
        },
    ]
    runtime.set_all_config({"aws:profile": "work", "aws:assumeRoles": json.dumps(roles)}, [])
    client("logs", "eu-west-1")
    base, first, second = sessions
    assert base.profile == "work"
    assert base.asked == [{"RoleArn": FIRST, "ExternalId": "xy", "RoleSessionName": "pulumi", "DurationSeconds": 5400}]
    assert first.asked == [
        {
            "RoleArn": SECOND,
            "RoleSessionName": "deploys",
            "PolicyArns": [{"arn": FIRST}],
            "Tags": [{"Key": "team", "Value": "a"}],
            "TransitiveTagKeys": ["team"],
        }
    ]
    for service, given in (*base.clients, *first.clients):
        assert (service, given.pop("region_name")) == ("sts", "eu-west-1")
        assert_it_gives_up_soon(given.pop("config"))
        assert not given
    assert len(base.clients) == len(first.clients) == 1
    assert (first.keys, second.keys) == (("a1", "s", "t"), ("a2", "s", "t"))
    assert [service for service, _ in second.clients] == ["logs"]


def test_it_has_the_provider_s_keys(sessions):
    runtime.set_all_config({"aws:accessKey": "a", "aws:secretKey": "b", "aws:token": "c"}, ["aws:secretKey"])
    assert client("ecs", "eu-west-1").keys == ("a", "b", "c")


@pytest.mark.parametrize("by_file", [False, True])
def test_a_web_identity_s_role_comes_before_the_others(sessions, tmp_path, by_file):
    (tmp_path / "token").write_text("its-token\n")
    token = {"webIdentityTokenFile": str(tmp_path / "token")} if by_file else {"webIdentityToken": "its-token"}
    identity = json.dumps({"roleArn": FIRST, "duration": "900s"} | token)
    roles = json.dumps([{"roleArn": SECOND}])
    runtime.set_all_config({"aws:assumeRoleWithWebIdentity": identity, "aws:assumeRoles": roles}, [])
    client("ecs", "eu-west-1")
    base, first, second = sessions
    assert base.asked == [
        {"RoleArn": FIRST, "RoleSessionName": "pulumi", "WebIdentityToken": "its-token", "DurationSeconds": 900}
    ]
    assert [one["RoleArn"] for one in first.asked] == [SECOND]
    assert [service for service, _ in second.clients] == ["ecs"]


def test_a_duration_that_is_not_understood_is_refused(sessions):
    runtime.set_all_config({"aws:assumeRoles": json.dumps([{"roleArn": FIRST, "duration": "900000ms"}])}, [])
    with pytest.raises(ValueError, match="must be in h, m and s, such as 1h30m, got '900000ms'"):
        client("ecs", "eu-west-1")


def test_settings_that_boto3_cannot_follow_are_refused_by_name(sessions):
    runtime.set_all_config({"aws:endpoints": "[]", "aws:sharedConfigFiles": '["f"]'}, [])
    with pytest.raises(ValueError, match="^aws:sharedConfigFiles is heeded by .*: set AWS_CONFIG_FILE$"):
        client("ecs", "eu-west-1")
    runtime.set_all_config({"aws:endpoints": '[{"ecs": "u"}]', "aws:sharedCredentialsFiles": '["f"]'}, [])
    with pytest.raises(ValueError, match="set AWS_ENDPOINT_URL_ECS .*; .* set AWS_SHARED_CREDENTIALS_FILE"):
        client("ecs", "eu-west-1")
    assert not sessions


def test_no_profile_of_the_account_s_is_sent_to_another_endpoint(sessions, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    runtime.set_all_config({"aws:profile": "work", "aws:assumeRoles": '[{"roleArn": "arn:first"}]'}, [])
    made = client("ecs", "eu-west-1")
    assert (sessions, made.profile) == ([made], None)


def test_a_region_is_in_an_arn():
    assert region_of("arn:aws:ecs:eu-west-1:123456789012:cluster/c") == "eu-west-1"


def test_a_program_that_asks_nothing_does_not_load_it():
    code = "import components, sys; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

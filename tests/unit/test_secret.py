import json

import pulumi
import pytest

from components import Secret
from components.iam import read_secrets
from components.secret import Source, source_of

ARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:app-AbCdEf"
PARAMETER = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/key"


@pytest.fixture
def source(deploy, cloud):
    """Where a secret's value comes from, once the program has run."""

    def source(**arguments):
        found = deploy(lambda: source_of(Secret(**arguments), pulumi.ComponentResource("a:b:C", "c")))
        return deploy.known(found)

    return source


def test_a_secret_by_its_arn_is_taken_as_it_is(source, cloud):
    assert source(secret=ARN) == Source(value_from=ARN, arn=ARN, kms_key_arn=None)
    assert cloud.calls == []


@pytest.mark.parametrize(
    ("more", "behind"),
    [
        ({"key": "token"}, ":token::"),
        ({"version": "AWSPREVIOUS"}, "::AWSPREVIOUS:"),
        ({"key": "token", "version": "AWSPREVIOUS"}, ":token:AWSPREVIOUS:"),
        (
            {"version": "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"},
            ":::0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
        ),
    ],
)
def test_a_key_of_its_json_and_a_version(source, more, behind):
    found = source(secret=ARN, **more)
    assert (found.value_from, found.arn) == (ARN + behind, ARN)


@pytest.mark.parametrize(
    ("key", "needed"),
    [
        ("", None),
        ("alias/aws/secretsmanager", None),
        ("arn:aws:kms:ap-northeast-1:123456789012:key/1", "arn:aws:kms:ap-northeast-1:123456789012:key/1"),
        ("alias/mine", "arn of alias/mine"),
    ],
)
def test_a_secret_by_its_name_is_looked_up_with_its_key(source, cloud, key, needed):
    cloud.secret_key = key
    assert source(secret="app") == Source(value_from=ARN, arn=ARN, kms_key_arn=needed)


def test_a_parameter_by_its_name_or_its_arn(source):
    assert source(parameter=PARAMETER).value_from == PARAMETER
    assert source(parameter="/app/key", kms_key_arn="arn:key") == Source(
        value_from=PARAMETER, arn=PARAMETER, kms_key_arn="arn:key"
    )


def test_what_another_resource_supplies_is_taken_as_its_arn(source):
    assert source(secret=pulumi.Output.from_input(ARN)).arn == ARN
    assert source(parameter=pulumi.Output.from_input(PARAMETER)).arn == PARAMETER


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "a secret needs either secret or parameter"),
        ({"secret": "a", "parameter": "b"}, "a secret needs either secret or parameter"),
        ({"parameter": "b", "key": "k"}, "a parameter has no key: leave it out"),
        ({"parameter": "b", "version": "1"}, "a parameter has no version: leave it out"),
        ({"secret": ""}, "secret must be a name or an ARN, got ''"),
    ],
)
def test_what_names_no_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        Secret(**arguments)


def test_an_execution_role_reads_exactly_these_with_their_keys():
    sources = [
        Source(value_from=f"{ARN}:a::", arn=ARN, kms_key_arn="arn:key"),
        Source(value_from=f"{ARN}:b::", arn=ARN, kms_key_arn="arn:key"),
        Source(value_from=PARAMETER, arn=PARAMETER, kms_key_arn=None),
    ]
    assert json.loads(read_secrets(sources))["Statement"] == [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": ARN},
        {"Effect": "Allow", "Action": ["ssm:GetParameters"], "Resource": PARAMETER},
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "arn:key"},
    ]
    two = [Source(value_from=one, arn=one, kms_key_arn=None) for one in (f"{PARAMETER}2", PARAMETER)]
    (statement,) = json.loads(read_secrets(two))["Statement"]
    assert statement["Resource"] == [PARAMETER, f"{PARAMETER}2"]

"""The words of a declaration, without an emulator."""

import dataclasses
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from localcloud.providers.aws import FUNCTIONS, RESOURCES
from localcloud.providers.aws.cloudwatch import METRIC_ALARM
from localcloud.providers.declare import UnknownField, like, matches, same, to_shape
from localcloud.providers.operations import Operation
from localcloud.providers.wire import UNKNOWN, has_unknown, pack, unpack

JSON = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), JSON))
def test_what_is_sent_to_the_engine_comes_back(values):
    assert unpack(pack(values)) == values


@given(JSON)
def test_a_value_is_itself(value):
    assert same(value, value)
    assert matches(value, value)


def test_unknown_values_are_found_wherever_they_are():
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": [{"b": "x"}]})


def test_fields_that_aws_adds_and_the_order_of_lists_do_not_count():
    assert matches({"a": [1, 2]}, {"a": [2, 1], "more": True})
    assert matches('{"a": 1}', '{ "a" : 1 }')
    assert matches(80, "80")
    assert matches(False, None)
    assert not matches({"a": [1]}, {"a": [1, 2]})
    assert matches({"ClientSecret": "x", "a": 1}, {"a": 1}), "AWS never tells it again"
    assert not matches("x", None)
    assert matches(5, 5.0)


@pytest.mark.parametrize("sent", [False, 0, "", [], {}, {"a": False}, {"ClientSecret": "x"}, [{"a": ""}]])
def test_what_aws_does_not_tell_is_not_told_as_it_was_sent(sent):
    assert not matches(sent, None, told=True)
    assert not matches({"b": sent}, {"c": 1}, told=True)
    assert matches(sent, sent, told=True)


def test_a_change_of_order_is_none_but_a_change_of_content_is():
    assert same(["a", "b"], ["b", "a"])
    assert same('{"a": [1]}', '{"a":[1]}')
    assert not same(["a"], ["a", "a"])
    assert not same({"a": 1}, {"a": 1, "b": 2})


def _shape(service, operation) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def test_keys_are_cased_as_the_api_has_them():
    found = to_shape({"clusterName": "x", "settings": [{"name": "a", "value": "b"}]}, _shape("ecs", "CreateCluster"))
    assert found == {"clusterName": "x", "settings": [{"name": "a", "value": "b"}]}
    shape = _shape("elbv2", "CreateTargetGroup")
    assert to_shape({"healthCheckPort": 80, "port": "80"}, shape) == {"HealthCheckPort": "80", "Port": 80}


def test_what_is_only_named_is_given_by_its_name():
    stages = _shape("codepipeline", "CreatePipeline").members["pipeline"].members["stages"]
    action = stages.member.members["actions"].member
    assert to_shape({"inputArtifacts": ["source"]}, action) == {"inputArtifacts": [{"name": "source"}]}
    assert to_shape({"settings": ["a"]}, _shape("ecs", "CreateCluster")) == {"settings": ["a"]}, "it needs a value too"


def test_a_plural_is_found_in_any_of_its_forms():
    triggers = _shape("codepipeline", "CreatePipeline").members["pipeline"].members["triggers"].member
    given = {"pushes": [{"branches": {"includes": ["main"]}}], "pullRequests": []}
    found = to_shape(given, triggers.members["gitConfiguration"])
    assert found == {"push": [{"branches": {"includes": ["main"]}}], "pullRequest": []}


@pytest.mark.parametrize(
    ("default", "told", "said"),
    [
        (True, "false", False),
        (False, "true", True),
        (300, "0", 0),
        ("defensive", "strictest", "strictest"),
        (None, "123", "123"),
        (False, True, True),
        ({"enabled": False}, {"enabled": "true", "bucket": "123", "prefix": None}, {"enabled": True, "bucket": "123"}),
    ],
)
def test_an_attribute_that_is_told_as_text_is_of_its_default_s_type(default, told, said):
    found = like(default, told)
    assert found == said
    assert type(found) is type(said)


def test_a_field_that_the_api_does_not_have():
    with pytest.raises(UnknownField, match="has no field 'colour'; it has"):
        to_shape({"colour": 1}, _shape("ecs", "CreateCluster"))


@pytest.mark.parametrize("token", RESOURCES)
def test_every_declaration_names_calls_and_parameters_that_the_api_has(token):
    resource = RESOURCES[token]
    client = botocore.session.get_session().create_client(
        resource.service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    tagging = (resource.tags.add, resource.tags.remove) if resource.tags else ()
    reads = (resource.read.call, *(one.call for one in resource.more))
    for call in filter(None, (resource.create, *resource.updates, resource.delete, *reads, *tagging)):
        operation = client.meta.method_to_api_mapping[call.operation]
        shape: Any = client.meta.service_model.operation_model(operation).input_shape
        for path in call.params:
            assert path.split(".")[0].removesuffix("[]") in shape.members, f"{call.operation} {path}"


def test_tokens_are_told_once():
    assert all(resource.token == token for token, resource in RESOURCES.items())
    assert all(function.token == token for token, function in FUNCTIONS.items())


NO_ALARM = "no alarm goes off by itself"


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"namespace": "AWS/ECS"}, [NO_ALARM]),
        ({"namespace": "ECS/ContainerInsights"}, [NO_ALARM]),
        ({"metricQueries": [{"expression": "a / b"}, {"metric": {"namespace": "ECS/ContainerInsights"}}]}, [NO_ALARM]),
        ({"namespace": "shop"}, []),
        ({"metricQueries": [{"expression": "a / b"}, {"metric": {"namespace": "shop"}}]}, []),
        ({}, []),
        ({"warmUpConfiguration": {}}, ["warmUpConfiguration: an alarm is looked at from its first minute"]),
    ],
)
def test_what_is_recorded_only_is_told_of_what_is_set(inputs, told):
    assert METRIC_ALARM.only_recorded(inputs) == told


@pytest.mark.parametrize(
    ("token", "values", "sent"),
    [
        (
            "aws:ec2/natGateway:NatGateway",
            {"subnetId": "subnet-1"},
            {
                "SubnetId": "subnet-1",
                "TagSpecifications": [{"ResourceType": "natgateway", "Tags": [{"Key": "environment", "Value": "dev"}]}],
            },
        ),
        (
            "aws:cloudwatch/logGroup:LogGroup",
            {"name": "web"},
            {"logGroupName": "web", "tags": {"environment": "dev"}},
        ),
        ("aws:s3/bucket:Bucket", {"bucket": "it", "region": "us-east-1"}, {"Bucket": "it"}),
    ],
)
def test_what_is_made_has_its_tags_at_once_where_aws_takes_them(token, values, sent):
    resource = RESOURCES[token]
    session: Any = boto3.session.Session()
    client = session.client(resource.service, "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    values = {"region": "us-east-1", **values, "tags": {}, "tagsAll": {"environment": "dev"}}
    resource = dataclasses.replace(resource, refuse_write=())
    with Stubber(client) as stub:
        stub.add_response(resource.create.operation, {}, sent)
        Operation(resource, values, lambda *_: client).create()
        stub.assert_no_pending_responses()

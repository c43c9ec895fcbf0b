"""What the local provider makes of the id that `pulumi import` gives it, before it asks anybody."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from localcloud.journal import Journal
from localcloud.providers.aws import RESOURCES
from localcloud.providers.aws.servicer import AwsServicer
from localcloud.providers.operations import Operation, ProviderError
from localcloud.providers.wire import pack, unpack

CONTEXT: Any = SimpleNamespace(peer=lambda: "a", is_active=lambda: True, abort=lambda _, told: pytest.fail(told))


def operation(token: str, id: str) -> Operation:
    """Of a type that is found without a call."""
    return Operation(RESOURCES[token], {"region": "eu-west-1"}, lambda *_: pytest.fail("nobody is asked"), id=id)


@pytest.mark.parametrize("token", RESOURCES)
def test_an_id_names_properties_of_its_type(token):
    resource = RESOURCES[token]
    assert set(re.findall(r"\{(\w+)\}", resource.import_id)) - {"id"} <= resource.properties


@pytest.mark.parametrize(
    ("token", "id", "said"),
    [
        ("aws:ec2/vpc:Vpc", "vpc-1", {}),
        (
            "aws:ec2/route:Route",
            "rtb-1_0.0.0.0/0",
            {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"},
        ),
        ("aws:iam/rolePolicy:RolePolicy", "web:execution", {"role": "web", "name": "execution"}),
        (
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "web/arn:aws:iam::aws:policy/ReadOnlyAccess",
            {"role": "web", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        ),
        ("aws:ecs/service:Service", "shop/web", {"cluster": "shop"}),
        (
            "aws:cloudwatch/logMetricFilter:LogMetricFilter",
            "/ecs/web:errors",
            {"logGroupName": "/ecs/web", "name": "errors"},
        ),
        ("aws:s3/bucketPolicy:BucketPolicy", "logs", {"bucket": "logs"}),
    ],
)
def test_an_id_says_what_the_resource_is_read_by(token, id, said):
    found = operation(token, id)
    assert found.find() == said
    assert said.items() <= found.values.items()


def test_an_alias_s_name_may_have_underscores():
    zone = SimpleNamespace(get_hosted_zone=lambda **_: {"HostedZone": {"Name": "example.com."}})
    record = Operation(RESOURCES["aws:route53/record:Record"], {"region": "x"}, lambda *_: zone)
    record.id = "Z1__dmarc._x.example.com_TXT"
    assert record.find() == {"zoneId": "Z1", "name": "_dmarc._x.example.com", "type": "TXT"}
    assert record.values["fqdn"] == "_dmarc._x.example.com"


@pytest.mark.parametrize(
    ("token", "id", "told"),
    [
        ("aws:ec2/route:Route", "rtb-1", "the id to import must be {routeTableId}_{destinationCidrBlock}, got 'rtb-1'"),
        ("aws:scheduler/schedule:Schedule", "default/night", "its id does not say groupName, name. Make it anew"),
        ("aws:appautoscaling/policy:Policy", "x", "it is in the engine's state only"),
    ],
)
def test_what_cannot_be_imported_says_so(token, id, told):
    with pytest.raises(ProviderError, match=re.escape(told)):
        operation(token, id).find()


@pytest.mark.parametrize(
    ("old", "kept"),
    [("web-0123abc", True), ("old-name-0123abc", True), ("/ecs/nginx", False), (None, False)],
)
def test_only_a_name_of_pulumi_s_own_is_kept_when_the_program_gives_none(tmp_path, old, kept):
    """So what was imported under another one is replaced, as by AWS's provider (`__defaults` in its state)."""
    servicer = AwsServicer("http://127.0.0.1:1", Journal(tmp_path))
    request = provider_pb2.CheckRequest(
        urn="urn:pulumi:t::p::x::web",
        type="aws:cloudwatch/logGroup:LogGroup",
        name="web",
        news=pack({}),
        olds=pack({"name": old} if old else {}),
    )
    name = unpack(servicer.Check(request, CONTEXT).inputs)["name"]
    assert (name == old) is kept
    assert re.fullmatch(r"(web|old-name)-[0-9a-f]{7}", name)

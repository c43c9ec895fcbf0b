import json

import pytest

from components import Callee, FargateService, Membership, ServiceConnect, ServiceConnectArgs

from .test_fargate_service import DEFINITION, EGRESS, INGRESS, SERVICE, arguments

NAMESPACE = "arn:namespace"


def api(**changes):
    return Callee(**{"service_name": "api-1", "security_group_id": "sg-api", "port": 9000, **changes})


def service(port: int | None = 8080, **member):
    membership = Membership(namespace_arn=NAMESPACE, **member)
    return lambda: FargateService("web", arguments(target=None, port=port, service_connect=membership))


def ports(cloud):
    return json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])[0]["portMappings"]


def test_the_namespace(deploy, cloud):
    made = deploy(lambda: ServiceConnect("connect", ServiceConnectArgs(tags={"team": "a"})))
    namespace = cloud.one("aws:servicediscovery/httpNamespace:HttpNamespace")
    assert namespace.inputs == {"tags": {"Name": "connect", "team": "a"}}
    assert deploy.known(made.namespace_arn) == "arn:HttpNamespace:connect"


LOGS = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "web-1234567",
        "awslogs-region": "ap-northeast-1",
        "awslogs-stream-prefix": "service-connect",
        "max-buffer-size": "25m",
        "mode": "non-blocking",
    },
}


def test_a_service_that_is_called_has_its_name_and_its_port(deploy, cloud):
    deploy(service(is_called=True))
    made = cloud.one(SERVICE).inputs
    assert made["serviceConnectConfiguration"] == {
        "enabled": True,
        "namespace": NAMESPACE,
        "services": [{"portName": "http", "discoveryName": "web", "clientAlias": [{"dnsName": "web", "port": 8080}]}],
        "logConfiguration": LOGS,
    }
    assert "triggers" not in made
    named = {"appProtocol": "http", "containerPort": 8080, "hostPort": 8080, "name": "http", "protocol": "tcp"}
    assert ports(cloud) == [named]
    assert [one.name for one in cloud.all(EGRESS)] == ["web-out"]
    assert cloud.all(INGRESS) == [], "who calls it brings the rule"


def test_a_service_that_calls_waits_for_the_other_and_is_let_in_there(deploy, cloud):
    deploy(service(port=None, calls={"api": api()}))
    made = cloud.one(SERVICE)
    assert made.inputs["serviceConnectConfiguration"] == {
        "enabled": True,
        "namespace": NAMESPACE,
        "logConfiguration": LOGS,
    }
    assert made.inputs["triggers"] == {"api": "api-1:9000"}
    assert ports(cloud) == []
    way_out, way_in = cloud.one(EGRESS, "web-to-api"), cloud.one(INGRESS, "web-at-api")
    assert way_out.inputs == {
        "securityGroupId": "SecurityGroup-web",
        "referencedSecurityGroupId": "sg-api",
        "description": "Requests to api",
        "ipProtocol": "tcp",
        "fromPort": 9000,
        "toPort": 9000,
        "tags": {"Name": "web-to-api", "team": "a"},
    }
    assert way_in.inputs == {
        "securityGroupId": "sg-api",
        "referencedSecurityGroupId": "SecurityGroup-web",
        "description": "Requests from web",
        "ipProtocol": "tcp",
        "fromPort": 9000,
        "toPort": 9000,
        "tags": {"Name": "web-at-api", "team": "a"},
    }
    assert {way_out.urn, way_in.urn} <= set(made.dependencies)
    assert way_out.replace_on_changes == way_in.replace_on_changes == ["fromPort", "toPort"]


def test_a_service_without_a_namespace_has_no_word_of_it(deploy, cloud):
    deploy(lambda: FargateService("web", arguments()))
    assert not {"serviceConnectConfiguration", "triggers"} & set(cloud.one(SERVICE).inputs)
    assert ports(cloud) == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (service(), "service_connect: a member is called, or calls others: leave it out"),
        (service(port=None, is_called=True), "service_connect.is_called needs a port"),
        (lambda: api(port=0), "port must be from 1 to 65535, got 0"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

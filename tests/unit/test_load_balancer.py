import pulumi
import pytest

from components import LoadBalancer, LoadBalancerArgs

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def balancer(subnets=("subnet-1", "subnet-2"), **arguments):
    return lambda: LoadBalancer("balancer", LoadBalancerArgs(vpc_id="vpc-1", subnet_ids=list(subnets), **arguments))


def test_the_load_balancer_is_public_and_strict(deploy, cloud):
    made = deploy(balancer(tags={"team": "a"}))
    assert cloud.one("aws:lb/loadBalancer:LoadBalancer").inputs == {
        "loadBalancerType": "application",
        "internal": False,
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["SecurityGroup-balancer"],
        "dropInvalidHeaderFields": True,
        "tags": {"Name": "balancer", "team": "a"},
    }
    assert deploy.known(made.url) == "http://balancer.alb.localhost:4566"
    assert deploy.known(made.zone_id) == "Z1"
    assert deploy.known(made.security_group_id) == "SecurityGroup-balancer"
    assert deploy.known(made.arn) == "arn:LoadBalancer:balancer"


def test_what_no_service_answers_is_a_404(deploy, cloud):
    made = deploy(balancer())
    listener = cloud.one("aws:lb/listener:Listener")
    assert listener.inputs == {
        "loadBalancerArn": "arn:LoadBalancer:balancer",
        "port": 80,
        "protocol": "HTTP",
        "defaultActions": [
            {
                "type": "fixed-response",
                "fixedResponse": {
                    "contentType": "text/plain",
                    "messageBody": "No service answers here.",
                    "statusCode": "404",
                },
            }
        ],
        "tags": {"Name": "balancer-http"},
    }
    assert deploy.known(made.listener_arn) == "arn:Listener:balancer-http"


def test_the_listener_s_port_is_the_only_one_that_is_open(deploy, cloud):
    deploy(balancer())
    rule = cloud.one(INGRESS)
    assert rule.inputs == {
        "securityGroupId": "SecurityGroup-balancer",
        "description": "HTTP from the internet",
        "ipProtocol": "tcp",
        "fromPort": 80,
        "toPort": 80,
        "cidrIpv4": "0.0.0.0/0",
        "tags": {"Name": "balancer-http"},
    }
    assert not cloud.all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    group = cloud.one("aws:ec2/securityGroup:SecurityGroup").inputs
    assert "ingress" not in group
    assert "egress" not in group


def test_one_zone_is_refused(deploy):
    with pytest.raises(pulumi.RunError, match="needs subnets in two zones at least, got 1"):
        deploy(balancer(["subnet-1"]))

import re

import pulumi
import pytest

from components import DesyncMitigation, Domain, Firewall, LoadBalancer, LoadBalancerArgs, Scheme

BALANCER, LISTENER = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener"
DOMAIN = Domain(names=("www.example.com", "example.com"), zone="example.com")
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def balancer(subnets=("subnet-1", "subnet-2"), **arguments):
    return lambda: LoadBalancer("balancer", LoadBalancerArgs(vpc_id="vpc-1", subnet_ids=list(subnets), **arguments))


def test_the_load_balancer_is_public_and_strict(deploy, cloud):
    made = deploy(balancer(tags={"team": "a"}))
    assert cloud.one("aws:lb/loadBalancer:LoadBalancer").inputs == {
        "loadBalancerType": "application",
        "internal": False,
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["SecurityGroup-balancer"],
        "ipAddressType": "ipv4",
        "dropInvalidHeaderFields": True,
        "desyncMitigationMode": "defensive",
        "idleTimeout": 60,
        "enableHttp2": True,
        "enableZonalShift": False,
        "enableDeletionProtection": False,
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


def listeners(cloud):
    return {one.name: one for one in cloud.all(LISTENER)}


def test_a_domain_brings_https_and_http_leads_there(deploy, cloud):
    made = deploy(balancer(domain=DOMAIN))
    found = listeners(cloud)
    https = found["balancer-https"]
    assert (https.inputs["port"], https.inputs["protocol"]) == (443, "HTTPS")
    assert https.inputs["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    assert https.inputs["certificateArn"] == "arn:Certificate:balancer"
    assert https.inputs["defaultActions"][0]["fixedResponse"]["statusCode"] == "404"
    http = found["balancer-http"]
    assert http.inputs["defaultActions"] == [
        {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
    ]
    assert https.urn in http.dependencies, "nobody is sent where nothing listens yet"
    assert deploy.known(made.listener_arn) == "arn:Listener:balancer-https"
    assert deploy.known(made.url) == "https://www.example.com"


def test_every_name_leads_to_the_load_balancer(deploy, cloud):
    deploy(balancer(domain=DOMAIN))
    found = [one for one in cloud.all("aws:route53/record:Record") if one.inputs.get("aliases")]
    https = listeners(cloud)["balancer-https"].urn
    assert all(https in one.dependencies for one in found), "a name that leads elsewhere is served there meanwhile"
    records = [one.inputs for one in found]
    assert sorted((one["name"], one["type"]) for one in records) == [
        ("example.com", "A"),
        ("example.com", "AAAA"),
        ("www.example.com", "A"),
        ("www.example.com", "AAAA"),
    ]
    for one in records:
        assert one["zoneId"] == "zone of example.com"
        assert one["aliases"] == [{"name": "balancer.alb.localhost:4566", "zoneId": "Z1", "evaluateTargetHealth": True}]
    assert ("aws:route53/getZone:getZone", {"name": "example.com", "privateZone": False}) in cloud.calls


def test_a_certificate_that_exists_needs_no_domain(deploy, cloud):
    made = deploy(balancer(certificate_arn="arn:given"))
    assert listeners(cloud)["balancer-https"].inputs["certificateArn"] == "arn:given"
    assert not cloud.all("aws:acm/certificate:Certificate")
    assert not cloud.all("aws:route53/record:Record")
    assert deploy.known(made.url) == "https://balancer.alb.localhost:4566"


def test_wildcards_alone_are_no_address(deploy, cloud):
    made = deploy(balancer(domain=Domain(names=("*.example.com",), zone="example.com")))
    assert deploy.known(made.url) == "https://balancer.alb.localhost:4566"


def sources(cloud):
    """Who is let in, by rule: source and port."""
    return {
        one.name: (
            one.inputs.get("cidrIpv4") or one.inputs.get("cidrIpv6") or one.inputs["prefixListId"],
            one.inputs["fromPort"],
        )
        for one in cloud.all(INGRESS)
        if one.inputs["fromPort"] == one.inputs["toPort"]
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, {"balancer-http": ("0.0.0.0/0", 80)}),
        (
            {"certificate_arn": "arn:given"},
            {"balancer-http": ("0.0.0.0/0", 80), "balancer-https": ("0.0.0.0/0", 443)},
        ),
        ({"ipv6": True}, {"balancer-http": ("0.0.0.0/0", 80), "balancer-http-ipv6": ("::/0", 80)}),
        (
            {"allowed_cidrs": ("203.0.113.0/24", "2001:db8::/32")},
            {
                "balancer-http-203-0-113-0-24": ("203.0.113.0/24", 80),
                "balancer-http-2001-db8---32": ("2001:db8::/32", 80),
            },
        ),
        (
            {"allowed_cidrs": ("0.0.0.0/0", "::/0")},
            {"balancer-http": ("0.0.0.0/0", 80), "balancer-http-ipv6": ("::/0", 80)},
        ),
        ({"scheme": Scheme.INTERNAL}, {"balancer-http": ("172.16.0.0/16", 80)}),
        (
            {"scheme": Scheme.INTERNAL, "ipv6": True},
            {"balancer-http": ("172.16.0.0/16", 80), "balancer-http-ipv6": ("2001:db8::/56", 80)},
        ),
        (
            {"scheme": Scheme.INTERNAL, "allowed_cidrs": ("10.0.0.0/8",)},
            {"balancer-http-10-0-0-0-8": ("10.0.0.0/8", 80)},
        ),
        (
            {"certificate_arn": "a", "allowed_prefix_lists": ("com.amazonaws.global.cloudfront.origin-facing",)},
            {
                "balancer-com-amazonaws-global-cloudfront-origin-facing": (
                    "pl-of-com.amazonaws.global.cloudfront.origin-facing",
                    443,
                )
            },
        ),
        ({"allowed_prefix_lists": ("pl-12ab",)}, {"balancer-pl-12ab": ("pl-12ab", 80)}),
    ],
)
def test_who_is_let_in(deploy, cloud, arguments, expected):
    deploy(balancer(**arguments))
    assert sources(cloud) == expected
    everyone = not {"scheme", "allowed_cidrs", "allowed_prefix_lists"} & set(arguments)
    assert all(one.inputs["description"].endswith("from the internet") is everyone for one in cloud.all(INGRESS))


def test_an_internal_one_is_reached_from_the_vpc(deploy, cloud):
    deploy(balancer(scheme=Scheme.INTERNAL))
    assert cloud.one(BALANCER).inputs["internal"] is True


def test_a_transformation_says_what_no_setting_does(deploy, cloud):
    """As docs/services.md shows it."""

    def stricter(args):
        if args.type_ == LISTENER and args.name == "balancer-https":
            props = {**args.props, "ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}
            return pulumi.ResourceTransformationResult(props, args.opts)
        return None

    opts = pulumi.ResourceOptions(transformations=[stricter])
    args = LoadBalancerArgs(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], domain=DOMAIN)
    deploy(lambda: LoadBalancer("balancer", args, opts))
    assert cloud.one(LISTENER, "balancer-https").inputs["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-3-2021-06"
    assert "sslPolicy" not in cloud.one(LISTENER, "balancer-http").inputs


def test_its_attributes_are_what_is_asked(deploy, cloud):
    deploy(
        balancer(
            desync_mitigation=DesyncMitigation.STRICTEST,
            idle_timeout=120,
            http2=False,
            ipv6=True,
            zonal_shift=True,
            deletion_protection=True,
        )
    )
    inputs = cloud.one(BALANCER).inputs
    assert inputs["desyncMitigationMode"] == "strictest"
    assert inputs["idleTimeout"] == 120
    assert inputs["enableHttp2"] is False
    assert inputs["ipAddressType"] == "dualstack"
    assert inputs["enableZonalShift"] is True
    assert inputs["enableDeletionProtection"] is True
    assert cloud.one(BALANCER).protect


def test_without_protection_it_can_be_deleted(deploy, cloud):
    deploy(balancer())
    assert not cloud.one(BALANCER).protect


def test_requests_and_connections_are_logged_into_a_bucket_of_its_own(deploy, cloud):
    deploy(balancer(access_logs=True, log_retention_days=90, force_destroy=True, tags={"team": "a"}))
    bucket = cloud.one("aws:s3/bucket:Bucket")
    assert (bucket.name, bucket.inputs["forceDestroy"]) == ("balancer-logs", True)
    made = cloud.one(BALANCER)
    logs = {"bucket": "balancer-logs-1234567", "enabled": True}
    assert (made.inputs["accessLogs"], made.inputs["connectionLogs"]) == (logs, logs)
    assert cloud.one("aws:s3/bucketPolicy:BucketPolicy").urn in made.dependencies, "AWS tries to write at once"
    rules = cloud.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    assert rules[0]["expiration"] == {"days": 90}


def test_a_firewall_stands_in_front_of_it(deploy, cloud):
    deploy(balancer(firewall=Firewall(), kms_key_arn="arn:key", log_retention_days=365))
    association = cloud.one("aws:wafv2/webAclAssociation:WebAclAssociation").inputs
    assert association["resourceArn"] == "arn:LoadBalancer:balancer"
    assert cloud.one("aws:wafv2/webAclAssociation:WebAclAssociation").urn in cloud.one(LISTENER).dependencies
    logs = cloud.one("aws:cloudwatch/logGroup:LogGroup").inputs
    assert (logs["kmsKeyId"], logs["retentionInDays"]) == ("arn:key", 365)


def test_it_calls_identity_providers_where_people_sign_in_and_nobody_elsewhere(deploy, cloud):
    deploy(balancer(certificate_arn="a", authenticates=True, tags={"team": "a"}))
    assert cloud.one(EGRESS).inputs == {
        "securityGroupId": "SecurityGroup-balancer",
        "description": "HTTPS to identity providers",
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrIpv4": "0.0.0.0/0",
        "tags": {"Name": "balancer-oidc", "team": "a"},
    }
    cloud.resources.clear()
    deploy(balancer(certificate_arn="a"))
    assert not cloud.all(EGRESS)


def test_the_group_s_description_never_changes_since_that_would_replace_it(deploy, cloud):
    deploy(balancer(scheme=Scheme.INTERNAL, certificate_arn="a", allowed_cidrs=("10.0.0.0/8",)))
    group = cloud.one("aws:ec2/securityGroup:SecurityGroup").inputs
    assert group["description"] == "Load balancer: in from the internet, out to tasks"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": DOMAIN, "certificate_arn": "a"}, "leave out either domain or certificate_arn"),
        ({"allowed_cidrs": ("10.0.0.1/8",)}, "allowed_cidrs: must be ranges such as 203.0.113.0/24, got '10.0.0.1/8'"),
        ({"allowed_prefix_lists": ("cloudfront",)}, "allowed_prefix_lists: must be ids such as pl-12ab34cd or names"),
        ({"allowed_cidrs": ("10.0.0.0/8", "10.0.0.0/8")}, "10.0.0.0/8 is allowed 2 times"),
        (
            {"allowed_prefix_lists": ("com.amazonaws.global.cloudfront.a", "com.amazonaws.global.cloudfront.b")},
            "allowed_prefix_lists: one of CloudFront's only, as each counts as 55",
        ),
        (
            {"allowed_cidrs": tuple(f"10.0.{n}.0/24" for n in range(31))},
            "allowed_cidrs: 31 ranges need two rules each, a security group has 60: name fewer",
        ),
        (
            {"allowed_cidrs": ("2001:db8::/32", "2001:0db8::/32")},
            "2001:db8::/32 is allowed 2 times",
        ),
        ({"authenticates": True}, "authenticates: people sign in by HTTPS only: give it a domain, or a certificate"),
        ({"idle_timeout": 0}, "idle_timeout must be from 1 to 4000, got 0"),
        ({"log_retention_days": 2}, "log_retention_days must be one of"),
    ],
)
def test_what_aws_would_refuse(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        LoadBalancerArgs(vpc_id="vpc-1", subnet_ids=["a", "b"], **arguments)

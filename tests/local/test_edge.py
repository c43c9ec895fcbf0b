"""What is in front of a stack: HTTPS, its certificate, the names that lead to it, the network's newer kinds."""

import json

import pytest
import requests
from botocore.exceptions import ClientError

from localcloud.providers.wire import unpack
from tests.local.provider import Provider, Refused
from tests.local.test_aws_provider import KEY_POLICY, TO_HTTPS, ask

pytestmark = pytest.mark.local

GREETING = {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "200"}}


@pytest.fixture(scope="module")
def provider(cloud):
    return Provider(cloud.endpoint)


@pytest.fixture(scope="module")
def made(provider):
    """Makes resources, and removes them at the end."""
    all_made = []

    def make(token, name, /, **inputs):
        all_made.append(provider.create(token, name, **inputs))
        return all_made[-1]

    yield make
    for one in reversed(all_made):
        one.delete()


@pytest.fixture(scope="module")
def vpc(made):
    return made(
        "aws:ec2/vpc:Vpc", "edge", cidrBlock="10.40.0.0/16", enableDnsHostnames=True, assignGeneratedIpv6CidrBlock=True
    )


@pytest.fixture(scope="module")
def subnets(made, vpc):
    return [
        made(
            "aws:ec2/subnet:Subnet",
            f"edge-{zone}",
            vpcId=vpc.id,
            cidrBlock=f"10.40.{n}.0/24",
            availabilityZone=f"ap-northeast-1{zone}",
            ipv6CidrBlock=vpc["ipv6CidrBlock"].replace("00::/56", f"0{n}::/64"),
            assignIpv6AddressOnCreation=True,
        ).id
        for n, zone in enumerate("ab")
    ]


@pytest.fixture(scope="module")
def zone(provider):
    return ask(provider, "aws:route53/getZone:getZone", name="edge.example.com")["zoneId"]


def certificate_for(made, zone, domain):
    """An issued certificate: its record is there, and was waited for."""
    certificate = made("aws:acm/certificate:Certificate", domain, domainName=domain, validationMethod="DNS")
    assert certificate["status"] == "PENDING_VALIDATION"
    proof = certificate["domainValidationOptions"][0]
    record = made(
        "aws:route53/record:Record",
        f"proof-{domain}",
        zoneId=zone,
        name=proof["resourceRecordName"],
        type=proof["resourceRecordType"],
        records=[proof["resourceRecordValue"]],
        ttl=60,
        allowOverwrite=True,
    )
    made(
        "aws:acm/certificateValidation:CertificateValidation",
        domain,
        certificateArn=certificate["arn"],
        validationRecordFqdns=[record["fqdn"]],
    )
    return certificate["arn"]


@pytest.fixture(scope="module")
def balancer(made, subnets, zone):
    """With a listener for HTTPS, one for HTTP that redirects, and a name of its own."""
    balancer = made("aws:lb/loadBalancer:LoadBalancer", "edge", name="edge", subnets=subnets)
    made(
        "aws:lb/listener:Listener",
        "http",
        loadBalancerArn=balancer.id,
        port=80,
        protocol="HTTP",
        defaultActions=[TO_HTTPS],
    )
    greeting = {**GREETING, "fixedResponse": {**GREETING["fixedResponse"], "messageBody": "over TLS"}}
    made(
        "aws:lb/listener:Listener",
        "https",
        loadBalancerArn=balancer.id,
        port=443,
        protocol="HTTPS",
        sslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        certificateArn=certificate_for(made, zone, "shop.edge.example.com"),
        defaultActions=[greeting],
    )
    for type in ("A", "AAAA"):
        made(
            "aws:route53/record:Record",
            f"shop-{type}",
            zoneId=zone,
            name="shop.edge.example.com",
            type=type,
            aliases=[{"name": balancer["dnsName"], "zoneId": balancer["zoneId"], "evaluateTargetHealth": True}],
        )
    return balancer


def get(cloud, host, path="/"):
    return requests.get(cloud.endpoint + path, headers={"Host": host}, timeout=10, allow_redirects=False)


def test_the_local_port_is_where_tls_has_ended(cloud, balancer):
    assert get(cloud, balancer["dnsName"]).text == "over TLS"


def test_port_80_redirects_to_https(cloud, balancer):
    answer = get(cloud, "edge.alb.localhost:80", "/a/b?c=d")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://edge.alb.localhost:443/a/b?c=d"


@pytest.mark.parametrize("host", ["shop.edge.example.com", "shop.edge.example.com.localhost:%d"])
def test_a_record_leads_to_the_load_balancer(cloud, balancer, host):
    assert get(cloud, host % cloud.port if "%" in host else host).text == "over TLS"


def test_a_name_without_a_record_leads_nowhere(cloud, balancer):
    assert get(cloud, "other.edge.example.com").text != "over TLS"


def test_a_load_balancer_without_https_answers_as_ever(cloud, made, subnets):
    plain = made("aws:lb/loadBalancer:LoadBalancer", "plain", name="plain", subnets=subnets)
    made(
        "aws:lb/listener:Listener",
        "plain",
        loadBalancerArn=plain.id,
        port=80,
        protocol="HTTP",
        defaultActions=[GREETING],
    )
    assert get(cloud, plain["dnsName"]).status_code == 200


def test_a_listener_changes_its_protocol_in_place(made, provider, subnets, zone):
    balancer = made("aws:lb/loadBalancer:LoadBalancer", "turns", name="turns", subnets=subnets)
    listener = made(
        "aws:lb/listener:Listener",
        "turns",
        loadBalancerArn=balancer.id,
        port=443,
        protocol="HTTPS",
        certificateArn=certificate_for(made, zone, "turns.edge.example.com"),
        sslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        defaultActions=[GREETING],
    )
    plain = {"protocol": "HTTP", "certificateArn": None, "sslPolicy": None}
    assert not listener.diff(**plain).replaces
    listener.update(**plain)
    assert unpack(listener.read().inputs) == listener.inputs


def test_a_certificate_without_its_record_is_not_issued(made, monkeypatch):
    monkeypatch.setattr("localcloud.providers.aws.acm.VALIDATION_SECONDS", 0.2)
    certificate = made("aws:acm/certificate:Certificate", "lonely", domainName="lonely.edge.example.com")
    with pytest.raises(Refused, match=r"no record _acme-challenge\.lonely\.edge\.example\.com\. CNAME"):
        made("aws:acm/certificateValidation:CertificateValidation", "lonely", certificateArn=certificate["arn"])


def test_a_validation_that_leaves_out_a_record_is_told(made):
    certificate = made("aws:acm/certificate:Certificate", "left-out", domainName="left.edge.example.com")
    with pytest.raises(Refused, match="missing left.edge.example.com DNS validation record"):
        made(
            "aws:acm/certificateValidation:CertificateValidation",
            "left-out",
            certificateArn=certificate["arn"],
            validationRecordFqdns=["other.example.com"],
        )


def test_a_hosted_zone_is_made_once_and_told(provider):
    told = []
    connection = provider.servicer.connection(provider.context())
    connection.log, old = lambda message, *_, **__: told.append(message), connection.log
    first, second = (ask(provider, "aws:route53/getZone:getZone", name="new.example.com") for _ in range(2))
    connection.log = old
    assert first["zoneId"] == second["zoneId"]
    assert first["nameServers"]
    assert told == ["hosted zone new.example.com made for the rehearsal: on AWS it must be there"]


def test_a_name_is_completed_with_its_zone(made, zone):
    record = made(
        "aws:route53/record:Record", "short", zoneId=zone, name="short", type="A", ttl=60, records=["1.2.3.4"]
    )
    assert record["fqdn"] == "short.edge.example.com"
    assert unpack(record.read().inputs) == record.inputs, "and read back as the program has it"
    record.update(records=["1.2.3.5"])
    assert unpack(record.read().inputs)["records"] == ["1.2.3.5"]


def test_ipv6_comes_and_goes_with_the_vpc(made, provider, vpc, subnets):
    told = ask(provider, "aws:ec2/getVpc:getVpc", id=vpc.id)
    assert told["ipv6CidrBlock"] == vpc["ipv6CidrBlock"]
    assert told["enableDnsSupport"] is True
    assert ask(provider, "aws:ec2/getSubnet:getSubnet", id=subnets[0])["ipv6CidrBlock"].endswith("00::/64")
    other = made("aws:ec2/vpc:Vpc", "goes", cidrBlock="10.41.0.0/16", assignGeneratedIpv6CidrBlock=True)
    other.update(assignGeneratedIpv6CidrBlock=False)
    assert not ask(provider, "aws:ec2/getVpc:getVpc", id=other.id)["ipv6CidrBlock"]


def test_routes_are_told_by_their_targets(made, provider, vpc):
    table = made("aws:ec2/routeTable:RouteTable", "edge", vpcId=vpc.id)
    out = made("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "edge", vpcId=vpc.id)
    nat = made("aws:ec2/natGateway:NatGateway", "edge", vpcId=vpc.id, availabilityMode="regional")
    made("aws:ec2/route:Route", "v4", routeTableId=table.id, destinationCidrBlock="0.0.0.0/0", natGatewayId=nat.id)
    v6 = made(
        "aws:ec2/route:Route", "v6", routeTableId=table.id, destinationIpv6CidrBlock="::/0", egressOnlyGatewayId=out.id
    )
    with pytest.raises(Refused, match="RouteAlreadyExists"):
        made("aws:ec2/route:Route", "v6", **{name: v6.inputs[name] for name in v6.inputs})
    first, second = ask(provider, "aws:ec2/getRouteTable:getRouteTable", routeTableId=table.id)["routes"]
    assert (first["cidrBlock"], first["natGatewayId"], first["gatewayId"]) == ("0.0.0.0/0", nat.id, "")
    assert (second["ipv6CidrBlock"], second["egressOnlyGatewayId"], second["cidrBlock"]) == ("::/0", out.id, "")
    assert unpack(nat.read().inputs) == nat.inputs


def test_an_interface_endpoint_changes_in_place(made, vpc, subnets):
    groups = [made("aws:ec2/securityGroup:SecurityGroup", f"edge-{n}", vpcId=vpc.id) for n in (1, 2)]
    endpoint = made(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "edge",
        vpcId=vpc.id,
        serviceName="com.amazonaws.ap-northeast-1.ecr.api",
        vpcEndpointType="Interface",
        subnetIds=subnets[:1],
        securityGroupIds=[groups[0].id],
        privateDnsEnabled=True,
    )
    change = {"subnetIds": subnets, "securityGroupIds": [groups[1].id], "privateDnsEnabled": False}
    assert not endpoint.diff(**change).replaces
    endpoint.update(**change)
    assert unpack(endpoint.read().inputs) == endpoint.inputs
    with pytest.raises(Refused, match="DependencyViolation"):
        groups[1].delete()


def test_rules_take_ipv6_and_prefix_lists(made, provider, vpc):
    group = made("aws:ec2/securityGroup:SecurityGroup", "rules", vpcId=vpc.id)
    s3 = ask(provider, "aws:ec2/getManagedPrefixList:getManagedPrefixList", name="com.amazonaws.ap-northeast-1.s3")
    for name, source in (("cidrIpv6", "::/0"), ("prefixListId", s3["id"])):
        rule = made(
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            name,
            securityGroupId=group.id,
            ipProtocol="tcp",
            fromPort=443,
            toPort=443,
            **{name: source},
        )
        assert unpack(rule.read().inputs) == rule.inputs


def test_the_default_group_is_emptied(made, cloud, vpc):
    group = made("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "edge", vpcId=vpc.id)
    assert group.id == vpc["defaultSecurityGroupId"]
    found = cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])


def test_a_bucket_keeps_versions_encrypts_tells_of_objects_and_is_closed(made, cloud):
    """What its settings, each a resource of its own, do for a bucket."""
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    bucket, queue = made("aws:s3/bucket:Bucket", "closed", forceDestroy=True), made("aws:sqs/queue:Queue", "objects")
    algorithm = {"sseAlgorithm": "aws:kms"}
    for name, setting in {
        "Versioning": {"versioningConfiguration": {"status": "Enabled"}},
        "ServerSideEncryptionConfiguration": {"rules": [{"applyServerSideEncryptionByDefault": algorithm}]},
        "Notification": {"eventbridge": True},
        "PublicAccessBlock": {"blockPublicPolicy": True, "blockPublicAcls": True},
    }.items():
        made(f"aws:s3/bucket{name}:Bucket{name}", "closed", bucket=bucket.id, **setting)
    rule = made("aws:cloudwatch/eventRule:EventRule", "objects", eventPattern='{"source":["aws.s3"]}')
    made("aws:cloudwatch/eventTarget:EventTarget", "objects", rule=rule["name"], arn=queue["arn"])
    for text in (b"1", b"2"):
        s3.put_object(Bucket=bucket.id, Key="a", Body=text)
    assert len(s3.list_object_versions(Bucket=bucket.id)["Versions"]) == 2
    assert s3.head_object(Bucket=bucket.id, Key="a")["ServerSideEncryption"] == "aws:kms"
    assert bucket.id in sqs.receive_message(QueueUrl=queue.id, WaitTimeSeconds=5)["Messages"][0]["Body"]
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{bucket['arn']}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    with pytest.raises(Refused, match="AccessDenied.*BlockPublicPolicy"):
        made("aws:s3/bucketPolicy:BucketPolicy", "closed", bucket=bucket.id, policy=policy)
    with pytest.raises(ClientError, match="AccessDenied.*BlockPublicAcls"):
        s3.put_object_acl(Bucket=bucket.id, Key="a", ACL="public-read")


def test_a_bucket_without_access_lists_refuses_them(made, cloud):
    bucket = made("aws:s3/bucket:Bucket", "owned", forceDestroy=True)
    rule = {"objectOwnership": "BucketOwnerEnforced"}
    made("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "owned", bucket=bucket.id, rule=rule)
    cloud.client("s3").put_object(Bucket=bucket.id, Key="a", Body=b"1")
    with pytest.raises(ClientError, match="AccessControlListNotSupported"):
        cloud.client("s3").put_object_acl(Bucket=bucket.id, Key="a", ACL="public-read")


def test_an_alias_leads_to_another_key(made, cloud):
    keys = [made("aws:kms/key:Key", f"edge-{n}", policy=KEY_POLICY, deletionWindowInDays=7) for n in (1, 2)]
    alias = made("aws:kms/alias:Alias", "edge", name="alias/edge", targetKeyId=keys[0].id)
    alias.update(targetKeyId=keys[1].id)
    assert alias["targetKeyArn"] == keys[1]["arn"]
    assert cloud.client("kms").generate_data_key(KeyId="alias/edge", KeySpec="AES_256")["KeyId"] == keys[1]["arn"]


def test_a_repositorys_key_is_read_back(made):
    key = made("aws:kms/key:Key", "images", policy=KEY_POLICY, deletionWindowInDays=7)
    wanted = [{"encryptionType": "KMS", "kmsKey": key["arn"]}]
    repository = made("aws:ecr/repository:Repository", "sealed", encryptionConfigurations=wanted)
    assert unpack(repository.read().inputs)["encryptionConfigurations"] == wanted


@pytest.mark.parametrize(
    ("token", "arguments", "told"),
    [
        ("aws:ec2/getVpc:getVpc", {"id": "vpc-0"}, "InvalidVpcID.NotFound"),
        ("aws:ec2/getSubnet:getSubnet", {"id": "subnet-0"}, "InvalidSubnetID.NotFound"),
        ("aws:ec2/getRouteTable:getRouteTable", {"routeTableId": "rtb-0"}, "InvalidRouteTableID.NotFound"),
        ("aws:ec2/getManagedPrefixList:getManagedPrefixList", {"name": "x"}, "InvalidPrefixListID.NotFound"),
        ("aws:ec2/getVpcEndpointService:getVpcEndpointService", {"service": "x"}, "no matching EC2 VPC Endpoint"),
        ("aws:ec2/getVpcEndpointService:getVpcEndpointService", {"service": "s3"}, "multiple EC2 VPC Endpoint"),
        ("aws:route53/getZone:getZone", {"name": "x.com", "privateZone": True}, "no matching Route 53 Hosted Zone"),
    ],
)
def test_what_is_not_there_is_not_found(provider, token, arguments, told):
    with pytest.raises(Refused, match=told):
        ask(provider, token, **arguments)

"""prod as its file is, read back from AWS's own APIs."""

import json

import pytest
import yaml

from tests.local.harness import Cloud, copy_of_program, deployed

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("prod") / "project", name="edge")
    with deployed(project, "prod"):
        yield project
        file = project.folder / "Pulumi.prod.yaml"
        document = yaml.safe_load(file.read_text())
        document["config"]["fargate:force_delete"] = True
        document["config"]["fargate:load_balancer"]["deletion_protection"] = False
        file.write_text(yaml.safe_dump(document))
        project.up("prod")


@pytest.fixture(scope="module")
def outputs(project):
    return project.outputs("prod")


@pytest.fixture(scope="module")
def balancer(cloud, project):
    (found,) = (
        one
        for one in cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
        if _tags(cloud, one["LoadBalancerArn"]).get("environment") == "prod"
    )
    return found


def _tags(cloud, arn):
    (found,) = cloud.client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


@pytest.fixture(scope="module")
def attributes(cloud, balancer):
    arn = balancer["LoadBalancerArn"]
    found = cloud.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return {one["Key"]: one["Value"] for one in found}


@pytest.fixture(scope="module")
def listeners(cloud, balancer):
    found = cloud.client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {one["Protocol"]: one for one in found}


def test_its_url_is_https_and_answers(cloud, outputs):
    assert outputs["url"] == "https://www.example.com"
    assert "ecs-test" in cloud.get(outputs["url"]).text


def test_http_leads_to_https(cloud):
    reply = cloud.get("http://www.example.com:80/a?b=c", allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (301, "https://www.example.com:443/a?b=c")


def test_the_https_listener_has_an_issued_certificate_and_tls_1_3(cloud, listeners):
    https = listeners["HTTPS"]
    assert https["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    arn = https["Certificates"][0]["CertificateArn"]
    certificate = cloud.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    assert (certificate["Status"], certificate["DomainName"]) == ("ISSUED", "www.example.com")
    assert listeners["HTTP"]["DefaultActions"][0]["Type"] == "redirect"


def test_its_name_is_an_alias_of_the_load_balancer(cloud, balancer):
    route53 = cloud.client("route53")
    zone = next(one for one in route53.list_hosted_zones()["HostedZones"] if one["Name"] == "example.com.")
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    aliases = {one["Type"]: one["AliasTarget"] for one in records if one["Name"] == "www.example.com."}
    assert set(aliases) == {"A", "AAAA"}
    name = aliases["A"]["DNSName"].rstrip(".")
    assert name.partition(".")[0] == balancer["LoadBalancerName"]


def test_a_firewall_is_associated_and_logs(cloud, balancer):
    waf = cloud.client("wafv2")
    acl = waf.get_web_acl_for_resource(ResourceArn=balancer["LoadBalancerArn"])["WebACL"]
    assert [one["Name"] for one in acl["Rules"]][1:3] == [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesAnonymousIpList",
    ]
    logging = waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
    assert ":log-group:aws-waf-logs-balancer-" in logging["LogDestinationConfigs"][0]


def test_it_logs_into_a_bucket_that_is_itself_sound(cloud, attributes):
    s3, bucket = cloud.client("s3"), attributes["access_logs.s3.bucket"]
    assert attributes["access_logs.s3.enabled"] == attributes["connection_logs.s3.enabled"] == "true"
    assert attributes["connection_logs.s3.bucket"] == bucket
    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert [one["Effect"] for one in statements] == ["Deny", "Allow"]
    assert statements[1]["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
    assert owner == "BucketOwnerEnforced"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"]["Days"] == 365


def test_the_load_balancer_is_strict_and_protected(attributes):
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["routing.http.desync_mitigation_mode"] == "defensive"
    assert attributes["deletion_protection.enabled"] == "true"
    assert attributes["zonal_shift.config.enabled"] == "true"


def test_one_key_encrypts_logs_and_images(cloud, outputs):
    kms = cloud.client("kms")
    arn = kms.describe_key(KeyId="alias/edge-prod-key")["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=outputs["services"]["web"]["log_group"])
    assert groups["logGroups"][0]["kmsKeyId"] == arn
    name = outputs["services"]["web"]["repository"].rpartition("/")[2]
    (repository,) = cloud.client("ecr").describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": arn}
    sns = cloud.client("sns")
    found = (sns.get_topic_attributes(TopicArn=one["TopicArn"])["Attributes"] for one in sns.list_topics()["Topics"])
    assert [one["KmsMasterKeyId"] for one in found if one.get("DisplayName") == "edge prod"] == [arn]


def test_the_network_is_logged_closed_and_has_its_endpoints(cloud, balancer):
    ec2 = cloud.client("ec2")
    subnet = ec2.describe_subnets(SubnetIds=[balancer["AvailabilityZones"][0]["SubnetId"]])["Subnets"][0]
    of_vpc = [{"Name": "vpc-id", "Values": [subnet["VpcId"]]}]
    groups = ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"]
    default = next(one for one in groups if one["GroupName"] == "default")
    assert not default["IpPermissions"]
    assert not default["IpPermissionsEgress"]
    logged = [one for one in ec2.describe_flow_logs()["FlowLogs"] if one["ResourceId"] == subnet["VpcId"]]
    assert [one["TrafficType"] for one in logged] == ["ALL"]
    names = {one["ServiceName"].split(".", 3)[3] for one in ec2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"]}
    assert names == {"s3", "ecr.api", "ecr.dkr", "logs"}


def test_a_protected_load_balancer_is_not_replaced(cloud, project, outputs):
    project.edit("Pulumi.prod.yaml", "fargate:load_balancer:\n", "fargate:load_balancer:\n    scheme: internal\n")
    ran = project.pulumi("preview", "--stack", "prod", ok=False)
    project.edit("Pulumi.prod.yaml", "    scheme: internal\n", "")
    assert ran.code != 0
    assert "marked for protection" in ran.out
    assert "ecs-test" in cloud.get(outputs["url"]).text

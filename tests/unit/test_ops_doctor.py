"""What is missing before a first `up`: each check by what the engine, Docker and AWS say. Botocore checks the calls."""

import json
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ProfileNotFound
from botocore.stub import Stubber
from docker.errors import DockerException

from ops import cli, offline
from ops.doctor import account, engine, examine, existing, machine, names, program, quotas, surroundings, view
from ops.doctor.surroundings import Ran, Surroundings
from ops.doctor.verdict import State, missing, ok, unknown
from ops.recorder import Made
from ops.stack_file import StackFile
from policies import tokens as t
from policies.graph import UNKNOWN as UNKNOWN_VALUE

ROOT = Path(__file__).parents[2]
OK, MISSING, UNKNOWN = State.OK, State.MISSING, State.UNKNOWN
AWS = "https://sts.eu-west-1.amazonaws.com"
LOCAL = "http://127.0.0.1:4566"
LOGGED_IN = Ran(code=0, out='{"url": "s3://states", "user": "ann"}')
CLOUD = Ran(code=0, out='{"url": "https://app.pulumi.com/ann", "user": "ann"}')


def made(kind, name="one", outputs=None, dependencies=(), **inputs):
    """A resource, known by its id."""
    return Made(
        type=kind,
        name=name,
        urn=f"urn:{kind}:{name}",
        parent="",
        component=False,
        inputs=inputs,
        outputs={"id": f"{kind}:{name}", **(outputs or {})},
        dependencies=frozenset(dependencies),
        property_dependencies={},
        protect=False,
        retained=False,
        deleted_first=False,
        ignored=frozenset(),
        replaced_on=frozenset(),
        trigger=None,
        aliases=frozenset(),
    )


class Around(Surroundings):
    """A stack whose program, engine and AWS say what a test wants."""

    def __init__(self, folder, *resources, looked_up=(), endpoint=AWS, region="eu-west-1", **config):
        values = {"aws:region": region} | {name.replace("__", ":"): value for name, value in config.items()}
        self.folder, self.stack, self.problem = folder, "dev", ""
        self.file = StackFile(project="fargate", config=values, secrets=())
        self.program = offline.Stack(name="dev", file=self.file, made=resources, looked_up=tuple(looked_up))
        self.environment, self.at = {}, endpoint
        self.engine: dict[str, Ran | None] = {}
        self.who: str | Exception = "123456789012"
        self.stubs: dict[tuple[str, str], Stubber] = {}
        (folder / "Pulumi.yaml").write_text('name: fargate\nrequiredPulumiVersion: ">=3.259.0"\n')
        (folder / "Pulumi.dev.yaml").write_text("config: {}\n")

    @property
    def endpoint(self):
        return self.at

    @property
    def account(self):
        if isinstance(self.who, Exception):
            raise self.who
        return self.who

    def pulumi(self, *arguments):
        return self.engine.get(" ".join(arguments))

    def _client(self, service, region):
        return self.stub(service, region).client

    def stub(self, service, region=None):
        wanted = (service, region or self.region)
        if wanted not in self.stubs:
            client = boto3.client(
                service, region_name=wanted[1], aws_access_key_id="test", aws_secret_access_key="test"
            )
            self.stubs[wanted] = Stubber(client)
            self.stubs[wanted].activate()
        return self.stubs[wanted]

    def answers(self, service, call, answer, asked=None, region=None):
        self.stub(service, region).add_response(call, answer, asked)
        return self

    def refuses(self, service, call, code, region=None):
        self.stub(service, region).add_client_error(call, code, "no such thing")
        return self


@pytest.fixture
def around(tmp_path):
    return lambda *resources, **config: Around(tmp_path, *resources, **config)


def states(verdicts):
    return [one.state for one in verdicts]


def only(verdicts):
    (one,) = verdicts
    return one


# The stack's file


def test_a_file_that_the_program_takes_and_the_policies_pass(around):
    here = around(made("aws:ec2/vpc:Vpc"))
    assert only(program.file(here)) == ok("stack file", "Pulumi.dev.yaml makes 1 resource in eu-west-1")


def test_a_file_that_the_program_refuses(around):
    here = around()
    here.program, here.problem = None, "cpu must be one of 256, got 3"
    assert only(program.file(here)) == missing("stack file", here.problem, "mend Pulumi.dev.yaml")
    assert only(program.policies(here)).state is UNKNOWN
    assert list(names.zone(here)) == []
    assert list(existing.existing(here)) == []
    assert only(machine.docker(here)).found == "not needed: the stack builds no image"
    assert {only(quotas.judge(one, here)).state for one in quotas.QUOTAS} == {UNKNOWN}


@pytest.mark.parametrize(
    ("report", "found"),
    [
        (SimpleNamespace(passed=True, violations=(), expired=(), exempted=(1, 2)), "no violation, 2 accepted"),
        (SimpleNamespace(passed=False, violations=(1,), expired=(), exempted=()), "1 violation, 0 exceptions ended"),
        (SimpleNamespace(passed=False, violations=(), expired=(1,), exempted=()), "0 violations, 1 exception ended"),
    ],
)
def test_the_policies_in_short(around, monkeypatch, report, found):
    monkeypatch.setattr(program.check, "judged", lambda *_: report)
    verdict = only(program.policies(around()))
    assert found in verdict.found
    assert verdict.state is (OK if report.passed else MISSING)
    assert verdict.mend == ("" if report.passed else "python -m ops check --stack dev")


# The engine


@pytest.fixture
def pulumi_at(monkeypatch):
    return lambda path: monkeypatch.setattr(shutil, "which", lambda _: path)


def test_no_engine(around, pulumi_at):
    pulumi_at(None)
    verdict = only(engine.cli(around()))
    assert (verdict.state, verdict.found) == (MISSING, "no pulumi on PATH")
    assert "install 3.259.0: https://" in verdict.mend


@pytest.mark.parametrize(
    ("version", "state", "found"),
    [
        ("v3.259.0", OK, "3.259.0 at /usr/bin/pulumi"),
        ("v3.300.1-dev", OK, "3.300.1 at"),
        ("v3.258.9", MISSING, "3.258.9 at /usr/bin/pulumi, but Pulumi.yaml requires 3.259.0 or newer"),
        ("nonsense", UNKNOWN, "does not tell its version"),
        (None, UNKNOWN, "does not tell its version"),
    ],
)
def test_the_engine_s_version(around, pulumi_at, version, state, found):
    pulumi_at("/usr/bin/pulumi")
    here = around()
    here.engine["version"] = version and Ran(code=0, out=f"{version}\n")
    verdict = only(engine.cli(here))
    assert verdict.state is state
    assert found in verdict.found


def test_a_project_that_requires_no_version(around, pulumi_at):
    pulumi_at("/usr/bin/pulumi")
    here = around()
    (here.folder / "Pulumi.yaml").write_text("name: fargate\n")
    here.engine["version"] = Ran(code=0, out="v1.0.0")
    assert only(engine.cli(here)).state is OK


@pytest.mark.parametrize(
    ("path", "endpoint", "found"),
    [
        ("/home/cloud/bin/pulumi", AWS, "is the local cloud's, but the AWS credentials are AWS's"),
        ("/usr/bin/pulumi", LOCAL, "is the real one, but the AWS credentials are the local cloud's"),
    ],
)
def test_an_engine_and_credentials_of_two_clouds(around, pulumi_at, path, endpoint, found):
    pulumi_at(path)
    here = around(endpoint=endpoint)
    here.environment = {"LOCALCLOUD_HOME": "/home/cloud"}
    verdict = only(engine.cli(here))
    assert verdict.state is MISSING
    assert found in verdict.found
    assert verdict.mend.startswith("open a new shell for AWS")


def test_the_local_cloud_s_engine(around, pulumi_at):
    pulumi_at("/home/cloud/bin/pulumi")
    here = around(endpoint=LOCAL)
    here.environment, here.engine["version"] = {"LOCALCLOUD_HOME": "/home/cloud"}, Ran(code=0, out="v3.259.0")
    assert only(engine.cli(here)).found == "3.259.0 at /home/cloud/bin/pulumi, of the local cloud"


@pytest.mark.parametrize(
    ("ran", "state", "found"),
    [
        (LOGGED_IN, OK, "s3://states, as ann"),
        (Ran(code=1, out=""), MISSING, "pulumi is not logged in"),
        (None, UNKNOWN, "did not say where"),
    ],
)
def test_where_the_state_is(around, ran, state, found):
    here = around()
    here.engine["whoami --json"] = ran
    verdict = only(engine.state(here))
    assert verdict.state is state
    assert found in verdict.found


@pytest.mark.parametrize(
    ("known", "state", "found"),
    [
        ([], MISSING, "the engine knows no stack dev"),
        ([{"name": "prod"}], MISSING, "the engine knows no stack dev"),
        ([{"name": "ann/dev"}], OK, "dev is there, with nothing deployed"),
        ([{"name": "dev", "resourceCount": 46}], OK, "with 46 resources: this would not be its first up"),
    ],
)
def test_the_stack_in_the_state(around, known, state, found):
    here = around()
    here.engine["stack ls --json"] = Ran(code=0, out=json.dumps(known))
    verdict = only(engine.stack(here))
    assert verdict.state is state
    assert found in verdict.found


@pytest.mark.parametrize("ran", [None, Ran(code=255, out="")])
def test_an_engine_that_does_not_tell_its_stacks(around, ran):
    here = around()
    here.engine["stack ls --json"] = ran
    found = examine.examine(here, time.monotonic(), [one for one in examine.CHECKS if one.subject == "stack"])
    assert found == [unknown("stack", "pulumi does not tell its stacks", "pulumi stack ls")]


@pytest.mark.parametrize(
    ("ran", "environment", "endpoint", "state", "found"),
    [
        (CLOUD, {}, AWS, OK, "a key that https://app.pulumi.com/ann keeps"),
        (LOGGED_IN, {"PULUMI_CONFIG_PASSPHRASE": ""}, AWS, OK, "a passphrase, which this shell has"),
        (LOGGED_IN, {}, LOCAL, OK, "a passphrase, which this shell has"),
        (LOGGED_IN, {}, AWS, MISSING, "a passphrase, which this shell has not"),
        (None, {}, AWS, UNKNOWN, "it follows from where the state is"),
    ],
)
def test_what_encrypts_the_secrets(around, ran, environment, endpoint, state, found):
    here = around(endpoint=endpoint)
    here.engine["whoami --json"], here.environment = ran, environment
    verdict = only(engine.secrets(here))
    assert verdict.state is state
    assert found in verdict.found


def key(here, text):
    (here.folder / "Pulumi.dev.yaml").write_text(f"secretsprovider: {text}\nconfig: {{}}\n")
    return here


def test_a_key_in_kms(around):
    there = {"KeyMetadata": {"KeyId": "1", "KeyState": "Enabled"}}
    here = key(around(), "awskms://alias/state?region=us-east-2&context=x")
    here.answers("kms", "describe_key", there, {"KeyId": "alias/state"}, region="us-east-2")
    assert only(engine.secrets(here)) == ok("secrets provider", "key alias/state in us-east-2")

    here = key(around(), "awskms:///alias/state")
    here.answers("kms", "describe_key", {"KeyMetadata": {"KeyId": "1", "KeyState": "Disabled"}})
    assert only(engine.secrets(here)).mend == "aws kms enable-key --key-id alias/state --region eu-west-1"

    here = key(around(), "awskms://alias/state").refuses("kms", "describe_key", "NotFoundException")
    assert only(engine.secrets(here)).found == "no key alias/state in eu-west-1"


def test_a_key_of_another_vault_is_the_engine_s_own_business(around):
    assert only(engine.secrets(key(around(), "gcpkms://projects/p"))).found.startswith("gcpkms is asked by the engine")


# This machine


def image(platform="linux/amd64"):
    return made(t.IMAGE, build={"context": "./app", "platform": platform} if platform else {})


def daemon(monkeypatch, version="28.2.2", here="amd64", system="Debian", headers=("Builder-Version",)):
    api = SimpleNamespace(
        base_url="http://docker",
        version=lambda: {"Version": version, "Arch": here},
        info=lambda: {"OperatingSystem": system},
        get=lambda url: SimpleNamespace(headers=dict.fromkeys(headers, "2")),
    )
    monkeypatch.setattr("docker.from_env", lambda timeout: SimpleNamespace(api=api))


def test_docker_with_buildkit(around, monkeypatch):
    daemon(monkeypatch)
    assert only(machine.docker(around(image()))) == ok("Docker", "28.2.2 for amd64")


def test_docker_without_buildkit(around, monkeypatch):
    daemon(monkeypatch, version="20.10.24+dfsg1", headers=())
    verdict = only(machine.docker(around(image())))
    assert (verdict.state, verdict.found) == (MISSING, "20.10.24+dfsg1 builds without BuildKit")
    assert "of which the local cloud makes do" in only(machine.docker(around(image(), endpoint=LOCAL))).found


def test_docker_of_a_version_that_has_buildkit_and_does_not_say_so(around, monkeypatch):
    daemon(monkeypatch, version="23.0.1", headers=())
    assert only(machine.docker(around(image()))).state is OK


@pytest.mark.parametrize("error", [DockerException("none"), OSError("denied")])
def test_no_docker(around, monkeypatch, error):
    def refuse(timeout):
        raise error

    monkeypatch.setattr("docker.from_env", refuse)
    assert only(machine.docker(around(image()))).found == "no Docker daemon answers this user"


def test_no_docker_is_needed_where_no_image_is_built(around):
    assert only(machine.docker(around())).state is OK


def test_a_build_for_another_architecture(around, monkeypatch, tmp_path):
    daemon(monkeypatch)
    monkeypatch.setattr(machine, "_BINFMT", tmp_path / "binfmt")
    arm = around(image("linux/arm64"))
    assert states(machine.docker(arm)) == [OK, UNKNOWN]
    (tmp_path / "binfmt").mkdir()
    verdict = list(machine.docker(arm))[1]
    assert (verdict.state, verdict.found) == (MISSING, "the stack's images are for arm64, this machine is amd64")
    assert "binfmt --install arm64" in verdict.mend
    (tmp_path / "binfmt" / "qemu-aarch64").write_text("enabled")
    assert states(machine.docker(arm)) == [OK, OK]


@pytest.mark.parametrize("more", [{"system": "Docker Desktop"}, {}])
def test_docker_desktop_and_the_local_cloud_build_for_any(around, monkeypatch, more):
    daemon(monkeypatch, **more)
    here = around(image("linux/arm64"), endpoint=AWS if more else LOCAL)
    assert states(machine.docker(here)) == [OK, OK]


def test_a_build_that_names_no_platform_is_for_this_machine(around, monkeypatch):
    daemon(monkeypatch, here="arm64")
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    assert states(machine.docker(around(image("")))) == [OK]


def test_room_for_the_plugins(around, monkeypatch, tmp_path):
    here = around()
    here.environment = {"PULUMI_HOME": str(tmp_path / "not" / "yet")}
    free = SimpleNamespace(free=78.4e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: free)
    assert only(machine.disk(here)).found == f"78.4 GB free at {tmp_path}; they take about 1 GB"
    free.free = 0.4e9
    assert only(machine.disk(here)).state is MISSING
    (tmp_path / "not" / "yet" / "plugins" / "resource-aws-v7.51.1").mkdir(parents=True)
    assert only(machine.disk(here)).found == f"the AWS plugin is in {tmp_path}/not/yet"
    assert only(machine.disk(around(endpoint=LOCAL))).found.startswith("not needed")


# The account


@pytest.mark.parametrize(
    ("config", "state", "found", "mend"),
    [
        ({"aws__allowedAccountIds": '["123456789012"]'}, OK, "123456789012, which the stack's file names", ""),
        ({}, OK, "123456789012, but the stack's file names none", 'aws:allowedAccountIds: ["123456789012"]'),
        ({"aws__allowedAccountIds": '["1"]'}, MISSING, "which aws:allowedAccountIds does not name", "credentials of 1"),
        ({"endpoint": LOCAL}, OK, f"none: this shell means the local cloud at {LOCAL}", ""),
    ],
)
def test_whose_account_it_is(around, config, state, found, mend):
    verdict = only(account.account(around(**config)))
    assert verdict.state is state
    assert found in verdict.found
    assert mend in verdict.mend


def test_no_credentials_and_nobody_to_ask(around):
    here = around()
    here.who = NoCredentialsError()
    verdict = only(account.account(here))
    assert verdict.state is MISSING
    assert verdict.found == "this shell has no AWS credentials: Unable to locate credentials"
    assert verdict.mend.startswith("Sign in anew: aws sso login")
    here.who = EndpointConnectionError(endpoint_url=AWS)
    with pytest.raises(EndpointConnectionError):
        list(account.account(here))


@pytest.mark.parametrize(
    ("told", "state", "found"),
    [
        ([{"RegionName": "eu-west-1", "OptInStatus": "opt-in-not-required"}], OK, "eu-west-1"),
        ([{"RegionName": "eu-west-1", "OptInStatus": "opted-in"}], OK, "eu-west-1"),
        ([{"RegionName": "eu-west-1"}], OK, "eu-west-1"),
        ([{"RegionName": "eu-west-1", "OptInStatus": "not-opted-in"}], MISSING, "eu-west-1 is not enabled"),
        ([], MISSING, "there is no region eu-west-1"),
    ],
)
def test_whether_the_region_is_open(around, told, state, found):
    asked = {"RegionNames": ["eu-west-1"], "AllRegions": True}
    here = around().answers("ec2", "describe_regions", {"Regions": told}, asked, region="us-east-1")
    verdict = only(account.region(here))
    assert verdict.state is state
    assert found in verdict.found


def test_a_region_that_aws_does_not_know(around):
    here = around(region="eu-wset-1").refuses("ec2", "describe_regions", "InvalidParameterValue", region="us-east-1")
    assert only(account.region(here)).found == "there is no region eu-wset-1"


ROLE = {"Role": {"Path": "/", "RoleName": "r" * 20, "RoleId": "A" * 16, "Arn": "a" * 20, "CreateDate": 1}}


def test_the_roles_of_services(around):
    here = around(made("aws:lb/loadBalancer:LoadBalancer"), made(t.SCALABLE_TARGET))
    here.refuses("iam", "get_role", "NoSuchEntity", region="us-east-1")
    here.refuses("iam", "get_role", "NoSuchEntity", region="us-east-1")
    here.answers("iam", "get_role", ROLE, region="us-east-1")
    ecs, balancing = account.roles(here)
    assert ecs.state is MISSING
    assert ecs.mend == "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"
    assert balancing.found.startswith("no AWSServiceRoleForElasticLoadBalancing yet: AWS makes it")

    here = around().answers("iam", "get_role", ROLE, {"RoleName": "AWSServiceRoleForECS"}, region="us-east-1")
    here.program = None
    assert only(account.roles(here)) == ok("service-linked roles", "AWSServiceRoleForECS")


# Quotas


BY_CODE = {one.code: one for one in quotas.QUOTAS}
UNDEPLOYED = Ran(code=0, out="[]")


def judged(here, code, value=5.0):
    quota = BY_CODE[code]
    asked = {"ServiceCode": quota.service, "QuotaCode": code}
    here.engine.setdefault("stack ls --json", UNDEPLOYED)
    here.answers("service-quotas", "get_service_quota", {"Quota": {"Value": value}}, asked)
    return list(quotas.judge(quota, here))


def addresses(around, used):
    here = around(made("aws:ec2/eip:Eip", "a"), made("aws:ec2/eip:Eip", "b"))
    return here.answers("ec2", "describe_addresses", {"Addresses": [{}] * used})


def test_a_quota_that_is_enough_and_one_that_is_not(around):
    assert only(judged(addresses(around, 3), "L-0263D0A3")) == ok("Elastic IP addresses", "2 needed, 2 free of 5")
    assert only(judged(addresses(around, 4), "L-0263D0A3")) == missing(
        "Elastic IP addresses",
        "2 needed, 1 free of 5",
        "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 "
        "--desired-value 6 --region eu-west-1",
    )


def test_a_quota_of_aws_s_default(around):
    here = addresses(around, 0)
    here.engine["stack ls --json"] = None
    here.refuses("service-quotas", "get_service_quota", "NoSuchResourceException")
    here.answers("service-quotas", "get_aws_default_service_quota", {"Quota": {"Value": 5}})
    assert only(quotas.judge(BY_CODE["L-0263D0A3"], here)).found == "2 needed, 5 free of 5"


@pytest.mark.parametrize(("used", "state"), [(3, OK), (4, UNKNOWN)])
def test_of_a_stack_that_is_there_in_part_nobody_knows_what_it_has(around, used, state):
    here = addresses(around, used)
    here.engine["stack ls --json"] = Ran(code=0, out='[{"name": "dev", "resourceCount": 3}]')
    verdict = only(judged(here, "L-0263D0A3"))
    assert verdict.state is state
    if state is UNKNOWN:
        assert verdict.found == "2 needed, 1 free of 5, and of those in use some may be this stack's"
        assert verdict.mend.startswith("if not: aws service-quotas request-service-quota-increase")


def test_an_engine_that_does_not_tell_its_stacks_knows_nothing_of_this_one(around):
    here = addresses(around, 4)
    here.engine["stack ls --json"] = None
    assert only(judged(here, "L-0263D0A3")).state is MISSING


def test_what_is_not_needed_is_not_asked_for(around):
    assert list(quotas.judge(BY_CODE["L-0263D0A3"], around())) == []


def test_the_local_cloud_has_no_quotas(around):
    verdict = only(quotas.judge(BY_CODE["L-F678F1CE"], around(made("aws:ec2/vpc:Vpc"), endpoint=LOCAL)))
    assert verdict == unknown("VPCs", "1 needed; the local cloud has no quotas")


def test_vpcs_and_load_balancers(around):
    here = around(made("aws:ec2/vpc:Vpc")).answers("ec2", "describe_vpcs", {"Vpcs": [{}] * 5})
    assert only(judged(here, "L-F678F1CE")).found == "1 needed, 0 free of 5"
    here = around(made("aws:lb/loadBalancer:LoadBalancer"))
    here.answers("elbv2", "describe_load_balancers", {"LoadBalancers": [{"Type": "application"}, {"Type": "network"}]})
    assert only(judged(here, "L-53DA6B97", 50.0)).found == "1 needed, 49 free of 50"


def test_nat_gateways_are_counted_by_zone(around):
    subnets = [made("aws:ec2/subnet:Subnet", zone, availabilityZone=zone) for zone in ("a", "b")]
    gateways = [made("aws:ec2/natGateway:NatGateway", s.name, subnetId=s.outputs["id"]) for s in subnets]
    here = around(*subnets, *gateways)
    there = [{"SubnetId": one, "State": "available"} for one in ("1", "2", "3")]
    there += [{"SubnetId": "1", "State": "deleted"}, {"State": "pending"}]
    here.answers("ec2", "describe_nat_gateways", {"NatGateways": there})
    zones = [{"SubnetId": one, "AvailabilityZone": zone} for one, zone in zip("123", "aab", strict=True)]
    here.answers("ec2", "describe_subnets", {"Subnets": zones})
    assert only(judged(here, "L-FE5A380F")).found == "1 needed, 3 free of 5"
    assert quotas._gateways_of_a_zone(around(made("aws:ec2/natGateway:NatGateway")).program.graph) == 1


def tasks(spot=0, on_demand=1, maximum=None, job=True):
    """A service of two tasks of half a vCPU, and a job."""
    strategy = [
        {"capacityProvider": "FARGATE_SPOT", "weight": spot},
        {"capacityProvider": "FARGATE", "weight": on_demand},
    ]
    yield made("aws:ecs/taskDefinition:TaskDefinition", cpu="512", outputs={"arn": "arn:task"})
    yield made(
        "aws:ecs/service:Service",
        taskDefinition="arn:task",
        desiredCount=2,
        deploymentMaximumPercent=200,
        capacityProviderStrategies=strategy,
    )
    if maximum:
        yield made(t.SCALABLE_TARGET, resourceId="aws:ecs/service:Service:one", maxCapacity=maximum)
    if job:
        ecs = {"taskDefinitionArn": "arn:task", "capacityProviderStrategies": strategy}
        yield made("aws:scheduler/schedule:Schedule", target={"ecsParameters": ecs})


@pytest.mark.parametrize(
    ("given", "on_demand", "spot"),
    [({}, 2.5, 0), ({"spot": 1, "on_demand": 0}, 0, 2.5), ({"maximum": 8}, 8.5, 0), ({"job": False}, 2, 0)],
)
def test_vcpus_while_all_services_roll_at_their_most(around, given, on_demand, spot):
    graph = around(*tasks(**given)).program.graph
    assert BY_CODE["L-3032A538"].needed(graph) == on_demand
    assert BY_CODE["L-36FBB829"].needed(graph) == spot


@pytest.mark.parametrize(("points", "free"), [([{"Maximum": 3.5}, {"Maximum": 1}], "2.5 free"), ([], "6 free")])
def test_vcpus_in_use_are_aws_s_own_measure(around, points, free):
    here = around(*tasks()).answers("cloudwatch", "get_metric_statistics", {"Datapoints": points})
    assert only(judged(here, "L-3032A538", 6.0)).found == f"2.5 needed, {free} of 6"


# Names


def zone(name="example.com.", private=False):
    return {"Id": "/hostedzone/Z1", "Name": name, "CallerReference": "x", "Config": {"PrivateZone": private}}


def zones(around, *found, **config):
    here = around(looked_up=[("getZone", {"name": "example.com"}), ("getRegion", {})], **config)
    listed = {"HostedZones": list(found), "IsTruncated": False, "MaxItems": "100"}
    here.answers("route53", "list_hosted_zones_by_name", listed, {"DNSName": "example.com"}, region="us-east-1")
    told = {"HostedZone": zone(), "DelegationSet": {"NameServers": ["NS-1.awsdns.org.", "ns-2.awsdns.com"]}}
    return here.answers("route53", "get_hosted_zone", told, region="us-east-1")


@pytest.mark.parametrize(
    ("resolved", "state", "found"),
    [
        ({"ns-1.awsdns.org", "ns-9.awsdns.net"}, OK, "example.com leads to this zone"),
        ({"ns.elsewhere.net"}, MISSING, "example.com leads to ns.elsewhere.net, and not to this zone"),
        (set(), MISSING, "example.com leads nowhere, and not to this zone"),
        (None, UNKNOWN, "no resolver answers here"),
    ],
)
def test_a_zone_and_whether_the_world_asks_it(around, monkeypatch, resolved, state, found):
    monkeypatch.setattr(names, "nameservers", lambda domain: resolved)
    there, delegation = names.zone(zones(around, zone("other.com."), zone()))
    assert there == ok("hosted zone", "example.com is Z1")
    assert (delegation.state, delegation.found) == (state, found)


def test_a_zone_that_is_rehearsed_leads_nowhere(around):
    assert states(names.zone(zones(around, zone(), endpoint=LOCAL))) == [OK, OK]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([], "this account has no zone example.com"),
        ([zone(private=True)], "this account has no zone example.com but a private one"),
    ],
)
def test_no_zone(around, found, why):
    verdict = only(names.zone(zones(around, *found)))
    assert (verdict.state, verdict.found) == (MISSING, why)
    assert "aws route53 create-hosted-zone --name example.com" in verdict.mend


ARN = "arn:aws:acm:eu-west-1:123456789012:certificate/c-1"


def with_certificate(around, arn=ARN):
    return around(fargate__load_balancer=json.dumps({"certificate_arn": arn}))


@pytest.mark.parametrize(("status", "state"), [("ISSUED", OK), ("PENDING_VALIDATION", MISSING)])
def test_a_certificate_by_its_arn(around, status, state):
    here = with_certificate(around).answers("acm", "describe_certificate", {"Certificate": {"Status": status}})
    assert only(names.certificate(here)).state is state


def test_no_certificate_or_one_of_elsewhere(around):
    here = with_certificate(around).refuses("acm", "describe_certificate", "ResourceNotFoundException")
    assert only(names.certificate(here)).found == f"{ARN} is not there"
    elsewhere = only(names.certificate(with_certificate(around, ARN.replace("eu-west-1", "us-east-1"))))
    assert elsewhere.found == "it is of us-east-1, and the load balancer of eu-west-1"
    assert list(names.certificate(around())) == []


def test_a_certificate_of_a_file_that_is_refused_is_not_looked_at(around):
    here = with_certificate(around, "foo")
    here.program = None
    assert list(names.certificate(here)) == []


# What must be there


LOOKED_UP = [
    ("getSecret", {"name": "prod/database"}),
    ("getSecretVersion", {"secretId": "prod/login"}),
    ("getParameter", {"name": "/app/token"}),
    ("getRepository", {"name": "web", "registryId": "210987654321"}),
    ("getImage", {"repositoryName": "web", "imageTag": "v1"}),
    ("getVpc", {"id": "vpc-1"}),
    ("getSubnet", {"id": "subnet-1"}),
    ("getRegion", {}),
    ("getSecret", {"name": "prod/database"}),
]
CALLS = [
    ("secretsmanager", "describe_secret", {"SecretId": "prod/database"}),
    ("secretsmanager", "describe_secret", {"SecretId": "prod/login"}),
    ("ssm", "get_parameter", {"Name": "/app/token"}),
    ("ecr", "describe_repositories", {"repositoryNames": ["web"], "registryId": "210987654321"}),
    ("ecr", "describe_images", {"repositoryName": "web", "imageIds": [{"imageTag": "v1"}]}),
    ("ec2", "describe_vpcs", {"VpcIds": ["vpc-1"]}),
    ("ec2", "describe_subnets", {"SubnetIds": ["subnet-1"]}),
]


def test_everything_that_is_looked_up_is_there(around):
    here = around(looked_up=LOOKED_UP)
    for service, call, asked in CALLS:
        here.answers(service, call, {}, asked)
    assert only(existing.existing(here)) == ok(
        "what must be there",
        "looked for secret prod/database, secret prod/login, parameter /app/token, repository web, image web:v1, "
        "VPC vpc-1, subnet subnet-1",
    )


def test_nothing_of_it_is_there(around):
    here = around(looked_up=LOOKED_UP)
    codes = ["ResourceNotFoundException"] * 2 + ["ParameterNotFound", "RepositoryNotFoundException"]
    codes += ["ImageNotFoundException", "InvalidVpcID.NotFound", "InvalidSubnetID.NotFound"]
    for (service, call, _), code in zip(CALLS, codes, strict=True):
        here.refuses(service, call, code)
    *gone, _ = existing.existing(here)
    assert [one.found for one in gone][:2] == [
        "no secret prod/database in eu-west-1",
        "no secret prod/login in eu-west-1",
    ]
    assert len(gone) == 7
    assert gone[0].mend.startswith("aws secretsmanager create-secret --name prod/database --secret-string file://VALUE")


def test_a_secret_by_its_arn(around):
    mine = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:own-AbCdEf"
    secrets = [{"name": "A", "valueFrom": f"{mine}:key::"}]
    secrets += [{"name": "B", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:found-AbCdEf"}]
    secrets += [{"name": "C", "valueFrom": "arn:aws:ssm:eu-west-1:210987654321:parameter/x"}]
    definition = made(
        "aws:ecs/taskDefinition:TaskDefinition",
        containerDefinitions=json.dumps([{"name": "app", "secrets": secrets}, {"name": "side"}]),
    )
    here = around(definition).answers("secretsmanager", "describe_secret", {}, {"SecretId": mine})
    assert only(existing.existing(here)).found == f"looked for secret {mine}"


def test_what_may_not_be_looked_at_does_not_hide_the_others(around):
    here = around(looked_up=LOOKED_UP[:3])
    here.refuses("secretsmanager", "describe_secret", "AccessDeniedException")
    here.refuses("secretsmanager", "describe_secret", "ResourceNotFoundException").answers("ssm", "get_parameter", {})
    hidden, gone, seen = existing.existing(here)
    assert (hidden.state, gone.state) == (UNKNOWN, MISSING)
    assert hidden.found.startswith("secret prod/database: these AWS credentials may not do DescribeSecret")
    assert gone.found == "no secret prod/login in eu-west-1"
    assert seen.found == "looked for secret prod/login, parameter /app/token"


def test_nothing_may_be_looked_at(around):
    here = around(looked_up=LOOKED_UP[:1]).refuses("secretsmanager", "describe_secret", "AccessDeniedException")
    assert states(existing.existing(here)) == [UNKNOWN]


def test_nobody_to_ask_is_told_once(around):
    here = around(looked_up=LOOKED_UP)
    here.who = EndpointConnectionError(endpoint_url=AWS)
    with pytest.raises(surroundings.OpsError, match="AWS account comes first"):
        list(existing.existing(here))


def test_containers_that_only_aws_will_tell_name_no_secret(around):
    for unknown_yet in (UNKNOWN_VALUE, None):
        definition = made("aws:ecs/taskDefinition:TaskDefinition", containerDefinitions=unknown_yet)
        assert list(existing.existing(around(definition))) == []


def by_arn(around, arn):
    """A stack whose task reads a secret by its ARN."""
    secrets = [{"name": "A", "valueFrom": f"{arn}:key::"}]
    definition = made(
        "aws:ecs/taskDefinition:TaskDefinition",
        containerDefinitions=json.dumps([{"name": "app", "secrets": secrets}]),
    )
    return around(definition)


@pytest.mark.parametrize("suffix", ["-AbCdEf", ""])
def test_a_secret_that_its_arn_does_not_find_is_made_by_its_name(around, suffix):
    arn = f"arn:aws:secretsmanager:eu-west-1:210987654321:secret:shop/own{suffix}"
    here = by_arn(around, arn).refuses("secretsmanager", "describe_secret", "ResourceNotFoundException")
    gone, _ = existing.existing(here)
    assert (gone.state, gone.found) == (MISSING, f"no secret {arn} in eu-west-1")
    assert gone.mend == (
        "aws secretsmanager create-secret --name shop/own --secret-string file://VALUE --region eu-west-1, "
        "then write its new ARN into the stack file"
    )


def test_a_secret_that_is_about_to_be_deleted(around):
    here = around(looked_up=[("getSecret", {"name": "prod/database"})])
    here.answers("secretsmanager", "describe_secret", {"Name": "prod/database", "DeletedDate": 1})
    gone, _ = existing.existing(here)
    assert gone == missing(
        "what must be there",
        "secret prod/database is about to be deleted, and nobody may read it",
        "aws secretsmanager restore-secret --secret-id prod/database --region eu-west-1",
    )


# All of them


def test_without_an_account_aws_is_not_asked(around):
    here = around(made("aws:ec2/vpc:Vpc"))
    here.who = EndpointConnectionError(endpoint_url=AWS)
    here.engine["stack ls --json"] = UNDEPLOYED
    checks = [one for one in examine.CHECKS if one.run not in (engine.cli, engine.state, engine.stack, engine.secrets)]
    found = examine.examine(here, time.monotonic(), checks[4:])
    assert set(states(found)) == {UNKNOWN}
    assert found[0].found.startswith("AWS is not reached: Could not connect to the endpoint URL")
    assert {one.found for one in found[1:]} == {"AWS account comes first"}
    assert [one.subject for one in found] == ["AWS account", "region", "service-linked roles", "VPCs"]
    assert not examine.nothing_missing(found)


def test_a_check_that_fails_or_is_late_is_not_known(around, monkeypatch):
    clock = iter([0.0, 0.0, examine.SECONDS])  # the time is over when the third is waited for
    monkeypatch.setattr(examine, "time", SimpleNamespace(monotonic=clock.__next__))
    over = threading.Event()

    def fails(_):
        raise RuntimeError("a fault")
        yield

    def late(_):
        over.wait(60)
        yield ok("late", "at last")

    def half(_):
        yield ok("half", "this much")
        raise ProfileNotFound(profile="none")

    checks = [examine.Check(subject=one.__name__, run=one) for one in (fails, half, late)]
    ended, begun, still, silent = examine.examine(around(), 0.0, checks)
    over.set()
    assert (ended, begun) == (unknown("fails", "the check itself failed: a fault"), ok("half", "this much"))
    assert still.found.startswith("this shell's AWS credentials cannot be read")
    assert silent == (unknown("late", "no answer within 10 s"))


def test_the_time_that_the_program_took_is_counted(around):
    over = threading.Event()

    def late(_):
        over.wait(60)
        yield ok("late", "at last")

    begun = time.monotonic()
    (silent,) = examine.examine(around(), begun - examine.SECONDS, [examine.Check(subject="late", run=late)])
    assert time.monotonic() - begun < examine.SECONDS, "as long again"
    over.set()
    assert silent == unknown("late", "no answer within 10 s")


def test_whether_it_is_ready():
    there, gone, dark = ok("a", "x"), missing("b", "x", "do"), unknown("c", "x")
    assert examine.is_ready([there])
    assert not examine.is_ready([there, dark])
    assert examine.nothing_missing([there, dark])
    assert not examine.nothing_missing([there, gone])
    assert not examine.nothing_missing([there, unknown("AWS account", "x")])


# The real surroundings


@pytest.fixture
def real(monkeypatch, tmp_path):
    """The surroundings of a stack whose program is not run."""

    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    def make(text="config: {aws:region: eu-west-1}\n", run=lambda *_: "program"):
        (tmp_path / "Pulumi.yaml").write_text("name: fargate\n")
        (tmp_path / "Pulumi.dev.yaml").write_text(text)
        monkeypatch.setattr(surroundings, "run", run)
        return Surroundings(tmp_path, "dev")

    return make


def test_a_program_that_refuses_its_file_does_not_end_the_examination(real):
    def refuse(*_):
        raise surroundings.OpsError("cpu must be one of 256, got 3")

    assert real().program == "program"
    here = real(run=refuse)
    assert (here.program, here.problem) == (None, "cpu must be one of 256, got 3")


@pytest.mark.parametrize(
    ("region", "home"), [("eu-west-1", "us-east-1"), ("cn-north-1", "cn-north-1"), ("us-gov-east-1", "us-gov-west-1")]
)
def test_a_region_that_every_account_has(real, region, home):
    assert real(f"config: {{aws:region: {region}}}\n").home == home


@pytest.fixture
def sessions(monkeypatch):
    """What boto3 was asked for; its clients say who somebody is."""
    asked: list[Any] = []
    said: dict[str, Any] = {"Account": "123456789012"}

    class Session:
        def __init__(self, profile_name):
            if profile_name == "none":
                raise ProfileNotFound(profile="none")
            asked.append(profile_name)

        def client(self, service, region_name, config):
            asked.append((service, region_name, config.read_timeout))
            return SimpleNamespace(get_caller_identity=who, meta=SimpleNamespace(endpoint_url=LOCAL))

    def who():
        asked.append("who")
        if "error" in said:
            raise said["error"]
        return said

    monkeypatch.setattr("boto3.Session", Session)
    return SimpleNamespace(asked=asked, said=said)


def test_aws_is_asked_once_by_the_profile_of_the_file(real, sessions):
    here = real("config: {aws:region: eu-west-1, aws:profile: work}\n")
    assert (here.account, here.account, here.is_local, here.endpoint) == ("123456789012",) * 2 + (True, LOCAL)
    assert sessions.asked == ["work", ("sts", "us-east-1", 20), "who"]


def test_an_error_is_the_same_for_all_who_ask(real, sessions):
    here, sessions.said["error"] = real(), NoCredentialsError()
    for _ in range(2):
        with pytest.raises(NoCredentialsError):
            here.account  # noqa: B018 - asking raises
    assert sessions.asked.count("who") == 1


def test_a_profile_that_is_none_is_no_local_cloud(real, sessions):
    here = real("config: {aws:profile: none}\n")
    assert not here.is_local
    verdict = only(account.account(here))
    assert verdict.found == "this machine has no AWS profile 'none', which aws:profile in Pulumi.dev.yaml names"
    assert verdict.mend.startswith("Name one of aws configure list-profiles there")


def test_the_profile_of_the_file_is_of_no_matter_to_another_aws(real, sessions, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOCAL)
    assert real("config: {aws:profile: none}\n").account == "123456789012"
    assert sessions.asked[0] is None


def test_a_command_of_the_engine_is_run_once(real, monkeypatch):
    ran = []

    def run(command, **_):
        ran.append(command)
        return SimpleNamespace(returncode=0, stdout="v3.259.0\n")

    monkeypatch.setattr(surroundings.subprocess, "run", run)
    here = real()
    assert here.pulumi("version") == here.pulumi("version") == Ran(code=0, out="v3.259.0\n")
    assert ran == [["pulumi", "version", "--non-interactive", "--color", "never"]]


@pytest.mark.parametrize("error", [FileNotFoundError(), surroundings.subprocess.TimeoutExpired("pulumi", 8)])
def test_an_engine_that_is_not_there_or_does_not_end(real, monkeypatch, error):
    def run(*_, **__):
        raise error

    monkeypatch.setattr(surroundings.subprocess, "run", run)
    assert real().pulumi("version") is None


def test_what_is_refused_otherwise_is_no_absence(around):
    here = around().refuses("ssm", "get_parameter", "AccessDeniedException")
    with pytest.raises(Exception, match="AccessDenied"):
        surroundings.there(lambda: here.client("ssm").get_parameter(Name="x"))


# The command


@pytest.fixture
def command(monkeypatch, around, capsys):
    def run(*arguments, verdicts=(), endpoint=AWS):
        monkeypatch.setattr(surroundings, "Surroundings", lambda *_: around(endpoint=endpoint))
        monkeypatch.setattr(examine, "examine", lambda _, begun: list(verdicts) if begun <= time.monotonic() else [])
        monkeypatch.setattr("sys.argv", ["ops", "doctor", *arguments])
        return cli.main(), *capsys.readouterr()

    return run


def test_the_command_tells_people(command):
    verdicts = [ok("disk", "78 GB"), missing("stack", "none", "pulumi stack init dev"), unknown("VPCs", "no answer")]
    code, out, err = command(verdicts=verdicts)
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "ok         disk   78 GB",
        "missing    stack  none",
        "                  -> pulumi stack init dev",
        "not known  VPCs   no answer",
        "dev: not ready: 1 ok, 1 missing, 1 not known",
    ]


def test_ready_is_said_only_where_all_is_known(command):
    code, out, _ = command(verdicts=[ok("disk", "78 GB"), unknown("VPCs", "no answer"), unknown("zone", "no answer")])
    assert (code, out.splitlines()[-1]) == (0, "dev: nothing is missing, 2 not known, 1 ok")
    assert command(verdicts=[ok("disk", "78 GB")])[1].splitlines()[-1] == "dev: ready for its first up: 1 ok"


def test_a_problem_of_more_lines_stays_in_its_column(command):
    _, out, _ = command(verdicts=[ok("disk", "78 GB"), missing("stack file", "two problems:\n- cpu\n- memory", "mend")])
    assert out.splitlines()[1:-1] == [
        "missing    stack file  two problems:",
        "                       - cpu",
        "                       - memory",
        "                       -> mend",
    ]


def test_the_command_tells_scripts_and_where_it_is(command):
    code, out, err = command("--json", verdicts=[ok("disk", "78 GB")], endpoint=LOCAL)
    assert code == 0
    assert err == f"This shell means the local cloud at {LOCAL}: a new shell asks AWS.\n"
    checks = [{"subject": "disk", "state": "ok", "found": "78 GB", "mend": ""}]
    assert json.loads(out) == {"stack": "dev", "ready": True, "unknown": 0, "checks": checks}
    code, out, _ = command("--json", verdicts=[ok("disk", "78 GB"), unknown("VPCs", "no answer")])
    told = json.loads(out)
    assert (code, told["ready"], told["unknown"]) == (0, False, 1)


def test_a_stack_that_there_is_not_cannot_be_asked_about(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["ops", "doctor", "--stack", "pord"])
    assert cli.main() == 2
    assert "no stack 'pord': there are" in capsys.readouterr().err


def test_the_stacks_of_this_repository_are_looked_at_as_they_are():
    here = Surroundings(ROOT, "prod")
    assert here.program
    assert names._zones(here) == [here.file.structured("fargate:load_balancer")["domain"]["zone"]]
    needed = {one.subject: one.needed(here.program.graph) for one in quotas.QUOTAS}
    assert needed == {
        "Elastic IP addresses": 2,
        "VPCs": 1,
        "NAT gateways of a zone": 1,
        "load balancers": 1,
        "vCPUs on demand": 1,
        "vCPUs on Spot": 0,
    }
    assert view.as_values("prod", [])["ready"]

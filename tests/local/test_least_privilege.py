"""What the roles of delivery may do, by doing it as them: all that a stack has is made, changed, removed; no more."""

import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
import yaml
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from bootstrap.permissions import RUN, TABLES
from ops.stack_file import NO_ACCOUNT
from tests.local.harness import REGION, ROOT, Cloud, Project, Ran, cloud_with_iam, copy_of_program

pytestmark = pytest.mark.local

BUCKET = f"fargate-state-{NO_ACCOUNT}-{REGION}"
IAM = f"arn:aws:iam::{NO_ACCOUNT}"
TO_ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"{IAM}:root"}, "Action": "sts:AssumeRole"}],
    }
)
KEYS = ("AccessKeyId", "SecretAccessKey", "SessionToken")
KEY = f"awskms://alias/fargate-state?region={REGION}"
REPOSITORY = "repo:example@1234567/shop@7654321"
OIDC, TOKEN = "fargate/prod/oidc", "/fargate/prod/token"
ALWAYS = {"sts:GetCallerIdentity"}
"""What AWS lets everybody do."""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, cloud):  # the other keeps Docker up, and has no IAM
    with cloud_with_iam(tmp_path_factory.mktemp("least")) as own:
        yield own


@pytest.fixture(scope="module")
def program(cloud, tmp_path_factory) -> Project:
    """The program, its account made ready by an administrator, its stack files with what that says."""
    made = copy_of_program(cloud, tmp_path_factory.mktemp("program") / "fargate")
    account = made.folder / "bootstrap" / "Pulumi.account.yaml"
    account.write_text(account.read_text().replace("# bootstrap:registry: prod", "bootstrap:registry: prod"))
    ran = made.ops("bootstrap")
    assert ran.code == 0, ran.out
    for stack in ("dev", "prod"):
        with_settings(made, stack, without_waits)
    tags = [{"Key": "project", "Value": "fargate"}, {"Key": "environment", "Value": "prod"}]
    for name in (OIDC, "prod/database"):
        cloud.client("secretsmanager").create_secret(Name=name, SecretString="a client's", Tags=tags)
    cloud.client("ssm").put_parameter(Name=TOKEN, Value="a token", Type="SecureString", Tags=tags)
    others = [{"Key": "project", "Value": "other"}, {"Key": "environment", "Value": "dev"}]
    cloud.client("secretsmanager").create_secret(Name="other/secret", SecretString="nobody's business", Tags=others)
    cloud.client("secretsmanager").create_secret(Name="untagged", SecretString="nobody's business")
    cloud.client("iam").create_role(RoleName="cdk", AssumeRolePolicyDocument=TO_ANYBODY)
    cloud.client("iam").create_role(RoleName="others", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com"))
    return made


def with_settings(program: Project, stack: str, change) -> None:
    """The stack file with settings changed, and the two lines of a delivered stack."""
    file = program.folder / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(file.read_text())
    document["config"] = change(document["config"]) | {
        "fargate:role_path": f"/fargate/{stack}/",
        "fargate:permissions_boundary_arn": f"{IAM}:policy/fargate-delivery/fargate-boundary-{stack}",
    }
    file.write_text(yaml.safe_dump(document))


def without_waits(config: dict) -> dict:
    config["fargate:services"]["web"]["deregistration_delay"] = 0
    return config


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def credentials(cloud: Cloud, use: str) -> tuple[str, str, str]:
    """Access key, secret and session token of a job of GitHub's that took a role by its token."""
    kind, _, environment = use.partition("-")
    subject = f"environment:{environment}" if kind == "deploy" else "ref:refs/heads/main"
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": f"{REPOSITORY}:{subject}",
        "ref": "refs/heads/main",
    }
    parts = (base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({}, claims))
    sts = boto3.client("sts", REGION, endpoint_url=cloud.endpoint, config=Config(signature_version=UNSIGNED))
    given = sts.assume_role_with_web_identity(
        RoleArn=f"{IAM}:role/fargate-delivery/fargate-{use}",
        RoleSessionName="ci",
        WebIdentityToken=".".join((*parts, "unsigned")),
    )["Credentials"]
    return given[KEYS[0]], given[KEYS[1]], given[KEYS[2]]


def acting(program: Project, use: str) -> Project:
    """The program in the shell of a job, with the state in the bucket."""
    own = Cloud(program.cloud.home, program.cloud.port)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    own.environment |= dict(zip(names, credentials(own, use), strict=True)) | {
        "AWS_ENDPOINT_URL": own.endpoint,
        "LOCALCLOUD_STATE": f"s3://{BUCKET}",
        "LOCALCLOUD_AUTH": "1",
    }
    return Project(own, program.folder)


def deploy(program: Project, stack: str) -> Project:
    as_deployer = acting(program, f"deploy-{stack}")
    as_deployer.pulumi("stack", "init", stack, "--secrets-provider", KEY)
    as_deployer.up(stack)
    return as_deployer


@pytest.fixture(scope="module")
def dev(program) -> Project:
    return deploy(program, "dev")


@pytest.fixture(scope="module")
def side_by_side(program, dev) -> tuple[Ran, Project]:
    """A change of dev, and prod, with whatever else a stack can have, and the image that dev runs."""
    image = dev.outputs("dev")["services"]["web"]["image"]
    with_settings(program, "prod", lambda config: everything(config, image))
    with_settings(program, "dev", shared)
    with ThreadPoolExecutor() as both:
        changed, made = both.submit(dev.up, "dev"), both.submit(deploy, program, "prod")
        return changed.result(), made.result()


@pytest.fixture(scope="module")
def changed(side_by_side) -> Ran:
    return side_by_side[0]


@pytest.fixture(scope="module")
def prod(side_by_side) -> Project:
    return side_by_side[1]


def everything(config: dict, image: str) -> dict:
    """A stack of nearly every type of resource that the components make."""
    config["fargate:network"]["ipv6"] = True
    config["fargate:load_balancer"]["deletion_protection"] = False
    config["fargate:load_balancer"]["domain"]["names"] = ["www.example.com", "admin.example.com"]
    config["fargate:observability"] |= {"monthly_budget": 300, "alarms": {"log_errors": 5}}
    web = {name: it for name, it in config["fargate:services"]["web"].items() if name not in ("build", "desired_count")}
    web["image"] = {"promote": image}
    api = {"kind": "internal", "image": {"promote": image}, "user": "33:33", "desired_count": 2}
    signs_in = {name: f"https://id.example.com/{name}" for name in ("authorization_endpoint", "token_endpoint")}
    signs_in |= {"issuer": "https://id.example.com", "user_info_endpoint": "https://id.example.com/user"}
    night = {"name": "night", "cron": "0 20 * * ? *", "min": 2, "max": 2}
    return config | {
        "fargate:force_delete": True,
        "fargate:file_systems": {"uploads": {}},
        "fargate:registry": {"pull_through": {"ecr-public": {}}, "replicate_to": [{"region": "eu-west-1"}]},
        "fargate:jobs": {"tidy": {"service": "web", "schedule": "cron(0 3 * * ? *)", "command": ["true"]}},
        "fargate:services": {
            "web": web
            | {
                "hosts": ["www.example.com"],
                "desired_count": 2,
                "calls": ["api"],
                "volumes": {"/data": "uploads"},
                "secrets": {"DATABASE": {"secret": "prod/database"}, "TOKEN": {"parameter": TOKEN}},
                "execute_command": True,
                "pre_deploy": ["true"],
                "deployment": "canary",
            },
            "api": api,
            "admin": web
            | {
                "hosts": ["admin.example.com"],
                "scaling": {"min": 2, "max": 4, "cpu": 60, "schedules": [night]},
                "authentication": signs_in | {"client_id": "admin", "client_secret": OIDC},
            },
        },
    }


def decisions(cloud: Cloud) -> list[dict[str, str]]:
    return [json.loads(line) for line in (cloud.home / "logs" / "iam.jsonl").read_text().splitlines()]


def refused(cloud: Cloud) -> list[dict[str, str]]:
    of_roles = (one for one in decisions(cloud) if ":assumed-role/fargate-" in one["principal"])
    return [one for one in of_roles if one["decision"] != "Allow"]


def test_the_deploy_role_makes_and_changes_dev(cloud, changed):
    assert changed.changes["+-"] == 1
    assert changed.changes["~"] >= 1
    assert refused(cloud) == []


def shared(config: dict) -> dict:
    config["fargate:services"]["web"] |= {
        "build": {"context": "./app", "pull_accounts": ["210987654321"]},
        "environment": {"LEVEL": "info"},
    }
    return config


def test_the_deploy_role_of_prod_makes_everything(cloud, prod):
    assert refused(cloud) == []
    assert prod.outputs("prod")["url"] == "https://www.example.com"


@pytest.fixture(scope="module")
def looks(program, prod) -> dict[str, Ran]:
    """What the preview roles see of both stacks: nobody locks them, so that all look at once."""
    with ThreadPoolExecutor() as all_of_them:
        return dict(zip(LOOKS, all_of_them.map(lambda look: look_at(program, *look.split()), LOOKS), strict=True))


LOOKS = ("preview dev", "preview prod", "verify dev", "drift dev")


def look_at(program: Project, command: str, stack: str) -> Ran:
    looking = acting(program, f"preview-{stack}")
    looking.cloud.environment |= {"PYTHONPATH": str(ROOT)}
    if command == "preview":
        return looking.pulumi("preview", "--stack", stack)
    return looking.cloud.run([sys.executable, "-m", "ops", command, "--stack", stack], program.folder)


@pytest.mark.parametrize("look", LOOKS)
def test_the_preview_role_previews_verifies_and_finds_no_drift(cloud, looks, look):
    assert looks[look].code == 0, looks[look].out
    assert set(looks[look].changes) == {"same"} or "preview" not in look
    assert refused(cloud) == []


def test_the_preview_role_cannot_deploy(program, dev):
    ran = acting(program, "preview-dev").up("dev", ok=False)
    assert ran.code != 0
    assert "is not authorized to perform: s3:PutObject" in ran.out


BOUNDARY = f"{IAM}:policy/fargate-delivery/fargate-boundary-dev"
A_ROLE = {"AssumeRolePolicyDocument": trust("ecs-tasks.amazonaws.com"), "PermissionsBoundary": BOUNDARY}
ADMIN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
REFUSALS = {
    "reads the secret of another project": ("secretsmanager", "get_secret_value", {"SecretId": "other/secret"}),
    "reads a secret that says not whose it is": ("secretsmanager", "get_secret_value", {"SecretId": "untagged"}),
    "reads the secret of prod": ("secretsmanager", "get_secret_value", {"SecretId": OIDC}),
    "reads prod's state": ("s3", "get_object", {"Bucket": BUCKET, "Key": ".pulumi/stacks/fargate/prod.json"}),
    "reads what was bootstrapped": (
        "s3",
        "get_object",
        {"Bucket": BUCKET, "Key": ".pulumi/stacks/fargate-bootstrap/account.json"},
    ),
    "makes a role elsewhere": ("iam", "create_role", {"RoleName": "new", **A_ROLE}),
    "makes a role of prod": ("iam", "create_role", {"RoleName": "new", "Path": "/fargate/prod/", **A_ROLE}),
    "makes a role without a boundary": (
        "iam",
        "create_role",
        {"RoleName": "new", "Path": "/fargate/dev/", "AssumeRolePolicyDocument": trust("ecs-tasks.amazonaws.com")},
    ),
    "makes a role with another boundary": (
        "iam",
        "create_role",
        {"RoleName": "new", "Path": "/fargate/dev/", **A_ROLE, "PermissionsBoundary": BOUNDARY.replace("dev", "prod")},
    ),
    "takes a boundary away": ("iam", "delete_role_permissions_boundary", {"RoleName": "DEV'S ROLE"}),
    "changes another's role": (
        "iam",
        "put_role_policy",
        {"RoleName": "others", "PolicyName": "it", "PolicyDocument": ADMIN},
    ),
    "changes a role of delivery": (
        "iam",
        "put_role_policy",
        {"RoleName": "fargate-deploy-dev", "PolicyName": "it", "PolicyDocument": ADMIN},
    ),
    "lets itself be prod's": (
        "iam",
        "update_assume_role_policy",
        {"RoleName": "fargate-deploy-prod", "PolicyDocument": trust("ecs-tasks.amazonaws.com")},
    ),
    "changes a boundary": (
        "iam",
        "create_policy_version",
        {"PolicyArn": BOUNDARY, "PolicyDocument": ADMIN, "SetAsDefault": True},
    ),
    "gives a task another's role": (
        "ecs",
        "register_task_definition",
        {"family": "x", "containerDefinitions": [{"name": "x", "image": "x"}], "taskRoleArn": f"{IAM}:role/others"},
    ),
    "deletes prod's cluster": ("ecs", "delete_cluster", {"cluster": "PROD'S CLUSTER"}),
    "deletes prod's network": ("ec2", "delete_vpc", {"VpcId": "PROD'S NETWORK"}),
    "makes prod's network its own": (
        "ec2",
        "create_tags",
        {"Resources": ["PROD'S NETWORK"], "Tags": [{"Key": "environment", "Value": "dev"}]},
    ),
    "makes another's network its own": (
        "ec2",
        "create_tags",
        {"Resources": ["OTHERS' NETWORK"], "Tags": [{"Key": "environment", "Value": "dev"}]},
    ),
    "pushes a build": (
        "ecr",
        "put_image",
        {"repositoryName": "fargate-builds", "imageManifest": "{}", "imageTag": "x"},
    ),
    "makes the state's key its own": (
        "kms",
        "tag_resource",
        {"KeyId": "STATE'S KEY", "Tags": [{"TagKey": "environment", "TagValue": "dev"}]},
    ),
    "makes the builds its own": (
        "ecr",
        "tag_resource",
        {"resourceArn": "BUILDS", "tags": [{"Key": "environment", "Value": "dev"}]},
    ),
    "is another role of the account": (
        "sts",
        "assume_role",
        {"RoleArn": f"{IAM}:role/cdk", "RoleSessionName": "it"},
    ),
    "is in another region": ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}),
}


@pytest.fixture(scope="module")
def stand_ins(cloud, prod, dev) -> dict[str, str]:
    """Things of prod's, of dev's and of others', by what REFUSALS calls them."""
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    of_prod = [{"Name": "tag:environment", "Values": ["prod"]}]
    return {
        "PROD'S NETWORK": ec2.describe_vpcs(Filters=of_prod)["Vpcs"][0]["VpcId"],
        "PROD'S CLUSTER": prod.outputs("prod")["cluster"],
        "STATE'S KEY": cloud.client("kms").describe_key(KeyId="alias/fargate-state")["KeyMetadata"]["KeyId"],
        "BUILDS": f"arn:aws:ecr:{REGION}:{NO_ACCOUNT}:repository/fargate-builds",
        "DEV'S ROLE": iam.list_roles(PathPrefix="/fargate/dev/")["Roles"][0]["RoleName"],
        "OTHERS' NETWORK": ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"],
    }


MAY = {("build", "pushes a build")}
"""What a role is there for."""
PAIRS = [(use, what) for use in ("deploy-dev", "preview-dev", "build") for what in REFUSALS if (use, what) not in MAY]


@pytest.mark.parametrize(("use", "what"), PAIRS)
def test_a_role_is_refused_what_is_not_its_own(cloud, stand_ins, use, what):
    is_refused(cloud, stand_ins, boto3.Session(*credentials(cloud, use)), what)


def is_refused(cloud, stand_ins, session, what) -> None:
    service, call, given = REFUSALS[what]
    text = json.dumps(given)
    for word, real in stand_ins.items():
        text = text.replace(f'"{word}"', f'"{real}"')
    region = "eu-west-1" if what == "is in another region" else REGION
    client = session.client(service, region, endpoint_url=cloud.endpoint)
    with pytest.raises(ClientError, match="AccessDenied|UnauthorizedOperation|not authorized"):
        getattr(client, call)(**json.loads(text))


@pytest.fixture(scope="module")
def greedy(cloud, dev):
    """A session of a role that a deployment of dev made, and gave everything."""
    iam = boto3.Session(*credentials(cloud, "deploy-dev"), region_name=REGION).client(
        "iam", endpoint_url=cloud.endpoint
    )
    iam.create_role(
        RoleName="greedy",
        Path="/fargate/dev/",
        AssumeRolePolicyDocument=TO_ANYBODY,
        PermissionsBoundary=BOUNDARY,
    )
    iam.put_role_policy(RoleName="greedy", PolicyName="all", PolicyDocument=ADMIN)
    arn = f"{IAM}:role/fargate/dev/greedy"
    given = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="task")["Credentials"]
    yield boto3.Session(given[KEYS[0]], given[KEYS[1]], given[KEYS[2]], REGION)
    iam.delete_role_policy(RoleName="greedy", PolicyName="all")
    iam.delete_role(RoleName="greedy")


@pytest.mark.parametrize(
    "what",
    [
        "reads the secret of prod",
        "reads the secret of another project",
        "reads a secret that says not whose it is",
        "is another role of the account",
        "makes the state's key its own",
        "makes the builds its own",
        "reads prod's state",
        "changes another's role",
        "changes a boundary",
        "takes a boundary away",
        "deletes prod's cluster",
        "deletes prod's network",
        "pushes a build",
    ],
)
def test_what_a_role_of_dev_is_given_ends_at_the_boundary(cloud, stand_ins, greedy, what):
    is_refused(cloud, stand_ins, greedy, what)


def test_within_the_boundary_it_has_what_it_is_given(cloud, greedy):
    assert greedy.client("sqs", endpoint_url=cloud.endpoint).list_queues()


@pytest.fixture(scope="module")
def seen(cloud, dev, prod, program) -> set[str]:
    """What was asked of IAM for the roles in the life of both stacks, their end with it."""
    with ThreadPoolExecutor() as both:
        list(both.map(lambda stack: destroy(program, stack), ("dev", "prod")))
    allowed = (one for one in decisions(cloud) if one["decision"] == "Allow")
    return {one["action"] for one in allowed if ":assumed-role/fargate-" in one["principal"]} - ALWAYS


def destroy(program: Project, stack: str) -> None:
    """The end of a stack, whose state is neither read anew nor copied at each step: an `up` has done both."""
    own = acting(program, f"deploy-{stack}")
    own.cloud.environment["PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS"] = "true"
    own.pulumi("destroy", "--yes", "--skip-preview", "--refresh=false", "--stack", stack)


def test_each_permission_is_there_for_its_reason(seen):
    by_running = {
        f"{grant.service}:{action}"
        for grants in TABLES.values()
        for grant in grants
        for action, reason in grant.actions.items()
        if reason == RUN
    }
    assert sorted(by_running - seen) == [], "say who needs it, or take it out"
    assert sorted(seen - by_running) == [], "its reason is `run`"

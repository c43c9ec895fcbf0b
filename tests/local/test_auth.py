"""A local cloud that enforces IAM: who acts, what is refused, and the state in a bucket, by running it."""

import base64
import json
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local.harness import REGION, Cloud, Project, cloud_with_iam, eventually

BUCKET = f"fargate-state-000000000000-{REGION}"
STATE = f"s3://{BUCKET}"
KEY = f"awskms:///alias/fargate-state?region={REGION}"
ACCOUNT = "arn:aws:iam::000000000000"
BOUNDARY = f"{ACCOUNT}:policy/fargate-delivery/boundary"
GITHUB, CIRCLECI = "token.actions.githubusercontent.com", "oidc.circleci.com/org/ORG"
ADMINISTRATOR: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
IN_CIRCLECI = "org/ORG/project/P/user/U/vcs-origin/github.com/example/shop/vcs-ref"
PROJECT_ID = "oidc.circleci.com/project-id"
PROGRAM = """
import os, time
import pulumi, pulumi_aws as aws
pulumi.export("secret", pulumi.Output.secret("hush"))
aws.cloudwatch.LogGroup("log", name="fargate-dev")
time.sleep(float(os.environ.get("SLOW", "0")))
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, cloud):  # the other keeps Docker up, which this one does without
    with cloud_with_iam(tmp_path_factory.mktemp("auth"), "--without-docker") as own:
        make(own)
        yield own


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str | list[str] = "*", **conditions) -> dict:
    condition = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Action": list(actions), "Resource": on} | condition


def trust(provider: str, subject: str, audience: str, **claims: str) -> str:
    said = {"sub": subject, "aud": audience, **claims}
    conditions = {"StringEquals": {f"{provider}:{name}": value for name, value in said.items()}}
    principal = {"Federated": f"{ACCOUNT}:oidc-provider/{provider}"}
    return document(
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": conditions}
    )


def make(cloud: Cloud) -> None:
    """What a bootstrap leaves: a bucket, a key, identity providers, and roles."""
    s3, kms, iam = cloud.client("s3"), cloud.client("kms"), cloud.client("iam")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=".pulumi/meta.yaml", Body=b"version: 1\n")
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    tls_only = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(tls_only | {"Condition": insecure}))
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/fargate-state", TargetKeyId=key["KeyId"])
    iam.create_policy(PolicyName="boundary", Path="/fargate-delivery/", PolicyDocument=document(allow("logs:*")))
    for url, client in ((GITHUB, "sts.amazonaws.com"), (CIRCLECI, "ORG")):
        iam.create_open_id_connect_provider(Url=f"https://{url}", ClientIDList=[client])
    reads = allow("s3:ListBucket", "s3:GetObject", "kms:Decrypt", "logs:Describe*", "logs:ListTags*", "iam:GetRole")
    bounded = allow(
        "iam:CreateRole",
        "iam:PutRolePolicy",
        on=f"{ACCOUNT}:role/fargate/dev/*",
        StringEquals={"iam:PermissionsBoundary": BOUNDARY},
    )
    passes = allow(
        "iam:PassRole",
        on=f"{ACCOUNT}:role/fargate/dev/*",
        StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    )
    writes = allow("s3:PutObject", "s3:DeleteObject", "kms:Encrypt", on=[f"arn:aws:s3:::{BUCKET}/*", key["Arn"]])
    does = allow("logs:*", "ecs:RegisterTaskDefinition", "events:PutRule", "events:PutTargets")
    anyone = document({"Effect": "Allow", "Principal": {"AWS": f"{ACCOUNT}:root"}, "Action": "sts:AssumeRole"})
    for name, statements in {"preview": [reads], "deploy": [reads, writes, bounded, passes, does]}.items():
        iam.create_role(RoleName=name, Path="/fargate-delivery/", AssumeRolePolicyDocument=anyone)
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document(*statements))
    roles = {
        "old": trust(GITHUB, "repo:example/shop:environment:dev", "sts.amazonaws.com"),
        "new": trust(GITHUB, "repo:example@12/shop@34:environment:dev", "sts.amazonaws.com", ref="refs/heads/main"),
        "circle": trust(CIRCLECI, f"{IN_CIRCLECI}/refs/heads/main", "ORG", **{PROJECT_ID: "P"}),
    }
    for name, who in roles.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=who)


def session(cloud: Cloud, role: str, seconds: int = 3600) -> dict[str, str]:
    """The environment of a shell that acts as a role."""
    any_seconds = Config(parameter_validation=False)  # AWS gives 900 at least
    sts: Any = boto3.client("sts", REGION, endpoint_url=cloud.endpoint, config=any_seconds, **ADMINISTRATOR)
    arn = f"{ACCOUNT}:role/fargate-delivery/{role}"
    given = sts.assume_role(RoleArn=arn, RoleSessionName="ci", DurationSeconds=seconds)["Credentials"]
    names = {"AccessKeyId": "ACCESS_KEY_ID", "SecretAccessKey": "SECRET_ACCESS_KEY", "SessionToken": "SESSION_TOKEN"}
    return {f"AWS_{name}": given[key] for key, name in names.items()} | {"AWS_ENDPOINT_URL": cloud.endpoint}


def as_role(project: Project, role: str, **more: str) -> Project:
    """The project in the shell of a role, with the state in the bucket."""
    own = Cloud(project.cloud.home, project.cloud.port)
    own.environment = project.cloud.environment | session(own, role) | {"LOCALCLOUD_STATE": STATE} | more
    return replace(project, cloud=own)


def client(cloud: Cloud, service: Any, role: str) -> Any:
    given = session(cloud, role)
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=cloud.endpoint,
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=given["AWS_SESSION_TOKEN"],
    )


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory) -> Project:
    made = Project(cloud, tmp_path_factory.mktemp("project"))
    made.write("Pulumi.yaml", "name: fargate\nruntime: python\n")
    made.write("Pulumi.dev.yaml", f"config:\n  aws:region: {REGION}\n")
    made.write("__main__.py", PROGRAM)
    as_role(made, "deploy").pulumi("stack", "init", "dev", "--secrets-provider", KEY)
    return made


def keys(cloud: Cloud) -> list[str]:
    return [one["Key"] for one in cloud.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def test_a_cloud_says_that_it_enforces_iam_and_is_not_taken_for_one_that_does_not(cloud):
    assert "Running, IAM is enforced" in cloud.localcloud("status").out
    other = Cloud(cloud.home, cloud.port)
    other.environment["LOCALCLOUD_AUTH"] = "0"
    ran = other.localcloud("start", "--without-docker")
    assert ran.code == 1
    assert "runs without Docker, IAM enforced: `make down` first" in ran.out
    assert "LOCALCLOUD_AUTH is not 1 in this shell" in ran.out


def test_a_role_deploys_with_its_state_in_the_bucket_and_another_only_looks(cloud, project):
    tracked = (project.folder / "Pulumi.dev.yaml").read_text()
    assert "create" in as_role(project, "preview").pulumi("preview", "--stack", "dev").out
    refused = as_role(project, "preview").up(ok=False)
    assert refused.code
    assert "AccessDenied" in refused.out
    deploy = as_role(project, "deploy")
    assert f"as arn:aws:sts::{ACCOUNT[13:]}:assumed-role/deploy/ci" in deploy.up().out
    assert ".pulumi/stacks/fargate/dev.json" in keys(cloud)
    assert not list((cloud.home / "state").glob("**/dev.json")), "nothing in the folder"
    assert deploy.outputs()["secret"] == "[secret]"
    checkpoint = cloud.client("s3").get_object(Bucket=BUCKET, Key=".pulumi/stacks/fargate/dev.json")["Body"].read()
    assert b"hush" not in checkpoint
    assert as_role(project, "preview").pulumi("preview", "--stack", "dev").changes == {"same": 2}
    assert (project.folder / "Pulumi.dev.yaml").read_text() == tracked
    decisions = [json.loads(line) for line in (cloud.home / "logs" / "iam.jsonl").read_text().splitlines()]
    assert {
        "principal": "arn:aws:sts::000000000000:assumed-role/deploy/ci",
        "action": "logs:CreateLogGroup",
        "resource": f"arn:aws:logs:{REGION}:000000000000:log-group:fargate-dev",
        "decision": "Allow",
    } in decisions
    assert any(one["decision"] == "ImplicitDeny" and "/preview/" in one["principal"] for one in decisions)


def test_a_killed_engine_leaves_a_lock_in_the_bucket_until_it_is_cancelled(cloud, project):
    slow = as_role(project, "deploy", SLOW="60")
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive"]
    with subprocess.Popen(
        command, cwd=slow.folder, env=slow.cloud.environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as engine:
        eventually(lambda: [key for key in keys(cloud) if "/locks/organization/fargate/dev/" in key])
        provider = child(engine.pid)
        engine.send_signal(signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{provider}/cmdline").exists(), 60)
    deploy = as_role(project, "deploy")
    refused = deploy.up(ok=False)
    assert refused.code
    assert "the stack is currently locked by 1 lock(s)" in refused.out
    assert "pulumi cancel" in refused.out
    deploy.pulumi("cancel", "--yes", "--stack", "dev")
    deploy.up()


def child(pid: int) -> str:
    """The process of the provider that an engine started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return next(one for one in children if b"localcloud.providers" in Path(f"/proc/{one}/cmdline").read_bytes())


def test_credentials_that_are_no_session_of_this_cloud(cloud, project):
    expired = as_role(project, "deploy")
    expired.cloud.environment |= session(cloud, "deploy", seconds=1)
    time.sleep(1.1)
    assert "assumed-role/deploy/ci has expired: assume the role again" in expired.pulumi("stack", "ls", ok=False).out
    foreign = {"AWS_ACCESS_KEY_ID": "ASIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_SESSION_TOKEN": "real"}
    meant = as_role(project, "deploy")
    meant.cloud.environment |= foreign
    assert "no session of the local cloud" in meant.pulumi("stack", "ls", ok=False).out
    meant.cloud.environment["AWS_ENDPOINT_URL"] = ""
    assert meant.pulumi("preview", "--stack", "dev").changes == {"same": 2}, "as the administrator"


def refused(call, **parameters) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    said = error.value.response.get("Error", {})
    assert said.get("Code", "").startswith("AccessDenied")
    return said.get("Message", "")


def test_a_role_makes_roles_with_the_boundary_in_its_path_only_and_gives_no_others_away(cloud):
    iam, ecs, events = (client(cloud, service, "deploy") for service in ("iam", "ecs", "events"))
    new = {"RoleName": "task", "AssumeRolePolicyDocument": document()}
    assert "iam:CreateRole" in refused(iam.create_role, **new, Path="/fargate/dev/")
    assert "iam:CreateRole" in refused(iam.create_role, **new, Path="/fargate/prod/", PermissionsBoundary=BOUNDARY)
    made = iam.create_role(**new, Path="/fargate/dev/", PermissionsBoundary=BOUNDARY)["Role"]["Arn"]
    iam.put_role_policy(RoleName="task", PolicyName="logs", PolicyDocument=document(allow("logs:*")))
    refused(iam.put_role_policy, RoleName="deploy", PolicyName="all", PolicyDocument=document(allow("*")))
    refused(iam.delete_role_permissions_boundary, RoleName="task")
    container = {"name": "web", "image": "web", "memory": 128}
    task = {"family": "web", "containerDefinitions": [container]}
    ecs.register_task_definition(**task, taskRoleArn=made)
    other = f"{ACCOUNT}:role/fargate-delivery/deploy"
    message = refused(ecs.register_task_definition, **task, taskRoleArn=other)
    assert f"not authorized to perform: iam:PassRole on resource: {other}" in message
    events.put_rule(Name="rule", ScheduleExpression="rate(1 hour)")
    target = {"Id": "one", "Arn": f"arn:aws:ecs:{REGION}:000000000000:cluster/c", "RoleArn": made}
    assert "iam:PassRole" in refused(events.put_targets, Rule="rule", Targets=[target]), "not to this service"


def token(issuer: str, subject: str, audience: str, **more: str) -> str:
    def part(value: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"iss": f"https://{issuer}", "sub": subject, "aud": audience, **more}
    return f"{part({'alg': 'none'})}.{part(claims)}."


def test_tokens_of_ci_become_the_role_that_names_their_subject(cloud):
    sts = cloud.client("sts")

    def assume(role: str, *claims: str, **more: str) -> str:
        given = token(*claims, **more)
        arn = f"{ACCOUNT}:role/{role}"
        try:
            answer = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=given)
        except ClientError as error:
            return error.response.get("Error", {}).get("Code", "")
        return answer["AssumedRoleUser"]["Arn"].split("/")[1]

    old, new = "repo:example/shop:environment:dev", "repo:example@12/shop@34:environment:dev"
    to_aws, main = "sts.amazonaws.com", "refs/heads/main"
    assert assume("old", GITHUB, old, to_aws) == "old"
    assert assume("new", GITHUB, new, to_aws, ref=main) == "new"
    assert assume("new", GITHUB, new, to_aws, ref="refs/heads/other") == "AccessDenied"
    assert assume("old", GITHUB, new, to_aws, ref=main) == "AccessDenied"
    assert assume("new", GITHUB, old, to_aws, ref=main) == "AccessDenied"
    assert assume("old", GITHUB, "repo:example/shop:pull_request", to_aws) == "AccessDenied"
    assert assume("circle", CIRCLECI, f"{IN_CIRCLECI}/{main}", "ORG", **{PROJECT_ID: "P"}) == "circle"
    assert assume("circle", CIRCLECI, f"{IN_CIRCLECI}/{main}", "ORG", **{PROJECT_ID: "Q"}) == "AccessDenied"
    assert assume("circle", CIRCLECI, f"{IN_CIRCLECI}/refs/heads/other", "ORG", **{PROJECT_ID: "P"}) == "AccessDenied"
    assert assume("old", GITHUB, old, "https://github.com/example") == "InvalidIdentityToken", "no client of it"
    assert assume("old", "token.example.com", old, to_aws) == "InvalidIdentityToken", "nobody's provider"

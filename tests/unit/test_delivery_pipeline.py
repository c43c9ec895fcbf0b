"""A pipeline of AWS's: its stages, what each job may do, and who is told."""

import asyncio
import json
from typing import Any

import pytest

from components import Architecture, DeliveryEnvironment, DeliveryPipeline, DeliveryPipelineArgs, build_project
from ops import offline
from policies.evaluate import findings

from .aws_model import check
from .conftest import Cloud, Deployer

PIPELINE, PROJECT = "aws:codepipeline/pipeline:Pipeline", "aws:codebuild/project:Project"
CONNECTION = "aws:codeconnections/connection:Connection"
ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT, LOG = "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:cloudwatch/logGroup:LogGroup"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
KEY, TOPIC = "aws:kms/key:Key", "aws:sns/topic:Topic"
HERE = "ap-northeast-1:123456789012"
DEV = DeliveryEnvironment(stack="dev", preview_policy_arns=["arn:look"], deploy_policy_arns=["arn:do", "arn:more"])
PROD = DeliveryEnvironment(
    stack="prod", preview_policy_arns=["arn:see"], deploy_policy_arns=["arn:act"], needs_approval=True
)
STATE = {"PULUMI_BACKEND_URL": "s3://state", "BUILDS_REPOSITORY": "registry.example/builds"}


def given(**changes):
    mine = {
        "repository": "example/shop",
        "environments": [DEV, PROD],
        "build_policy_arns": ["arn:push"],
        "connection_arn": "arn:connection",
        "kms_key_arn": "arn:key",
        "emails": ("team@example.com",),
        "variables": STATE,
    }
    return DeliveryPipelineArgs(**{**mine, **changes})


def pipeline(**changes):
    return lambda: DeliveryPipeline("ship", given(**changes))


def stages(cloud, name="ship"):
    return cloud.one(PIPELINE, name).inputs["stages"]


def actions(cloud, name="ship"):
    return {one["name"]: one for stage in stages(cloud, name) for one in stage["actions"]}


def statements(cloud, name):
    return json.loads(cloud.one(ROLE_POLICY, name).inputs["policy"])["Statement"]


def trust(cloud, name):
    return json.loads(cloud.one(ROLE, name).inputs["assumeRolePolicy"])["Statement"]


@pytest.fixture(scope="module")
def shipped():
    """A cloud with the pipeline of the usual inputs, which no test changes."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    cloud = Cloud()
    Deployer(cloud)(pipeline())
    loop.close()
    asyncio.set_event_loop(None)
    return cloud


# Stages


def test_its_stages_in_their_order(deploy, cloud):
    made = deploy(pipeline())
    assert [(stage["name"], [one["name"] for one in stage["actions"]]) for stage in stages(cloud)] == [
        ("Source", ["Source"]),
        ("Check", ["Check"]),
        ("Build", ["Build"]),
        ("DeployDev", ["DeployDev", "VerifyDev"]),
        ("ReviewProd", ["ReviewProd", "ApproveProd"]),
        ("DeployProd", ["DeployProd", "VerifyProd"]),
    ]
    orders = [[one["runOrder"] for one in stage["actions"]] for stage in stages(cloud)[1:]]
    assert orders == [[*range(1, len(stage["actions"]) + 1)] for stage in stages(cloud)[1:]]
    assert deploy.known(made.pipeline_name) == "ship"


def test_one_execution_after_another_and_artifacts_under_the_key(shipped):
    for one in shipped.all(PIPELINE):
        assert (one.inputs["name"], one.inputs["pipelineType"]) == (one.name, "V2")
        assert one.inputs["executionMode"] == "QUEUED"
        assert one.inputs["artifactStores"] == [
            {"location": "ship-1234567", "type": "S3", "encryptionKey": {"id": "arn:key", "type": "KMS"}}
        ]
        assert one.inputs["roleArn"] == "arn:Role:ship"
        assert shipped.one(ROLE_POLICY, "ship").urn in one.dependencies


def test_the_source_is_a_commit_that_each_job_clones(deploy, cloud):
    deploy(pipeline(branch="release"))
    for name in ("ship", "ship-drift", "ship-operate-dev", "ship-operate-prod"):
        source = actions(cloud, name)["Source"]
        assert (source["category"], source["provider"], source["namespace"]) == (
            "Source",
            "CodeStarSourceConnection",
            "Source",
        )
        assert source["outputArtifacts"] == ["Source"]
        assert source["configuration"] == {
            "ConnectionArn": "arn:connection",
            "FullRepositoryId": "example/shop",
            "BranchName": "release",
            "OutputArtifactFormat": "CODEBUILD_CLONE_REF",
            "DetectChanges": "false",
        }


def test_pushes_that_change_documentation_alone_start_nothing(shipped):
    (trigger,) = shipped.one(PIPELINE, "ship").inputs["triggers"]
    assert trigger["providerType"] == "CodeStarSourceConnection"
    assert trigger["gitConfiguration"]["sourceActionName"] == "Source"
    assert trigger["gitConfiguration"]["pushes"] == [
        {"branches": {"includes": ["main"]}, "filePaths": {"excludes": ["*.md", "**/*.md", "docs/**"]}}
    ]
    assert not any("triggers" in one.inputs for one in shipped.all(PIPELINE) if one.name != "ship")


@pytest.mark.parametrize(
    ("paths", "ignored", "files"),
    [
        ((), (), None),
        (("app/**",), (), {"includes": ["app/**"]}),
        (("app/**",), ("*.md",), {"includes": ["app/**"], "excludes": ["*.md"]}),
    ],
)
def test_which_files_start_it(deploy, cloud, paths, ignored, files):
    deploy(pipeline(paths=paths, ignored_paths=ignored))
    (push,) = cloud.one(PIPELINE, "ship").inputs["triggers"][0]["gitConfiguration"]["pushes"]
    assert push.get("filePaths") == files


def test_images_are_built_once_and_given_to_each_job_that_needs_them(shipped):
    made = actions(shipped)
    assert {name: one["outputArtifacts"] for name, one in made.items() if "outputArtifacts" in one} == {
        "Source": ["Source"],
        "Build": ["Images"],
        "ReviewProd": ["ReviewProd"],
    }
    takes = {name: one["inputArtifacts"] for name, one in made.items() if "inputArtifacts" in one}
    assert {name for name, artifacts in takes.items() if artifacts == ["Source"]} == {"Check", "Build"}
    assert {name for name, artifacts in takes.items() if artifacts == ["Source", "Images"]} == {
        *("DeployDev", "VerifyDev", "ReviewProd", "DeployProd", "VerifyProd")
    }
    assert all(made[name]["configuration"]["PrimarySource"] == "Source" for name in takes)


def test_each_stage_runs_its_stack_s_project(shipped):
    projects = {name: one["configuration"].get("ProjectName") for name, one in actions(shipped).items()}
    assert projects == {
        "Source": None,
        "Check": "ship-check",
        "Build": "ship-build",
        "DeployDev": "ship-deploy-dev",
        "VerifyDev": "ship-verify-dev",
        "ReviewProd": "ship-review-prod",
        "ApproveProd": None,
        "DeployProd": "ship-deploy-prod",
        "VerifyProd": "ship-verify-prod",
    }


def test_who_approves_is_told_and_led_to_the_review(deploy, cloud):
    deploy(pipeline(approval_days=2))
    assert actions(cloud)["ReviewProd"]["namespace"] == "ReviewProd"
    approve = actions(cloud)["ApproveProd"]
    assert (approve["category"], approve["provider"], approve["timeoutInMinutes"]) == ("Approval", "Manual", 2880)
    assert approve["configuration"]["NotificationArn"] == "arn:Topic:ship"
    assert approve["configuration"]["ExternalEntityLink"] == "https://#{ReviewProd.REVIEW_LINK}"
    assert "#{Source.CommitId} to prod?" in approve["configuration"]["CustomData"]
    assert "inputArtifacts" not in approve


@pytest.mark.parametrize("asked", [True, False])
def test_a_deployment_that_fails_is_followed_by_the_last_one_that_succeeded(deploy, cloud, asked):
    deploy(pipeline(roll_back=asked))
    back = {stage["name"] for stage in stages(cloud) if stage.get("onFailure") == {"result": "ROLLBACK"}}
    assert back == ({"DeployDev", "DeployProd"} if asked else set())
    assert all("onFailure" not in stage for stage in stages(cloud) if stage["name"] not in back)


def test_a_pipeline_of_one_stack_that_nobody_approves(deploy, cloud):
    deploy(pipeline(environments=[DEV], drift_schedule=None))
    assert [*actions(cloud)] == ["Source", "Check", "Build", "DeployDev", "VerifyDev"]
    assert [one.name for one in cloud.all(PIPELINE)] == ["ship", "ship-operate-dev"]
    assert [one.name for one in cloud.all(PROJECT)] == [
        *("ship-build", "ship-check", "ship-deploy-dev", "ship-operate-dev", "ship-verify-dev")
    ]
    assert [one.name for one in cloud.all(RULE)] == ["ship-failed"]


def test_aws_s_own_model_takes_what_the_pipelines_and_projects_say(deploy, cloud):
    deploy(pipeline(paths=("app/**",)))
    for one in cloud.all(PIPELINE):
        check("codepipeline", "CreatePipeline", {"pipeline": _as_aws_names_it(one.inputs)})
    for one in cloud.all(PROJECT):
        plain: dict[str, Any] = _plain(one.inputs)
        said = {_PROJECT_S.get(name, name): value for name, value in plain.items() if name != "tags"}
        said["logsConfig"] = {"cloudWatchLogs": {"status": "ENABLED", **said["logsConfig"]["cloudwatchLogs"]}}
        check("codebuild", "CreateProject", said)


_PROJECT_S = {"buildTimeout": "timeoutInMinutes", "queuedTimeout": "queuedTimeoutInMinutes"}
"""AWS's names of a project's inputs, where they are others."""


def _as_aws_names_it(inputs):
    """What the official provider makes of a pipeline's inputs."""
    said = {name: value for name, value in _plain(inputs).items() if name not in ("tags", "artifactStores")}
    said["artifactStore"] = _plain(inputs)["artifactStores"][0]
    for trigger in said.get("triggers", ()):
        trigger["gitConfiguration"]["push"] = trigger["gitConfiguration"].pop("pushes")
    for stage in said["stages"]:
        for action in stage["actions"]:
            action["actionTypeId"] = {key: action.pop(key) for key in ("category", "owner", "provider", "version")}
            for kind in ("inputArtifacts", "outputArtifacts"):
                action[kind] = [{"name": name} for name in action.get(kind, ())]
    return {**said, "version": 1}


def _plain(value):
    """A copy in which whole numbers are ints, as the engine's are floats."""
    return json.loads(json.dumps(value), parse_float=lambda text: int(float(text)))


# Jobs


def test_each_job_s_project(deploy, cloud):
    deploy(pipeline(tags={"team": "a"}))
    deploys = cloud.one(PROJECT, "ship-deploy-prod").inputs
    assert deploys == {
        "name": "ship-deploy-prod",
        "description": "deploy prod",
        "serviceRole": "arn:Role:ship-deploy-prod",
        "source": {"type": "CODEPIPELINE", "buildspec": "bootstrap/buildspecs/deploy.yml"},
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "privilegedMode": False,
            "environmentVariables": [
                {"name": "STACK", "value": "prod"},
                {"name": "PULUMI_BACKEND_URL", "value": "s3://state"},
                {"name": "BUILDS_REPOSITORY", "value": "registry.example/builds"},
            ],
        },
        "logsConfig": {"cloudwatchLogs": {"groupName": "/aws/codebuild/ship-deploy-prod", "streamName": "deploy"}},
        "encryptionKey": "arn:key",
        "buildTimeout": 120,
        "queuedTimeout": 60,
        "concurrentBuildLimit": 1,
        "tags": {"Name": "ship-deploy-prod", "team": "a"},
    }


def test_docker_runs_in_the_job_that_builds_and_nowhere_else(shipped):
    privileged = {one.name: one.inputs["environment"]["privilegedMode"] for one in shipped.all(PROJECT)}
    assert {name for name, is_so in privileged.items() if is_so} == {"ship-build"}
    assert {one.name for one in shipped.all(PROJECT) if "cache" in one.inputs} == {"ship-build"}


def test_what_changes_a_stack_runs_alone(shipped):
    alone = {one.name for one in shipped.all(PROJECT) if one.inputs.get("concurrentBuildLimit") == 1}
    assert alone == {f"ship-{job}-{stack}" for job in ("deploy", "operate") for stack in ("dev", "prod")}


def test_the_check_knows_nothing_of_where_state_is(shipped):
    assert shipped.one(PROJECT, "ship-check").inputs["environment"]["environmentVariables"] == []
    assert {"name": "STACK", "value": "dev"} in (
        shipped.one(PROJECT, "ship-build").inputs["environment"]["environmentVariables"]
    )


def test_jobs_on_arm(deploy, cloud):
    deploy(pipeline(architecture=Architecture.ARM64))
    for one in cloud.all(PROJECT):
        environment = one.inputs["environment"]
        assert environment["type"] == "ARM_CONTAINER"
        assert environment["image"] == "aws/codebuild/amazonlinux-aarch64-standard:3.0"


def test_a_project_is_made_once_its_role_may_do_its_work(shipped):
    project = shipped.one(PROJECT, "ship-deploy-dev")
    granted = [one.urn for kind in (ROLE_POLICY, ATTACHMENT) for one in shipped.all(kind) if "deploy-dev" in one.name]
    assert len(granted) == 3
    assert set(granted) <= set(project.dependencies)


def test_jobs_write_logs_that_are_kept_and_encrypted(deploy, cloud):
    deploy(pipeline(log_retention_days=30))
    assert {one.inputs["name"] for one in cloud.all(LOG)} == {
        f"/aws/codebuild/ship-{role}"
        for role in ("check", "build", "preview-dev", "deploy-dev", "preview-prod", "deploy-prod")
    }
    assert {(one.inputs["retentionInDays"], one.inputs["kmsKeyId"]) for one in cloud.all(LOG)} == {(30, "arn:key")}


# Roles


def test_each_role_has_its_environment_s_policies_and_no_other_s(shipped):
    attached = {}
    for one in shipped.all(ATTACHMENT):
        attached.setdefault(one.inputs["role"].removesuffix("-1234567"), set()).add(one.inputs["policyArn"])
    assert attached == {
        "ship-build": {"arn:push"},
        "ship-preview-dev": {"arn:look"},
        "ship-deploy-dev": {"arn:do", "arn:more"},
        "ship-preview-prod": {"arn:see"},
        "ship-deploy-prod": {"arn:act"},
    }


def test_who_may_take_which_role(deploy, cloud):
    deploy(pipeline(role_path="/fargate-delivery/"))
    projects = f"arn:aws:codebuild:{HERE}:project/ship-"
    wanted = {
        "ship-check": ("codebuild", [f"{projects}check"]),
        "ship-build": ("codebuild", [f"{projects}build"]),
        "ship-preview-dev": ("codebuild", [f"{projects}verify-dev", f"{projects}drift-dev"]),
        "ship-deploy-dev": ("codebuild", [f"{projects}deploy-dev", f"{projects}operate-dev"]),
        "ship-preview-prod": (
            "codebuild",
            [f"{projects}review-prod", f"{projects}verify-prod", f"{projects}drift-prod"],
        ),
        "ship-deploy-prod": ("codebuild", [f"{projects}deploy-prod", f"{projects}operate-prod"]),
        "ship": (
            "codepipeline",
            [
                f"arn:aws:codepipeline:{HERE}:{name}"
                for name in ("ship", "ship-drift", "ship-operate-dev", "ship-operate-prod")
            ],
        ),
        "ship-drift": ("events", ["arn:EventRule:ship-drift"]),
    }
    assert {one.name for one in cloud.all(ROLE)} == set(wanted)
    for name, (service, sources) in wanted.items():
        assert trust(cloud, name) == [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnEquals": {"aws:SourceArn": sources},
                },
            }
        ]
        assert cloud.one(ROLE, name).inputs["path"] == "/fargate-delivery/"


def _allowed(cloud, name):
    """Resources by what may be done to them."""
    return {tuple(one["Action"]): one["Resource"] for one in statements(cloud, name)}


READ, WRITE = ("s3:GetObject", "s3:GetObjectVersion"), ("s3:PutObject",)
DECRYPT = ("kms:Decrypt", "kms:DescribeKey")
ENCRYPT = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
BUCKET = "arn:aws:s3:::ship-1234567"
EVERY_JOB = {
    ("logs:CreateLogStream", "logs:PutLogEvents"),
    ("s3:GetBucketAcl", "s3:GetBucketLocation"),
    ("codeconnections:UseConnection", "codestar-connections:UseConnection"),
}


def test_a_job_reaches_its_own_log_and_artifacts(shipped):
    source, images, review = (f"{BUCKET}/*/{name}/*" for name in ("Source", "Images", "ReviewProd"))
    allowed = {one.name: _allowed(shipped, one.name) for one in shipped.all(ROLE_POLICY)}
    assert {name: set(what) - EVERY_JOB for name, what in allowed.items() if name not in ("ship", "ship-drift")} == {
        "ship-check": {READ, DECRYPT},
        "ship-build": {READ, WRITE, ENCRYPT},
        "ship-preview-dev": {READ, DECRYPT},
        "ship-deploy-dev": {READ, DECRYPT},
        "ship-preview-prod": {READ, WRITE, ENCRYPT},
        "ship-deploy-prod": {READ, DECRYPT},
    }
    assert allowed["ship-check"][READ] == allowed["ship-build"][READ] == source
    assert allowed["ship-deploy-prod"][READ] == [source, images]
    assert (allowed["ship-build"][WRITE], allowed["ship-preview-prod"][WRITE]) == (images, review)
    logs = {name: what.get(("logs:CreateLogStream", "logs:PutLogEvents")) for name, what in allowed.items()}
    assert logs["ship-check"] == f"arn:aws:logs:{HERE}:log-group:ship-check:*"
    assert len(set(logs.values()) - {None}) == 6


def test_an_artifact_s_folder_has_its_name_cut_short(deploy, cloud):
    shop = DeliveryEnvironment(stack="production", preview_policy_arns=[], deploy_policy_arns=[], needs_approval=True)
    deploy(pipeline(environments=[shop]))
    assert _allowed(cloud, "ship-preview-production")[WRITE] == f"{BUCKET}/*/ReviewProd/*"


def test_a_connection_is_used_for_the_one_repository(shipped):
    for one in shipped.all(ROLE_POLICY):
        used = [it for it in statements(shipped, one.name) if "codeconnections:UseConnection" in it["Action"]]
        assert len(used) == (one.name != "ship-drift")
        for it in used:
            assert it["Resource"] == "arn:connection"
            assert it["Condition"] == {
                "StringEqualsIfExists": {
                    "codeconnections:FullRepositoryId": "example/shop",
                    "codestar-connections:FullRepositoryId": "example/shop",
                }
            }


def test_the_pipelines_start_their_projects_and_pass_no_role(shipped):
    allowed = _allowed(shipped, "ship")
    assert allowed[("codebuild:BatchGetBuilds", "codebuild:StartBuild")] == [
        *("arn:Project:ship-check", "arn:Project:ship-build"),
        *(f"arn:Project:ship-{job}-dev" for job in ("verify", "drift", "deploy", "operate")),
        *(f"arn:Project:ship-{job}-prod" for job in ("review", "verify", "drift", "deploy", "operate")),
    ]
    assert allowed[("sns:Publish",)] == "arn:Topic:ship"
    assert _allowed(shipped, "ship-drift") == {("codepipeline:StartPipelineExecution",): "arn:Pipeline:ship-drift"}
    for one in shipped.all(ROLE_POLICY):
        for statement in statements(shipped, one.name):
            assert statement["Effect"] == "Allow"
            assert not any("*" in action or action == "iam:PassRole" for action in statement["Action"])
            assert "*" not in (statement["Resource"], *statement["Resource"][:1])


# Artifacts, events


def test_the_bucket_is_private_encrypted_and_goes_with_what_is_in_it(deploy, cloud):
    made = deploy(pipeline())
    assert cloud.one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is True

    def part(kind):
        return cloud.one(f"aws:s3/bucket{kind}:Bucket{kind}").inputs

    assert part("ServerSideEncryptionConfiguration")["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:key"},
            "bucketKeyEnabled": True,
        }
    ]
    assert part("LifecycleConfiguration")["rules"][0]["expiration"] == {"days": 30}
    assert part("OwnershipControls")["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert part("PublicAccessBlock")["restrictPublicBuckets"] is True
    plain, by_others, otherwise_encrypted = json.loads(part("Policy")["policy"])["Statement"]
    assert (plain["Effect"], plain["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    write = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{BUCKET}/*"}
    assert by_others == write | {
        "Condition": {
            "ArnNotEquals": {
                "aws:PrincipalArn": [
                    "arn:Role:ship",
                    *(f"arn:Role:ship-{role}" for role in ("build", "check", "deploy-dev", "deploy-prod")),
                    *(f"arn:Role:ship-{role}" for role in ("preview-dev", "preview-prod")),
                ]
            }
        }
    }
    key = "s3:x-amz-server-side-encryption"
    assert otherwise_encrypted == write | {"Condition": {"Null": {key: "false"}, "StringNotEquals": {key: "aws:kms"}}}
    assert deploy.known(made.bucket_name) == "ship-1234567"


def test_without_a_key_it_has_one_of_its_own(deploy, cloud):
    deploy(pipeline(kms_key_arn=None))
    assert cloud.one(KEY).name == "ship"
    assert cloud.one(TOPIC).inputs["kmsMasterKeyId"] == "arn:Key:ship"
    assert {one.inputs["encryptionKey"] for one in cloud.all(PROJECT)} == {"arn:Key:ship"}


def test_failures_of_every_pipeline_are_told(deploy, cloud):
    made = deploy(pipeline())
    assert json.loads(cloud.one(RULE, "ship-failed").inputs["eventPattern"]) == {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {
            "state": ["FAILED"],
            "pipeline": ["ship", "ship-drift", "ship-operate-dev", "ship-operate-prod"],
        },
    }
    target = cloud.one(TARGET, "ship-failed").inputs
    assert target["arn"] == "arn:Topic:ship" == deploy.known(made.topic_arn)
    told = json.loads(target["inputTransformer"]["inputTemplate"])
    assert "<pipeline> failed" in told
    assert all(f"<{word}>" in told for word in target["inputTransformer"]["inputPaths"])


def test_drift_is_looked_for_by_the_clock_in_every_stack_at_once(deploy, cloud):
    deploy(pipeline(drift_schedule="30 3 * * ? *"))
    assert cloud.one(RULE, "ship-drift").inputs["scheduleExpression"] == "cron(30 3 * * ? *)"
    assert cloud.one(TARGET, "ship-drift").inputs == {
        "rule": "ship-drift-1234567",
        "arn": "arn:Pipeline:ship-drift",
        "roleArn": "arn:Role:ship-drift",
    }
    _, drift = stages(cloud, "ship-drift")
    assert all("runOrder" not in one for one in drift["actions"])
    assert [(one["name"], one["configuration"]["ProjectName"]) for one in drift["actions"]] == [
        ("DriftDev", "ship-drift-dev"),
        ("DriftProd", "ship-drift-prod"),
    ]


def test_a_stack_is_operated_by_what_somebody_says_when_starting(shipped):
    one = shipped.one(PIPELINE, "ship-operate-prod").inputs
    assert {it["name"]: it["defaultValue"] for it in one["variables"]} == {
        "COMMAND": "help",
        "SERVICE": "-",
        "CONFIRM": "-",
    }
    configuration = actions(shipped, "ship-operate-prod")["Operate"]["configuration"]
    assert configuration["ProjectName"] == "ship-operate-prod"
    assert json.loads(configuration["EnvironmentVariables"]) == [
        {"name": name, "value": f"#{{variables.{name}}}", "type": "PLAINTEXT"}
        for name in ("COMMAND", "SERVICE", "CONFIRM")
    ]


@pytest.mark.parametrize(("status", "said"), [("PENDING", True), ("AVAILABLE", False)])
def test_a_new_connection_waits_for_somebody(deploy, cloud, monkeypatch, status, said):
    heard = []
    monkeypatch.setattr("components.delivery_pipeline.pulumi.log.warn", lambda text, **_: heard.append(text))
    answer = cloud.new_resource

    def new(args):
        made, outputs = answer(args)
        return made, {**outputs, "connectionStatus": status} if args.typ == CONNECTION else outputs

    monkeypatch.setattr(cloud, "new_resource", new)
    made = deploy(pipeline(connection_arn=None))
    assert cloud.one(CONNECTION).inputs["providerType"] == "GitHub"
    assert deploy.known(made.connection_arn) == "arn:Connection:ship"
    assert ["Update pending connection" in text for text in heard] == [True] * said


def test_a_connection_that_is_there_is_used(deploy, cloud):
    made = deploy(pipeline())
    assert cloud.all(CONNECTION) == []
    assert deploy.known(made.connection_arn) == "arn:connection"


# Inputs


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"repository": "shop"}, "repository must be owner/name, such as example/shop, got 'shop'"),
        ({"branch": "release/*"}, "branch must be one branch's name, not a pattern, got 'release/*'"),
        ({"environments": []}, "environments must be from 1 to 10, got 0"),
        ({"environments": [DEV] * 11}, "environments must be from 1 to 10, got 11"),
        ({"environments": [DEV, DEV]}, "environments: 2 of them have stages of the same name, Dev"),
        (
            {"environments": [DeliveryEnvironment(stack="Dev_1", preview_policy_arns=[], deploy_policy_arns=[])]},
            "stack: name 'Dev_1' must start with a letter, end with a letter or digit",
        ),
        (
            {"environments": [DeliveryEnvironment(stack="a" * 21, preview_policy_arns=[], deploy_policy_arns=[])]},
            "stack: name 'aaaaaaaaaaaaaaaaaaaaa' has 21 characters, at most 20 are allowed",
        ),
        (
            {"environments": [DeliveryEnvironment(stack="a", preview_policy_arns=["b"] * 11, deploy_policy_arns=[])]},
            "stack a: preview_policy_arns must be at most 10, got 11",
        ),
        ({"build_policy_arns": ["a"] * 11}, "build_policy_arns must be at most 10, got 11"),
        ({"paths": ["a"] * 9}, "paths must be at most 8 patterns, got 9"),
        ({"ignored_paths": [""]}, "ignored_paths: a pattern must have 1 to 255 characters, got 0"),
        ({"role_path": "ci"}, "role_path"),
        ({"variables": {"STACK": "dev"}}, "variables: 'STACK' is no name that a job's variable can have"),
        ({"variables": {"CODEBUILD_SRC_DIR": "/"}}, "variables: 'CODEBUILD_SRC_DIR' is no name"),
        ({"variables": {"A B": "/"}}, "variables: 'A B' is no name"),
        ({"approval_days": 61}, "approval_days must be from 1 to 60, got 61"),
        ({"drift_schedule": "0 3 * * *"}, "drift_schedule: cron must have six fields"),
        ({"emails": ["nobody"]}, "emails: 'nobody' is no address such as team@example.com"),
        ({"log_retention_days": 31}, "log_retention_days must be one of"),
    ],
)
def test_what_aws_would_refuse_is_refused(changes, problem):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared below
        given(**changes)
    assert problem in str(refused.value)


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="repository must be .*; branch must be .*; approval_days must be"):
        given(repository="", branch="", approval_days=0)


def test_its_name_leaves_room_for_its_roles(deploy, cloud):
    stack = DeliveryEnvironment(stack="a" * 20, preview_policy_arns=[], deploy_policy_arns=[])
    deploy(lambda: DeliveryPipeline("x" * 27, given(environments=[stack])))
    roles = [f"{one.name}-1234567" for one in cloud.all("aws:iam/role:Role")]
    assert max(map(len, roles)) == 64
    with pytest.raises(ValueError, match="has 28 characters, at most 27 are allowed"):
        deploy(lambda: DeliveryPipeline("x" * 28, given()))


def test_stages_are_named_by_the_stack_s_words():
    assert DeliveryEnvironment(stack="eu-prod", preview_policy_arns=[], deploy_policy_arns=[]).title == "EuProd"


# Policies

PROGRAM = """\
from components import DeliveryEnvironment, DeliveryPipeline, DeliveryPipelineArgs

DeliveryPipeline(
    "ship",
    DeliveryPipelineArgs(
        repository="example/shop",
        environments=[
            DeliveryEnvironment(
                stack="prod",
                preview_policy_arns=["arn:aws:iam::123456789012:policy/look"],
                deploy_policy_arns=["arn:aws:iam::123456789012:policy/do"],
                needs_approval=True,
            )
        ],
        build_policy_arns=["arn:aws:iam::123456789012:policy/push"],
        emails=("team@example.com",),
    ),
)
"""


def test_the_rules_find_the_one_job_that_runs_docker_and_the_bucket_that_logs_no_requests(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: delivery\nruntime: python\n")
    (tmp_path / "Pulumi.account.yaml").write_text("config:\n  aws:region: ap-northeast-1\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    found = findings(offline.run(tmp_path, "account").graph)
    assert {(one.rule.id, one.resource.name) for one in found} == {
        ("build-unprivileged", "ship-build"),
        ("bucket-access-logs", "ship"),
    }


def test_jobs_are_those_that_have_a_buildspec(at_root):
    jobs = [one for one in vars(build_project).values() if isinstance(one, build_project.Job)]
    names = {*(job.name for job in jobs), "review"}
    assert names == {file.stem for file in (at_root / "bootstrap" / "buildspecs").glob("*.yml")}

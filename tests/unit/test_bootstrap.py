"""The account's program: what it makes of its file, and what of that stays."""

import inspect
import json
import re
import runpy
import sys
from datetime import date

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime

import components
from bootstrap.builds_repository import BuildsRepository, BuildsRepositoryArgs
from bootstrap.delivery_roles import DeliveryRoles, DeliveryRolesArgs
from bootstrap.identity_providers import IdentityProviders, IdentityProvidersArgs
from bootstrap.names import Names
from bootstrap.settings import Circleci, Github
from bootstrap.state_store import StateStore, StateStoreArgs
from ops import check

from . import test_contract as contract

ROLE, POLICY = "aws:iam/role:Role", "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
NAMES = Names(project="fargate", account="123456789012", region="ap-northeast-1")
GITHUB = Github(repository="example/shop")
ORG = "01234567-89ab-cdef-0123-456789abcdef"
CIRCLECI = Circleci(organization_id=ORG, project_id=ORG, repository="example/shop")
TAGS = {"team": "a"}
MAKE = {
    StateStore: lambda opts: StateStore("it", StateStoreArgs(names=NAMES, tags=TAGS), opts),
    BuildsRepository: lambda opts: BuildsRepository(
        "it", BuildsRepositoryArgs(names=NAMES, kms_key_arn="arn:key", tags=TAGS), opts
    ),
    IdentityProviders: lambda opts: IdentityProviders(
        "it", IdentityProvidersArgs(github=GITHUB, circleci=CIRCLECI, tags=TAGS), opts
    ),
    DeliveryRoles: lambda opts: DeliveryRoles(
        "it", DeliveryRolesArgs(names=NAMES, environments=("dev",), github=GITHUB, tags=TAGS), opts
    ),
}
PARTS = ("base", "compute", "data", "edge", "firewall", "images", "keys", "network", "telemetry")
CHILDREN = {
    StateStore: [
        "kms/alias it",
        "kms/key it",
        "s3/bucket it",
        "s3/bucketLifecycleConfiguration it",
        "s3/bucketNotification it",
        "s3/bucketOwnershipControls it",
        "s3/bucketPolicy it",
        "s3/bucketPublicAccessBlock it",
        "s3/bucketServerSideEncryptionConfiguration it",
        "s3/bucketVersioning it",
    ],
    BuildsRepository: ["ecr/lifecyclePolicy it", "ecr/repository it"],
    IdentityProviders: ["iam/openIdConnectProvider it-circleci", "iam/openIdConnectProvider it-github"],
    DeliveryRoles: sorted(
        [
            "iam/policy fargate-boundary-dev",
            *(f"iam/role fargate-{use}" for use in ("build", "preview-dev", "deploy-dev")),
            *(
                f"iam/{kind} fargate-{use}"
                for kind in ("policy", "rolePolicyAttachment")
                for use in ("build-push", *(f"{one}-dev-{part}" for one in ("preview", "deploy") for part in PARTS))
            ),
        ]
    ),
}


EXAMPLE = {
    "aws:region": "ap-northeast-1",
    "aws:allowedAccountIds": ["123456789012"],
    "bootstrap:environments": ["dev", "prod"],
    "bootstrap:unattended": ["dev"],
    "bootstrap:github": {"repository": "example/shop", "organization_id": 1234567, "repository_id": 7654321},
    "bootstrap:circleci": {"organization_id": ORG, "project_id": ORG, "repository": "example/shop"},
}
"""What the file says as it comes. The one that is there says what its account is delivered by."""


@pytest.fixture
def run(deploy, cloud, at_root, flat, monkeypatch):
    """Run the program with a file, the example if none is said, after a change of it; None takes a key away."""
    monkeypatch.chdir(at_root / "bootstrap")
    monkeypatch.setattr(sys, "path", [*sys.path])
    exports = {}
    monkeypatch.setattr(pulumi, "export", exports.__setitem__)

    def run(*, preview=False, said=EXAMPLE, **changes):
        config = said | {f"bootstrap:{key}": value for key, value in changes.items()}

        def program():
            runtime.set_all_config(flat({key: value for key, value in config.items() if value is not None}), [])
            runpy.run_path(str(at_root / "bootstrap/__main__.py"))

        deploy(program, stack="account", preview=preview)
        return exports

    return run


@pytest.mark.parametrize("preview", [False, True])
def test_the_file_that_is_there_deploys_and_previews(run, cloud, at_root, preview):
    said = yaml.safe_load((at_root / "bootstrap/Pulumi.account.yaml").read_text())["config"]
    run(said=said, preview=preview)
    boundaries = {f"fargate-boundary-{stack}" for stack in said["bootstrap:environments"]}
    assert {one.name for one in cloud.resources if one.protect} == {"state", "builds", *boundaries}


@pytest.mark.parametrize("preview", [False, True])
def test_it_deploys_and_previews_and_what_every_stack_depends_on_stays(run, cloud, preview):
    exports = run(preview=preview)
    assert set(exports) == {
        *("state_bucket", "key_arn", "backend_url", "secrets_provider", "builds_repository"),
        *("boundary_arns", "role_arns", "policy_arns"),
    }
    assert [one.name for one in cloud.all(ROLE)] == [
        *("fargate-build", "fargate-deploy-dev", "fargate-deploy-prod", "fargate-preview-dev", "fargate-preview-prod")
    ]
    assert not [one for one in cloud.resources if one.type == "fargate:index:DeliveryPipeline"]
    boundaries = {"fargate-boundary-dev", "fargate-boundary-prod"}
    assert {one.name for one in cloud.resources if one.protect} == {"state", "builds", *boundaries}


@pytest.mark.parametrize("codepipeline", [None, {"repository": "example/shop"}])
def test_everything_has_the_tags_that_no_stack_s_roles_may_touch(run, cloud, codepipeline):
    run(codepipeline=codepipeline)
    tagged = [one for one in cloud.resources if "tags" in one.inputs]
    assert {(one.inputs["tags"]["project"], one.inputs["tags"]["environment"]) for one in tagged} == {
        ("fargate", "delivery")
    }
    assert {"state", "builds", "fargate-build"} <= {one.name for one in tagged}
    untagged = {one.type.split(":")[1] for one in cloud.resources if one.type.startswith("aws:")} - {
        one.type.split(":")[1] for one in tagged
    }
    assert untagged <= {one.split(":")[1] for one in contract.WITHOUT_TAGS}


def test_a_pull_request_may_look_at_what_nobody_approves(run, cloud):
    run(unattended=["dev"], circleci=None)
    lets = {one.name: ":pull_request" in one.inputs["assumeRolePolicy"] for one in cloud.all(ROLE)}
    assert [name for name, does in lets.items() if does] == ["fargate-preview-dev"]


def test_what_it_puts_out(run, deploy):
    exports = run(environments=["dev"], unattended=[])
    assert exports["backend_url"] == "s3://fargate-state-123456789012-ap-northeast-1?region=ap-northeast-1"
    assert deploy.known(exports["role_arns"]).keys() == {"build", "preview-dev", "deploy-dev"}
    assert deploy.known(exports["policy_arns"]).keys() == {"build", "preview-dev", "deploy-dev"}
    assert deploy.known(exports["boundary_arns"]).keys() == {"dev"}


def test_a_wrong_file_is_told_without_a_traceback(run, cloud):
    with pytest.raises(
        pulumi.RunError, match="Pulumi.account.yaml has 1 problem:\n  bootstrap:environments: must name"
    ):
        run(environments=[])
    assert cloud.resources == []


def test_what_the_pipeline_refuses_is_told_without_a_traceback(run, monkeypatch):
    def refuses(*_):
        raise ValueError("branch must be one branch's name")

    monkeypatch.setattr(components, "DeliveryPipeline", refuses)
    with pytest.raises(pulumi.RunError, match="branch must be"):
        run(codepipeline={"repository": "example/shop"})


def test_images_are_built_on_the_processor_that_the_stacks_run_on(run, cloud):
    run(codepipeline={"repository": "example/shop", "architecture": "ARM64"})
    projects = cloud.all("aws:codebuild/project:Project")
    assert {one.inputs["environment"]["type"] for one in projects} == {"ARM_CONTAINER"}


def test_a_pipeline_of_aws_gets_what_the_roles_of_the_others_may(run, cloud):
    exports = run(github=None, circleci=None, codepipeline={"repository": "example/shop"})
    assert {"pipeline", "connection_arn"} <= set(exports)
    pipeline = cloud.one("fargate:index:DeliveryPipeline")
    assert pipeline.name == "fargate-delivery"
    roles = cloud.all(ROLE)
    assert "fargate-deploy-dev" not in [one.name for one in roles], "nobody could take it"
    assert cloud.all(PROVIDER) == []
    assert {one.inputs["path"] for one in roles} == {"/fargate-delivery/"}
    (review,) = [one for one in cloud.resources if one.name == "fargate-delivery-review-prod"]
    assert not [one for one in cloud.resources if one.name == "fargate-delivery-review-dev"], review


@pytest.mark.parametrize(
    ("said", "approved"),
    [({"environments": ["prod"], "unattended": []}, {"prod"}), ({"unattended": ["dev", "prod"]}, set())],
)
def test_a_pipeline_of_aws_asks_for_each_stack_that_is_not_unattended(run, cloud, said, approved):
    run(github=None, circleci=None, codepipeline={"repository": "example/shop"}, **said)
    stages = {
        one["name"] for one in cloud.one("aws:codepipeline/pipeline:Pipeline", "fargate-delivery").inputs["stages"]
    }
    assert stages >= {"Source"}
    assert {stage for stage in stages if stage.startswith("Review")} == {f"Review{one.title()}" for one in approved}


def test_the_state_is_private_versioned_and_encrypted_by_its_key(deploy, cloud):
    made = deploy(lambda: MAKE[StateStore](None))
    bucket = cloud.one("aws:s3/bucket:Bucket").inputs
    assert bucket["bucket"] == "fargate-state-123456789012-ap-northeast-1"
    assert not bucket.get("forceDestroy")

    def part(kind):
        return cloud.one(f"aws:s3/bucket{kind}:Bucket{kind}").inputs

    assert part("Versioning")["versioningConfiguration"] == {"status": "Enabled"}
    assert part("ServerSideEncryptionConfiguration")["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:Key:it"},
            "bucketKeyEnabled": True,
        }
    ]
    (rule,) = part("LifecycleConfiguration")["rules"]
    assert "expiration" not in rule, "the state itself never ends"
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
    assert all(value for name, value in part("PublicAccessBlock").items() if name != "bucket")
    (statement,) = json.loads(part("Policy")["policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert statement["Resource"] == [NAMES.state_bucket_arn, f"{NAMES.state_bucket_arn}/*"]
    key = cloud.one("aws:kms/key:Key").inputs
    assert (key["enableKeyRotation"], key["deletionWindowInDays"]) == (True, 30)
    (statement,) = json.loads(key["policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert cloud.one("aws:kms/alias:Alias").inputs["name"] == "alias/fargate-state"
    assert deploy.known(made.bucket_name) == "it-1234567", "as AWS answers"


def test_images_are_built_into_one_repository(deploy, cloud):
    deploy(lambda: MAKE[BuildsRepository](None))
    repository = cloud.one("aws:ecr/repository:Repository").inputs
    assert repository["name"] == "fargate-builds"
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": "arn:key"}]
    rules = json.loads(cloud.one("aws:ecr/lifecyclePolicy:LifecyclePolicy").inputs["policy"])["rules"]
    assert rules[1]["selection"]["countNumber"] == 100


@pytest.mark.parametrize(
    ("github", "circleci", "made"),
    [
        (GITHUB, None, {"https://token.actions.githubusercontent.com": ["sts.amazonaws.com"]}),
        (None, CIRCLECI, {f"https://oidc.circleci.com/org/{ORG}": [ORG]}),
        (
            GITHUB.model_copy(update={"existing_provider": True}),
            CIRCLECI.model_copy(update={"existing_provider": True}),
            {},
        ),
        (None, None, {}),
    ],
)
def test_a_provider_for_each_ci_that_the_account_does_not_know(deploy, cloud, github, circleci, made):
    deploy(lambda: IdentityProviders("it", IdentityProvidersArgs(github=github, circleci=circleci)))
    assert {one.inputs["url"]: one.inputs["clientIdLists"] for one in cloud.all(PROVIDER)} == made
    assert all("thumbprintLists" not in one.inputs for one in cloud.all(PROVIDER))


def test_a_role_has_its_trust_its_policies_and_an_hour(deploy, cloud):
    deploy(lambda: MAKE[DeliveryRoles](None))
    role = cloud.one(ROLE, "fargate-deploy-dev").inputs
    assert (role["name"], role["path"], role["maxSessionDuration"]) == (
        *("fargate-deploy-dev", "/fargate-delivery/", 3600),
    )
    assert role["description"] == "CI: deploys stack dev"
    subject = json.loads(role["assumeRolePolicy"])["Statement"][0]["Condition"]["StringEquals"]
    assert subject["token.actions.githubusercontent.com:sub"] == "repo:example/shop:environment:dev"
    attached = [one.inputs for one in cloud.all(ATTACHMENT) if one.inputs["role"] == "fargate-deploy-dev"]
    policies = [one.inputs for one in cloud.all(POLICY) if one.name.startswith("fargate-deploy-dev-")]
    assert sorted(one["policyArn"] for one in attached) == sorted(f"arn:Policy:{one['name']}" for one in policies)
    assert {one["path"] for one in policies} == {"/fargate-delivery/"}


def test_each_role_has_its_own_policies_alone(deploy, cloud):
    deploy(lambda: MAKE[DeliveryRoles](None))
    for one in cloud.all(ATTACHMENT):
        assert one.inputs["policyArn"].startswith(f"arn:Policy:{one.inputs['role']}-")
    assert "fargate-boundary-dev" in [one.name for one in cloud.all(POLICY)]


@pytest.fixture(params=MAKE, ids=lambda one: one.__name__)
def component(request):
    return request.param


def test_its_token_and_its_children(deploy, cloud, component):
    deploy(lambda: MAKE[component](None))
    itself = cloud.one(f"fargate:index:{component.__name__}")
    children = [one for one in cloud.resources if one.parent == itself.urn]
    assert len(children) == len(cloud.children()), "every resource is its own"
    assert sorted(map(contract.short, children)) == CHILDREN[component]


def test_its_outputs_are_its_annotations(deploy, cloud, component):
    made = deploy(lambda: MAKE[component](None))
    itself = cloud.one(f"fargate:index:{component.__name__}")
    assert set(inspect.get_annotations(component)) == set(cloud.registered_outputs[itself.urn])
    assert all(isinstance(getattr(made, name), pulumi.Output) for name in inspect.get_annotations(component))


def test_its_tags_and_options_reach_it(deploy, cloud, component):
    deploy(lambda: MAKE[component](pulumi.ResourceOptions(protect=True)))
    assert cloud.one(f"fargate:index:{component.__name__}").protect
    for one in cloud.children():
        assert "tags" not in one.inputs or one.inputs["tags"] == {"Name": one.name, "team": "a"}


def test_it_says_what_it_creates_costs_and_by_which_source(component):
    for word in ("Creates: ", "Costs: ", "Source: "):
        assert word in component.__doc__


@pytest.mark.parametrize("with_pipeline", [False, True])
def test_the_rules_hold_also_with_what_is_commented_out(at_root, tmp_path, monkeypatch, with_pipeline):
    for part in ("bootstrap", "Pulumi.yaml"):
        (tmp_path / part).symlink_to(at_root / part)
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        (folder / name).symlink_to(at_root / "bootstrap" / name)
    text = (at_root / "bootstrap/Pulumi.account.yaml").read_text()
    uncommented = re.sub(r"(?m)^( +)# (?=bootstrap:codepipeline|  |- )", r"\1", text)
    (folder / "Pulumi.account.yaml").write_text(uncommented if with_pipeline else text)
    monkeypatch.setattr(sys, "path", [*sys.path])
    report = check.report(folder, "account", date(2026, 11, 26))
    assert not report.violations
    assert not report.unneeded
    assert any(one.resource.name == "fargate-delivery-build" for one, _ in report.exempted) == with_pipeline

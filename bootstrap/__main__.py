"""The program: who delivers to an account in; state, images, identities, roles and as asked a pipeline out."""

import sys

sys.path.insert(0, "..")  # where components/ and this package are

from pathlib import Path

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime

from bootstrap.builds_repository import BuildsRepository, BuildsRepositoryArgs
from bootstrap.delivery_roles import DeliveryRoles, DeliveryRolesArgs
from bootstrap.identity_providers import IdentityProviders, IdentityProvidersArgs
from bootstrap.names import project_of
from bootstrap.settings import Codepipeline, parse
from bootstrap.state_store import StateStore, StateStoreArgs
from components import Architecture, DeliveryEnvironment, DeliveryPipeline, DeliveryPipelineArgs

try:
    account = parse({**runtime.get_config_env(), **runtime.CONFIG.get()}, f"Pulumi.{pulumi.get_stack()}.yaml")
    names = account.names(project_of(Path("..")), aws.get_caller_identity().account_id)
except ValueError as error:
    raise pulumi.RunError(str(error)) from None
settings = account.settings
# What every stack depends on stays unless it is unprotected: pulumi destroy --exclude-protected removes the rest.
# All of it has tags that are no stack's, so that no role of a stack's can touch it.
stays = pulumi.ResourceOptions(protect=True)
state = StateStore("state", StateStoreArgs(names=names, tags=names.tags), stays)
builds = BuildsRepository(
    "builds", BuildsRepositoryArgs(names=names, kms_key_arn=state.key_arn, tags=names.tags), stays
)
providers = IdentityProviders(
    "identity", IdentityProvidersArgs(github=settings.github, circleci=settings.circleci, tags=names.tags)
)
roles = DeliveryRoles(
    "delivery",
    DeliveryRolesArgs(
        names=names,
        environments=settings.environments,
        unattended=settings.unattended,
        registry=settings.registry,
        github=settings.github,
        circleci=settings.circleci,
        tags=names.tags,
    ),
    pulumi.ResourceOptions(depends_on=[providers]),  # IAM takes no trust policy whose provider is not there
)


def pipeline(delivered: Codepipeline) -> DeliveryPipeline:
    """AWS's own pipeline: its jobs have roles of their own, which may do what those of the other CIs may."""
    environments = [
        DeliveryEnvironment(
            stack=stack,
            preview_policy_arns=roles.known_policy_arns[f"preview-{stack}"],
            deploy_policy_arns=roles.known_policy_arns[f"deploy-{stack}"],
            needs_approval=settings.needs_approval(stack),
        )
        for stack in settings.environments
    ]
    return DeliveryPipeline(
        names.pipeline,
        DeliveryPipelineArgs(
            repository=delivered.repository,
            environments=environments,
            build_policy_arns=roles.known_policy_arns["build"],
            connection_arn=delivered.connection_arn,
            variables={
                "PULUMI_BACKEND_URL": names.backend_url,
                "PULUMI_SECRETS_PROVIDER": names.secrets_provider,
                "BUILDS_REPOSITORY": builds.url,
            },
            emails=delivered.emails,
            architecture=Architecture(delivered.architecture),
            role_path=names.delivery_path,
            tags=names.tags,
        ),
    )


if settings.codepipeline:
    try:
        made = pipeline(settings.codepipeline)
    except ValueError as error:
        raise pulumi.RunError(str(error)) from None
    pulumi.export("pipeline", made.pipeline_name)
    pulumi.export("connection_arn", made.connection_arn)

pulumi.export("state_bucket", state.bucket_name)
pulumi.export("key_arn", state.key_arn)
pulumi.export("backend_url", names.backend_url)
pulumi.export("secrets_provider", names.secrets_provider)
pulumi.export("builds_repository", builds.url)
pulumi.export("boundary_arns", roles.boundary_arns)
pulumi.export("role_arns", roles.role_arns)
pulumi.export("policy_arns", roles.policy_arns)

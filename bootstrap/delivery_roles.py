"""The roles that CI takes, what each may do, and the bounds of the roles that a stack makes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.names import check_name, child_of, with_name

from . import permissions
from .names import Names
from .settings import Circleci, Github
from .trust import BUILD, DEPLOY, PREVIEW, Use, trust, uses

SESSION_SECONDS = 3600
"""How long the credentials of a job are good for, at most. What a job asks for is said in its CI's files too."""
_DOES = {
    BUILD: "pushes images into {names.builds_repository}",
    PREVIEW: "reads what stack {use.environment} is made of",
    DEPLOY: "deploys stack {use.environment}",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRolesArgs:
    """Inputs of `DeliveryRoles`."""

    names: Names
    """What roles and policies are called."""
    environments: tuple[str, ...]
    """Stacks that are delivered."""
    unattended: tuple[str, ...] = ()
    """Those of them that nobody approves a deployment of; a pull request's jobs may look at these. Default: none."""
    registry: str | None = None
    """The one of them whose stack may set rules of the account's registry. Default: none may."""
    github: Github | None = None
    """Whose GitHub Actions may take the roles. Default: nobody's."""
    circleci: Circleci | None = None
    """Whose CircleCI workflows may take them. Default: nobody's. With neither there are policies, and no roles."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""


class DeliveryRoles(pulumi.ComponentResource):
    """A role that builds, and for each environment one that looks, one that deploys, and the boundary of its roles.

    Sessions last an hour at most. All of it is at a path in IAM that none of these roles may change. The boundaries are
    protected, as IAM keeps one that a role has.
    Creates: managed policies, roles, attachments.
    Costs: nothing.
    Source: IAM User Guide, "Permissions boundaries for IAM entities", "Delegating responsibility to others using
    permissions boundaries".
    """

    role_arns: pulumi.Output[dict[str, str]]
    """ARNs of the roles by their use, such as `deploy-dev`; known once they may do what they are for."""
    policy_arns: pulumi.Output[dict[str, list[str]]]
    """ARNs of the policies of each use."""
    boundary_arns: pulumi.Output[dict[str, str]]
    """ARN of each environment's boundary."""

    def __init__(self, name: str, args: DeliveryRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:DeliveryRoles", check_name(name), {}, opts)
        self._args = args
        boundaries = {
            one: self._policy(
                args.names.boundary(one),
                permissions.boundary(args.names, one),
                f"The most that roles of stack {one} may do",
                protect=True,  # while the stack runs its roles have it, and IAM would refuse half-way
            ).arn
            for one in args.environments
        }
        wanted = uses(args.environments, args.unattended)
        policies = {use.name: self._policies(use) for use in wanted}
        roles = {use.name: self._role(use, policies[use.name]) for use in wanted if args.github or args.circleci}
        self.role_arns = pulumi.Output.all(**roles)
        self.known_policy_arns = {use: [one.arn for one in parts.values()] for use, parts in policies.items()}
        """The same, for a program: it is known before a deployment how many there are. No output of the component."""
        self.policy_arns = pulumi.Output.all(
            **{use: pulumi.Output.all(*arns) for use, arns in self.known_policy_arns.items()}
        )
        self.boundary_arns = pulumi.Output.all(**boundaries)
        self.register_outputs(
            {"role_arns": self.role_arns, "policy_arns": self.policy_arns, "boundary_arns": self.boundary_arns}
        )

    def _role(self, use: Use, policies: Mapping[str, aws.iam.Policy]) -> pulumi.Output[str]:
        args, name = self._args, self._args.names.role(use.name)
        role = aws.iam.Role(
            name,
            name=name,
            path=args.names.delivery_path,
            description=f"CI: {_does(args.names, use)}",
            assume_role_policy=json.dumps(trust(args.names, use, args.github, args.circleci)),
            max_session_duration=SESSION_SECONDS,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        attached = [
            aws.iam.RolePolicyAttachment(f"{name}-{part}", role=role.name, policy_arn=policy.arn, opts=child_of(self))
            for part, policy in policies.items()
        ]
        return pulumi.Output.all(role.arn, *(one.id for one in attached)).apply(lambda known: known[0])

    def _policies(self, use: Use) -> dict[str, aws.iam.Policy]:
        names = self._args.names
        return {
            part: self._policy(f"{names.role(use.name)}-{part}", document, f"CI, {part}: {_does(names, use)}")
            for part, document in documents_of(names, use, self._args.registry).items()
        }

    def _policy(
        self, name: str, document: Mapping[str, Any], description: str, *, protect: bool | None = None
    ) -> aws.iam.Policy:
        return aws.iam.Policy(
            name,
            name=name,
            path=self._args.names.delivery_path,
            description=description,
            policy=json.dumps(document, separators=(",", ":")),
            tags=with_name(name, self._args.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )


def documents_of(names: Names, use: Use, registry: str | None = None) -> Mapping[str, Mapping[str, Any]]:
    """What a role may do, by subject: a policy each, as one would be longer than IAM takes."""
    if use.kind == BUILD:
        return permissions.build(names)
    if use.kind == PREVIEW:
        return permissions.preview(names, use.environment)
    return permissions.deploy(names, use.environment, registry=use.environment == registry)


def _does(names: Names, use: Use) -> str:
    return _DOES[use.kind].format(names=names, use=use)

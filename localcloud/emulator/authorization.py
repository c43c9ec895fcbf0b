"""Who may do what, in a local cloud that enforces IAM: what ministack's evaluation leaves out, and a log of it.

Roles that are limited by a path, a tag, a permissions boundary or the service that they are passed to would pass or
fail there otherwise than on AWS.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from localcloud.emulator import iam_resources

ROLE = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")
NAMES_ROLE = re.compile(r"(role|rolearn|permissionarn)$", re.IGNORECASE)
READING = ("Describe", "Get", "List", "BatchGet", "Simulate")
NOT_PASSED = ("iam", "sts", "kms")
"""Services whose calls name a role without giving it to a service."""
PASSED_TO = {
    "ecs:RegisterTaskDefinition": "ecs-tasks.amazonaws.com",
    "ecs:RunTask": "ecs-tasks.amazonaws.com",
    "ec2:CreateFlowLogs": "vpc-flow-logs.amazonaws.com",
}
"""What gets a role by a call; where it is not here, the service that is called."""
BOUNDED = re.compile(r"iam:(Create(Role|User)|(Attach|Delete|Detach|Put)(Role|User)(Policy|PermissionsBoundary))$")
"""Actions that have the key `iam:PermissionsBoundary` (Service Authorization Reference, "IAM")."""
TAGGING = {
    "ec2": "ec2:CreateTags",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
    "sqs": "sqs:TagQueue",
    "acm": "acm:AddTagsToCertificate",
    "ssm": "ssm:AddTagsToResource",
}
"""What a call needs too when it gives tags to what it makes; where it is not here, the service's `TagResource`."""
MAKING = re.compile(r":(Create|Allocate|Register|Request|Put(Rule|MetricAlarm|Parameter)|RunTask)")
CLAIMS = {
    "token.actions.githubusercontent.com": (
        *("actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref"),
        *("ref", "repository", "repository_id", "workflow"),
    ),
    "oidc.circleci.com": ("oidc.circleci.com/project-id",),
}
"""What a token says beside `aud`, `sub` and `amr` that a trust policy may ask for (IAM User Guide, "Available keys for
AWS OIDC federation")."""
LOG_BYTES = 16 * 1024 * 1024

logger = logging.getLogger("localcloud.iam")


@dataclass(frozen=True)
class Request:
    """A call of AWS's APIs, as far as IAM looks at it."""

    action: str
    parameters: dict[str, str]
    resources: list[str]
    made: list[str] = field(default_factory=list[str])
    """What it gives tags to, where that is not its resource."""

    @property
    def passed(self) -> set[str]:
        """The roles that it gives to a service."""
        service, _, name = self.action.partition(":")
        if service in NOT_PASSED or name.startswith(READING):
            return set()
        return {one for name, one in self.parameters.items() if NAMES_ROLE.search(name) and ROLE.fullmatch(one)}


class Authorization:
    """Wraps of ministack's IAM.

    Args:
        iam: its IAM.
        kms: its KMS.
        log: where decisions go, a JSON object a line: `principal`, `action`, `resource`, `decision`. The
            administrator's are left out.

    """

    def __init__(self, iam: Any, kms: Any, log: Path) -> None:
        from ministack.core import iam_actions, iam_evaluator

        self._iam, self._kms, self._actions, self._evaluator = iam, kms, iam_actions, iam_evaluator
        self._request: ContextVar[Request | None] = ContextVar("localcloud_request", default=None)
        handler = RotatingFileHandler(log, maxBytes=LOG_BYTES, backupCount=1, delay=True)
        logger.addHandler(handler)
        logger.propagate = False
        iam_actions._TAG_MEMBERS |= {"TagSpecifications"}  # those of EC2
        iam_actions._BOTOCORE_SERVICE_MAP |= {"elasticloadbalancing": ["elbv2"]}

    def action(self, original: Callable[..., str | None]) -> Callable[..., str | None]:
        """A budget's two permissions are not named after its calls."""

        def extract_iam_action(*request: Any) -> str | None:
            action = original(*request)
            if not action or not action.startswith("budgets:") or "ag" in action:
                return action
            return "budgets:ViewBudget" if action.startswith("budgets:Describe") else "budgets:ModifyBudget"

        return extract_iam_action

    def resource(self, original: Callable[..., str]) -> Callable[..., str]:
        """The resource that a call is about, as AWS names it; the call is kept for its evaluation."""

        def extract_resource_arn(
            service: str,
            method: str,
            path: str,
            headers: Any,
            body: bytes,
            query_params: dict[str, Any],
            region: str,
            account_id: str,
        ) -> str:
            arn = original(service, method, path, headers, body, query_params, region, account_id)
            action = self._actions.extract_iam_action(service, method, path, headers, body, query_params) or ""
            given = iam_resources.parameters(path, body, query_params) if service != "s3" else {}
            given |= iam_resources.parents(given)
            named = iam_resources.arns(action, given, region, account_id)
            arns = [self._exact(one, given) for one in named or [arn]]
            made = iam_resources.arns(f"+{action}", given, region, account_id)
            self._request.set(Request(action, given, arns, made))
            return arns[0]

        return extract_resource_arn

    def _exact(self, arn: str, given: dict[str, str]) -> str:
        """A role with its path, and a key's own ARN where the call names its alias."""
        kind, _, name = arn.rpartition("/")
        if ":role" in kind and given.get("RoleName") == name:
            path, role = given.get("Path"), self._iam._roles.get(name)
            return f"{kind}{path}{name}" if path else (role or {}).get("Arn", arn)
        if ":alias" in kind and given.get("KeyId"):
            key = self._kms._keys.get(self._kms._aliases.get(arn))
            return key["Arn"] if key else arn
        return arn

    def enforce(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Evaluate a call with more of its context, and beside it, as AWS does, the roles and tags that it gives."""

        def enforced(
            access_key_id: str,
            iam_action: str,
            service: str,
            region: str,
            resource_arn: str = "*",
            service_context: dict[str, Any] | None = None,
        ) -> Any:
            request, context = self._request.get(), dict(service_context or {})
            if not request or request.action != iam_action:
                request = Request(iam_action, {}, [resource_arn])
            for action, resource, keys in self._checks(request, resource_arn, context):
                tags = {f"aws:ResourceTag/{name}": value for name, value in iam_resources.tags(resource).items()}
                denied = original(access_key_id, action, service, region, resource, {**tags, **context, **keys})
                self._log(access_key_id, action, resource, denied)
                if denied:
                    return denied if action == iam_action else self._refusal(denied, action, resource)
            return None

        return enforced

    def _checks(self, request: Request, arn: str, context: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        keys = self._keys(request)
        resources = request.resources if arn in request.resources else [arn]
        for resource in resources:
            yield request.action, resource, keys
        service, _, name = request.action.partition(":")
        tagged = any(key.startswith("aws:requesttag/") for key in context)
        tag = TAGGING.get(service) or (
            name.replace("Create", "iam:Tag") if service == "iam" else f"{service}:TagResource"
        )
        if tagged and tag != request.action and MAKING.search(request.action):
            yield tag, [*request.made, *resources][0], keys | {f"{service}:CreateAction": name}
        for role in sorted(request.passed):
            to = PASSED_TO.get(request.action, f"{service}.amazonaws.com")
            yield "iam:PassRole", role, {"iam:PassedToService": to}

    def _keys(self, request: Request) -> dict[str, Any]:
        given, keys = request.parameters, dict[str, Any]()
        if BOUNDED.match(request.action):
            new = re.match(r"iam:(Create|Put\w+Boundary)", request.action)
            kept = self._iam._roles.get(given.get("RoleName")) or self._iam._users.get(given.get("UserName")) or {}
            keys["iam:PermissionsBoundary"] = (given if new else kept).get("PermissionsBoundary")
        named = {"iam:PolicyARN": "PolicyArn", "iam:AWSServiceName": "AWSServiceName"}
        keys |= {key: given[name] for key, name in named.items() if request.action[:4] == "iam:" and name in given}
        if request.action[:4] == "kms:":
            key = request.resources[0].rpartition("/")[2]
            keys["kms:ResourceAliases"] = [one.split(":", 5)[5] for one, id in self._kms._aliases.items() if id == key]
            named = given.get("KeyId", "").rpartition(":")[2]
            keys |= {"kms:RequestAlias": named} if named.startswith("alias/") else {}
        return keys

    def _refusal(self, denied: Any, action: str, resource: str) -> Any:
        """A refusal of what was not called itself, in AWS's words."""
        if isinstance(denied, self._evaluator.AuthError):
            return denied
        explicit = denied.decision == "Deny"
        message = self._actions.identity_denial_message(action, denied.principal_arn, resource, explicit)
        return self._evaluator.AuthError("AccessDenied", message)

    def _log(self, key: str, action: str, resource: str, denied: Any) -> None:
        who = self._evaluator.resolve_caller_identity(key)
        principal = who["userArn"] if who else f"unknown key {key}"
        if principal.endswith(":root"):
            return
        decision = (getattr(denied, "decision", "") or denied.code) if denied else "Allow"
        told = {"principal": principal, "action": action, "resource": resource, "decision": decision}
        logger.warning(json.dumps(told))

    def claims(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """More of what a token says."""

        def web_identity_principal(token: str, provider_id: str, role_arn: str) -> tuple[str, dict[str, Any]]:
            from ministack.services import cognito

            principal, keys = original(token, provider_id, role_arn)
            host = principal.partition("oidc-provider/")[2]
            names = CLAIMS.get(host.partition("/")[0], ())
            said = cognito._decode_id_token_unverified(token) if names else {}
            return principal, keys | {f"{host}:{name}".lower(): said[name] for name in names if name in said}

        return web_identity_principal

    def web_identity(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """A token counts where its issuer is registered as an identity provider, for a client of that provider."""

        def web_identity_denied(role_arn: str, params: dict[str, Any], use_json: bool) -> Any:
            from ministack.services import sts

            token, provider_id = sts._p(params, "WebIdentityToken"), sts._p(params, "ProviderId")
            arn, keys = sts._web_identity_principal(token, provider_id, role_arn)
            provider = self._iam._oidc_providers.get(arn)
            audience = next((value for key, value in keys.items() if key.endswith(":aud")), [])
            clients = {audience} if isinstance(audience, str) else {*audience}
            if (provider and clients & {*provider["ClientIDList"]}) or not arn.startswith("arn:"):
                return original(role_arn, params, use_json)
            issuer = arn.partition("oidc-provider/")[2]
            unknown = f"No OpenIDConnect provider found in your account for https://{issuer}"
            return sts._error(
                400, "InvalidIdentityToken", "Incorrect token audience" if provider else unknown, ns="sts"
            )

        return web_identity_denied


def session(key: str) -> dict[str, Any]:
    """A session's role and end; nothing for a key that is none of a session."""
    from ministack.services import sts

    found = sts._sessions.get(key) or {}
    return {"principal": found["Arn"], "ends": found["Expiration"]} if found else {}

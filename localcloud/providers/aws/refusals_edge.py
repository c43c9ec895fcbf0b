"""What AWS refuses around a stack: keys, certificates, records, buckets, logs, web ACLs, schedules, requests.

Like `refusals.py`, which has the rest.
"""

import json
import re
import zoneinfo
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from localcloud.providers.aws.refusals import Refusal
from localcloud.providers.declare import Operations, Values

BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]")
LOG_WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"
MANAGED_GROUPS = {
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesWordPressRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesBotControlRuleSet": 50,
    "AWSManagedRulesATPRuleSet": 50,
    "AWSManagedRulesACFPRuleSet": 50,
    "AWSManagedRulesAntiDDoSRuleSet": 50,
}
"""AWS's own rule groups, each with the capacity that it takes."""
CONDITION_VALUES_MAX = 5
STICKINESS_MAX = 604_800
RATE_LIMITS = range(10, 2_000_000_000 + 1)
SCHEDULE = re.compile(
    r"cron\((\S+ +){5}\S+\)|rate\([1-9]\d* (minute|hour|day)s?\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)"
)


def allows(policy: str | None, principal: tuple[str, str], action: str, resource: str) -> bool:
    """Whether a statement of a policy lets a principal, such as ("Service", "logs.amazonaws.com"), do something.

    Conditions count as met: what they ask about is not known before the call.
    """
    kind, name = principal
    for one in _listed(json.loads(policy or "{}").get("Statement")):
        who = one.get("Principal")
        named = ["*"] if who == "*" else _listed((who or {}).get(kind))
        if (
            one.get("Effect") == "Allow"
            and any(each in ("*", name) for each in named)
            and any(fnmatchcase(action.lower(), each.lower()) for each in _listed(one.get("Action")))
            and any(fnmatchcase(resource, each) for each in _listed(one.get("Resource")))
        ):
            return True
    return False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# Keys


def deletion_window(operation: Operations) -> str | None:
    """A wait before a key's deletion that AWS does not have."""
    days = operation.values.get("deletionWindowInDays")
    if days is None or 7 <= int(days) <= 30:
        return None
    return f"ValidationException: deletionWindowInDays must be between 7 and 30, got {int(days)}"


def locked_out(operation: Operations) -> str | None:
    """A key whose policy nobody of its account could change again."""
    policy, account = operation.values.get("policy"), _account(operation)
    if not policy or operation.values.get("bypassPolicyLockoutSafetyCheck"):
        return None
    root = ("AWS", f"arn:aws:iam::{account}:root")
    try:
        if allows(policy, root, "kms:PutKeyPolicy", "*"):
            return None
    except ValueError as error:
        return f"MalformedPolicyDocumentException: policy is no JSON: {error}"
    return (
        "MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future"
    )


def alias_name(operation: Operations) -> str | None:
    """A key's name without its prefix."""
    name = operation.values["name"]
    return None if name.startswith("alias/") else f"ValidationException: Alias must start with alias/, got {name!r}"


def key_closed_to_logs(operation: Operations) -> str | None:
    """A log group's key that is not there, or that CloudWatch Logs may not use."""
    arn = operation.values.get("kmsKeyId")
    if not arn:
        return None
    kms, logs = operation.client("kms"), ("Service", f"logs.{operation.client().meta.region_name}.amazonaws.com")
    if _key_exists(operation, arn):
        policy = kms.get_key_policy(KeyId=arn)["Policy"]
        if allows(policy, logs, "kms:GenerateDataKey", arn):
            return None
    return "InvalidParameterException: The specified KMS key does not exist or is not allowed to be used"


def repository_key(operation: Operations) -> str | None:
    """A repository's key that is not there."""
    keys = [one["kmsKey"] for one in operation.values.get("encryptionConfigurations") or () if one.get("kmsKey")]
    missing = [key for key in keys if not _key_exists(operation, key)]
    return f"KmsException: Key '{missing[0]}' does not exist" if missing else None


def _key_exists(operation: Operations, key: str) -> bool:
    client = operation.client("kms")
    try:
        return client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion"
    except client.exceptions.NotFoundException:
        return False


def _account(operation: Operations) -> str:
    return operation.client("sts").get_caller_identity()["Account"]


# Certificates and records


def bad_certificate(operation: Operations) -> str | None:
    """An HTTPS listener without a certificate, or with one that is not there or not issued."""
    values, client = operation.values, operation.client("acm")
    if values.get("protocol") != "HTTPS":
        return None
    arn = values.get("certificateArn")
    if not arn:
        return "ValidationError: A certificate must be specified for HTTPS listeners"
    try:
        status = client.describe_certificate(CertificateArn=arn)["Certificate"]["Status"]
    except client.exceptions.ResourceNotFoundException:
        return f"CertificateNotFound: Certificate '{arn}' not found in {client.meta.region_name}"
    return None if status == "ISSUED" else f"UnsupportedCertificate: The certificate '{arn}' is {status}, not issued"


def certificate_in_use(operation: Operations) -> str | None:
    """A certificate that a listener has."""
    client = operation.client("elbv2")
    for balancer in client.describe_load_balancers()["LoadBalancers"]:
        for listener in client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            if any(one["CertificateArn"] == operation.id for one in listener.get("Certificates") or ()):
                return f"ResourceInUseException: Certificate {operation.id} is in use"
    return None


def validation_records(operation: Operations) -> str | None:
    """A validation that leaves out a record which its certificate asks for."""
    given = operation.values.get("validationRecordFqdns")
    arn = operation.values["certificateArn"]
    options = operation.client().describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
    known = {name.rstrip(".").lower() for name in given or ()}
    for one in options if given else ():
        name = one["ResourceRecord"]["Name"].rstrip(".").lower()
        if name not in known:
            return f"missing {one['DomainName']} DNS validation record: {name}"
    return None


def record_outside_zone(operation: Operations) -> str | None:
    """A record whose name only looks like one of its zone."""
    zone = operation.client().get_hosted_zone(Id=operation.values["zoneId"])["HostedZone"]["Name"]
    name = f"{operation.values['fqdn']}."
    if f".{name}".endswith(f".{zone}"):
        return None
    return f"InvalidChangeBatch: RRSet with DNS name {name} is not permitted in zone {zone}"


# Buckets


def bucket_name(operation: Operations) -> str | None:
    """A bucket's name of a wrong length, or with characters that no bucket has."""
    name = operation.values["bucket"]
    if 3 <= len(name) <= 63 and BUCKET.fullmatch(name):
        return None
    return f"InvalidBucketName: The specified bucket is not valid: {name!r}"


def logs_denied(operation: Operations) -> str | None:
    """Logs of a load balancer to a bucket that is not there, or that it may not write to."""
    wanted = [operation.values.get(kind) or {} for kind in ("accessLogs", "connectionLogs")]
    for one in wanted:
        if one.get("enabled") and not _takes_logs(operation, one):
            bucket = one.get("bucket")
            return f"InvalidConfigurationRequest: Access Denied for bucket: {bucket}. Please check S3bucket permission"
    return None


def _takes_logs(operation: Operations, logs: Mapping[str, Any]) -> bool:
    client = operation.client("s3")
    prefix = f"{logs['prefix']}/" if logs.get("prefix") else ""
    file = f"arn:aws:s3:::{logs.get('bucket')}/{prefix}AWSLogs/{_account(operation)}/file"
    try:
        policy = client.get_bucket_policy(Bucket=logs.get("bucket"))["Policy"]
    except client.exceptions.ClientError:
        return False
    return allows(policy, ("Service", LOG_WRITER), "s3:PutObject", file)


# Web ACLs


def bad_rules(operation: Operations) -> str | None:
    """Two rules of one priority, a rule group that AWS does not have, or a rate that it does not count."""
    rules = operation.values.get("rules") or []
    priorities = [int(one["priority"]) for one in rules]
    if len(set(priorities)) < len(priorities):
        return f"WAFInvalidParameterException: DUPLICATE_PRIORITY, of {sorted(priorities)}"
    for rule in rules:
        group = rule["statement"].get("managedRuleGroupStatement") or {}
        if group.get("vendorName") == "AWS" and group["name"] not in MANAGED_GROUPS:
            return f"WAFNonexistentItemException: AWS has no managed rule group {group['name']}"
        rate = rule["statement"].get("rateBasedStatement")
        if rate and int(rate["limit"]) not in RATE_LIMITS:
            limits = f"{RATE_LIMITS[0]} to {RATE_LIMITS[-1]}"
            return f"WAFInvalidParameterException: a rate's limit is {limits}, got {int(rate['limit'])}"
    return None


def capacity(rules: list[dict[str, Any]]) -> int:
    """The capacity units of a web ACL: those of AWS's rule groups, and two of each other rule."""
    groups = (rule["statement"].get("managedRuleGroupStatement") or {} for rule in rules)
    return sum(MANAGED_GROUPS.get(group.get("name", ""), 2) for group in groups)


def acl_in_use(operation: Operations) -> str | None:
    """A web ACL that a load balancer has."""
    arn = operation.values["arn"]
    if operation.client().list_resources_for_web_acl(WebACLArn=arn)["ResourceArns"]:
        return "WAFAssociatedItemException: AWS WAF couldn't delete the web ACL: resources are associated with it"
    return None


def waf_log_group(operation: Operations) -> str | None:
    """A log destination by a name that WAF does not write to."""
    for arn in operation.values["logDestinationConfigs"]:
        if not re.search("[:/]aws-waf-logs-", arn):
            return f"WAFInvalidParameterException: a log destination's name starts with aws-waf-logs-, got {arn}"
    return None


# Schedules


def bad_schedule(operation: Operations) -> str | None:
    """A schedule whose expression or time zone is none."""
    expression, zone = operation.values["scheduleExpression"], operation.values.get("scheduleExpressionTimezone")
    if not SCHEDULE.fullmatch(expression):
        return f"ValidationException: Invalid Schedule Expression {expression}."
    if zone and zone != "UTC" and zone not in zoneinfo.available_timezones():
        return f"ValidationException: Invalid Schedule Expression Timezone {zone}."
    return None


def not_taken(role: Callable[[Values], str], service: str, told: str) -> Refusal:
    """A role that is not there, or that the service may not take."""

    def refuse(operation: Operations) -> str | None:
        client, arn = operation.client("iam"), role(operation.values)
        try:
            trust = client.get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
        except client.exceptions.NoSuchEntityException:
            return told
        for one in _listed(trust["Statement"]):
            if one["Effect"] == "Allow" and service in _listed(one["Principal"].get("Service")):
                return None
        return told

    return refuse


schedule_role = not_taken(
    lambda values: values["target"]["roleArn"],
    "scheduler.amazonaws.com",
    "ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
)


# Requests


def too_many_conditions(operation: Operations) -> str | None:
    """A rule with more values, of all its conditions together, than a rule has."""
    found = (one for condition in operation.values["conditions"] for one in condition.values())
    if sum(len(one if isinstance(one, list) else one.get("values") or ()) for one in found) <= CONDITION_VALUES_MAX:
        return None
    return f"ValidationError: A rule can only have '{CONDITION_VALUES_MAX}' condition values"


def sign_in_without_tls(operation: Operations) -> str | None:
    """A rule that lets people sign in, at a listener for HTTP."""
    if all(action["type"] != "authenticate-oidc" for action in operation.values["actions"]):
        return None
    listener = operation.client().describe_listeners(ListenerArns=[operation.values["listenerArn"]])["Listeners"][0]
    if listener["Protocol"] == "HTTPS":
        return None
    return "InvalidLoadBalancerAction: Actions of type 'authenticate-oidc' are supported only on HTTPS listeners"


def wrong_slow_start(operation: Operations) -> str | None:
    """A slow start that is neither none nor within its bounds."""
    seconds = operation.values.get("slowStart") or 0
    if seconds == 0 or 30 <= seconds <= 900:
        return None
    return f"InvalidConfigurationRequest: slow_start.duration_seconds must be 0 or from 30 to 900, got {seconds}"


def wrong_stickiness(operation: Operations) -> str | None:
    """Stickiness for too short or too long, or by a cookie that load balancers have for themselves."""
    given = operation.values.get("stickiness") or {}
    seconds, cookie = given.get("cookieDuration", 1), given.get("cookieName") or ""
    if not 1 <= seconds <= STICKINESS_MAX:
        return (
            f"InvalidConfigurationRequest: stickiness.{given['type']}.duration_seconds must be from 1 to "
            f"{STICKINESS_MAX}, got {seconds}"
        )
    if cookie.startswith("AWSALB"):
        return (
            f"InvalidConfigurationRequest: stickiness.app_cookie.cookie_name must not begin with AWSALB, got {cookie}"
        )
    return None

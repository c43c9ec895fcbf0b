"""What an error of AWS, or of the way to it, means to whoever typed the command: what is wrong, and what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from components.failed_deployment import one_line
from ops.deployed import LOCAL, is_loopback
from ops.error import OpsError

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
UNKNOWN = frozenset(
    {
        *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken", "AuthFailure"),
        *("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken"),
    }
)
FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"})
THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
        *("TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "LimitExceededException"),
    }
)
GONE = frozenset({"ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"})
SERVERS_FAULT = 500
"""The HTTP status from which on a fault is AWS's own."""
_SIGN_IN = "Sign in anew: aws sso login, aws login, or however this shell got them"
_ACTION = re.compile(r"not authorized to perform: ([\w:*-]+)")


def told(error: Exception) -> str:
    """The message for an error of botocore's, whatever call it came of.

    Source: botocore, `botocore.exceptions`; IAM User Guide, "Troubleshoot access denied error messages"; AWS STS API
    Reference, "Common Errors".
    """
    from botocore import exceptions as of  # it is loaded already, as its error is here

    if isinstance(error, of.ClientError):
        return _refused(error)
    if isinstance(error, (of.SSOError, of.TokenRetrievalError, of.LoginError)):
        return f"the AWS credentials of this shell have expired: {one_line(error)}. {_SIGN_IN}"
    if isinstance(error, (of.NoCredentialsError, of.PartialCredentialsError, of.NoAuthTokenError)):
        return f"this shell has no AWS credentials: {one_line(error)}. {_SIGN_IN}; for the local cloud: {LOCAL}"
    if isinstance(error, (of.CredentialRetrievalError, of.ProfileNotFound, of.ConfigNotFound, of.ConfigParseError)):
        return f"this shell's AWS credentials cannot be read: {one_line(error)}. Look at AWS_PROFILE and ~/.aws/config"
    if isinstance(error, (of.ConnectionError, of.HTTPClientError)):
        return _unreachable(error)
    return f"AWS said no: {one_line(error)}"


@contextmanager
def as_ops_error() -> Iterator[None]:
    """While it is open, an error of botocore's is one of ours: with its message, for whoever has more to do with it.

    Raises:
        OpsError: in place of it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OpsError(told(error)) from None


def passes(error: Exception) -> bool:
    """Whether the same may be asked again in a while: AWS was asked too often or has a fault, or it was not reached.

    Source: AWS SDKs and Tools Reference Guide, "Retry behavior", which has the HTTP statuses 500, 502, 503 and 504 as
    transient.
    """
    from botocore import exceptions as of

    if isinstance(error, of.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= SERVERS_FAULT or error.response.get("Error", {}).get("Code") in THROTTLED
    return isinstance(error, (of.ConnectionError, of.HTTPClientError))


def _refused(error: Any) -> str:  # noqa: ANN401 - an error of botocore's, which has no types
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message") or one_line(error)
    if code in EXPIRED:
        return f"the AWS credentials of this shell have expired ({code}). {_SIGN_IN}"
    if code in UNKNOWN:
        return (
            f"AWS does not know this shell's credentials ({code}): aws sts get-caller-identity tells the same. "
            f"{_SIGN_IN}; for the local cloud: {LOCAL}"
        )
    if code in FORBIDDEN:
        named = _ACTION.search(message)
        return (
            f"these AWS credentials may not do {named[1] if named else error.operation_name}: {message}. Use others, "
            "or have it allowed by whoever keeps the account's permissions"
        )
    if code in THROTTLED:
        return f"AWS was asked too often for {error.operation_name} ({code}): try again in a minute"
    if code in GONE:
        return f"what the stack deployed is not there any more ({code}: {message}): pulumi up makes it again"
    return f"AWS said no: {one_line(error)}"


def _unreachable(error: Any) -> str:  # noqa: ANN401 - as above
    endpoint = error.kwargs.get("endpoint_url") or ""
    if endpoint and is_loopback(endpoint):
        return f"the local cloud at {endpoint.rstrip('/')} does not answer: .venv/bin/python -m localcloud start"
    return f"AWS is not reached: {one_line(error)}. Look at the network, its proxy, and aws:region in the stack file"

import boto3
import pytest
from botocore import exceptions as of
from botocore.stub import Stubber

from ops.aws_error import passes, told

SIGN_IN = "Sign in anew: aws sso login"
LOCAL = 'for the local cloud: eval "$(.venv/bin/python -m localcloud env)"'


def refused(code, message="no", status=400):
    """What a client of boto3 raises when AWS answers so."""
    ecs = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    stub = Stubber(ecs)
    stub.add_client_error("describe_services", code, message, status)
    with stub, pytest.raises(of.ClientError) as error:
        ecs.describe_services(services=["web"])
    return error.value


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", f"the AWS credentials of this shell have expired (ExpiredToken). {SIGN_IN}"),
        ("ExpiredTokenException", "have expired (ExpiredTokenException)"),
        ("UnrecognizedClientException", "AWS does not know this shell's credentials (UnrecognizedClientException)"),
        ("InvalidClientTokenId", LOCAL),
        ("SignatureDoesNotMatch", "AWS does not know this shell's credentials"),
        ("AccessDenied", "these AWS credentials may not do DescribeServices: no. Use others, or have it allowed"),
        (
            "ThrottlingException",
            "AWS was asked too often for DescribeServices (ThrottlingException): try again in a minute",
        ),
        ("ClusterNotFoundException", "not there any more (ClusterNotFoundException: no): pulumi up makes it again"),
        ("InvalidParameterException", "AWS said no: An error occurred (InvalidParameterException)"),
    ],
)
def test_what_aws_refuses(code, said):
    message = told(refused(code))
    assert said in message
    assert "\n" not in message


def test_what_is_not_allowed_is_named_as_a_policy_names_it():
    words = "User: arn:aws:iam::123456789012:user/a is not authorized to perform: ecs:UpdateService on resource: arn:x"
    assert told(refused("AccessDeniedException", words)).startswith(
        f"these AWS credentials may not do ecs:UpdateService: {words}."
    )


def test_an_answer_without_words_is_told_all_the_same():
    assert "DescribeServices" in told(of.ClientError({"Error": {}}, "DescribeServices"))
    assert "may not do X: An error occurred" in told(of.ClientError({"Error": {"Code": "AccessDenied"}}, "X"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (of.UnauthorizedSSOTokenError(), "have expired: The SSO session associated with this profile has expired"),
        (of.SSOTokenLoadError(error_msg="none"), SIGN_IN),
        (of.TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"), SIGN_IN),
        (of.LoginRefreshRequired(), SIGN_IN),
        (of.NoCredentialsError(), f"this shell has no AWS credentials: Unable to locate credentials. {SIGN_IN}"),
        (of.NoCredentialsError(), LOCAL),
        (
            of.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "missing: AWS_SECRET_ACCESS_KEY",
        ),
        (
            of.ProfileNotFound(profile="prod"),
            "cannot be read: The config profile (prod) could not be found. Look at AWS_PROFILE",
        ),
        (of.CredentialRetrievalError(provider="process", error_msg="exit 1"), "exit 1. Look at AWS_PROFILE"),
        (
            of.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"),
            "the local cloud at http://127.0.0.1:4566 does not answer: .venv/bin/python -m localcloud start",
        ),
        (
            of.ReadTimeoutError(endpoint_url="http://localhost:4566"),
            "the local cloud at http://localhost:4566 does not answer",
        ),
        (
            of.ConnectTimeoutError(endpoint_url="https://ecs.eu-west-1.amazonaws.com"),
            'AWS is not reached: Connect timeout on endpoint URL: "https://ecs.eu-west-1.amazonaws.com". Look at',
        ),
        (of.ProxyConnectionError(proxy_url="http://proxy:1"), "AWS is not reached: Failed to connect to proxy"),
        (of.ParamValidationError(report="x"), "AWS said no: Parameter validation failed: x"),
    ],
)
def test_what_is_in_the_way(error, said):
    message = told(error)
    assert said in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (refused("ThrottlingException"), True),
        (refused("AccessDeniedException"), False),
        (refused("ServerException", status=500), True),
        (refused("503", status=503), True),
        (refused("InvalidParameterException", status=499), False),
        (of.ClientError({"Error": {}}, "X"), False),
        (of.EndpointConnectionError(endpoint_url="https://aws"), True),
        (of.ReadTimeoutError(endpoint_url="https://aws"), True),
        (of.NoCredentialsError(), False),
        (RuntimeError("a fault"), False),
    ],
    ids=str,
)
def test_what_passes(error, found):
    assert passes(error) is found

import pulumi
import pytest

from components import OnUnauthenticatedRequest

from .test_fargate_service import authentication, service, target


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"issuer": "http://id.example.com"}, "issuer must be a URL such as https://.*, got 'http://id.example.com'"),
        ({"authorization_endpoint": "https:///authorize"}, "authorization_endpoint must be a URL such as https://"),
        ({"token_endpoint": "https://[::1/token"}, "token_endpoint must be a URL such as https://"),
        ({"user_info_endpoint": "https://id.example.com/a b"}, "user_info_endpoint must be a URL such as https://"),
        ({"client_id": ""}, "client_id must have 1 to 1024 characters, got 0"),
        ({"client_secret": ""}, "client_secret must be a secret's name or ARN, got ''"),
        ({"scope": "email"}, "scope must have openid in it, such as 'openid email', got 'email'"),
        ({"session_timeout": 0}, "session_timeout must be from 1 to 604800, got 0"),
        ({"session_cookie_name": "a=b"}, "session_cookie_name must be of letters, .* got 'a=b'"),
        ({"issuer": "", "token_endpoint": "", "session_timeout": 0}, "issuer must .*; token_endpoint must .*; session"),
    ],
)
def test_what_could_never_sign_in(changes, message):
    with pytest.raises(ValueError, match=message):
        authentication(**changes)


@pytest.mark.parametrize("what", list(OnUnauthenticatedRequest))
def test_what_becomes_of_those_who_have_not(deploy, cloud, what):
    deploy(service(target=target(authentication=authentication(on_unauthenticated_request=what))))
    action = cloud.one("aws:lb/listenerRule:ListenerRule").inputs["actions"][0]["authenticateOidc"]
    assert action["onUnauthenticatedRequest"] == what.value


def test_a_secret_without_text_is_refused(deploy, cloud):
    cloud.secret_text = ""
    with pytest.raises(pulumi.RunError, match="secret shop/oidc has no text: the client's secret must be its whole"):
        deploy(service(target=target(authentication=authentication())))

"""Requests reach their service by path, host, header and method; a service comes and goes without touching others."""

import json

import pytest
import requests
import yaml

from localcloud.providers.aws.secrets import PLACEHOLDER
from tests.local.harness import copy_of_program, deployed

pytestmark = pytest.mark.local

DOCKERFILE = """\
ARG BASE_IMAGE=public.ecr.aws/docker/library/httpd:2.4
FROM ${BASE_IMAGE}
COPY server.pl /server.pl
EXPOSE 8080
CMD ["perl", "/server.pl"]
"""
SERVER = r"""
use IO::Socket;
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 10, ReuseAddr => 1) or die;
$SIG{TERM} = sub { exit 0 };
open my $file, "<", "/etc/hostname";
chomp(my $task = <$file>);
while (my $client = $server->accept) {
    while (<$client>) { last if /^\r?\n$/ }
    my $body = "$ENV{NAME} $task";
    print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n$body";
    close $client;
}
"""
SIGN_IN = {
    "issuer": "https://id.example.com",
    "client_id": "the shop",
    "client_secret": "routing/oidc",
    "authorization_endpoint": "https://id.example.com/authorize",
    "token_endpoint": "https://id.example.com/token",
    "user_info_endpoint": "https://id.example.com/me",
    "scope": "openid email",
    "session_timeout": 3600,
}
ROUTES = {
    "web": {"desired_count": 2, "stickiness": {"seconds": 60}},
    "docs": {"paths": ["/docs/*"]},
    "shop": {"hosts": ["shop.example.com"]},
    "beta": {"headers": {"X-Version": ["beta", "2*"]}, "slow_start": 30},
    "orders": {"paths": ["/docs/*"], "methods": ["POST", "DELETE"]},
    "admin": {"paths": ["/admin/*"], "authentication": SIGN_IN},
}
OF_A_SERVICE = 16
"""Resources, its component and its image's included."""


def stack(*names):
    services = {name: {"build": "./app", "environment": {"NAME": name}, **ROUTES[name]} for name in names}
    config = {
        "aws:region": "ap-northeast-1",
        "fargate:environment": "dev",
        "fargate:load_balancer": {"domain": {"zone": "example.com", "names": ["example.com", "*.example.com"]}},
        "fargate:services": {name: {**one, "deregistration_delay": 1} for name, one in services.items()},
    }
    return yaml.safe_dump({"config": config})


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("routing") / "project", name="routing")
    project.write("app/Dockerfile", DOCKERFILE)
    project.write("app/server.pl", SERVER)
    project.write("Pulumi.dev.yaml", stack(*ROUTES))
    with deployed(project) as (ran,):
        assert "secret routing/oidc made for the rehearsal" in ran.out
        assert PLACEHOLDER not in ran.out
        assert "recorded, not emulated here: slowStart: a new target gets its full share at once" in ran.out
        yield project


@pytest.fixture
def ask(cloud, project):
    def ask(path="/", method="GET", host="example.com", **headers):
        given = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return requests.request(method, cloud.endpoint + path, headers=given, timeout=10, allow_redirects=False)

    return ask


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("web", {}),
        ("web", {"path": "/docs"}),
        ("web", {"X_Version": "1"}),
        ("docs", {"path": "/docs/a"}),
        ("docs", {"path": "/docs/a", "X_Version": "beta"}),
        ("orders", {"path": "/docs/a", "method": "POST"}),
        ("web", {"path": "/", "method": "POST"}),
        ("shop", {"host": "shop.example.com"}),
        ("shop", {"host": "shop.example.com", "path": "/docs/a", "X_Version": "beta"}),
        ("beta", {"X_Version": "BETA"}),
        ("beta", {"x_version": "2026.1", "path": "/a", "method": "POST"}),
    ],
)
def test_a_request_reaches_its_service(ask, name, request_):
    assert ask(**request_).text.partition(" ")[0] == name


def test_a_client_stays_with_one_task(ask):
    assert len({ask().text for _ in range(4)}) == 2, "two tasks take turns"
    first = ask()
    mine = f"AWSALB={first.cookies['AWSALB']}"
    assert {ask(Cookie=mine).text for _ in range(6)} == {first.text}
    assert "Max-Age=60" in first.headers["Set-Cookie"]
    assert "AWSALB" not in ask("/docs/a").cookies


def test_people_are_sent_to_sign_in_first(ask):
    answer = ask("/admin/users?page=2")
    assert answer.status_code == 302
    where, _, query = answer.headers["Location"].partition("?")
    assert where == SIGN_IN["authorization_endpoint"]
    assert "redirect_uri=https%3A%2F%2Fexample.com%2Foauth2%2Fidpresponse" in query
    assert "client_id=the+shop" in query
    assert "scope=openid+email" in query


def test_aws_tells_the_rules_as_they_were_asked_for(cloud, project):
    found = rules(cloud)
    headers, methods = found["beta"]["Conditions"][0], found["orders"]["Conditions"][1]
    assert headers["HttpHeaderConfig"] == {"HttpHeaderName": "X-Version", "Values": ["beta", "2*"]}
    assert methods["HttpRequestMethodConfig"] == {"Values": ["POST", "DELETE"]}
    first, second = found["admin"]["Actions"]
    assert (first["Type"], first["Order"], second["Type"], second["Order"]) == ("authenticate-oidc", 1, "forward", 2)
    told = first["AuthenticateOidcConfig"]
    assert (told["ClientId"], told["SessionTimeout"], told["Scope"]) == ("the shop", 3600, "openid email")
    assert "ClientSecret" not in told


def test_the_client_s_secret_is_nowhere_in_the_state(project):
    state = project.pulumi("stack", "export", "--stack", "dev").out
    (rule,) = (
        one for one in json.loads(state)["deployment"]["resources"] if one["urn"].endswith("ListenerRule::admin")
    )
    assert "ciphertext" in rule["inputs"]["actions"]
    assert "ciphertext" in rule["outputs"]["actions"]
    assert PLACEHOLDER not in state


def test_of_a_sign_in_that_was_changed_by_hand_drift_tells_no_value(cloud, project):
    """Scope and secret, which AWS does not return; it would stand in CI's log, and in an issue."""
    rule = rules(cloud)["admin"]
    sign_in, forward = rule["Actions"]

    def say(scope, secret):
        oidc = sign_in["AuthenticateOidcConfig"] | {"Scope": scope, "ClientSecret": secret}
        actions = [sign_in | {"AuthenticateOidcConfig": oidc}, forward]
        cloud.client("elbv2").modify_rule(RuleArn=rule["RuleArn"], Actions=actions)

    say("openid", "another-value")
    ran = project.ops("drift", "--stack", "dev", "--output", "drift-dev.md")
    say("openid email", PLACEHOLDER)
    assert ran.code == 1, ran.out
    told = ran.out + (project.folder / "drift-dev.md").read_text()
    assert "lb/listenerRule admin: actions" in told
    assert "which has a secret in it" in told
    assert PLACEHOLDER not in told
    assert "another-value" not in told


def test_what_the_engine_compares_has_a_mask_for_the_secret(cloud, project):
    """What is told of the very resource that has it, in CI's log and issue; the engine writes a mask in its place."""
    elb, rule = cloud.client("elbv2"), rules(cloud)["admin"]["RuleArn"]
    elb.add_tags(ResourceArns=[rule], Tags=[{"Key": "by", "Value": "hand"}])
    ran = project.ops("drift", "--stack", "dev", "--output", "drift-dev.md")
    compared = project.pulumi("refresh", "--preview-only", "--json", "--stack", "dev").out
    elb.remove_tags(ResourceArns=[rule], TagKeys=["by"])
    assert ran.code == 1, ran.out
    assert "lb/listenerRule admin: tags" in ran.out
    assert PLACEHOLDER not in ran.out + (project.folder / "drift-dev.md").read_text() + compared
    (step,) = (
        one
        for one in json.loads(compared[compared.index("{") :])["steps"]
        if one["urn"].endswith("ListenerRule::admin")
    )
    assert [step[one]["outputs"]["actions"] for one in ("oldState", "newState")] == ["[secret]", "[secret]"]


def test_a_service_comes_and_goes_and_the_others_stay_as_they_are(cloud, project):
    before = rules(cloud), project.outputs()["services"]
    total = project.up().changes
    assert set(total) == {"same"}
    project.write("Pulumi.dev.yaml", stack(*(name for name in ROUTES if name != "docs")))
    assert project.up().changes == {"-": OF_A_SERVICE, "same": total["same"] - OF_A_SERVICE}
    without = rules(cloud), project.outputs()["services"]
    project.write("Pulumi.dev.yaml", stack(*ROUTES))
    assert project.up().changes == {"+": OF_A_SERVICE, "same": total["same"] - OF_A_SERVICE}
    again = rules(cloud), project.outputs()["services"]
    for name in set(ROUTES) - {"docs"}:
        assert before[0][name] == without[0][name] == again[0][name], "its rule's ARN, priority and targets"
        assert before[1][name] == without[1][name] == again[1][name], "its image and its task definition"
    assert before[0]["docs"]["Priority"] == again[0]["docs"]["Priority"], "it takes its place again"


def rules(cloud):
    """The rules of the stack's HTTPS listener, by service."""
    elb = cloud.client("elbv2")
    found = {}
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                tags = elb.describe_tags(ResourceArns=[rule["RuleArn"]])["TagDescriptions"][0]["Tags"]
                found |= {tag["Value"]: rule for tag in tags if tag["Key"] == "Name" and tag["Value"] in ROUTES}
    return found

import pytest

from components import Destination, PullThrough, Registry, RegistryArgs, Upstream
from components.registry import is_pulled_through

RULE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
REPLICATION = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
SECRET = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:ecr-pullthroughcache/hub-AbCdEf"


def registry(**arguments):
    return lambda: Registry("registry", RegistryArgs(**arguments))


def test_images_of_other_registries_are_had_through_rules(deploy, cloud):
    deploy(
        registry(
            pull_through={
                Upstream.ECR_PUBLIC: PullThrough(),
                Upstream.DOCKER_HUB: PullThrough(prefix="hub", credential_arn=SECRET),
                Upstream.AZURE: PullThrough(credential_arn=SECRET, host="team.azurecr.io"),
            }
        )
    )
    assert {one.name: one.inputs for one in cloud.all(RULE)} == {
        "registry-ecr-public": {"ecrRepositoryPrefix": "ecr-public", "upstreamRegistryUrl": "public.ecr.aws"},
        "registry-docker-hub": {
            "ecrRepositoryPrefix": "hub",
            "upstreamRegistryUrl": "registry-1.docker.io",
            "credentialArn": SECRET,
        },
        "registry-azure": {
            "ecrRepositoryPrefix": "azure",
            "upstreamRegistryUrl": "team.azurecr.io",
            "credentialArn": SECRET,
        },
    }
    assert not cloud.all(REPLICATION)


@pytest.mark.parametrize(
    ("upstream", "url"),
    [("quay", "quay.io"), ("kubernetes", "registry.k8s.io"), ("github", "ghcr.io"), ("gitlab", "registry.gitlab.com")],
)
def test_each_upstream_has_its_address(deploy, cloud, upstream, url):
    secret = SECRET if upstream in ("github", "gitlab") else None
    deploy(registry(pull_through={Upstream(upstream): PullThrough(credential_arn=secret)}))
    assert cloud.one(RULE).inputs["upstreamRegistryUrl"] == url


def test_images_are_copied_to_regions_and_accounts(deploy, cloud):
    places = (Destination(region="eu-west-1"), Destination(region="ap-northeast-1", account="222222222222"))
    deploy(registry(replicate_to=places, replicate_prefixes=("prod", "team/")))
    assert cloud.one(REPLICATION).inputs == {
        "replicationConfiguration": {
            "rules": [
                {
                    "destinations": [
                        {"region": "eu-west-1", "registryId": "123456789012"},
                        {"region": "ap-northeast-1", "registryId": "222222222222"},
                    ],
                    "repositoryFilters": [
                        {"filter": "prod", "filterType": "PREFIX_MATCH"},
                        {"filter": "team/", "filterType": "PREFIX_MATCH"},
                    ],
                }
            ]
        }
    }
    assert not cloud.all(RULE)


def test_without_prefixes_every_repository_is_copied(deploy, cloud):
    deploy(registry(replicate_to=(Destination(region="eu-west-1"),)))
    (rule,) = cloud.one(REPLICATION).inputs["replicationConfiguration"]["rules"]
    assert "repositoryFilters" not in rule


HUB, QUAY, AZURE = Upstream.DOCKER_HUB, Upstream.QUAY, Upstream.AZURE
HERE = Destination(region="eu-west-1")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"pull_through": {QUAY: PullThrough(prefix="A")}}, "pull_through.quay.prefix must have 2 to 30 .*, got 'A'"),
        ({"pull_through": {QUAY: PullThrough(prefix="a" * 31)}}, "pull_through.quay.prefix must have 2 to 30"),
        ({"pull_through": {QUAY: PullThrough(prefix="ROOT")}}, "pull_through.quay.prefix must have 2 to 30"),
        ({"pull_through": {QUAY: PullThrough(credential_arn=SECRET)}}, "quay.credential_arn: quay asks for none"),
        (
            {"pull_through": {HUB: PullThrough()}},
            "hub.credential_arn must be the ARN of a secret whose name begins with ecr-pullthroughcache/, .*None",
        ),
        (
            {"pull_through": {HUB: PullThrough(credential_arn=SECRET.replace("ecr-pullthroughcache/", ""))}},
            "docker-hub.credential_arn must be the ARN of a secret whose name begins with ecr-pullthroughcache/",
        ),
        (
            {"pull_through": {AZURE: PullThrough(credential_arn=SECRET)}},
            "azure.host must be .* team.azurecr.io, got No",
        ),
        ({"pull_through": {QUAY: PullThrough(host="quay.io")}}, "quay.host: quay has one only: leave it out"),
        (
            {"pull_through": {QUAY: PullThrough(prefix="one"), Upstream.ECR_PUBLIC: PullThrough(prefix="one")}},
            "pull_through: each upstream needs a prefix of its own, got one, one",
        ),
        ({"replicate_to": (Destination(region="eu-west-9"),)}, "no region 'eu-west-9': did you mean 'eu-west-"),
        (
            {"replicate_to": (Destination(region="eu-west-1", account="1"),)},
            "replicate_to.account must be an account's",
        ),
        ({"replicate_to": (HERE, HERE)}, "replicate_to must name each place once, got eu-west-1 of this account, eu-w"),
        (
            {"replicate_to": tuple(Destination(region="eu-west-1", account=f"{n:012}") for n in range(26))},
            "replicate_to takes 25 places, got 26",
        ),
        ({"replicate_prefixes": ("prod",)}, "replicate_prefixes says of what is copied: name where to"),
        (
            {"replicate_to": (HERE,), "replicate_prefixes": tuple(f"p{n}" for n in range(101))},
            "replicate_prefixes takes 100, got 101",
        ),
        ({"replicate_to": (HERE,), "replicate_prefixes": ("Prod",)}, "replicate_prefixes must begin .*, got 'Prod'"),
        ({"replicate_to": (HERE,), "replicate_prefixes": ("p",)}, "replicate_prefixes must begin .*, got 'p'"),
    ],
)
def test_what_ecr_would_refuse(arguments, told):
    with pytest.raises(ValueError, match=told):
        RegistryArgs(**arguments)


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="quay.prefix .*; pull_through.docker-hub.cred.*; replicate_prefixes says"):
        RegistryArgs(pull_through={QUAY: PullThrough(prefix="A"), HUB: PullThrough()}, replicate_prefixes=("prod",))


@pytest.mark.parametrize(
    ("uri", "pulled"),
    [
        ("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/hub/library/nginx:1.29", True),
        ("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/hubble/nginx:1.29", False),
        ("example.com/hub/library/nginx:1.29", False),
    ],
)
def test_which_images_are_pulled_through(uri, pulled):
    args = RegistryArgs(pull_through={HUB: PullThrough(prefix="hub", credential_arn=SECRET)})
    assert is_pulled_through(uri, args) is pulled

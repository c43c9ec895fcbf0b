"""What the stack expects to find: secrets, parameters, images, a network. An `up` stops where one is not there."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.diagram.tasks import secret_sources
from ops.doctor.surroundings import Surroundings, there, why
from ops.doctor.verdict import Verdict, missing, ok, unknown
from ops.pretended import ACCOUNT

EXISTING = "what must be there"
Given = Mapping[str, Any]
_SECRET = re.compile(r"arn:[\w-]+:secretsmanager:[^:]+:\d+:secret:[^:]+")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
"""What Secrets Manager adds to a secret's name in its ARN (its User Guide, "What's in a Secrets Manager secret?")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """Something that is looked up."""

    service: str
    """boto3's name of its service."""
    words: Callable[[Given], str]
    """What it is called."""
    ask: Callable[[Any, Given], Any]
    """The call that finds it, or tells that it is not there."""
    mend: str
    """How it is made, with `{name}`."""
    name: str
    """Argument that names it."""


def _secret(client: Any, given: Given) -> Any:  # noqa: ANN401 - boto3 has no types
    return client.describe_secret(SecretId=given.get("name") or given.get("secretId"))


def _of_registry(given: Given) -> dict[str, str]:
    return {"registryId": given["registryId"]} if given.get("registryId") else {}


def _repository(client: Any, given: Given) -> Any:  # noqa: ANN401 - as above
    return client.describe_repositories(repositoryNames=[given["name"]], **_of_registry(given))


def _image(client: Any, given: Given) -> Any:  # noqa: ANN401 - as above
    wanted = [{"imageTag": given["imageTag"]}]
    return client.describe_images(repositoryName=given["repositoryName"], imageIds=wanted, **_of_registry(given))


_MAKE_ONE = "aws secretsmanager create-secret --name {name} --secret-string file://VALUE"
KINDS = {
    "getSecret": Kind(
        service="secretsmanager",
        words=lambda given: f"secret {given['name']}",
        ask=_secret,
        mend=_MAKE_ONE,
        name="name",
    ),
    "getSecretVersion": Kind(
        service="secretsmanager",
        words=lambda given: f"secret {given['secretId']}",
        ask=_secret,
        mend=_MAKE_ONE,
        name="secretId",
    ),
    "getParameter": Kind(
        service="ssm",
        words=lambda given: f"parameter {given['name']}",
        ask=lambda client, given: client.get_parameter(Name=given["name"]),
        mend="aws ssm put-parameter --type SecureString --name {name} --value file://VALUE",
        name="name",
    ),
    "getRepository": Kind(
        service="ecr",
        words=lambda given: f"repository {given['name']}",
        ask=_repository,
        mend="aws ecr create-repository --repository-name {name}",
        name="name",
    ),
    "getImage": Kind(
        service="ecr",
        words=lambda given: f"image {given['repositoryName']}:{given['imageTag']}",
        ask=_image,
        mend="push it, or name another tag: aws ecr list-images --repository-name {name}",
        name="repositoryName",
    ),
    "getVpc": Kind(
        service="ec2",
        words=lambda given: f"VPC {given['id']}",
        ask=lambda client, given: client.describe_vpcs(VpcIds=[given["id"]]),
        mend="aws ec2 describe-vpcs tells those that are there",
        name="id",
    ),
    "getSubnet": Kind(
        service="ec2",
        words=lambda given: f"subnet {given['id']}",
        ask=lambda client, given: client.describe_subnets(SubnetIds=[given["id"]]),
        mend="aws ec2 describe-subnets tells those that are there",
        name="id",
    ),
}
"""By the function of the provider that looks it up."""


def existing(around: Surroundings) -> Iterator[Verdict]:
    """Everything that the program looks up by name, and the secrets that its tasks name by ARN."""
    named = {kind.words(given): (kind, given) for name, given in _looked_up(around) if (kind := KINDS.get(name))}
    found: list[str] = []
    for words, (kind, given) in named.items():
        client = around.client(kind.service)
        try:
            answer = there(lambda client=client, kind=kind, given=given: kind.ask(client, given))
        except Exception as error:  # noqa: BLE001 - one that may not be looked at must not hide the others
            yield unknown(EXISTING, f"{words}: {why(error)}")
            continue
        if answer is None:
            yield missing(EXISTING, f"no {words} in {around.region}", _made(kind, given[kind.name], around.region))
        elif "DeletedDate" in answer:
            mend = f"aws secretsmanager restore-secret --secret-id {given[kind.name]} --region {around.region}"
            yield missing(EXISTING, f"{words} is about to be deleted, and nobody may read it", mend)
        found.append(words)
    if found:
        yield ok(EXISTING, f"looked for {', '.join(found)}")


def _made(kind: Kind, name: str, region: str) -> str:
    """How it is made. A secret that is made anew has another ARN, which nobody may choose."""
    if not _SECRET.match(name):
        return f"{kind.mend.format(name=name)} --region {region}"
    own = _SUFFIX.sub("", name.rpartition(":")[2])
    return f"{kind.mend.format(name=own)} --region {region}, then write its new ARN into the stack file"


def _looked_up(around: Surroundings) -> Iterator[tuple[str, Given]]:
    if not around.program:
        return
    yield from around.program.looked_up
    for source in secret_sources(around.program.graph):
        arn = _SECRET.match(source)
        if arn and f":{ACCOUNT}:" not in arn[0]:
            yield "getSecretVersion", {"secretId": arn[0]}

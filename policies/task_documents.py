"""What a task definition says of its containers."""

from collections.abc import Iterator

from policies.graph import Resource, Value, as_list, at, document


def containers(definition: Resource) -> list[Value]:
    """The containers; none when they are unknown."""
    return as_list(document(definition.get("containerDefinitions")))


def named(definition: Resource) -> Iterator[tuple[str, Value]]:
    """Each container with its name, as findings tell it."""
    for container in containers(definition):
        yield f"container {at(container, 'name')}", container


def secret_arns(definition: Resource) -> Iterator[str]:
    """What containers read their secrets from, without a JSON key or version at the end."""
    for container in containers(definition):
        for secret in (*as_list(at(container, "secrets")), *as_list(at(container, "logConfiguration.secretOptions"))):
            value = at(secret, "valueFrom")
            if isinstance(value, str):
                yield ":".join(value.split(":")[:7]) if ":secretsmanager:" in value else value


def log_groups(definition: Resource) -> Iterator[str]:
    """The log groups that containers write to."""
    for container in containers(definition):
        group = at(container, "logConfiguration.options.awslogs-group")
        if isinstance(group, str):
            yield group

"""What stands in Pulumi.account.yaml as it comes, and is nobody's: whoever leaves it in has not finished."""

from collections.abc import Iterable

EXAMPLES = frozenset(
    {
        ("account", "123456789012"),
        ("repository", "example/shop"),
        ("organization_id", 1234567),
        ("repository_id", 7654321),
        ("organization_id", "01234567-89ab-cdef-0123-456789abcdef"),
        ("project_id", "89abcdef-0123-4567-89ab-cdef01234567"),
        (
            "connection_arn",
            "arn:aws:codeconnections:ap-northeast-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef",
        ),
        ("emails", "team@example.com"),
    }
)
"""Keys, with the values that the file has."""


def examples(said: Iterable[tuple[str, object]]) -> list[str]:
    """The values that are examples of their keys, each once."""
    return list(dict.fromkeys(str(value) for key, value in said if (key, value) in EXAMPLES))

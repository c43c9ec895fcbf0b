"""What nothing of a stack's may do, whatever allows it: touch the key of the state and the repository of builds.

A tag must not be what keeps a stack from these: whoever has the one reads every stack's secrets, and whoever has the
other says what prod runs.
"""

from collections.abc import Sequence

from ..names import Names
from .grant import Document

PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
"""What taking an image is of."""
_USE_KEY = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GetKey*", "List*")


def never(names: Names) -> list[Document]:
    """The statements that end every role of a stack's deployments.

    Args:
        names: of delivery in the account.
    """
    alias = names.arn("kms", names.key_alias)
    return [
        no_key(names, but=_USE_KEY),
        {"Sid": "NoAliasOfState", "Effect": "Deny", "Action": "kms:*Alias", "Resource": alias},
        no_builds(names),
    ]


def no_key(names: Names, *, but: Sequence[str]) -> Document:
    """Nothing with the key of the state.

    Args:
        names: of delivery in the account.
        but: actions that this leaves to others to allow.
    """
    actions = {"NotAction": [f"kms:{one}" for one in but]} if but else {"Action": "kms:*"}
    with_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": names.key_alias}}
    return {"Sid": "NoKeyOfState", "Effect": "Deny", **actions, "Resource": "*", "Condition": with_alias}


def no_builds(names: Names) -> Document:
    """Nothing with the repository of builds but to take images, and to look.

    Args:
        names: of delivery in the account.
    """
    looks = [f"ecr:{one}" for one in (*PULL, "Describe*", "Get*", "List*")]
    return {"Sid": "NoBuilds", "Effect": "Deny", "NotAction": looks, "Resource": names.builds_repository_arn}

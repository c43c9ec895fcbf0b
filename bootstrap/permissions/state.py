"""The state of one stack: its checkpoint, history and lock in the bucket, and the key that encrypts the secrets in it.

Names of files are those of pulumi/pulumi, pkg/backend/diy, in version 3.259.
"""

from .grant import RUN, Grant, Where, because

_LOCKS = "{state}/.pulumi/locks/organization/{project}/{environment}/*"
_OBJECTS = (
    "{state}/.pulumi/stacks/{project}/{environment}.*",
    "{state}/.pulumi/history/{project}/{environment}/*",
    "{state}/.pulumi/backups/{project}/{environment}/*",
)
_WITH_THE_KEY = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "{key_alias}"}}
_KEYS = "arn:{partition}:kms:{region}:{account}:key/*"

GRANTS = (
    Grant(
        name="ListState",
        service="s3",
        actions=because(RUN, "ListBucket"),
        where=Where.HERE,
        on=("{state}",),
        previews=True,
    ),
    Grant(
        name="ReadState",
        service="s3",
        actions=because(RUN, "GetObject"),
        where=Where.HERE,
        on=(*_OBJECTS, _LOCKS, "{state}/.pulumi/meta.yaml"),
        previews=True,
    ),
    Grant(
        name="WriteState",
        service="s3",
        actions=because(RUN, "DeleteObject", "PutObject"),
        where=Where.HERE,
        on=(*_OBJECTS, _LOCKS),
    ),
    Grant(
        name="ReadSecretsOfState",
        service="kms",
        actions=because(RUN, "Decrypt"),
        where=Where.HERE,
        on=(_KEYS,),
        only_if=_WITH_THE_KEY,
        previews=True,
    ),
    Grant(
        name="WriteSecretsOfState",
        service="kms",
        actions=because(RUN, "Encrypt")
        | because(
            "Amazon S3 User Guide, Using server-side encryption with AWS KMS keys: each object that is written",
            "GenerateDataKey",
        ),
        where=Where.HERE,
        on=(_KEYS,),
        only_if=_WITH_THE_KEY,
    ),
)

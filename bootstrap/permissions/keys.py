"""What protects data: the keys of a stack, and the secrets and parameters that it names.

A stack looks at any secret, by its name, and reads the value of none but its own: those that carry its tags.
Names of files are those of terraform-provider-aws, internal/service, which Pulumi's provider is made of.
"""

from .grant import RUN, Grant, Where, because

_UPDATE = "a change that the runs do not make: "
_ALIASES = "arn:{partition}:kms:{region}:{account}:alias/{project}-{environment}-*"
_KEYS = "arn:{partition}:kms:{region}:{account}:key/*"
_GRANTS = (
    "Amazon ECR User Guide, Encryption at rest; Amazon EFS User Guide, Encrypting data at rest: a key of the stack's"
)

GRANTS = (
    Grant(
        name="LookAtKeys",
        service="kms",
        actions=because(RUN, "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListAliases", "ListResourceTags"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeKeys",
        service="kms",
        actions=because(RUN, "CreateKey", "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        # KMS takes up to five minutes to go by the tags of a new key (AWS KMS Developer Guide, "ABAC for AWS KMS").
        name="SetUpNewKeys",
        service="kms",
        actions=because(RUN, "CreateAlias", "EnableKeyRotation"),
        where=Where.NEW,
        on=(_KEYS,),
    ),
    Grant(
        name="ChangeKeys",
        service="kms",
        actions=because(RUN, "DeleteAlias", "EnableKey", "ScheduleKeyDeletion")
        | because("kms/key.go, resourceKeyCreate: a key's own policy is set with it", "PutKeyPolicy")
        | because(_GRANTS, "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "RetireGrant")
        | because(
            _UPDATE + "kms/key.go, resourceKeyUpdate",
            *("DisableKey", "DisableKeyRotation", "UntagResource", "UpdateAlias", "UpdateKeyDescription"),
        ),
        where=Where.OWN,
        on=(_KEYS,),
    ),
    Grant(
        name="GiveKeysToServices",
        service="kms",
        actions=because(_GRANTS, "CreateGrant"),
        where=Where.OWN,
        on=(_KEYS,),
        only_if={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    ),
    Grant(
        name="ReadSecretsUnderOwnKeys",
        service="kms",
        actions=because(
            "AWS Secrets Manager User Guide, Secret encryption and decryption: a secret's own key", "Decrypt"
        ),
        where=Where.OWN,
        on=(_KEYS,),
        only_if={
            "StringLike": {"kms:ViaService": ["secretsmanager.{region}.amazonaws.com*", "ssm.{region}.amazonaws.com*"]}
        },
        previews=True,
    ),
    Grant(
        name="NameKeys",
        service="kms",
        actions=because(RUN, "CreateAlias", "DeleteAlias")
        | because(_UPDATE + "kms/alias.go, resourceAliasUpdate", "UpdateAlias"),
        where=Where.HERE,
        on=(_ALIASES,),
    ),
    Grant(
        name="LookAtSecrets",
        service="secretsmanager",
        actions=because(RUN, "DescribeSecret")
        | because("secretsmanager/secret_data_source.go, dataSourceSecretRead", "GetResourcePolicy"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="ReadSecretsOfTheStack",
        service="secretsmanager",
        actions=because(RUN, "GetSecretValue"),
        where=Where.OWN,
        previews=True,
    ),
    Grant(
        name="LookAtParameters",
        service="ssm",
        actions=because(RUN, "GetParameter"),
        where=Where.OWN,
        previews=True,
    ),
)

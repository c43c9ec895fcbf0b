"""What delivery's resources of an account are called: known before they are made, and without asking AWS."""

import re
from dataclasses import dataclass
from pathlib import Path

DELIVERY = "delivery"
"""What belongs to no stack: the tag `environment` of everything that the bootstrap makes, and so no stack's name."""
LONGEST_PIPELINE = 27
"""Characters of the name of a `DeliveryPipeline`."""
LONGEST_ENVIRONMENT = 20
_NAME = re.compile(r"^name: *[\"']?([\w.-]+)", re.MULTILINE)
_WORD = re.compile(r"[a-z](-?[a-z0-9])*")
_LONGEST_BUCKET, _LONGEST_ROLE = 63, 64
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""By how their regions begin."""
_DOMAINS = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """The names of one project's delivery in one account and region."""

    project: str
    """Name of the program in its Pulumi.yaml, such as `fargate`."""
    account: str
    """Twelve digits."""
    region: str
    """Such as `ap-northeast-1`."""

    def __post_init__(self) -> None:
        """Refuse what AWS would not take as a name.

        Raises:
            ValueError: the project's name has other than lower-case letters, digits and hyphens, or is too long.
        """
        longest = min(
            _LONGEST_BUCKET - len(self.state_bucket) + len(self.project),
            _LONGEST_ROLE - len(f"-preview-{'x' * LONGEST_ENVIRONMENT}"),
        )
        if not _WORD.fullmatch(self.project) or len(self.project) > longest:
            raise ValueError(
                f"name in Pulumi.yaml must have at most {longest} lower-case letters, digits and single hyphens, as a "
                f"bucket and roles are named by it, got {self.project!r}"
            )

    @property
    def partition(self) -> str:
        """`aws`, or that of China or of the government's regions."""
        return next((one for start, one in _PARTITIONS.items() if self.region.startswith(start)), "aws")

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the account in its region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam_arn(self, resource: str) -> str:
        """The ARN of something of IAM's, which has no region."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    @property
    def state_bucket(self) -> str:
        """Bucket that holds the state of every stack."""
        return f"{self.project}-state-{self.account}-{self.region}"

    @property
    def state_bucket_arn(self) -> str:
        """Its ARN, which has neither region nor account."""
        return f"arn:{self.partition}:s3:::{self.state_bucket}"

    @property
    def backend_url(self) -> str:
        """What `pulumi login` takes (Pulumi docs, "Managing state and backend options", AWS S3)."""
        return f"s3://{self.state_bucket}?region={self.region}"

    @property
    def key_alias(self) -> str:
        """Alias of the key that encrypts the state and the secrets in it."""
        return f"alias/{self.project}-state"

    @property
    def secrets_provider(self) -> str:
        """What `pulumi stack init --secrets-provider` takes (Pulumi docs, "Secrets handling", AWS KMS)."""
        return f"awskms://{self.key_alias}?region={self.region}"

    @property
    def builds_repository(self) -> str:
        """ECR repository that the images are built into."""
        return f"{self.project}-builds"

    @property
    def builds_repository_arn(self) -> str:
        """Its ARN."""
        return self.arn("ecr", f"repository/{self.builds_repository}")

    @property
    def builds_address(self) -> str:
        """Address that images are pushed to, without a tag."""
        domain = _DOMAINS.get(self.partition, "amazonaws.com")
        return f"{self.account}.dkr.ecr.{self.region}.{domain}/{self.builds_repository}"

    def role(self, use: str) -> str:
        """Name of a CI role: `build`, or `preview` or `deploy` with an environment, as in `deploy-dev`."""
        return f"{self.project}-{use}"

    def role_arn(self, use: str) -> str:
        """Its ARN."""
        return self.iam_arn(f"role{self.delivery_path}{self.role(use)}")

    @property
    def delivery_path(self) -> str:
        """Path in IAM of CI's roles, their policies and the boundaries. No stack may change what is there."""
        return f"/{self.pipeline}/"

    @property
    def pipeline(self) -> str:
        """Name of AWS's own pipeline."""
        return f"{self.project}-{DELIVERY}"

    @property
    def tags(self) -> dict[str, str]:
        """Tags of everything that the bootstrap makes: a stack's roles touch nothing that is another environment's."""
        return {"project": self.project, "environment": DELIVERY}

    def stack_tags(self, environment: str) -> dict[str, str]:
        """Tags of everything that a stack makes: `aws:defaultTags` in the stack file."""
        return {"project": self.project, "environment": environment}

    def policy_arn(self, name: str) -> str:
        """The ARN of a managed policy of theirs."""
        return self.iam_arn(f"policy{self.delivery_path}{name}")

    def boundary(self, environment: str) -> str:
        """Name of the policy that bounds every role of an environment's stack."""
        return f"{self.project}-boundary-{environment}"

    def boundary_arn(self, environment: str) -> str:
        """Its ARN: `fargate:permissions_boundary_arn` in the stack file."""
        return self.policy_arn(self.boundary(environment))

    def stack_role_path(self, environment: str) -> str:
        """Path in IAM of the roles that a stack makes: `fargate:role_path` in the stack file."""
        return f"/{self.project}/{environment}/"

    def state_key(self, environment: str) -> str:
        """Key of a stack's checkpoint in the state bucket, without `.json`."""
        return f".pulumi/stacks/{self.project}/{environment}"


def environment_problem(name: str) -> str | None:
    """What is wrong with an environment's name, which is a stack's and part of names and paths in IAM."""
    if len(name) > LONGEST_ENVIRONMENT or not _WORD.fullmatch(name):
        return (
            f"an environment is a stack's name of at most {LONGEST_ENVIRONMENT} lower-case letters, digits and single "
            f"hyphens, got {name!r}"
        )
    if name == DELIVERY:
        return f"{DELIVERY!r} is what delivery's own resources are tagged with: give the stack another name"
    return None


def project_of(folder: Path) -> str:
    """Name of the program in a folder.

    Raises:
        ValueError: its Pulumi.yaml says none.
    """
    file = folder / "Pulumi.yaml"
    found = _NAME.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    if not found:
        raise ValueError(f"no Pulumi.yaml with a name in {folder.resolve()}; run this in the folder of the program")
    return found[1]

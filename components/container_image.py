"""An image built from a folder, in a repository of its own."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from .architecture import Architecture
from .content_tag import content_tag
from .names import check_name, child_of, with_name


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerImageArgs:
    """Inputs of `ContainerImage`."""

    context: str
    """Folder that is built, relative to the program's."""
    dockerfile: str = "Dockerfile"
    """Dockerfile, relative to `context`. Default: `Dockerfile`."""
    target: str | None = None
    """Stage to build. Default: the last."""
    build_args: dict[str, str] = field(default_factory=dict[str, str])
    """Build arguments. They are kept in the state and in the image's history: never a secret. Default: none."""
    architecture: Architecture = Architecture.X86_64
    """Processor that the image is for. Default: X86_64."""
    keep_images: int = 30
    """Images that stay in the repository, newest first; a service's older revisions need theirs. Default: 30."""
    force_delete: bool = False
    """Delete the repository with its images on destroy. Default: it stays behind, with its images."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the images. A change makes a new repository; the image is pushed there, services roll, and the
    old one goes, or stays behind. Default: ECR's own, AES-256."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what could not be built.

        Raises:
            ValueError: the folder or the Dockerfile is missing, or nothing would be kept.
        """
        if not Path(self.context).is_dir():
            raise ValueError(f"context must be a folder, got {self.context!r}")
        if not (Path(self.context) / self.dockerfile).is_file():
            raise ValueError(f"dockerfile {self.dockerfile!r} is not in {self.context}")
        if self.keep_images < 1:
            raise ValueError(f"keep_images must be 1 or more, got {self.keep_images}")


class ContainerImage(pulumi.ComponentResource):
    """Build a folder's image for one architecture, and push it under a tag made of its content.

    Creates: ECR repository (immutable tags, scanned on push), its lifecycle policy, image.
    Costs: stored images by the GB; scans are free with basic scanning.
    Source: Amazon ECR User Guide, "Preventing image tags from being overwritten"; Pulumi Registry, "docker.Image".
    """

    uri: pulumi.Output[str]
    """The pushed image by digest, as a task definition wants it."""
    repository_arn: pulumi.Output[str]
    """What an execution role is allowed to pull from."""
    repository_name: pulumi.Output[str]
    """Name that ECR knows the repository by."""
    repository_url: pulumi.Output[str]
    """Where images are pushed to, without a tag."""

    def __init__(self, name: str, args: ContainerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:ContainerImage", check_name(name), {}, opts)
        repository = aws.ecr.Repository(
            name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.kms_key_arn}]
            if args.kms_key_arn
            else None,
            force_delete=args.force_delete,
            tags=with_name(name, args.tags),
            # ECR deletes no repository that has images: one that is replaced, or no longer wanted, stays behind.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=not args.force_delete),
        )
        lifecycle = aws.ecr.LifecyclePolicy(
            name, repository=repository.name, policy=_lifecycle(args.keep_images), opts=child_of(self)
        )
        token = aws.ecr.get_authorization_token_output(
            registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        dockerfile = Path(args.context, args.dockerfile)
        tag = content_tag(
            Path(args.context),
            dockerfile,
            platform=args.architecture.docker_platform,
            target=args.target,
            args=args.build_args,
        )
        image = docker.Image(
            name,
            image_name=pulumi.Output.concat(repository.repository_url, ":", tag),
            build=docker.DockerBuildArgs(
                context=args.context,
                dockerfile=dockerfile.as_posix(),
                platform=args.architecture.docker_platform,
                target=args.target,
                args=args.build_args,
                builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
            ),
            registry=docker.RegistryArgs(
                server=repository.repository_url,
                username=token.user_name,
                password=pulumi.Output.secret(token.password),
            ),
            opts=child_of(self, [lifecycle]),
        )

        self.uri = image.repo_digest
        self.repository_arn = repository.arn
        self.repository_name = repository.name
        self.repository_url = repository.repository_url
        self.register_outputs(
            {
                "uri": self.uri,
                "repository_arn": self.repository_arn,
                "repository_name": self.repository_name,
                "repository_url": self.repository_url,
            }
        )


def _lifecycle(keep: int) -> str:
    """Untagged images go after a week, tagged ones when enough newer ones are there."""
    untagged = {
        "rulePriority": 1,
        "description": "untagged for a week",
        "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
        "action": {"type": "expire"},
    }
    many = {
        "rulePriority": 2,
        "description": f"all but the newest {keep}",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep},
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [untagged, many]})

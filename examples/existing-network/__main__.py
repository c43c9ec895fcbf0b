"""A service from an image that is there, in a VPC that others made.

Both are named in the stack file, or by `pulumi config set --path 'public_subnet_ids[0]' subnet-…` and the like.
"""

import sys

sys.path.insert(0, "../..")  # where components/ is; a program of your own has it beside it

import pulumi

from components import (
    Cluster,
    ClusterArgs,
    ExistingNetworkArgs,
    FargateService,
    FargateServiceArgs,
    LoadBalancer,
    LoadBalancerArgs,
    Network,
    Route,
    Target,
)
from components.existing_image import image_at

config = pulumi.Config()
network = Network.existing(
    "network",
    ExistingNetworkArgs(
        vpc_id=config.require("vpc_id"),
        public_subnet_ids=tuple(config.require_object("public_subnet_ids")),
        private_subnet_ids=tuple(config.require_object("private_subnet_ids")),
    ),
)
image = image_at(config.require("image"))
balancer = LoadBalancer("balancer", LoadBalancerArgs(vpc_id=network.vpc_id, subnet_ids=network.public_subnet_ids))
FargateService(
    "web",
    FargateServiceArgs(
        cluster_arn=Cluster("cluster", ClusterArgs()).arn,
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids,
        target=Target(
            listener=balancer.listener,
            route=Route(paths=("/*",)),
            priority=1,
        ),
        image=image.uri,
        repository_arn=image.repository_arn,
        port=config.get_int("port") or 8080,
    ),
)

pulumi.export("url", balancer.url)

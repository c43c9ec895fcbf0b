"""A service whose sidecar writes, every second, to a file system that both mount; it also gets a secret.

The secret must exist: `aws secretsmanager create-secret --name example/token --secret-string …`. On the local cloud one
that is missing is made.
"""

import sys

sys.path.insert(0, "../..")  # where components/ is; a program of your own has it beside it

import pulumi

from components import (
    Cluster,
    ClusterArgs,
    Condition,
    Container,
    ContainerImage,
    ContainerImageArgs,
    FargateService,
    FargateServiceArgs,
    FileSystem,
    FileSystemArgs,
    LoadBalancer,
    LoadBalancerArgs,
    Network,
    NetworkArgs,
    Route,
    Secret,
    Target,
)

network = Network("network", NetworkArgs())
balancer = LoadBalancer("balancer", LoadBalancerArgs(vpc_id=network.vpc_id, subnet_ids=network.public_subnet_ids))
cluster = Cluster("cluster", ClusterArgs())
files = FileSystem(
    "files",
    FileSystemArgs(vpc_id=network.vpc_id, subnet_ids=network.zonal_subnet_ids, backup=False, deletion_protection=False),
)
image = ContainerImage("web", ContainerImageArgs(context="../app", build_args={"NAME": "web"}, force_delete=True))
clock = Container(
    image=image.uri,
    command=("sh", "-c", "while :; do date -u > /data/now.txt; sleep 1; done"),
    volumes={"/data": files.volume()},
    stop_timeout=2,  # the image's stop signal, SIGWINCH, says nothing to a shell
)
FargateService(
    "web",
    FargateServiceArgs(
        cluster_arn=cluster.arn,
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids,
        target=Target(
            listener=balancer.listener,
            route=Route(paths=("/*",)),
            priority=1,
        ),
        image=image.uri,
        repository_arn=image.repository_arn,
        port=8080,
        secrets={"TOKEN": Secret(secret="example/token")},
        volumes={"/data": files.volume(read_only=True)},
        depends_on={"clock": Condition.START},
        sidecars={"clock": clock},
    ),
)

pulumi.export("url", balancer.url)

"""Three services by path on one load balancer; one is called by name, also by a worker that nobody reaches."""

import sys

sys.path.insert(0, "../..")  # where components/ is; a program of your own has it beside it

import pulumi

from components import (
    Callee,
    Cluster,
    ClusterArgs,
    ContainerImage,
    ContainerImageArgs,
    FargateService,
    FargateServiceArgs,
    LoadBalancer,
    LoadBalancerArgs,
    Membership,
    Network,
    NetworkArgs,
    Route,
    ServiceConnect,
    ServiceConnectArgs,
    Target,
)
from components.routing import priorities

PORT = 8080
ROUTES = {"web": Route(paths=("/*",)), "docs": Route(paths=("/docs/*",)), "api": Route(paths=("/api/*",))}
REQUEST = r"GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"
ASK_API = f"while sleep 5; do exec 3<>/dev/tcp/api/8080; printf '{REQUEST}' >&3; tail -n 1 <&3; done"

network = Network("network", NetworkArgs())
balancer = LoadBalancer("balancer", LoadBalancerArgs(vpc_id=network.vpc_id, subnet_ids=network.public_subnet_ids))
cluster = Cluster("cluster", ClusterArgs())
connect = ServiceConnect("connect", ServiceConnectArgs())
order = priorities(ROUTES)


def serve(name: str, *, membership: Membership | None = None, command: tuple[str, ...] = ()) -> FargateService:
    """Run the app under a name; with a route of that name, behind the load balancer."""
    image = ContainerImage(name, ContainerImageArgs(context="../app", build_args={"NAME": name}, force_delete=True))
    target = None
    if name in ROUTES:
        target = Target(listener=balancer.listener, route=ROUTES[name], priority=order[name])
    return FargateService(
        name,
        FargateServiceArgs(
            cluster_arn=cluster.arn,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            image=image.uri,
            repository_arn=image.repository_arn,
            port=PORT if target else None,
            target=target,
            command=command,
            stop_timeout=30 if target else 2,  # the image's stop signal, SIGWINCH, says nothing to a shell
            service_connect=membership,
        ),
    )


api = serve("api", membership=Membership(namespace_arn=connect.namespace_arn, is_called=True))
callee = Callee(service_name=api.service_name, security_group_id=api.security_group_id, port=PORT)
web, docs = serve("web"), serve("docs")
worker = serve(
    "worker",
    membership=Membership(namespace_arn=connect.namespace_arn, calls={"api": callee}),
    command=("bash", "-c", ASK_API),
)

pulumi.export("url", balancer.url)
pulumi.export("worker_log", worker.log_group_name)

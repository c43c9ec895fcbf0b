"""Components for container services on Amazon ECS with Fargate."""

from .architecture import Architecture
from .capacity import Capacity
from .cluster import Cluster, ClusterArgs, ContainerInsights
from .container_image import ContainerImage, ContainerImageArgs
from .fargate_service import FargateService
from .fargate_service_args import FargateServiceArgs, LogRetentionDays
from .health_check import HealthCheck
from .load_balancer import LoadBalancer, LoadBalancerArgs
from .network import Nat, Network, NetworkArgs
from .routing import Route

__all__ = [
    "Architecture",
    "Capacity",
    "Cluster",
    "ClusterArgs",
    "ContainerImage",
    "ContainerImageArgs",
    "ContainerInsights",
    "FargateService",
    "FargateServiceArgs",
    "HealthCheck",
    "LoadBalancer",
    "LoadBalancerArgs",
    "LogRetentionDays",
    "Nat",
    "Network",
    "NetworkArgs",
    "Route",
]

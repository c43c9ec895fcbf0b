"""Components for container services on Amazon ECS with Fargate."""

from .architecture import Architecture
from .capacity import Capacity
from .certificate import Certificate, CertificateArgs
from .cluster import Cluster, ClusterArgs, ContainerInsights
from .container_image import ContainerImage, ContainerImageArgs
from .customer_key import CustomerKey, CustomerKeyArgs
from .domain import Domain
from .fargate_service import FargateService
from .fargate_service_args import FargateServiceArgs
from .firewall import Firewall
from .health_check import HealthCheck
from .load_balancer import LoadBalancer
from .load_balancer_args import DesyncMitigation, LoadBalancerArgs, Scheme
from .log_bucket import LogBucket, LogBucketArgs
from .log_retention import LogRetentionDays
from .network import Network
from .network_args import ExistingNetworkArgs, Nat, NetworkArgs
from .routing import Route
from .web_acl import WebAcl, WebAclArgs

__all__ = [
    "Architecture",
    "Capacity",
    "Certificate",
    "CertificateArgs",
    "Cluster",
    "ClusterArgs",
    "ContainerImage",
    "ContainerImageArgs",
    "ContainerInsights",
    "CustomerKey",
    "CustomerKeyArgs",
    "DesyncMitigation",
    "Domain",
    "ExistingNetworkArgs",
    "FargateService",
    "FargateServiceArgs",
    "Firewall",
    "HealthCheck",
    "LoadBalancer",
    "LoadBalancerArgs",
    "LogBucket",
    "LogBucketArgs",
    "LogRetentionDays",
    "Nat",
    "Network",
    "NetworkArgs",
    "Route",
    "Scheme",
    "WebAcl",
    "WebAclArgs",
]

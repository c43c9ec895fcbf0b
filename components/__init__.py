"""Components for container services on Amazon ECS with Fargate."""

from .architecture import Architecture
from .capacity import Capacity, CapacityMix
from .certificate import Certificate, CertificateArgs
from .cluster import Cluster, ClusterArgs, ContainerInsights
from .container import Condition, Container, ContainerHealthCheck
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
from .queue_scaling import QueueScaling
from .routing import Route
from .scaling import Scaling
from .scaling_schedule import ScalingSchedule, off_hours
from .schedule import Schedule
from .scheduled_task import ScheduledTask, ScheduledTaskArgs
from .secret import Secret
from .web_acl import WebAcl, WebAclArgs

__all__ = [
    "Architecture",
    "Capacity",
    "CapacityMix",
    "Certificate",
    "CertificateArgs",
    "Cluster",
    "ClusterArgs",
    "Condition",
    "Container",
    "ContainerHealthCheck",
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
    "QueueScaling",
    "Route",
    "Scaling",
    "ScalingSchedule",
    "Schedule",
    "ScheduledTask",
    "ScheduledTaskArgs",
    "Scheme",
    "Secret",
    "WebAcl",
    "WebAclArgs",
    "off_hours",
]

"""Components for container services on Amazon ECS with Fargate."""

from .alarm_thresholds import AlarmThresholds
from .architecture import Architecture
from .authentication import Authentication, OnUnauthenticatedRequest
from .capacity import Capacity, CapacityMix
from .certificate import Certificate, CertificateArgs
from .cluster import Cluster, ClusterArgs, ContainerInsights
from .container import Condition, Container, ContainerHealthCheck
from .container_image import ContainerImage, ContainerImageArgs
from .customer_key import CustomerKey, CustomerKeyArgs
from .deletion_protection import DeletionProtection, DeletionProtectionArgs
from .delivery_pipeline import DeliveryPipeline
from .delivery_pipeline_args import DeliveryEnvironment, DeliveryPipelineArgs
from .deployment_alarms import DeploymentAlarms
from .domain import Domain
from .efs_volume import EfsVolume
from .execute_command import ExecuteCommand
from .fargate_service import FargateService
from .fargate_service_args import FargateServiceArgs
from .fargate_task import FargateTask
from .fargate_task_args import FargateTaskArgs
from .file_system import FileSystem
from .file_system_args import ExistingFileSystemArgs, FileSystemArgs, InfrequentAccessDays, ThroughputMode
from .firewall import Firewall
from .health_check import HealthCheck
from .load_balancer import LoadBalancer
from .load_balancer_args import DesyncMitigation, LoadBalancerArgs, Scheme
from .log_bucket import LogBucket, LogBucketArgs
from .log_retention import LogRetentionDays
from .log_router import LogRouter
from .monthly_budget import MonthlyBudget
from .network import Network
from .network_args import ExistingNetworkArgs, Nat, NetworkArgs
from .observability import Observability, ObservabilityArgs
from .pre_deploy import PreDeploy
from .promoted_image import PromotedImage, PromotedImageArgs
from .queue_scaling import QueueScaling
from .registry import Destination, PullThrough, Registry, RegistryArgs, Upstream
from .routing import Route
from .scaling import Scaling
from .scaling_schedule import ScalingSchedule, off_hours
from .schedule import Schedule
from .scheduled_task import ScheduledTask, ScheduledTaskArgs
from .secret import Secret
from .service_connect import Callee, Membership, ServiceConnect, ServiceConnectArgs
from .stickiness import Stickiness
from .strategy import DeploymentConfiguration, DeploymentStrategy
from .target import Listener, Target
from .telemetry import Telemetry
from .watched import WatchedJob, WatchedService
from .web_acl import WebAcl, WebAclArgs
from .web_service import WebService, WebServiceArgs

__all__ = [
    "AlarmThresholds",
    "Architecture",
    "Authentication",
    "Callee",
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
    "DeletionProtection",
    "DeletionProtectionArgs",
    "DeliveryEnvironment",
    "DeliveryPipeline",
    "DeliveryPipelineArgs",
    "DeploymentAlarms",
    "DeploymentConfiguration",
    "DeploymentStrategy",
    "Destination",
    "DesyncMitigation",
    "Domain",
    "EfsVolume",
    "ExecuteCommand",
    "ExistingFileSystemArgs",
    "ExistingNetworkArgs",
    "FargateService",
    "FargateServiceArgs",
    "FargateTask",
    "FargateTaskArgs",
    "FileSystem",
    "FileSystemArgs",
    "Firewall",
    "HealthCheck",
    "InfrequentAccessDays",
    "Listener",
    "LoadBalancer",
    "LoadBalancerArgs",
    "LogBucket",
    "LogBucketArgs",
    "LogRetentionDays",
    "LogRouter",
    "Membership",
    "MonthlyBudget",
    "Nat",
    "Network",
    "NetworkArgs",
    "Observability",
    "ObservabilityArgs",
    "OnUnauthenticatedRequest",
    "PreDeploy",
    "PromotedImage",
    "PromotedImageArgs",
    "PullThrough",
    "QueueScaling",
    "Registry",
    "RegistryArgs",
    "Route",
    "Scaling",
    "ScalingSchedule",
    "Schedule",
    "ScheduledTask",
    "ScheduledTaskArgs",
    "Scheme",
    "Secret",
    "ServiceConnect",
    "ServiceConnectArgs",
    "Stickiness",
    "Target",
    "Telemetry",
    "ThroughputMode",
    "Upstream",
    "WatchedJob",
    "WatchedService",
    "WebAcl",
    "WebAclArgs",
    "WebService",
    "WebServiceArgs",
    "off_hours",
]

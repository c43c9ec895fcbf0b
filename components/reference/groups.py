"""The public names, in the order in which a reader needs them."""

GROUPS: dict[str, tuple[str, ...]] = {
    "All of it at once": ("WebService", "WebServiceArgs"),
    "Networks": ("Network", "NetworkArgs", "ExistingNetworkArgs", "Nat"),
    "Load balancer": (
        *("LoadBalancer", "LoadBalancerArgs", "Scheme", "DesyncMitigation", "LogBucket", "LogBucketArgs"),
        *("Domain", "Certificate", "CertificateArgs", "WebAcl", "WebAclArgs", "Firewall"),
    ),
    "Images": (
        *("ContainerImage", "ContainerImageArgs", "PromotedImage", "PromotedImageArgs"),
        *("Registry", "RegistryArgs", "PullThrough", "Upstream", "Destination"),
    ),
    "Services": (
        *("Cluster", "ClusterArgs", "ContainerInsights", "ExecuteCommand"),
        *("FargateService", "FargateServiceArgs", "Capacity", "CapacityMix"),
    ),
    "Requests of a service": (
        *("Target", "Listener", "Route", "HealthCheck", "Stickiness"),
        *("Authentication", "OnUnauthenticatedRequest"),
    ),
    "Services among themselves": ("ServiceConnect", "ServiceConnectArgs", "Membership", "Callee"),
    "New versions": ("DeploymentConfiguration", "DeploymentStrategy", "DeploymentAlarms", "PreDeploy"),
    "Number of tasks": ("Scaling", "QueueScaling", "ScalingSchedule", "off_hours"),
    "Tasks and containers": (
        *("FargateTask", "FargateTaskArgs", "Architecture", "Secret"),
        *("Container", "ContainerHealthCheck", "Condition", "EfsVolume", "Telemetry", "LogRouter"),
    ),
    "Jobs": ("ScheduledTask", "ScheduledTaskArgs", "Schedule"),
    "Files and keys": (
        *("FileSystem", "FileSystemArgs", "ExistingFileSystemArgs", "ThroughputMode", "InfrequentAccessDays"),
        *("CustomerKey", "CustomerKeyArgs"),
    ),
    "Watching": (
        *("Observability", "ObservabilityArgs", "AlarmThresholds", "WatchedService", "WatchedJob", "MonthlyBudget"),
        "LogRetentionDays",
    ),
    "Delivery and protection": (
        *("DeliveryPipeline", "DeliveryPipelineArgs", "DeliveryEnvironment"),
        *("DeletionProtection", "DeletionProtectionArgs"),
    ),
}

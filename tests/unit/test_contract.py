"""What people's stacks depend on: tokens, children's names and parents, outputs. A change here replaces what runs."""

import dataclasses
import inspect

import pulumi
import pytest

import components
from components import (
    Certificate,
    CertificateArgs,
    Cluster,
    ClusterArgs,
    ContainerImage,
    ContainerImageArgs,
    CustomerKey,
    CustomerKeyArgs,
    DeletionProtection,
    DeletionProtectionArgs,
    DeliveryEnvironment,
    DeliveryPipeline,
    DeliveryPipelineArgs,
    Destination,
    Domain,
    FargateService,
    FargateTask,
    FargateTaskArgs,
    FileSystem,
    FileSystemArgs,
    Firewall,
    LoadBalancer,
    LoadBalancerArgs,
    LogBucket,
    LogBucketArgs,
    MonthlyBudget,
    Network,
    NetworkArgs,
    Observability,
    ObservabilityArgs,
    PromotedImage,
    PromotedImageArgs,
    PullThrough,
    Registry,
    RegistryArgs,
    ScheduledTask,
    ServiceConnect,
    ServiceConnectArgs,
    Upstream,
    WatchedJob,
    WatchedService,
    WebAcl,
    WebAclArgs,
    WebService,
    WebServiceArgs,
    image_copy,
)

from .test_fargate_service import arguments
from .test_scheduled_task import arguments as scheduled

EXPORTED = [
    one for one in vars(components).values() if inspect.isclass(one) and issubclass(one, pulumi.ComponentResource)
]
DOMAIN = Domain(names=("a.example.com",), zone="example.com")


def task_arguments(**changes):
    given = arguments(**{"target": None, "port": None, "task_policy": "{}", **changes})
    names = [field.name for field in dataclasses.fields(FargateTaskArgs)]
    return FargateTaskArgs(**{name: getattr(given, name) for name in names})


MAKE = {
    Certificate: lambda opts: Certificate("it", CertificateArgs(domain=DOMAIN, zone_id="Z1", tags={"team": "a"}), opts),
    Cluster: lambda opts: Cluster("it", ClusterArgs(tags={"team": "a"}), opts),
    ContainerImage: lambda opts: ContainerImage("it", ContainerImageArgs(context="app", tags={"team": "a"}), opts),
    CustomerKey: lambda opts: CustomerKey("it", CustomerKeyArgs(tags={"team": "a"}), opts),
    DeletionProtection: lambda opts: DeletionProtection("it", DeletionProtectionArgs(of=()), opts),
    DeliveryPipeline: lambda opts: DeliveryPipeline(
        "it",
        DeliveryPipelineArgs(
            repository="example/shop",
            environments=[
                DeliveryEnvironment(
                    stack="prod", preview_policy_arns=["arn:look"], deploy_policy_arns=["arn:do"], needs_approval=True
                )
            ],
            build_policy_arns=["arn:push"],
            emails=("team@example.com",),
            tags={"team": "a"},
        ),
        opts,
    ),
    FargateService: lambda opts: FargateService("it", arguments(task_policy="{}"), opts),
    FileSystem: lambda opts: FileSystem(
        "it", FileSystemArgs(vpc_id="vpc-1", subnet_ids=["a", "b"], tags={"team": "a"}), opts
    ),
    FargateTask: lambda opts: FargateTask("it", task_arguments(), opts),
    LoadBalancer: lambda opts: LoadBalancer(
        "it",
        LoadBalancerArgs(
            vpc_id="vpc-1",
            subnet_ids=["a", "b"],
            domain=DOMAIN,
            access_logs=True,
            firewall=Firewall(),
            authenticates=True,
            tags={"team": "a"},
        ),
        opts,
    ),
    LogBucket: lambda opts: LogBucket("it", LogBucketArgs(tags={"team": "a"}), opts),
    Network: lambda opts: Network(
        "it", NetworkArgs(ipv6=True, endpoints=("ecr",), flow_log_retention_days=30, tags={"team": "a"}), opts
    ),
    Observability: lambda opts: Observability(
        "it",
        ObservabilityArgs(
            cluster_arn="arn:aws:ecs:ap-northeast-1:123456789012:cluster/c",
            services={"web": WatchedService(service_name="web-1", log_group_name="logs", target_group_arns=["arn:g"])},
            jobs={"nightly": WatchedJob(dead_letters_name="letters", container_name="nightly")},
            load_balancer_arn="arn:b",
            emails=("team@example.com",),
            monthly_budget=MonthlyBudget(usd=100),
            tags={"team": "a"},
        ),
        opts,
    ),
    PromotedImage: lambda opts: PromotedImage(
        "it",
        PromotedImageArgs(
            source=f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'0' * 64}",
            pull_accounts=("111111111111",),
            tags={"team": "a"},
        ),
        opts,
    ),
    Registry: lambda opts: Registry(
        "it",
        RegistryArgs(pull_through={Upstream.QUAY: PullThrough()}, replicate_to=(Destination(region="eu-west-1"),)),
        opts,
    ),
    ScheduledTask: lambda opts: ScheduledTask("it", scheduled(tags={"team": "a"}), opts),
    ServiceConnect: lambda opts: ServiceConnect("it", ServiceConnectArgs(tags={"team": "a"}), opts),
    WebService: lambda opts: WebService("it", WebServiceArgs(build="app", tags={"team": "a"}), opts),
    WebAcl: lambda opts: WebAcl("it", WebAclArgs(resource_arn="arn:balancer", tags={"team": "a"}), opts),
}
WITHOUT_TAGS = {
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    "aws:ecr/replicationConfiguration:ReplicationConfiguration",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:efs/backupPolicy:BackupPolicy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy",
    "aws:efs/mountTarget:MountTarget",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:kms/alias:Alias",
    "aws:route53/record:Record",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketNotification:BucketNotification",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:scheduler/schedule:Schedule",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "docker:index/image:Image",
}
CHILDREN = {
    Certificate: [
        "acm/certificate it",
        "acm/certificateValidation it",
        "route53/record it-a.example.com",
    ],
    CustomerKey: ["kms/alias it", "kms/key it"],
    DeletionProtection: [],
    DeliveryPipeline: [
        "cloudwatch/eventRule it-drift",
        "cloudwatch/eventRule it-failed",
        "cloudwatch/eventTarget it-drift",
        "cloudwatch/eventTarget it-failed",
        "cloudwatch/logGroup it-build",
        "cloudwatch/logGroup it-check",
        "cloudwatch/logGroup it-deploy-prod",
        "cloudwatch/logGroup it-preview-prod",
        "codebuild/project it-build",
        "codebuild/project it-check",
        "codebuild/project it-deploy-prod",
        "codebuild/project it-drift-prod",
        "codebuild/project it-operate-prod",
        "codebuild/project it-review-prod",
        "codebuild/project it-verify-prod",
        "codeconnections/connection it",
        "codepipeline/pipeline it",
        "codepipeline/pipeline it-drift",
        "codepipeline/pipeline it-operate-prod",
        "iam/role it",
        "iam/role it-build",
        "iam/role it-check",
        "iam/role it-deploy-prod",
        "iam/role it-drift",
        "iam/role it-preview-prod",
        "iam/rolePolicy it",
        "iam/rolePolicy it-build",
        "iam/rolePolicy it-check",
        "iam/rolePolicy it-deploy-prod",
        "iam/rolePolicy it-drift",
        "iam/rolePolicy it-preview-prod",
        "iam/rolePolicyAttachment it-build-1",
        "iam/rolePolicyAttachment it-deploy-prod-1",
        "iam/rolePolicyAttachment it-preview-prod-1",
        "index/CustomerKey it",
        "s3/bucket it",
        "s3/bucketLifecycleConfiguration it",
        "s3/bucketNotification it",
        "s3/bucketOwnershipControls it",
        "s3/bucketPolicy it",
        "s3/bucketPublicAccessBlock it",
        "s3/bucketServerSideEncryptionConfiguration it",
        "s3/bucketVersioning it",
        "sns/topic it",
        "sns/topicPolicy it",
        "sns/topicSubscription it-team@example.com",
    ],
    LogBucket: [
        "s3/bucket it",
        "s3/bucketLifecycleConfiguration it",
        "s3/bucketNotification it",
        "s3/bucketOwnershipControls it",
        "s3/bucketPolicy it",
        "s3/bucketPublicAccessBlock it",
        "s3/bucketServerSideEncryptionConfiguration it",
        "s3/bucketVersioning it",
    ],
    ScheduledTask: [
        "iam/role it",
        "iam/rolePolicy it",
        "scheduler/schedule it",
        "sqs/queue it-dead-letters",
        "sqs/queuePolicy it-dead-letters",
    ],
    ServiceConnect: ["servicediscovery/httpNamespace it"],
    WebAcl: [
        "cloudwatch/logGroup aws-waf-logs-it",
        "wafv2/webAcl it",
        "wafv2/webAclAssociation it",
        "wafv2/webAclLoggingConfiguration it",
    ],
    Cluster: ["ecs/cluster it", "ecs/clusterCapacityProviders it"],
    ContainerImage: ["ecr/lifecyclePolicy it", "ecr/repository it", "index/image it"],
    Registry: ["ecr/pullThroughCacheRule it-quay", "ecr/replicationConfiguration it"],
    Observability: [
        "budgets/budget it",
        "cloudwatch/dashboard it",
        "cloudwatch/eventRule it-deployment-failed",
        "cloudwatch/eventRule it-run-failed",
        "cloudwatch/eventTarget it-deployment-failed",
        "cloudwatch/eventTarget it-run-failed",
        "cloudwatch/logMetricFilter it-web",
        "cloudwatch/metricAlarm it-balancer-5xx",
        "cloudwatch/metricAlarm it-nightly-unstarted",
        "cloudwatch/metricAlarm it-web-cpu",
        "cloudwatch/metricAlarm it-web-errors",
        "cloudwatch/metricAlarm it-web-latency",
        "cloudwatch/metricAlarm it-web-log",
        "cloudwatch/metricAlarm it-web-memory",
        "cloudwatch/metricAlarm it-web-tasks",
        "cloudwatch/metricAlarm it-web-unhealthy",
        "index/CustomerKey it",
        "sns/topic it",
        "sns/topicPolicy it",
        "sns/topicSubscription it-team@example.com",
    ],
    PromotedImage: ["ecr/lifecyclePolicy it", "ecr/repository it", "ecr/repositoryPolicy it"],
    FargateService: [
        "cloudwatch/logGroup it",
        "ec2/securityGroup it",
        "ecs/service it",
        "ecs/taskDefinition it",
        "iam/role it-execution",
        "iam/role it-task",
        "iam/rolePolicy it-execution",
        "iam/rolePolicy it-task",
        "lb/listenerRule it",
        "lb/targetGroup it",
        "vpc/securityGroupEgressRule it-balancer",
        "vpc/securityGroupEgressRule it-out",
        "vpc/securityGroupIngressRule it-in",
    ],
    FileSystem: [
        "ec2/securityGroup it",
        "efs/accessPoint it",
        "efs/backupPolicy it",
        "efs/fileSystem it",
        "efs/fileSystemPolicy it",
        "efs/mountTarget it-1",
        "efs/mountTarget it-2",
    ],
    FargateTask: [
        "cloudwatch/logGroup it",
        "ec2/securityGroup it",
        "ecs/taskDefinition it",
        "iam/role it-execution",
        "iam/role it-task",
        "iam/rolePolicy it-execution",
        "iam/rolePolicy it-task",
        "vpc/securityGroupEgressRule it-out",
    ],
    LoadBalancer: [
        "ec2/securityGroup it",
        "index/Certificate it",
        "index/LogBucket it-logs",
        "index/WebAcl it",
        "lb/listener it-http",
        "lb/listener it-https",
        "lb/loadBalancer it",
        "route53/record it-a.example.com-a",
        "route53/record it-a.example.com-aaaa",
        "vpc/securityGroupEgressRule it-oidc",
        "vpc/securityGroupIngressRule it-http",
        "vpc/securityGroupIngressRule it-https",
    ],
    WebService: [
        "index/Cluster it",
        "index/ContainerImage it",
        "index/FargateService it",
        "index/LoadBalancer it-balancer",
        "index/Network it-network",
    ],
    Network: [
        "cloudwatch/logGroup it-flow-logs",
        "ec2/defaultSecurityGroup it-default",
        "ec2/egressOnlyInternetGateway it-eigw",
        "ec2/eip it-nat-1",
        "ec2/flowLog it-flow-logs",
        "ec2/internetGateway it-igw",
        "ec2/natGateway it-nat-1",
        "ec2/route it-private-1",
        "ec2/route it-private-1-ipv6",
        "ec2/route it-private-2",
        "ec2/route it-private-2-ipv6",
        "ec2/route it-public",
        "ec2/route it-public-ipv6",
        "ec2/routeTable it-private-1",
        "ec2/routeTable it-private-2",
        "ec2/routeTable it-public",
        "ec2/routeTableAssociation it-private-1",
        "ec2/routeTableAssociation it-private-2",
        "ec2/routeTableAssociation it-public-1",
        "ec2/routeTableAssociation it-public-2",
        "ec2/securityGroup it-endpoints",
        "ec2/subnet it-private-1",
        "ec2/subnet it-private-2",
        "ec2/subnet it-public-1",
        "ec2/subnet it-public-2",
        "ec2/vpc it",
        "ec2/vpcEndpoint it-ecr-api",
        "ec2/vpcEndpoint it-ecr-dkr",
        "ec2/vpcEndpoint it-s3",
        "iam/role it-flow-logs",
        "iam/rolePolicy it-flow-logs",
        "vpc/securityGroupIngressRule it-endpoints",
    ],
}

pytestmark = pytest.mark.usefixtures("app")


def test_every_exported_component_has_its_contract():
    assert set(EXPORTED) == set(MAKE) == set(CHILDREN)
    assert set(components.__all__) == {one for one in vars(components) if one in components.__all__}


@pytest.fixture(autouse=True)
def no_copy(monkeypatch):
    monkeypatch.setattr(image_copy, "copy_image", lambda *_: None)


@pytest.fixture(params=EXPORTED, ids=lambda one: one.__name__)
def component(request):
    return request.param


def test_its_token_and_its_children_s_names(deploy, cloud, component):
    deploy(lambda: MAKE[component](None))
    itself, *_ = [one for one in cloud.resources if one.type.startswith("fargate:")]
    assert (itself.type, itself.name) == (f"fargate:index:{component.__name__}", "it")
    children = [one for one in cloud.resources if one.parent == itself.urn]
    assert sorted(map(short, children)) == sorted(CHILDREN[component])
    components = {one.urn for one in cloud.resources if one.type.startswith("fargate:")}
    assert {one.parent for one in cloud.children()} <= components, "every resource is some component's"


def short(one):
    """A resource by its kind and name."""
    _, module, kind = one.type.split(":")
    return f"{module}/{kind} {one.name}" if one.type.startswith("fargate:") else f"{module} {one.name}"


def test_its_outputs_are_its_annotations(deploy, cloud, component):
    made = deploy(lambda: MAKE[component](None))
    itself, *_ = [one for one in cloud.resources if one.type.startswith("fargate:")]
    assert set(inspect.get_annotations(component)) == set(cloud.registered_outputs[itself.urn])
    assert all(isinstance(getattr(made, name), pulumi.Output) for name in inspect.get_annotations(component))


def test_its_tags_reach_every_child_that_takes_tags(deploy, cloud, component):
    deploy(lambda: MAKE[component](None))
    for child in cloud.children():
        if child.type in WITHOUT_TAGS:
            assert "tags" not in child.inputs
        else:
            assert child.inputs["tags"]["team"] == "a", child.name
            assert child.inputs["tags"]["Name"] == child.name


def test_options_reach_it(deploy, cloud, component):
    deploy(lambda: MAKE[component](pulumi.ResourceOptions(protect=True)))
    itself, *_ = [one for one in cloud.resources if one.type.startswith("fargate:")]
    assert itself.protect


@pytest.mark.parametrize("component", [one for one in EXPORTED if one is not DeletionProtection])
def test_a_bad_name_is_refused_before_anything_is_registered(deploy, cloud, component, monkeypatch):
    def bad(name, *rest):
        return component("It", *rest)

    monkeypatch.setitem(globals(), component.__name__, bad)
    with pytest.raises(ValueError, match="name 'It' must start with a letter"):
        deploy(lambda: MAKE[component](None))
    assert cloud.resources == []


def test_it_says_what_it_creates_costs_and_by_which_source(component):
    for word in ("Creates: ", "Costs: ", "Source: "):
        assert word in component.__doc__


def test_every_input_and_output_has_a_line_of_its_own(component):
    args = getattr(components, f"{component.__name__}Args")
    for one in (args, component):
        source = inspect.getsource(one)
        for name in inspect.get_annotations(one):
            after = source.split(f"\n    {name}: ", 1)[1].split("\n")
            assert after[1].strip().startswith('"""'), f"{one.__name__}.{name}"

"""What AWS refuses is refused here, with AWS's error code: one case for each row of localcloud/README.md's table."""

import json
import re
from types import SimpleNamespace

import pytest

from localcloud.providers.wire import unpack
from tests.local.provider import Provider, Refused
from tests.local.test_aws_provider import (
    ACL,
    BUILT,
    CODE_TRUST,
    COMMON,
    KEY_POLICY,
    LOGS,
    PUSHED,
    RATE,
    SCHEDULER_TRUST,
    ask,
    pipeline,
    project,
)

pytestmark = pytest.mark.local

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
APP = {"name": "app", "image": "scratch", "essential": True, "portMappings": [{"containerPort": 80, "name": "app"}]}
VPC, SUBNET, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"
GATEWAY, TABLE, ROUTE = (
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/route:Route",
)
BALANCER, TARGETS = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"
LISTENER, RULE = "aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
MANAGED, ATTACHED = "aws:iam/policy:Policy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
SIGN_IN = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
PROJECT, PIPELINE = "aws:codebuild/project:Project", "aws:codepipeline/pipeline:Pipeline"
REPOSITORY, LIFECYCLE = "aws:ecr/repository:Repository", "aws:ecr/lifecyclePolicy:LifecyclePolicy"
REPOSITORY_POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"
PULL_THROUGH = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
CLUSTER, SERVICE = "aws:ecs/cluster:Cluster", "aws:ecs/service:Service"
DEFINITION, LOG_GROUP = "aws:ecs/taskDefinition:TaskDefinition", "aws:cloudwatch/logGroup:LogGroup"
NAMESPACE = "aws:servicediscovery/httpNamespace:HttpNamespace"
ENDPOINT, FLOW_LOG = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/flowLog:FlowLog"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
CERTIFICATE, RECORD = "aws:acm/certificate:Certificate", "aws:route53/record:Record"
BUCKET, BUCKET_POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
WEB_ACL, ASSOCIATION = "aws:wafv2/webAcl:WebAcl", "aws:wafv2/webAclAssociation:WebAclAssociation"
QUEUE, QUEUE_POLICY, SCHEDULE = (
    "aws:sqs/queue:Queue",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:scheduler/schedule:Schedule",
)
SCALED, TRACKED = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
AT_A_TIME = "aws:appautoscaling/scheduledAction:ScheduledAction"
FILES, MOUNT = "aws:efs/fileSystem:FileSystem", "aws:efs/mountTarget:MountTarget"
FILES_POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"
ALARM, DASHBOARD = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/dashboard:Dashboard"
METRIC_FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
EVENT_RULE, EVENT_TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
TOPIC, TOPIC_POLICY = "aws:sns/topic:Topic", "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION, BUDGET = "aws:sns/topicSubscription:TopicSubscription", "aws:budgets/budget:Budget"
WAF_LOGS = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"


@pytest.fixture(scope="module")
def world(cloud):
    """A small network with a load balancer and a service; gone again afterwards."""
    provider = Provider(cloud.endpoint)
    made = []

    def create(token, name, /, **inputs):
        made.append(provider.create(token, name, **inputs))
        return made[-1]

    vpc = create(VPC, "world", cidrBlock="10.30.0.0/16", enableDnsHostnames=True)
    mute = create(VPC, "mute", cidrBlock="10.31.0.0/16")
    alone = create(SUBNET, "alone", vpcId=mute.id, cidrBlock="10.31.0.0/24")
    one, same, two = (
        create(
            SUBNET, f"world-{n}", vpcId=vpc.id, cidrBlock=f"10.30.{n}.0/24", availabilityZone=f"ap-northeast-1{zone}"
        )
        for n, zone in enumerate("aab")
    )
    gateway = create(GATEWAY, "world", vpcId=vpc.id)
    address = create("aws:ec2/eip:Eip", "world", domain="vpc")
    create("aws:ec2/natGateway:NatGateway", "world", subnetId=one.id, allocationId=address.id)
    table = create(TABLE, "world", vpcId=vpc.id)
    create(ROUTE, "world", routeTableId=table.id, destinationCidrBlock="0.0.0.0/0", gatewayId=gateway.id)
    create("aws:ec2/routeTableAssociation:RouteTableAssociation", "world", routeTableId=table.id, subnetId=two.id)
    group = create(GROUP, "world", vpcId=vpc.id, name="world")
    balancer = create(BALANCER, "world", name="world", subnets=[one.id, two.id], securityGroups=[group.id])
    targets = create(TARGETS, "world", name="world", vpcId=vpc.id, port=80, protocol="HTTP", targetType="ip")
    unused = create(TARGETS, "unused", vpcId=vpc.id, port=80, protocol="HTTP", targetType="ip")
    forward = [{"type": "forward", "targetGroupArn": targets.id}]
    other = create(BALANCER, "other", subnets=[one.id, two.id], securityGroups=[group.id])
    nothing = [{"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "404"}}]
    other_listener = create(
        LISTENER, "other", loadBalancerArn=other.id, port=80, protocol="HTTP", defaultActions=nothing
    )
    listener = create(LISTENER, "world", loadBalancerArn=balancer.id, port=80, protocol="HTTP", defaultActions=forward)
    paths = [{"pathPattern": {"values": ["/a"]}}]
    create(RULE, "world", listenerArn=listener.id, priority=1, conditions=paths, actions=forward)
    role = create(ROLE, "world", name="world", assumeRolePolicy=json.dumps(TRUST))
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    create(POLICY, "world", role="world", policy=json.dumps(policy))
    builder = create(ROLE, "builder", assumeRolePolicy=CODE_TRUST)
    limit, attached, *nine = [create(MANAGED, f"limit-{n}", policy=json.dumps(policy)) for n in range(11)]
    create(ROLE, "limited", assumeRolePolicy=CODE_TRUST, permissionsBoundary=limit["arn"])
    full_role = create(ROLE, "full", name="full", assumeRolePolicy=CODE_TRUST)
    for each in (attached, *nine):
        create(ATTACHED, "full", role="full", policyArn=each["arn"])
    create(SIGN_IN, "world", url="https://id.example.com", clientIdLists=["world"])
    repository = create(REPOSITORY, "world", name="world")
    image = {"schemaVersion": 2, "config": {}, "layers": []}
    cloud.client("ecr").put_image(repositoryName="world", imageManifest=json.dumps(image), imageTag="1")
    create(LOG_GROUP, "world", name="world")
    cluster = create(CLUSTER, "world", name="world")
    definition = create(DEFINITION, "world", family="world", **fargate())
    network = {"subnets": [one.id], "securityGroups": [group.id]}
    namespace = create(NAMESPACE, "world", name="world")
    create(
        SERVICE,
        "world",
        name="world",
        cluster=cluster.id,
        taskDefinition=definition["arn"],
        desiredCount=0,
        networkConfiguration=network,
        serviceConnectConfiguration=connected(namespace["arn"]),
    )
    dns = "com.amazonaws.ap-northeast-1.sts"
    create(ENDPOINT, "world", **endpoint(vpc, dns, two, group))
    full = create(GROUP, "full", vpcId=vpc.id, name="full")
    ports = [
        {"IpProtocol": "tcp", "FromPort": n, "ToPort": n, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]} for n in range(60)
    ]
    cloud.client("ec2").authorize_security_group_ingress(GroupId=full.id, IpPermissions=ports)
    key = create(KEY, "world", policy=json.dumps(ROOT_ONLY), deletionWindowInDays=7)
    zone = ask(provider, "aws:route53/getZone:getZone", name="world.example.com")["zoneId"]
    pending = create(CERTIFICATE, "pending", domainName="pending.example.com")
    certificate = create(CERTIFICATE, "world", domainName="world.example.com")
    proof = certificate["domainValidationOptions"][0]
    record = {"zoneId": zone, "name": proof["resourceRecordName"], "type": "CNAME", "ttl": 60}
    record["records"] = [proof["resourceRecordValue"]]
    create(RECORD, "world", **record)
    create(LISTENER, "tls", **https(balancer, certificate["arn"]))
    bucket = create(BUCKET, "world", bucket="world-of-refusals")
    cloud.client("s3").put_object(Bucket=bucket.id, Key="x", Body=b"x")
    acl = create(WEB_ACL, "world", **ACL)
    create(ASSOCIATION, "world", webAclArn=acl["arn"], resourceArn=balancer["arn"])
    runner = create(ROLE, "runner", name="runner", assumeRolePolicy=SCHEDULER_TRUST)
    queue = create(QUEUE, "world", name="world", messageRetentionSeconds=1209600)
    files, by_nfs = create(FILES, "world"), create(GROUP, "by-nfs", vpcId=vpc.id)
    create(MOUNT, "world", fileSystemId=files.id, subnetId=same.id, securityGroups=[by_nfs.id])
    create(SCHEDULE, "world", name="world", **schedule(cluster, runner["arn"]))
    topic = create(TOPIC, "world", name="world")
    builds = create(PROJECT, "world", **project(SimpleNamespace(builder=builder)))
    rule = create(EVENT_RULE, "world", name="world", eventPattern='{"source":["aws.ecs"]}')
    create(EVENT_TARGET, "world", rule="world", arn=topic["arn"])
    create(BUDGET, "world", name="world", budgetType="COST", timeUnit="MONTHLY", limitAmount="1", limitUnit="USD")
    yield SimpleNamespace(provider=provider, **{name: value for name, value in locals().items() if name != "provider"})
    cloud.client("s3").delete_object(Bucket=bucket.id, Key="x")
    cloud.client("ecr").batch_delete_image(repositoryName="world", imageIds=[{"imageTag": "1"}])
    for resource in reversed(made):
        resource.delete()


def fargate(*containers, **changes):
    return {
        "containerDefinitions": json.dumps(list(containers or (APP,))),
        "cpu": "256",
        "memory": "512",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        **changes,
    }


LOCKED = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}'


def volume(**efs):
    return fargate(volumes=[{"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-1", **efs}}], family="x")


def service(w, **changes):
    given = {
        "cluster": w.cluster.id,
        "taskDefinition": w.definition["arn"],
        "desiredCount": 0,
        "networkConfiguration": w.network,
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def connected(namespace, *, port_name="app", alias=80):
    named = {"portName": port_name, "clientAlias": [{"port": alias, "dnsName": "app"}]}
    return {"enabled": True, "namespace": namespace, "services": [named]}


ROOT_ONLY = {**json.loads(KEY_POLICY), "Statement": json.loads(KEY_POLICY)["Statement"][:1]}


def endpoint(vpc, name, subnet, group):
    return {
        "vpcId": vpc.id,
        "serviceName": name,
        "vpcEndpointType": "Interface",
        "subnetIds": [subnet.id],
        "securityGroupIds": [group.id],
        "privateDnsEnabled": True,
    }


def https(balancer, arn, port=443):
    answer = {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "404"}}
    given = {"loadBalancerArn": balancer.id, "port": port, "protocol": "HTTPS", "certificateArn": arn}
    return {name: value for name, value in {**given, "defaultActions": [answer]}.items() if value}


def logging(w, bucket):
    return {"subnets": [w.one.id, w.two.id], "accessLogs": {"bucket": bucket, "enabled": True}}


def acl(*rules):
    return {**ACL, "rules": list(rules)}


def managed(name):
    return {**COMMON, "statement": {"managedRuleGroupStatement": {"vendorName": "AWS", "name": name}}}


def rate(limit):
    return {**RATE, "statement": {"rateBasedStatement": {"limit": limit, "aggregateKeyType": "IP"}}}


def behind(group, container="app", port=80):
    return [{"targetGroupArn": group.id, "containerName": container, "containerPort": port}]


def schedule(cluster, role, **changes):
    return {
        "scheduleExpression": "rate(1 day)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "state": "DISABLED",
        "target": {"arn": cluster["arn"], "roleArn": role, "ecsParameters": {"taskDefinitionArn": "arn:none"}},
        **changes,
    }


def target_group(w, **changes):
    return {"vpcId": w.vpc.id, "port": 80, "protocol": "HTTP", "targetType": "ip", **changes}


def sign_in(**changes):
    provider = "https://id.example.com/"
    return {
        "type": "authenticate-oidc",
        "order": 1,
        "authenticateOidc": {
            "issuer": provider,
            "clientId": "shop",
            "clientSecret": "secret of the provider",
            "authorizationEndpoint": f"{provider}authorize",
            "tokenEndpoint": f"{provider}token",
            "userInfoEndpoint": f"{provider}me",
            **changes,
        },
    }


def scaled(**changes):
    of = {"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount"}
    return {**of, "resourceId": "service/world/world", **changes}


def held(value=60, kind="ECSServiceAverageCPUUtilization", **more):
    tracking = {"targetValue": value, "predefinedMetricSpecification": {"predefinedMetricType": kind}, **more}
    return scaled(policyType="TargetTrackingScaling", targetTrackingScalingPolicyConfiguration=tracking)


def alarm(**changes):
    given = {"namespace": "AWS/ECS", "metricName": "CPUUtilization", "statistic": "Average", "period": 60}
    given |= {"comparisonOperator": "GreaterThanThreshold", "threshold": 80, "evaluationPeriods": 3, **changes}
    return {name: value for name, value in given.items() if value is not None}


def told(w, **changes):
    return {"topic": w.topic["arn"], "protocol": "email", "endpoint": "team@example.com", **changes}


def counting(pattern, group="world"):
    made = {"name": "errors", "namespace": "world", "value": "1"}
    return {"logGroupName": group, "pattern": pattern, "metricTransformation": made}


def panels(*widgets):
    return {"dashboardName": "case", "dashboardBody": json.dumps({"widgets": widgets})}


def monthly(**changes):
    return {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "1", "limitUnit": "USD", **changes}


def delivered(w, *stages, **changes):
    return pipeline(w, stages=[PUSHED, *(stages or (BUILT,))], **changes)


def building(**changes):
    return {**BUILT, "actions": [{**BUILT["actions"][0], **changes}]}


V1 = {"pipelineType": "V1", "executionMode": "SUPERSEDED", "triggers": []}
WITHOUT_ROLLBACK = {**BUILT, "onFailure": {"result": "FAIL"}}
LONG = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get"] * 700, "Resource": "*"}]}

WRITES = {
    "a role's path without its slashes": (
        ROLE,
        lambda w: {"assumeRolePolicy": CODE_TRUST, "path": "ci"},
        "ValidationError: The specified value for path is invalid: ci",
    ),
    "a managed policy's path without its slashes": (
        MANAGED,
        lambda w: {"policy": json.dumps(w.policy), "path": "/ci"},
        "ValidationError: The specified value for path is invalid: /ci",
    ),
    "a managed policy's name twice": (
        MANAGED,
        lambda w: {"policy": json.dumps(w.policy), "name": w.limit["name"]},
        "EntityAlreadyExists",
    ),
    "a managed policy that is no JSON": (MANAGED, lambda w: {"policy": "{"}, "MalformedPolicyDocument"),
    "a managed policy that is too long": (
        MANAGED,
        lambda w: {"policy": json.dumps(LONG)},
        "LimitExceeded: Cannot exceed quota for PolicySize: 6144",
    ),
    "a managed policy that does not exist": (
        ATTACHED,
        lambda w: {"role": "world", "policyArn": "arn:aws:iam::000000000000:policy/none"},
        "NoSuchEntity: Policy .*policy/none does not exist or is not attachable",
    ),
    "an eleventh managed policy of a role": (
        ATTACHED,
        lambda w: {"role": "full", "policyArn": w.limit["arn"]},
        "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10",
    ),
    "an identity provider twice": (
        SIGN_IN,
        lambda w: {"url": "https://id.example.com", "clientIdLists": ["other"]},
        "EntityAlreadyExists",
    ),
    "an identity provider without TLS": (
        SIGN_IN,
        lambda w: {"url": "http://id.example.com", "clientIdLists": ["other"]},
        "ValidationError: Invalid Open ID Connect Provider URL: http://id.example.com",
    ),
    "a build project's name twice": (
        PROJECT,
        lambda w: project(w, name=w.builds["name"]),
        "ResourceAlreadyExistsException",
    ),
    "a build project's role that CodeBuild may not take": (
        PROJECT,
        lambda w: project(w, serviceRole=w.runner["arn"]),
        "InvalidInputException: CodeBuild is not authorized to perform: sts:AssumeRole",
    ),
    "a build project whose artifacts are not CodePipeline's": (
        PROJECT,
        lambda w: project(w, artifacts={"type": "NO_ARTIFACTS"}),
        "InvalidInputException: .*both sourceType, and artifactType must be set to: CODEPIPELINE",
    ),
    "a build project without its repository": (
        PROJECT,
        lambda w: project(w, source={"type": "GITHUB"}, artifacts={"type": "NO_ARTIFACTS"}),
        "InvalidInputException: .*Project source location is required",
    ),
    "a build of more than 36 hours": (
        PROJECT,
        lambda w: project(w, buildTimeout=2161),
        "InvalidInputException: .*timeoutInMinutes must be between 5 and 2160",
    ),
    "a build project's description that is too long": (
        PROJECT,
        lambda w: project(w, description="x" * 256),
        "InvalidInputException: .*Max description length is 255",
    ),
    "a size that CodeBuild does not have": (
        PROJECT,
        lambda w: project(w, environment={**project(w)["environment"], "computeType": "HUGE"}),
        "ValidationException: ComputeType must be one of",
    ),
    "a pipeline's role that CodePipeline may not take": (
        PIPELINE,
        lambda w: delivered(w, roleArn=w.runner["arn"]),
        "InvalidStructureException: CodePipeline is not authorized to perform AssumeRole",
    ),
    "a pipeline of one stage": (
        PIPELINE,
        lambda w: pipeline(w, stages=[PUSHED]),
        "InvalidStructureException: a pipeline has at least 2 stages",
    ),
    "a stage without actions": (
        PIPELINE,
        lambda w: delivered(w, {"name": "Empty", "actions": []}),
        "InvalidStageDeclarationException: a stage has at least 1 action",
    ),
    "a stage's name twice": (
        PIPELINE,
        lambda w: delivered(w, BUILT, BUILT),
        "InvalidStageDeclarationException: a stage's name is used more than once",
    ),
    "an action's name twice in a stage": (
        PIPELINE,
        lambda w: delivered(w, {**BUILT, "actions": BUILT["actions"][:1] * 2}),
        "InvalidActionDeclarationException: an action's name is used more than once in a stage",
    ),
    "a pipeline that begins with a build": (
        PIPELINE,
        lambda w: pipeline(w, stages=[building(inputArtifacts=[]), {**BUILT, "name": "Again"}]),
        "InvalidStructureException: Pipeline should start with a stage that only contains source actions",
    ),
    "a source in a later stage": (
        PIPELINE,
        lambda w: delivered(w, {**PUSHED, "name": "Later"}),
        "InvalidStructureException: Source actions can only be included in the first stage",
    ),
    "a trigger of a pipeline of the first type": (
        PIPELINE,
        lambda w: delivered(w, **{**V1, "triggers": pipeline(w)["triggers"]}),
        "InvalidStructureException: Triggers can only be used with V2 pipelines",
    ),
    "a queue of a pipeline of the first type": (
        PIPELINE,
        lambda w: delivered(w, **{**V1, "executionMode": "QUEUED"}),
        "InvalidStructureException: QUEUED or PARALLEL mode can only be used with V2 pipelines",
    ),
    "a variable of a pipeline of the first type": (
        PIPELINE,
        lambda w: delivered(w, **V1, variables=[{"name": "STACK"}]),
        "InvalidStructureException: Pipeline variable can only be used with V2 pipelines",
    ),
    "a stage's condition in a pipeline of the first type": (
        PIPELINE,
        lambda w: delivered(w, **V1),
        "InvalidStageDeclarationException: Stage level conditions can only be used with V2 pipelines",
    ),
    "a rollback where executions run side by side": (
        PIPELINE,
        lambda w: delivered(w, executionMode="PARALLEL"),
        "InvalidStageDeclarationException: Failure conditions with rollback result type cannot be added to a PARALLEL",
    ),
    "a rollback of a source": (
        PIPELINE,
        lambda w: pipeline(w, stages=[{**PUSHED, "onFailure": {"result": "ROLLBACK"}}, BUILT]),
        "InvalidStageDeclarationException: a source stage cannot be rolled back",
    ),
    "a trigger of an action that is no connection": (
        PIPELINE,
        lambda w: delivered(
            w,
            triggers=[
                {"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Build"}},
            ],
        ),
        "InvalidStructureException: Triggers for connections must reference a CodeStarSourceConnection action",
    ),
    "an action without what it needs": (
        PIPELINE,
        lambda w: delivered(w, building(configuration={"PrimarySource": "source"})),
        "InvalidActionDeclarationException: Action 'Build' is missing required configuration: .'ProjectName'.",
    ),
    "an action's setting that its provider does not know": (
        PIPELINE,
        lambda w: delivered(w, building(configuration={"ProjectName": "one", "Colour": "x"})),
        "InvalidActionDeclarationException: Action 'Build' contains unknown configuration: .'Colour'.",
    ),
    "an artifact that is used before it is made": (
        PIPELINE,
        lambda w: delivered(w, building(inputArtifacts=["images"])),
        "InvalidActionDeclarationException: Action 'Build' uses before it is made: .'images'.",
    ),
    "an artifact that is made twice": (
        PIPELINE,
        lambda w: delivered(w, building(outputArtifacts=["source"])),
        "InvalidActionDeclarationException: Action 'Build' makes what is made already: .'source'.",
    ),
    "an action of an owner that does not exist": (
        PIPELINE,
        lambda w: delivered(w, building(owner="Nobody")),
        "ValidationException: ActionOwner must be one of AWS, .*, Custom, got .Nobody.",
    ),
    "an alarm without a comparison": (
        ALARM,
        lambda w: alarm(comparisonOperator="Above"),
        "ValidationException: ComparisonOperator must be one of",
    ),
    "an alarm of no metric": (
        ALARM,
        lambda w: alarm(metricName=None),
        "ValidationError: exactly one of MetricName and Metrics",
    ),
    "an alarm of two statistics": (
        ALARM,
        lambda w: alarm(extendedStatistic="p99"),
        "ValidationError: exactly one of Statistic and ExtendedStatistic",
    ),
    "an alarm of more points than periods": (
        ALARM,
        lambda w: alarm(datapointsToAlarm=4),
        "ValidationError: DatapointsToAlarm must be at most EvaluationPeriods",
    ),
    "an alarm that tells a topic of another region": (
        ALARM,
        lambda w: alarm(alarmActions=["arn:aws:sns:eu-west-1:000000000000:world"]),
        "ValidationError: Invalid arn syntax or region",
    ),
    "a dashboard that is no JSON": (
        DASHBOARD,
        lambda w: {"dashboardName": "case", "dashboardBody": "{"},
        "InvalidParameterInput: .* JSON with a list of at most 500 widgets",
    ),
    "a dashboard's widget without a type": (
        DASHBOARD,
        lambda w: panels({"properties": {}}),
        "InvalidParameterInput: .*/widgets/0 needs a type and properties",
    ),
    "a dashboard's widget beyond its columns": (
        DASHBOARD,
        lambda w: panels({"type": "metric", "properties": {}, "x": 20, "width": 6}),
        "InvalidParameterInput: .*/widgets/0 ends beyond column 24",
    ),
    "a filter's pattern that does not end": (
        METRIC_FILTER,
        lambda w: counting('{ $.level = "error" '),
        "InvalidParameterException: Invalid filter pattern",
    ),
    "a filter of a log group that does not exist": (
        METRIC_FILTER,
        lambda w: counting("ERROR", "none"),
        "ResourceNotFoundException",
    ),
    "a rule's pattern that is none": (
        EVENT_RULE,
        lambda w: {"eventPattern": '{"source":"aws.ecs"}'},
        "InvalidEventPatternException",
    ),
    "a rule of no event and no time": (EVENT_RULE, lambda w: {}, "ValidationException: Parameter.s. EventPattern or"),
    "a target of a rule that does not exist": (
        EVENT_TARGET,
        lambda w: {"rule": "none", "arn": w.topic["arn"]},
        "ResourceNotFoundException",
    ),
    "a target's template that is no JSON": (
        EVENT_TARGET,
        lambda w: {
            "rule": "world",
            "arn": w.topic["arn"],
            "inputTransformer": {"inputPaths": {"why": "$.detail.reason"}, "inputTemplate": "It failed: <why>"},
        },
        "ValidationException: Invalid InputTemplate for target case",
    ),
    "a topic's name too long": (TOPIC, lambda w: {"name": "t" * 257}, "InvalidParameter: name"),
    "a topic's policy that is no JSON": (
        TOPIC_POLICY,
        lambda w: {"arn": w.topic["arn"], "policy": "{"},
        "InvalidParameter",
    ),
    "a subscription to a topic that does not exist": (
        SUBSCRIPTION,
        lambda w: told(w, topic=f"{w.topic['arn']}-none"),
        "NotFound",
    ),
    "a subscription by a protocol that SNS does not have": (
        SUBSCRIPTION,
        lambda w: told(w, protocol="pigeon"),
        "InvalidParameter: Amazon SNS does not support this protocol string: pigeon",
    ),
    "a subscription to an address of another kind": (
        SUBSCRIPTION,
        lambda w: told(w, endpoint="team at example.com"),
        "InvalidParameter: Endpoint 'team at example.com' is none for protocol email",
    ),
    "a budget of no amount": (BUDGET, lambda w: monthly(limitAmount="much"), "InvalidParameterException"),
    "a budget's name twice": (BUDGET, lambda w: monthly(name="world"), "DuplicateRecordException"),
    "a VPC of a size that AWS does not have": (VPC, lambda w: {"cidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
    "a subnet outside its VPC": (
        SUBNET,
        lambda w: {"vpcId": w.vpc.id, "cidrBlock": "10.99.0.0/24"},
        "InvalidSubnet.Range",
    ),
    "a subnet over another": (
        SUBNET,
        lambda w: {"vpcId": w.vpc.id, "cidrBlock": "10.30.0.0/25"},
        "InvalidSubnet.Conflict",
    ),
    "a second internet gateway": (GATEWAY, lambda w: {"vpcId": w.vpc.id}, "Resource.AlreadyAssociated"),
    "a second route to one destination": (
        ROUTE,
        lambda w: {"routeTableId": w.table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": w.gateway.id},
        "RouteAlreadyExists",
    ),
    "a security group's name twice": (GROUP, lambda w: {"vpcId": w.vpc.id, "name": "world"}, "InvalidGroup.Duplicate"),
    "a load balancer in one zone": (BALANCER, lambda w: {"subnets": [w.one.id]}, "ValidationError: At least two"),
    "a load balancer twice in a zone": (
        BALANCER,
        lambda w: {"subnets": [w.one.id, w.same.id, w.two.id]},
        "InvalidConfigurationRequest",
    ),
    "a load balancer for IPv6 without it": (
        BALANCER,
        lambda w: {"subnets": [w.one.id, w.two.id], "ipAddressType": "dualstack"},
        "ValidationError: You must specify subnets with an associated IPv6 CIDR block",
    ),
    "a load balancer's name twice": (
        BALANCER,
        lambda w: {"name": "world", "subnets": [w.one.id, w.two.id]},
        "DuplicateLoadBalancerName",
    ),
    "a load balancer's name too long": (
        BALANCER,
        lambda w: {"name": "b" * 33, "subnets": [w.one.id, w.two.id]},
        "ValidationError: name",
    ),
    "a target group's name twice": (TARGETS, lambda w: target_group(w, name="world"), "DuplicateTargetGroupName"),
    "a target group's name too long": (TARGETS, lambda w: target_group(w, name="t" * 33), "ValidationError: name"),
    "a health check slower than its interval": (
        TARGETS,
        lambda w: target_group(w, healthCheck={"interval": 5, "timeout": 6}),
        "ValidationError: Health check timeout",
    ),
    "a slow start of under 30 s or over 15 minutes": (
        TARGETS,
        lambda w: target_group(w, slowStart=29),
        "InvalidConfigurationRequest: slow_start",
    ),
    "stickiness for over a week": (
        TARGETS,
        lambda w: target_group(w, stickiness={"type": "lb_cookie", "cookieDuration": 604801}),
        "InvalidConfigurationRequest: stickiness.lb_cookie.duration_seconds",
    ),
    "stickiness by a cookie of the load balancer's": (
        TARGETS,
        lambda w: target_group(w, stickiness={"type": "app_cookie", "cookieName": "AWSALBTG"}),
        "InvalidConfigurationRequest: stickiness.app_cookie.cookie_name",
    ),
    "a second listener on one port": (
        LISTENER,
        lambda w: {"loadBalancerArn": w.balancer.id, "port": 80, "protocol": "HTTP", "defaultActions": w.forward},
        "DuplicateListener",
    ),
    "a rule's priority twice": (
        RULE,
        lambda w: {"listenerArn": w.listener.id, "priority": 1, "conditions": w.paths, "actions": w.forward},
        "PriorityInUse",
    ),
    "a rule with six values": (
        RULE,
        lambda w: {
            "listenerArn": w.listener.id,
            "priority": 2,
            "conditions": [{"pathPattern": {"values": ["/b"]}}, {"httpRequestMethod": {"values": list("ABCDE")}}],
            "actions": w.forward,
        },
        "ValidationError: A rule can only have '5' condition values",
    ),
    "a sign-in at a listener for HTTP": (
        RULE,
        lambda w: {
            "listenerArn": w.listener.id,
            "priority": 2,
            "conditions": [{"pathPattern": {"values": ["/b"]}}],
            "actions": [sign_in(), *w.forward],
        },
        "InvalidLoadBalancerAction: Actions of type 'authenticate-oidc'",
    ),
    "a target group of another load balancer": (
        RULE,
        lambda w: {"listenerArn": w.other_listener.id, "priority": 1, "conditions": w.paths, "actions": w.forward},
        "TargetGroupAssociationLimit",
    ),
    "a trust policy that is no JSON": (ROLE, lambda w: {"assumeRolePolicy": "{nope"}, "MalformedPolicyDocument"),
    "a trust policy that trusts nobody": (
        ROLE,
        lambda w: {"assumeRolePolicy": json.dumps({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})},
        "MalformedPolicyDocument: Missing required field Principal",
    ),
    "a role's name twice": (
        ROLE,
        lambda w: {"name": "world", "assumeRolePolicy": json.dumps(TRUST)},
        "EntityAlreadyExists",
    ),
    "a role's name too long": (
        ROLE,
        lambda w: {"name": "r" * 65, "assumeRolePolicy": json.dumps(TRUST)},
        "ValidationError: name",
    ),
    "a policy that is no JSON": (POLICY, lambda w: {"role": "world", "policy": "{nope"}, "MalformedPolicyDocument"),
    "a policy without an effect": (
        POLICY,
        lambda w: {"role": "world", "policy": json.dumps({"Statement": [{"Action": "s3:*", "Resource": "*"}]})},
        "MalformedPolicyDocument",
    ),
    "a repository's name twice": (REPOSITORY, lambda w: {"name": "world"}, "RepositoryAlreadyExistsException"),
    "a repository's policy that is no JSON": (
        REPOSITORY_POLICY,
        lambda w: {"repository": "world", "policy": "{"},
        "InvalidParameterException",
    ),
    "images of a registry that ECR does not know": (
        PULL_THROUGH,
        lambda w: {"ecrRepositoryPrefix": "other", "upstreamRegistryUrl": "registry.example.com"},
        "UnsupportedUpstreamRegistryException",
    ),
    "a repository's name with bad characters": (REPOSITORY, lambda w: {"name": "A b"}, "InvalidParameterException"),
    "a lifecycle policy that is no JSON": (
        LIFECYCLE,
        lambda w: {"repository": "world", "policy": "{nope" + " " * 100},
        "InvalidParameterException",
    ),
    "a log group's name twice": (LOG_GROUP, lambda w: {"name": "world"}, "ResourceAlreadyExistsException"),
    "a retention that CloudWatch does not know": (
        LOG_GROUP,
        lambda w: {"retentionInDays": 31},
        "InvalidParameterException",
    ),
    "a size that Fargate does not have": (
        DEFINITION,
        lambda w: {"family": "bad", **fargate(memory="4096")},
        "ClientException: No Fargate configuration exists",
    ),
    "Fargate without awsvpc": (
        DEFINITION,
        lambda w: {"family": "bad", **fargate(networkMode="bridge")},
        "ClientException: When requiresCompatibilities is FARGATE",
    ),
    "a stop timeout over 120 s": (
        DEFINITION,
        lambda w: {"family": "bad", **fargate({**APP, "stopTimeout": 121})},
        "ClientException: stopTimeout",
    ),
    "no essential container": (
        DEFINITION,
        lambda w: {"family": "bad", **fargate({**APP, "essential": False})},
        "ClientException: At least one container",
    ),
    "two containers of one name": (
        DEFINITION,
        lambda w: {"family": "bad", **fargate(APP, APP)},
        "ClientException: Container.name contains duplicate",
    ),
    "a dependency on a container that is not there": (
        DEFINITION,
        lambda w: {
            "family": "bad",
            **fargate({**APP, "dependsOn": [{"containerName": "side", "condition": "START"}]}),
        },
        "ClientException: dependsOn names side",
    ),
    "dependencies in a circle": (
        DEFINITION,
        lambda w: {"family": "bad", **fargate({**APP, "dependsOn": [{"containerName": "app", "condition": "START"}]})},
        "ClientException: dependsOn makes a circle",
    ),
    "a role that does not exist": (
        DEFINITION,
        lambda w: {"family": "bad", **fargate(taskRoleArn="arn:aws:iam::000000000000:role/nobody")},
        "ClientException",
    ),
    "a service's name twice": (SERVICE, lambda w: service(w, name="world"), "ClientException: Creation of service"),
    "a service without its cluster": (SERVICE, lambda w: service(w, cluster="nowhere"), "ClusterNotFoundException"),
    "a service without its task definition": (
        SERVICE,
        lambda w: service(w, taskDefinition="nothing:1"),
        "ClientException: TaskDefinition not found",
    ),
    "a service's alarms without a name": (
        SERVICE,
        lambda w: service(w, alarms={"enable": False, "rollback": False, "alarmNames": []}),
        "missing required field, DeploymentConfiguration.Alarms.AlarmNames",
    ),
    "a service without its network": (
        SERVICE,
        lambda w: service(w, networkConfiguration=None),
        "InvalidParameterException: Network Configuration",
    ),
    "a target group without a load balancer": (
        SERVICE,
        lambda w: service(w, loadBalancers=behind(w.unused)),
        "InvalidParameterException: The target group .* does not have an associated load balancer",
    ),
    "a namespace's name twice": (NAMESPACE, lambda w: {"name": "world"}, "NamespaceAlreadyExists"),
    "a service in a namespace that does not exist": (
        SERVICE,
        lambda w: service(w, serviceConnectConfiguration=connected("nowhere")),
        "NamespaceNotFoundException: .*Namespace nowhere was not found",
    ),
    "a service by the name of a port that no container has": (
        SERVICE,
        lambda w: service(w, serviceConnectConfiguration=connected(w.namespace["arn"], port_name="other")),
        "InvalidParameterException: The portName other does not exist in the task definition",
    ),
    "a target group for a port that no container has": (
        SERVICE,
        lambda w: service(w, loadBalancers=behind(w.targets, port=81)),
        "InvalidParameterException: The container app did not have a container port 81",
    ),
    "an endpoint for a service that does not exist": (
        ENDPOINT,
        lambda w: endpoint(w.vpc, "com.amazonaws.ap-northeast-1.nothing", w.two, w.group),
        "InvalidServiceName",
    ),
    "a service's own name twice in a VPC": (
        ENDPOINT,
        lambda w: endpoint(w.vpc, w.dns, w.two, w.group),
        "InvalidParameter: private-dns-enabled",
    ),
    "a service's own name in a VPC without DNS": (
        ENDPOINT,
        lambda w: endpoint(w.mute, w.dns, w.alone, w.group),
        "InvalidParameter: Enabling private DNS requires",
    ),
    "the 61st rule of a security group": (
        INGRESS,
        lambda w: {
            "securityGroupId": w.full.id,
            "ipProtocol": "tcp",
            "fromPort": 99,
            "toPort": 99,
            "cidrIpv4": "10.0.0.0/8",
        },
        "RulesPerSecurityGroupLimitExceeded",
    ),
    "a security group's rule twice": (
        INGRESS,
        lambda w: {
            "securityGroupId": w.full.id,
            "ipProtocol": "tcp",
            "fromPort": 1,
            "toPort": 1,
            "cidrIpv4": "10.0.0.0/8",
        },
        "InvalidPermission.Duplicate",
    ),
    "a flow log with a role that does not exist": (
        FLOW_LOG,
        lambda w: {
            "vpcId": w.vpc.id,
            "trafficType": "ALL",
            "logDestination": "arn:aws:logs:ap-northeast-1:000000000000:log-group:world",
            "iamRoleArn": "arn:aws:iam::000000000000:role/nobody",
        },
        "InvalidParameter: Unable to assume given IAM role",
    ),
    "an HTTPS listener without a certificate": (
        LISTENER,
        lambda w: https(w.balancer, None, 444),
        "ValidationError: A certificate must be specified",
    ),
    "a certificate that does not exist": (
        LISTENER,
        lambda w: https(w.balancer, w.certificate["arn"][:-4] + "0000", 444),
        "CertificateNotFound",
    ),
    "a certificate of another region": (
        LISTENER,
        lambda w: https(w.balancer, w.certificate["arn"].replace("ap-northeast-1", "us-east-1"), 444),
        "CertificateNotFound",
    ),
    "a certificate that is not issued": (
        LISTENER,
        lambda w: https(w.balancer, w.pending["arn"], 444),
        "UnsupportedCertificate",
    ),
    "logs to a bucket that does not exist": (
        BALANCER,
        lambda w: logging(w, "no-such-bucket-here"),
        "InvalidConfigurationRequest: Access Denied for bucket: no-such-bucket-here",
    ),
    "logs to a bucket that is closed to them": (
        BALANCER,
        lambda w: logging(w, w.bucket.id),
        "InvalidConfigurationRequest: Access Denied for bucket: world-of-refusals",
    ),
    "a record outside its zone": (
        RECORD,
        lambda w: {"zoneId": w.zone, "name": "badworld.example.com", "type": "A", "ttl": 60, "records": ["1.2.3.4"]},
        "InvalidChangeBatch: RRSet with DNS name badworld.example.com. is not permitted in zone world.example.com.",
    ),
    "a record that is there": (RECORD, lambda w: w.record, "InvalidChangeBatch: .*already exists"),
    "two rules of one priority in a web ACL": (
        WEB_ACL,
        lambda w: acl(COMMON, {**RATE, "priority": 1}),
        "WAFInvalidParameterException",
    ),
    "a managed rule group that does not exist": (
        WEB_ACL,
        lambda w: acl(managed("AWSManagedRulesNothing")),
        "WAFNonexistentItemException",
    ),
    "a rate below 10": (WEB_ACL, lambda w: acl(rate(9)), "WAFInvalidParameterException: a rate's limit"),
    "a rate above 2,000,000,000": (
        WEB_ACL,
        lambda w: acl(rate(2_000_000_001)),
        "WAFInvalidParameterException: a rate's limit",
    ),
    "a web ACL's logs under another name": (
        WAF_LOGS,
        lambda w: {
            "resourceArn": w.acl["arn"],
            "logDestinationConfigs": ["arn:aws:logs:ap-northeast-1:000000000000:log-group:world"],
        },
        "WAFInvalidParameterException: a log destination",
    ),
    "a key's deletion in under 7 or over 30 days": (
        KEY,
        lambda w: {"deletionWindowInDays": 6},
        "ValidationException: deletionWindowInDays",
    ),
    "a key's policy that locks everybody out": (
        KEY,
        lambda w: {"policy": json.dumps({"Statement": json.loads(KEY_POLICY)["Statement"][1:]})},
        "MalformedPolicyDocumentException",
    ),
    "a key's name without its prefix": (
        ALIAS,
        lambda w: {"name": "world", "targetKeyId": w.key.id},
        "ValidationException: Alias must start with alias/",
    ),
    "a log group's key that is closed to CloudWatch": (
        LOG_GROUP,
        lambda w: {"kmsKeyId": w.key["arn"]},
        "InvalidParameterException: The specified KMS key does not exist or is not allowed to be used",
    ),
    "a repository's key that does not exist": (
        REPOSITORY,
        lambda w: {"encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": w.key["arn"][:-4] + "0000"}]},
        "KmsException",
    ),
    "a bucket's name with bad characters": (BUCKET, lambda w: {"bucket": "Bad_Bucket"}, "InvalidBucketName"),
    "a bucket's name too long": (BUCKET, lambda w: {"bucket": "b" * 64}, "InvalidBucketName"),
    "a bucket's name twice": (BUCKET, lambda w: {"bucket": w.bucket.id}, "BucketAlreadyOwnedByYou"),
    "a bucket policy that is no JSON": (
        BUCKET_POLICY,
        lambda w: {"bucket": w.bucket.id, "policy": "{nope"},
        "MalformedPolicy",
    ),
    "a schedule's expression that is none": (
        SCHEDULE,
        lambda w: schedule(w.cluster, w.runner["arn"], scheduleExpression="cron(0 3 * * *)"),
        "ValidationException: Invalid Schedule Expression cron",
    ),
    "a schedule's time zone that is none": (
        SCHEDULE,
        lambda w: schedule(w.cluster, w.runner["arn"], scheduleExpressionTimezone="Asia/Tokio"),
        "ValidationException: Invalid Schedule Expression Timezone Asia/Tokio",
    ),
    "a schedule's role that does not exist": (
        SCHEDULE,
        lambda w: schedule(w.cluster, "arn:aws:iam::000000000000:role/none"),
        "ValidationException: The execution role you provide must allow",
    ),
    "a schedule's role that the scheduler may not take": (
        SCHEDULE,
        lambda w: schedule(w.cluster, w.role["arn"]),
        "ValidationException: The execution role you provide must allow",
    ),
    "a schedule's name twice": (
        SCHEDULE,
        lambda w: schedule(w.cluster, w.runner["arn"], name="world"),
        "ConflictException",
    ),
    "a queue's name twice": (QUEUE, lambda w: {"name": "world", "messageRetentionSeconds": 60}, "QueueAlreadyExists"),
    "a message kept for over 14 days": (QUEUE, lambda w: {"messageRetentionSeconds": 1209601}, "InvalidAttributeValue"),
    "a queue's policy that is no JSON": (
        QUEUE_POLICY,
        lambda w: {"queueUrl": w.queue.id, "policy": "{nope"},
        "InvalidAttributeValue",
    ),
    "a service that does not exist, to scale": (
        SCALED,
        lambda w: scaled(minCapacity=1, maxCapacity=2, resourceId="service/world/other"),
        "ValidationException: ECS service doesn't exist: service/world/other",
    ),
    "a service of no cluster, to scale": (
        SCALED,
        lambda w: scaled(minCapacity=1, maxCapacity=2, resourceId="service/other/world"),
        "ValidationException: ECS service doesn't exist: service/other/world",
    ),
    "more tasks at least than at most": (
        SCALED,
        lambda w: scaled(minCapacity=3, maxCapacity=2),
        "ValidationException: Maximum capacity cannot be less than minimum capacity: 2 < 3",
    ),
    "fewer tasks than none": (
        SCALED,
        lambda w: scaled(minCapacity=-1, maxCapacity=2),
        "ValidationException: Minimum and maximum capacity cannot be negative",
    ),
    "something else than tasks to scale": (
        SCALED,
        lambda w: scaled(minCapacity=1, maxCapacity=2, scalableDimension="ecs:service:Cpu"),
        "ValidationException: ScalableDimension must be one of",
    ),
    "a metric that does not exist, to scale by": (
        TRACKED,
        lambda w: held(kind="ECSServiceAverageHeat"),
        "ValidationException: MetricType must be one of .*, got 'ECSServiceAverageHeat'",
    ),
    "a metric to be held at nothing": (
        TRACKED,
        lambda w: held(0),
        "ValidationException: Target value must be greater than 0, got 0",
    ),
    "two metrics in one policy": (
        TRACKED,
        lambda w: held(customizedMetricSpecification={"metricName": "x", "namespace": "y", "statistic": "Sum"}),
        "ValidationException: exactly one of predefined and customized",
    ),
    "requests to scale by, of no target group": (
        TRACKED,
        lambda w: held(kind="ALBRequestCountPerTarget"),
        "ValidationException: ALBRequestCountPerTarget, and nothing else, needs a resource label",
    ),
    "a time to scale at that is none": (
        AT_A_TIME,
        lambda w: scaled(schedule="cron(0 20 * * ?)", scalableTargetAction={"minCapacity": 1}),
        r"ValidationException: Invalid schedule expression: 'cron\(0 20 \* \* \?\)'",
    ),
    "a time to scale at, without a number": (
        AT_A_TIME,
        lambda w: scaled(schedule="rate(1 day)", scalableTargetAction={}),
        "ValidationException: At least one of minimum capacity and maximum capacity",
    ),
    "two moves in one lifecycle policy": (
        FILES,
        lambda w: {"lifecyclePolicies": [{"transitionToIa": "AFTER_7_DAYS", "transitionToArchive": "AFTER_90_DAYS"}]},
        "BadRequest: each LifecyclePolicy object can have only a single transition",
    ),
    "a mount target twice in a zone": (
        MOUNT,
        lambda w: {"fileSystemId": w.files.id, "subnetId": w.one.id},
        "MountTargetConflict",
    ),
    "a mount target's security group of another VPC": (
        MOUNT,
        lambda w: {"fileSystemId": w.files.id, "subnetId": w.two.id, "securityGroups": ["sg-elsewhere"]},
        "SecurityGroupNotFound",
    ),
    "a file system's policy that is no JSON": (
        FILES_POLICY,
        lambda w: {"fileSystemId": w.files.id, "policy": "{"},
        "InvalidPolicyException",
    ),
    "a file system's policy that locks everybody out": (
        FILES_POLICY,
        lambda w: {"fileSystemId": w.files.id, "policy": LOCKED},
        "InvalidPolicyException",
    ),
    "a volume by IAM without encryption on its way": (
        DEFINITION,
        lambda w: volume(authorizationConfig={"iam": "ENABLED"}),
        "ClientException: Transit encryption must be enabled",
    ),
    "a volume's access point and a folder": (
        DEFINITION,
        lambda w: volume(
            transitEncryption="ENABLED", rootDirectory="/x", authorizationConfig={"accessPointId": "fsap-1"}
        ),
        "ClientException: Root directory must either be omitted or set to /",
    ),
}
DELETES = {
    "a VPC in use": ("vpc", "DependencyViolation"),
    "a subnet in use": ("two", "DependencyViolation"),
    "a subnet with a mount target": ("same", "DependencyViolation"),
    "a security group of a mount target": ("by_nfs", "DependencyViolation"),
    "a file system with mount targets": ("files", "FileSystemInUse"),
    "a route table in use": ("table", "DependencyViolation"),
    "an internet gateway in use": ("gateway", "DependencyViolation"),
    "a security group in use": ("group", "DependencyViolation"),
    "a target group in use": ("targets", "ResourceInUse"),
    "a role with policies": ("role", "DeleteConflict"),
    "a role with managed policies": ("full_role", "DeleteConflict"),
    "a managed policy that a role has": ("attached", "DeleteConflict"),
    "a managed policy that is a role's boundary": ("limit", "DeleteConflict"),
    "a repository with images": ("repository", "RepositoryNotEmptyException"),
    "a certificate in use": ("certificate", "ResourceInUseException"),
    "a bucket with objects": ("bucket", "BucketNotEmpty"),
    "a web ACL in use": ("acl", "WAFAssociatedItemException"),
    "a namespace in use": ("namespace", "ResourceInUse"),
    "a rule with targets": ("rule", "ValidationException: Rule can't be deleted since it has targets"),
    "a cluster with services": ("cluster", "ClusterContainsServicesException"),
}


@pytest.mark.parametrize("case", WRITES)
def test_aws_refuses_to_make(world, case):
    token, inputs, told = WRITES[case]
    with pytest.raises(Refused, match=told):
        world.provider.create(token, "case", **inputs(world))


@pytest.mark.parametrize("case", DELETES)
def test_aws_refuses_to_delete(world, case):
    name, told = DELETES[case]
    resource = getattr(world, name)
    with pytest.raises(Refused, match=told):
        resource.delete()
    assert resource.read().id == resource.id, "it is still there"


def test_a_change_to_what_is_refused_is_refused(world):
    other = world.provider.create(
        RULE, "other", listenerArn=world.listener.id, priority=2, conditions=world.paths, actions=world.forward
    )
    with pytest.raises(Refused, match="PriorityInUse"):
        other.update(priority=1)
    other.delete()


def test_an_internet_gateway_does_not_leave_a_vpc_with_public_addresses(world):
    other = world.provider.create(VPC, "other", cidrBlock="10.34.0.0/16")
    with pytest.raises(Refused, match=f"DependencyViolation: Network {world.vpc.id} has some mapped public address"):
        world.gateway.update(vpcId=other.id)
    moving = world.provider.create(GATEWAY, "moving", vpcId=other.id)
    last = world.provider.create(VPC, "last", cidrBlock="10.35.0.0/16")
    moving.update(vpcId=last.id)
    assert unpack(moving.read().properties)["vpcId"] == last.id
    for one in (moving, last, other):
        one.delete()


def test_a_vpc_keeps_its_ipv6_range_while_subnets_have_theirs(world):
    vpc = world.provider.create(VPC, "six", cidrBlock="10.31.0.0/16", assignGeneratedIpv6CidrBlock=True)
    range = vpc["ipv6CidrBlock"].replace("/56", "/64")
    subnet = world.provider.create(SUBNET, "six", vpcId=vpc.id, cidrBlock="10.31.0.0/24", ipv6CidrBlock=range)
    with pytest.raises(Refused, match="InvalidCidrBlock.InUse"):
        vpc.update(assignGeneratedIpv6CidrBlock=None)
    subnet.delete()
    vpc.delete()


EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RANGE = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
STANDS_ON = {
    "a NAT gateway on its subnet": (
        lambda w: (SUBNET, {"vpcId": w.vpc.id, "cidrBlock": "10.30.9.0/24"}),
        lambda w, it: ("aws:ec2/natGateway:NatGateway", {"subnetId": it.id, "connectivityType": "private"}),
    ),
    "an endpoint on its subnet": (
        lambda w: (SUBNET, {"vpcId": w.vpc.id, "cidrBlock": "10.30.9.0/24"}),
        lambda w, it: (ENDPOINT, endpoint(w.vpc, w.dns.replace("sts", "kms"), it, w.group)),
    ),
    "a load balancer on its security group": (
        lambda w: (GROUP, {"vpcId": w.vpc.id}),
        lambda w, it: (BALANCER, {"subnets": [w.one.id, w.two.id], "securityGroups": [it.id]}),
    ),
    "a rule for what comes in on the group that it names": (
        lambda w: (GROUP, {"vpcId": w.vpc.id}),
        lambda w, it: (INGRESS, {"securityGroupId": w.group.id, "referencedSecurityGroupId": it.id, **RANGE}),
    ),
    "a rule for what goes out on the group that it names": (
        lambda w: (GROUP, {"vpcId": w.vpc.id}),
        lambda w, it: (EGRESS, {"securityGroupId": w.group.id, "referencedSecurityGroupId": it.id, **RANGE}),
    ),
    "a security group on its VPC": (
        lambda w: (VPC, {"cidrBlock": "10.32.0.0/16"}),
        lambda w, it: (GROUP, {"vpcId": it.id}),
    ),
}


@pytest.mark.parametrize("case", STANDS_ON)
def test_what_another_stands_on_is_not_deleted(world, case):
    first, second = STANDS_ON[case]
    below = _make(world, *first(world))
    above = _make(world, *second(world, below))
    with pytest.raises(Refused, match="DependencyViolation"):
        below.delete()
    above.delete()
    below.delete()


def _make(world, token, given):
    return world.provider.create(token, "stands", **given)


def test_a_rule_for_what_goes_out_is_refused_twice(world):
    rule = {"securityGroupId": world.full.id, "cidrIpv4": "10.0.0.0/8", **RANGE}
    first = world.provider.create(EGRESS, "out", **rule)
    with pytest.raises(Refused, match="InvalidPermission.Duplicate"):
        world.provider.create(EGRESS, "again", **rule)
    first.delete()


def test_names_need_a_vpc_that_resolves_them(world):
    deaf = world.provider.create(VPC, "deaf", cidrBlock="10.33.0.0/16", enableDnsSupport=False)
    subnet = world.provider.create(SUBNET, "deaf", vpcId=deaf.id, cidrBlock="10.33.0.0/24")
    with pytest.raises(Refused, match="InvalidParameter: Enabling private DNS requires"):
        world.provider.create(ENDPOINT, "deaf", **endpoint(deaf, world.dns, subnet, world.group))
    subnet.delete()
    deaf.delete()


def test_logs_of_connections_need_a_bucket_too(world):
    logs = logging(world, "no-such-bucket-here")
    with pytest.raises(Refused, match="Access Denied for bucket: no-such-bucket-here"):
        world.provider.create(BALANCER, "logs", subnets=logs["subnets"], connectionLogs=logs["accessLogs"])


def test_a_key_that_locks_everybody_out_is_made_where_that_is_meant(world):
    locked = json.dumps({"Version": "2012-10-17", "Statement": json.loads(KEY_POLICY)["Statement"][1:]})
    world.provider.create(KEY, "locked", policy=locked, bypassPolicyLockoutSafetyCheck=True).delete()


def test_a_key_of_another_policy_may_be_used(world):
    """The same log group and logs as are refused, once the policy lets them."""
    world.key.update(policy=KEY_POLICY)
    world.provider.create(LOG_GROUP, "sealed", kmsKeyId=world.key["arn"]).delete()
    policy = world.provider.create(
        BUCKET_POLICY, "open", bucket=world.bucket.id, policy=LOGS.replace("/*/AWS", "/AWS") % world.bucket.id
    )
    balancer = world.provider.create(BALANCER, "logging", **logging(world, world.bucket.id))
    balancer.delete()
    policy.delete()


def test_a_field_that_no_task_obeys_is_told(world):
    told = []
    context = world.provider.servicer.connection(world.provider.context())
    context.log = lambda message, *_, **__: told.append(message)
    made = world.provider.create(
        DEFINITION,
        "odd",
        family="odd",
        **fargate({**APP, "systemControls": [{"namespace": "net.core.somaxconn", "value": "1"}]}),
    )
    made.delete()
    assert told == ["recorded, not emulated here: systemControls of container app"]


def test_an_alias_that_would_need_a_proxy_is_refused(world):
    asked = connected(world.namespace["arn"], alias=8080)
    with pytest.raises(Refused, match="no proxy here: clientAlias needs a dnsName, and app's port 80"):
        world.provider.create(SERVICE, "case", **service(world, serviceConnectConfiguration=asked))


def test_what_a_proxy_would_do_is_told(world):
    told = []
    context = world.provider.servicer.connection(world.provider.context())
    context.log = lambda message, *_, **__: told.append(message)
    asked = connected(world.namespace["arn"])
    asked["services"][0]["timeout"] = {"perRequestTimeoutSeconds": 60}
    made = world.provider.create(SERVICE, "slow", **service(world, serviceConnectConfiguration=asked))
    made.delete()
    assert told == ["recorded, not emulated here: timeout of Service Connect: there is no proxy"]


def test_every_refusal_is_in_the_table_and_every_row_has_its_case(at_root_text):
    table = at_root_text[at_root_text.index("## What is refused") :]
    rows = re.findall(r"^\| ([^|`]+?) \| `", table, re.MULTILINE)
    told_elsewhere = {
        "a protected load balancer",
        "a secret that the execution role may not read",
        "a file system that nothing leads to",
        "a file system that the task role may not mount",
        "a VPC's IPv6 range that subnets use",
    }
    assert set(rows) == {*WRITES, *DELETES, *told_elsewhere}


@pytest.fixture
def at_root_text():
    from tests.local.harness import ROOT

    return (ROOT / "localcloud" / "README.md").read_text()

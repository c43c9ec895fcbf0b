"""Every declared resource type against the running emulator: create, read, update, replace, delete, refusals."""

import json
from types import SimpleNamespace

import pytest
from pulumi.runtime.proto import provider_pb2

from localcloud.providers.aws import FUNCTIONS, RESOURCES
from localcloud.providers.operations import rehearse
from localcloud.providers.wire import pack, unpack
from tests.local.provider import Made, Provider, Refused, a_context

pytestmark = pytest.mark.local
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}]}'
LIFECYCLE = (
    '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":%d},'
    '"action":{"type":"expire"}}]}'
)
PULL_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},'
    '"Action":"ecr:BatchGetImage"}]}'
)
HUB_SECRET = "arn:aws:secretsmanager:ap-northeast-1:000000000000:secret:ecr-pullthroughcache/%s-AbCdEf"
REPLICATION = {
    "rules": [
        {
            "destinations": [{"region": "eu-west-1", "registryId": "000000000000"}],
            "repositoryFilters": [{"filter": "prod", "filterType": "PREFIX_MATCH"}],
        }
    ]
}
KEY_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "logs.ap-northeast-1.amazonaws.com"},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"],
                "Resource": "*",
            },
        ],
    }
)
LOGS = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Principal":{"Service":'
    '"logdelivery.elasticloadbalancing.amazonaws.com"},"Resource":"arn:aws:s3:::%s/*/AWSLogs/000000000000/*"}]}'
)
SEEN = {"cloudwatchMetricsEnabled": True, "metricName": "case", "sampledRequestsEnabled": True}
COMMON = {
    "name": "common",
    "priority": 1,
    "overrideAction": {"none": {}},
    "statement": {
        "managedRuleGroupStatement": {
            "vendorName": "AWS",
            "name": "AWSManagedRulesCommonRuleSet",
            "ruleActionOverrides": [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}],
        }
    },
    "visibilityConfig": SEEN,
}
RATE = {
    "name": "rate",
    "priority": 2,
    "action": {"block": {}},
    "statement": {"rateBasedStatement": {"limit": 2000, "aggregateKeyType": "IP", "evaluationWindowSec": 300}},
    "visibilityConfig": SEEN,
}
ACL = {"scope": "REGIONAL", "defaultAction": {"allow": {}}, "visibilityConfig": SEEN, "rules": [COMMON, RATE]}
SCHEDULER_TRUST = TRUST.replace("ecs-tasks", "scheduler")
CODE_TRUST = TRUST.replace('"ecs-tasks.amazonaws.com"', '["codebuild.amazonaws.com","codepipeline.amazonaws.com"]')
QUEUE_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*",'
    '"Condition":{"Bool":{"aws:SecureTransport":"%s"}}}]}'
)
FILES_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"%s",'
    '"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}'
)
TOPIC_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s.amazonaws.com"},'
    '"Action":"sns:Publish","Resource":"%s","Condition":{"StringEquals":{"aws:SourceAccount":"000000000000"}}}]}'
)
CONTAINER = (
    '[{"name":"app","image":"scratch","essential":true,"cpu":0,"portMappings":[{"containerPort":80,"name":"app"}]}]'
)


@pytest.fixture(scope="module")
def provider(cloud):
    return Provider(cloud.endpoint)


def ask(provider, token, **arguments):
    request = provider_pb2.InvokeRequest(tok=token, args=pack(arguments))
    return unpack(getattr(provider.servicer.Invoke(request, a_context()), "return"))


@pytest.fixture(scope="module")
def base(provider):
    """What most resources need: a VPC with two subnets, a load balancer, a cluster, a role."""

    vpc = provider.create("aws:ec2/vpc:Vpc", "base", cidrBlock="10.9.0.0/16")
    subnets = [
        provider.create(
            "aws:ec2/subnet:Subnet",
            f"base-{zone}",
            vpcId=vpc.id,
            cidrBlock=f"10.9.{zone}.0/24",
            availabilityZone=f"ap-northeast-1{'ab'[zone]}",
            ipv6CidrBlock=f"2600:1f00:9:{zone}::/64",
        )
        for zone in (0, 1)
    ]
    table = provider.create("aws:ec2/routeTable:RouteTable", "base", vpcId=vpc.id)
    gateway = provider.create("aws:ec2/internetGateway:InternetGateway", "base", vpcId=vpc.id)
    address = provider.create("aws:ec2/eip:Eip", "base", domain="vpc")
    group = provider.create("aws:ec2/securityGroup:SecurityGroup", "base", vpcId=vpc.id, description="base")
    balancer = provider.create(
        "aws:lb/loadBalancer:LoadBalancer", "base", subnets=[s.id for s in subnets], securityGroups=[group.id]
    )
    targets = provider.create(
        "aws:lb/targetGroup:TargetGroup", "base", vpcId=vpc.id, port=80, protocol="HTTP", targetType="ip"
    )
    listener = provider.create(
        "aws:lb/listener:Listener",
        "base",
        loadBalancerArn=balancer.id,
        port=80,
        protocol="HTTP",
        defaultActions=[{"type": "forward", "targetGroupArn": targets.id}],
    )
    repository = provider.create("aws:ecr/repository:Repository", "base", forceDelete=True)
    manifest = json.dumps({"schemaVersion": 2, "config": {}, "layers": []})
    images = provider.servicer.client("ecr", "ap-northeast-1")
    images.put_image(repositoryName=repository.id, imageManifest=manifest, imageTag="v1")
    role = provider.create("aws:iam/role:Role", "base", assumeRolePolicy=TRUST)
    cluster = provider.create("aws:ecs/cluster:Cluster", "base")
    definition = provider.create(
        "aws:ecs/taskDefinition:TaskDefinition", "base", family="base", containerDefinitions=CONTAINER
    )

    scaled = provider.create(
        "aws:ecs/service:Service",
        "scaled",
        cluster=cluster["arn"],
        taskDefinition=definition["arn"],
        desiredCount=0,
    )

    logs = provider.create("aws:cloudwatch/logGroup:LogGroup", "base", name="aws-waf-logs-base")
    key = provider.create("aws:kms/key:Key", "base", policy=KEY_POLICY, deletionWindowInDays=7)
    zone = ask(provider, "aws:route53/getZone:getZone", name="base.example.com")
    certificate = provider.create("aws:acm/certificate:Certificate", "base", domainName="base.example.com")
    proof = certificate["domainValidationOptions"][0]
    record = provider.create(
        "aws:route53/record:Record",
        "base",
        zoneId=zone["zoneId"],
        name=proof["resourceRecordName"],
        type=proof["resourceRecordType"],
        ttl=60,
        records=[proof["resourceRecordValue"]],
    )
    bucket = provider.create("aws:s3/bucket:Bucket", "base-of-cases", forceDestroy=True)
    may_log = provider.create("aws:s3/bucketPolicy:BucketPolicy", "base", bucket=bucket.id, policy=LOGS % bucket.id)
    acl = provider.create("aws:wafv2/webAcl:WebAcl", "base", **ACL)
    namespace = provider.create("aws:servicediscovery/httpNamespace:HttpNamespace", "base")
    queue = provider.create("aws:sqs/queue:Queue", "base")
    topic = provider.create("aws:sns/topic:Topic", "base")
    rule = provider.create("aws:cloudwatch/eventRule:EventRule", "base", eventPattern=FAILED_DEPLOYMENT)
    files = provider.create("aws:efs/fileSystem:FileSystem", "base")
    point = provider.create("aws:efs/accessPoint:AccessPoint", "base", fileSystemId=files.id)
    runner = provider.create("aws:iam/role:Role", "runner", assumeRolePolicy=SCHEDULER_TRUST)
    builder = provider.create("aws:iam/role:Role", "builder", assumeRolePolicy=CODE_TRUST)

    made = {name: value for name, value in locals().items() if name != "provider"}
    yield SimpleNamespace(**made)
    for one in (
        rule,
        topic,
        builder,
        runner,
        point,
        files,
        queue,
        namespace,
        acl,
        may_log,
        bucket,
        record,
        certificate,
        key,
        logs,
    ):
        one.delete()
    for one in (
        scaled,
        definition,
        cluster,
        role,
        repository,
        listener,
        targets,
        balancer,
        group,
        address,
        gateway,
        table,
    ):
        one.delete()
    for one in (*subnets, vpc):
        one.delete()


def schedule(base, expression):
    """A schedule that is off, with all that the component says."""
    return {
        "scheduleExpression": expression,
        "scheduleExpressionTimezone": "Asia/Tokyo",
        "flexibleTimeWindow": {"mode": "OFF"},
        "state": "DISABLED",
        "target": {
            "arn": base.cluster["arn"],
            "roleArn": base.runner["arn"],
            "input": '{"containerOverrides":[{"command":["true"],"name":"app"}]}',
            "ecsParameters": {
                "taskDefinitionArn": base.definition["arn"],
                "taskCount": 1,
                "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
                "networkConfiguration": {
                    "subnets": [base.subnets[0].id],
                    "securityGroups": [base.group.id],
                    "assignPublicIp": False,
                },
                "enableEcsManagedTags": True,
                "propagateTags": "TASK_DEFINITION",
            },
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 2},
            "deadLetterConfig": {"arn": base.queue["arn"]},
        },
    }


HEALTH = {"path": "/", "matcher": "200", "interval": 10, "timeout": 5, "healthyThreshold": 2, "unhealthyThreshold": 3}
TO_HTTPS = {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
NOT_FOUND = {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "404"}}

BLOCKED = {
    "defaultBehavior": "DROP",
    "filters": [
        {
            "behavior": "KEEP",
            "requirement": "MEETS_ANY",
            "conditions": [{"actionCondition": {"action": "BLOCK"}}],
        }
    ],
}
EXPIRE = {
    "id": "expire",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "expiration": {"days": 30},
    "noncurrentVersionExpiration": {"noncurrentDays": 7},
    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 3},
}

CPU = {"targetValue": 60, "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}
MESSAGES = {"namespace": "AWS/SQS", "metricName": "ApproximateNumberOfMessagesVisible"}
BACKLOG = {
    "targetValue": 100,
    "scaleInCooldown": 300,
    "customizedMetricSpecification": {
        "metrics": [
            {"id": "messages", "metricStat": {"stat": "Sum", "metric": MESSAGES}, "returnData": False},
            {"id": "backlog", "expression": "messages / 2", "returnData": True},
        ]
    },
}


def scalable(b):
    """Which service it is that scales."""
    of = f"service/{b.cluster['name']}/{b.scaled['name']}"
    return {"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount", "resourceId": of}


def action(name, provider, **more):
    """One action of a pipeline, with what its provider needs."""
    category, needed = {
        "CodeStarSourceConnection": (
            "Source",
            {"ConnectionArn": "arn:of:a:connection", "FullRepositoryId": "example/shop", "BranchName": "main"},
        ),
        "CodeBuild": ("Build", {"ProjectName": "one"}),
        "Manual": ("Approval", {}),
    }[provider]
    needed = {**needed, **more.pop("configuration", {})}
    of = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, **of, **({"configuration": needed} if needed else {}), **more}


PUSHED = {
    "name": "Source",
    "actions": [
        action(
            "Source",
            "CodeStarSourceConnection",
            namespace="Source",
            outputArtifacts=["source"],
            configuration={"OutputArtifactFormat": "CODEBUILD_CLONE_REF", "DetectChanges": "false"},
        )
    ],
}
BUILT = {
    "name": "Build",
    "actions": [
        action("Build", "CodeBuild", inputArtifacts=["source"], outputArtifacts=["images"], runOrder=1),
        action("Deploy", "CodeBuild", inputArtifacts=["source", "images"], runOrder=2, timeoutInMinutes=60),
    ],
    "onFailure": {"result": "ROLLBACK"},
}
ON_PUSH = {
    "providerType": "CodeStarSourceConnection",
    "gitConfiguration": {
        "sourceActionName": "Source",
        "pushes": [{"branches": {"includes": ["main"]}, "filePaths": {"excludes": ["docs/**", "*.md"]}}],
    },
}


def pipeline(b, **changes):
    """A pipeline of the second type, with a trigger."""
    key = {"id": b.key["arn"], "type": "KMS"}
    return {
        "roleArn": b.builder["arn"],
        "artifactStores": [{"location": b.bucket.id, "type": "S3", "encryptionKey": key}],
        "pipelineType": "V2",
        "executionMode": "QUEUED",
        "stages": [PUSHED, BUILT],
        "triggers": [ON_PUSH],
        **changes,
    }


def project(b, **changes):
    """A project that a pipeline runs."""
    return {
        "serviceRole": b.builder["arn"],
        "source": {"type": "CODEPIPELINE", "buildspec": "bootstrap/buildspecs/build.yml"},
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "computeType": "BUILD_GENERAL1_SMALL",
            "image": "aws/codebuild/standard:7.0",
            "environmentVariables": [{"name": "STACK", "value": "dev"}],
        },
        **changes,
    }


# token: (inputs, a change in place, a change that replaces); inputs are made from `base`
ALARM = {
    "comparisonOperator": "GreaterThanThreshold",
    "threshold": 5,
    "evaluationPeriods": 3,
    "datapointsToAlarm": 2,
    "treatMissingData": "notBreaching",
}
QUERIES = [
    {
        "id": "m1",
        "metric": {
            "namespace": "AWS/ApplicationELB",
            "metricName": "RequestCount",
            "period": 60,
            "stat": "Sum",
            "dimensions": {"LoadBalancer": "app/b/1", "TargetGroup": "targetgroup/g/1"},
        },
        "returnData": False,
    },
    {"id": "worst", "expression": "MAX([m1])", "label": "worst", "returnData": True},
]
FAILED_DEPLOYMENT = json.dumps(
    {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "resources": [{"prefix": "arn:aws:ecs:"}],
        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
    }
)
CPU_OF_A_SERVICE = {
    "namespace": "AWS/ECS",
    "metricName": "CPUUtilization",
    "dimensions": {"ClusterName": "one", "ServiceName": "two"},
    "statistic": "Average",
    "period": 60,
}
DASHBOARD = {
    "widgets": [
        {"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {"metrics": [["AWS/ECS", "CPU"]]}},
        {"type": "alarm", "x": 12, "y": 0, "width": 12, "height": 6, "properties": {"alarms": []}},
    ]
}
ERRORS = {"name": "errors", "namespace": "case", "value": "1", "defaultValue": "0"}
OVER_BUDGET = {
    "comparisonOperator": "GREATER_THAN",
    "threshold": 100,
    "thresholdType": "PERCENTAGE",
    "notificationType": "ACTUAL",
    "subscriberEmailAddresses": ["team@example.com"],
}
CASES = {
    "aws:sns/topic:Topic": (
        lambda b: {"displayName": "one", "kmsMasterKeyId": b.key["arn"], "tags": {"Name": "x"}},
        {"displayName": None, "kmsMasterKeyId": "alias/aws/sns", "signatureVersion": "2", "tags": {"Name": "y"}},
        {"name": "other"},
    ),
    "aws:sns/topicPolicy:TopicPolicy": (
        lambda b: {"arn": b.topic["arn"], "policy": TOPIC_POLICY % ("events", b.topic["arn"])},
        {"policy": TOPIC_POLICY % ("cloudwatch", "arn:aws:sns:*")},
        {"arn": "arn:other"},
    ),
    "aws:sns/topicSubscription:TopicSubscription": (
        lambda b: {"topic": b.topic["arn"], "protocol": "sqs", "endpoint": b.queue["arn"], "rawMessageDelivery": True},
        {"rawMessageDelivery": None, "filterPolicy": '{"kind":["error"]}', "filterPolicyScope": "MessageBody"},
        {"endpoint": "arn:aws:sqs:other", "topic": "arn:other", "protocol": "email"},
    ),
    "aws:cloudwatch/dashboard:Dashboard": (
        lambda b: {"dashboardName": "case", "dashboardBody": json.dumps(DASHBOARD)},
        {"dashboardBody": json.dumps({"widgets": DASHBOARD["widgets"][:1]})},
        {"dashboardName": "other"},
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": (
        lambda b: {"logGroupName": b.logs["name"], "pattern": "?ERROR ?Error", "metricTransformation": ERRORS},
        {"pattern": '"out of memory"', "metricTransformation": {**ERRORS, "value": "2"}},
        {"name": "other", "logGroupName": "other"},
    ),
    "aws:cloudwatch/eventRule:EventRule": (
        lambda b: {"description": "one", "eventPattern": FAILED_DEPLOYMENT, "tags": {"Name": "x"}},
        {
            "description": None,
            "eventPattern": FAILED_DEPLOYMENT.replace("FAILED", "COMPLETED"),
            "state": "DISABLED",
            "tags": {"Name": "y"},
        },
        {"name": "other"},
    ),
    "aws:cloudwatch/eventTarget:EventTarget": (
        lambda b: {
            "rule": b.rule["name"],
            "arn": b.topic["arn"],
            "inputTransformer": {"inputPaths": {"why": "$.detail.reason"}, "inputTemplate": '"It failed: <why>"'},
        },
        {"inputTransformer": None, "input": '{"it":"failed"}', "retryPolicy": {"maximumRetryAttempts": 2}},
        {"rule": "other", "targetId": "other"},
    ),
    "aws:budgets/budget:Budget": (
        lambda b: {
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "limitAmount": "300",
            "limitUnit": "USD",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:environment$prod"]}],
            "notifications": [OVER_BUDGET],
            "tags": {"Name": "x"},
        },
        {
            "limitAmount": "400",
            "notifications": [
                {**OVER_BUDGET, "notificationType": "FORECASTED", "threshold": 80},
                {**OVER_BUDGET, "threshold": 90},
            ],
            "tags": {"Name": "y"},
        },
        {"name": "other"},
    ),
    "aws:appautoscaling/target:Target": (
        lambda b: {**scalable(b), "minCapacity": 1, "maxCapacity": 3, "tags": {"Name": "x"}},
        {"minCapacity": 0, "maxCapacity": 9, "tags": {"Name": "y"}},
        {"resourceId": "service/other/other", "scalableDimension": "other", "serviceNamespace": "custom-resource"},
    ),
    "aws:appautoscaling/policy:Policy": (
        lambda b: {
            **scalable(b),
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": CPU,
        },
        {"targetTrackingScalingPolicyConfiguration": BACKLOG},
        {"name": "other", "resourceId": "service/other/other"},
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": (
        lambda b: {
            **scalable(b),
            "schedule": "cron(0 20 ? * MON-FRI *)",
            "timezone": "Asia/Tokyo",
            "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 0},
        },
        {"schedule": "rate(1 day)", "timezone": None, "scalableTargetAction": {"maxCapacity": 2}},
        {"name": "other", "resourceId": "service/other/other"},
    ),
    "aws:efs/fileSystem:FileSystem": (
        lambda b: {
            "encrypted": True,
            "performanceMode": "generalPurpose",
            "throughputMode": "elastic",
            "lifecyclePolicies": [
                {"transitionToIa": "AFTER_30_DAYS"},
                {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
            ],
            "protection": {"replicationOverwrite": "DISABLED"},
            "tags": {"Name": "x"},
        },
        {
            "throughputMode": "bursting",
            "lifecyclePolicies": [{"transitionToIa": "AFTER_7_DAYS"}],
            "protection": {"replicationOverwrite": "ENABLED"},
            "tags": {"Name": "y"},
        },
        {"encrypted": False, "performanceMode": "maxIO"},
    ),
    "aws:efs/mountTarget:MountTarget": (
        lambda b: {"fileSystemId": b.files.id, "subnetId": b.subnets[0].id, "securityGroups": [b.group.id]},
        {},
        {"fileSystemId": "fs-other", "subnetId": "subnet-other"},
    ),
    "aws:efs/accessPoint:AccessPoint": (
        lambda b: {
            "fileSystemId": b.files.id,
            "posixUser": {"uid": 33, "gid": 34},
            "rootDirectory": {
                "path": "/data",
                "creationInfo": {"ownerUid": 33, "ownerGid": 34, "permissions": "0750"},
            },
            "tags": {"Name": "x"},
        },
        {"tags": {"Name": "y"}},
        {"posixUser": {"uid": 1, "gid": 34}, "rootDirectory": {"path": "/"}},
    ),
    "aws:efs/backupPolicy:BackupPolicy": (
        lambda b: {"fileSystemId": b.files.id, "backupPolicy": {"status": "ENABLED"}},
        {"backupPolicy": {"status": "DISABLED"}},
        {"fileSystemId": "fs-other"},
    ),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": (
        lambda b: {"fileSystemId": b.files.id, "policy": FILES_POLICY % b.files["arn"]},
        {"policy": FILES_POLICY % "*"},
        {"fileSystemId": "fs-other"},
    ),
    "aws:ec2/vpc:Vpc": (
        lambda b: {"cidrBlock": "10.8.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "x"}},
        {"enableDnsHostnames": False, "tags": {"Name": "y"}, "assignGeneratedIpv6CidrBlock": True},
        {"cidrBlock": "10.7.0.0/16"},
    ),
    "aws:ec2/subnet:Subnet": (
        lambda b: {"vpcId": b.vpc.id, "cidrBlock": "10.9.9.0/24", "availabilityZone": "ap-northeast-1a"},
        {"mapPublicIpOnLaunch": True, "ipv6CidrBlock": "2600:1f00:1:1::/64", "assignIpv6AddressOnCreation": True},
        {"cidrBlock": "10.9.8.0/24"},
    ),
    "aws:ec2/internetGateway:InternetGateway": (lambda b: {}, {"tags": {"Name": "y"}}, {}),
    "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": (
        lambda b: {"vpcId": b.vpc.id},
        {"tags": {"Name": "y"}},
        {"vpcId": "vpc-1"},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (
        lambda b: {"vpcId": b.vpc.id},
        {"tags": {"Name": "y"}},
        {"vpcId": "vpc-1"},
    ),
    "aws:ec2/flowLog:FlowLog": (
        lambda b: {
            "vpcId": b.vpc.id,
            "trafficType": "ALL",
            "logDestinationType": "cloud-watch-logs",
            "logDestination": b.logs["arn"],
            "iamRoleArn": b.role["arn"],
            "maxAggregationInterval": 60,
        },
        {"tags": {"Name": "y"}},
        {"trafficType": "REJECT"},
    ),
    "aws:ec2/routeTable:RouteTable": (lambda b: {"vpcId": b.vpc.id}, {"tags": {"Name": "y"}}, {"vpcId": "vpc-1"}),
    "aws:ec2/route:Route": (
        lambda b: {"routeTableId": b.table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": b.gateway.id},
        None,
        {"destinationCidrBlock": "1.0.0.0/8"},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (
        lambda b: {"routeTableId": b.table.id, "subnetId": b.subnets[0].id},
        None,
        {"subnetId": "subnet-1"},
    ),
    "aws:ec2/eip:Eip": (lambda b: {"domain": "vpc"}, {"tags": {"Name": "y"}}, {"domain": "standard"}),
    "aws:ec2/natGateway:NatGateway": (
        lambda b: {"subnetId": b.subnets[0].id, "allocationId": b.address.id},
        {"tags": {"Name": "y"}},
        {"subnetId": "subnet-1"},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        lambda b: {
            "vpcId": b.vpc.id,
            "serviceName": "com.amazonaws.ap-northeast-1.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": [b.table.id],
        },
        {"routeTableIds": []},
        {"serviceName": "com.amazonaws.ap-northeast-1.dynamodb"},
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        lambda b: {"vpcId": b.vpc.id, "description": "one"},
        {"tags": {"Name": "y"}},
        {"description": "two"},
    ),
    **{
        f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule": (
            lambda b: {
                "securityGroupId": b.group.id,
                "ipProtocol": "tcp",
                "fromPort": 80,
                "toPort": 80,
                "cidrIpv4": "0.0.0.0/0",
                "description": "one",
            },
            {"toPort": 81, "description": "two"},
            {"securityGroupId": "sg-1"},
        )
        for way in ("Ingress", "Egress")
    },
    "aws:lb/loadBalancer:LoadBalancer": (
        lambda b: {
            "subnets": [b.subnets[0].id, b.subnets[1].id],
            "securityGroups": [b.group.id],
            "internal": False,
            "loadBalancerType": "application",
            "dropInvalidHeaderFields": True,
            "idleTimeout": 60,
            "accessLogs": {"bucket": b.bucket.id, "enabled": True, "prefix": "alb"},
            "ipAddressType": "dualstack",
        },
        {
            "idleTimeout": 90,
            "ipAddressType": "ipv4",
            "accessLogs": None,
            "desyncMitigationMode": "strictest",
            "enableHttp2": False,
            "enableXffClientPort": True,
            "preserveHostHeader": True,
            "clientKeepAlive": 600,
        },
        {"internal": True},
    ),
    "aws:lb/targetGroup:TargetGroup": (
        lambda b: {
            "vpcId": b.vpc.id,
            "port": 8080,
            "protocol": "HTTP",
            "targetType": "ip",
            "healthCheck": HEALTH,
            "deregistrationDelay": 30,
            "slowStart": 30,
            "stickiness": {"enabled": True, "type": "lb_cookie", "cookieDuration": 60},
        },
        {
            "deregistrationDelay": 5,
            "slowStart": None,
            "healthCheck": {**HEALTH, "path": "/health"},
            "stickiness": {"enabled": True, "type": "app_cookie", "cookieName": "session", "cookieDuration": 90},
        },
        {"port": 9090},
    ),
    "aws:lb/listener:Listener": (
        lambda b: {"loadBalancerArn": b.balancer.id, "port": 81, "protocol": "HTTP", "defaultActions": [NOT_FOUND]},
        {"port": 82, "defaultActions": [TO_HTTPS]},
        {"loadBalancerArn": "arn:other"},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        lambda b: {**ALARM, "metricQueries": QUERIES},
        {"threshold": 2.5, "metricQueries": [*QUERIES[:1], {**QUERIES[1], "expression": "100 * m1"}]},
        {"name": "other"},
    ),
    "aws:lb/listenerRule:ListenerRule": (
        lambda b: {
            "listenerArn": b.listener.id,
            "priority": 7,
            "conditions": [
                {"pathPattern": {"values": ["/a/*"]}},
                {"hostHeader": {"values": ["a.example.com"]}},
                {"httpHeader": {"httpHeaderName": "X-Version", "values": ["beta", "2*"]}},
                {"httpRequestMethod": {"values": ["GET"]}},
            ],
            "actions": [{"type": "forward", "targetGroupArn": b.targets.id}],
        },
        {"priority": 8, "conditions": [{"pathPattern": {"values": ["/b/*"]}}]},
        {"listenerArn": "arn:other"},
    ),
    "aws:ecr/repository:Repository": (
        lambda b: {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        {"imageTagMutability": "MUTABLE", "tags": {"Name": "y"}},
        {"encryptionConfigurations": [{"encryptionType": "KMS"}]},
    ),
    "aws:kms/key:Key": (
        lambda b: {
            "description": "one",
            "policy": KEY_POLICY,
            "enableKeyRotation": True,
            "rotationPeriodInDays": 90,
            "deletionWindowInDays": 7,
        },
        {
            "description": "two",
            "policy": KEY_POLICY.replace("kms:Encrypt*", "kms:Encrypt"),
            "rotationPeriodInDays": 180,
            "isEnabled": False,
            "tags": {"Name": "y"},
        },
        {"multiRegion": True},
    ),
    "aws:kms/alias:Alias": (
        lambda b: {"name": "alias/case", "targetKeyId": b.key["arn"]},
        None,
        {"name": "alias/other"},
    ),
    "aws:acm/certificate:Certificate": (
        lambda b: {
            "domainName": "case.example.com",
            "subjectAlternativeNames": ["*.case.example.com"],
            "validationMethod": "DNS",
            "keyAlgorithm": "EC_prime256v1",
        },
        {"tags": {"Name": "y"}},
        {"domainName": "other.example.com", "subjectAlternativeNames": []},
    ),
    "aws:acm/certificateValidation:CertificateValidation": (
        lambda b: {"certificateArn": b.certificate["arn"], "validationRecordFqdns": [b.record["fqdn"]]},
        None,
        {"certificateArn": "arn:other"},
    ),
    "aws:route53/record:Record": (
        lambda b: {
            "zoneId": b.zone["zoneId"],
            "name": "case.base.example.com",
            "type": "A",
            "aliases": [{"name": b.balancer["dnsName"], "zoneId": b.balancer["zoneId"], "evaluateTargetHealth": True}],
        },
        {"aliases": [{"name": "other.alb.localhost", "zoneId": "Z35SXDOTRQ7X7K", "evaluateTargetHealth": False}]},
        {"name": "other.base.example.com"},
    ),
    "aws:s3/bucket:Bucket": (lambda b: {"forceDestroy": True}, {"tags": {"Name": "y"}}, {"bucket": "other"}),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        lambda b: {"bucket": b.bucket.id, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
        {"bucket": "other"},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        lambda b: {"bucket": b.bucket.id, "blockPublicAcls": True, "blockPublicPolicy": True},
        {"blockPublicAcls": False, "restrictPublicBuckets": True},
        {"bucket": "other"},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": (
        lambda b: {"bucket": b.bucket.id, "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        {"bucket": "other"},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        lambda b: {
            "bucket": b.bucket.id,
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
        },
        {
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/aws/s3"},
                    "bucketKeyEnabled": True,
                }
            ]
        },
        {"bucket": "other"},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        lambda b: {"bucket": b.bucket.id, "rules": [EXPIRE]},
        {"rules": [{**EXPIRE, "expiration": {"days": 60}}]},
        {"bucket": "other"},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": (
        lambda b: {"bucket": b.bucket.id, "policy": LOGS % b.bucket.id},
        {"policy": LOGS % "base*"},
        {"bucket": "other"},
    ),
    "aws:s3/bucketNotification:BucketNotification": (
        lambda b: {"bucket": b.bucket.id, "eventbridge": True},
        {"eventbridge": False},
        {"bucket": "other"},
    ),
    "aws:wafv2/webAcl:WebAcl": (
        lambda b: {"description": "one", **ACL},
        {"description": "two", "rules": [{**COMMON, "overrideAction": {"count": {}}}, {**RATE, "priority": 3}]},
        {"scope": "CLOUDFRONT"},
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": (
        lambda b: {"webAclArn": b.acl["arn"], "resourceArn": b.balancer["arn"]},
        None,
        {"resourceArn": "arn:other"},
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": (
        lambda b: {
            "resourceArn": b.acl["arn"],
            "logDestinationConfigs": [b.logs["arn"]],
            "redactedFields": [{"singleHeader": {"name": "cookie"}}],
        },
        {"redactedFields": None, "loggingFilter": BLOCKED},
        {"resourceArn": "arn:other", "logDestinationConfigs": ["arn:other"]},
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": (
        lambda b: {"repository": b.repository["name"], "policy": LIFECYCLE % 10},
        {},
        {"repository": "other", "policy": LIFECYCLE % 20},
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": (
        lambda b: {"repository": b.repository["name"], "policy": PULL_POLICY % "111111111111"},
        {"policy": PULL_POLICY % "222222222222"},
        {"repository": "other"},
    ),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": (
        lambda b: {
            "ecrRepositoryPrefix": "docker-hub",
            "upstreamRegistryUrl": "registry-1.docker.io",
            "credentialArn": HUB_SECRET % "one",
        },
        {"credentialArn": HUB_SECRET % "two"},
        {"ecrRepositoryPrefix": "other"},
    ),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": (
        lambda b: {"replicationConfiguration": REPLICATION},
        {"replicationConfiguration": {"rules": []}},
        {},
    ),
    "aws:iam/role:Role": (
        lambda b: {"assumeRolePolicy": TRUST},
        {
            "assumeRolePolicy": TRUST.replace("ecs-tasks", "ecs"),
            "permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "tags": {"Name": "y"},
        },
        {"path": "/other/"},
    ),
    "aws:iam/rolePolicy:RolePolicy": (
        lambda b: {"role": b.role["name"], "policy": POLICY},
        {"policy": POLICY.replace("ecr:GetAuthorizationToken", "ecr:DescribeRegistry")},
        {"role": "other"},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (
        lambda b: {"role": b.role["name"], "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        None,
        {"role": "other"},
    ),
    "aws:iam/policy:Policy": (
        lambda b: {"path": "/ci/", "description": "one", "policy": POLICY, "tags": {"Name": "x"}},
        {"policy": POLICY.replace("ecr:GetAuthorizationToken", "ecr:DescribeRegistry"), "tags": {"Name": "y"}},
        {"path": "/other/", "description": "two", "name": "other"},
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        lambda b: {
            "url": "https://token.actions.githubusercontent.com",
            "clientIdLists": ["sts.amazonaws.com"],
            "tags": {"Name": "x"},
        },
        {"clientIdLists": ["another", "third"], "thumbprintLists": ["a" * 40], "tags": {"Name": "y"}},
        {"url": "https://id.example.com"},
    ),
    "aws:codebuild/project:Project": (
        lambda b: project(
            b,
            description="one",
            buildTimeout=30,
            queuedTimeout=60,
            concurrentBuildLimit=1,
            encryptionKey=b.key["arn"],
            cache={"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]},
            logsConfig={"cloudwatchLogs": {"groupName": b.logs["name"], "streamName": "build"}},
            tags={"Name": "x"},
        ),
        {
            "description": None,
            "buildTimeout": None,
            "queuedTimeout": None,
            "concurrentBuildLimit": None,
            "cache": None,
            "logsConfig": None,
            "environment": {
                "type": "LINUX_CONTAINER",
                "computeType": "BUILD_GENERAL1_MEDIUM",
                "image": "aws/codebuild/standard:7.0",
                "privilegedMode": True,
            },
            "source": {"type": "GITHUB", "location": "https://github.com/example/shop.git", "gitCloneDepth": 1},
            "sourceVersion": "main",
            "artifacts": {"type": "NO_ARTIFACTS"},
            "tags": {"Name": "y"},
        },
        {"name": "other"},
    ),
    "aws:codepipeline/pipeline:Pipeline": (
        lambda b: pipeline(b, tags={"Name": "x"}),
        {
            "executionMode": None,
            "triggers": None,
            "stages": [PUSHED, BUILT, {"name": "Approve", "actions": [action("Approve", "Manual")]}],
            "variables": [{"name": "STACK", "defaultValue": "dev"}],
            "tags": {"Name": "y"},
        },
        {"name": "other"},
    ),
    "aws:codeconnections/connection:Connection": (
        lambda b: {"providerType": "GitHub", "tags": {"Name": "x"}},
        {"tags": {"Name": "y"}},
        {"name": "other", "providerType": "GitLab"},
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        lambda b: {"retentionInDays": 30, "kmsKeyId": b.key["arn"]},
        {"retentionInDays": None, "kmsKeyId": None, "tags": {"Name": "y"}},
        {"name": "other"},
    ),
    "aws:servicediscovery/httpNamespace:HttpNamespace": (
        lambda b: {"description": "one"},
        {"tags": {"Name": "y"}},
        {"name": "other", "description": None},
    ),
    "aws:sqs/queue:Queue": (
        lambda b: {"messageRetentionSeconds": 1209600, "sqsManagedSseEnabled": True},
        {
            "messageRetentionSeconds": None,
            "sqsManagedSseEnabled": None,
            "kmsMasterKeyId": "alias/aws/sqs",
            "tags": {"Name": "y"},
        },
        {"name": "other"},
    ),
    "aws:sqs/queuePolicy:QueuePolicy": (
        lambda b: {"queueUrl": b.queue.id, "policy": QUEUE_POLICY % "false"},
        {"policy": QUEUE_POLICY % "true"},
        {"queueUrl": "other"},
    ),
    "aws:scheduler/schedule:Schedule": (
        lambda b: schedule(b, "cron(0 3 * * ? *)"),
        {
            "scheduleExpression": "rate(1 day)",
            "scheduleExpressionTimezone": None,
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15},
            "description": "two",
        },
        {"groupName": "other"},
    ),
    "aws:ecs/cluster:Cluster": (
        lambda b: {"settings": [{"name": "containerInsights", "value": "disabled"}]},
        {"settings": [{"name": "containerInsights", "value": "enabled"}]},
        {"name": "other"},
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": (
        lambda b: {"clusterName": b.cluster["name"], "capacityProviders": ["FARGATE", "FARGATE_SPOT"]},
        {"capacityProviders": ["FARGATE"]},
        {"clusterName": "other"},
    ),
    "aws:ecs/taskDefinition:TaskDefinition": (
        lambda b: {
            "family": "one",
            "containerDefinitions": CONTAINER,
            "cpu": "256",
            "memory": "512",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        },
        {"tags": {"Name": "y"}},
        {"cpu": "512", "ephemeralStorage": {"sizeInGib": 50}},
    ),
    "aws:ecs/service:Service": (
        lambda b: {
            "cluster": b.cluster["arn"],
            "taskDefinition": b.definition["arn"],
            "desiredCount": 0,
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
            "networkConfiguration": {"subnets": [b.subnets[0].id], "securityGroups": [b.group.id]},
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentMaximumPercent": 200,
            "deploymentMinimumHealthyPercent": 100,
            "propagateTags": "SERVICE",
            "availabilityZoneRebalancing": "ENABLED",
            "waitForSteadyState": True,
            "triggers": {"calls": "api"},
            "serviceConnectConfiguration": {
                "enabled": True,
                "namespace": b.namespace["arn"],
                "services": [
                    {"portName": "app", "discoveryName": "app", "clientAlias": [{"port": 80, "dnsName": "app"}]}
                ],
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "base"}},
            },
        },
        {
            "deploymentMaximumPercent": 150,
            "availabilityZoneRebalancing": "DISABLED",
            "tags": {"Name": "y"},
            "triggers": None,
            "serviceConnectConfiguration": None,
        },
        {"cluster": "arn:other"},
    ),
}


STAYS = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:efs/backupPolicy:BackupPolicy",
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketNotification:BucketNotification",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:sns/topicPolicy:TopicPolicy",
}
"""What is there without a resource too: a deletion resets it, or leaves it."""


NOT_IMPORTED = {
    *("aws:cloudwatch/eventTarget:EventTarget", "aws:scheduler/schedule:Schedule", "aws:budgets/budget:Budget"),
    *("aws:acm/certificateValidation:CertificateValidation", "aws:wafv2/webAcl:WebAcl"),
    "aws:wafv2/webAclAssociation:WebAclAssociation",
}
"""Types whose id of one part does not say all that they are read by."""


def test_every_declared_type_has_a_case():
    assert set(CASES) == set(RESOURCES)


@pytest.mark.parametrize("token", CASES)
def test_a_resource_lives_and_dies(provider, base, token):
    inputs, change, replacing = CASES[token]
    made = provider.create(token, "case", **inputs(base))
    assert made.id

    read = made.read()
    assert read.id == made.id
    assert unpack(read.inputs) == made.inputs, "nothing has drifted"
    assert unpack(read.properties) == made.state

    if token in NOT_IMPORTED or RESOURCES[token].recorded:
        with pytest.raises(Refused, match="it cannot be imported here"):
            made.imported()
    else:
        found = made.imported()
        asked = {**dict.fromkeys(found.inputs), **made.inputs}
        assert found.id == made.id
        assert not found.diff(**asked).replaces, "a program that asks for what was imported replaces nothing"

    assert made.diff().changes == provider_pb2.DiffResponse.DIFF_NONE
    replacement = made.diff(**replacing)
    assert set(replacement.replaces) == set(replacing)

    if change:
        assert not made.diff(**change).replaces
        made.update(**change)
        again = made.read()
        assert unpack(again.inputs) == made.inputs, "AWS has what was changed"
        for name, value in change.items():
            assert unpack(again.inputs).get(name) == value

    made.delete()
    assert token in STAYS or RESOURCES[token].recorded or made.read().id == "", "it is gone"
    made.delete()  # and gone already is no error


LITTLE = {
    "aws:ec2/vpc:Vpc": lambda b: {"cidrBlock": "10.8.0.0/16"},
    "aws:ec2/subnet:Subnet": lambda b: {"vpcId": b.vpc.id, "cidrBlock": "10.9.8.0/24"},
    "aws:ecr/repository:Repository": lambda b: {},
    "aws:efs/fileSystem:FileSystem": lambda b: {},
    "aws:efs/accessPoint:AccessPoint": lambda b: {"fileSystemId": b.files.id},
    "aws:efs/mountTarget:MountTarget": lambda b: {"fileSystemId": b.files.id, "subnetId": b.subnets[1].id},
    "aws:kms/key:Key": lambda b: {},
    "aws:lb/loadBalancer:LoadBalancer": lambda b: {"subnets": [one.id for one in b.subnets]},
    "aws:lb/targetGroup:TargetGroup": lambda b: {
        "port": 80,
        "protocol": "HTTP",
        "targetType": "ip",
        "vpcId": b.vpc.id,
    },
    "aws:ecs/taskDefinition:TaskDefinition": lambda b: {"family": "little", "containerDefinitions": CONTAINER},
}
"""What a program must say of a type, by token: the rest is AWS's own, and is told by AWS all the same."""


@pytest.mark.parametrize("token", LITTLE)
def test_a_program_that_says_little_changes_nothing_of_what_it_imports(provider, base, token):
    asked = LITTLE[token](base)
    made = provider.create(token, "little", **asked)
    found = made.imported()
    assert set(found.diff(**{**dict.fromkeys(found.inputs), **asked}).diffs) <= {"tags"}, "the tests' own tag"
    made.delete()


@pytest.mark.parametrize(
    ("token", "given"),
    [
        ("aws:ec2/vpc:Vpc", {"enableDnsSupport": False}),
        ("aws:kms/key:Key", {"isEnabled": False}),
        ("aws:lb/loadBalancer:LoadBalancer", {"enableHttp2": False, "idleTimeout": 90}),
        ("aws:lb/targetGroup:TargetGroup", {"deregistrationDelay": 0}),
    ],
)
def test_what_is_other_than_by_default_is_imported_as_a_program_says_it(provider, base, token, given):
    """A switch that is off and zero too; else a program that does not say them would change nothing here, and AWS."""
    little = LITTLE[token](base)
    made = provider.create(token, "off", **little, **given)
    found = made.imported()
    assert {name: found.inputs[name] for name in given} == given
    less = found.diff(**{**dict.fromkeys(found.inputs), **little})
    assert set(less.diffs) - {"tags"} == set(given)
    assert not less.replaces
    made.delete()


def test_a_service_without_tasks_is_imported_as_one(base):
    assert base.scaled.imported().inputs["desiredCount"] == 0


@pytest.mark.parametrize(
    ("token", "name", "given", "told"),
    [
        ("aws:ecs/cluster:Cluster", "configuration", {"executeCommandConfiguration": {"logging": "NONE"}}, None),
        ("aws:ecs/service:Service", "deploymentMaximumPercent", 150, 200),
        ("aws:ecs/service:Service", "deploymentMinimumHealthyPercent", 50, 100),
        ("aws:ecs/service:Service", "desiredCount", 0, 0),
        ("aws:ecs/service:Service", "enableEcsManagedTags", True, None),  # no update changes it here
        ("aws:ecs/service:Service", "healthCheckGracePeriodSeconds", 10, 0),
        ("aws:ecs/service:Service", "propagateTags", "SERVICE", None),
        ("aws:efs/fileSystem:FileSystem", "protection", {"replicationOverwrite": "DISABLED"}, None),
        ("aws:kms/key:Key", "policy", KEY_POLICY, None),
        ("aws:lb/listenerRule:ListenerRule", "priority", 5, None),
        ("aws:lb/targetGroup:TargetGroup", "stickiness", {"type": "lb_cookie", "cookieDuration": 60}, None),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "description", "x", None),
        ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "description", "x", None),
    ],
)
def test_what_is_given_no_more_is_replaced_only_where_the_provider_does_so(provider, base, token, name, given, told):
    """`told` is what is read back then; None where the property stays, or the emulator keeps it."""
    made = provider.create(token, "case", **{**CASES[token][0](base), name: given})
    try:
        assert not made.diff(**{name: None}).replaces
        made.update(**{name: None})
        assert unpack(made.read().inputs) == made.inputs
        if told is not None:
            asked = Made(provider, token, "case", made.id, {**made.inputs, name: told}, made.state)
            assert unpack(asked.read().inputs).get(name) == told
    finally:
        made.delete()


@pytest.mark.parametrize("to_alias", [True, False])
def test_a_record_becomes_another_kind_in_place(provider, base, to_alias):
    """An address becomes an alias of a load balancer, and that becomes an address."""
    inputs = CASES["aws:route53/record:Record"][0](base)
    kinds = [{"ttl": 300, "records": ["192.0.2.1"]}, {"aliases": inputs.pop("aliases")}]
    first, second = kinds if to_alias else reversed(kinds)
    made = provider.create("aws:route53/record:Record", "case", **inputs, **first)
    change = {**dict.fromkeys(first), **second}
    assert not made.diff(**change).replaces
    made.update(**change)
    assert unpack(made.read().inputs) == made.inputs == {**inputs, **second}
    made.delete()
    assert made.read().id == ""


def test_what_is_not_there_is_not_imported(provider):
    with pytest.raises(Refused, match=r"the id to import must be \{role\}:\{name\}, got 'x'"):
        Made(provider, "aws:iam/rolePolicy:RolePolicy", "gone", "x", {}, {}).read()
    assert Made(provider, "aws:ec2/vpc:Vpc", "gone", "vpc-00000000000000000", {}, {}).read().id == ""


@pytest.mark.parametrize("token", CASES)
def test_an_unknown_property_is_refused(provider, base, token):
    checked = provider.check(token, "case", {**CASES[token][0](base), "noSuchProperty": 1})
    assert "noSuchProperty" in checked.failures[0].reason


@pytest.mark.parametrize("token", [token for token, resource in RESOURCES.items() if resource.recorded])
def test_what_the_emulator_lacks_is_recorded_and_said(provider, base, token):
    told = []
    context = provider.servicer.connection(provider.context())
    context.log = lambda message, *_, **__: told.append(message)
    made = provider.create(token, "case", **CASES[token][0](base))
    del context.log
    assert told == [f"recorded, not emulated here: {RESOURCES[token].recorded}"]
    made.delete()


@pytest.mark.parametrize("token", [token for token in RESOURCES if token.startswith("aws:appautoscaling/")])
def test_what_scales_is_checked_against_aws_s_model(provider, base, token):
    made = provider.create(token, "case", **CASES[token][0](base))
    assert made["arn"].startswith("arn:aws:")
    assert made["arn"] == unpack(made.read().properties)["arn"]
    with pytest.raises(Refused, match="ScalableDimension must be one of ecs:service:DesiredCount, .*, got 'tasks'"):
        provider.create(token, "case", **{**CASES[token][0](base), "scalableDimension": "tasks"})
    made.delete()


CANARY = {
    "strategy": "CANARY",
    "bakeTimeInMinutes": "5",
    "canaryConfiguration": {"canaryPercent": 2.5, "canaryBakeTimeInMinutes": "10"},
    "lifecycleHooks": [
        {
            "targetType": "PAUSE",
            "lifecycleStages": ["POST_SCALE_UP"],
            "timeoutConfiguration": {"action": "ROLLBACK", "timeoutInMinutes": "60"},
        }
    ],
}
WATCHED = {"enable": True, "rollback": True, "alarmNames": ["web-errors", "web-latency"]}


@pytest.fixture
def calls(provider):
    """What botocore is asked to send, by the operation's name."""
    found, clients = {}, [provider.servicer.client(name, "ap-northeast-1") for name in ("ecs", "elbv2")]

    def keep(params, model, **_):
        found[model.name] = dict(params)

    for client in clients:
        client.meta.events.register("before-parameter-build", keep)
    yield found
    for client in clients:
        client.meta.events.unregister("before-parameter-build", keep)


def a_rule(provider, base, first, second):
    groups = [{"arn": first["arn"], "weight": 100}, {"arn": second["arn"], "weight": 0}]
    return provider.create(
        "aws:lb/listenerRule:ListenerRule",
        "divided",
        listenerArn=base.listener.id,
        priority=8,
        conditions=[{"pathPattern": {"values": ["/divided"]}}],
        actions=[{"type": "forward", "forward": {"targetGroups": groups}}],
    )


def test_a_service_whose_requests_move_is_asked_for_in_aws_s_words(provider, base, calls):
    kind, inputs = "aws:lb/targetGroup:TargetGroup", {"port": 80, "protocol": "HTTP", "targetType": "ip"}
    groups = [provider.create(kind, name, vpcId=base.vpc.id, **inputs) for name in ("one", "two")]
    rule = a_rule(provider, base, *groups)
    shares = [{"TargetGroupArn": groups[0]["arn"], "Weight": 100}, {"TargetGroupArn": groups[1]["arn"], "Weight": 0}]
    assert calls["CreateRule"]["Actions"] == [{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}]
    assert unpack(rule.read().inputs) == rule.inputs, "nothing has drifted"

    advanced = {
        "alternateTargetGroupArn": groups[1]["arn"],
        "productionListenerRule": rule["arn"],
        "roleArn": "arn:aws:iam::000000000000:role/shift",
    }
    balanced = {"targetGroupArn": groups[0]["arn"], "containerName": "app", "containerPort": 80}
    service = provider.create(
        "aws:ecs/service:Service",
        "divided",
        cluster=base.cluster["arn"],
        taskDefinition=base.definition["arn"],
        desiredCount=0,
        networkConfiguration={"subnets": [base.subnets[0].id], "securityGroups": [base.group.id]},
        loadBalancers=[{**balanced, "advancedConfiguration": advanced}],
        deploymentCircuitBreaker={"enable": False, "rollback": False},
        deploymentConfiguration=CANARY,
        alarms=WATCHED,
    )
    minutes = {**CANARY["lifecycleHooks"][0], "timeoutConfiguration": {"action": "ROLLBACK", "timeoutInMinutes": 60}}
    assert calls["CreateService"]["loadBalancers"] == [{**balanced, "advancedConfiguration": advanced}]
    assert calls["CreateService"]["deploymentConfiguration"] == {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        **{"maximumPercent": 200, "minimumHealthyPercent": 100},
        "strategy": "CANARY",
        "bakeTimeInMinutes": 5,
        "canaryConfiguration": {"canaryPercent": 2.5, "canaryBakeTimeInMinutes": 10},
        "lifecycleHooks": [minutes],
        "alarms": WATCHED,
    }
    assert unpack(service.read().inputs) == service.inputs, "nothing has drifted"

    linear = {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 20, "stepBakeTimeInMinutes": "3"}}
    service.update(deploymentConfiguration=linear, alarms=None)
    assert calls["UpdateService"]["deploymentConfiguration"] == {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        **{"maximumPercent": 200, "minimumHealthyPercent": 100},
        "strategy": "LINEAR",
        "linearConfiguration": {"stepPercent": 20, "stepBakeTimeInMinutes": 3},
    }
    had = unpack(service.read().properties)
    assert had["alarms"] == WATCHED, "what is not said any more stays"
    assert had["deploymentConfiguration"]["lifecycleHooks"] == [minutes]
    assert "canaryConfiguration" not in had["deploymentConfiguration"]

    service.update(deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "5"}, alarms=None)
    assert calls["UpdateService"]["deploymentConfiguration"] == {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        **{"maximumPercent": 200, "minimumHealthyPercent": 100},
        "strategy": "BLUE_GREEN",
        "bakeTimeInMinutes": 5,
    }
    for made in (service, rule, *groups):
        made.delete()


def test_a_revision_that_is_to_stay_is_not_deregistered(provider):
    kind, ecs = "aws:ecs/taskDefinition:TaskDefinition", provider.servicer.client("ecs", "ap-northeast-1")
    made = provider.create(kind, "kept", family="kept", containerDefinitions=CONTAINER)
    found = made.diff(skipDestroy=True)
    assert (list(found.diffs), list(found.replaces)) == (["skipDestroy"], []), "set in place"
    made.update(skipDestroy=True)
    assert unpack(made.read().inputs) == made.inputs, "nothing has drifted"
    made.delete()
    assert ecs.describe_task_definition(taskDefinition=made["arn"])["taskDefinition"]["status"] == "ACTIVE"
    made.update(skipDestroy=None)
    made.delete()
    assert ecs.describe_task_definition(taskDefinition=made["arn"])["taskDefinition"]["status"] == "INACTIVE"


def test_to_say_nothing_more_of_a_strategy_or_of_alarms_is_no_change(provider, base):
    service = provider.create(
        "aws:ecs/service:Service",
        "silent",
        cluster=base.cluster["arn"],
        taskDefinition=base.definition["arn"],
        desiredCount=0,
    )
    assert {"alarms", "deploymentConfiguration"}.isdisjoint(unpack(service.read().properties))
    assert service.diff(deploymentConfiguration=CANARY).diffs == ["deploymentConfiguration"]
    assert service.diff(alarms=WATCHED).diffs == ["alarms"]
    service.update(deploymentConfiguration=CANARY, alarms=WATCHED)
    assert service.diff(deploymentConfiguration=None, alarms=None).changes == provider_pb2.DiffResponse.DIFF_NONE
    service.delete()


def test_an_alarm_is_checked_against_aws_s_model(provider, base):
    made = provider.create("aws:cloudwatch/metricAlarm:MetricAlarm", "case", **ALARM, metricQueries=QUERIES)
    client = provider.servicer.client("cloudwatch", "ap-northeast-1")
    asked = rehearse(client, RESOURCES[made.token].create, {**made.inputs, "region": "ap-northeast-1"})
    assert asked["Metrics"] == [
        {
            "Id": "m1",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/ApplicationELB",
                    "MetricName": "RequestCount",
                    "Dimensions": [
                        {"Name": "LoadBalancer", "Value": "app/b/1"},
                        {"Name": "TargetGroup", "Value": "targetgroup/g/1"},
                    ],
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        },
        {"Id": "worst", "Expression": "MAX([m1])", "Label": "worst", "ReturnData": True},
    ]
    assert {key: asked[key] for key in ("Threshold", "EvaluationPeriods", "TreatMissingData")} == {
        "Threshold": 5,
        "EvaluationPeriods": 3,
        "TreatMissingData": "notBreaching",
    }
    with pytest.raises(
        Refused, match="ComparisonOperator must be one of GreaterThanOrEqualToThreshold, .*, got 'More'"
    ):
        provider.create(made.token, "case", **{**ALARM, "metricQueries": QUERIES, "comparisonOperator": "More"})
    made.delete()


def test_an_alarm_of_one_metric_tells_a_topic(provider, base, cloud):
    told = {"alarmActions": [base.topic["arn"]], "okActions": [base.topic["arn"]], "alarmDescription": "too busy"}
    kind = "aws:cloudwatch/metricAlarm:MetricAlarm"
    made = provider.create(kind, "one", **ALARM, **CPU_OF_A_SERVICE, **told, tags={"Name": "x"})
    assert unpack(made.read().inputs) == made.inputs, "nothing has drifted"
    (alarm,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[made.id])["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "ClusterName", "Value": "one"}, {"Name": "ServiceName", "Value": "two"}]
    assert (alarm["AlarmActions"], alarm["OKActions"]) == ([base.topic["arn"]], [base.topic["arn"]])
    change = {"okActions": None, "alarmDescription": None, "statistic": None, "extendedStatistic": "p99", "period": 300}
    assert not made.diff(**change).replaces
    made.update(**change)
    (alarm,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[made.id])["MetricAlarms"]
    assert (alarm["OKActions"], alarm["AlarmDescription"], alarm["ExtendedStatistic"]) == ([], "", "p99")
    cloud.client("cloudwatch").delete_alarms(AlarmNames=[made.id])
    assert made.read().id == "", "it is gone"


def test_a_pipeline_is_asked_for_in_aws_s_words(provider, base):
    rule = {"name": "one", "ruleTypeId": {"category": "Rule", "provider": "Commands"}, "inputArtifacts": ["source"]}
    approved = {
        "name": "Approve",
        "actions": [action("Approve", "Manual", configuration={"CustomData": "read the plan"})],
        "beforeEntry": {"condition": {"result": "FAIL", "rules": [{**rule, "commands": ["true"]}]}},
    }
    made = provider.create("aws:codepipeline/pipeline:Pipeline", "case", **pipeline(base, stages=[PUSHED, approved]))
    assert made["arn"] == f"arn:aws:codepipeline:ap-northeast-1:000000000000:{made.id}"
    client = provider.servicer.client("codepipeline", "ap-northeast-1")
    asked = rehearse(client, RESOURCES[made.token].create, {**made.inputs, "region": "ap-northeast-1"})["pipeline"]
    source, approval = asked["stages"]
    assert asked["artifactStore"]["encryptionKey"] == {"id": base.key["arn"], "type": "KMS"}
    assert (asked["pipelineType"], asked["executionMode"]) == ("V2", "QUEUED")
    assert asked["triggers"][0]["gitConfiguration"]["push"] == ON_PUSH["gitConfiguration"]["pushes"]
    of = {"owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"}
    assert source["actions"][0]["actionTypeId"] == {"category": "Source", **of}
    assert source["actions"][0]["outputArtifacts"] == [{"name": "source"}]
    assert approval["actions"][0]["configuration"] == {"CustomData": "read the plan"}
    checked = {**rule, "commands": ["true"], "inputArtifacts": [{"name": "source"}]}
    assert approval["beforeEntry"]["conditions"] == [{"result": "FAIL", "rules": [checked]}]
    made.delete()


def test_a_build_that_is_started_says_that_none_runs(provider, base, cloud):
    made = provider.create("aws:codebuild/project:Project", "case", **project(base, concurrentBuildLimit=1))
    made.update(concurrentBuildLimit=None)
    client = cloud.client("codebuild")
    assert "concurrentBuildLimit" not in client.batch_get_projects(names=[made["name"]])["projects"][0]
    build = client.start_build(projectName=made["name"])["build"]
    assert build["buildStatus"] == "FAULT"
    assert build["phases"][0]["contexts"][0]["message"] == "no build runs on the local cloud"
    made.delete()


def test_a_policy_keeps_its_last_versions_and_goes_with_all_of_them(provider, cloud):
    made, iam = provider.create("aws:iam/policy:Policy", "case", policy=POLICY), cloud.client("iam")
    for number in range(6):
        made.update(policy=POLICY.replace("GetAuthorizationToken", f"Describe{number}"))
    found = iam.list_policy_versions(PolicyArn=made.id)["Versions"]
    assert {one["VersionId"]: one["IsDefaultVersion"] for one in found} == {
        **dict.fromkeys(("v3", "v4", "v5", "v6"), False),
        "v7": True,
    }
    assert "Describe5" in unpack(made.read().inputs)["policy"]
    deleted, events = [], provider.servicer.client("iam", "ap-northeast-1").meta.events
    events.register("before-parameter-build.iam", lambda model, **_: deleted.append(model.name), unique_id="versions")
    made.delete()
    events.unregister("before-parameter-build.iam", unique_id="versions")
    assert deleted.count("DeletePolicyVersion") == 4, "AWS deletes no policy that has others"
    assert made.read().id == ""


def test_an_identity_provider_is_told_without_its_scheme(provider):
    kind, url = "aws:iam/openIdConnectProvider:OpenIdConnectProvider", "https://id.example.com/org/one"
    made = provider.create(kind, "case", url=url, clientIdLists=["one"], thumbprintLists=["a" * 40])
    assert made["arn"] == "arn:aws:iam::000000000000:oidc-provider/id.example.com/org/one"
    assert made["url"] == "id.example.com/org/one"
    assert not made.diff(thumbprintLists=None).diffs, "AWS keeps them"
    made.delete()


def test_an_undeclared_type_is_refused(provider):
    with pytest.raises(Refused, match="aws:rds/instance:Instance is not declared"):
        provider.check("aws:rds/instance:Instance", "case", {})


def test_an_undeclared_function_is_refused(provider):
    request = provider_pb2.InvokeRequest(tok="aws:rds/getInstance:getInstance", args=pack({}))
    with pytest.raises(Refused, match="is not declared"):
        provider.servicer.Invoke(request, a_context())


def test_an_unknown_nested_field_is_refused(provider, base):
    with pytest.raises(Refused, match="has no field 'colour'"):
        provider.create("aws:ecs/cluster:Cluster", "case", settings=[{"name": "containerInsights", "colour": "x"}])


def test_default_tags_reach_aws_and_leave_the_resources_own_alone(provider, cloud):
    made = provider.create("aws:ec2/vpc:Vpc", "tagged", cidrBlock="10.6.0.0/16", tags={"Name": "mine"})
    tags = cloud.client("ec2").describe_vpcs(VpcIds=[made.id])["Vpcs"][0]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"project": "tests", "Name": "mine"}
    assert made.inputs["tags"] == {"Name": "mine"}
    made.delete()


def test_a_change_behind_the_back_is_read(provider, cloud):
    made = provider.create("aws:ec2/vpc:Vpc", "drifting", cidrBlock="10.5.0.0/16", tags={"Name": "mine"})
    cloud.client("ec2").create_tags(Resources=[made.id], Tags=[{"Key": "Name", "Value": "theirs"}])
    assert unpack(made.read().inputs)["tags"] == {"Name": "theirs"}
    made.delete()


def test_a_gateway_that_is_gone_is_no_fault_of_the_local_cloud(provider, cloud):
    made = provider.create("aws:ec2/internetGateway:InternetGateway", "gone")
    cloud.client("ec2").delete_internet_gateway(InternetGatewayId=made.id)
    with pytest.raises(Refused, match="NotFound"):
        made.update(vpcId="vpc-0")


def test_a_protected_load_balancer_is_not_deleted(provider, base):
    subnets = [subnet.id for subnet in base.subnets]
    made = provider.create("aws:lb/loadBalancer:LoadBalancer", "safe", subnets=subnets, enableDeletionProtection=True)
    with pytest.raises(Refused, match="OperationNotPermitted"):
        made.delete()
    made.update(enableDeletionProtection=False)
    made.delete()


def test_a_rule_that_is_made_again_is_another_one(provider, cloud):
    """An `up` that failed leaves the one before to be deleted, after another like it was made."""
    network = provider.create("aws:ec2/vpc:Vpc", "again", cidrBlock="10.9.0.0/16")
    group = provider.create("aws:ec2/securityGroup:SecurityGroup", "again", vpcId=network.id, description="again")
    port = {"securityGroupId": group.id, "ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIpv4": "0.0.0.0/0"}
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    before = provider.create(token, "again", **port)
    cloud.client("ec2").revoke_security_group_ingress(GroupId=group.id, SecurityGroupRuleIds=[before.id])
    after = provider.create(token, "again", **port)
    before.delete()
    of_group = [{"Name": "group-id", "Values": [group.id]}]
    rules = cloud.client("ec2").describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
    assert [one["SecurityGroupRuleId"] for one in rules if not one["IsEgress"]] == [after.id]
    for one in (after, group, network):
        one.delete()


def test_a_mount_target_changes_its_security_groups_in_place(provider, base):
    groups = [provider.create("aws:ec2/securityGroup:SecurityGroup", name, vpcId=base.vpc.id) for name in ("a", "b")]
    made = provider.create(
        "aws:efs/mountTarget:MountTarget",
        "case",
        fileSystemId=base.files.id,
        subnetId=base.subnets[0].id,
        securityGroups=[groups[0].id],
    )
    assert not made.diff(securityGroups=[groups[1].id]).replaces
    made.update(securityGroups=[groups[1].id])
    assert unpack(made.read().inputs)["securityGroups"] == [groups[1].id]
    for one in (made, *groups):
        one.delete()


def test_a_name_too_long_for_aws_is_refused_before_anything_is_made(provider, base):
    with pytest.raises(Refused, match="AWS takes 32: the logical name may have 24"):
        provider.check("aws:lb/targetGroup:TargetGroup", "a" * 25, {})


def test_a_property_that_cannot_be_taken_away_replaces(base):
    assert list(base.listener.diff(port=None).replaces) == ["port"]


@pytest.mark.parametrize("token", FUNCTIONS)
def test_a_function_answers(provider, base, token):
    service = provider.create(
        "aws:ecs/service:Service",
        "asked",
        cluster=base.cluster["arn"],
        taskDefinition=base.definition["arn"],
        desiredCount=0,
    )
    args = {
        "aws:index/getAvailabilityZones:getAvailabilityZones": {"state": "available"},
        "aws:ecs/getService:getService": {"clusterArn": base.cluster["arn"], "serviceName": service["name"]},
        "aws:ec2/getVpc:getVpc": {"id": base.vpc.id},
        "aws:ec2/getSubnet:getSubnet": {"id": base.subnets[0].id},
        "aws:ec2/getRouteTables:getRouteTables": {"vpcId": base.vpc.id},
        "aws:ec2/getRouteTable:getRouteTable": {"routeTableId": base.table.id},
        "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"name": "com.amazonaws.ap-northeast-1.s3"},
        "aws:ec2/getVpcEndpointService:getVpcEndpointService": {"service": "ecr.api", "serviceType": "Interface"},
        "aws:route53/getZone:getZone": {"name": "base.example.com", "privateZone": False},
        "aws:secretsmanager/getSecret:getSecret": {"name": "base/secret"},
        "aws:secretsmanager/getSecretVersion:getSecretVersion": {"secretId": "base/secret"},
        "aws:ssm/getParameter:getParameter": {"name": "/base/parameter", "withDecryption": False},
        "aws:kms/getKey:getKey": {"keyId": base.key.id},
        "aws:efs/getAccessPoint:getAccessPoint": {"accessPointId": base.point.id},
        "aws:ecr/getRepository:getRepository": {"name": base.repository["name"], "registryId": "000000000000"},
        "aws:ecr/getImage:getImage": {"repositoryName": base.repository["name"], "imageTag": "v1"},
    }
    answer = ask(provider, token, **args.get(token, {}))
    expected = {
        "aws:index/getAvailabilityZones:getAvailabilityZones": ("names", "ap-northeast-1a"),
        "aws:index/getRegion:getRegion": ("region", "ap-northeast-1"),
        "aws:index/getCallerIdentity:getCallerIdentity": ("accountId", "000000000000"),
        "aws:ecr/getAuthorizationToken:getAuthorizationToken": ("userName", "AWS"),
        "aws:ecs/getService:getService": ("status", "ACTIVE"),
        "aws:index/getPartition:getPartition": ("dnsSuffix", "amazonaws.com"),
        "aws:ec2/getVpc:getVpc": ("cidrBlock", "10.9.0.0/16"),
        "aws:ec2/getSubnet:getSubnet": ("vpcId", base.vpc.id),
        "aws:ec2/getRouteTables:getRouteTables": ("ids", base.table.id),
        "aws:ec2/getRouteTable:getRouteTable": ("vpcId", base.vpc.id),
        "aws:ec2/getManagedPrefixList:getManagedPrefixList": ("arn", "prefix-list/pl-"),
        "aws:ec2/getVpcEndpointService:getVpcEndpointService": ("serviceName", "com.amazonaws.ap-northeast-1.ecr.api"),
        "aws:route53/getZone:getZone": ("zoneId", base.zone["zoneId"]),
        "aws:secretsmanager/getSecret:getSecret": ("arn", ":secret:base/secret-"),
        "aws:secretsmanager/getSecretVersion:getSecretVersion": ("secretString", "a secret of the rehearsal"),
        "aws:ssm/getParameter:getParameter": ("arn", ":parameter/base/parameter"),
        "aws:kms/getKey:getKey": ("arn", ":key/"),
        "aws:efs/getAccessPoint:getAccessPoint": ("fileSystemArn", f":file-system/{base.files.id}"),
        "aws:ecr/getRepository:getRepository": ("repositoryUrl", f"/{base.repository['name']}"),
        "aws:ecr/getImage:getImage": ("imageDigest", "sha256:"),
    }
    key, value = expected[token]
    assert value in answer[key]
    service.delete()

"""What an app can be given at most: to use services, and their data. It makes, changes and removes nothing of AWS's.

A stack file's `permissions` say what an app may do; what they say beyond this has no effect where there is a boundary.
Names are of the Service Authorization Reference. Another service, or action, is added here.
"""

from collections.abc import Mapping

Actions = Mapping[str, tuple[str, ...]]
"""By IAM's prefix of the service."""

USE: Actions = {
    # data
    "s3": (
        *("AbortMultipartUpload", "DeleteObject*", "GetBucketLocation", "GetObject*", "ListBucket*"),
        *("ListMultipartUploadParts", "PutObject*", "RestoreObject"),
    ),
    "dynamodb": (
        *("BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "DescribeStream", "DescribeTable"),
        *("GetItem", "GetRecords", "GetShardIterator", "PartiQL*", "PutItem", "Query", "Scan", "UpdateItem"),
    ),
    "elasticfilesystem": ("Client*",),
    "kms": (
        *("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "GenerateMac", "GetPublicKey", "ReEncrypt*"),
        *("Sign", "Verify", "VerifyMac"),
    ),
    "rds-db": ("connect",),
    "rds-data": ("*Statement", "*Transaction"),
    "dsql": ("DbConnect",),
    "elasticache": ("Connect",),
    "memorydb": ("Connect",),
    "es": ("ESHttp*",),
    "aoss": ("APIAccessAll",),
    "athena": ("GetQuery*", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution"),
    "glue": ("GetDatabase*", "GetPartition*", "GetTable*"),
    # messages and calls
    "sqs": ("ChangeMessageVisibility", "DeleteMessage", "GetQueue*", "ListQueues", "ReceiveMessage", "SendMessage"),
    "sns": ("GetTopicAttributes", "ListTopics", "Publish"),
    "events": ("PutEvents",),
    "states": ("DescribeExecution", "GetActivityTask", "SendTask*", "StartExecution", "StartSyncExecution"),
    "lambda": ("InvokeFunction", "InvokeFunctionUrl"),
    "execute-api": ("Invoke", "ManageConnections"),
    "appsync": ("GraphQL",),
    "kinesis": ("Describe*", "GetRecords", "GetShardIterator", "ListShards", "PutRecord*", "SubscribeToShard"),
    "firehose": ("PutRecord*",),
    "kafka-cluster": ("AlterGroup", "Connect", "Describe*", "ReadData", "WriteData*"),
    "iot": ("Publish",),
    "ses": ("GetSendQuota", "Send*"),
    "servicediscovery": ("DiscoverInstances*",),
    "cloudfront": ("CreateInvalidation", "GetInvalidation"),
    # models, users and settings
    "bedrock": ("ApplyGuardrail", "GetInferenceProfile", "InvokeAgent", "InvokeModel*", "Retrieve*"),
    "sagemaker": ("InvokeEndpoint*",),
    "comprehend": ("Detect*",),
    "polly": ("SynthesizeSpeech",),
    "rekognition": ("Detect*",),
    "textract": ("Analyze*", "DetectDocumentText"),
    "translate": ("TranslateText",),
    "cognito-idp": ("Admin*User*", "AdminInitiateAuth", "AdminRespondToAuthChallenge", "ListUsers"),
    "appconfig": ("GetLatestConfiguration", "StartConfigurationSession"),
    # telemetry
    "logs": (
        *("CreateLogStream", "DescribeLog*", "FilterLogEvents", "GetLogEvents", "GetQueryResults", "PutLogEvents"),
        "StartQuery",
    ),
    "cloudwatch": ("DescribeAlarms", "GetMetric*", "ListMetrics", "PutMetricData"),
    "xray": ("GetSampling*", "PutSpans*", "PutTelemetryRecords", "PutTraceSegments"),
    "aps": ("GetLabels", "GetSeries", "QueryMetrics", "RemoteWrite"),
    # what a task's start, ECS Exec, schedules and shifts of requests need, of the program's own roles
    "ecr": (
        *("BatchCheckLayerAvailability", "BatchGetImage", "BatchImportUpstreamImage", "CreateRepository"),
        *("GetAuthorizationToken", "GetDownloadUrlForLayer"),
    ),
    "ssmmessages": ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"),
    "ecs": ("Describe*", "List*", "RunTask", "StopTask"),
    "elasticloadbalancing": ("Describe*",),
    "ec2": ("Describe*",),
    "sts": ("GetCallerIdentity",),
}
"""On whatever no tag says is another environment's or project's."""

USE_OWN: Actions = {
    "secretsmanager": ("DescribeSecret", "GetSecretValue"),
    "ssm": ("GetParameter", "GetParameters"),
    "elasticloadbalancing": ("DeregisterTargets", "ModifyListener", "ModifyRule", "RegisterTargets"),
}
"""On what carries the stack's two tags, and on nothing else."""


def full(actions: Actions) -> list[str]:
    """The actions with their services."""
    return [f"{service}:{action}" for service, some in actions.items() for action in some]

from typing import Any

import pytest

from components import Cluster, ClusterArgs, ContainerInsights


def test_a_cluster_takes_both_kinds_of_capacity(deploy, cloud):
    made = deploy(lambda: Cluster("cluster", ClusterArgs(tags={"team": "a"})))
    assert cloud.one("aws:ecs/cluster:Cluster").inputs == {
        "settings": [{"name": "containerInsights", "value": "disabled"}],
        "tags": {"Name": "cluster", "team": "a"},
    }
    assert cloud.one("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders").inputs == {
        "clusterName": "cluster-1234567",
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    }
    assert deploy.known(made.arn) == "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cluster"
    assert deploy.known(made.name) == "cluster-1234567"


def test_insights(deploy, cloud):
    deploy(lambda: Cluster("cluster", ClusterArgs(container_insights=ContainerInsights.ENHANCED)))
    assert cloud.one("aws:ecs/cluster:Cluster").inputs["settings"][0]["value"] == "enhanced"


LOGS = "aws:cloudwatch/logGroup:LogGroup"


def test_a_cluster_without_sessions_has_no_log_of_them(deploy, cloud):
    made = deploy(lambda: Cluster("cluster", ClusterArgs(kms_key_arn="arn:key")))
    assert made.execute_command is None
    assert not cloud.all(LOGS)
    assert "configuration" not in cloud.one("aws:ecs/cluster:Cluster").inputs


def test_sessions_are_logged(deploy, cloud):
    made = deploy(lambda: Cluster("cluster", ClusterArgs(session_log_retention_days=7, tags={"team": "a"})))
    assert cloud.one(LOGS).inputs == {"retentionInDays": 7, "tags": {"Name": "cluster-sessions", "team": "a"}}
    assert cloud.one(LOGS).name == "cluster-sessions"
    assert cloud.one("aws:ecs/cluster:Cluster").inputs["configuration"] == {
        "executeCommandConfiguration": {
            "logging": "OVERRIDE",
            "logConfiguration": {
                "cloudWatchLogGroupName": "cluster-sessions-1234567",
                "cloudWatchEncryptionEnabled": False,
            },
        }
    }
    session = made.execute_command
    assert deploy.known(session.log_group_arn) == (
        "arn:aws:logs:ap-northeast-1:123456789012:log-group:cluster-sessions"
    )
    assert session.kms_key_arn is None


def test_sessions_and_their_log_are_encrypted_with_a_key(deploy, cloud):
    made = deploy(lambda: Cluster("cluster", ClusterArgs(session_log_retention_days=7, kms_key_arn="arn:key")))
    assert cloud.one(LOGS).inputs["kmsKeyId"] == "arn:key"
    found = cloud.one("aws:ecs/cluster:Cluster").inputs["configuration"]["executeCommandConfiguration"]
    assert found["kmsKeyId"] == "arn:key"
    assert found["logConfiguration"]["cloudWatchEncryptionEnabled"] is True
    assert made.execute_command.kms_key_arn == "arn:key"


def test_days_that_cloudwatch_does_not_know():
    days: Any = 8
    with pytest.raises(ValueError, match=r"session_log_retention_days must be one of \[1, 3, .*\], got 8"):
        ClusterArgs(session_log_retention_days=days)

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

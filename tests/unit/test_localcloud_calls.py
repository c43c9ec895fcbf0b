import json

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from localcloud.providers.aws.calls import recorder


@pytest.fixture
def client():
    return boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


def test_calls_are_kept_in_order_with_their_answers(client, tmp_path):
    file = tmp_path / "made" / "calls.jsonl"
    keep = recorder(str(file))
    assert keep
    keep(client)
    with Stubber(client) as stub:
        stub.add_response("create_cluster", {"cluster": {"clusterArn": "arn:one"}})
        stub.add_client_error("delete_cluster", "ClusterNotFoundException")
        client.create_cluster(clusterName="one")
        with pytest.raises(ClientError):
            client.delete_cluster(cluster="two")
    made, gone = map(json.loads, file.read_text().splitlines())
    assert made == {
        "service": "ecs",
        "region": "eu-west-1",
        "operation": "create_cluster",
        "params": {"clusterName": "one"},
        "answer": {"cluster": {"clusterArn": "arn:one"}},
    }
    assert (gone["params"], gone["error"], "answer" in gone) == ({"cluster": "two"}, "ClusterNotFoundException", False)


def test_what_botocore_adds_is_not_kept(tmp_path):
    client = boto3.client("scheduler", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    keep = recorder(str(tmp_path / "calls.jsonl"))
    assert keep
    keep(client)
    with Stubber(client) as stub:
        stub.add_response("create_schedule_group", {"ScheduleGroupArn": "arn:one"})
        client.create_schedule_group(Name="one")
    assert json.loads((tmp_path / "calls.jsonl").read_text())["params"] == {"Name": "one"}, "no token of its own"


def test_without_a_file_nothing_is_kept():
    assert recorder("") is None

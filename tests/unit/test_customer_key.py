import json

from components import CustomerKey, CustomerKeyArgs

KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"


def test_a_key_that_turns_and_can_be_had_back_for_a_month(deploy, cloud):
    made = deploy(lambda: CustomerKey("key", CustomerKeyArgs(tags={"team": "a"})), stack="prod")
    key = dict(cloud.one(KEY).inputs)
    del key["policy"]
    assert key == {
        "description": "fargate prod: logs, images, secrets, topics",
        "enableKeyRotation": True,
        "deletionWindowInDays": 30,
        "bypassPolicyLockoutSafetyCheck": True,
        "tags": {"Name": "key", "team": "a"},
    }
    assert deploy.known(made.arn) == "arn:Key:key"
    assert cloud.one(ALIAS).inputs["name"] == "alias/fargate-prod-key"


def test_a_key_for_topics_alone_and_one_for_budgets_too(deploy, cloud):
    deploy(lambda: CustomerKey("topics", CustomerKeyArgs(logs=False)))
    deploy(lambda: CustomerKey("key", CustomerKeyArgs(budgets=True)))
    used_by = {
        one.name: [statement["Principal"].get("Service") for statement in json.loads(one.inputs["policy"])["Statement"]]
        for one in cloud.all(KEY)
    }
    topics = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    assert used_by["topics"] == [None, *topics]
    assert used_by["key"] == [None, "logs.ap-northeast-1.amazonaws.com", *topics, "budgets.amazonaws.com"]
    assert cloud.one(KEY, "topics").inputs["description"] == "fargate dev: topics"


def test_who_may_use_it(deploy, cloud):
    deploy(lambda: CustomerKey("key", CustomerKeyArgs()))
    account, logs, *topics = json.loads(cloud.one(KEY).inputs["policy"])["Statement"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert (account["Action"], account["Resource"]) == (["kms:*"], "*")
    assert logs["Principal"] == {"Service": "logs.ap-northeast-1.amazonaws.com"}
    assert logs["Condition"] == {
        "ArnLike": {
            "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:ap-northeast-1:123456789012:log-group:*",
        }
    }
    assert {"kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"} <= set(logs["Action"])
    assert [one["Principal"]["Service"] for one in topics] == ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    for one in topics:
        assert one["Condition"] == {
            "ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:ap-northeast-1:123456789012:*"}
        }
        assert one["Action"] == ["kms:Decrypt*", "kms:GenerateDataKey*"]

"""A rule that divides its requests, without an emulator."""

import asyncio
from collections import Counter
from types import SimpleNamespace

from localcloud.emulator.weights import Weights

PREFIX = "Actions.member.1.ForwardConfig.TargetGroups.member"
PARAMS = {
    f"{PREFIX}.1.TargetGroupArn": "arn:one",
    f"{PREFIX}.1.Weight": "90",
    f"{PREFIX}.2.TargetGroupArn": "arn:two",
    f"{PREFIX}.2.Weight": "10",
}
weights = Weights(SimpleNamespace(_p=lambda params, name, default="": params.get(name, default)))


def parsed(params):
    return weights.parse(lambda *_: [{"Type": "forward"}])(params, "Actions")


def test_groups_and_weights_are_kept_and_told():
    (action,) = parsed(PARAMS)
    assert action == {"Type": "forward", "ForwardConfig": {"arn:one": 90, "arn:two": 10}}
    told = weights.tell(lambda _: "<member><Type>forward</Type></member>")(action)
    assert "<member><TargetGroupArn>arn:two</TargetGroupArn><Weight>10</Weight></member>" in told


def test_a_rule_of_one_group_stays_as_it_is():
    (action,) = parsed({})
    assert action == {"Type": "forward"}
    assert weights.tell(lambda _: "<member/>")(action) == "<member/>"


def asked(action, times=1000):
    """The groups that so many requests went to."""
    found = Counter()

    async def execute(actions):
        found[actions[0].get("TargetGroupArn")] += 1

    obey = weights.obey(execute)
    for _ in range(times):
        asyncio.run(obey([action]))
    return found


def test_requests_are_divided_by_weight():
    found = asked(parsed(PARAMS)[0])
    assert 820 < found["arn:one"] < 970
    assert found["arn:one"] + found["arn:two"] == 1000


def test_a_group_without_weight_gets_none():
    assert asked({"Type": "forward", "ForwardConfig": {"arn:one": 100, "arn:two": 0}}, 50) == {"arn:one": 50}
    assert asked({"Type": "forward", "ForwardConfig": {"arn:one": 0}}, 5) == {None: 5}

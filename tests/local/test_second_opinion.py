"""Two emulators that know nothing of each other accept the calls of dev and prod."""

import json

import pytest

from tests.local.second_opinion import RESULT, Call, Replay, Verdict, reasons, record, replay, summary

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict[str, list[Verdict]]:
    return replay(record(tmp_path_factory.mktemp("second")))


def test_what_differs_has_its_reason_and_each_reason_its_difference(verdicts):
    found = {(one.call.name, what) for stack in verdicts.values() for one in stack for what in one.what}
    known = set(reasons())
    assert found - known == set(), "explain it in tests/local/second_opinion.yaml, or mend what is wrong"
    assert known - found == set(), "no longer so: take it out of tests/local/second_opinion.yaml"


def test_every_call_of_dev_and_prod_is_asked(verdicts):
    assert {one.call.name for stack in verdicts.values() for one in stack if one.verdict == "not asked"} == set()
    assert all(len(stack) > 100 for stack in verdicts.values())


def test_the_written_opinion_is_today_s(verdicts):
    assert summary(verdicts) == json.loads(RESULT.read_text()), "python -m tests.local.second_opinion"


def test_a_call_that_only_one_of_them_takes_is_told():
    made = Call("ec2", "us-east-1", "create_vpc", {"CidrBlock": "10.0.0.0/8"}, answer={"Vpc": {"VpcId": "vpc-0123456"}})
    needs = Call("ec2", "us-east-1", "create_subnet", {"VpcId": "vpc-0123456", "CidrBlock": "10.0.0.0/24"}, answer={})
    told = replay({"one": [made, needs]})["one"]
    assert [(one.verdict, set(one.what)) for one in told] == [
        ("refused", {"InvalidVpc.Range of moto"}),
        ("not asked", set()),
    ]


def test_ids_of_the_emulator_are_moto_s_afterwards():
    told = Replay(ids={"vpc-1": "vpc-9", "vpc-12": "vpc-8"})
    assert told.theirs({"Ids": ["vpc-12"], "Text": "arn:vpc/vpc-1"}) == {"Ids": ["vpc-8"], "Text": "arn:vpc/vpc-9"}

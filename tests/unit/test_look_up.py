import pulumi
import pytest

from components.look_up import look_up


def test_an_answer_is_passed_on():
    assert look_up("the zone", lambda: "Z1") == "Z1"


@pytest.mark.parametrize(
    "words",
    [
        "invoke of aws:route53/getZone:getZone failed: ",
        "invocation of aws:route53/getZone:getZone returned an error: ",
        "invoke of aws:route53/getZone:getZone failed: invocation of aws:route53/getZone:getZone returned an error: ",
    ],
)
def test_what_aws_does_not_know_is_told_without_a_traceback(words):
    def ask():
        raise Exception(f"{words}no matching Route 53 Hosted Zone found")

    with pytest.raises(pulumi.RunError) as error:
        look_up("hosted zone example.com, which must be a public one of this account,", ask)
    assert str(error.value) == (
        "hosted zone example.com, which must be a public one of this account, could not be looked up: "
        "no matching Route 53 Hosted Zone found"
    )

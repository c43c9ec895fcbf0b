import pytest

from components import Stickiness


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seconds": 0}, "seconds must be from 1 to 604800, got 0"),
        ({"seconds": 604801}, "seconds must be from 1 to 604800, got 604801"),
        ({"cookie": ""}, "cookie must be a cookie's name, of letters, .* got ''"),
        ({"cookie": "a b"}, "cookie must be a cookie's name, of letters, .* got 'a b'"),
        ({"cookie": "AWSALBTG"}, "cookie must not begin with AWSALB, which AWS keeps .* got 'AWSALBTG'"),
        ({"seconds": 0, "cookie": "AWSALB;"}, "seconds must .*; cookie must be .*; cookie must not begin"),
    ],
)
def test_what_a_target_group_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        Stickiness(**arguments)


def test_a_day_by_default():
    assert (Stickiness().seconds, Stickiness().cookie) == (86400, None)

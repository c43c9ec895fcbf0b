import pytest

from components import Capacity, CapacityMix
from components.capacity import Share, shares


def test_one_kind_of_capacity():
    assert shares(Capacity.FARGATE_SPOT) == (Share(provider=Capacity.FARGATE_SPOT, weight=1),)


def test_a_mix():
    assert shares(CapacityMix(base=2, fargate=1, fargate_spot=3)) == (
        Share(provider=Capacity.FARGATE, weight=1, base=2),
        Share(provider=Capacity.FARGATE_SPOT, weight=3),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"base": -1}, "base must be from 0 to 100000, got -1"),
        ({"fargate": 1001}, "fargate must be from 0 to 1000, got 1001"),
        ({"fargate_spot": -1}, "fargate_spot must be from 0 to 1000, got -1"),
        ({"fargate": 0, "fargate_spot": 0}, "fargate or fargate_spot must be more than 0"),
    ],
)
def test_what_ecs_would_refuse(arguments, message):
    with pytest.raises(ValueError, match=message):
        CapacityMix(**arguments)

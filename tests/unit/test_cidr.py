from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from components.cidr import MAX_ZONES, MIN_ZONES, check_vpc, given, split

ZONES = st.integers(MIN_ZONES, MAX_ZONES)
RANGES = st.tuples(st.integers(0, 2**32 - 1), st.integers(16, 24)).map(
    lambda drawn: IPv4Network((drawn[0] >> (32 - drawn[1]) << (32 - drawn[1]), drawn[1]))
)
VPCS = RANGES.filter(lambda one: not (one.is_loopback or one.is_link_local or one.is_multicast)).map(str)


@forall(VPCS, ZONES)
def test_every_range_splits_into_equal_parts_of_itself_that_do_not_overlap(cidr, zones):
    found = split(cidr, zones)
    assert len(found.public) == len(found.private) == zones
    networks = sorted(map(IPv4Network, found.public + found.private))
    assert all(network.subnet_of(IPv4Network(cidr)) for network in networks)
    assert {network.prefixlen for network in networks} == {IPv4Network(cidr).prefixlen + 3}
    assert not any(one.overlaps(other) for one, other in pairwise(networks))


@forall(VPCS, st.integers(MIN_ZONES, MAX_ZONES - 1))
def test_a_zone_that_is_added_moves_nothing(cidr, zones):
    before, after = split(cidr, zones), split(cidr, zones + 1)
    assert after.public[:zones] == before.public
    assert after.private[:zones] == before.private


@forall(VPCS, ZONES)
def test_what_was_carved_may_also_be_given(cidr, zones):
    carved = split(cidr, zones)
    assert given(cidr, public=carved.public, private=carved.private, zones=zones) == carved


def test_the_slots_of_the_default_range():
    found = split("10.0.0.0/16", 2)
    assert found.private == ("10.0.0.0/19", "10.0.32.0/19")
    assert found.public == ("10.0.128.0/19", "10.0.160.0/19")


@pytest.mark.parametrize(
    ("cidr", "zones", "message"),
    [
        ("10.0.0.0/15", 2, r"cidr 10\.0\.0\.0/15 must be a /16 to /28 range, got /15"),
        ("10.0.0.0/29", 2, r"must be a /16 to /28 range, got /29"),
        ("10.0.0.0/25", 2, r"too small to split into 8 subnets of at least /27: take a /24 or larger"),
        ("10.0.0.1/16", 2, r"must be an IPv4 range such as 10\.0\.0\.0/16, got '10\.0\.0\.1/16' \(.*host bits"),
        ("ten", 2, r"must be an IPv4 range such as 10\.0\.0\.0/16, got 'ten'"),
        ("fd00::/16", 2, r"must be an IPv4 range"),
        ("10.0.0.0/16", 1, r"zones must be from 2 to 4, got 1"),
        ("10.0.0.0/16", 5, r"zones must be from 2 to 4, got 5"),
    ],
)
def test_what_cannot_be_split_is_refused(cidr, zones, message):
    with pytest.raises(ValueError, match=message):
        split(cidr, zones)


@pytest.mark.parametrize(
    ("public", "private", "messages"),
    [
        (["10.0.0.0/24"], ["10.0.1.0/24", "10.0.2.0/24"], ["public_cidrs must have one range a zone: 2, got 1"]),
        (["10.0.0.0/24", "10.0.1.0/24"], [], ["private_cidrs must have one range a zone: 2, got 0"]),
        (
            ["10.0.0.0/24", "10.0.0.128/25"],
            ["10.1.0.0/24", "10.0.3.0/29"],
            [
                "public_cidrs: 10.0.0.128/25 overlaps 10.0.0.0/24",
                "private_cidrs: 10.1.0.0/24 is outside the VPC's 10.0.0.0/16",
                "private_cidrs: 10.0.3.0/29 is too small, AWS takes /16 to /28 here",
            ],
        ),
    ],
)
def test_given_ranges_are_refused_with_every_problem(public, private, messages):
    with pytest.raises(ValueError, match="cidrs") as refusal:
        given("10.0.0.0/16", public=public, private=private, zones=2)
    assert str(refusal.value).split("; ") == messages


def test_a_given_range_that_is_none():
    with pytest.raises(ValueError, match="public_cidrs must be an IPv4 range such as 10.0.0.0/16, got 'x'"):
        given("10.0.0.0/16", public=["x"], private=[], zones=2)


def test_the_smallest_and_the_largest_vpc():
    assert check_vpc("10.0.0.0/16").prefixlen == 16
    assert check_vpc("10.0.0.0/28").prefixlen == 28

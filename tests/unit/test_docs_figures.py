"""Figures that pages say of dev and prod are those of their resources, run offline, and of the table of prices."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pytest

from costs.assumptions import Assumptions
from costs.estimate import Estimate
from costs.prices import prices
from ops import cost, offline
from ops.commands import MISUSED, VIOLATED
from policies.rules import RULES
from tests.docs.pages import ROOT

GROUPS = (
    {"NatGateway", "Eip"},
    {"VpcEndpoint"},
    {"LoadBalancer"},
    {"Service"},
    {"WebAcl"},
    {"Cluster"},
    {"Dashboard", "MetricAlarm", "LogMetricFilter"},
    {"LogGroup", "Bucket", "Repository"},
    {"Key"},
)
"""What the README sums up, by types: each is a figure in brackets there."""
HOURS = 730


@dataclass
class Facts:
    """What is so of a stack."""

    name: str

    @cached_property
    def found(self) -> offline.Stack:
        return offline.run(ROOT, self.name)

    @cached_property
    def estimate(self) -> Estimate:
        return cost.of(self.found, Assumptions()).estimate

    @property
    def all(self) -> int:
        """Resources with components and the stack itself, as the engine counts them."""
        return len(self.found.made) + 1

    @property
    def real(self) -> int:
        """Resources without those."""
        return sum(not one.component for one in self.found.made)

    def usd(self, types: set[str]) -> float:
        return sum(line.usd for line in self.estimate.lines if line.type.rpartition(":")[2] in types)


DEV, PROD = Facts("dev"), Facts("prod")


@pytest.fixture(autouse=True)
def here(at_root):
    """Stacks are run in the program's folder."""


def usd(name: str) -> float:
    return prices("ap-northeast-1").usd[name]


FIGURES: dict[tuple[str, str], Callable[[], float]] = {
    ("README.md", r"`dev` costs about (\d+) USD"): lambda: DEV.estimate.total,
    ("README.md", r"`prod` costs (\d+) USD"): lambda: PROD.estimate.total,
    ("README.md", r"(\d+) resources, \d+ of them AWS's"): lambda: DEV.all,
    ("README.md", r"(\d+) created"): lambda: DEV.all,
    ("README.md", r"(\d+) rules"): lambda: len(RULES),
    ("docs/bad-day.md", r"(\d+) rules, "): lambda: len(RULES),
    ("docs/second-environment.md", r"(\d+) rules, "): lambda: len(RULES),
    ("docs/first-deploy.md", r"(\d+) USD a month at"): lambda: DEV.estimate.total,
    ("docs/first-deploy.md", r"(\d+) cents an hour"): lambda: 100 * DEV.estimate.total / HOURS,
    ("docs/first-deploy.md", r"the tasks' (\d+)"): lambda: DEV.usd({"Service"}),
    ("docs/operations.md", r"Pulumi.prod.yaml makes (\d+) resources"): lambda: PROD.real,
    ("docs/operations.md", r"(\d) the answer is no"): lambda: VIOLATED,
    ("docs/operations.md", r"(\d) it could not be asked"): lambda: MISUSED,
    ("docs/upgrading.md", r"prod against OLD: nothing to do, (\d+) unchanged"): lambda: PROD.all,
    ("docs/network-and-edge.md", r"per_az` \| nothing \| ([\d.]+)"): (
        lambda: HOURS * (usd("nat_gateway_hour") + usd("public_ipv4_hour"))
    ),
    ("docs/network-and-edge.md", r"regional` \| nothing \| ([\d.]+)"): lambda: HOURS * usd("nat_gateway_hour"),
    ("docs/network-and-edge.md", r"its address ([\d.]+)"): lambda: HOURS * usd("public_ipv4_hour"),
    ("docs/network-and-edge.md", r"([\d.]+) an interface endpoint"): lambda: HOURS * usd("endpoint_hour"),
    ("docs/network-and-edge.md", r"([\d.]+) USD a month, and save"): lambda: PROD.usd({"VpcEndpoint"}),
    ("docs/network-and-edge.md", r"([\d.]+) less when `internal`"): lambda: 2 * HOURS * usd("public_ipv4_hour"),
    ("docs/network-and-edge.md", r"metric: ([\d.]+) with one service"): lambda: PROD.usd({"Cluster"}),
    ("docs/network-and-edge.md", r"by the GB: ([\d.]+) \|\n.*access_logs"): (
        lambda: usd("log_gb") + usd("log_storage_gb_month")
    ),
}
"""Where a figure stands, and what it is; as many decimals are compared as the page has."""


@pytest.mark.parametrize(("page", "pattern"), FIGURES, ids=[f"{page}: {pattern}" for page, pattern in FIGURES])
def test_a_figure_is_so(page, pattern):
    said = re.findall(pattern, re.sub(r"(?<!\|)\n", " ", (ROOT / page).read_text(encoding="utf-8")))
    assert said, "the page says it otherwise: change the pattern, or take it out"
    for one in said:
        assert one == f"{FIGURES[page, pattern]():.{len(one.partition('.')[2])}f}"


@pytest.mark.parametrize(
    ("stack", "begin", "end"), [(DEV, "On AWS `dev`", "`prod` costs"), (PROD, "`prod` costs", "[`")]
)
def test_the_parts_of_the_readmes_costs_are_so(stack, begin, end):
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]
    parts = [int(one) for one in re.findall(r"[^\]]\((\d+)", text)]
    groups = [round(stack.usd(types)) for types in GROUPS]
    assert parts == sorted(filter(None, groups), reverse=True)
    assert {line.type.rpartition(":")[2] for line in stack.estimate.lines} <= set().union(*GROUPS)


def test_the_examples_costs_are_so():
    text = (ROOT / "examples/README.md").read_text(encoding="utf-8").replace("\n", " ")
    folders = list(dict.fromkeys(re.findall(r"\]\(([a-z-]+)/?(?:__main__.py|README.md)?\)", text)))[:4]
    said = re.search(r"the first four (\d+), (\d+), (\d+) and (\d+) USD a month", text)
    assert said
    for folder, figure in zip(folders, said.groups(), strict=True):
        assert figure == f"{cost.of_stack(ROOT / 'examples' / folder, 'dev', Assumptions()).estimate.total:.0f}", folder

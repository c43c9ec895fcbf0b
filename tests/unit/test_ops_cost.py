"""`python -m ops cost`, on this program's stacks, on others of it, and on small programs."""

import json
import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from costs import refresh as refreshing
from costs.assumptions import Assumptions
from costs.estimate import estimate
from costs.prices import load
from ops import cost, offline, output, revision
from ops.cli import main
from ops.error import OpsError

from . import cpu_time

ROOT = Path(__file__).resolve().parents[2]
US, TOKYO = "us-east-1", "ap-northeast-1"
PARTS = ("__main__.py", "settings.py", "configuration", "components", "policies", "costs", "app", "Pulumi.yaml")
WALK_THROUGH = {"network": {"nat": "per_az"}, "services": {"web": {"build": "./app", "desired_count": 2}}}
"""Two NAT gateways, one load balancer, two tasks of 0.25 vCPU and 0.5 GB."""
PROGRAM = """
import pulumi_aws as aws
aws.ec2.Eip("one")
"""


@pytest.fixture
def stack(at_root, tmp_path):
    """Write stack files of this program, in a folder of their own that nothing else is written in."""
    folder = tmp_path / "this-program"
    folder.mkdir()
    for part in PARTS:
        (folder / part).symlink_to(at_root / part)

    def write(name="dev", **settings):
        config = {"aws:region": TOKYO, "fargate:environment": "dev"}
        config |= {f"fargate:{key}": value for key, value in {**WALK_THROUGH, **settings}.items()}
        (folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))
        return folder

    return write


@pytest.fixture
def small(tmp_path):
    """Write a program of one address, and its stack file."""
    folder = tmp_path / "small"
    folder.mkdir()

    def write(program=PROGRAM, **config):
        (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
        values = {"aws:region": US, **config}
        (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": values}))
        (folder / "__main__.py").write_text(textwrap.dedent(program))
        return folder

    return write


@pytest.fixture
def ran(monkeypatch, capsys):
    """The command line, in a folder: exit code, output, errors."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(folder, *arguments):
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["ops", "cost", *arguments])
        return main(), *capsys.readouterr()

    return run


GRAPHS = {}
"""Resources of stacks that were run already, by their settings."""


def total(folder, name="dev", region=TOKYO, **assumed):
    """USD a month of a stack, with the prices of any region."""
    key = (folder / f"Pulumi.{name}.yaml").read_text()
    if key not in GRAPHS:
        GRAPHS[key] = offline.run(folder, name).graph
    return estimate(GRAPHS[key], region, Assumptions(**assumed)).total


def within(usd, expected, percent=1):
    return abs(usd - expected) <= expected * percent / 100


# What must be right


@pytest.mark.parametrize(("region", "usd"), [(US, 115.80), (TOKYO, 146.83)])
def test_the_walk_through_s_architecture(stack, region, usd):
    assert within(total(stack(), region=region), usd)


ONE_TASK = {"web": {"build": "./app"}}
SPOT = {"web": {"build": "./app", "desired_count": 2, "capacity": "FARGATE_SPOT"}}
WITHOUT_NAT = {"nat": "none", "endpoints": ["ecr", "logs"]}


@pytest.mark.parametrize(
    ("settings", "in_us", "in_tokyo"),
    [
        ({"network": {}}, 79.30, 97.92),
        ({"network": WITHOUT_NAT}, 86.25, 109.81),
        ({"architecture": "ARM64"}, 112.19, 142.33),
        ({"services": SPOT}, 103.18, 131.09),
        ({"services": SPOT, "architecture": "ARM64"}, 102.10, 129.74),
        ({"services": ONE_TASK}, 106.79, 135.58),
        ({"network": {}, "architecture": "ARM64"}, 75.69, 93.42),
        (
            {
                "network": {},
                "architecture": "ARM64",
                "services": {"web": {**ONE_TASK["web"], "capacity": "FARGATE_SPOT"}},
            },
            63.44,
            78.13,
        ),
    ],
    ids=["one NAT", "endpoints", "ARM", "Spot", "ARM Spot", "one task", "one NAT, ARM", "dev on ARM Spot"],
)
def test_its_variants(stack, settings, in_us, in_tokyo):
    folder = stack(**settings)
    assert within(total(folder, region=US, spot_discount=70), in_us)
    assert within(total(folder, region=TOKYO, spot_discount=70), in_tokyo)


def test_dev_costs_at_most_sixty_percent_of_the_walk_through_in_its_region(at_root, stack):
    dev, walk_through = total(at_root), total(stack())
    assert dev <= 0.6 * walk_through
    assert dev <= 88.10


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_readme_says_what_a_stack_costs(at_root, name):
    usd = round(total(at_root, name))
    assert re.search(
        rf"`{name}`[^`]*? {usd} USD", (at_root / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    )


ADDED = {
    "a web service": ({"web": {"build": "./app"}}, 1.20),
    "a worker": ({"work": {"build": "./app", "kind": "worker"}}, 0.70),
}


@pytest.mark.parametrize("services", ADDED)
def test_what_alarms_and_a_dashboard_cost_is_in_the_documentation(at_root, stack, services):
    given, of_service = ADDED[services]
    has_web = services == "a web service"
    with_alarms = total(stack(services=given, observability={"emails": ["team@example.com"]}))
    of_stack = 3.10 if has_web else 3.00
    assert round(with_alarms - total(stack(services=given)), 2) == round(of_service + of_stack + 1, 2), "and a key"
    told = " ".join((at_root / "docs" / "operations.md").read_text(encoding="utf-8").split())
    assert (
        "8 resources and 1.20 USD a month (1.30 with `container_insights`), a worker 5 and 0.70; a stack 7 and 3.10"
        in told
    )


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_this_program_s_stacks_are_priced_whole(at_root, name):
    found = cost.of_stack(at_root, name, Assumptions()).estimate
    assert not found.not_priced
    assert not found.not_counted


# What the switches cost, as docs/network-and-edge.md says


DOMAIN = {"domain": {"zone": "example.com", "names": ["www.example.com"]}}
SINGLE = {"network": {}}
SWITCHES = {
    "network.nat: per_az": (SINGLE, {"network": {"nat": "per_az"}}, ["48.91"]),
    "network.nat: regional": ({"network": WITHOUT_NAT}, {"network": {**WITHOUT_NAT, "nat": "regional"}}, None),
    "network.nat: none": None,
    "network.endpoints": (SINGLE, {"network": {"endpoints": ["logs"]}}, None),
    "network.ipv6": (SINGLE, {"network": {"ipv6": True}}, []),
    "network.flow_logs": (SINGLE, {"network": {"flow_logs": True}}, ["0.79"]),
    "load_balancer.access_logs": (SINGLE, {**SINGLE, "load_balancer": {"access_logs": True}}, ["0.03"]),
    "load_balancer.firewall": None,
    "load_balancer.domain": (SINGLE, {**SINGLE, "load_balancer": DOMAIN}, []),
    "load_balancer.scheme": None,
    "container_insights": (SINGLE, {**SINGLE, "container_insights": "enabled"}, ["9.60"]),
    "log_retention_days": (SINGLE, {**SINGLE, "log_retention_days": 365}, ["0.37"]),
    "customer_key": (SINGLE, {**SINGLE, "customer_key": True}, ["1"]),
    "permissions_boundary_arn": (
        SINGLE,
        {**SINGLE, "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/x"},
        [],
    ),
    "role_path": (SINGLE, {**SINGLE, "role_path": "/shop/dev/"}, []),
    **{
        f"load_balancer.{key}": (SINGLE, {**SINGLE, "load_balancer": {key.partition(":")[0]: value}}, [])
        for key, value in {
            "desync_mitigation": "strictest",
            "idle_timeout": 50,
            "http2": False,
            "zonal_shift": True,
            "deletion_protection": True,
            "deletion_protection: false": False,
            "allowed_cidrs": ["10.0.0.0/8"],
        }.items()
    },
    "load_balancer.firewall.count_only": None,
}
"""A stack without and with a switch, and the figures of the document that are the difference; None: judged below."""


@pytest.fixture(scope="module")
def document():
    text = (ROOT / "docs/network-and-edge.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^|]*)` \| ([^|]*) \| (.*) \|$", text, re.MULTILINE)
    return {switch: adds for switch, _, adds in rows}


def added(stack, before, after, **assumed):
    return total(stack(**after), **assumed) - total(stack(**before), **assumed)


def test_every_switch_of_the_document_is_judged(document):
    assert document.keys() == SWITCHES.keys()


@pytest.mark.parametrize("switch", [name for name, case in SWITCHES.items() if case and case[2] is not None])
def test_a_switch_costs_what_the_document_says(stack, document, switch):
    before, after, figures = SWITCHES[switch]
    usd = added(stack, before, after)
    if not figures:
        assert usd == pytest.approx(0)
        assert document[switch].startswith("nothing")
    for figure in figures:
        assert abs(usd - float(figure)) < 0.006
        assert figure in re.findall(r"[\d.]*\d", document[switch])


def test_zones_endpoints_firewall_and_other_services_cost_what_the_document_says(stack, document):
    regional = added(stack, {"network": WITHOUT_NAT}, {"network": {**WITHOUT_NAT, "nat": "regional"}}, nat_gb=0)
    assert regional == pytest.approx(2 * (45.26 + 3.65))
    assert {"45.26", "3.65"} <= set(re.findall(r"[\d.]*\d", document["network.nat: regional"]))
    endpoints = added(stack, SINGLE, {"network": {"endpoints": ["ecr", "logs"]}})
    assert endpoints == pytest.approx(3 * 2 * 10.22)
    assert "10.22 an interface endpoint and zone" in document["network.endpoints"]
    firewall = {**SINGLE, "load_balancer": {"firewall": {}}}
    assert added(stack, SINGLE, firewall, million_requests=0, log_gb=0) == pytest.approx(10)
    assert added(stack, SINGLE, firewall, million_requests=1, log_gb=1) == pytest.approx(10.60 + 0.793)
    assert document["load_balancer.firewall"].startswith(
        "5, and 1 a rule or rule group: 10 as it comes; 0.60 a million"
    )
    counting = {**SINGLE, "load_balancer": {"firewall": {"count_only": True}}}
    assert added(stack, firewall, counting) == 0
    insights = {**SINGLE, "container_insights": "enabled"}
    two = {"services": {"web": {"build": "./app"}, "api": {"build": "./app", "paths": ["/api"]}}}
    of_two = added(stack, {**SINGLE, **two}, {**insights, **two}) - added(stack, SINGLE, insights)
    assert of_two == pytest.approx(6.30)
    assert "6.30 for each other" in document["container_insights"]


def test_an_internal_load_balancer_has_no_public_addresses(stack, document):
    internal = {**SINGLE, "load_balancer": {"scheme": "internal"}}
    assert added(stack, SINGLE, internal, internet_gb=0) == pytest.approx(-7.30)
    assert "7.30 less" in document["load_balancer.scheme"]


# What is shown


def test_a_pipe_gets_plain_columns(small, ran):
    code, out, _ = ran(small(**{"fargate:budget": 5}))
    assert code == 0
    assert out.splitlines() == [
        f"dev in us-east-1: USD a month by the prices of {load()['as_of']}, without tax and free tier",
        "assumed (--assume NAME=VALUE): hours=730 scaled=0 spot_discount=0 nat_gb=10 internet_gb=1 "
        "million_requests=0.1 log_gb=1 image_gb=1 file_gb=1 job_minutes=5 insights_metrics=21",
        "component, resource  USD a month  of",
        "the stack itself            3.65",
        "  one (Eip)                 3.65  730 h of address at 0.005",
        "total                       3.65  budget 5.00: 1.35 left",
        "free: 0 resources of 0 types",
    ]


def test_a_terminal_gets_a_table_that_fits(small, ran, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(output, "Console", lambda **more: Console(**more, force_terminal=True, width=60))
    _, out, _ = ran(small(**{"fargate:budget": 3}))
    assert "─" in out
    assert "\x1b[1;31m" in out, "over budget is red"
    assert "budget 3.00: 0.65" in out
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in out.splitlines()[4:]) <= 60


def test_what_is_not_counted_and_not_priced_is_told(small, ran):
    program = """
    import pulumi_aws as aws
    aws.ec2.Eip("one")
    aws.efs.BackupPolicy("files", file_system_id="fs-1", backup_policy={"status": "ENABLED"})
    aws.sqs.Queue("letters")
    aws.dynamodb.Table("data", attributes=[], hash_key="id")
    """
    folder = small(program)
    _, out, _ = ran(folder)
    assert out.splitlines()[-3:] == [
        "not counted: files (BackupPolicy): backups are paid by the GB kept, which the table has not",
        "not priced: aws:dynamodb/table:Table data: nobody has judged what this type costs",
        "free: 1 resources of 1 types",
    ]
    values = json.loads(ran(folder, "--json")[1])
    assert [one["name"] for one in values["not_counted"]] == ["files"]
    assert [one["type"] for one in values["not_priced"]] == ["aws:dynamodb/table:Table"]
    assert values["free"] == {"aws:sqs/queue:Queue": 1}


def test_scripts_get_json(small, ran):
    values = json.loads(ran(small(**{"fargate:budget": 5}), "--json", "--assume", "hours=100")[1])
    assert values["assumptions"]["hours"] == 100
    assert {key: values[key] for key in ("stack", "region", "currency", "budget", "total", "components")} == {
        "stack": "dev",
        "region": US,
        "currency": "USD",
        "budget": 5,
        "total": 0.5,
        "components": {"the stack itself": 0.5},
    }
    assert values["prices_as_of"] == load()["as_of"]
    (one,) = values["resources"]
    assert (one["type"], one["name"], one["usd"]) == ("aws:ec2/eip:Eip", "one", 0.5)


# Two stacks, two revisions


def test_two_stacks_side_by_side(at_root, ran):
    code, out, _ = ran(at_root, "--stack", "dev", "--compare", "prod")
    assert code == 0
    head, *_ = out.splitlines()
    assert head.startswith("dev in ap-northeast-1, prod in ap-northeast-1: USD a month")
    assert re.search(r"^  network-nat-2 \(NatGateway\) +0.00 +45.57 +\+45.57$", out, re.MULTILINE)
    assert re.search(r"^total +86.83 +23\d.\d\d +\+14\d.\d\d$", out, re.MULTILINE)
    assert "(TargetGroup)" not in out


def test_what_differs_is_json_too(at_root, stack, ran):
    folder = stack()
    stack("more", services={"web": {"build": "./app", "desired_count": 3}}, budget=100)
    found = json.loads(ran(folder, "--compare", "more", "--json")[1])
    (change,) = found["changes"]
    assert (change["component"], change["name"]) == ("FargateService web", "web")
    assert found["difference"] == pytest.approx(11.25, abs=0.01)
    assert change["after"] - change["before"] == pytest.approx(found["difference"])
    assert (found["before"]["stack"], found["after"]["stack"]) == ("dev", "more")
    _, out, _ = ran(folder, "--compare", "more")
    assert "more: budget 100.00: 58.23 too much" in out
    gone = json.loads(ran(folder, "--stack", "more", "--compare", "dev", "--json")[1])
    assert gone["difference"] == pytest.approx(-11.25, abs=0.01)


def test_what_is_gone_costs_nothing_any_more(small, ran):
    two = cost.of_stack(small("import pulumi_aws as aws\naws.ec2.Eip('a')\naws.kms.Key('b')\n"), "dev", Assumptions())
    one = cost.of_stack(small("import pulumi_aws as aws\naws.kms.Key('b')\n"), "dev", Assumptions())
    assert [(it.line.name, it.before, it.after) for it in cost.changes(two, one)] == [("a", 3.65, 0)]
    assert [(it.line.name, it.before, it.after) for it in cost.changes(one, two)] == [("a", 0, 3.65)]


def git(folder, *arguments):
    who = ("-c", "user.name=someone", "-c", "user.email=someone@example.com")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(small, monkeypatch):
    """A program under git, with a revision `then` that had one address, and two now."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    folder = small()
    git(folder, "init", "--quiet", "--initial-branch=now")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=then")
    git(folder, "tag", "then")
    (folder / "__main__.py").write_text(f"{PROGRAM}aws.ec2.Eip('two')\n")
    return folder


def test_a_stack_beside_itself_as_it_was(repository, ran):
    before = git(repository, "status", "--porcelain")
    code, out, err = ran(repository, "--against", "then", "--assume", "hours=100")
    assert (code, err) == (0, "")
    assert re.search(r"^total +0.50 +1.00 +\+0.50$", out, re.MULTILINE)
    assert re.search(r"^component, resource +dev at then +dev +difference$", out, re.MULTILINE)
    assert "  two (Eip)" in out
    assert git(repository, "status", "--porcelain") == before
    found = json.loads(ran(repository, "--against", "then", "--json")[1])
    assert [one["name"] for one in found["changes"]] == ["two"]


def test_a_stack_that_costs_the_same_says_so(repository, ran):
    git(repository, "commit", "--quiet", "--all", "--message=now")
    assert "Nothing costs another amount." in ran(repository, "--against", "HEAD")[1]


def test_a_program_in_a_folder_of_its_repository(repository, ran, tmp_path):
    inner = repository / "inner"
    inner.mkdir()
    for file in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        (inner / file).write_bytes((repository / file).read_bytes())
    code, _, err = ran(inner, "--against", "then")
    assert (code, err) == (2, "error: at revision 'then' there was no folder inner/\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=inner")
    assert ran(inner, "--against", "HEAD")[0] == 0


def test_what_was_wrong_then_is_told(repository, ran):
    (repository / "Pulumi.more.yaml").write_text("config: {aws:region: us-east-1}\n")
    code, _, err = ran(repository, "--stack", "more", "--against", "then")
    assert (code, err) == (2, "error: at revision 'then': no stack 'more': there are dev\n")


# Bad input


@pytest.mark.parametrize("name", ["nope", "--output=x", "then:__main__.py"])
def test_a_revision_that_there_is_not(repository, ran, name):
    code, out, err = ran(repository, f"--against={name}")
    assert (code, out) == (2, "")
    assert err == f"error: no revision {name!r} in the git repository of {repository}: git log tells those there are\n"


def test_a_folder_without_a_repository(small, ran, monkeypatch):
    folder = small()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    code, _, err = ran(folder, "--against", "main")
    assert (code, "not a git repository" in err) == (2, True)


def test_a_machine_without_git(small, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OpsError, match="no git on PATH"), revision.checked_out(small(), "main"):
        pass


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--stack", "dv"), "no stack 'dv': there are dev"),
        (("--compare", "dv"), "no stack 'dv': there are dev"),
        (("--assume", "nat_gb=-1"), "--assume: nat_gb must be 0 or more, got -1"),
        (("--compare", "dev", "--against", "main"), "--compare and --against: one of them at a time"),
        (("--compare", ""), "--compare is empty: leave it out, or say with what it is compared"),
        (("--against", " "), "--against is empty: leave it out, or say with what it is compared"),
    ],
)
def test_bad_usage_is_one_message(small, ran, arguments, problem):
    assert ran(small(), *arguments) == (2, "", f"error: {problem}\n")


def test_a_region_without_prices_is_told(small, ran):
    code, _, err = ran(small(**{"aws:region": "eu-west-1"}))
    assert code == 2
    assert err.startswith("error: no prices for region 'eu-west-1': there are those of ap-northeast-1, us-east-1;")


def test_a_budget_that_is_no_number_is_told(small, ran):
    assert "fargate:budget must be a number of USD" in ran(small(**{"fargate:budget": "lots"}))[2]


def test_settings_say_so_in_their_own_words(stack, ran):
    code, _, err = ran(stack(budget="lots"))
    assert (code, "fargate:budget: must be a number without quotes, got 'lots'" in err) == (2, True)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_that_leaves_early_is_no_failure(small, ran, monkeypatch, options):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor has no path
        monkeypatch.setattr("sys.stdout", stream)
        assert ran(small(), *options)[0::2] == (0, "")


# The guard


def test_check_holds_a_stack_to_its_budget(small, monkeypatch, capsys):
    def checked(usd):
        monkeypatch.chdir(small(**{"fargate:budget": usd}))
        monkeypatch.setattr("sys.argv", ["ops", "check", "--json"])
        code, out = main(), capsys.readouterr()
        return code, out

    code, out = checked(3.5)
    (one,) = [one for one in json.loads(out.out)["violations"] if one["rule"] == "within-budget"]
    assert (code, one["resource"]) == (1, "small-dev")
    assert one["got"] == "3.65 USD a month: one (Eip) 3.65, …"
    assert not [one for one in json.loads(checked(3.7)[1].out)["violations"] if one["rule"] == "within-budget"]
    code, out = checked("lots")
    assert (code, "fargate:budget must be a number" in out.err) == (2, True)


# Prices anew


def test_prices_are_written_anew_for_the_stack_s_region_too(small, ran, monkeypatch):
    asked = []
    monkeypatch.setattr(refreshing, "refreshed", lambda region: asked.append(region) or [TOKYO, US])
    code, out, err = ran(small(), "--refresh")
    assert (code, asked) == (0, [US])
    assert (err, out[:16]) == ("prices of ap-northeast-1, us-east-1 written\n", "dev in us-east-1")
    assert json.loads(ran(small(), "--refresh", "--json")[1])["stack"] == "dev"


def test_prices_that_aws_does_not_tell_are_told(small, ran, monkeypatch):
    def refuse(region):
        raise ValueError("lcu_hour of us-east-1: none")

    monkeypatch.setattr(refreshing, "refreshed", refuse)
    assert ran(small(), "--refresh")[0::2] == (2, "error: lcu_hour of us-east-1: none\n")


# Time


@pytest.mark.parametrize(("services", "at_most"), [(1, cpu_time.ONE_SERVICE), (100, cpu_time.HUNDRED_SERVICES)])
def test_an_estimate_takes_little_time(stack, services, at_most):
    each = {f"s{number}": {"build": "./app", "paths": [f"/{number}/*"]} for number in range(services)}
    cpu_time.run(stack(services=each), "cost", at_most=at_most)

"""`python -m ops diagram`: what the graph says is in the picture, and nothing in it overlaps or is cut."""

import itertools
import json
import re
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ops import diagram, offline
from ops.cli import main
from ops.diagram import measure, output
from ops.diagram.architecture import (
    CLIENTS,
    ENDPOINTS,
    GATEWAY,
    INTERNET,
    TASKS,
    Architecture,
    Aside,
    Balancer,
    FileSystem,
    Network,
    Subnet,
    Tasks,
    Way,
    Zone,
)
from ops.diagram.flowchart import flowchart
from ops.diagram.layout import layout
from ops.diagram.picture import SIZES
from ops.diagram.survey import architecture
from ops.diagram.words import some
from ops.stack_file import read

from . import cpu_time

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("__main__.py", "settings.py", "configuration", "components", "policies", "costs", "app", "Pulumi.yaml")
EXAMPLES = ("walk-through", "three-services", "scheduled-job", "sidecar-secret-files")
SUBNETS = {f"{tier}_subnet_ids": [f"subnet-{tier}{index}" for index in (1, 2)] for tier in ("public", "private")}
BUILD = {"build": "./app"}
STACKS = {
    "everything": {
        "customer_key": True,
        "network": {"zones": 3, "nat": "per_az", "endpoints": ["ecr", "logs"]},
        "file_systems": {"uploads": {}},
        "load_balancer": {
            "domain": {"zone": "example.com", "names": ["www.example.com", "api.example.com"]},
            "firewall": {},
            "access_logs": True,
        },
        "services": {
            "web": {
                **BUILD,
                "desired_count": 3,
                "calls": ["api", "search"],
                "secrets": {"DB": {"secret": "prod/database"}, "TOKEN": {"parameter": "/app/token"}},
            },
            "api": {
                **BUILD,
                "paths": ["/api/*"],
                "capacity": "FARGATE_SPOT",
                "cpu": 1024,
                "memory": 2048,
                "scaling": {"min": 2, "max": 10, "cpu": 60},
                "volumes": {"/data": "uploads"},
                "calls": ["search"],
                "headers": {"X-Version": ["2"]},
            },
            "search": {**BUILD, "kind": "internal", "port": 9200, "sidecars": {"proxy": {"image": "e.com/p:1"}}},
            "orders-and-returns-work": {**BUILD, "kind": "worker", "calls": ["search"]},
        },
        "jobs": {
            "nightly": {**BUILD, "schedule": {"expression": "cron(0 3 * * ? *)", "time_zone": "Europe/Berlin"}},
            "clean": {"service": "api", "command": ["clean"], "schedule": "rate(1 hour)", "enabled": False},
        },
    },
    "internal": {
        "network": {"zones": 4, "nat": "none", "endpoints": ["ecr", "logs"], "ipv6": True},
        "load_balancer": {"scheme": "internal"},
        "architecture": "ARM64",
        "services": {"web": {**BUILD, "capacity": {"base": 1, "fargate": 1, "fargate_spot": 3}}},
    },
    "existing": {
        "network": {"existing": {"vpc_id": "vpc-0123456789abcdef0", **SUBNETS}},
        "file_systems": {
            "uploads": {},
            "shared": {"existing": {"access_point_id": "fsap-1", "security_group_id": "sg-1"}},
        },
        "services": {"web": {**BUILD, "volumes": {"/data": "uploads", "/shared": "shared"}}},
    },
    "internal-with-nat": {
        "network": {"nat": "per_az"},
        "load_balancer": {"scheme": "internal"},
        "services": {"web": BUILD},
    },
    "no-balancer": {"network": {"nat": "regional"}, "services": {"queue": {**BUILD, "kind": "worker"}}},
    "closed": {"load_balancer": {"allowed_cidrs": ["203.0.113.0/24"]}, "services": {"web": BUILD}},
    "hundred": {
        "file_systems": {"files": {}},
        "services": {
            f"service-number-{number}": {
                **BUILD,
                **({"paths": [f"/{number}/*"]} if number < 60 else {"kind": "internal"}),
                **({"calls": [f"service-number-{number + 60}"]} if number < 40 else {}),
                **({"volumes": {"/files": "files"}} if number % 10 == 0 else {}),
                **({"port": 9000} if number < 10 else {}),
            }
            for number in range(100)
        },
        "jobs": {"nightly": {**BUILD, "schedule": "rate(1 day)"}, "hourly": {**BUILD, "schedule": "rate(1 hour)"}},
    },
}
"""Settings of stacks, beside dev and prod and the examples."""


def written(folder, **given):
    """A stack file of this program, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    for part in PARTS:
        (folder / part).symlink_to(ROOT / part)
    config = {"aws:region": "eu-west-1", "fargate:environment": "dev"}
    config |= {f"fargate:{key}": value for key, value in given.items()}
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    return folder


def this_program(folder, **given):
    """A stack of this program."""
    return offline.run(written(folder, **given), "dev")


@pytest.fixture(scope="module")
def stacks(tmp_path_factory):
    """The stacks that pictures are made of, by name; each is run once."""
    made = {}

    def stack(name):
        if name not in made:
            if name in STACKS:
                made[name] = this_program(tmp_path_factory.mktemp(name) / "program", **STACKS[name])
            elif name in EXAMPLES:
                made[name] = an_example(tmp_path_factory.mktemp(name), name)
            else:
                made[name] = offline.run(ROOT, name)
        return made[name]

    return stack


def an_example(folder, name):
    """One of the examples that need no network of others."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    for part in ("components", "app"):
        (folder / part).symlink_to(ROOT / part)
    place = folder / "examples" / name
    return offline.run(place, "dev")


ALL = ("dev", "prod", *EXAMPLES, *STACKS)


def words(picture):
    """Every text of a picture, one a line."""
    return "\n".join(text.words for text in picture.texts)


# What the graph says is in the picture


def test_dev_is_told_whole(stacks):
    shown = words(layout(architecture(stacks("dev"))))
    region = read(ROOT, "dev").region
    for fact in (
        *("fargate, stack dev", "Internet", f"Region {region}", "VPC 10.0.0.0/16", "Internet gateway"),
        *(f"zone {region}a", f"zone {region}b", "10.0.128.0/19", "10.0.160.0/19", "10.0.0.0/19"),
        *("10.0.32.0/19", "public subnet", "private subnet", "Public load balancer: balancer", "NAT gateway"),
        *("Tasks on ECS: 1 service", "1 task on Spot", "0.25 vCPU, 0.5 GB", "requests: /*", "HTTP 80", "HTTP 8080"),
        *("HTTPS 443", "Logs (CloudWatch)", "Images (ECR)", "kept 30 days"),
    ):
        assert fact in shown, fact
    assert shown.count("NAT gateway") == 1


def test_prod_has_what_dev_has_not(stacks):
    shown = words(layout(architecture(stacks("prod"))))
    assert shown.count("NAT gateway") == 2
    [name] = read(ROOT, "prod").structured("fargate:load_balancer")["domain"]["names"]
    for fact in (
        *("HTTPS 443, HTTP 80 to HTTPS 443", f"names: {name}", f"certificate: {name} (ACM)"),
        *("firewall: 5 rules (WAF)", "access logs (S3)", "VPC endpoints", "ecr.api, ecr.dkr, logs", "Keys (KMS)"),
        *("2 tasks on Fargate", "kept 365 days", "endpoints by route: s3", "balancer-logs"),
    ):
        assert fact in shown, fact


def test_services_jobs_files_and_secrets(stacks):
    shown = words(layout(architecture(stacks("everything"))))
    for fact in (
        *("Tasks on ECS: 4 services and 2 jobs", "2 to 10 tasks on Spot", "1 vCPU, 2 GB", "X-Version: 2"),
        *("by the clock: cron(0 3 * * ? *) Europe/Berlin", "by the clock: rate(1 hour) UTC, switched off"),
        *("the task of api", "containers: search, proxy", "File system uploads", "encrypted, 3 mount targets"),
        *("/app/token, prod/database", "HTTP 9200", "NFS 2049", "names: api.example.com, www.example.com"),
        "clean-dead-letters",
    ):
        assert fact in shown, fact


def test_an_internal_load_balancer_is_asked_from_the_vpc(stacks):
    of = architecture(stacks("internal"))
    shown = words(layout(of))
    assert "Clients in reach of the VPC" in shown
    assert "Internal load balancer: balancer" in shown
    assert "egress-only internet gateway, for IPv6" in shown
    assert "1 task on Fargate and Spot as 1:3, the first 1 on Fargate" in shown
    assert "0.25 vCPU, 0.5 GB, ARM64" in shown
    assert of.clients == ("10.0.0.0/16",)
    assert "10.0.32.0/19\nIPv6, by AWS" in shown
    assert "2001:db8" not in shown, "it is only pretended"


def test_a_network_of_others_is_shown_by_its_ids(stacks):
    shown = words(layout(architecture(stacks("existing"))))
    assert "VPC vpc-0123456789abcdef0, made elsewhere" in shown
    assert "2 private subnets\nsubnet-private1\nsubnet-private2" in shown
    assert "Internet gateway" not in shown
    assert "File system fsap-1\nmade elsewhere" in shown


def test_who_may_ask_is_said_where_not_everybody_may(stacks):
    assert "only 203.0.113.0/24" in words(layout(architecture(stacks("closed"))))
    assert "only" not in words(layout(architecture(stacks("dev"))))


def test_a_stack_without_a_load_balancer_has_none(stacks):
    shown = words(layout(architecture(stacks("no-balancer"))))
    assert "load balancer" not in shown
    assert "NAT gateway of all zones" in shown


def test_a_hundred_services_are_all_there_in_tables(stacks):
    of = architecture(stacks("hundred"))
    picture = layout(of)
    shown = words(picture)
    lines = shown.splitlines()
    assert all(f"service-number-{number}" in lines for number in range(100))
    for fact in ("50 services", "10 services", "40 services, not behind a load balancer", "2 jobs", "each: "):
        assert fact in shown, fact
    assert "calls service-number-70 (HTTP 8080)" in shown.replace("\n", " ")
    assert "mounts files (NFS 2049)" in shown
    assert {arrow.label.words for arrow in picture.arrows if arrow.label} >= {"HTTP 8080", "HTTP 9000"}
    chart = flowchart(of)
    assert all(re.search(rf"service-number-{number}\b", chart) for number in range(100))


# Arrows


def rules(stack):
    """Ports of a stack's rules of security groups, by logical name."""
    return {
        one.name: int(one.inputs["fromPort"])
        for one in stack.made
        if one.type == "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    }


def named(of):
    """Ways by the names of their ends."""
    names = {one.id: one.name for one in (*of.balancers, *of.tasks, *of.file_systems)}
    return {(names.get(way.source, way.source), names.get(way.target, way.target), way.label) for way in of.ways}


def test_arrows_carry_the_ports_of_the_rules(stacks):
    stack = stacks("everything")
    ports, ways = rules(stack), named(architecture(stack))
    assert {way for way in ways if not way[0].startswith("urn:") and not way[1].startswith("urn:")} == {
        (INTERNET, "balancer", f"HTTP {ports['balancer-http']}"),
        (INTERNET, "balancer", f"HTTPS {ports['balancer-https']}"),
        ("balancer", "web", f"HTTP {ports['web-in']}"),
        ("balancer", "api", f"HTTP {ports['api-in']}"),
        ("web", "api", f"HTTP {ports['web-at-api']}"),
        ("web", "search", f"HTTP {ports['web-at-search']}"),
        ("api", "search", f"HTTP {ports['api-at-search']}"),
        ("clean", "search", f"HTTP {ports['api-at-search']}"),
        ("orders-and-returns-work", "search", f"HTTP {ports['orders-and-returns-work-at-search']}"),
        ("api", "uploads", f"NFS {ports['api-files-uploads']}"),
        ("clean", "uploads", f"NFS {ports['api-files-uploads']}"),
        (TASKS, ENDPOINTS, f"HTTPS {ports['network-endpoints']}"),
        (GATEWAY, INTERNET, "HTTPS 443"),
    }
    out = {way for way in ways if way[0].startswith("urn:") or way[1].startswith("urn:")}
    assert {way[2] for way in out} == {"HTTPS 443"}
    assert len(out) == 6, "to each zone's NAT gateway, and from it"


def test_ipv6_goes_out_without_a_nat_gateway(stacks):
    ways = named(architecture(stacks("internal")))
    assert {(TASKS, GATEWAY, "HTTPS 443"), (GATEWAY, INTERNET, "HTTPS 443")} <= ways
    assert (CLIENTS, "balancer", "HTTP 80") in ways


def test_a_file_system_of_others_is_reached_by_its_group(stacks):
    ways = named(architecture(stacks("existing")))
    assert {("web", "uploads", "NFS 2049"), ("web", "fsap-1", "NFS 2049")} <= ways


@pytest.mark.parametrize("name", ALL)
def test_every_way_is_an_arrow_with_its_label(stacks, name):
    of = architecture(stacks(name))
    picture = layout(of)
    shown = {label for arrow in picture.arrows if arrow.label for label in arrow.label.words.split(", ")}
    told = words(picture)
    for way in of.ways:
        assert way.label in shown or f"({way.label})" in told.replace("\n", " "), way
    chart = flowchart(of)
    assert all(f'"{way.label}"' in chart or way.label in chart for way in of.ways)


def test_a_changed_port_is_seen(tmp_path):
    stack = this_program(tmp_path, services={"web": {**BUILD, "port": 9443}})
    shown = diagram.svg(stack)
    assert "HTTP 9443" in shown
    assert "HTTP 8080" not in shown
    assert "HTTP 9443" in diagram.mermaid(stack)


def test_a_rule_by_hand_is_seen(stacks):
    stack = stacks("dev")
    made = next(one for one in stack.made if one.name == "balancer-http" and "IngressRule" in one.type)
    planted = replace(
        made, urn=f"{made.urn}-planted", name="planted", inputs={**made.inputs, "fromPort": 22, "toPort": 25}
    )
    shown = diagram.svg(replace(stack, made=(*stack.made, planted)))
    assert "HTTP 80, TCP 22-25" in shown


# Geometry

FILLED = {"balancer", "task", "job", "outside", "gate", "nat", "files", "aside"}
"""Boxes that nothing may lie upon."""


def crosses(rectangle, segment, margin=0.0):
    """Whether a straight piece, level or upright, runs through a rectangle."""
    (x1, y1), (x2, y2) = segment
    left, top, right, bottom = rectangle
    return (
        min(x1, x2) < right - margin
        and max(x1, x2) > left + margin
        and min(y1, y2) < bottom - margin
        and max(y1, y2) > top + margin
    )


def edges(one):
    return one.x, one.y, one.right, one.bottom


def inside(inner, outer):
    return (
        outer[0] <= inner[0] + 0.01
        and outer[1] <= inner[1] + 0.01
        and inner[2] <= outer[2] + 0.01
        and inner[3] <= outer[3] + 0.01
    )


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def judge(picture):
    """What is wrong with a picture."""
    page = 0, 0, picture.width, picture.height
    texts = [(text, edges(text)) for text in picture.texts]
    for box in picture.boxes:
        assert inside(edges(box), page), box
        for text in box.texts:
            assert inside(edges(text), edges(box)), (text, box)
    for text, room in texts:
        assert inside(room, page), text
        assert text.width >= measure.width(text.words, SIZES[text.style]), text
        assert text.height >= SIZES[text.style] + 3, "letters reach below the line"
    for (one, first), (other, second) in itertools.combinations(texts, 2):
        assert not overlap(first, second), (one, other)
    filled = [box for box in picture.boxes if box.style in FILLED]
    for one, other in itertools.combinations(filled, 2):
        assert not overlap(edges(one), edges(other)), (one, other)
    for arrow in picture.arrows:
        for piece in itertools.pairwise(arrow.points):
            assert piece[0][0] == piece[1][0] or piece[0][1] == piece[1][1], arrow
            assert all(inside((*end, *end), page) for end in piece), arrow
            for text, room in texts:
                assert not crosses(room, piece), (text, arrow)
            for box in filled:
                assert not crosses(edges(box), piece, 0.5), (box, arrow)


@pytest.mark.parametrize("name", ALL)
def test_nothing_overlaps_is_cut_or_crossed(stacks, name):
    judge(layout(architecture(stacks(name))))


names = st.from_regex(r"[a-z][a-z0-9-]{0,22}[a-z0-9]", fullmatch=True)
labels = st.sampled_from(["HTTP 8080", "HTTPS 443", "TCP 30000-32000", "all traffic"])
texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=["Cs", "Cc"]), max_size=60)
details = st.lists(texts, max_size=4).map(tuple)
subnets = st.lists(st.builds(Subnet, name=names, ranges=st.just(("10.100.128.0/19",))), max_size=2).map(tuple)


@st.composite
def architectures(draw):
    """Any stack, also such as no program would make."""
    balancers = draw(
        st.lists(st.builds(Balancer, id=names, name=names, public=st.booleans(), details=details), max_size=3)
    )
    tasks = draw(st.lists(st.builds(Tasks, id=names, name=names, job=st.booleans(), details=details), max_size=10))
    systems = draw(st.lists(st.builds(FileSystem, id=names, name=names, details=details), max_size=3))
    zones = draw(st.lists(st.builds(Zone, name=names, public=subnets, private=subnets), max_size=4))
    zones = [replace(zone, nats=(f"nat/{at}",) * draw(st.integers(0, 1))) for at, zone in enumerate(zones)]
    balancers = [replace(one, id=f"b/{at}") for at, one in enumerate(balancers)]
    tasks = [replace(one, id=f"t/{at}") for at, one in enumerate(tasks)]
    systems = [replace(one, id=f"f/{at}") for at, one in enumerate(systems)]
    regional = () if any(zone.nats for zone in zones) else ("nat/all",) * draw(st.integers(0, 1))
    network = draw(
        st.none()
        | st.builds(
            Network,
            name=names,
            elsewhere=st.booleans(),
            ranges=st.sampled_from([(), ("10.0.0.0/16",)]),
            zones=st.just(tuple(zones)),
            gateways=st.sampled_from([(), ("internet gateway",)]),
            regional_nats=st.just(regional),
            interfaces=st.sampled_from([(), ("ecr.api", "logs")]),
            by_route=st.sampled_from([(), ("s3",)]),
        )
    )
    nats = [*regional, *(nat for zone in zones for nat in zone.nats)]
    ways = [
        *((INTERNET if one.public else CLIENTS, one.id) for one in balancers),
        *((one.id, task.id) for one in balancers for task in tasks if not task.job),
        *((one.id, other.id) for one, other in itertools.permutations(tasks, 2)),
        *((task.id, system.id) for task in tasks for system in systems),
        *((TASKS, nat) for nat in nats),
        *((nat, GATEWAY) for nat in nats),
        *((TASKS, ENDPOINTS), (TASKS, GATEWAY), (GATEWAY, INTERNET)),
    ]
    drawn = [way for way in ways if draw(st.booleans())] if draw(st.booleans()) and len(ways) < 60 else ways
    return Architecture(
        project=draw(names),
        stack=draw(names),
        region="eu-west-1",
        network=network,
        balancers=tuple(balancers),
        tasks=tuple(tasks),
        file_systems=tuple(systems),
        asides=tuple(draw(st.lists(st.builds(Aside, name=names, details=details), max_size=4))),
        clients=draw(st.sampled_from([(), ("203.0.113.0/24", "10.0.0.0/8")])),
        ways=tuple(Way(source=source, target=target, label=draw(labels)) for source, target in drawn),
    )


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=30,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to make a failure small would take minutes
)
@given(architectures())
def test_no_stack_makes_a_picture_that_overlaps(of):
    judge(layout(of))
    assert flowchart(of).startswith("flowchart TB\n")


# As text


def test_a_picture_needs_nothing_else(stacks):
    shown = diagram.svg(stacks("prod"))
    root = ElementTree.fromstring(shown)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "fargate, stack prod"
    assert re.findall(r"https?://[^\"]+", shown) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<script|<image|<foreignObject|@import|href", shown)
    assert "prefers-color-scheme: dark" in shown
    assert set(re.findall(r' id="([^"]+)"', shown)) == {"ops-diagram-head"}, "it can stand in a page"
    selectors = re.findall(r"^([^{}@\n]+) \{", shown, re.MULTILINE)
    assert selectors
    assert all(one.strip().startswith(".ops-diagram") for line in selectors for one in line.split(","))


AWKWARD = """<b> & "it's" #1; [x](y) {z} | *a* _b_ `c` \\ end"""


def awkward():
    """A stack that is called as nobody would."""
    way = Way(source=INTERNET, target="b", label=AWKWARD)
    balancer = Balancer(id="b", name=AWKWARD, public=True, details=(AWKWARD,))
    return Architecture(
        project=AWKWARD,
        stack="dev",
        region=AWKWARD,
        network=None,
        balancers=(balancer,),
        tasks=(),
        file_systems=(),
        asides=(Aside(name=AWKWARD, details=()),),
        clients=(),
        ways=(way,),
    )


def test_names_are_text_and_nothing_else_in_svg():
    from ops.diagram.drawing import draw

    root = ElementTree.fromstring(draw(layout(awkward())))
    shown = " ".join(str(one.text) for one in root.iter("{http://www.w3.org/2000/svg}text"))
    assert " ".join(AWKWARD.split()) in shown


def test_names_are_text_and_nothing_else_in_mermaid():
    chart = flowchart(awkward())
    for line in chart.splitlines()[1:]:
        inside = re.findall(r'"([^"]*)"', line)
        assert len(inside) == line.count('"') / 2
        for one in inside:
            plain = re.sub(r"<br/>|#\d+;", "", one)
            assert not set(plain) & set('<>&"#[]{}|*_`\\'), line


def test_mermaid_is_a_box_in_a_box(stacks):
    chart = diagram.mermaid(stacks("dev"))
    lines = chart.splitlines()
    assert lines[0] == "flowchart TB"
    assert chart.count("subgraph ") == sum(line.strip() == "end" for line in lines) == 5
    assert [line.strip() for line in lines if "-->" in line] == [
        'internet -- "HTTP 80" --> n3',
        'n3 -- "HTTP 8080" --> n6',
        'tasks -- "HTTPS 443" --> n4',
        'n4 -- "HTTPS 443" --> gateway',
        'gateway -- "HTTPS 443" --> internet',
    ]


def test_the_readme_s_picture_is_today_s(stacks):
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert output.into(page, Path("README.md"), "dev", diagram.mermaid(stacks("dev"))) == page, (
        "python -m ops diagram --stack dev --output README.md"
    )


def test_one_that_is_reached_unlike_all_others_has_a_card():
    tasks = [Tasks(id=f"t{at}", name=f"name-{at}", job=False, details=("alike",)) for at in range(10)]
    ways = [Way(source="b", target=one.id, label="HTTP 8080") for one in tasks[1:]]
    ways += [Way(source="b", target="t0", label="HTTP 9000"), Way(source="b", target="nowhere", label="TCP 1")]
    of = replace(awkward(), tasks=tuple(tasks), ways=tuple(ways))
    judge(layout(of))
    shown = words(layout(of))
    assert "9 services\neach: alike\nname-1\nname-2" in shown
    assert "name-0\nalike" in shown
    assert "TCP 1" not in shown + flowchart(of), "an arrow has two ends"


# Words and widths


def test_what_does_not_fit_is_broken_and_all_of_it_is_there():
    name = "a-very-long-name.of-a-domain.example.com"
    for text, room in ((name, 90), ("W" * 50, 60), (f"names: {name}", 150), ("", 50), ("x", 1)):
        lines = measure.wrap(text, room)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(measure.width(line) <= room for line in lines) or room == 1
    assert measure.wrap("one two", 30) == ["one", "two"]
    assert measure.wrap(name, 130)[0] == "a-very-long-"


def test_bold_and_wide_letters_take_more_room():
    assert measure.width("a", bold=True) > measure.width("a")
    assert measure.width("\u6f22") > measure.width("W") > measure.width("A") > measure.width("a") > measure.width("i")


def test_a_long_list_is_counted():
    assert some(["a", "b"]) == "a, b"
    assert some([*"abcdef"]) == "a, b, c, d, e, f", "one more takes no more room than its count"
    assert some([*"abcdefgh"]) == "a, b, c, d, e and 3 more"


# Programs of others

OTHERS = """
import json
import pulumi_aws as aws

vpc = aws.ec2.Vpc("vpc", cidr_block="10.1.0.0/16")
subnet = aws.ec2.Subnet("one", vpc_id=vpc.id, cidr_block="10.1.0.0/24", availability_zone_id="euw1-az1")
aws.ec2.Subnet("two", vpc_id=vpc.id, cidr_block="10.1.1.0/24")
gateway = aws.ec2.InternetGateway("gateway", vpc_id=vpc.id)
table = aws.ec2.RouteTable("table", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}])
aws.ec2.RouteTableAssociation("one", subnet_id=subnet.id, route_table_id=table.id)
everything = {"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, egress=[everything], ingress=[
    {"protocol": "tcp", "from_port": 0, "to_port": 65535, "self": True, "cidr_blocks": ["10.0.0.0/8"]},
])
edge = aws.ec2.SecurityGroup("edge", vpc_id=vpc.id, ingress=[
    {"protocol": "udp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]},
    {"protocol": "tcp", "from_port": 8443, "to_port": 8443, "security_groups": [group.id]},
])
aws.vpc.SecurityGroupIngressRule("in", security_group_id=group.id, referenced_security_group_id=edge.id,
    ip_protocol="tcp", from_port=aws.ec2.Eip("port").private_ip, to_port=5)
aws.vpc.SecurityGroupIngressRule("own", security_group_id=group.id, referenced_security_group_id=group.id,
    ip_protocol="tcp", from_port=7000, to_port=7000)
balancer = aws.lb.LoadBalancer("edge", security_groups=[edge.id], subnets=[subnet.id])
bare = aws.lb.LoadBalancer("bare", internal=True, subnets=[subnet.id])
target = aws.lb.TargetGroup("t", port=80, protocol="HTTP", vpc_id=vpc.id)
listener = aws.lb.Listener("l", load_balancer_arn=balancer.arn, port=8443, protocol="HTTPS",
    certificate_arn="arn:aws:acm:eu-west-1:123456789012:certificate/1",
    default_actions=[{"type": "forward", "target_group_arn": target.arn}])
aws.wafv2.WebAclAssociation("w", resource_arn=balancer.arn, web_acl_arn="arn:aws:wafv2:elsewhere")
system = aws.efs.FileSystem("files")
definition = aws.ecs.TaskDefinition("d", family="d", cpu="a", memory="512", container_definitions=json.dumps([
    {"name": "one", "portMappings": [{"containerPort": 80}], "secrets": [{"name": "A", "valueFrom": "plain"}, {}]},
]), volumes=[{"name": "v", "efs_volume_configuration": {"file_system_id": system.id}}, {"name": "host"}])
network = {"subnets": [subnet.id], "security_groups": [group.id], "assign_public_ip": True}
aws.ecs.Service("s", task_definition=definition.arn, network_configuration=network, desired_count=1,
    load_balancers=[{"target_group_arn": target.arn, "container_name": "one", "container_port": 80}])
aws.ecs.Service("elsewhere", task_definition="arn:of:another", network_configuration=network, desired_count=2,
    capacity_provider_strategies=[{"capacity_provider": "mine", "weight": 1}, {"capacity_provider": "FARGATE"}])
role = "arn:aws:iam::123456789012:role/r"
aws.scheduler.Schedule("queue", schedule_expression="rate(1 day)", flexible_time_window={"mode": "OFF"},
    target={"arn": "arn:of:queue", "role_arn": role})
aws.scheduler.Schedule("job", schedule_expression="rate(1 day)", flexible_time_window={"mode": "OFF"},
    target={"arn": "arn:of:cluster", "role_arn": role,
            "ecs_parameters": {"task_definition_arn": "arn:of:another", "task_count": 3}})
aws.cloudwatch.LogGroup("for-ever")
aws.cloudwatch.MetricAlarm("alarm", comparison_operator="GreaterThanThreshold", evaluation_periods=1)
aws.ec2.VpcEndpoint("hidden", vpc_id=vpc.id, service_name=aws.ec2.Eip("name").private_ip)
"""


@pytest.fixture
def small(tmp_path):
    """Run a small program."""

    def write(program):
        (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
        (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
        (tmp_path / "__main__.py").write_text(textwrap.dedent(program))
        return offline.run(tmp_path, "dev")

    return write


def test_a_program_of_others_is_drawn_as_well(small):
    of = architecture(small(OTHERS))
    judge(layout(of))
    shown, ways = words(layout(of)).replace("\n", " "), named(of)
    for fact in (
        *("zone euw1-az1", "zone a zone that AWS will know", "1 task", "? vCPU, 0.5 GB", "Secrets, parameters plain"),
        *("its task definition is not of this stack", "3 tasks", "kept for ever", "1 alarm", "firewall (WAF)"),
        *("certificate: made elsewhere (ACM)", "HTTPS 8443", "not encrypted, 0 mount targets", "2 tasks on mine"),
        "Internal load balancer: bare",
    ):
        assert fact in shown, fact
    assert (INTERNET, "edge", "UDP 443") in ways
    assert ("edge", "s", "a port that AWS will know") in ways
    assert {(TASKS, GATEWAY, "all traffic"), (GATEWAY, INTERNET, "all traffic")} <= ways
    assert {("s", "elsewhere", "TCP 7000"), ("elsewhere", "s", "TCP 7000")} <= ways
    assert ("s", "s", "TCP 7000") not in ways
    assert not {way for way in ways if way[1] == "files"}, "no rule lets a task there"


def test_tasks_without_private_subnets_are_in_public_ones(small):
    of = architecture(small(OTHERS))
    assert of.network
    public = replace(of.network, zones=(replace(of.network.zones[1], private=()),))
    assert public.zones[0].public
    picture = layout(replace(of, network=public))
    judge(picture)
    found = {box.style: box for box in picture.boxes}
    assert inside(edges(found["cluster"]), edges(found["public"]))
    assert "private" not in found
    assert "Private" not in flowchart(replace(of, network=public))


def test_a_vpc_alone_has_no_gateway(small):
    of = architecture(small("import pulumi_aws as aws\naws.ec2.Vpc('alone', cidr_block='10.0.0.0/16')\n"))
    assert of.network
    assert (of.network.gateways, of.network.zones) == ((), ())
    judge(layout(of))


def test_a_stack_of_next_to_nothing_is_a_picture(small):
    stack = small("import pulumi_aws as aws\naws.cloudwatch.LogGroup('web', retention_in_days=5)\n")
    judge(layout(architecture(stack)))
    assert "kept 5 days" in diagram.svg(stack)
    assert "kept 5 days" in diagram.mermaid(stack)
    empty = small("import pulumi\n")
    judge(layout(architecture(empty)))
    assert "Region eu-west-1" in diagram.mermaid(empty)


# The command


@pytest.fixture
def ran(monkeypatch, capsys):
    """The command line, in a folder: exit code, output, errors."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(folder, *arguments):
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["ops", "diagram", *arguments])
        return main(), *capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path, small):
    """A program of one log group."""
    small("import pulumi_aws as aws\naws.cloudwatch.LogGroup('web')\n")
    return tmp_path


def test_the_screen_gets_mermaid_unless_svg_is_asked_for(folder, ran):
    assert ran(folder)[1].startswith("flowchart TB\n")
    assert ran(folder, "--format", "mermaid")[1].startswith("flowchart TB\n")
    assert ran(folder, "--format", "svg")[1].startswith("<svg ")


def test_a_file_s_name_says_what_is_in_it(folder, ran):
    assert ran(folder, "--output", "a.svg") == (0, "a.svg\n", "")
    assert (folder / "a.svg").read_text().endswith("</svg>\n")
    ran(folder, "--output", "a.mmd")
    assert (folder / "a.mmd").read_text().startswith("flowchart TB\n")
    ran(folder, "--output", "a.txt", "--format", "svg")
    assert (folder / "a.txt").read_text().startswith("<svg ")


def test_a_page_gets_the_picture_in_its_place(folder, ran):
    page = folder / "page.md"
    page.write_text("a\n<!-- diagram of dev -->\nold\n<!-- end of diagram -->\nb\n<!-- end of diagram -->\n")
    assert ran(folder, "--output", "page.md")[0] == 0
    begin, end = "a\n<!-- diagram of dev -->\n```mermaid\nflowchart TB\n", "```\n<!-- end of diagram -->\nb\n"
    written = page.read_text()
    assert written.startswith(begin)
    assert written.endswith(f"{end}<!-- end of diagram -->\n")
    assert "old" not in written
    ran(folder, "--output", "page.md")
    assert page.read_text() == written


PLACE = "<!-- diagram of dev -->\nold\n<!-- end of diagram -->\n"


@pytest.mark.parametrize(
    ("behind", "problem"),
    [
        ("prose\n<!-- diagram of prod -->\nold\n<!-- end of diagram -->\n", "<!-- diagram of prod --> comes before"),
        ("prose\n", "the page's end comes before"),
        ("```\n<!-- end of diagram -->\n```\n", "the page's end comes before"),
    ],
)
def test_a_place_without_an_end_of_its_own_takes_nothing_of_the_page(folder, ran, behind, problem):
    page = folder / "page.md"
    page.write_text(before := f"a\n<!-- diagram of dev -->\n{behind}")
    code, shown, told = ran(folder, "--output", "page.md")
    assert (code, shown) == (2, "")
    assert f"error: page.md: {problem} the end of the place that begins with <!-- diagram of dev -->" in told
    assert page.read_text() == before


@pytest.mark.parametrize(
    "code",
    [
        f"```markdown\n{PLACE}```\n",
        f"~~~\n```\n{PLACE}~~~\n",
        f"````\n```\n{PLACE}```\n{PLACE}````\n",
        f"- a list\n\n      ```\n{PLACE}      ```\n",
        "    <!-- diagram of dev -->\n    <!-- end of diagram -->\n",
    ],
)
def test_a_place_in_a_block_of_code_is_none(folder, ran, code):
    page = folder / "page.md"
    page.write_text(code)
    assert "page.md has no place for the picture" in ran(folder, "--output", "page.md")[2]
    assert page.read_text() == code
    page.write_text(f"{code}```code``` in a line\n{PLACE}b\n")
    assert ran(folder, "--output", "page.md")[0] == 0
    written = page.read_text()
    assert written.startswith(f"{code}```code``` in a line\n<!-- diagram of dev -->\n```mermaid\nflowchart TB\n")
    assert written.endswith("```\n<!-- end of diagram -->\nb\n")


def test_a_page_keeps_its_line_ends(folder, ran):
    page = folder / "page.md"
    page.write_bytes(f"a\n{PLACE}b".encode().replace(b"\n", b"\r\n"))
    assert ran(folder, "--output", "page.md")[0] == 0
    written = page.read_bytes()
    assert written.startswith(b"a\r\n<!-- diagram of dev -->\r\n```mermaid\r\nflowchart TB\r\n")
    assert written.endswith(b"```\r\n<!-- end of diagram -->\r\nb")
    assert written.count(b"\n") == written.count(b"\r\n")


def test_scripts_get_what_the_picture_shows(folder, ran):
    found = json.loads(ran(folder, "--json")[1])
    assert (found["stack"], found["region"], found["network"], found["ways"]) == ("dev", "eu-west-1", None, [])
    assert found["asides"] == [{"name": "Logs (CloudWatch)", "details": ["1 log group", "kept for ever"]}]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--format", "png"), "--format must be mermaid or svg, got 'png'"),
        (("--output", "a.png"), "--output a.png: end its name in .svg, .mmd, .md, or say --format mermaid or svg"),
        (("--output", "a.md", "--format", "svg"), "--output a.md is for mermaid, but --format says svg"),
        (("--output", "no/a.svg"), "cannot write no/a.svg: No such file or directory"),
        (("--output", "no.md"), "cannot write no.md: No such file or directory"),
        (("--output", "latin.md"), "cannot write latin.md: it is no UTF-8"),
        (("--output", "empty.md"), "empty.md has no place for the picture: put the lines <!-- diagram of dev --> and"),
        (("--output", "a.svg", "--json"), "--json and --output: one of them at a time"),
        (("--stack", "prd"), "no stack 'prd': there are dev"),
    ],
)
def test_what_cannot_be_drawn_is_one_message(folder, ran, arguments, problem):
    (folder / "empty.md").write_text("nothing\n")
    (folder / "latin.md").write_bytes(b"\xe9\n")
    code, shown, told = ran(folder, *arguments)
    assert (code, shown) == (2, "")
    assert told.startswith(f"error: {problem}")
    assert "Traceback" not in told


# Time


@pytest.mark.parametrize(("services", "at_most"), [(1, cpu_time.ONE_SERVICE), (100, cpu_time.HUNDRED_SERVICES)])
def test_a_picture_takes_little_time(tmp_path, services, at_most):
    each = {f"s{number}": {**BUILD, "paths": [f"/{number}/*"]} for number in range(services)}
    folder = written(tmp_path / "program", services=each)
    cpu_time.run(folder, "diagram", "--format", "svg", at_most=at_most)

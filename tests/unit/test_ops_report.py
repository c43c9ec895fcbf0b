"""`python -m ops report`: what is on the page of a stack, and that it needs nothing else."""

import dataclasses
import itertools
import json
import os
import re
import subprocess
import textwrap
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from configuration.job import JobSettings
from configuration.service import ServiceSettings
from ops.cli import main
from ops.report import setting_rows
from ops.report.content import content
from ops.report.page import page
from ops.report.rehearsal import rehearsal
from policies.graph import UNKNOWN
from policies.rules import RULES

from . import cpu_time
from .report_stacks import BREAKOUT, PROMOTED, RICH, SCRIPT, TODAY, many, write

ROOT = Path(__file__).resolve().parents[2]


class Element:
    """One element of a page."""

    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.text = tag, dict(attributes), ""


class Read(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, html):
        super().__init__()
        self.html, self.elements, self.open = html, [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(Element(tag, attrs))
        if tag not in ("meta", "link", "wbr", "br", "img", "hr"):
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attrs):
        self.elements.append(Element(tag, attrs))

    def handle_endtag(self, tag):
        if tag in ("th", "td", "dt", "dd"):
            self.handle_data(" ")
        assert self.open.pop().tag == tag, f"{tag} is not closed where it was opened"

    def handle_data(self, data):
        for one in self.open:
            one.text += data

    def all(self, *tags):
        return [one for one in self.elements if one.tag in tags]

    def section(self, id):
        (found,) = [one for one in self.elements if one.attributes.get("id") == id]
        return re.sub(r"\s+", " ", found.text)


@pytest.fixture
def stack(at_root, tmp_path):
    """Write a stack file of this program, in a folder of its own that nothing else is written in."""
    return lambda **config: write(tmp_path / "this-program", "dev", config or RICH)


@pytest.fixture
def small(tmp_path):
    """Write a small program and its stack file."""

    def write(program, **config):
        (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
        (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {"aws:region": "us-east-1", **config}}))
        (tmp_path / "__main__.py").write_text("import pulumi_aws as aws\n" + textwrap.dedent(program))
        return tmp_path

    return write


@pytest.fixture
def ran(monkeypatch, capsys):
    """The command line, in a folder: exit code, output, errors."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(folder, *arguments):
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["ops", "report", *arguments])
        return main(), *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The content of a stack that says a lot."""
    return content(write(tmp_path_factory.mktemp("rich"), "dev", RICH), "dev", TODAY)


@pytest.fixture(scope="module")
def rich(told):
    """Its page, taken apart."""
    return Read(page(told))


# What is on it


def test_the_head_says_which_stack_it_is(rich):
    head = re.sub(r"\s+", " ", rich.all("header")[0].text)
    assert "Stack dev (staging)" in head
    assert "Region ap-northeast-1" in head
    assert "Accounts 123456789012, 210987654321" in head
    assert str(TODAY) in head
    assert rich.all("html")[0].attributes["lang"] == "en"
    assert "dev of fargate" in rich.all("title")[0].text


def test_what_matters_is_told_first(rich):
    tiles = [
        re.sub(r"\s+", " ", one.text).strip()
        for one in rich.all("a")
        if one.text.strip().startswith(("Cost\n", "Policies\n"))
    ]
    cost, policies = tiles
    assert re.fullmatch(r"Cost [\d.]+ USD a month; budget 900.00: [\d.]+ left; 1 resource in no sum", cost)
    assert re.fullmatch(r"Policies \d+ violations 2 exceptions, the next ends in 11 days", policies)
    order = [one.attributes["id"] for one in rich.all("section") if "id" in one.attributes]
    assert order == ["picture", "cost", "policies", "services", "jobs", "files", "network", "rehearsal", "resources"]


@pytest.mark.parametrize(
    "fact",
    [
        "web web built from ./app 9000 www.example.com 3 to 17 0.5 vCPU, 2 GB 2 on Fargate, then 1 : 3 of Fargate and "
        "Spot canary",
        "ledger internal public.ecr.aws/books/ledger:7 8080 those of web 1 0.25 vCPU, 0.5 GB Fargate rolling",
        "mailer worker team/mailer:v3 none nobody's 1 0.25 vCPU, 0.5 GB Spot rolling",
        f"old web promoted from {PROMOTED} 8080 /old/*, GET",
        *("build.args.LEVEL info", "port 9000", "hosts www.example.com", "cpu 512", "memory 2048", "calls ledger"),
        *("scaling.min 3", "scaling.max 17", "scaling.cpu 61", "scaling.scale_in_cooldown 300 default"),
        *("health_check.path /are-you-well", "health_check.interval 7", "health_check.timeout 4 default"),
        *("deployment.strategy canary", "deployment.percent 12.5", "timeout_minutes 33", "start_period 91"),
        *("pre_deploy.command /bin/migrate, --all", "pre_deploy.minutes 15 default", "stop_timeout 30 default"),
        *(
            "secrets.STRIPE_KEY.secret prod/stripe",
            "secrets.STRIPE_KEY.key live",
            "secrets.FLAGS.parameter /shop/flags",
        ),
        *("permissions.0.actions s3:GetObject", "permissions.0.resources arn:aws:s3:::shelf/*"),
        *("volumes./uploads.file_system uploads", "sidecars.proxy.image envoy:v1", "sidecars.proxy.command --quiet"),
        *("capacity.base 2", "execute_command no default", "paths none default", "image not set default"),
        f"environment.GREETING {SCRIPT}",
    ],
)
def test_every_setting_of_a_service_is_there(rich, fact):
    assert fact in rich.section("services")


def test_jobs_file_systems_network_and_edge_are_there(rich):
    jobs, files, network = map(rich.section, ("jobs", "files", "network"))
    assert "tidy cron(0 3 * * ? *) in UTC the task of service web the service's Fargate" in jobs
    assert "count rate(2 hours) in Asia/Tokyo alpine:3 1 vCPU, 2 GB Fargate" in jobs
    assert "command tidy" in jobs
    assert "uploads setting value user 1000 default group 1000 default throughput bursting" in files
    for fact in ("nat per_az", "zones 3", "cidr 10.0.0.0/16 default", "domain.names www.example.com, api.example.com"):
        assert fact in network
    for fact in (
        "firewall.rate_limit 1234",
        "access_logs yes",
        "deletion_protection no default",
        "force_delete yes default",
    ):
        assert fact in network


def test_a_job_of_a_service_has_no_settings_of_its_own_task(told):
    names = {
        job["name"]: {row["name"].partition(".")[0] for group in job["groups"] for row in group["settings"]}
        for job in told["settings"]["jobs"]
    }
    assert names["tidy"] == {"schedule", "service", "command", "capacity", "enabled"}
    assert names["count"] >= {"schedule", "image", "cpu", "memory", "stop_timeout"}


def test_policies_are_told_with_their_exceptions(rich):
    policies = rich.section("policies")
    assert f"Not passed : {len(RULES)} rules," in policies.replace("passed:", "passed :")
    assert f"Until {TODAY + timedelta(11)} 11 days left no need of" in policies
    assert f"Until {TODAY + timedelta(40)} 40 days left no key yet log-encrypted for web*" in policies
    assert "2020-01-31 log-retention: forgotten. Renew or remove it." in policies
    assert f"No longer needed: the exception of target-encrypted for nobody until {TODAY}" in policies
    assert re.search(r"2 findings that it accepts .* vpc-flow-logs network Vpc", policies)
    assert "violation" not in " ".join(one.text for one in rich.all("summary") if "vpc-flow-logs" in one.text)
    assert re.search(r"low log-encrypted \d violations? To end (them|it): `customer_key: true`", policies)


def test_an_exception_that_ends_soon_stands_out(rich):
    days = [one for one in rich.all("span") if one.text.endswith("days left")]
    assert [(one.text, one.attributes["class"]) for one in days] == [("11 days left", "bad"), ("40 days left", "quiet")]


def test_cost_is_told_by_component_and_resource(rich, told):
    cost, shown = told["cost"], rich.section("cost")
    assert f"Total {cost['total']:,.2f}" in shown
    assert "Budget 900.00" in shown
    for component, usd in cost["components"].items():
        assert f"{component} {usd:,.2f}" in shown
    for line in cost["resources"]:
        assert f"{line['name']} {line['type'].rpartition(':')[2]} {line['usd']:,.2f} {line['what']}" in shown
    for name, value in cost["assumptions"].items():
        assert f"{name} {value:g}" in shown
    for line in cost["not_counted"]:
        assert f"In no sum: {line['name']}" in shown


def test_a_stack_over_its_budget_says_so(stack):
    found = page(content(stack(**{**RICH, "fargate:budget": 5}), "dev", TODAY))
    assert re.search(
        r'<strong class="bad">[\d.]+ USD</strong>\s+<span class="note">a month; budget 5.00: [\d.]+ too much', found
    )


def test_a_region_without_prices_has_a_page_all_the_same(stack, ran):
    folder = stack(**{**RICH, "aws:region": "eu-west-1"})
    assert ran(folder)[::2] == (0, "")
    told = Read((folder / "report-dev.html").read_text(encoding="utf-8"))
    assert "no prices for region 'eu-west-1'" in told.section("cost")
    assert "eu-west-1 has no prices here" in told.section("main")


def test_what_is_rehearsed_is_told_by_what_the_local_cloud_declares(rich):
    told = rich.section("rehearsal")
    assert "recorded only: no metric changes the number of tasks" in told
    assert "made, without effect: no packet meets it: tasks are containers on Docker's bridge" in told
    assert "in part: accessLogs: the bucket stays empty" in told
    assert "localcloud/README.md" in told


def test_every_resource_is_listed(rich, told):
    shown = rich.section("resources")
    assert len(told["resources"]) > 100
    for one in told["resources"]:
        assert one["name"] in shown
        assert one["type"] in shown


def test_the_stacks_of_this_checkout_have_a_page(at_root):
    for name in ("dev", "prod"):
        found = Read(page(content(at_root, name, TODAY)))
        assert f"Stack {name}" in found.all("h1")[0].text
        assert not found.open


# What it does not do


def test_whatever_a_stack_file_says_is_escaped(rich):
    assert SCRIPT not in rich.html
    assert not rich.all("script", "img", "iframe", "object", "form")
    assert BREAKOUT in rich.section("policies")
    assert not [name for one in rich.elements for name in one.attributes if name.startswith("on")]


def test_values_that_look_like_secrets_are_not_shown(told):
    found = json.dumps(told)
    assert "hunter2" not in found
    assert "t0psecret" not in found
    assert found.count(setting_rows.HIDDEN) == 2


def test_nothing_is_asked_of_any_other_place(rich):
    for one in rich.elements:
        for name in ("href", "src", "srcset", "action", "data", "poster", "xlink:href"):
            assert one.attributes.get(name, "#").startswith(("#", "data:,")), (one.tag, one.attributes)
    assert not re.search(r"url\((?!#)|@import|@font-face", rich.html)
    assert set(re.findall(r"https?://[^\s\"'<)]+", rich.html)) <= {"http://www.w3.org/2000/svg"}
    (policy,) = [one.attributes["content"] for one in rich.all("meta") if one.attributes.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


def test_who_cannot_see_it_finds_the_way(rich):
    levels = [int(one.tag[1]) for one in rich.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert {len(rich.all(tag)) for tag in ("header", "nav", "main", "footer")} == {1}
    assert all(one.attributes.get("scope") in ("col", "row", "rowgroup") for one in rich.all("th"))
    assert len(rich.all("caption")) == len(rich.all("table"))
    assert len(rich.all("summary")) == len(rich.all("details"))
    ids = [one.attributes["id"] for one in rich.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    links = [one.attributes["href"] for one in rich.all("a")]
    assert {link.removeprefix("#") for link in links} <= set(ids)
    boxes = [one for one in rich.all("div") if "scroll" in one.attributes.get("class", "")]
    assert all(one.attributes["tabindex"] == "0" and one.attributes["aria-label"] for one in boxes)


# Where it goes


def test_the_page_is_written_and_its_place_printed(stack, ran):
    folder = stack()
    assert ran(folder) == (0, "report-dev.html\n", "")
    assert (folder / "report-dev.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert ran(folder, "--output", "other.html")[:2] == (0, "other.html\n")
    assert (folder / "other.html").is_file()


def test_a_dash_is_standard_output(stack, ran):
    folder = stack()
    code, out, _ = ran(folder, "--output", "-")
    assert (code, out[:15]) == (0, "<!DOCTYPE html>")
    assert not list(folder.glob("*.html"))


def test_scripts_get_the_same_content(stack, ran):
    folder = stack()
    assert json.loads(ran(folder, "--json")[1]) == json.loads(json.dumps(content(folder, "dev", date.today())))
    assert not list(folder.glob("*.html"))
    refused = (2, "", "error: --json and --output: one of them at a time\n")
    assert ran(folder, "--json", "--output", "dev.html") == refused
    assert not list(folder.glob("*.html"))


def test_a_folder_is_read_from_wherever_one_is(stack, tmp_path, monkeypatch):
    folder = stack()
    monkeypatch.chdir(tmp_path)
    assert content(folder, "dev", TODAY)["settings"]["services"]


def test_an_unknown_stack_is_one_message(stack, ran):
    assert ran(stack(), "--stack", "dve") == (2, "", "error: no stack 'dve': there are dev\n")


def test_a_file_that_cannot_be_written_is_one_message(stack, ran):
    problem = "error: cannot write nowhere/dev.html: No such file or directory; --output names another file\n"
    assert ran(stack(), "--output", "nowhere/dev.html") == (2, "", problem)


def test_a_wrong_exception_is_one_message(stack, ran):
    code, _, err = ran(stack(**{**RICH, "fargate:exceptions": [{"rules": []}]}))
    assert code == 2
    assert "Traceback" not in err


# Other programs


def test_another_program_has_a_page_without_settings(small):
    found = Read(page(content(small("aws.ec2.Eip('one')"), "dev", TODAY)))
    assert not [one for one in found.elements if one.attributes.get("id") in ("services", "network")]
    assert "Total 3.65" in found.section("cost")
    assert "any: the file names none" in found.all("header")[0].text
    assert "one" in found.section("resources")


def test_what_another_program_says_under_this_one_s_keys_is_told(small, ran):
    code, _, err = ran(small("", **{"fargate:services": {"web": 5}}))
    assert code == 2
    assert err.startswith("error: Pulumi.dev.yaml has ")


def test_what_nobody_has_priced_is_told(small):
    found = content(small("aws.dynamodb.Table('data', attributes=[], hash_key='id')"), "dev", TODAY)
    told = Read(page(found))
    assert "In no sum: data (Table): nobody has judged what this type costs" in told.section("cost")
    assert "refused: nobody has declared the type 1 resource data (Table)" in told.section("rehearsal")


def test_a_folder_without_repository_has_no_revision(small, monkeypatch):
    folder = small("")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    found = content(folder, "dev", TODAY)
    assert found["revision"] is None
    assert "Revision" not in page(found)
    monkeypatch.setenv("PATH", "")
    assert content(folder, "dev", TODAY)["revision"] is None


def test_the_revision_says_whether_all_is_committed(small, monkeypatch):
    folder = small("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    who = ("-c", "user.name=someone", "-c", "user.email=someone@example.com")
    for step in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message=one"), ("tag", "v1")):
        subprocess.run(["git", *who, *step], cwd=folder, check=True)
    clean = content(folder, "dev", TODAY)
    assert re.fullmatch("[0-9a-f]{7,}", clean["revision"])
    assert "not committed" not in page(clean)
    (folder / "__main__.py").write_text("\n")
    dirty = content(folder, "dev", TODAY)
    assert dirty["revision"] == f"{clean['revision']}-dirty"
    assert f"<code>{clean['revision']}</code>, and what is not committed" in page(dirty)


# What is rehearsed


def made(kind, **inputs) -> Any:
    return SimpleNamespace(type=kind, name="x", inputs=inputs)


@pytest.mark.parametrize(
    ("resource", "extent", "missing"),
    [
        (made("aws:iam/role:Role"), "no known difference", []),
        (made("docker:index/image:Image"), "no known difference", []),
        (
            made("aws:ec2/natGateway:NatGateway"),
            "made, without effect",
            ["no packet meets it: tasks are containers on Docker's bridge"],
        ),
        (
            made("aws:lb/targetGroup:TargetGroup", slowStart=30),
            "in part",
            ["slowStart: a new target gets its full share at once"],
        ),
        (made("aws:lb/targetGroup:TargetGroup"), "no known difference", []),
        (
            made("aws:ecr/replicationConfiguration:ReplicationConfiguration"),
            "recorded only",
            ["no image is copied to another region or account"],
        ),
        (made("aws:nothing/of:This"), "refused", ["nobody has declared the type"]),
        (
            made("aws:efs/backupPolicy:BackupPolicy", backupPolicy=UNKNOWN),
            "in part",
            ["depends on what only AWS will tell"],
        ),
    ],
)
def test_how_far_a_resource_is_rehearsed(resource, extent, missing):
    found = rehearsal([resource]) or {}
    assert found["extents"] == {extent: 1}
    assert [one["what"] for one in found["missing"]] == missing
    assert all(one["extent"] == extent for one in found["missing"])


def test_what_is_in_no_cloud_is_not_counted():
    found = rehearsal([made("fargate:index:Network"), made("random:index/randomPet:RandomPet")])
    assert found == {"resources": 0, "extents": {}, "missing": []}


@pytest.mark.usefixtures("without_local_cloud")
def test_without_the_local_cloud_s_packages_the_page_says_so(small):
    found = content(small("aws.ec2.Eip('one')"), "dev", TODAY)
    assert found["rehearsal"] is None
    assert "The packages of the local cloud are not installed here" in page(found)


# Settings as rows


@dataclasses.dataclass(frozen=True)
class Inner:
    needed: str
    words: tuple[str, ...] = ()
    more: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Quiet:
    words: tuple[str, ...] = ()
    switch: bool | None = None


class Part(BaseModel):
    novel: int = 5
    switch: bool = True
    empty: str = ""
    inner: Inner | None = None
    several: tuple[Inner, ...] = ()
    quiet: Quiet = Quiet()
    given: Quiet | None = None
    address: str = ""


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({}, [("novel", "5", True), ("switch", "yes", True), ("empty", '""', True), ("inner", "not set", True)]),
        ({"novel": 6, "switch": False, "empty": "e"}, [("novel", "6", False), ("switch", "no", False)]),
        ({}, [("quiet", "none", True), ("several", "none", True)]),
        ({}, [("given", "not set", True)]),
        ({"given": Quiet()}, [("given", "by its defaults", False)]),
        ({"quiet": Quiet(switch=False)}, [("quiet.switch", "no", False)]),
        ({"inner": Inner("a")}, [("inner.needed", "a", False)]),
        ({"inner": Inner("a", ("b", "c"), {"K": "v"})}, [("inner.words", "b, c", False), ("inner.more.K", "v", False)]),
        ({"several": (Inner("a"), Inner("b"))}, [("several.0.needed", "a", False), ("several.1.needed", "b", False)]),
        ({"inner": Inner("a", (), {"PASSWORD": "p"})}, [("inner.more.PASSWORD", setting_rows.HIDDEN, False)]),
        ({"address": "https://me:pw@host"}, [("address", setting_rows.HIDDEN, False)]),
    ],
)
def test_settings_become_rows(part, expected):
    found = setting_rows.rows(Part(**part), [*Part.model_fields])
    assert set(expected) <= set(found)


def test_a_setting_that_nobody_has_placed_comes_last():
    (group,) = setting_rows.groups(Part(), ["novel"], {})
    assert group == {"title": "More", "settings": [{"name": "novel", "value": "5", "default": True}]}


def test_every_setting_of_services_and_jobs_is_placed():
    placed = {name for names in setting_rows._GROUPS.values() for name in names}
    assert {*ServiceSettings.model_fields, *JobSettings.model_fields} == placed


# Many services, and time


@pytest.mark.parametrize(("services", "at_most"), [(1, cpu_time.ONE_SERVICE), (100, cpu_time.HUNDRED_SERVICES)])
def test_a_report_takes_little_time(stack, services, at_most):
    folder = stack(**many(services))
    cpu_time.run(folder, "report", at_most=at_most)
    found = Read((folder / "report-dev.html").read_text(encoding="utf-8"))
    opened = [one for one in found.all("details") if "open" in one.attributes]
    assert len(opened) == (1 if services == 1 else 0), "long lists are closed at first"
    assert ("others" in found.section("cost")) == (services == 100)

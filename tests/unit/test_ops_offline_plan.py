"""The plan by the program: small programs, as they were and as they are. tests/local/test_plan.py has the engine's."""

import asyncio
import os
import pickle
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest
import yaml

from ops import cli, offline, offline_plan, write_stack
from ops.interruptions import GONE_MEANWHILE, STAYS, interruption
from policies.graph import UNKNOWN

ROOT = Path(__file__).resolve().parents[2]
VPC, SUBNET, LOGS = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:cloudwatch/logGroup:LogGroup"
PROGRAM = """
import pulumi
import pulumi_aws as aws

class Part(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("small:index:Part", name, {}, opts)
        self.logs = aws.cloudwatch.LogGroup(f"{name}-logs", opts=pulumi.ResourceOptions(parent=self))
"""
NETWORK = """
vpc = aws.ec2.Vpc("main", cidr_block=%r)
aws.ec2.Subnet("inner", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder under git for a program and its stack's file; each `write` replaces them, each `keep` is a revision."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path)


class Repository:
    def __init__(self, folder):
        self.folder = folder
        (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
        self._git("init", "--quiet", "--initial-branch=main")

    def write(self, program, **config):
        (self.folder / "__main__.py").write_text(PROGRAM + textwrap.dedent(program))
        values = {"aws:region": "eu-west-1", **{key.replace("_", ":", 1): value for key, value in config.items()}}
        (self.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": values}))

    def keep(self):
        self._git("add", ".")
        self._git("commit", "--quiet", "--message=then")

    def _git(self, *arguments):
        who = ("-c", "user.name=someone", "-c", "user.email=someone@example.com")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True)

    def stack(self, program, **config):
        self.write(program, **config)
        return offline.run(self.folder, "dev")

    def plan(self, before, after, config_before=None, config_after=None):
        """What one program changes of another, both run here."""
        then = self.stack(before, **(config_before or {}))
        now = self.stack(after, **(config_after or config_before or {}))
        return offline_plan.compared(then, now, "then")


def told(found):
    return [(one.op, one.name, one.because) for one in found.changes]


def test_a_program_as_it_was_is_unchanged(repository):
    found = repository.plan('Part("a")', 'Part("a")')
    assert (told(found), found.unchanged, found.against) == ([], 3, "then")
    assert found.note == "by the program at then and now, not by what is deployed"


def test_resources_come_and_go(repository):
    found = repository.plan('Part("a")', 'Part("b")')
    assert told(found) == [("delete", "a-logs", ()), ("create", "b-logs", ())]
    assert [(one.component, one.interruption) for one in found.changes] == [
        ("Part a", "the logs in it are deleted"),
        ("Part b", ""),
    ]
    assert found.unchanged == 1, "the stack itself"


def test_a_change_in_place(repository):
    found = repository.plan(
        'aws.cloudwatch.LogGroup("a", retention_in_days=1)', 'aws.cloudwatch.LogGroup("a", retention_in_days=7)'
    )
    assert told(found) == [("update", "a", ("retentionInDays",))]
    assert found.changes[0].interruption == ""


def test_an_id_that_is_given_anew_is_followed(repository):
    found = repository.plan(NETWORK % "10.0.0.0/16", NETWORK % "10.0.0.0/20")
    assert told(found) == [("replace", "inner", ("vpcId",)), ("replace", "main", ("cidrBlock",))]
    assert all(one.interruption for one in found.changes)


def test_what_does_not_hold_the_id_stays(repository):
    program = """
    vpc = aws.ec2.Vpc("main", cidr_block=%r)
    aws.cloudwatch.LogGroup("a", name=vpc.id.apply(lambda _: "logs"))
    """
    found = repository.plan(program % "10.0.0.0/16", program % "10.0.0.0/20")
    assert [one.name for one in found.changes] == ["main"]


def test_an_id_that_moved_with_its_resource_is_another(repository):
    after = NETWORK.replace("cidr_block=%r", "cidr_block=%r, opts=pulumi.ResourceOptions(parent=Part('a'))")
    found = repository.plan(f"Part('a'){NETWORK % '10.0.0.0/16'}", after % "10.0.0.0/16")
    assert {one[:2] for one in told(found)} == {("delete", "main"), ("create", "main"), ("replace", "inner")}


def test_an_image_that_is_built_anew_has_another_digest(repository):
    program = """
    import pulumi_docker as docker
    image = docker.Image("web", image_name=%r, build={"context": "."})
    aws.cloudwatch.LogGroup("a", tags={"image": image.repo_digest})
    """
    found = repository.plan(program % "example.com/web:1", program % "example.com/web:2")
    assert told(found) == [("update", "a", ("tags",)), ("update", "web", ("imageName",))]


def test_what_a_program_says_of_its_changes(repository):
    program = """
    target = aws.ec2.Vpc("vpc", cidr_block=%r)
    ignoring = pulumi.ResourceOptions(ignore_changes=["retentionInDays"])
    aws.cloudwatch.LogGroup("ignored", retention_in_days=%d, opts=ignoring)
    replacing = pulumi.ResourceOptions(replace_on_changes=["retentionInDays"])
    aws.cloudwatch.LogGroup("anew", retention_in_days=%d, opts=replacing)
    aws.cloudwatch.LogGroup("followed", opts=pulumi.ResourceOptions(replacement_trigger=target.arn))
    aws.cloudwatch.LogGroup("set-off", opts=pulumi.ResourceOptions(replacement_trigger=%r))
    aws.cloudwatch.LogGroup("kept", retention_in_days=1, name=%r, opts=pulumi.ResourceOptions(retain_on_delete=True))
    aws.efs.MountTarget("first", file_system_id="fs-1", subnet_id=%r,
                        opts=pulumi.ResourceOptions(delete_before_replace=True))
    aws.iam.RolePolicyAttachment("policy", role="a", policy_arn=%r,
                        opts=pulumi.ResourceOptions(delete_before_replace=True))
    """
    found = repository.plan(
        program % ("10.0.0.0/16", 1, 1, "a", "a", "subnet-1", "arn:1"),
        program % ("10.0.0.0/20", 7, 7, "b", "b", "subnet-2", "arn:2"),
    )
    assert {one.name: (one.op, one.because) for one in found.changes} == {
        "anew": ("replace", ("retentionInDays",)),
        "followed": ("replace", ()),
        "set-off": ("replace", ()),
        "kept": ("replace", ("name",)),
        "first": ("replace", ("subnetId",)),
        "policy": ("replace", ("policyArn",)),
        "vpc": ("replace", ("cidrBlock",)),
    }
    means = {one.name: one.interruption for one in found.changes}
    assert (means["kept"], means["policy"]) == (STAYS, GONE_MEANWHILE)


def test_a_type_that_nobody_declared_may_be_replaced(repository):
    program = 'aws.rds.Instance("db", instance_class=%r, opts=pulumi.ResourceOptions(ignore_changes=%r))'
    found = repository.plan(program % ("small", []), program % ("large", []))
    assert told(found) == [("change", "db", ("instanceClass",))]
    assert found.changes[0].interruption.startswith("if it is replaced, the new one is empty")
    assert not repository.plan(program % ("small", []), program % ("large", ["instanceClass"])).changes


@pytest.mark.usefixtures("without_local_cloud")
def test_without_the_local_cloud_any_type_may_be_replaced(repository):
    found = repository.plan(NETWORK % "10.0.0.0/16", NETWORK % "10.1.0.0/16")
    assert told(found) == [("change", "main", ("cidrBlock",))]
    assert "; the local cloud is not installed, which knows what is replaced" in found.note


def test_only_a_change_or_a_replacement_may_interrupt():
    assert interruption("aws:ecs/taskDefinition:TaskDefinition", "change") == ""
    assert interruption("aws:rds/instance:Instance", "create") == ""


def test_what_nobody_misses_for_a_moment_does_not_interrupt():
    assert interruption("aws:ecr/lifecyclePolicy:LifecyclePolicy", "replace", deleted_first=True) == ""
    assert interruption("aws:ecs/clusterCapacityProviders:X", "replace", deleted_first=True) == GONE_MEANWHILE


@pytest.mark.parametrize(
    ("before", "after", "op", "because"),
    [
        ({"tags": {"team": "a"}}, {"tags": {"team": "b"}}, "update", ("tagsAll",)),
        (None, {"tags": {"team": "b"}}, "update", ("tagsAll",)),
        ({"tags": "wrong"}, None, "", ()),
    ],
)
def test_tags_of_the_whole_stack(repository, before, after, op, because):
    configs = [{"aws_defaultTags": tags} if tags else {} for tags in (before, after)]
    found = repository.plan('Part("a")', 'Part("a")', *configs)
    assert told(found) == ([(op, "a-logs", because)] if op else [])


def test_another_region_makes_everything_anew(repository):
    program = 'aws.rds.Instance("db", instance_class="a")\nPart("a")'
    found = repository.plan(program, program, {}, {"aws_region": "us-east-1"})
    assert told(found) == [("replace", "db", ("region",)), ("replace", "a-logs", ("region",))]


def test_a_name_of_its_own_stays_when_none_is_given_any_more(repository):
    found = repository.plan('aws.cloudwatch.LogGroup("a", name="b")', 'aws.cloudwatch.LogGroup("a")')
    assert told(found) == []


ALIASED = 'Part("%s", opts=pulumi.ResourceOptions(aliases=[%s]))'


@pytest.mark.parametrize(
    "alias",
    [
        'pulumi.Alias(name="a")',
        '"urn:pulumi:dev::small::small:index:Part::a"',
        'pulumi.Alias(name="a", parent=pulumi.ROOT_STACK_RESOURCE)',
    ],
)
def test_what_goes_by_another_name_is_the_same_with_all_that_is_in_it(repository, alias):
    found = repository.plan('Part("a")', ALIASED % ("b", alias))
    assert (told(found), found.unchanged) == ([], 3)


def test_a_child_whose_name_did_not_follow_its_parent_s(repository):
    child = 'aws.cloudwatch.LogGroup("logs", opts=pulumi.ResourceOptions(parent=part))'
    before = f'part = Part("a")\n{child}'
    alias = 'pulumi.Alias(name="a", type_="small:index:Part")'
    after = f"part = {ALIASED % ('b', alias)}\n{child}"
    assert told(repository.plan(before, after)) == []


def test_a_resource_of_its_own_name_that_had_no_parent(repository):
    after = """
    options = pulumi.ResourceOptions(parent=Part("a"), aliases=[pulumi.Alias(name="x", parent=None)])
    aws.cloudwatch.LogGroup("y", opts=options)
    """
    assert told(repository.plan('Part("a")\naws.cloudwatch.LogGroup("x")', after)) == []


RENAMED = """
class Net(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("small:index:Net", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(name, cidr_block="10.0.0.0/16", opts=own)
        aws.ec2.Subnet(f"{name}-inner", vpc_id=self.vpc.id, cidr_block="10.0.1.0/24", opts=own)
        followed = pulumi.ResourceOptions(parent=self, replacement_trigger=self.vpc.id)
        aws.cloudwatch.LogGroup(f"{name}-logs", name="/logs", tags={"of": name}, opts=followed)
        aws.iam.RolePolicy(
            f"{name}-may",
            role="a",
            policy=self.vpc.arn.apply(lambda arn: '{"Resource": ["%%s/*"]}' %% arn),
            opts=own,
        )
net = Net(%s)
aws.lb.LoadBalancer("edge", subnets=[net.vpc.id], tags={"a": "b"})
"""


def test_what_goes_by_another_name_keeps_its_ids(repository):
    """Neither what holds an id, an ARN in a text, nor what an id sets off is replaced, or changed by it."""
    after = RENAMED % '"b", pulumi.ResourceOptions(aliases=[pulumi.Alias(name="a")])'
    assert told(repository.plan(RENAMED % '"a"', after)) == [("update", "b-logs", ("tags", "tagsAll"))]


def test_what_goes_by_another_name_and_is_replaced_is_followed(repository):
    after = RENAMED % '"b", pulumi.ResourceOptions(aliases=[pulumi.Alias(name="a")])'
    found = repository.plan(RENAMED % '"a"', after.replace("10.0.0.0/16", "10.0.0.0/20"))
    ops = {one.name: one.op for one in found.changes}
    assert ops == {"b": "replace", "b-inner": "replace", "b-logs": "replace", "b-may": "update", "edge": "update"}


def test_a_service_of_another_name_is_as_the_page_of_upgrades_says(repository):
    (repository.folder / "app").mkdir()
    (repository.folder / "app" / "Dockerfile").write_text("FROM scratch\n")
    program = 'from components import WebService\nWebService(%s, build="./app"%s)'
    opts = ', opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="web")])'
    found = repository.plan(program % ('"web"', ""), program % ('"shop"', opts))
    assert Counter(one.op for one in found.changes) == {"update": 28, "replace": 1}
    assert [one.type for one in found.changes if one.op == "replace"] == ["aws:ecs/taskDefinition:TaskDefinition"]
    assert "28 updates" in (ROOT / "docs" / "upgrading.md").read_text()


def test_without_an_alias_another_name_is_another_resource(repository):
    found = repository.plan(RENAMED % '"a"', RENAMED % '"b"')
    assert {one.op for one in found.changes} == {"create", "delete", "update"}


# The command


@pytest.fixture
def ops(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ops", "plan", *arguments])
        return cli.main(), *capsys.readouterr()

    return run


def test_a_revision_is_compared_without_an_engine(repository, ops):
    repository.write(NETWORK % "10.0.0.0/16")
    repository.keep()
    assert ops("--against", "HEAD", "--fail-on-interruption")[0] == 0
    repository.write(NETWORK % "10.0.0.0/20")
    code, out, err = ops("--against", "HEAD")
    assert (code, err) == (0, "")
    assert out.splitlines()[:4] == [
        "by the program at HEAD and now, not by what is deployed",
        "alone",
        "  replaced ec2/subnet inner (vpcId)",
        "  replaced ec2/vpc main (cidrBlock)",
    ]
    assert out.splitlines()[-1] == "dev against HEAD: 2 replaced, 1 unchanged; 2 interrupt service or lose data"
    assert ops("--against", "HEAD", "--fail-on-interruption")[0] == 1


def test_a_revision_that_is_empty_is_not_taken_for_none(repository, ops):
    repository.write('Part("a")')
    problem = "error: --against is empty: leave it out, or say with what it is compared\n"
    assert ops("--against", "") == (2, "", problem)


def test_nothing_is_compared_with_nothing(repository, ops):
    repository.write('Part("a")')
    assert ops("--against", "nothing", "--fail-on-interruption") == (
        0,
        "as if nothing were deployed\nPart a\n  created  cloudwatch/logGroup a-logs\n"
        "dev against nothing: 1 created, 0 unchanged\n",
        "",
    )


def test_what_may_be_replaced_is_told_so(repository, ops):
    repository.write('aws.rds.Instance("db", instance_class="a")')
    repository.keep()
    repository.write('aws.rds.Instance("db", instance_class="b")')
    out = ops("--against", "HEAD")[1]
    assert "  changed or replaced rds/instance db (instanceClass)\n" in out
    assert "warning: rds/instance db would be changed or replaced: if it is replaced, the new one is empty" in out
    assert "dev against HEAD: 1 changed or replaced, 1 unchanged; 1 interrupts service or loses data" in out


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        ("nope", "no revision 'nope' in the git repository of "),
        ("HEAD", "at revision 'HEAD': the program failed"),
    ],
)
def test_a_revision_that_cannot_be_run_is_told(repository, ops, revision, told):
    repository.write('raise pulumi.RunError("the program failed")')
    repository.keep()
    repository.write('Part("a")')
    code, out, err = ops("--against", revision)
    assert (code, out, err.startswith(f"error: {told}")) == (2, "", True)


def test_a_stack_is_handed_from_process_to_process(repository, tmp_path, capsys):
    repository.write('aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")')
    file = tmp_path / "told"
    assert write_stack.main("dev", str(file)) == 0
    assert pickle.loads(file.read_bytes()).made == offline.run(tmp_path, "dev").made
    assert write_stack.main("prod", str(file)) == 2
    assert capsys.readouterr().err == "no stack 'prod': there are dev\n"


def test_a_program_runs_where_another_took_the_loop_away(repository):
    asyncio.run(asyncio.sleep(0))
    assert repository.stack('Part("a")').made


def test_the_unknown_stays_the_one_that_there_is():
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN


def test_another_revision_s_modules_are_its_own():
    """What the process of another revision loads before its program must be of no package that the program brings."""
    code = "import sys, ops.write_stack; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert {"components", "configuration", "settings"}.isdisjoint(ran.stdout.split())

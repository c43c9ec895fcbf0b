"""The plan by the program says what the engine's plan says of the same change."""

import json
import subprocess

import pytest
import yaml

from tests.local.harness import ROOT, Cloud, Project, copy_of_program, deployed

pytestmark = pytest.mark.local

STACK = "Pulumi.dev.yaml"


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """Two services that run, and the revision that they are of."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("plan") / "project", name="plan")
    setting("services.api", {**value_of(ROOT / STACK, "services.web"), "paths": ["/api/*"]})(project)
    setting("customer_key", True)(project)
    who = ("-c", "user.name=one", "-c", "user.email=one@example.com")
    for words in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "--message=first")):
        subprocess.run(["git", *words], cwd=project.folder, check=True)
    with deployed(project):
        yield project


def value_of(file, path):
    value = yaml.safe_load(file.read_text())["config"]
    for key in f"fargate:{path}".split("."):
        value = value[key]
    return value


def setting(path, value):
    """A change of the stack file; None takes a key away."""

    def change(project: Project):
        document = yaml.safe_load((project.folder / STACK).read_text())
        *parents, last = f"fargate:{path}".split(".")
        here = document["config"]
        for key in parents:
            here = here.setdefault(key, {})
        if value is None:
            del here[last]
        else:
            here[last] = value
        project.write(STACK, yaml.safe_dump(document))

    return change


def page(project: Project):
    project.edit("app/htdocs/index.html", "<h1>ecs-test</h1>", "<h1>another</h1>")


def cluster(project: Project):
    project.edit("__main__.py", '    "cluster",\n', '    "tasks",\n')


def renamed(old, new, after):
    """A component by another name, whose alias says that it is the same; `after` is what follows it in the program."""

    def change(project: Project):
        project.edit("__main__.py", f'    "{old}",\n', f'    "{new}",\n')
        alias = f'    pulumi.ResourceOptions(aliases=[pulumi.Alias(name="{old}")]),\n'
        project.edit("__main__.py", f"    ),\n)\n{after}", f"    ),\n{alias})\n{after}")

    return change


def tags(project: Project):
    project.edit(STACK, "      project: fargate", "      project: fargate\n      team: shop")


SIZE = {"cpu": 512, "memory": 1024}
CHANGES = {
    "nothing": lambda _: None,
    "a page": page,
    "a port": setting("services.web.port", 9090),
    "a processor": lambda project: [setting(f"services.web.{name}", size)(project) for name, size in SIZE.items()],
    "a health check": setting("services.web.health_check.path", "/up"),
    "a variable": setting("services.api.environment", {"NAME": "api"}),
    "more tasks": setting("services.web.desired_count", 3),
    "scaling": setting("services.web.scaling", {"min": 2, "max": 4, "cpu": 60}),
    "a route": setting("services.api.paths", ["/v2/*"]),
    "the network's range": setting("network", {"cidr": "10.8.0.0/16"}),
    "a gateway in each zone": setting("network", {"nat": "per_az"}),
    "no key": setting("customer_key", None),
    "longer logs": setting("log_retention_days", 60),
    "an internal load balancer": setting("load_balancer", {"scheme": "internal"}),
    "a firewall": setting("load_balancer", {"firewall": {}}),
    "a service more": setting("services.docs", {"build": "./app", "paths": ["/docs/*"]}),
    "a service less": setting("services.api", None),
    "another cluster": cluster,
    "another name of the cluster": renamed("cluster", "tasks", "file_systems = {"),
    "another name of the network": renamed("network", "net", "balancer = None"),
    "tags": tags,
    "another region": lambda project: project.edit(STACK, "ap-northeast-1", "eu-west-1"),
}
CAUTIOUS = {"another cluster": {("aws:iam/role:Role", "web-execution"), ("aws:iam/role:Role", "api-execution")}}
"""What the engine calls changed as it waits for an ARN, of which only the account and the region are then used."""


@pytest.mark.parametrize("change", CHANGES)
def test_both_plans_agree(project: Project, change):
    before = {name: (project.folder / name).read_text() for name in (STACK, "__main__.py", "app/htdocs/index.html")}
    CHANGES[change](project)
    try:
        by_engine, by_program = (plan(project), plan(project, "--against", "HEAD"))
    finally:
        for name, text in before.items():
            project.write(name, text)
    cautious = dict.fromkeys(CAUTIOUS.get(change, ()), "update")
    assert ops(by_program) | cautious == ops(by_engine)
    assert by_program["unchanged"] - len(cautious) == by_engine["unchanged"]
    assert bool(by_engine["changes"]) == (change != "nothing")
    assert interruptions(by_program) == interruptions(by_engine)


def plan(project: Project, *options):
    ran = project.ops("plan", "--json", *options)
    assert ran.code == 0, ran.out
    return json.JSONDecoder().raw_decode(ran.out)[0]  # the engine's warnings follow


def ops(plan):
    return {(one["type"], one["name"]): one["op"] for one in plan["changes"]}


def interruptions(plan):
    return {(one["type"], one["name"]): one["interruption"] for one in plan["changes"] if one["interruption"]}

"""docs/fidelity.md says how it is: dev and prod, deployed and measured anew."""

import json
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import yaml

from localcloud.fidelity.measure import measure
from localcloud.fidelity.report import Report
from localcloud.providers.aws.servicer import ADMINISTRATOR, Clients
from tests.local.harness import REGION, Cloud, copy_of_program

pytestmark = pytest.mark.local
STACKS = ("dev", "prod")


@pytest.fixture(scope="module")
def measured(cloud: Cloud, tmp_path_factory):
    """Both stacks as their files are, side by side."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("fidelity") / "project", name="faithful")
    clients = Clients(cloud.endpoint, ADMINISTRATOR)

    def one(stack):
        project.up(stack)
        out = project.pulumi("stack", "export", "--show-secrets", "--stack", stack).out
        return measure(json.loads(out[out.index("{") :]), REGION, clients)

    with ThreadPoolExecutor() as both:
        running = {stack: both.submit(one, stack) for stack in STACKS}
        try:
            yield {stack: its.result() for stack, its in running.items()}
        finally:
            wait(running.values())
            dev = both.submit(project.destroy, "dev")
            _destroy_prod(project)
            dev.result()


def _destroy_prod(project):
    file = project.folder / "Pulumi.prod.yaml"
    document = yaml.safe_load(file.read_text())
    document["config"]["fargate:force_delete"] = True
    document["config"]["fargate:load_balancer"]["deletion_protection"] = False
    file.write_text(yaml.safe_dump(document))
    try:
        project.up("prod")
    finally:
        project.destroy("prod")


@pytest.mark.parametrize("stack", STACKS)
def test_it_was_measured_as_it_is(measured, stack):
    kept = Report.load().measured[stack]
    assert {token: of for token, of in measured[stack].items() if of != kept.get(token)} == {}, "measure anew"
    assert set(measured[stack]) == set(kept)


def test_nothing_of_a_stack_is_recorded_only(measured):
    """Both have come up: no type is unsupported. And of each type something is told back."""
    for types in measured.values():
        assert [token for token, of in types.items() if not of.get("equal") and not token.startswith("docker:")] == []

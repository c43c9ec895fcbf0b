"""What each stage of delivery runs, in order: from a pull request's review to prod by digest, and what comes after.

The Make targets are typed as a pipeline types them. Whatever deploys has no Docker: only `make build` may reach one.
"""

import json
import shutil
import signal
import subprocess

import docker
import pytest
import yaml

from tests.local.harness import ROOT, Cloud, Ran, copy_of_program, eventually

pytestmark = pytest.mark.local

BUILDS = "fargate-builds"
NO_DOCKER = "tcp://127.0.0.1:9"
EXCEPTION = {
    "rules": ["balancer-protected"],
    "reason": "the test removes what it has made",
    "until": "2099-12-31",
}


class Checkout:
    """A copy of the program with its Makefile, in a repository of git."""

    def __init__(self, cloud: Cloud, folder) -> None:
        self.cloud = cloud
        self.project = copy_of_program(cloud, folder, name="delivery")
        self.folder = folder
        shutil.copy2(ROOT / "Makefile", folder)
        (folder / ".venv").symlink_to(ROOT / ".venv")

    @property
    def locks(self):
        """Where the state keeps who deploys dev."""
        return self.cloud.home / "state" / ".pulumi" / "locks" / "organization" / "delivery" / "dev"

    def commit(self) -> None:
        for words in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "as deployed"]):
            subprocess.run(
                ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words], cwd=self.folder, check=True
            )

    def make(self, target: str, *, docker: bool = False, **variables: str) -> Ran:
        """A target as a job of a pipeline runs it: what is installed is not looked at again."""
        given = [f"{name}={value}" for name, value in variables.items()]
        environment = self.project.shell | {"BUILDS_REPOSITORY": BUILDS}
        environment |= {} if docker else {"DOCKER_HOST": NO_DOCKER}
        ran = subprocess.run(
            ["make", "-o", "install", target, *given],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert "Traceback" not in ran.stdout, ran.stdout
        return Ran(ran.returncode, ran.stdout)

    def must(self, target: str, **variables) -> str:
        ran = self.make(target, **variables)
        assert ran.code == 0, ran.out
        return ran.out

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def images(self) -> dict[str, str]:
        return json.loads(self.read("images.json"))

    def web(self, stack: str) -> dict[str, str]:
        return self.project.outputs(stack)["services"]["web"]


def digest(address: str) -> str:
    return address.partition("@")[2]


@pytest.fixture(scope="module")
def checkout(cloud: Cloud, tmp_path_factory):
    """dev, which scales by itself, and prod, which may be removed at the end; and what `make bootstrap` makes."""
    checkout = Checkout(cloud, tmp_path_factory.mktemp("delivery") / "project")
    project = checkout.project
    project.edit("Pulumi.dev.yaml", "    web:\n", "    web:\n      scaling: {min: 1, max: 3, cpu: 60}\n")
    prod = yaml.safe_load((project.folder / "Pulumi.prod.yaml").read_text())
    prod["config"]["fargate:force_delete"] = True
    prod["config"]["fargate:load_balancer"]["deletion_protection"] = False
    prod["config"]["fargate:exceptions"].append(EXCEPTION)
    project.write("Pulumi.prod.yaml", yaml.safe_dump(prod))
    checkout.commit()
    cloud.client("ecr").create_repository(repositoryName=BUILDS, imageTagMutability="IMMUTABLE")
    yield checkout
    for stack in ("dev", "prod"):
        checkout.make("remove", STACK=stack, CONFIRM=stack)
    cloud.client("ecr").delete_repository(repositoryName=BUILDS, force=True)


@pytest.fixture(scope="module")
def reviewed(checkout):
    """A pull request: another page; nothing is deployed yet."""
    checkout.project.edit("app/htdocs/index.html", "<h1>ecs-test</h1>", "<h1>delivered</h1>")
    return {stack: checkout.make("review", STACK=stack, AGAINST="HEAD") for stack in ("dev", "prod")}


@pytest.fixture(scope="module")
def built(checkout, reviewed):
    return checkout.must("build", STACK="dev", docker=True)


@pytest.fixture(scope="module")
def dev(checkout, built):
    return checkout.must("deploy", STACK="dev", IMAGES="images.json")


@pytest.fixture(scope="module")
def prod(checkout, dev):
    checkout.must("verify", STACK="dev", IMAGES="images.json")
    checkout.must("review", STACK="prod", IMAGES="images.json")
    out = checkout.must("deploy", STACK="prod", IMAGES="images.json")
    checkout.must("verify", STACK="prod", IMAGES="images.json")
    return out


def test_a_pull_request_is_reviewed_for_both_stacks(checkout, reviewed):
    for stack, ran in reviewed.items():
        assert ran.code == 0, ran.out
        assert ran.out.startswith("Target: local cloud at ")
        page = checkout.read(f"review-{stack}.md")
        assert page.startswith(f"<!-- review of stack {stack} -->\n## Stack {stack}: can be deployed\n")
        assert "No violation." in page
        assert "| FargateService web | created | ecs/service web |" in page
        assert "USD a month, before " in page
        assert "- web: is built anew: what it is built from has changed since HEAD" in page
    assert not (checkout.folder / "images.json").exists()


def test_an_image_is_built_once(cloud, checkout, built):
    (found,) = cloud.client("ecr").describe_images(repositoryName=BUILDS)["imageDetails"]
    (tag,) = found["imageTags"]
    assert tag.startswith("dev-web-")
    assert checkout.images() == {"web": f"localhost:{cloud.port}/{BUILDS}@{found['imageDigest']}"}
    again = checkout.must("build", STACK="dev")  # there is no Docker
    assert f"web: {tag} is there already, and not built again" in again
    assert checkout.images() == {"web": f"localhost:{cloud.port}/{BUILDS}@{found['imageDigest']}"}


def test_without_its_repository_bootstrap_is_named(checkout, built):
    ran = checkout.project.ops("build", "--repository", "nothing", "--output", "other.json")
    assert ran.code == 2
    assert "has no repository nothing in ap-northeast-1 to build into: make bootstrap makes it" in ran.out
    assert not (checkout.folder / "other.json").exists()


def test_dev_runs_the_image_from_a_repository_of_its_own(cloud, checkout, dev):
    web = checkout.web("dev")
    assert digest(web["image"]) == digest(checkout.images()["web"])
    assert BUILDS not in web["image"]
    assert checkout.project.outputs("dev")["images"] == checkout.images()
    assert "<h1>delivered</h1>" in cloud.get(web["url"]).text
    assert "docker:index" not in dev


def test_dev_serves_the_very_image(checkout, dev):
    assert "web: delivery-dev-web:1 serves with 1 of 1 tasks" in checkout.must("verify", IMAGES="images.json")
    other = checkout.folder / "other.json"
    other.write_text(json.dumps({"web": f"localhost:1/x@sha256:{'7' * 64}"}))
    ran = checkout.make("verify", IMAGES="other.json", WAIT="0")
    assert ran.code
    assert f"and not sha256:{'7' * 64} of the images that were to be deployed" in ran.out
    other.write_text("{}")
    ran = checkout.make("verify", IMAGES="other.json", WAIT="0")
    assert (ran.code, "other.json does not fit Pulumi.dev.yaml:\n  web is missing" in ran.out) == (2, True)


def test_a_deploy_of_the_same_images_changes_nothing(checkout, dev):
    """Without a file of images it keeps those that it was delivered with."""
    kept = checkout.must("deploy")
    assert "Images: those that stack dev was delivered with: web" in kept
    assert Ran(0, kept).changes.keys() == {"same"}


def test_what_scaling_decides_is_no_drift(cloud, checkout, dev):
    ecs, cluster = cloud.client("ecs"), checkout.project.outputs("dev")["cluster"]
    service = checkout.web("dev")["service"]
    ecs.update_service(cluster=cluster, service=service, desiredCount=2)
    try:
        assert checkout.must("drift").endswith("dev: AWS has what was deployed\n")
        assert not (checkout.folder / "drift-dev.md").exists()
    finally:
        ecs.update_service(cluster=cluster, service=service, desiredCount=1)  # of two that fail, one may not log


def test_prod_runs_the_digest_that_dev_verified_without_a_build(cloud, checkout, prod):
    page = checkout.read("review-prod.md")
    assert f"- web: {digest(checkout.images()['web'])} is new" in page
    web, before = checkout.web("prod"), checkout.web("dev")
    assert digest(web["image"]) == digest(before["image"]) == digest(checkout.images()["web"])
    assert web["repository"] not in (before["repository"], f"localhost:{cloud.port}/{BUILDS}")
    assert "<h1>delivered</h1>" in cloud.get(web["url"]).text
    assert "docker:index" not in prod
    assert checkout.project.pulumi("stack", "--show-name").out.strip() == "dev", "prod was not selected"


@pytest.fixture(scope="module")
def bad(checkout, prod):
    """An app that does not come to serve; its images are in a file of their own."""
    broken = 'CMD ["sh", "-c", "echo broken; exit 7"]'
    checkout.project.write("app/Dockerfile", f"{checkout.read('app/Dockerfile')}{broken}\n")
    checkout.must("build", docker=True, IMAGES="bad.json")
    yield "bad.json"
    checkout.must("deploy", STACK="dev", IMAGES="images.json")


def test_a_dev_that_fails_ends_the_pipeline_before_prod(cloud, checkout, bad):
    before = checkout.project.outputs("prod")
    stages = [("deploy", "dev"), ("verify", "dev"), ("deploy", "prod"), ("verify", "prod")]
    ran = []
    for target, stack in stages:
        ran.append(checkout.make(target, STACK=stack, IMAGES=bad, WAIT="0"))
        if ran[-1].code:
            break
    assert len(ran) == 1
    assert "broken" in ran[0].out
    assert "<h1>delivered</h1>" in cloud.get(checkout.web("dev")["url"]).text
    assert checkout.make("verify", STACK="dev", IMAGES=bad, WAIT="0").code
    assert checkout.project.outputs("prod") == before


def test_a_job_that_is_cancelled_leaves_no_lock(cloud, checkout, bad):
    process = subprocess.Popen(
        [ROOT / ".ci/in-time", "make", "-o", "install", "deploy", f"IMAGES={bad}"],
        cwd=checkout.folder,
        env=checkout.project.shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        for line in process.stdout or ():
            if "aws:ecs:Service web updating" in line:
                process.send_signal(signal.SIGINT)  # as GitHub ends a job; make alone would not hand it on
    assert process.returncode
    assert not list(checkout.locks.glob("*.json"))


def test_a_lock_that_was_left_is_told_with_what_frees_it(checkout, bad):
    checkout.locks.mkdir(parents=True, exist_ok=True)
    lock = {"pid": 1, "username": "ci", "hostname": "a job that was killed", "timestamp": "2026-11-26T18:00:00Z"}
    (checkout.locks / "0d9f5b5e-8a55-4c50-9b8a-0a2f6d8c3a11.json").write_text(json.dumps(lock))
    ran = checkout.make("deploy", IMAGES="images.json")
    assert ran.code
    assert "created by ci@a job that was killed" in ran.out
    assert "See first that no other runs" in ran.out
    assert "make cancel STACK=dev CONFIRM=dev" in ran.out
    checkout.must("cancel", STACK="dev", CONFIRM="dev")
    assert not list(checkout.locks.glob("*.json"))


def test_a_drift_behind_the_back_is_found(cloud, checkout, prod):
    assert checkout.must("drift", STACK="prod").endswith("prod: AWS has what was deployed\n")
    cluster, web = checkout.project.outputs("prod")["cluster"], checkout.web("prod")
    ecs, ec2, logs = (cloud.client(name) for name in ("ecs", "ec2", "logs"))
    service = ecs.describe_services(cluster=cluster, services=[web["service"]])["services"][0]
    (group,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
    ecs.update_service(cluster=cluster, service=web["service"], desiredCount=3)
    ecs.tag_resource(resourceArn=service["serviceArn"], tags=[{"key": "by", "value": "hand"}])
    logs.put_retention_policy(logGroupName=web["log_group"], retentionInDays=1)
    cloud.client("cloudwatch").delete_alarms(AlarmNames=["delivery-prod-web-cpu"])

    ran = checkout.make("drift", STACK="prod")
    assert ran.code
    for told in (
        "ec2/securityGroup web: has a rule that the stack did not make, sgr-",
        "tcp, port 22, from 0.0.0.0/0",
        "ecs/service web: desiredCount is 3, deployed was 2",
        'ecs/service web: tags is {"Name": "web", "by": "hand"}, deployed was {"Name": "web"}',
        "cloudwatch/logGroup web: retentionInDays is 1, deployed was 365",
        "cloudwatch/metricAlarm observability-web-cpu: is not there any more",
        "prod: 4 resources are other than deployed",
    ):
        assert told in ran.out, ran.out
        assert told.rpartition(": ")[2] in checkout.read("drift-prod.md")
    assert checkout.project.ops("drift", "--stack", "prod", "--json").code == 1


def test_dev_is_removed_and_prod_still_replaces_a_killed_task(cloud, checkout, prod, containers: docker.DockerClient):
    refused = checkout.make("remove", STACK="dev")
    assert refused.code
    assert "everything in stack dev would be deleted: say so by its name, --confirm dev" in refused.out
    checkout.must("remove", STACK="dev", CONFIRM="dev")
    url, image = checkout.web("prod")["url"], checkout.web("prod")["image"]
    assert checkout.make("verify", STACK="dev", WAIT="0").code
    assert "dev: nothing is deployed" in checkout.must("drift", STACK="dev")

    def tasks():
        return [one for one in containers.containers.list(ignore_removed=True) if one.attrs["Config"]["Image"] == image]

    before = tasks()
    assert before
    killed = before[0]
    killed.remove(force=True)
    eventually(lambda: len(tasks()) >= len(before) and killed.id not in {one.id for one in tasks()}, 60)
    eventually(lambda: "<h1>delivered</h1>" in cloud.get(url).text)


def test_prod_goes_back_by_one_word(checkout, prod):
    ran = checkout.make("rollback", STACK="prod", SERVICE="web")
    assert ran.code
    assert "and there is none before it" in ran.out
    unnamed = checkout.make("rollback", STACK="prod")
    assert (unnamed.code, "which service?" in unnamed.out) == (2, True)

"""Jobs, workers, and what tasks are given by a line: sessions, telemetry, another place for logs, permissions."""

import json

import pytest
import yaml

from components.execute_command import AGENT_PATHS
from tests.local.harness import copy_of_program, deployed, eventually

pytestmark = pytest.mark.local

DOCKERFILE = """\
ARG BASE_IMAGE=public.ecr.aws/docker/library/httpd:2.4
FROM ${BASE_IMAGE}
COPY start.pl /
USER 33:33
CMD ["perl", "/start.pl"]
"""
START = r"""
use IO::Socket;
$| = 1;
sub ask {
    my ($at) = ($ENV{OTEL_EXPORTER_OTLP_ENDPOINT} // "") =~ m{//(.+)} or return "nobody";
    my $s = IO::Socket::INET->new(PeerAddr => $at, Timeout => 2) or return "nobody at $at";
    print $s "GET / HTTP/1.0\r\n\r\n";
    my $answer = join "", <$s>;
    return $answer =~ /\r\n\r\n(.+)/ ? $1 : "silence";
}
sub serve {
    my ($port, $body) = @_;
    my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 50, ReuseAddr => 1) or die;
    while (my $client = $server->accept) {
        while (<$client>) { last if /^\r?\n$/ }
        my $text = $body->();
        print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $text, "\r\nConnection: close\r\n\r\n$text";
        close $client;
    }
}
$SIG{TERM} = sub { exit 0 };
if ($ENV{AOT_CONFIG_CONTENT}) { serve(4318, sub { "the collector" }) }
if ($> == 0) { print "the router runs\n"; sleep 3600 }
print "the app runs\n";
serve(8080, sub { "the app and " . ask() });
"""
S3 = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::uploads/*"]}


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory):
    """A service, and later, of the same image, all that a task may be given, a worker, and two jobs."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("jobs") / "project", name="jobs")
    project.write("app/Dockerfile", DOCKERFILE)
    project.write("app/start.pl", START)
    web = {"build": "./app", "deregistration_delay": 1}
    write(project, web=web)
    with deployed(project):
        yield project


def write(project, jobs=None, **services):
    config = {"aws:region": "ap-northeast-1", "fargate:environment": "dev", "fargate:services": services}
    project.write("Pulumi.dev.yaml", yaml.safe_dump({"config": config | ({"fargate:jobs": jobs} if jobs else {})}))


@pytest.fixture(scope="module")
def ran(project):
    image = project.outputs()["services"]["web"]["image"]
    write(
        project,
        web={
            "build": "./app",
            "deregistration_delay": 1,
            "telemetry": {"image": image},
            "execute_command": True,
            "permissions": [S3],
        },
        api={
            "image": image,
            "paths": ["/api/*"],
            "deregistration_delay": 1,
            "log_router": {
                "image": image,
                "options": {"Name": "http", "Host": "logs.example.com"},
                "secrets": {"apikey": {"secret": "logs/key"}},
            },
        },
        worker={"image": image, "kind": "worker", "command": ["sh", "-c", "echo at work; exec sleep 3600"]},
        jobs={
            "again": {"service": "web", "schedule": "rate(1 day)", "command": ["sh", "-c", "echo again; exit 7"]},
            "alone": {"image": image, "schedule": "rate(1 day)", "command": ["sh", "-c", "echo alone; exit 3"]},
        },
    )
    return project.up()


@pytest.fixture(scope="module")
def outputs(project, ran):
    return project.outputs()


def environment(container) -> dict[str, str]:
    return dict(line.split("=", 1) for line in container.attrs["Config"]["Env"] or ())


def running(containers, cloud, definition, name) -> list:
    """The containers of a name that run as a task definition of this cloud says."""
    family = definition.rpartition("/")[2].rpartition(":")[0]
    labels = {"com.amazonaws.ecs.container-name": name, "com.amazonaws.ecs.task-definition-family": family}
    return cloud.containers(containers, label=[f"{key}={value}" for key, value in labels.items()])


def defined(cloud, outputs, kind, name):
    arn = outputs[kind][name]["task_definition"]
    return cloud.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]


def policies(cloud, definition):
    """The statements of a task role, by its policy's name without what the engine adds."""
    iam, role = cloud.client("iam"), definition["taskRoleArn"].rpartition("/")[2]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    found = {one: iam.get_role_policy(RoleName=role, PolicyName=one)["PolicyDocument"]["Statement"] for one in names}
    return {name.rpartition("-")[0]: statements for name, statements in found.items()}


def said(cloud, outputs, kind, name):
    """What was logged, by the stream's prefix."""
    events = cloud.client("logs").filter_log_events(logGroupName=outputs[kind][name]["log_group"])["events"]
    return {(one["logStreamName"].partition("/")[0], one["message"].strip()) for one in events}


def test_an_app_reaches_its_collector_on_localhost(cloud, outputs):
    assert cloud.get(outputs["url"]).text == "the app and the collector"


def test_the_app_is_told_where_its_collector_is_and_the_collector_where_to_send_to(cloud, outputs, containers):
    definition = outputs["services"]["web"]["task_definition"]
    (own,), (collector,) = (running(containers, cloud, definition, name) for name in ("web", "collector"))
    assert environment(own)["OTEL_SERVICE_NAME"] == "web"
    config = json.loads(environment(collector)["AOT_CONFIG_CONTENT"])
    assert config["exporters"]["awsemf"]["log_group_name"] == outputs["services"]["web"]["log_group"]
    assert "OTEL_SERVICE_NAME" not in environment(collector)
    assert own.attrs["HostConfig"]["NetworkMode"] == collector.attrs["HostConfig"]["NetworkMode"]
    assert collector.attrs["Config"]["User"] == "10001:10001"


def test_sessions_are_logged_and_may_be_held(cloud, outputs, ran):
    ecs = cloud.client("ecs")
    (cluster,) = ecs.describe_clusters(clusters=[outputs["cluster"]], include=["CONFIGURATIONS"])["clusters"]
    logged = cluster["configuration"]["executeCommandConfiguration"]
    group = logged["logConfiguration"]["cloudWatchLogGroupName"]
    assert logged["logging"] == "OVERRIDE"
    assert cloud.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    names = [outputs["services"][name]["service"] for name in ("web", "api", "worker")]
    services = ecs.describe_services(cluster=outputs["cluster"], services=names)["services"]
    allowed = {one["serviceName"].rpartition("-")[0]: one["enableExecuteCommand"] for one in services}
    assert allowed == {"web": True, "api": False, "worker": False}
    assert "no session opens here" in ran.out


def test_sessions_have_folders_to_write_to_and_all_else_stays_read_only(cloud, outputs, containers):
    (own,) = running(containers, cloud, outputs["services"]["web"]["task_definition"], "web")
    assert own.attrs["HostConfig"]["ReadonlyRootfs"]
    assert {one["Destination"] for one in own.attrs["Mounts"] if one["RW"]} >= set(AGENT_PATHS)


def test_what_the_containers_may_do_is_their_role_s(cloud, outputs):
    found = policies(cloud, defined(cloud, outputs, "services", "web"))
    assert set(found) == {"web-exec", "web-task", "web-telemetry"}
    assert found["web-task"] == [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": S3["resources"]}]
    assert not defined(cloud, outputs, "services", "worker").get("taskRoleArn")


def test_logs_for_another_place_are_seen_here_and_up_says_so(cloud, outputs, ran):
    own, router = defined(cloud, outputs, "services", "api")["containerDefinitions"]
    assert own["logConfiguration"]["logDriver"] == "awsfirelens"
    assert own["logConfiguration"]["options"] == {"Name": "http", "Host": "logs.example.com"}
    assert [one["name"] for one in own["logConfiguration"]["secretOptions"]] == ["apikey"]
    assert router["firelensConfiguration"]["type"] == "fluentbit"
    wanted = {("api", "the app runs"), ("log-router", "the router runs")}
    eventually(lambda: wanted <= said(cloud, outputs, "services", "api"), 20)
    for note in ("logDriver awsfirelens of container api", "firelensConfiguration of container log-router"):
        assert note in ran.out


def test_where_a_router_sends_logs_is_said(project, ran):
    options = "(Host=logs.example.com, Name=http): on AWS they are to be read there alone"
    eventually(lambda: "log-router the router runs" in project.ops("logs", "api").out, 20)
    found = project.ops("logs", "api").out
    assert f"api: a log router sends the lines of container api on {options}" in found
    assert "the app runs" in found
    once = project.ops("run", "api", "--", "sh", "-c", "echo once; exit 4")
    assert (once.code, options in once.out) == (4, True)


def test_the_runs_of_a_job_are_told_from_the_tasks_of_its_service(project, ran):
    def of(*job):
        lines = [line.split(" ", 1) for line in project.ops("logs", *job).out.splitlines() if "Target" not in line]
        return {(place[:6], text) for place, text in lines}

    for job in ("again", "alone"):
        eventually(lambda job=job: (f"{job}/", job) in of("--job", job), 40)
        assert of("--job", job) == {(f"{job}/", job)}
    assert "the app runs" in {text for _, text in of("web")}


def test_a_worker_runs_and_nothing_leads_to_it(cloud, outputs):
    eventually(lambda: ("worker", "at work") in said(cloud, outputs, "services", "worker"), 20)
    groups = cloud.client("elbv2").describe_target_groups()["TargetGroups"]
    ours = {one["TargetGroupName"].rpartition("-")[0] for one in groups}
    assert "web" in ours
    assert "worker" not in ours
    assert outputs["services"]["worker"]["url"] is None


@pytest.mark.parametrize(("job", "task", "code"), [("again", "web", 7), ("alone", "alone", 3)])
def test_a_job_runs_its_command_and_ecs_tells_its_exit_code(cloud, outputs, job, task, code):
    found = eventually(lambda: ended(cloud, outputs, job), 40)
    assert [(one["name"], one["exitCode"]) for one in found["containers"] if one["name"] == task] == [(task, code)]
    assert found["taskDefinitionArn"] == outputs["jobs"][job]["task_definition"]
    eventually(lambda: (task, job) in said(cloud, outputs, "jobs", job), 20)


def test_a_service_s_job_runs_the_image_that_serves(cloud, outputs):
    found = eventually(lambda: ended(cloud, outputs, "again"), 40)
    assert found["taskDefinitionArn"] == outputs["services"]["web"]["task_definition"]
    (image,) = [one["image"] for one in found["containers"] if one["name"] == "web"]
    assert image == outputs["services"]["web"]["image"]
    assert "@sha256:" in image


def ended(cloud, outputs, job):
    """The task of a job, once it has ended."""
    ecs, schedule = cloud.client("ecs"), outputs["jobs"][job]["schedule"].rpartition("/")[2]
    by = f"chronos-schedule/{schedule}"[:36]
    arns = ecs.list_tasks(cluster=outputs["cluster"], startedBy=by, desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=outputs["cluster"], tasks=arns)["tasks"] if arns else []
    return next((one for one in tasks if one["lastStatus"] == "STOPPED"), None)


def test_an_unchanged_up_changes_nothing(project, ran):
    assert set(project.up().changes) == {"same"}


def test_a_stack_of_workers_has_no_load_balancer_and_no_address(cloud, project, outputs):
    write(project, worker={"build": "./app", "kind": "worker"})
    project.up()
    found = project.outputs()
    assert "url" not in found
    assert found["services"]["worker"]["url"] is None
    balancers = cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert not [one for one in balancers if one["DNSName"] in outputs["url"]]

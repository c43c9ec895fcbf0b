"""Services that call each other by name: one for everybody, one for the others alone, one that nobody calls."""

import json
import os
import signal
import threading
import time

import pytest
import requests

from tests.local.harness import copy_of_program, eventually, own_cloud

pytestmark = pytest.mark.local

DOCKERFILE = """\
ARG BASE_IMAGE=public.ecr.aws/docker/library/httpd:2.4
FROM ${BASE_IMAGE}
COPY *.pl /
CMD ["perl", "/api.pl"]
"""
SERVER = r"""
use IO::Socket;
sub ask {
    for (1, 2) {  # what a proxy does on AWS: a task that has just ended is no answer
        my $s = IO::Socket::INET->new(PeerAddr => "api:9000", MultiHomed => 1, Timeout => 2) or next;
        print $s "GET / HTTP/1.0\r\n\r\n";
        my $answer = join "", <$s>;
        return $1 if $answer =~ /\r\n\r\n(.+)/;
    }
    return "nobody: $@";
}
sub serve {
    my ($port, $body) = @_;
    my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 50, ReuseAddr => 1) or die;
    $SIG{TERM} = sub { exit 0 };
    while (my $client = $server->accept) {
        while (<$client>) { last if /^\r?\n$/ }
        my $text = $body->();
        print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $text, "\r\nConnection: close\r\n\r\n$text";
        close $client;
    }
}
1;
"""
PROGRAMS = {
    "server.pl": SERVER,
    "api.pl": 'require "/server.pl"; serve(9000, sub { "api $ENV{EDITION}" });',
    "web.pl": 'require "/server.pl"; serve(8080, sub { "web and " . ask() });',
    "worker.pl": 'require "/server.pl"; $| = 1; while (1) { print "worker and ", ask(), "\\n"; sleep 1 }',
}
WEB = "    web: {build: ./app, paths: [/], command: [perl, /web.pl], calls: [api], deregistration_delay: 1}\n"
API = "    api: {build: ./app, kind: internal, port: 9000, environment: {EDITION: one}, desired_count: 2}\n"
SPARE = "    spare: {build: ./app, kind: internal, port: 9000, environment: {EDITION: spare}}\n"
WORKER = "    worker: {build: ./app, kind: worker, command: [perl, /worker.pl], calls: [api, spare]}\n"
STACK = f"""\
config:
  aws:region: ap-northeast-1
  fargate:environment: dev
  fargate:services:
{WEB}{API}{SPARE}{WORKER}"""


@pytest.fixture(scope="module")
def own(cloud, tmp_path_factory):
    """A local cloud of this file's own, as it is killed."""
    with own_cloud(tmp_path_factory.mktemp("connected") / "home") as own:
        yield own


@pytest.fixture(scope="module")
def project(own, containers, tmp_path_factory):
    project = copy_of_program(own, tmp_path_factory.mktemp("connected") / "project", name="connected")
    project.write("app/Dockerfile", DOCKERFILE)
    for name, text in PROGRAMS.items():
        project.write(f"app/{name}", text)
    project.write("Pulumi.dev.yaml", STACK)
    project.up()
    yield project
    project.destroy()
    assert networks(own, containers) == []


def networks(cloud, containers):
    found = containers.networks.list(filters={"label": "localcloud.namespace"})
    return [one for one in found if one.attrs["Labels"]["ministack.instance"].endswith(f":{cloud.port}")]


def answer(project):
    return project.cloud.get(project.outputs()["url"]).text


def test_a_service_shows_what_it_asked_of_another(project):
    assert answer(project) == "web and api one"


def test_a_worker_asks_too(own, project):
    group = project.outputs()["services"]["worker"]["log_group"]

    def said():
        events = own.client("logs").filter_log_events(logGroupName=group)["events"]
        return "worker and api one" in [one["message"].strip() for one in events]

    eventually(said, 20)


def test_an_internal_service_is_not_to_be_had_through_the_load_balancer(own, project):
    assert project.outputs()["services"]["api"]["url"] is None
    assert own.get(project.outputs()["url"] + "/api").status_code == 404
    groups = own.client("elbv2").describe_target_groups()["TargetGroups"]
    assert [one["TargetGroupName"].rpartition("-")[0] for one in groups] == ["web"]


def test_a_deployment_says_how_it_is_connected(own, project):
    outputs = project.outputs()
    asked = {"cluster": outputs["cluster"], "services": [outputs["services"]["api"]["service"]]}
    deployment = own.client("ecs").describe_services(**asked)["services"][0]["deployments"][0]
    named = deployment["serviceConnectConfiguration"]["services"]
    assert named == [{"portName": "http", "discoveryName": "api", "clientAliases": [{"port": 9000, "dnsName": "api"}]}]


def test_an_unchanged_up_changes_nothing(project):
    assert set(project.up().changes) == {"same"}


def test_a_killed_emulator_connects_them_again(own, project, containers):
    time.sleep(2)  # it saves a second after the last change
    before = networks(own, containers)
    os.kill(int((own.home / "run" / "emulator.pid").read_text()), signal.SIGKILL)
    ran = own.localcloud("start")
    assert ran.code == 0, ran.out
    after = networks(own, containers)
    assert len(before) == len(after) == 1
    assert before[0].id != after[0].id, "what was left over is gone"
    eventually(lambda: answer(project) == "web and api one", 30)


def test_the_name_works_while_a_new_version_is_rolled_out(project):
    seen, url, ended = [], project.outputs()["url"], threading.Event()

    def ask():
        while not ended.is_set():
            try:
                seen.append(project.cloud.get(url).text)
            except requests.RequestException as error:
                seen.append(f"{type(error).__name__}: {error}")
            time.sleep(0.05)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        project.edit("Pulumi.dev.yaml", "EDITION: one", "EDITION: two")
        changes = project.up().changes
    finally:
        ended.set()
        asking.join()
    assert changes["~"] == 1, "of the services that call it, none is deployed"
    assert changes["+-"] == 1, "its task definition"
    assert len(seen) > 20
    assert set(seen) == {"web and api one", "web and api two"}
    assert answer(project) == "web and api two"


def test_a_service_that_goes_leaves_all_alone_but_who_called_it(project):
    project.edit("Pulumi.dev.yaml", SPARE, "")
    project.edit("Pulumi.dev.yaml", "calls: [api, spare]", "calls: [api]")
    out = project.pulumi("preview", "--json", "--stack", "dev").out
    steps = [one for one in json.loads(out[out.index("{") :])["steps"] if one["op"] not in ("same", "refresh")]
    changed = {(one["op"], one["urn"].rpartition("::")[2]) for one in steps}
    ours = {name for _, name in changed}
    assert {"spare", "worker", "worker-to-spare", "worker-at-spare"} <= ours
    assert {op for op, name in changed if name == "worker"} == {"update"}
    assert not [name for name in ours if name.startswith(("web", "api", "connect"))]
    project.up()
    assert answer(project) == "web and api two"

"""Three apps as people bring them: one on a port of its own that writes, one that starts slowly, one with a sidecar."""

import pytest

from tests.local.harness import ROOT, copy_of_program, deployed, eventually

pytestmark = pytest.mark.local

DOCKERFILE = """\
ARG BASE_IMAGE=public.ecr.aws/docker/library/httpd:2.4
FROM ${{BASE_IMAGE}}
COPY server.pl /server.pl
EXPOSE {port}
CMD ["sh", "-c", "sleep {seconds}; exec perl /server.pl {port}"]
"""
SERVER = r"""
use IO::Socket;
my ($port) = @ARGV;
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 10, ReuseAddr => 1) or die;
$SIG{TERM} = sub { exit 0 };
while (my $client = $server->accept) {
    while (<$client>) { last if /^\r?\n$/ }
    my $body = BODY;
    print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n$body";
    close $client;
}
"""
ASK_SIDECAR = (
    'do { my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:9000"); print $s "x\\r\\n\\r\\n"; join "", <$s> }'
)
WRITE = (
    'do { open my $f, ">", "/scratch/x" or die $!; print $f "own port"; close $f; open $f, "<", "/scratch/x"; <$f> }'
)
STACK = """\
config:
  aws:region: ap-northeast-1
  fargate:environment: dev
  fargate:services:
    own-port: {build: ./own-port, port: 3000, writable_paths: [/scratch], deregistration_delay: 1}
    slow: {build: ./slow, paths: [/slow], deregistration_delay: 1}
"""
SIDECAR = """

import json

import pulumi_aws as aws

from components import ContainerImage, ContainerImageArgs

built = ContainerImage("sidecar", ContainerImageArgs(context="sidecar", force_delete=True))
side = ContainerImage("side", ContainerImageArgs(context="side", force_delete=True))
documents = pulumi.Output.all(built.uri, side.uri).apply(
    lambda uris: json.dumps(
        [
            {
                "name": "app",
                "image": uris[0],
                "essential": True,
                "portMappings": [{"containerPort": 8080}],
                "dependsOn": [{"containerName": "side", "condition": "START"}],
            },
            {"name": "side", "image": uris[1], "essential": True},
        ]
    )
)
definition = aws.ecs.TaskDefinition(
    "sidecar",
    family="sidecar",
    container_definitions=documents,
    cpu="256",
    memory="512",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
)
group = aws.ec2.SecurityGroup("sidecar", vpc_id=network.vpc_id)
targets = aws.lb.TargetGroup(
    "sidecar",
    vpc_id=network.vpc_id,
    target_type="ip",
    port=8080,
    protocol="HTTP",
    deregistration_delay=1,
    health_check={"interval": 5, "timeout": 4, "healthy_threshold": 2},
)
rule = aws.lb.ListenerRule(
    "sidecar",
    listener_arn=balancer.listener_arn,
    priority=1,
    conditions=[{"path_pattern": {"values": ["/sidecar"]}}],
    actions=[{"type": "forward", "target_group_arn": targets.arn}],
)
aws.ecs.Service(
    "sidecar",
    cluster=cluster.arn,
    task_definition=definition.arn,
    desired_count=1,
    network_configuration={"subnets": network.private_subnet_ids, "security_groups": [group.id]},
    load_balancers=[{"target_group_arn": targets.arn, "container_name": "app", "container_port": 8080}],
    health_check_grace_period_seconds=60,
    wait_for_steady_state=True,
    opts=pulumi.ResourceOptions(depends_on=[rule]),
)
"""


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("samples") / "project", name="samples")
    for name, port, seconds, body in (
        ("own-port", 3000, 0, WRITE),
        ("slow", 8080, 10, '"slow start"'),
        ("sidecar", 8080, 0, f'"app and " . {ASK_SIDECAR}'),
        ("side", 9000, 0, '"sidecar"'),
    ):
        project.write(f"{name}/Dockerfile", DOCKERFILE.format(port=port, seconds=seconds))
        project.write(f"{name}/server.pl", SERVER.replace("BODY", body))
    project.write("Pulumi.dev.yaml", STACK)
    project.write("__main__.py", (ROOT / "__main__.py").read_text() + SIDECAR)
    with deployed(project):
        yield project


def test_they_are_served_as_soon_as_up_has_ended(cloud, project):
    url = project.outputs()["url"]
    assert cloud.get(url).text == "own port"
    assert cloud.get(url + "/slow").text == "slow start"
    assert cloud.get(url + "/sidecar").text.endswith("sidecar")
    assert cloud.get(url + "/sidecar").text.startswith("app and ")


def test_an_unchanged_up_changes_nothing(project):
    assert set(project.up().changes) == {"same"}


def test_a_sidecar_that_ends_takes_its_task_with_it_and_both_come_back(cloud, project, containers):
    def sides():
        return cloud.containers(containers, label="com.amazonaws.ecs.container-name=side")

    before = sides()[0]
    before.kill()
    eventually(lambda: [one for one in sides() if one.id != before.id], 60)
    eventually(lambda: cloud.get(project.outputs()["url"] + "/sidecar").text.endswith("sidecar"), 60)

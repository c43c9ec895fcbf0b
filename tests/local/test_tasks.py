"""Tasks obey their task definition: what it says is what Docker runs, and what a task does shows it."""

import itertools
import json
import platform
import time
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from localcloud.emulator import pause
from localcloud.providers.docker.build import STAND_IN
from localcloud.setup.base_image import OFFICIAL
from tests.local.harness import eventually

pytestmark = pytest.mark.local
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def image(containers):
    for name in (OFFICIAL, STAND_IN):
        try:
            containers.images.get(name)
        except ImageNotFound:
            continue
        return name
    raise AssertionError("no base image")


class Tasks:
    """Runs tasks by themselves, without a service."""

    def __init__(self, cloud, containers, image):
        self.ecs, self.logs, self.image = cloud.client("ecs"), cloud.client("logs"), image
        self.cloud, self.docker = cloud, containers
        self.ecs.create_cluster(clusterName="tasks")

    def run(self, *definitions, until="RUNNING", **more):
        """Run one task of these containers, until it is in a state; the first is `app`, and sleeps."""
        family = f"task-{next(numbers)}"
        group = {"awslogs-group": "tasks", "awslogs-region": "ap-northeast-1", "awslogs-stream-prefix": family}
        group["awslogs-create-group"] = "true"
        app = {"name": "app", "image": self.image, "command": ["sleep", "300"], "essential": True, "stopTimeout": 2}
        self.ecs.register_task_definition(
            family=family,
            containerDefinitions=[
                {**app, "logConfiguration": {"logDriver": "awslogs", "options": group}, **one} for one in definitions
            ],
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            **{"cpu": "256", "memory": "512", **more},
        )
        arn = self.ecs.run_task(cluster="tasks", taskDefinition=family)["tasks"][0]["taskArn"]
        return eventually(lambda: self._in_state(arn, until), 60)

    def _in_state(self, arn, until):
        task = self.describe(arn)
        assert until == "STOPPED" or task["lastStatus"] != "STOPPED", task["stoppedReason"]
        return task if task["lastStatus"] == until else None

    def describe(self, arn):
        return self.ecs.describe_tasks(cluster="tasks", tasks=[arn])["tasks"][0]

    def container(self, task, name="app"):
        labels = [
            f"com.amazonaws.ecs.task-arn={task['taskArn']}",
            f"com.amazonaws.ecs.container-name={name}",
        ]
        return self.cloud.containers(self.docker, all=True, label=labels)[0]

    def output(self, task, name="app"):
        family, id = task["group"].removeprefix("family:"), task["taskArn"].rpartition("/")[2]
        family = family or task["taskDefinitionArn"].rpartition("/")[2].partition(":")[0]
        stream = f"{family}/{name}/{id}"
        try:
            events = self.logs.get_log_events(logGroupName="tasks", logStreamName=stream)["events"]
        except self.logs.exceptions.ResourceNotFoundException:  # it has written nothing yet
            return []
        return [event["message"] for event in events]

    def stop(self, task):
        self.ecs.stop_task(cluster="tasks", task=task["taskArn"])
        return eventually(lambda: self._in_state(task["taskArn"], "STOPPED"), 60)


@pytest.fixture(scope="module")
def tasks(cloud, containers, image):
    tasks = Tasks(cloud, containers, image)
    yield tasks
    for arn in tasks.ecs.list_tasks(cluster="tasks")["taskArns"]:
        tasks.stop({"taskArn": arn})
    tasks.ecs.delete_cluster(cluster="tasks")


MIB = 1 << 20
FIELDS = {
    "user": ({"user": "33:33"}, lambda got: got["Config"]["User"] == "33:33"),
    "readonlyRootFilesystem": ({"readonlyRootFilesystem": True}, lambda got: got["HostConfig"]["ReadonlyRootfs"]),
    "a root that may be written": ({}, lambda got: not got["HostConfig"]["ReadonlyRootfs"]),
    "entryPoint and command": (
        {"entryPoint": ["sh", "-c"], "command": ["sleep 300"]},
        lambda got: (got["Config"]["Entrypoint"], got["Config"]["Cmd"]) == (["sh", "-c"], ["sleep 300"]),
    ),
    "workingDirectory": ({"workingDirectory": "/tmp"}, lambda got: got["Config"]["WorkingDir"] == "/tmp"),
    "environment": ({"environment": [{"name": "A", "value": "b c"}]}, lambda got: "A=b c" in got["Config"]["Env"]),
    "initProcessEnabled": ({"linuxParameters": {"initProcessEnabled": True}}, lambda got: got["HostConfig"]["Init"]),
    "capabilities": (
        {"linuxParameters": {"capabilities": {"drop": ["ALL"]}}},
        lambda got: got["HostConfig"]["CapDrop"] == ["ALL"],
    ),
    "ulimits": (
        {"ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}]},
        lambda got: got["HostConfig"]["Ulimits"] == [{"Name": "nofile", "Soft": 1024, "Hard": 2048}],
    ),
    "stopTimeout": ({"stopTimeout": 7}, lambda got: got["Config"]["StopTimeout"] == 7),
    "no stopTimeout": ({"stopTimeout": 0}, lambda got: got["Config"]["StopTimeout"] == 30),
    "memory of the container": ({"memory": 128}, lambda got: got["HostConfig"]["Memory"] == 128 * MIB),
    "memory of the task": ({}, lambda got: got["HostConfig"]["Memory"] == 512 * MIB),
    "memoryReservation": (
        {"memoryReservation": 64},
        lambda got: got["HostConfig"]["MemoryReservation"] == 64 * MIB,
    ),
    "no swap": ({}, lambda got: got["HostConfig"]["MemorySwap"] == got["HostConfig"]["Memory"]),
    "cpu of the task": ({}, lambda got: got["HostConfig"]["NanoCpus"] == 250_000_000),
    "cpu of the container": ({"cpu": 128}, lambda got: got["HostConfig"]["CpuShares"] == 128),
    "healthCheck": (
        {"healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 5, "timeout": 2, "retries": 1}},
        lambda got: (
            got["Config"]["Healthcheck"]
            == {"Test": ["CMD-SHELL", "true"], "Interval": 5 * 10**9, "Timeout": 2 * 10**9, "Retries": 1}
        ),
    ),
    "dockerLabels": ({"dockerLabels": {"team": "web"}}, lambda got: got["Config"]["Labels"]["team"] == "web"),
    "pseudoTerminal": ({"pseudoTerminal": True}, lambda got: got["Config"]["Tty"]),
}


@pytest.mark.parametrize("field", FIELDS)
def test_docker_runs_what_the_definition_says(tasks, field):
    definition, agrees = FIELDS[field]
    task = tasks.run(definition)
    assert agrees(tasks.container(task).attrs)
    tasks.ecs.stop_task(cluster="tasks", task=task["taskArn"])


def test_a_task_that_writes_to_its_read_only_root_fails(tasks):
    task = tasks.run({"command": ["sh", "-c", "touch /x"], "readonlyRootFilesystem": True}, until="STOPPED")
    assert task["containers"][0]["exitCode"] != 0
    assert "Read-only file system" in eventually(lambda: tasks.output(task))[0]


def test_a_task_that_needs_root_fails_without(tasks):
    task = tasks.run({"command": ["sh", "-c", "chown root /tmp && echo done"], "user": "33"}, until="STOPPED")
    assert task["containers"][0]["exitCode"] != 0
    assert "Operation not permitted" in eventually(lambda: tasks.output(task))[0]


def test_a_task_that_ignores_its_stop_signal_is_killed_after_its_timeout_and_not_before(tasks):
    task = tasks.run({"command": ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], "stopTimeout": 5})
    begun = time.monotonic()
    stopped = tasks.stop(task)
    assert 5 <= time.monotonic() - begun < 20, "not after the 30 s of a container that names none"
    assert stopped["containers"][0]["exitCode"] == 137


def test_a_task_that_heeds_its_stop_signal_says_how_it_ended(tasks):
    command = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"
    task = tasks.run({"command": ["sh", "-c", command], "stopTimeout": 20})
    eventually(lambda: tasks.output(task) == ["ready"])
    begun = time.monotonic()
    assert tasks.stop(task)["containers"][0]["exitCode"] == 7
    assert time.monotonic() - begun < 15


def test_a_volume_is_the_task_s_own_and_writable_beside_a_read_only_root(tasks):
    task = tasks.run(
        {
            "command": ["sh", "-c", "echo written > /scratch/x && cat /scratch/x && sleep 300"],
            "readonlyRootFilesystem": True,
            "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
        },
        volumes=[{"name": "scratch"}],
    )
    assert eventually(lambda: tasks.output(task)) == ["written"]
    volume = tasks.container(task).attrs["Mounts"][0]["Name"]
    tasks.stop(task)
    eventually(lambda: volume not in {one.name for one in tasks.docker.volumes.list()}, 30)


MOUNT = [{"sourceVolume": "data", "containerPath": "/data"}]


def volume(id, **efs):
    return [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": id, **efs}}]


@pytest.fixture
def files(cloud):
    """A file system with a mount target; its folder goes with it."""
    efs = cloud.client("efs")
    id = efs.create_file_system()["FileSystemId"]
    subnet = cloud.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    target = efs.create_mount_target(FileSystemId=id, SubnetId=subnet)["MountTargetId"]
    yield id
    efs.delete_mount_target(MountTargetId=target)
    efs.delete_file_system(FileSystemId=id)
    assert not (cloud.home / "efs" / id).exists()


def test_an_efs_file_system_outlives_its_tasks(tasks, files):
    volumes = volume(files, rootDirectory="/shared")
    tasks.run({"command": ["sh", "-c", "echo kept > /data/x"], "mountPoints": MOUNT}, until="STOPPED", volumes=volumes)
    task = tasks.run({"command": ["cat", "/data/x"], "mountPoints": MOUNT}, until="STOPPED", volumes=volumes)
    assert eventually(lambda: tasks.output(task)) == ["kept"]


def test_a_task_does_not_start_without_its_file_system(tasks, cloud, files):
    alone = cloud.client("efs").create_file_system()["FileSystemId"]
    point = {"accessPointId": "fsap-other"}
    for id, access, told in (
        ("fs-none", {}, "Failed to resolve fs-none"),
        (alone, {}, f"Failed to resolve {alone}"),
        (files, point, f"access point fsap-other does not exist in file system {files}"),
    ):
        task = tasks.run({"mountPoints": MOUNT}, until="STOPPED", volumes=volume(id, authorizationConfig=access))
        assert told in task["stoppedReason"]
        assert task["stoppedReason"].startswith("ResourceInitializationError: ")
    cloud.client("efs").delete_file_system(FileSystemId=alone)


def test_the_task_role_decides_who_mounts_and_who_writes(tasks, cloud, files):
    iam, efs = cloud.client("iam"), cloud.client("efs")
    owner = {"OwnerUid": 33, "OwnerGid": 34, "Permissions": "0750"}
    root = {"Path": "/data", "CreationInfo": owner}
    point = efs.create_access_point(FileSystemId=files, PosixUser={"Uid": 33, "Gid": 34}, RootDirectory=root)
    access = {"accessPointId": point["AccessPointId"], "iam": "ENABLED"}
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="mounts", AssumeRolePolicyDocument=trust)["Role"]["Arn"]

    def run(*actions, through=point["AccessPointArn"]):
        condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": through}}
        one = {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [one]})
        iam.put_role_policy(RoleName="mounts", PolicyName="files", PolicyDocument=document)
        return tasks.run(
            {"command": ["sh", "-c", "touch /data/x; stat -c '%u:%g %a' /data"], "mountPoints": MOUNT},
            until="STOPPED",
            volumes=volume(files, transitEncryption="ENABLED", authorizationConfig=access),
            taskRoleArn=role,
        )

    mount, write = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"
    assert "mounts may not elasticfilesystem:ClientMount" in run(write)["stoppedReason"]
    assert "ClientMount" in run(mount, write, through="arn:aws:elasticfilesystem:x:0:access-point/y")["stoppedReason"]
    reader, writer = run(mount), run(mount, write)
    eventually(lambda: any("Read-only file system" in line for line in tasks.output(reader)))
    assert eventually(lambda: tasks.output(writer)) == ["33:34 777"]
    iam.delete_role_policy(RoleName="mounts", PolicyName="files")
    iam.delete_role(RoleName="mounts")
    efs.delete_access_point(AccessPointId=point["AccessPointId"])


SERVER = [
    "perl",
    "-MIO::Socket",
    "-e",
    "$s=IO::Socket::INET->new(LocalPort=>9000,Listen=>1);print {$s->accept} qq(hi\\n)",
]
CLIENT = [
    *("perl", "-MIO::Socket", "-e"),
    "for (1..50) { $c=IO::Socket::INET->new(PeerAddr=>q(127.0.0.1:9000)) and last; select undef,undef,undef,.1 } "
    "print $c->getline",
]


@pytest.mark.skipif(
    any(Path("/proc/sys/fs/binfmt_misc").glob("qemu-*")), reason="this machine runs other processors' programs"
)
def test_a_program_for_another_processor_stops_the_task_with_its_reason(tasks, monkeypatch):
    other = "aarch64" if platform.machine() == "x86_64" else "x86_64"
    monkeypatch.setattr(pause.platform, "machine", lambda: other)
    tasks.docker.api.import_image_from_data(pause.archive(), repository="localcloud/foreign", tag="1")
    try:
        task = tasks.run({"image": "localcloud/foreign:1", "command": ["/pause"]}, until="STOPPED")
    finally:
        tasks.docker.images.remove("localcloud/foreign:1", force=True)
    eventually(lambda: "exec format error" in task["stoppedReason"] + "".join(tasks.output(task)), 20)


def test_containers_of_a_task_meet_on_localhost(tasks):
    task = tasks.run(
        {"command": SERVER, "essential": False},
        {"name": "client", "command": CLIENT, "dependsOn": [{"containerName": "app", "condition": "START"}]},
        until="STOPPED",
    )
    assert eventually(lambda: tasks.output(task, "client")) == ["hi"]


@pytest.mark.parametrize(
    ("condition", "command", "check"),
    [
        ("COMPLETE", "sleep 2; exit 3", None),
        ("SUCCESS", "sleep 2", None),
        ("HEALTHY", "sleep 2; touch /tmp/ready; sleep 60", "test -e /tmp/ready"),
    ],
)
def test_a_container_starts_when_what_it_depends_on_is_there(tasks, condition, command, check):
    first = {"name": "first", "command": ["sh", "-c", command], "essential": False}
    if check:
        first["healthCheck"] = {"command": ["CMD-SHELL", check], "interval": 5, "timeout": 2, "retries": 5}
    task = tasks.run({"dependsOn": [{"containerName": "first", "condition": condition}]}, first)
    early, late = (tasks.container(task, name).attrs["State"]["StartedAt"] for name in ("first", "app"))
    assert late[:19] >= early[:19]
    assert _seconds(late) - _seconds(early) >= 2
    tasks.stop(task)


def _seconds(stamp):
    return time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) + float(f"0.{stamp[20:26]}")


def test_a_dependency_that_fails_stops_the_task_with_its_reason(tasks):
    first = {"name": "first", "command": ["sh", "-c", "exit 4"], "essential": False}
    task = tasks.run({"dependsOn": [{"containerName": "first", "condition": "SUCCESS"}]}, first, until="STOPPED")
    assert "dependency container first exited with 4" in task["stoppedReason"]


def test_an_essential_container_takes_the_others_with_it(tasks):
    task = tasks.run({"command": ["sleep", "2"]}, {"name": "side", "essential": False})
    side = tasks.container(task, "side").id
    eventually(lambda: tasks.describe(task["taskArn"])["lastStatus"] == "STOPPED", 20)
    eventually(lambda: side not in {one.id for one in tasks.cloud.containers(tasks.docker)}, 60)


def test_a_container_that_is_not_essential_may_end(tasks):
    task = tasks.run({}, {"name": "side", "essential": False, "command": ["true"]})
    eventually(lambda: tasks.container(task, "side").status == "exited", 20)
    time.sleep(1)
    assert tasks.describe(task["taskArn"])["lastStatus"] == "RUNNING"
    tasks.stop(task)


def test_a_failing_health_check_of_a_container_is_told(tasks):
    check = {"command": ["CMD-SHELL", "false"], "interval": 5, "timeout": 2, "retries": 1}
    task = tasks.run({"healthCheck": check})
    eventually(lambda: tasks.describe(task["taskArn"])["healthStatus"] == "UNHEALTHY", 20)
    tasks.stop(task)


@pytest.fixture
def role(cloud):
    """Make a role that tasks may have, and that may do one thing."""
    iam, made = cloud.client("iam"), []

    def make(name, **policy):
        trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made.append(name)
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **policy}]}
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=json.dumps(document))
        return arn

    yield make
    for name in made:
        iam.delete_role_policy(RoleName=name, PolicyName="it")
        iam.delete_role(RoleName=name)


@pytest.fixture(scope="module")
def secret(cloud):
    secrets = cloud.client("secretsmanager")
    arn = secrets.create_secret(Name="database", SecretString='{"password": "hunter2"}')["ARN"]
    yield arn
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def test_a_secret_that_the_execution_role_may_read_is_in_the_environment(tasks, role, secret):
    arn = role("may-read", Action="secretsmanager:GetSecretValue", Resource=secret)
    secrets = [{"name": "PASSWORD", "valueFrom": f"{secret}:password::"}]
    task = tasks.run(
        {"command": ["sh", "-c", "echo $PASSWORD"], "secrets": secrets}, until="STOPPED", executionRoleArn=arn
    )
    assert eventually(lambda: tasks.output(task)) == ["hunter2"]


def test_a_secret_that_the_execution_role_may_not_read_stops_the_task(tasks, role, secret):
    arn = role("may-not-read", Action="logs:PutLogEvents", Resource="*")
    secrets = [{"name": "PASSWORD", "valueFrom": secret}]
    task = tasks.run({"secrets": secrets}, until="STOPPED", executionRoleArn=arn)
    assert "AccessDeniedException" in task["stoppedReason"]
    assert "secretsmanager:GetSecretValue" in task["stoppedReason"]


ASKS_WHO = (
    "$_=$ENV{AWS_ENDPOINT_URL};m{http://(.*):(\\d+)};"
    "$s=IO::Socket::INET->new(PeerAddr=>$1,PeerPort=>$2) or die q(no way there);"
    "$b=q(Action=GetCallerIdentity&Version=2011-06-15);$l=length $b;"
    "$a=qq(AWS4-HMAC-SHA256 Credential=$ENV{AWS_ACCESS_KEY_ID}/20260101/$ENV{AWS_REGION}/sts/aws4_request, ).q(S=a);"
    "print {$s} qq(POST / HTTP/1.1\\r\\nHost: $1:$2\\r\\nAuthorization: $a\\r\\n).qq(X-Amz-Security-Token: "
    "$ENV{AWS_SESSION_TOKEN}\\r\\nContent-Type: application/x-www-form-urlencoded\\r\\nConnection: close\\r\\n"
    "Content-Length: $l\\r\\n\\r\\n$b);print while <$s>; print qq(\\n)"
)


def test_a_task_calls_aws_as_its_task_role(tasks, role):
    arn = role("caller", Action="sts:GetCallerIdentity", Resource="*")
    task = tasks.run({"command": ["perl", "-MIO::Socket", "-e", ASKS_WHO]}, until="STOPPED", taskRoleArn=arn)
    eventually(lambda: ":assumed-role/caller/" in "".join(tasks.output(task)), 20)

import json

import pulumi
import pytest

from components import (
    Architecture,
    Authentication,
    Capacity,
    CapacityMix,
    Condition,
    Container,
    ExecuteCommand,
    FargateService,
    FargateServiceArgs,
    HealthCheck,
    Listener,
    PreDeploy,
    Route,
    Scaling,
    ScalingSchedule,
    Secret,
    Stickiness,
    Target,
    Telemetry,
    aws_client,
    iam,
)
from components.failed_deployment import AGAIN

from .conftest import described

SERVICE = "aws:ecs/service:Service"
DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
ROLE = "aws:iam/role:Role"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
CLUSTER = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/c"
TARGETS = "aws:lb/targetGroup:TargetGroup"


def arguments(**changes):
    given = {
        "cluster_arn": CLUSTER,
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "target": target(),
        "port": 8080,
        "image": "registry/web@sha256:1",
        "tags": {"team": "a"},
    }
    return FargateServiceArgs(**{**given, **changes})


def target(**changes):
    given = {
        "listener": Listener(
            arn="arn:listener", load_balancer_arn="arn:balancer", security_group_id="sg-balancer", idle_timeout=60
        ),
        "route": Route(paths=("/*",)),
        "priority": 7,
    }
    return Target(**{**given, **changes})


def authentication(**changes):
    given = {
        "issuer": "https://id.example.com",
        "client_id": "shop",
        "client_secret": "shop/oidc",
        "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": "https://id.example.com/token",
        "user_info_endpoint": "https://id.example.com/me",
    }
    return Authentication(**{**given, **changes})


def service(**changes):
    return lambda: FargateService("web", arguments(**changes))


def test_logs_are_kept_for_as_long_as_asked(deploy, cloud):
    made = deploy(service(log_retention_days=7))
    assert cloud.one("aws:cloudwatch/logGroup:LogGroup").inputs == {
        "retentionInDays": 7,
        "tags": {"Name": "web", "team": "a"},
    }
    assert deploy.known(made.log_group_name) == "web-1234567"


def test_an_app_that_may_do_nothing_in_aws_has_no_role(deploy, cloud):
    deploy(service(repository_arn="arn:ecr"))
    assert [one.name for one in cloud.all(ROLE)] == ["web-execution"]
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy")
    assert policy.name == "web-execution"
    assert policy.inputs["role"] == "web-execution-1234567"
    resources = [one["Resource"] for one in json.loads(policy.inputs["policy"])["Statement"]]
    assert resources == ["arn:aws:logs:ap-northeast-1:123456789012:log-group:web:*", "arn:ecr", "*"]


def test_only_this_account_s_tasks_take_the_roles_within_their_boundary(deploy, cloud):
    deploy(service(permissions_boundary_arn="arn:boundary", role_path="/shop/dev/", task_policy="{}"))
    assert [one.name for one in cloud.all(ROLE)] == ["web-execution", "web-task"]
    for role in cloud.all(ROLE):
        assert role.inputs["assumeRolePolicy"] == iam.tasks_trust(CLUSTER)
        assert role.inputs["permissionsBoundary"] == "arn:boundary"
        assert role.inputs["path"] == "/shop/dev/"


def test_logs_are_encrypted_with_a_key_of_the_account_s_own(deploy, cloud):
    deploy(service(kms_key_arn="arn:key"))
    assert cloud.one("aws:cloudwatch/logGroup:LogGroup").inputs["kmsKeyId"] == "arn:key"


def test_tasks_call_out_by_ipv6_when_asked(deploy, cloud):
    deploy(service(ipv6=True))
    rule = cloud.one(EGRESS, "web-out-ipv6").inputs
    assert (rule["cidrIpv6"], rule["fromPort"], rule["toPort"]) == ("::/0", 443, 443)
    assert "cidrIpv4" not in rule


def test_the_task_definition(deploy, cloud):
    deploy(service(architecture=Architecture.ARM64, cpu=512, memory=1024, environment={"A": "1"}), stack="prod")
    definition = dict(cloud.one(DEFINITION).inputs)
    container = json.loads(definition.pop("containerDefinitions"))[0]
    assert container["image"] == "registry/web@sha256:1"
    assert container["environment"] == [{"name": "A", "value": "1"}]
    assert container["logConfiguration"]["options"]["awslogs-region"] == "ap-northeast-1"
    assert definition == {
        "family": "fargate-prod-web",
        "cpu": "512",
        "memory": "1024",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "executionRoleArn": "arn:Role:web-execution",
        "skipDestroy": True,
        "tags": {"Name": "web", "team": "a"},
    }


def test_writable_paths_are_volumes_of_the_task(deploy, cloud):
    deploy(service(writable_paths=("/tmp", "/run")))
    assert cloud.one(DEFINITION).inputs["volumes"] == [{"name": "run"}, {"name": "tmp"}]


def test_the_only_ways_in_and_out(deploy, cloud):
    deploy(service(port=9000))
    assert cloud.one("aws:ec2/securityGroup:SecurityGroup").inputs == {
        "description": "Tasks: in from the load balancer, out by HTTPS",
        "vpcId": "vpc-1",
        "tags": {"Name": "web", "team": "a"},
    }
    rules = {one.name: one.inputs for one in (*cloud.all(INGRESS), *cloud.all(EGRESS))}
    for rule in rules.values():
        del rule["description"], rule["tags"]
    assert rules == {
        "web-in": {
            "securityGroupId": "SecurityGroup-web",
            "referencedSecurityGroupId": "sg-balancer",
            "ipProtocol": "tcp",
            "fromPort": 9000,
            "toPort": 9000,
        },
        "web-balancer": {
            "securityGroupId": "sg-balancer",
            "referencedSecurityGroupId": "SecurityGroup-web",
            "ipProtocol": "tcp",
            "fromPort": 9000,
            "toPort": 9000,
        },
        "web-out": {
            "securityGroupId": "SecurityGroup-web",
            "cidrIpv4": "0.0.0.0/0",
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
        },
    }
    assert [one.name for one in cloud.all(INGRESS)] == ["web-in"]


def test_the_target_group(deploy, cloud):
    check = HealthCheck(path="/up", matcher="200-299", interval=20, timeout=4, healthy_threshold=3)
    deploy(service(port=9000, target=target(deregistration_delay=5, keep_alive_timeout=61, health_check=check)))
    targets = dict(cloud.one(TARGETS).inputs)
    assert targets.pop("healthCheck") == {
        "path": "/up",
        "matcher": "200-299",
        "interval": 20,
        "timeout": 4,
        "healthyThreshold": 3,
        "unhealthyThreshold": 3,
    }
    assert targets == {
        "vpcId": "vpc-1",
        "targetType": "ip",
        "protocol": "HTTP",
        "port": 80,
        "deregistrationDelay": 5,
        "slowStart": 0,
        "stickiness": {"enabled": False, "type": "lb_cookie"},
        "tags": {"Name": "web", "team": "a"},
    }
    assert "name" not in targets, "a changed port makes a second group beside the first"


@pytest.mark.parametrize(
    ("route", "conditions"),
    [
        (Route(paths=("/a", "/b*")), [{"pathPattern": {"values": ["/a", "/b*"]}}]),
        (Route(hosts=("a.example.com",)), [{"hostHeader": {"values": ["a.example.com"]}}]),
        (
            Route(hosts=("a.example.com",), paths=("/b",)),
            [{"hostHeader": {"values": ["a.example.com"]}}, {"pathPattern": {"values": ["/b"]}}],
        ),
        (
            Route(headers={"X-Version": ("beta", "2*"), "X-Team": ("a",)}, methods=("GET", "HEAD")),
            [
                {"httpHeader": {"httpHeaderName": "X-Version", "values": ["beta", "2*"]}},
                {"httpHeader": {"httpHeaderName": "X-Team", "values": ["a"]}},
                {"httpRequestMethod": {"values": ["GET", "HEAD"]}},
            ],
        ),
    ],
)
def test_the_listener_rule(deploy, cloud, route, conditions):
    deploy(service(target=target(route=route)))
    assert cloud.one("aws:lb/listenerRule:ListenerRule").inputs == {
        "listenerArn": "arn:listener",
        "priority": 7,
        "conditions": conditions,
        "actions": [{"type": "forward", "targetGroupArn": "arn:TargetGroup:web"}],
        "tags": {"Name": "web", "team": "a"},
    }


@pytest.mark.parametrize(
    ("stickiness", "told"),
    [
        (Stickiness(seconds=60), {"enabled": True, "type": "lb_cookie", "cookieDuration": 60}),
        (
            Stickiness(cookie="session"),
            {"enabled": True, "type": "app_cookie", "cookieName": "session", "cookieDuration": 86400},
        ),
    ],
)
def test_a_client_stays_with_one_task(deploy, cloud, stickiness, told):
    deploy(service(target=target(stickiness=stickiness, slow_start=30)))
    targets = cloud.one(TARGETS).inputs
    assert (targets["stickiness"], targets["slowStart"]) == (told, 30)


def test_people_sign_in_before_they_get_through(deploy, cloud):
    deploy(service(target=target(authentication=authentication(scope="openid email", session_timeout=3600))))
    first, second = cloud.one("aws:lb/listenerRule:ListenerRule").inputs["actions"]
    assert first == {
        "type": "authenticate-oidc",
        "order": 1,
        "authenticateOidc": {
            "issuer": "https://id.example.com",
            "clientId": "shop",
            "clientSecret": "what nobody may see",
            "authorizationEndpoint": "https://id.example.com/authorize",
            "tokenEndpoint": "https://id.example.com/token",
            "userInfoEndpoint": "https://id.example.com/me",
            "scope": "openid email",
            "sessionTimeout": 3600,
            "sessionCookieName": "AWSELBAuthSessionCookie",
            "onUnauthenticatedRequest": "authenticate",
        },
    }
    assert second == {"type": "forward", "targetGroupArn": "arn:TargetGroup:web", "order": 2}
    assert ("aws:secretsmanager/getSecretVersion:getSecretVersion", {"secretId": "shop/oidc"}) in cloud.calls
    assert ("web", "actions") in cloud.secrets, "the secret travels as one"


def test_the_service(deploy, cloud):
    deploy(service(desired_count=3, capacity=Capacity.FARGATE_SPOT, target=target(start_period=90), timeout_minutes=5))
    found = cloud.one(SERVICE)
    assert found.inputs == {
        "cluster": CLUSTER,
        "taskDefinition": "arn:TaskDefinition:web",
        "desiredCount": 3,
        "capacityProviderStrategies": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "forceNewDeployment": True,
        "networkConfiguration": {
            "subnets": ["subnet-1", "subnet-2"],
            "securityGroups": ["SecurityGroup-web"],
            "assignPublicIp": False,
        },
        "loadBalancers": [{"targetGroupArn": "arn:TargetGroup:web", "containerName": "web", "containerPort": 8080}],
        "healthCheckGracePeriodSeconds": 90,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMinimumHealthyPercent": 100,
        "deploymentMaximumPercent": 200,
        "availabilityZoneRebalancing": "ENABLED",
        "enableEcsManagedTags": True,
        "propagateTags": "SERVICE",
        "waitForSteadyState": True,
        "tags": {"Name": "web", "team": "a"},
    }
    assert found.timeouts == ("5m", "5m", "5m")


def test_a_mix_of_capacity_and_zones_left_as_they_are(deploy, cloud):
    deploy(service(capacity=CapacityMix(base=1, fargate=1, fargate_spot=3), zone_rebalancing=False))
    found = cloud.one(SERVICE).inputs
    assert found["capacityProviderStrategies"] == [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    assert found["availabilityZoneRebalancing"] == "DISABLED"


TARGET = "aws:appautoscaling/target:Target"


def test_a_service_that_scales_keeps_the_number_that_aws_chose(deploy, cloud):
    deploy(service(scaling=Scaling(min=2, max=8, cpu=60, requests_per_target=500), desired_count=1))
    found = cloud.one(SERVICE)
    assert (found.inputs["desiredCount"], found.ignore_changes) == (2, ["desiredCount"])
    target = cloud.one(TARGET).inputs
    assert (target["resourceId"], target["minCapacity"], target["maxCapacity"]) == ("service/c/web-1234567", 2, 8)
    assert [one.name for one in cloud.all("aws:appautoscaling/policy:Policy")] == ["web-cpu", "web-requests"]


def test_a_service_that_does_not_scale_has_the_number_that_is_asked(deploy, cloud):
    deploy(service())
    assert cloud.one(SERVICE).ignore_changes == []
    assert not cloud.all(TARGET)


def test_off_hours_to_zero_start_with_a_task(deploy, cloud):
    night = ScalingSchedule(name="night", cron="0 20 * * ? *", min=0, max=0)
    day = ScalingSchedule(name="day", cron="0 8 * * ? *", min=1, max=1)
    deploy(service(scaling=Scaling(min=0, max=1, schedules=(night, day))))
    assert cloud.one(SERVICE).inputs["desiredCount"] == 1


CERT = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/app/cert"
ARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:app-AbCdEf"


def test_secrets_reach_the_containers_and_just_these_may_be_read(deploy, cloud):
    proxy = Container(image="proxy@sha256:2", secrets={"CERT": Secret(parameter="/app/cert")}, writable_paths=("/tmp",))
    deploy(
        service(
            secrets={"TOKEN": Secret(secret=ARN, key="token", kms_key_arn="arn:key")},
            sidecars={"proxy": proxy},
            depends_on={"proxy": Condition.START},
            writable_paths=("/tmp",),
            ephemeral_storage=30,
        )
    )
    definition = cloud.one(DEFINITION).inputs
    own, sidecar = json.loads(definition["containerDefinitions"])
    assert own["secrets"] == [{"name": "TOKEN", "valueFrom": f"{ARN}:token::"}]
    assert own["dependsOn"] == [{"containerName": "proxy", "condition": "START"}]
    assert (sidecar["name"], sidecar["image"]) == ("proxy", "proxy@sha256:2")
    assert sidecar["secrets"] == [{"name": "CERT", "valueFrom": CERT}]
    assert sidecar["logConfiguration"]["options"]["awslogs-stream-prefix"] == "proxy"
    assert definition["volumes"] == [{"name": "tmp"}, {"name": "proxy-tmp"}]
    assert definition["ephemeralStorage"] == {"sizeInGib": 30}
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy", "web-secrets")
    assert policy.inputs["role"] == "web-execution-1234567"
    resources = [one["Resource"] for one in json.loads(policy.inputs["policy"])["Statement"]]
    assert resources == [ARN, CERT, "arn:key"]
    assert policy.urn in cloud.one(SERVICE).dependencies


def test_what_the_app_may_do_is_its_task_role_s(deploy, cloud):
    deploy(service(task_policy="{}"))
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy", "web-task").inputs
    assert (policy["role"], policy["policy"]) == ("web-task-1234567", "{}")


SESSION = ExecuteCommand(log_group_arn="arn:sessions", kms_key_arn="arn:key")
FOLDERS = ["/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"]


def test_sessions_write_to_three_folders_of_the_service_s_own_container(deploy, cloud):
    deploy(service(execute_command=SESSION, sidecars={"proxy": Container(image="i")}, writable_paths=("/tmp",)))
    assert cloud.one(SERVICE).inputs["enableExecuteCommand"] is True
    own, proxy = json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])
    assert [one["containerPath"] for one in own["mountPoints"]] == [*FOLDERS[:1], "/tmp", *FOLDERS[1:]]
    assert not any(one["readOnly"] for one in own["mountPoints"])
    assert own["readonlyRootFilesystem"] is True
    assert proxy["mountPoints"] == []
    volumes = [one["name"] for one in cloud.one(DEFINITION).inputs["volumes"]]
    assert volumes == ["managed-agents", "tmp", "var-lib-amazon-ssm", "var-log-amazon-ssm"]


def test_a_folder_that_the_container_writes_to_anyway_is_there_once(deploy, cloud):
    deploy(service(execute_command=SESSION, writable_paths=("/var/log/amazon/ssm",)))
    (own,) = json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])
    assert [one["containerPath"] for one in own["mountPoints"]] == FOLDERS


def test_the_task_role_may_hold_sessions(deploy, cloud):
    deploy(service(execute_command=SESSION))
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy", "web-exec")
    assert policy.inputs == {
        "role": "web-task-1234567",
        "policy": iam.hold_sessions(log_group_arn="arn:sessions", kms_key_arn="arn:key"),
    }
    assert cloud.one(DEFINITION).inputs["taskRoleArn"] == "arn:Role:web-task"
    assert policy.urn in cloud.one(SERVICE).dependencies


def test_without_sessions_there_is_no_word_of_them(deploy, cloud):
    deploy(service())
    assert "enableExecuteCommand" not in cloud.one(SERVICE).inputs
    assert "taskRoleArn" not in cloud.one(DEFINITION).inputs
    assert "volumes" not in cloud.one(DEFINITION).inputs
    assert [one.name for one in cloud.all("aws:iam/rolePolicy:RolePolicy")] == ["web-execution"]


def test_all_that_the_containers_may_do_is_one_role_s(deploy, cloud):
    deploy(service(execute_command=SESSION, telemetry=Telemetry(), task_policy="{}"))
    assert [one.name for one in cloud.all(ROLE)] == ["web-execution", "web-task"]
    policies = {one.name: one.inputs["role"] for one in cloud.all("aws:iam/rolePolicy:RolePolicy")}
    task_role = dict.fromkeys(("web-exec", "web-task", "web-telemetry"), "web-task-1234567")
    assert policies == {"web-execution": "web-execution-1234567", **task_role}


def test_the_images_of_sidecars_may_be_pulled_from_their_own_repositories(deploy, cloud):
    address = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/side:v1"
    beside = {"side": Container(image=address), "other": Container(image="docker.io/library/nginx:1")}
    deploy(service(repository_arn="arn:aws:ecr:eu-west-1:123456789012:repository/own", sidecars=beside))
    policy = json.loads(cloud.one("aws:iam/rolePolicy:RolePolicy", "web-execution").inputs["policy"])
    assert policy["Statement"][1]["Resource"] == [
        "arn:aws:ecr:eu-west-1:123456789012:repository/own",
        "arn:aws:ecr:eu-west-1:123456789012:repository/team/side",
    ]


def test_a_sidecar_may_not_bear_the_service_s_name(deploy, cloud):
    with pytest.raises(ValueError, match="the sidecar 'web' and the task's own container have one name: give one anot"):
        deploy(service(sidecars={"web": Container(image="i")}))
    assert cloud.resources == []


def test_no_task_starts_before_it_can_be_reached_and_may_pull(deploy, cloud):
    deploy(service())
    urns = {one.urn: (one.type.rpartition(":")[2], one.name) for one in cloud.resources}
    waits = {urns[urn] for urn in cloud.one(SERVICE).dependencies if urn in urns}
    assert waits >= {
        ("ListenerRule", "web"),
        ("RolePolicy", "web-execution"),
        ("SecurityGroupIngressRule", "web-in"),
        ("SecurityGroupEgressRule", "web-out"),
        ("SecurityGroupEgressRule", "web-balancer"),
    }


def test_the_outputs_tell_what_serves(deploy, cloud):
    made = deploy(service())
    assert deploy.known(made.task_definition_arn) == "arn:TaskDefinition:web"
    assert deploy.known(made.service_name) == "web-1234567"
    assert ("aws:ecs/getService:getService", {"serviceName": "web-1234567", "clusterArn": CLUSTER}) in cloud.calls


def test_up_fails_when_ecs_rolled_back(deploy, cloud, monkeypatch):
    def refuse(_):
        raise RuntimeError("no credentials")

    monkeypatch.setattr(aws_client, "_session", refuse)
    cloud.running = described("arn:TaskDefinition/web:1")
    with pytest.raises(pulumi.RunError) as error:
        deploy(service())
    first, *more = str(error.value).splitlines()
    assert first == "service web: arn:TaskDefinition:web was asked for, but ECS rolled back: web:1 serves."
    assert more == [
        "ECS said, newest first:",
        *(f"  event {number}" for number in range(5)),
        "Nothing more could be read from AWS: no credentials",
        AGAIN,
    ]


def test_its_hooks_refuse_then_run_the_migration_then_end_what_goes_and_explain_what_failed(deploy, cloud):
    deploy(service(pre_deploy=PreDeploy(command=("migrate",))))
    assert cloud.one(SERVICE).hooks == {
        "before_create": ["web-pre-deploy"],
        "after_create": ["web-deployed"],
        "before_update": ["web-going-back", "web-pre-deploy", "web-ending"],
        "after_update": ["web-deployed"],
        "on_error": ["web-explain"],
    }


def test_without_a_migration_nothing_runs_first(deploy, cloud):
    deploy(service(target=None))
    assert cloud.one(SERVICE).hooks == {
        "after_create": ["web-deployed"],
        "before_update": ["web-going-back", "web-ending"],
        "after_update": ["web-deployed"],
        "on_error": ["web-explain"],
    }


def test_a_preview_asks_nothing_of_a_service_that_is_not_there(deploy, cloud):
    deploy(service(), preview=True)
    assert not [token for token, _ in cloud.calls if "getService" in token]


def test_a_preview_of_a_service_that_rolled_back_does_not_fail(deploy, cloud, monkeypatch):
    """A preview must show the way out of a failed deployment."""
    cloud.running = described("arn:TaskDefinition/web:1")
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    deploy(service())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cpu": 300}, r"cpu must be one of \[256, .*\], got 300"),
        ({"memory": 4096}, r"memory for cpu=256 must be one of \[512, 1024, 2048\], got 4096"),
        ({"port": 0}, "port must be from 1 to 65535, got 0"),
        ({"desired_count": 0}, "desired_count must be from 1 to 5000, got 0"),
        ({"stop_timeout": 121}, "stop_timeout must be from 2 to 120, got 121"),
        ({"timeout_minutes": 0}, "timeout_minutes must be from 1 to 120, got 0"),
        ({"log_retention_days": 8}, r"log_retention_days must be one of \[1, 3, .*\], got 8"),
        ({"sidecars": {"Bad": Container(image="i")}}, "name 'Bad' must start with a letter"),
        ({"ephemeral_storage": 20}, "ephemeral_storage must be from 21 to 200, got 20"),
        ({"port": 0, "cpu": 1}, "cpu must .*; port must"),
        ({"port": None}, "target needs a port, on which the container takes the requests"),
        (
            {"target": None, "scaling": Scaling(min=1, max=2, requests_per_target=9)},
            "scaling.requests_per_target needs a target, whose requests are counted",
        ),
    ],
)
def test_what_aws_would_refuse_minutes_later(changes, message):
    with pytest.raises(ValueError, match=message):
        arguments(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"priority": 50001}, "priority must be from 1 to 50000, got 50001"),
        ({"deregistration_delay": 3601}, "deregistration_delay must be from 0 to 3600, got 3601"),
        ({"start_period": -1}, "start_period must be from 0 to 2147483647, got -1"),
        ({"slow_start": 29}, "slow_start must be 0 or from 30 to 900, got 29"),
        ({"slow_start": 901}, "slow_start must be 0 or from 30 to 900, got 901"),
        ({"keep_alive_timeout": 60}, r"keep_alive_timeout must be longer than .* idle_timeout=60, got 60: a request"),
    ],
)
def test_what_a_load_balancer_would_refuse(changes, message):
    with pytest.raises(ValueError, match=message):
        target(**changes)


@pytest.mark.parametrize(("keep_alive", "idle"), [(61, 60), (1, None), (None, 60)])
def test_an_app_may_keep_connections_longer_than_the_load_balancer(keep_alive, idle):
    balancer = Listener(arn="arn:l", load_balancer_arn="arn:b", security_group_id="sg-b", idle_timeout=idle)
    assert target(listener=balancer, keep_alive_timeout=keep_alive).keep_alive_timeout == keep_alive


@pytest.mark.parametrize(
    ("delay", "changes", "message"),
    [
        (31, {}, "stop_timeout must be at least deregistration_delay=31, got 30: the kill would cut requests"),
        (121, {"stop_timeout": 119}, "deregistration_delay=121, or 120, Fargate's most, got 119"),
        (
            1200,
            {"stop_timeout": 120},
            "timeout_minutes must be longer than deregistration_delay=1200 seconds, got 20 minutes",
        ),
        (60, {"timeout_minutes": 1}, "stop_timeout must .*; timeout_minutes must"),
    ],
)
def test_times_that_would_cut_requests(delay, changes, message):
    with pytest.raises(ValueError, match=message):
        arguments(**changes, target=target(deregistration_delay=delay))


@pytest.mark.parametrize(("delay", "stop"), [(0, 2), (30, 30), (1199, 120)])
def test_times_that_let_requests_end(delay, stop):
    assert arguments(stop_timeout=stop, target=target(deregistration_delay=delay)).stop_timeout == stop
    assert arguments(stop_timeout=2, target=None).stop_timeout == 2, "a worker has no requests"


def test_a_worker_is_reached_by_nobody(deploy, cloud):
    deploy(service(target=None, port=None, scaling=Scaling(min=1, max=3, cpu=60)))
    assert [one.name for one in (*cloud.all(INGRESS), *cloud.all(EGRESS))] == ["web-out"]
    assert not cloud.all(TARGETS)
    assert not cloud.all("aws:lb/listenerRule:ListenerRule")
    found = cloud.one(SERVICE).inputs
    assert "loadBalancers" not in found
    assert "healthCheckGracePeriodSeconds" not in found
    assert json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])[0]["portMappings"] == []


def test_a_changed_port_is_open_beside_the_old_one_while_tasks_move_over(deploy, cloud):
    deploy(service())
    replaced = {
        one.name: one.replace_on_changes for one in (*cloud.all(INGRESS), *cloud.all(EGRESS)) if one.replace_on_changes
    }
    assert replaced == {name: ["fromPort", "toPort"] for name in ("web-in", "web-balancer")}

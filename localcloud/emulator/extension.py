"""What ministack lacks for a rehearsal, as wraps of a few of its functions.

Each wrap names its reason, where it is made. The version and the signatures that they were written for are checked at
start.
"""

import inspect
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from localcloud.emulator import more_actions
from localcloud.emulator.authorization import Authorization, session
from localcloud.emulator.balancers import Balancers
from localcloud.emulator.certificates import Certificates
from localcloud.emulator.containers import Containers
from localcloud.emulator.draining import Draining
from localcloud.emulator.files import Files
from localcloud.emulator.front import Front
from localcloud.emulator.health import Health
from localcloud.emulator.network import Network
from localcloud.emulator.notices import Notices, near
from localcloud.emulator.schedules import Schedules
from localcloud.emulator.service_connect import ServiceConnect
from localcloud.emulator.snapshot import Blobs, Snapshots, one_at_a_time
from localcloud.emulator.weights import Weights
from localcloud.home import Home, cache

PINNED = "1.5.33"


class WrongEmulator(Exception):
    """Another ministack than the one this extension was written for."""


def install(home: Home) -> None:
    """Wrap ministack's functions in this process.

    Raises:
        WrongEmulator: its version or a signature differs.

    """
    found = version("ministack")
    if found != PINNED:
        raise WrongEmulator(f"ministack {PINNED} is needed, {found} is installed: run `make install`")
    from ministack import app
    from ministack.core import persistence
    from ministack.services import acm, alb, cloudwatch_logs, ec2, ecr, ecs, efs, iam, route53, scheduler, sqs, ssm, waf
    from ministack.services import servicediscovery as cloud_map

    snapshots, health = Snapshots(app), Health(ecs, alb)
    blobs = Blobs(home.emulator_state / "layers", cache() / "layers")
    draining, connect = Draining(ecs, health, snapshots.changed), ServiceConnect(ecs, cloud_map)
    files = Files(efs, home.root / "efs")
    containers = Containers(ecs, connect, files)
    health.end = draining.end
    front = Front(alb, route53, health.waiting, snapshots.changed, lambda: snapshots.save(registry=True), session)
    _wrap(app, "app", "scope receive send", lambda serve: front.app(app, serve))
    _wrap(app, "_stop_docker_containers", "include_unlabelled", containers.sweep)
    _wrap(persistence, "save_state", "service data", one_at_a_time)
    _wrap(ecr, "get_state", "", blobs.state)
    _wrap(ecr, "_restore_state", "data", blobs.restore)
    _wrap(ecr, "_v2_head_blob", "name digest", lambda head: partial(blobs.head, ecr, head))
    _wrap(ecr, "_batch_delete_image", "data", lambda delete: more_actions.untagging(ecr, delete))
    request = "tg_arn method path headers body query_params raw_query_string raw_path"
    _wrap(alb, "_forward_to_tg", request, health.forward)
    _wrap(alb, "_describe_target_health", "params", health.describe)
    balancers = Balancers(alb, ec2)
    _wrap(alb, "_lb_xml", "lb", balancers.tell)
    _wrap(alb, "_create_tg", "params", balancers.create_group)
    _wrap(alb, "_tg_xml", "tg", balancers.tell_group)
    weights = Weights(alb)
    _wrap(alb, "_parse_actions", "params prefix", weights.parse)
    _wrap(alb, "_action_xml", "a", weights.tell)
    request = "actions method path headers body query_params listener_port lb_arn target_host raw_query_string raw_path"
    _wrap(alb, "_execute_actions", request, weights.obey)
    _wrap(ecs, "_make_deployment", "task_definition desired_count status", _begins_in_progress)
    _wrap(ecs, "_make_deployment", "task_definition desired_count status", connect.deployment)
    _wrap(ecs, "_create_service", "data", connect.write)
    _wrap(ecs, "_update_service", "data", connect.write)
    _wrap(ecs, "_update_service", "data", lambda update: more_actions.keeping(ecs, update))
    for name in ("_create_service", "_update_service", "_describe_services"):
        _wrap(ecs, name, "data", lambda call: more_actions.rebalancing(ecs, call))
    _wrap(cloud_map, "_delete_namespace", "data", connect.delete)
    _wrap(ecs, "_record_service_task_healthy", "svc_key task", lambda record: _once_it_serves(ecs, health, record))
    _wrap(ecs, "_stop_task", "data", draining.stop)
    _wrap(ecs, "_refresh_service_state", "cluster_name group", draining.refresh)
    _wrap(ecs, "_sync_service_targets", "cluster_name svc", health.sync)
    _wrap(ecs, "_start_task_worker", "task td container_overrides docker_client", containers.start)
    run = "cdef td env port_bindings ecs_network host_mode task_id task_arn ministack_net_ip cluster_arn"
    _wrap(ecs, "_build_run_kwargs", run, containers.run_arguments)
    _wrap(ecs, "_remove_docker_container", "docker_client container_or_id", containers.remove)
    _wrap(ecs, "_cleanup_task_resources", "task docker_client extra_container", containers.clean_up)
    _wrap(efs, "_delete_file_system", "fs_id", files.delete)
    # A task gets a SecureString's text; ministack would give it the cipher.
    _wrap(ssm, "resolve_parameter_value", "name_or_arn version decrypt", lambda resolve: partial(resolve, decrypt=True))
    _complete_delivery()
    if app.AUTH:
        _enforce_iam(iam, home.logs / "iam.jsonl")
    _complete_network(ec2)
    certificates = Certificates(acm, route53)
    _wrap(acm, "_request_certificate", "data", certificates.request)
    _wrap(acm, "_cert_shape", "cert", certificates.shape)
    _wrap(waf, "_update_web_acl", "data", lambda update: more_actions.waf_description(waf, update))
    call = "method path headers body query_params"
    _wrap(waf, "handle_request", call, lambda handle: more_actions.also(handle, more_actions.waf_logging(waf)))
    logs = cloudwatch_logs
    log_actions = {**more_actions.log_keys(logs), **more_actions.log_events(logs)}
    _wrap(logs, "handle_request", call, lambda handle: more_actions.also(handle, log_actions))
    schedules = Schedules(scheduler, ecs, sqs, snapshots.changed)
    _wrap(scheduler, "_tick_schedules", "", schedules.tick)
    _complete_notices(ecs, logs)
    health.run()
    snapshots.run()


def _complete_notices(ecs: Any, logs: Any) -> None:
    """Deployments, alarms and log lines reach whom they are to reach."""
    from ministack.services import cloudwatch, eventbridge, kms, sns

    notices = Notices(ecs, eventbridge, sns, kms, cloudwatch, logs)
    _wrap(ecs, "_record_service_task_failure", "task digest_resolution_failed", notices.failures)
    _wrap(eventbridge, "_invoke_target", "target event rule view", notices.target)
    _wrap(eventbridge, "_apply_input_transformer", "transformer rule view", notices.transformed)
    _wrap(cloudwatch, "_dispatch_alarm_actions", "alarm old_state new_state reason", notices.alarm)
    _wrap(cloudwatch, "_put_metric_alarm", "params cbor_data is_cbor is_json", notices.kept)
    _wrap(logs, "_compile_filter_pattern", "raw", notices.matcher)
    _wrap(logs, "_put_log_events", "data", notices.counted)
    _wrap(sns, "_subscribe", "params", notices.subscribed)
    _wrap(sns, "_http_post_sync", "endpoint payload sns_message_type", near)


def _enforce_iam(iam: Any, log: Path) -> None:
    """What a role may do is enforced as on AWS; the one local port is where TLS has ended."""
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator
    from ministack.services import kms, sts

    authorization, call = Authorization(iam, kms, log), "service method path headers body query_params"
    _wrap(iam_actions, "extract_iam_action", call, authorization.action)
    _wrap(iam_actions, "extract_resource_arn", f"{call} region account_id", authorization.resource)
    asked = "access_key_id iam_action service region resource_arn service_context"
    _wrap(iam_evaluator, "enforce", asked, authorization.enforce)
    _wrap(app, "pin_request_origin", "source_ip secure_transport", lambda pin: lambda source, _: pin(source, True))
    _wrap(sts, "_web_identity_principal", "token provider_id role_arn", authorization.claims)
    _wrap(sts, "_web_identity_trust_denied", "role_arn params use_json", authorization.web_identity)


def _complete_delivery() -> None:
    """Identity providers are changed in place, build projects keep what they are told, and no build seems to run."""
    from ministack.services import codebuild, iam

    iam._IAM_HANDLERS |= more_actions.identity_providers(iam)
    for name in ("_create_project", "_update_project"):
        _wrap(codebuild, name, "data", lambda write: more_actions.build_projects(codebuild, write))
    _wrap(codebuild, "_project_shape", "project", lambda shape: lambda project: {**project, **shape(project)})
    _wrap(codebuild, "_make_build_record", "project build_id source_version", more_actions.no_build)


def _complete_network(ec2: Any) -> None:
    """Creations keep what ministack does not, and descriptions tell it."""
    network = Network(ec2)
    _wrap(ec2, "_create_vpc", "p", network.keeps("vpc", ec2._vpcs, network.vpc))
    _wrap(ec2, "_describe_vpcs", "p", network.tells("vpcId", ec2._vpcs))
    _wrap(ec2, "_create_subnet", "p", network.keeps("subnet", ec2._subnets, network.subnet))
    _wrap(ec2, "_modify_subnet_attribute", "p", network.change_subnet)
    _wrap(ec2, "_describe_subnets", "p", network.tells("subnetId", ec2._subnets))
    _wrap(ec2, "_create_route", "p", network.put_route)
    _wrap(ec2, "_replace_route", "p", network.put_route)
    _wrap(ec2, "_delete_route", "p", network.delete_route)
    _wrap(ec2, "_create_vpc_endpoint", "p", network.keeps("vpce", ec2._vpc_endpoints, network.endpoint))
    _wrap(ec2, "_modify_vpc_endpoint", "p", network.change_endpoint)
    _wrap(ec2, "_describe_vpc_endpoints", "p", network.tells("vpcEndpointId", ec2._vpc_endpoints))
    _wrap(ec2, "_create_nat_gateway", "params", network.nat_gateway)
    _wrap(
        ec2, "_describe_nat_gateways", "params", network.tells("natGatewayId", ec2._nat_gateways, network.nat_address)
    )
    _wrap(ec2, "_parse_tag_specs", "p resource_type resource_id", network.tag)
    _wrap(ec2, "_create_flow_logs", "params", network.keeps("fl", ec2._flow_logs, network.flow_log))
    _wrap(ec2, "_describe_flow_logs", "params", network.tells("flowLogId", ec2._flow_logs))
    _wrap(ec2, "_sg_xml", "sg", network.group)
    _wrap(ec2, "_parse_ip_permissions", "params prefix", network.permissions)
    _wrap(ec2, "_sg_rule_id", "sg_id is_egress rule", network.rule_id)
    _wrap(ec2, "_sg_rule_xml", "sg_id rule is_egress", network.rule)


def _wrap(module: Any, name: str, parameters: str, wrap: Callable[[Any], Any]) -> None:
    function = getattr(module, name, None)
    found = list(inspect.signature(function).parameters) if function else None
    if found != parameters.split():
        raise WrongEmulator(
            f"ministack's {module.__name__}.{name} takes {found}, expected {parameters.split()}: run `make install`"
        )
    wrapped = wrap(function)
    setattr(module, name, wrapped)
    actions = getattr(module, "_ACTION_MAP", {})
    actions |= {action: wrapped for action, handler in actions.items() if handler is function}


def _begins_in_progress(make: Any) -> Any:
    """A service's first deployment is complete when its tasks serve; ministack's is from the beginning."""

    def make_deployment(task_definition: str, desired_count: int, status: str = "PRIMARY") -> dict[str, Any]:
        return make(task_definition, desired_count, status) | {
            "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": "ECS deployment in progress.",
        }

    return make_deployment


def _once_it_serves(ecs: Any, health: Health, record: Any) -> Any:
    """A task counts for its deployment once it is healthy; in ministack, once it has run for a second."""

    def record_healthy(svc_key: str, task: dict[str, Any]) -> None:
        ecs._maybe_mark_stopped(task)  # a busy Docker may not have told yet that it has ended
        service = ecs._services.get(svc_key)
        if service and health.serves(service, task):
            record(svc_key, task)

    return record_healthy

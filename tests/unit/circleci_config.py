"""What CircleCI would say of a config: its own checker needs its service, so that this one knows the orb by heart.

Parameters of commands: orb registry, circleci/aws-cli 5.4.1, and the orb's source.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ORBS: Mapping[str, Mapping[str, set[str]]] = {
    "circleci/aws-cli@5.4.1": {
        "install": {
            "binary_dir",
            "disable_aws_pager",
            "install_dir",
            "override_installed",
            "use_brew",
            "version",
            "when",
        },
        "setup": {
            *("aws_access_key_id", "aws_secret_access_key", "binary_dir", "configure_default_region"),
            *("configure_profile_region", "disable_aws_install", "disable_aws_pager", "install_dir"),
            *("override_installed", "profile_name", "region", "role_arn", "role_session_name", "session_duration"),
            *("set_aws_env_vars", "use_brew", "version", "when"),
        },
    },
}
"""By orb and version: its commands, and the parameters of each."""
BUILT_IN = {"attach_workspace", "checkout", "persist_to_workspace", "run", "setup_remote_docker", "store_artifacts"}
OF_WORKFLOW = {"name", "matrix", "context", "filters", "requires", "serial-group", "type"}
"""What a job may have in a workflow beside its own parameters."""


def problems(config: Mapping[str, Any]) -> list[str]:
    """Everything that CircleCI would not run, or would not run as meant."""
    return [*_orbs(config), *_steps_problems(config), *_undeclared(config), *_workflows(config)]


def steps_of(where: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The name and arguments of each step, also of those that have a condition."""
    for step in where["steps"]:
        name, arguments = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        if name in ("when", "unless"):
            yield from steps_of(arguments)
        else:
            yield name, arguments


def _orbs(config: Mapping[str, Any]) -> Iterator[str]:
    for name, orb in config.get("orbs", {}).items():
        if orb not in ORBS:
            yield f"orb {name}: {orb} is none of {sorted(ORBS)}"


def _commands(config: Mapping[str, Any]) -> dict[str, tuple[set[str], set[str]]]:
    """Parameters of each command, and which of them must be given."""
    own = {name: _parameters(command) for name, command in config["commands"].items()}
    orbs = {
        f"{name}/{command}": (parameters, set[str]())
        for name, orb in config.get("orbs", {}).items()
        for command, parameters in ORBS.get(orb, {}).items()
    }
    return own | orbs


def _parameters(of: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    declared = of.get("parameters", {})
    return set(declared), {name for name, one in declared.items() if "default" not in one}


def _given(where: str, given: Sequence[str], known: tuple[set[str], set[str]]) -> Iterator[str]:
    allowed, needed = known
    for name in given:
        if name not in allowed:
            yield f"{where}: {name} is none of its parameters {sorted(allowed)}"
    for name in sorted(needed - set(given)):
        yield f"{where}: its parameter {name} is missing"


def _steps_problems(config: Mapping[str, Any]) -> Iterator[str]:
    commands = _commands(config)
    for name, one in [*config["jobs"].items(), *config["commands"].items()]:
        if "executor" in one and one["executor"] not in config["executors"]:
            yield f"{name}: there is no executor {one['executor']}"
        for step, arguments in steps_of(one):
            if step in commands:
                yield from _given(f"{name}: {step}", list(arguments), commands[step])
            elif step not in BUILT_IN:
                yield f"{name}: there is no step {step}"


def _undeclared(config: Mapping[str, Any]) -> Iterator[str]:
    for name, one in [*config["jobs"].items(), *config["commands"].items()]:
        for used in sorted(set(re.findall(r"<< parameters\.([\w-]+) >>", str(one)))):
            if used not in one.get("parameters", {}):
                yield f"{name}: parameter {used} is not declared"
    for used in sorted(set(re.findall(r"<< pipeline\.parameters\.([\w-]+) >>", str(config)))):
        if used not in config["parameters"]:
            yield f"pipeline parameter {used} is not declared"


def jobs_of(workflow: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The job and what it is given, for each of a workflow's."""
    for job in workflow["jobs"]:
        yield (job, {}) if isinstance(job, str) else next(iter(job.items()))


def _workflows(config: Mapping[str, Any]) -> Iterator[str]:
    for title, workflow in config["workflows"].items():
        names = [given.get("name", job) for job, given in jobs_of(workflow)]
        for job, given in jobs_of(workflow):
            where = f"{title}: {given.get('name', job)}"
            yield from (
                f"{where}: it requires {one}, which is no job" for one in given.get("requires", []) if one not in names
            )
            if given.get("type") == "approval":
                continue
            if job not in config["jobs"]:
                yield f"{where}: there is no job {job}"
                continue
            arguments = [*(set(given) - OF_WORKFLOW), *given.get("matrix", {}).get("parameters", {})]
            yield from _given(where, arguments, _parameters(config["jobs"][job]))

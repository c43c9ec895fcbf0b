"""What the three CIs are told, read from their files: stages, roles, commands, scripts."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .circleci_config import jobs_of, steps_of

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = "aws:codepipeline/pipeline:Pipeline"
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))
CIRCLECI = ROOT / ".circleci/config.yml"
BUILDSPECS = sorted((ROOT / "bootstrap/buildspecs").glob("*.yml"))
MAKE = re.compile(r"(?:exec \.ci/in-time )?(make (?!install).+)")
"""What a stage runs; `.ci/in-time` ends what changes a stack in good order, when its job is cancelled or too long."""
PINNED = re.compile(r"(?P<action>[\w.-]+/[\w.-]+)@(?P<commit>[0-9a-f]{40}) # (?P<major>v\d+)\.\d+\.\d+")


def read(file: Path) -> dict[str, Any]:
    """A YAML file. GitHub's `on` is a word, not YAML 1.1's truth."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(file.read_text("utf-8")).items()}


ACCOUNT = read(ROOT / "bootstrap/Pulumi.account.yaml")["config"]
STACKS: list[str] = ACCOUNT["bootstrap:environments"]
"""The stacks that are delivered, in the order in which a change reaches them. No other stack is CI's."""
UNATTENDED: list[str] = ACCOUNT.get("bootstrap:unattended", [])
"""Those of them that nobody approves."""
JOBS = [(file.stem, name, job) for file in WORKFLOWS for name, job in read(file)["jobs"].items()]
"""Workflow, name and content of each job of GitHub's."""


def by_version(text: str) -> str:
    """Actions by their major version instead of their commit: actionlint knows the inputs of versions only."""
    return PINNED.sub(r"\g<action>@\g<major>", text)


def as_workflow(action: dict[str, Any]) -> str:
    """An action's steps in a workflow, so that actionlint checks them too: it reads no steps of actions."""
    inputs = {name: {"type": "string"} for name in action.get("inputs", {})}
    steps = {"runs-on": "ubuntu-24.04", "timeout-minutes": 1, "steps": action["runs"]["steps"]}
    return json.dumps({"on": {"workflow_call": {"inputs": inputs}}, "permissions": {}, "jobs": {"steps": steps}})


def scripts() -> Iterator[tuple[str, str]]:
    """Where each script of CircleCI's is, and its text; those of GitHub's are read by actionlint."""
    config = read(CIRCLECI)
    for name, one in [*config["commands"].items(), *config["jobs"].items()]:
        for number, (step, arguments) in enumerate(steps_of(one)):
            if step == "run":
                text = arguments if isinstance(arguments, str) else arguments["command"]
                yield f"{name}:{number}", re.sub(r"<<.*?>>", "x", text)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage as one CI runs it."""

    name: str
    command: str
    role: str


def places() -> Iterator[tuple[str, list[str]]]:
    """Where the CIs' files name stacks one by one, and which they name."""
    workflows = {file.stem: file for file in WORKFLOWS}
    operate, drift = read(workflows["operate"]), read(workflows["drift"])
    yield "operate.yml, options of stack", operate["on"]["workflow_dispatch"]["inputs"]["stack"]["options"]
    yield "drift.yml, matrix of drift", drift["jobs"]["drift"]["strategy"]["matrix"]["stack"]
    for name in ("drift", "pull-request"):
        [loop] = re.findall(r"for stack in (.+); do", workflows[name].read_text("utf-8"))
        yield f"{name}.yml, the loop in its last job", loop.split()
    config = read(CIRCLECI)
    yield "config.yml, enum of the parameter stack", config["parameters"]["stack"]["enum"]
    [(_, looked_at)] = jobs_of(config["workflows"]["drift"])
    yield "config.yml, matrix of drift", looked_at["matrix"]["parameters"]["stack"]
    for file, of in (("yml", github_stages), ("config.yml", circleci_stages)):
        for name, kind in (("pull-request", "review"), ("deliver", "deploy"), ("deliver", "verify")):
            place = f"{name}.yml" if file == "yml" else f"{file}, {name}"
            yield (
                f"{place}, jobs that {kind}",
                [stage.name.removeprefix(f"{kind} ") for stage in of(name) if stage.name.startswith(f"{kind} ")],
            )


def github_stages(workflow: str, **matrix: str) -> list[Stage]:
    """The stages of a workflow, in its order."""
    jobs = read(ROOT / f".github/workflows/{workflow}.yml")["jobs"].values()
    return [stage for job in jobs if (stage := _github_stage(job, matrix)).command]


def _github_stage(job: Mapping[str, Any], matrix: Mapping[str, str]) -> Stage:
    command = role = ""
    for step in job["steps"]:
        if step.get("uses") == "./.github/actions/act-as":
            role = _role(_filled(step["with"]["role"], matrix), _filled(step["with"]["stack"], matrix))
        if made := MAKE.fullmatch(step.get("run", "")):
            command = _filled(_with_environment(made[1], step.get("env", {})), matrix)
    return Stage(name=_filled(job["name"], matrix), command=command, role=role)


def circleci_stages(workflow: str, **pipeline: str) -> list[Stage]:
    """The stages of a workflow, in its order; of a matrix, as `pipeline` says `stack`."""
    config = read(CIRCLECI)
    jobs = [(job, given) for job, given in jobs_of(config["workflows"][workflow]) if job in config["jobs"]]
    return [_circleci_stage(config["jobs"][job], {"name": job, **given}, pipeline) for job, given in jobs]


def _circleci_stage(job: Mapping[str, Any], given: Mapping[str, Any], pipeline: Mapping[str, str]) -> Stage:
    defaults = {name: one.get("default", pipeline.get(name, "")) for name, one in job.get("parameters", {}).items()}
    values = {**defaults, **pipeline, **{name: one for name, one in given.items() if isinstance(one, str)}}
    command = role = ""
    for step, arguments in steps_of(job):
        if step == "act-as":
            role = _role(_filled(arguments["role"], values), _filled(arguments["stack"], values))
        text = arguments if isinstance(arguments, str) else arguments.get("command", "")
        if step == "run" and (made := MAKE.fullmatch(text)):
            command = _filled(_with_environment(made[1], job.get("environment", {})), values)
    return Stage(name=_filled(given["name"], values).replace("-", " ", 1), command=command, role=role)


def codepipeline_stages(cloud: Any, pipeline: str) -> list[Stage]:
    """The stages of a pipeline of CodePipeline, in its order."""
    projects = {one.name: one.inputs for one in cloud.all("aws:codebuild/project:Project")}
    attached = cloud.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    granted = {
        one.inputs["role"].removesuffix("-1234567"): one.inputs["policyArn"].removeprefix("arn:") for one in attached
    }
    stages = next(one for one in cloud.all(PIPELINE) if one.name == pipeline).inputs["stages"]
    found = []
    for action in (action for stage in stages for action in stage["actions"] if action["category"] == "Build"):
        project = projects[action["configuration"]["ProjectName"]]
        variables = {one["name"]: one["value"] for one in project["environment"]["environmentVariables"]}
        lines = read(ROOT / project["source"]["buildspec"])["phases"]["build"]["commands"]
        command = next(line for line in lines if line.startswith(("make ", "bootstrap/")))
        found.append(
            Stage(
                name=re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action["name"]).lower(),
                command=command.replace('"$STACK"', variables.get("STACK", "")),
                role=granted.get(project["serviceRole"].rpartition(":")[2], ""),
            )
        )
    return found


def _role(kind: str, stack: str) -> str:
    return kind if kind == "build" else f"{kind}-{stack}"


def _with_environment(command: str, environment: Mapping[str, str]) -> str:
    """A command with the job's variables in place; one that is empty says nothing to make."""
    return re.sub(r'"?\$(\w+)"?', lambda found: environment[found[1]], command)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """GitHub's and CircleCI's expressions, filled in."""
    filled = re.sub(r"\$\{\{ \w+\.(\w+) \}\}|<< [\w.]*?(\w+) >>", lambda found: values[found[1] or found[2]], text)
    return re.sub(r" \w+=(?= |$)", "", filled)

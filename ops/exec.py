"""`ops exec`: a command in a container of a task that runs."""

import json
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from components.checks import hint
from ops.deployed import Deployed
from ops.error import OpsError
from ops.serving import description
from ops.tasks import Task, id_of, tasks

SHELL = ("/bin/sh",)
"""What runs when no command is named."""
PLUGIN = "session-manager-plugin"
AGENT = "ExecuteCommandAgent"
_KILLED = 128
"""A shell's exit code of a program that a signal ended is this and the signal's number."""
NOT_FOUND = (126, 127)
"""Exit codes of a command that a container does not have, or may not run."""


@dataclass(frozen=True, slots=True)
class Session:
    """One command in one container, with this process's input and output.

    On AWS it is a session of ECS Exec, by AWS's own plugin; on the local cloud Docker's `exec`, where ECS Exec would
    allow it.
    Source: Amazon ECS Developer Guide, "Running commands using ECS Exec".
    """

    deployed: Deployed
    """The stack."""
    service: str
    """Name in the stack file."""
    note: Callable[[str], None]
    """Tells which task it is, where several run."""

    def run(self, command: Sequence[str], task_id: str = "", container: str = "") -> int:
        """Run it, to its end.

        Args:
            command: what runs; a shell without any.
            task_id: what the id of the task begins with. Empty: the newest that runs.
            container: its name; the service's own when empty.

        Returns:
            Its exit code; on AWS the plugin's, which does not tell the command's.

        Raises:
            OpsError: the service is gone, sessions are off, there is no such task or container, or a tool is missing.
        """
        self._refuse_without_setting()
        task = self._task(task_id)
        own = _container(task, container or self.service)
        words = list(command) or list(SHELL)
        ran = self._by_docker(own, words) if self.deployed.is_local else self._by_plugin(task, own, words)
        if ran in NOT_FOUND and not command:
            self.note(f"container {own['name']} has no {SHELL[0]}: name a program that it has, after --")
        return ran

    def _refuse_without_setting(self) -> None:
        """ECS opens sessions only in tasks of a service that allows them."""
        stack = self.deployed.stack
        if not description(self.deployed, self.service).get("enableExecuteCommand"):
            raise OpsError(
                f"service {self.service} allows no sessions: set execute_command: true for it in Pulumi.{stack}.yaml, "
                f"then pulumi up -s {stack}, which gives it new tasks"
            )

    def _task(self, begin: str) -> Task:
        """The newest task that runs, of those whose id begins so."""
        found = tasks(self.deployed, service=self.deployed.service(self.service)["service"])
        running = [one for one in found if one["lastStatus"] == "RUNNING"]
        running.sort(key=itemgetter("startedAt"), reverse=True)
        if not running:
            raise OpsError(
                f"service {self.service} runs no task now: python -m ops status {self.service} "
                f"--stack {self.deployed.stack} tells why"
            )
        found = [one for one in running if id_of(one).startswith(begin)]
        if not found or (begin and len(found) > 1):
            problem = "several tasks" if found else "no task"
            known = ", ".join(map(id_of, found or running))
            raise OpsError(f"service {self.service} runs {problem} whose id begins with {begin!r}: {known}")
        if len(found) > 1:
            others = ", ".join(id_of(one)[:8] for one in found[1:])
            self.note(f"In task {id_of(found[0])[:8]}, the newest of {len(found)}; --task takes another: {others}")
        return found[0]

    def _by_docker(self, container: Mapping[str, Any], command: list[str]) -> int:
        """The emulator's runtime id is the id of Docker's container; it runs as that container's own user."""
        if not shutil.which("docker"):
            raise OpsError("no docker on PATH: a session on the local cloud is opened by Docker's own command")
        terminal = ["--tty"] if all(one and one.isatty() for one in (sys.stdin, sys.stdout)) else []
        return _hand_over(["docker", "exec", "--interactive", *terminal, container["runtimeId"], *command])

    def _by_plugin(self, task: Task, container: Mapping[str, Any], command: list[str]) -> int:
        """As AWS's own command line does it: ECS opens the session, the plugin joins it."""
        if not shutil.which(PLUGIN):
            raise OpsError(
                f'no {PLUGIN} on PATH: install it by the AWS Systems Manager User Guide, "Install the Session Manager '
                'plugin for the AWS CLI"'
            )
        _refuse_without_agent(task, container)
        cluster, region, task_id = task["clusterArn"].rpartition("/")[2], self.deployed.region, id_of(task)
        opened = self.deployed.client("ecs").execute_command(
            cluster=cluster,
            task=id_of(task),
            container=container["name"],
            interactive=True,
            command=shlex.join(command),
        )
        target = json.dumps({"Target": f"ecs:{cluster}_{task_id}_{container['runtimeId']}"})
        endpoint = self.deployed.client("ssm").meta.endpoint_url
        session, profile = json.dumps(opened["session"]), self.deployed.profile
        return _hand_over([PLUGIN, session, region, "StartSession", profile, target, endpoint])


def _container(task: Task, name: str) -> Mapping[str, Any]:
    """A container of a task, while it runs."""
    found = {str(one["name"]): one for one in task["containers"]}
    if name not in found:
        raise OpsError(f"task {id_of(task)} has no container {name!r}: {hint(name, found)}")
    if found[name].get("lastStatus") != "RUNNING":
        raise OpsError(f"container {name} of task {id_of(task)} is {found[name].get('lastStatus')}, not RUNNING")
    return found[name]


def _refuse_without_agent(task: Task, container: Mapping[str, Any]) -> None:
    """ECS's agent for sessions starts a moment after the container."""
    agents = {one["name"]: one for one in container.get("managedAgents") or ()}
    status = agents.get(AGENT, {}).get("lastStatus", "absent")
    if status != "RUNNING":
        why = agents.get(AGENT, {}).get("reason", "")
        raise OpsError(
            f"the agent for sessions in task {id_of(task)} is {status}{f' ({why})' if why else ''}: it runs some "
            "seconds after a task begins; a task from before execute_command has none, and python -m ops restart "
            "replaces it"
        )


def _hand_over(command: list[str]) -> int:
    """Run a program with our input and output. Ctrl-C is for it, or for what runs in its session."""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which it would inherit
    try:
        code = subprocess.run(command, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else _KILLED - code

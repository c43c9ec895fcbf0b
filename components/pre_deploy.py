"""A task that runs once before a new version serves, such as a migration of its database."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from . import task_run
from .aws_client import client, region_of
from .checks import out_of_range, refuse
from .failed_deployment import HINTS, LAST_LINES, one_line, revision
from .hook_name import hook_name
from .run_once import RunOnce, ran_well, run_once, unfinished, write_down
from .task_run import Ended, TaskRun


@dataclass(frozen=True, kw_only=True, slots=True)
class PreDeploy:
    """What runs once before a new version of a service serves.

    One task with the new version's definition: same image by digest, environment, secrets, roles and network, and its
    sidecars; the command of the main container alone is another. It has no Service Connect, which ECS gives to services
    only. The version that serves goes on meanwhile, so it must get on with what this does. It runs on Fargate, never on
    Spot, and costs what a task costs while it runs.
    """

    command: tuple[str, ...]
    """Arguments of the entry point, such as `python`, `manage.py`, `migrate`."""
    minutes: int = 15
    """After which it is stopped, and has failed; 1 to 120. Default: 15."""

    def __post_init__(self) -> None:
        """Refuse what would run nothing.

        Raises:
            ValueError: every problem, in one message.
        """
        no_word = not self.command or not self.command[0].strip()
        refuse(
            (
                f"command must be words, such as [python, manage.py, migrate], got {list(self.command)}"
                if no_word
                else None,
                out_of_range("minutes", self.minutes, 1, 120),
            )
        )


def running_first(name: str, given: PreDeploy, component: pulumi.Resource) -> pulumi.ResourceHook:
    """A hook that runs it before a service is created or updated, and fails that when it fails.

    It runs once for an image and a command. What tells that it ran is a stream in the service's log group,
    `pre-deploy/…`, with one line about the run; it stays as long as the log group. So an update for another reason runs
    nothing, and after an `up` that was killed meanwhile the next one waits for the same task.

    Args:
        name: of the service in the program, and of its container.
        given: what runs.
        component: that its log is shown at.

    Source: Amazon ECS API Reference, "RunTask", "ListTasks"; Pulumi documentation, "Resource hooks".
    """

    async def run_first(args: pulumi.ResourceHookArgs) -> None:
        run = _Run(name, given, component)
        try:
            problem = await run.problem(args.new_inputs or {})
        except Exception as error:  # noqa: BLE001 - the engine prints a hook's error: one line, and what it is about
            problem = f"pre_deploy could not be {run.fate}: {one_line(error)}"
        if problem:
            raise pulumi.RunError(f"service {name}: {problem}")

    return pulumi.ResourceHook(hook_name(f"{name}-pre-deploy"), run_first)


@dataclass(slots=True)
class _Run:
    """One time that the hook is called."""

    name: str
    given: PreDeploy
    component: pulumi.Resource
    fate: str = "run"
    """What an error keeps from it."""

    async def problem(self, service: Mapping[str, Any]) -> str | None:
        """Run it, unless it ran; what went wrong, if anything did."""
        ecs, logs, once = await asyncio.to_thread(self._prepare, service)
        if await asyncio.to_thread(ran_well, logs, once):
            self._say(f"pre_deploy ran for this image before: {once.mark}")
            return None
        task = await asyncio.to_thread(self._task, ecs, logs, once)
        self.fate = "watched to its end, which the next `pulumi up` will do"
        ended, lines = await self._to_its_end(task)
        if not ended.is_well:
            return self._failed(once, task, ended, lines)
        await asyncio.to_thread(write_down, logs, once, task)
        self._say(f"pre_deploy `{self._command}` ended well, as task {_id(task)}")
        return None

    @property
    def _command(self) -> str:
        return " ".join(self.given.command)

    def _say(self, text: str, *, passing: bool = False) -> None:
        pulumi.log.info(text, self.component, ephemeral=passing)

    def _prepare(self, service: Mapping[str, Any]) -> tuple[Any, Any, RunOnce]:
        region = region_of(service["cluster"])
        ecs, logs = client("ecs", region), client("logs", region)
        found = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        return ecs, logs, run_once(self.name, self.given.command, service, found)

    def _task(self, ecs: Any, logs: Any, once: RunOnce) -> TaskRun:  # noqa: ANN401 - boto3 makes its clients at run time
        """The task of an `up` that did not see it end, or else a new one."""
        arn = unfinished(ecs, once) or task_run.start(
            ecs,
            cluster=once.cluster,
            task_definition=once.task_definition,
            network=once.network,
            container=once.container,
            command=once.command,
            started_by=once.started_by,
        )
        group = once.log_group if once.logs_there else None
        return TaskRun(ecs=ecs, logs=logs, cluster=once.cluster, arn=arn, container=self.name, log_group=group)

    async def _to_its_end(self, task: TaskRun) -> tuple[Ended, list[str]]:
        """How it ended, with its last lines; it is stopped when its time is over."""
        lines: list[str] = []
        deadline = time.monotonic() + self.given.minutes * 60
        while not (ended := await asyncio.to_thread(task.ended)):
            lines += await self._shown(task)
            if time.monotonic() > deadline:
                ended = Ended(exit_code=None, reason=f"it was stopped after {self.given.minutes} minutes")
                await asyncio.to_thread(task.stop, "pre_deploy: out of time")
                break
            await asyncio.sleep(task_run.POLL_SECONDS)
        await asyncio.sleep(task_run.LAST_LINES_SECONDS)
        return ended, (lines + await self._shown(task))[-LAST_LINES:]

    async def _shown(self, task: TaskRun) -> list[str]:
        lines = await asyncio.to_thread(task.new_lines)
        for line in lines:
            self._say(f"pre_deploy: {line}", passing=True)
        return lines

    def _failed(self, once: RunOnce, task: TaskRun, ended: Ended, lines: Sequence[str]) -> str:
        code = "" if ended.exit_code is None else f" with exit code {ended.exit_code}"
        hint = HINTS.get(ended.exit_code or 0)
        said = "".join(f"\n  {line}" for line in lines) or " nothing"
        where = f"{once.log_group}, stream {task.log_stream}" if once.logs_there else "where the log router sends them"
        return (
            f"pre_deploy `{self._command}` failed{code}: {ended.reason}{f' ({hint})' if hint else ''}\n"
            f"It was task {_id(task)} of {revision(once.task_definition)}, and said at last:{said}\n"
            f"Logs: {where}\n"
            "The service stays as it is. The next `pulumi up` runs it again."
        )


def _id(task: TaskRun) -> str:
    return task.arn.rpartition("/")[2]

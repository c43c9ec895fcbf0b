"""Rollouts under load on the local cloud: `make soak`. Nothing here leaves this machine."""

import sys
import tempfile
import threading
from pathlib import Path

import docker

from tests.local.harness import Cloud, Project, copy_of_program, free_port
from tests.local.load import Load

ROLLOUTS = 20
ROLLOUTS_WITH_KILLS = 5
KILL_EVERY_SECONDS = 10
PER_SECOND = 100


def main() -> int:
    """Roll out twenty versions under load, then some more while a task is killed every ten seconds."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder, "home"), free_port())
        try:
            assert cloud.localcloud("start").code == 0
            project = copy_of_program(cloud, Path(folder, "project"), name="soak")
            project.edit("Pulumi.dev.yaml", "build: ./app", "build: ./app\n      desired_count: 2")
            project.up()
            quiet = _roll(project, ROLLOUTS)
            rough = _roll(project, ROLLOUTS_WITH_KILLS, kill=True)
            project.destroy()
        finally:
            cloud.localcloud("stop")
    return 1 if quiet or not rough else 0


def _roll(project: Project, rollouts: int, *, kill: bool = False) -> bool:
    """Whether a request failed."""
    host = project.outputs()["url"].removeprefix("http://")
    done = threading.Event()
    killed: list[str] = []
    killer = threading.Thread(target=_kill, args=(project.cloud, done, killed))
    with Load(project.cloud.port, host, per_second=PER_SECOND, most_seconds=3000) as load:
        if kill:
            killer.start()
        for number in range(rollouts):
            project.edit("app/htdocs/index.html", "ecs-test</h1>", f"ecs-test</h1><!-- {kill} {number} -->")
            project.up()
            print(f"rollout {number + 1}: {load.requests} requests, {len(load.failures)} failed", flush=True)
        done.set()
    if kill:
        killer.join()
    what = f"{rollouts} rollouts" + (f", {len(killed)} tasks killed" if kill else "")
    print(f"{what}: {load.requests} requests at {PER_SECOND}/s, {len(load.failures)} failed")
    print("".join(f"  {failure}\n" for failure in load.failures[:40]), end="", flush=True)
    return bool(load.failures)


def _kill(cloud: Cloud, done: threading.Event, killed: list[str]) -> None:
    client = docker.from_env()
    while not done.wait(KILL_EVERY_SECONDS):
        found = client.containers.list(filters={"label": "com.amazonaws.ecs.container-name=web"})
        mine = [one for one in found if one.labels.get("ministack.instance", "").endswith(f":{cloud.port}")]
        if len(mine) > 1:
            mine[-1].kill()
            killed.append(mine[-1].id)


if __name__ == "__main__":
    sys.exit(main())

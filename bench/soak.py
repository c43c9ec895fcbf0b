"""Rollouts under load on the local cloud. Nothing of it leaves this machine."""

import tempfile
import threading
import time
from pathlib import Path

import docker

from bench.timing import table
from tests.local.harness import Cloud, Project, copy_of_program, free_port
from tests.local.load import Load

ROLLOUTS = 20
ROLLOUTS_WITH_KILLS = 5
KILL_EVERY_SECONDS = 10
PER_SECOND = 100


def soak_table() -> str:
    """Twenty versions rolled out under load, then some more while a task is killed every ten seconds."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder, "home"), free_port())
        try:
            assert cloud.localcloud("start").code == 0
            project = copy_of_program(cloud, Path(folder, "project"), name="soak")
            project.edit("Pulumi.dev.yaml", "build: ./app", "build: ./app\n      desired_count: 2")
            project.up()
            rows = [_roll(project, ROLLOUTS), _roll(project, ROLLOUTS_WITH_KILLS, kill=True)]
            project.destroy()
        finally:
            cloud.localcloud("stop")
    return table(["rollouts of two tasks", "tasks killed", "minutes", "requests", "failed"], rows)


def _roll(project: Project, rollouts: int, *, kill: bool = False) -> list[object]:
    host = project.outputs()["url"].removeprefix("http://")
    done = threading.Event()
    killed: list[str] = []
    killer = threading.Thread(target=_kill, args=(project.cloud, done, killed))
    begun = time.monotonic()
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
    print("".join(f"  {failure}\n" for failure in load.failures[:40]), end="", flush=True)
    minutes = (time.monotonic() - begun) / 60
    return [rollouts, len(killed), f"{minutes:.0f}", f"{load.requests:,}", f"**{len(load.failures)}**"]


def _kill(cloud: Cloud, done: threading.Event, killed: list[str]) -> None:
    client = docker.from_env()
    while not done.wait(KILL_EVERY_SECONDS):
        found = client.containers.list(filters={"label": "com.amazonaws.ecs.container-name=web"})
        mine = [one for one in found if one.labels.get("ministack.instance", "").endswith(f":{cloud.port}")]
        if len(mine) > 1:
            mine[-1].kill()
            killed.append(mine[-1].short_id)

"""How long a new version takes by these defaults and by AWS's own, on the local cloud."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.timing import table
from tests.local.harness import Cloud, Project, copy_of_program, free_port

AWS_DEFAULTS = """\
      health_check:
        path: /health
        interval: 30
        timeout: 5
        healthy_threshold: 5
        unhealthy_threshold: 2
      deregistration_delay: 300
      stop_timeout: 120
"""
"""Of a target group (ELB API Reference, "CreateTargetGroup" and "TargetGroupAttribute")."""
OURS = """\
      health_check:
        path: /health
"""


def rollout_table() -> str:
    """Two stacks that differ in these defaults alone get a new version at the same time."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        cloud = Cloud(Path(folder, "home"), free_port())
        try:
            assert cloud.localcloud("start").code == 0
            projects = [copy_of_program(cloud, Path(folder, name), name=name) for name in ("ours", "aws")]
            projects[1].edit("Pulumi.dev.yaml", OURS, AWS_DEFAULTS)
            list(pool.map(Project.up, projects))
            ours, aws = pool.map(_seconds, projects)
        finally:
            cloud.localcloud("stop")
    rows = [
        ["these", "1 success, 5 s apart", "10 s", f"{ours:.0f} s", "1"],
        ["AWS's own", "1 success, 30 s apart", "300 s", f"{aws:.0f} s", f"**{aws / ours:.0f}**"],
    ]
    return table(["defaults", "health check", "deregistration delay", "`up` of a new version", "times as long"], rows)


def _seconds(project: Project) -> float:
    project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>second edition</p>")
    begun = time.monotonic()
    project.up(timeout=1200)
    return time.monotonic() - begun

"""The program against AWS CDK's `ApplicationLoadBalancedFargateService`, synthesized.

The pattern makes a load balancer for each service, where the program's services share one. It needs Node.js, and
fetches aws-cdk-lib from PyPI into a temporary folder.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from bench.chart import Chart, Row
from bench.timing import NotMeasuredError, Section, table, under_mocks

ROUNDS = {1: 5, 100: 3}
REQUIREMENTS = Path(__file__).with_name("requirements-cdk.txt")
PROGRAM = Path(__file__).with_name("cdk_program.py")


def cdk_table() -> Section:
    """Seconds of both, by number of services.

    Raises:
        NotMeasuredError: there is no Node.js here, or CDK cannot be fetched.
    """
    if not shutil.which("node"):
        raise NotMeasuredError("AWS CDK needs Node.js, and there is none on PATH")
    rows: list[list[object]] = []
    bars: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        uv = Path(sys.executable).with_name("uv")
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", "--target", folder]
        if subprocess.run([*install, "--requirement", REQUIREMENTS], check=False).returncode:
            raise NotMeasuredError("AWS CDK could not be fetched from PyPI")
        for services, rounds in ROUNDS.items():
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(_seconds(partial(under_mocks, "bench/components_program.py", services)))
                theirs.append(_seconds(partial(_synth, folder, services)))
            mine, cdk = statistics.median(ours), statistics.median(theirs)
            rows.append([services, f"{mine:.2f} s", f"{cdk:.2f} s", f"**{cdk / mine:.1f}**"])
            bars.append(Row(f"{services} service{'s' * (services > 1)}", (mine, cdk), f"{cdk / mine:.1f}"))
    chart = Chart("cdk", "Seconds to describe a stack", ("program", "CDK synth"), bars, notes="CDK, times as long")
    return Section(table(["services", "program", "CDK synth", "CDK takes times as long"], rows), (chart,))


def _seconds(run: partial[object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _synth(packages: str, services: int) -> None:
    with tempfile.TemporaryDirectory() as out:
        environment = {**os.environ, "PYTHONPATH": packages, "CDK_OUTDIR": out, "SERVICES": str(services)}
        subprocess.run([sys.executable, PROGRAM], check=True, env=environment, stdout=subprocess.DEVNULL)

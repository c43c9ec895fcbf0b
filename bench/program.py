"""The program against the same resources written by hand."""

from functools import partial

from bench.chart import Chart, Row
from bench.timing import Section, ratio, side_by_side, table, under_mocks

SERVICES = {1: 9, 10: 7, 50: 3, 100: 3}
"""Rounds by number of services."""


def program_table() -> Section:
    """Time and memory of both, by number of services."""
    rows: list[list[object]] = []
    times: list[Row] = []
    memory: list[Row] = []
    for services, rounds in SERVICES.items():
        sides = {side: partial(under_mocks, f"bench/{side}_program.py", services) for side in ("components", "plain")}
        found = side_by_side(sides, rounds)
        ours, plain = found["components"], found["plain"]
        assert ours.resources == plain.resources, f"{ours.resources} resources against {plain.resources}"
        time, mib = ratio(ours.seconds, plain.seconds), ratio(ours.mib, plain.mib)
        rows.append(
            [
                services,
                ours.resources,
                f"{ours.seconds:.2f} s",
                f"{plain.seconds:.2f} s",
                f"**{time}**",
                f"{ours.mib:.0f} MiB",
                f"{plain.mib:.0f} MiB",
                f"**{mib}**",
            ]
        )
        label = f"{services} service{'s' * (services > 1)}"
        times.append(Row(label, (ours.seconds, plain.seconds), time))
        memory.append(Row(label, (ours.mib, plain.mib), mib))
    head = ["services", "resources", "program", "by hand", "time ratio", "program", "by hand", "memory ratio"]
    sides = ("program", "by hand")
    charts = (
        Chart("program", "Seconds to describe a stack, without an engine", sides, times),
        Chart("program-memory", "Memory to describe a stack, without an engine", sides, memory, unit="MiB"),
    )
    return Section(table(head, rows), charts)

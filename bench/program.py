"""The program against the same resources written by hand."""

from functools import partial

from bench.timing import side_by_side, table, under_mocks

SERVICES = {1: 15, 10: 9, 50: 5, 100: 5}
"""Rounds by number of services."""


def program_table() -> str:
    """Time and memory of both, by number of services."""
    rows: list[list[object]] = []
    for services, rounds in SERVICES.items():
        sides = {side: partial(under_mocks, f"bench/{side}_program.py", services) for side in ("components", "plain")}
        found = side_by_side(sides, rounds)
        ours, plain = found["components"], found["plain"]
        assert ours.resources == plain.resources, f"{ours.resources} resources against {plain.resources}"
        rows.append(
            [
                services,
                ours.resources,
                f"{ours.seconds:.2f} s",
                f"{plain.seconds:.2f} s",
                f"**{ours.seconds / plain.seconds:.2f}**",
                f"{ours.mib:.0f} MiB",
                f"{plain.mib:.0f} MiB",
                f"**{ours.mib / plain.mib:.2f}**",
            ]
        )
    head = ["services", "resources", "program", "by hand", "time ratio", "program", "by hand", "memory ratio"]
    return table(head, rows)

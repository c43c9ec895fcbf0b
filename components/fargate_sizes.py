"""The pairs of CPU and memory that Fargate runs."""

from .checks import not_one_of

_GIB = 1024

SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
"""Memory in MiB by CPU units (Amazon ECS Developer Guide, "Task CPU and memory" of Fargate task definitions)."""


def size_problem(cpu: int, memory: int) -> str | None:
    """What is wrong with a pair, None for one that Fargate runs.

    Args:
        cpu: CPU units; 1024 are one vCPU.
        memory: MiB.
    """
    return not_one_of("cpu", cpu, tuple(SIZES)) or not_one_of(f"memory for cpu={cpu}", memory, SIZES[cpu])

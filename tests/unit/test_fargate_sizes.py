import pytest

from components.fargate_sizes import SIZES, size_problem


@pytest.mark.parametrize(
    ("cpu", "least", "most", "count"),
    [
        (256, 512, 2048, 3),
        (512, 1024, 4096, 4),
        (1024, 2048, 8192, 7),
        (2048, 4096, 16384, 13),
        (4096, 8192, 30720, 23),
        (8192, 16384, 61440, 12),
        (16384, 32768, 122880, 12),
    ],
)
def test_the_sizes_that_fargate_documents(cpu, least, most, count):
    assert (min(SIZES[cpu]), max(SIZES[cpu]), len(SIZES[cpu])) == (least, most, count)
    assert all(size_problem(cpu, memory) is None for memory in SIZES[cpu])


def test_an_unknown_pair_names_the_known_ones():
    assert size_problem(256, 4096) == "memory for cpu=256 must be one of [512, 1024, 2048], got 4096"
    problem = size_problem(300, 512)
    assert problem == "cpu must be one of [256, 512, 1024, 2048, 4096, 8192, 16384], got 300"

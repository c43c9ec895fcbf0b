import pytest

from components import HealthCheck


def test_the_defaults_make_a_task_healthy_in_ten_seconds():
    check = HealthCheck()
    assert check.interval * check.healthy_threshold == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matcher": "2xx"}, "matcher must be codes of 200 to 499 such as 200, 200,302 or 200-299, got '2xx'"),
        ({"path": "/ü"}, "path must be printable ASCII without spaces, at most 1024 characters, got '/ü'"),
        ({"matcher": "299-200"}, "matcher must be codes of 200 to 499 such as 200, 200,302 or 200-299, got '299-200'"),
        ({"path": "health"}, "path must start with a slash, got 'health'"),
        ({"interval": 4, "timeout": 2}, "interval must be from 5 to 300, got 4"),
        ({"interval": 301}, "interval must be from 5 to 300, got 301"),
        ({"timeout": 1}, "timeout must be from 2 to 120, got 1"),
        ({"timeout": 5}, "timeout must be less than interval=5, got 5"),
        ({"healthy_threshold": 1}, "healthy_threshold must be from 2 to 10, got 1"),
        ({"unhealthy_threshold": 11}, "unhealthy_threshold must be from 2 to 10, got 11"),
    ],
)
def test_what_a_target_group_refuses(change, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        HealthCheck(**change)


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="path .*; interval .*; timeout"):
        HealthCheck(path="x", interval=1)

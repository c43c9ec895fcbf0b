import pytest

from components.schedule import Schedule


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 3 * * ? *)",
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(12 hours)",
        "rate(1 day)",
        "at(2030-01-31T03:00:00)",
        "at(2001-01-01T00:00:00)",
    ],
)
def test_what_aws_takes(expression):
    assert Schedule(expression=expression).expression == expression


def test_unix_s_cron_is_told_in_aws_s_words():
    with pytest.raises(ValueError, match="'0 3 \\* \\* 0-5': in AWS's six that is '0 3 \\? \\* SUN-FRI \\*'"):
        Schedule(expression="cron(0 3 * * 0-5)")


def test_the_defaults_try_for_an_hour_and_start_on_time():
    one = Schedule(expression="rate(1 day)")
    assert (one.time_zone, one.retries, one.max_age, one.window_minutes) == ("UTC", 2, 3600, None)


FORMS = (
    "expression must be cron(minutes hours day-of-month month day-of-week year), rate(value unit) or "
    "at(yyyy-mm-ddThh:mm:ss), got "
)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("every day", f"{FORMS}'every day'"),
        ("0 3 * * ? *", f"{FORMS}'0 3 * * ? *'"),
        ("rate(5 weeks)", f"{FORMS}'rate(5 weeks)'"),
        ("rate(-1 day)", f"{FORMS}'rate(-1 day)'"),
        ("at(2030-01-31)", f"{FORMS}'at(2030-01-31)'"),
        ("rate(0 days)", "expression 'rate(0 days)' must have a value of 1 or more"),
        ("rate(1 minutes)", "expression 'rate(1 minutes)' must be rate(1 minute)"),
        ("rate(5 hour)", "expression 'rate(5 hour)' must be rate(5 hours)"),
        ("at(2030-02-30T03:00:00)", "expression 'at(2030-02-30T03:00:00)' is a time that no calendar has"),
        (
            "cron(60 3 * * ? *)",
            "expression 'cron(60 3 * * ? *)': cron's minutes must be from 0 to 59, got '60'",
        ),
        (
            "cron(0 3 ? 2 MON#5 2026)",
            "expression 'cron(0 3 ? 2 MON#5 2026)': "
            "cron never comes: no month that it names has such a day, got '0 3 ? 2 MON#5 2026'",
        ),
    ],
)
def test_what_aws_refuses_or_no_time_is_of(expression, told):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        Schedule(expression=expression)
    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"retries": 186}, "retries must be from 0 to 185, got 186"),
        ({"retries": -1}, "retries must be from 0 to 185, got -1"),
        ({"max_age": 59}, "max_age must be from 60 to 86400, got 59"),
        ({"max_age": 86401}, "max_age must be from 60 to 86400, got 86401"),
        ({"window_minutes": 0}, "window_minutes must be from 1 to 1440, got 0"),
        ({"window_minutes": 1441}, "window_minutes must be from 1 to 1440, got 1441"),
        ({"time_zone": "Asia/Tokio"}, "time_zone 'Asia/Tokio' is unknown: did you mean 'Asia/Tokyo'?"),
        ({"time_zone": "?"}, "time_zone '?' is unknown: it must be one such as Asia/Tokyo"),
    ],
)
def test_what_is_out_of_bounds(change, told):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        Schedule(expression="rate(1 day)", **change)
    assert str(refused.value) == told


def test_a_time_that_the_clocks_skip_never_comes():
    with pytest.raises(ValueError, match="'at\\(2026-03-29T02:30:00\\)' never comes in Europe/Berlin: the clocks skip"):
        Schedule(expression="at(2026-03-29T02:30:00)", time_zone="Europe/Berlin")
    assert Schedule(expression="at(2026-10-25T02:30:00)", time_zone="Europe/Berlin"), "it comes twice"


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="minutes .*; .*hours .*; time_zone .*; retries"):
        Schedule(expression="cron(60 24 * * ? *)", time_zone="Mars", retries=200)
    with pytest.raises(ValueError, match="^time_zone"):
        Schedule(expression="at(2026-03-29T02:30:00)", time_zone="Mars")

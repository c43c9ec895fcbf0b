import calendar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cron import cron_problem

SIX = "cron must have six fields (minutes hours day-of-month month day-of-week year, such as '0 20 * * ? *'), got "
NEVER = "cron never comes: no month that it names has such a day, got "
TWO_DAYS = "cron must have ? for exactly one of the two days, of month and of week, got "
TIME = "must be *, a value, a range, a step such as 0/15, or a list of them"
MONTH_DAY = "cron's day of month must be from 1 to 31, or ?, L, LW or 15W alone, got "
WEEKDAY = "cron's day of week must be from 1 to 7 or SUN to SAT, or ?, L, FRIL or FRI#2 alone, got "
WEEKDAYS = "cron's day of week must be *, a value, a range, or a list of them, or ?, L, FRIL or FRI#2 alone, got "


@pytest.mark.parametrize(
    "cron",
    [
        "0 20 * * ? *",
        " 0  20 * * ? * ",
        "0/15 8-18 ? * MON-FRI *",
        "*/15 8-18/2 ? JAN,JUL-DEC MON-FRI 2026-2030",
        "*/5 * ? * 2,4,SAT 2030-2035",
        "*/59 */23 */31 */12 ? */2199",
        "0/5 * 1,15,31 2 ? *",
        "0-30/10 0 1,15 1/3 ? *",
        "00 03 L * ? *",
        "0 0 LW * ? *",
        "0 0 31W JAN,FEB ? *",
        "0 0 31 APR-MAY ? *",
        "0 0 29 FEB ? *",
        "0 0 29 2 ? 2027/1",
        "0 0 ? * * *",
        "0 0 ? * L *",
        "15 10 ? * 6L 2022-2023",
        "0 0 ? * FRI#1 *",
        "0 0 ? FEB FRI#5 *",
        "0 3 ? 2 5#5 2024",
    ],
)
def test_times_that_come(cron):
    assert cron_problem(cron) is None


@pytest.mark.parametrize(
    "cron",
    [
        "0 0 30 FEB ? *",
        "0 0 31 4,6,9,11 ? *",
        "0 0 31W 2 ? *",
        "0 0 29 FEB ? 2027",
        "0 0 29 FEB ? 2100",
        "0 0 29 2 ? 2025/4",
        "0 0 ? 2 MON#5 2026",
        "0 0 ? 2 6#5 2024",
    ],
)
def test_days_that_no_month_has(cron):
    assert cron_problem(cron) == f"{NEVER}{cron!r}"


@given(st.integers(1970, 2199), st.integers(1, 12), st.integers(0, 6))
def test_a_fifth_weekday_comes_where_the_calendar_has_one(year, month, monday_first):
    has = len([week for week in calendar.monthcalendar(year, month) if week[monday_first]]) == 5
    name = calendar.day_abbr[monday_first].upper()
    assert (cron_problem(f"0 0 ? {month} {name}#5 {year}") is None) == has


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("60 0 * * ? *", "cron's minutes must be from 0 to 59, got '60'"),
        ("5-60 0 * * ? *", "cron's minutes must be from 0 to 59, got '5-60'"),
        ("*/0 0 * * ? *", "cron's minutes must have a step from 1 to 59, got '*/0'"),
        ("*/60 0 * * ? *", "cron's minutes must have a step from 1 to 59, got '*/60'"),
        ("? 0 * * ? *", f"cron's minutes {TIME}, got '?'"),
        (", 0 * * ? *", f"cron's minutes {TIME}, got ''; cron's minutes {TIME}, got ''"),
        ("0 24 * * ? *", "cron's hours must be from 0 to 23, got '24'"),
        ("0 22-6 * * ? *", "cron's hours must not run backwards, got '22-6': write two ranges"),
        ("0 ٣ * * ? *", f"cron's hours {TIME}, got '٣'"),
        ("0 0 0 * ? *", f"{MONTH_DAY}'0'"),
        ("0 0 32W * ? *", f"{MONTH_DAY}'32W'"),
        ("0 0 1,L * ? *", f"{MONTH_DAY}'L'"),
        ("0 0 L-3 * ? *", f"{MONTH_DAY}'L-3'"),
        ("0 0 1;2 * ? *", f"cron's day of month {TIME}, or ?, L, LW or 15W alone, got '1;2'"),
        ("0 0 1 13 ? *", "cron's month must be from 1 to 12 or JAN to DEC, got '13'"),
        ("0 0 1 Jan ? *", "cron's month must be from 1 to 12 or JAN to DEC, got 'Jan'"),
        ("0 0 1 MON ? *", "cron's month must be from 1 to 12 or JAN to DEC, got 'MON'"),
        ("0 0 ? * 0 *", f"{WEEKDAY}'0'"),
        ("0 0 ? * mon *", f"{WEEKDAY}'mon'"),
        ("0 0 ? * 8L *", f"{WEEKDAY}'8L'"),
        ("0 0 ? * MON/2 *", f"{WEEKDAYS}'MON/2'"),
        ("0 0 ? * FRI#6 *", f"{WEEKDAYS}'FRI#6'"),
        ("0 0 ? * 3#1,6#3 *", f"{WEEKDAYS}'3#1'; {WEEKDAYS}'6#3'"),
        ("0 0 * * ? 1969", "cron's year must be from 1970 to 2199, got '1969'"),
        ("0 0 * * ? 2200", "cron's year must be from 1970 to 2199, got '2200'"),
        (f"{'1' * 5000} 0 * * ? *", f"cron's minutes {TIME}, got '{'1' * 5000}'"),
        ("0 0 * * * *", f"{TWO_DAYS}'0 0 * * * *'"),
        ("0 0 1 * MON *", f"{TWO_DAYS}'0 0 1 * MON *'"),
        ("0 0 ? * ? *", f"{TWO_DAYS}'0 0 ? * ? *'"),
        ("", f"{SIX}''"),
        ("0 3", f"{SIX}'0 3'"),
        ("0 0 3 * * ? *", f"{SIX}'0 0 3 * * ? *'"),
    ],
)
def test_what_aws_would_not_read(cron, problem):
    assert cron_problem(cron) == problem


@pytest.mark.parametrize(
    ("cron", "problems"),
    [
        (
            "60 24 0 13 * *",
            [
                "cron's minutes must be from 0 to 59, got '60'",
                "cron's hours must be from 0 to 23, got '24'",
                f"{MONTH_DAY}'0'",
                "cron's month must be from 1 to 12 or JAN to DEC, got '13'",
                f"{TWO_DAYS}'60 24 0 13 * *'",
            ],
        ),
        ("60 0 30 2 ? *", ["cron's minutes must be from 0 to 59, got '60'", f"{NEVER}'60 0 30 2 ? *'"]),
        ("60,61 0 3 2 ? *", [f"cron's minutes must be from 0 to 59, got '{minute}'" for minute in (60, 61)]),
        ("60 3 * * *", [f"{SIX}'60 3 * * *'", "cron's minutes must be from 0 to 59, got '60'"]),
        (
            "0 24 1 * 1",
            [f"{SIX}'0 24 1 * 1'", "cron's hours must be from 0 to 23, got '24'"],
        ),
        (
            "0 0 * * 8",
            [f"{SIX}'0 0 * * 8'", f"{WEEKDAY}'8'"],
        ),
    ],
)
def test_every_problem_is_told_at_once(cron, problems):
    assert (cron_problem(cron) or "").split("; ") == problems


@pytest.mark.parametrize(
    ("unix", "aws"),
    [
        ("0 3 * * *", "'0 3 * * ? *'"),
        ("*/5 3 1-15/2 1 *", "'*/5 3 1-15/2 1 ? *'"),
        ("0 3 * * 0-5", "'0 3 ? * SUN-FRI *'"),
        ("0 3 * * 7", "'0 3 ? * SUN *'"),
        ("0 3 * * 5-7", "'0 3 ? * SUN,FRI,SAT *'"),
        ("0 3 * * 1-7", "'0 3 ? * SUN-SAT *'"),
        ("0 3 * * 0,6", "'0 3 ? * SUN,SAT *'"),
        ("0 3 * * */2", "'0 3 ? * SUN,TUE,THU,SAT *'"),
        ("0 3 * jan-mar mon-fri", "'0 3 ? JAN-MAR MON-FRI *'"),
        ("0 3 1 * 7", "'0 3 1 * ? *' and '0 3 ? * SUN *'"),
        ("0 3 * * ?", "'0 3 * * ? *'"),
        ("0 3 ? * 2-6", "'0 3 ? * 2-6 *'"),
    ],
)
def test_five_fields_are_told_as_aws_s_six(unix, aws):
    assert cron_problem(unix) == f"{SIX}{unix!r}: in AWS's six that is {aws}"


def test_days_that_both_must_be_have_no_words_in_aws():
    assert cron_problem("0 3 */2 * 1") == f"{SIX}'0 3 */2 * 1'"

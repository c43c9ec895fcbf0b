"""Words of a log filter, what it counts, and who is posted to, without an emulator."""

from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.emulator.notices import Notices, has_words, is_whole, near


@pytest.mark.parametrize(
    ("pattern", "line", "matches"),
    [
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an Error here", False),
        ("ERROR here", "an ERROR here", True),
        ("ERROR there", "an ERROR here", False),
        ('"out of memory"', "it is out of memory", True),
        ('"out of memory"', "memory is out of it", False),
        ("?ERROR ?WARN", "a WARN here", True),
        ("?ERROR ?WARN", "all is well", False),
        ("ERROR -health", "ERROR of /", True),
        ("ERROR -health", "ERROR of /health", False),
        ("-health", "all is well", True),
        ("?ERROR all -health", "all is well", True),
    ],
)
def test_a_line_matches_by_its_words(pattern, line, matches):
    assert has_words(pattern, line) is matches


@pytest.mark.parametrize(
    ("endpoint", "posted"),
    [
        ("http://127.0.0.1:8080/page", True),
        ("http://localhost/page", True),
        ("https://page.example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://127.0.0.1.example.com/", False),
        ("nonsense", False),
    ],
)
def test_only_this_machine_is_posted_to(endpoint, posted):
    assert near(lambda *_: 200)(endpoint, "{}", "Notification") == (200 if posted else 0)


@pytest.mark.parametrize(
    ("pattern", "whole"),
    [
        ("", True),
        ("ERROR", True),
        ('?ERROR ?"out of memory"', True),
        ('{ $.level = "error" } ', True),
        ("[ip, user]", True),
        ("%5[0-9]{2}%", True),
        ("{ $.a =", False),
        ("[ip, user", False),
        ('"out of memory', False),
    ],
)
def test_a_pattern_ends_as_it_begins(pattern, whole):
    assert is_whole(pattern) is whole


ERRORS = {
    "logGroupName": "web",
    "filterPattern": "ERROR",
    "metricTransformations": [{"metricNamespace": "shop", "metricName": "errors", "metricValue": "2"}],
}


@pytest.mark.parametrize(
    ("status", "group", "lines", "done"),
    [
        (200, "web", ["ERROR one", "all is well", "ERROR two"], [("errors", 2), ("errors", 2), "alarms"]),
        (200, "web", ["all is well"], []),
        (200, "other", ["ERROR one"], []),
        (400, "web", ["ERROR one"], []),
    ],
)
def test_lines_that_are_taken_are_counted_and_alarms_looked_at_once_after_them(status, group, lines, done):
    did: list[Any] = []
    cloudwatch = SimpleNamespace(
        record_metric=lambda _, name, amount: did.append((name, amount)),
        _evaluate_all_alarms=lambda: did.append("alarms"),
    )
    logs = SimpleNamespace(
        _metric_filters={"one": ERRORS}, _compile_filter_pattern=lambda raw: lambda line: has_words(raw, line)
    )
    put = Notices(None, None, None, None, cloudwatch, logs).counted(lambda _: (status, {}, b""))
    answer = put({"logGroupName": group, "logEvents": [{"message": line} for line in lines]})
    assert (answer[0], did) == (status, done)

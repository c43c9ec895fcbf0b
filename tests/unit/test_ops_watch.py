import io
import os
import sys

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.text import Text

from ops import watch
from ops.output import is_read


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)


def looks(*found):
    """What is found, one after the other; then somebody types Ctrl-C."""
    left = iter(found)

    def look():
        one = next(left, KeyboardInterrupt())
        if isinstance(one, BaseException):
            raise one
        return one

    return look


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_kept_up_to_date_and_left_as_it_was(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "20"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(KeyboardInterrupt):
        watch.watch(looks("one", "two"), Text, str)
    shown = terminal.getvalue()
    assert shown.index("one") < shown.index("two")
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1, "the cursor is there again"
    assert shown.endswith("\x1b[?25h")


def test_a_file_gets_what_has_changed(monkeypatch, capsys):
    with pytest.raises(KeyboardInterrupt):
        watch.watch(looks("a\n", "a\n", "b\n", "a\n"), Text, str)
    assert capsys.readouterr().out == "a\nb\na\n"


@pytest.mark.parametrize("found", [("a\n", "a\n", "a\n"), ("a\n", "b\n", "c\n")], ids=["at rest", "in between"])
def test_it_ends_when_nobody_reads_any_more(monkeypatch, found):
    reading, writing = os.pipe()
    look, times = looks(*found), iter(range(9))

    def seen():
        if next(times) == 1:
            os.close(reading)
        return look()

    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        watch.watch(seen, Text, str)
    assert next(times) == 2, "it has not looked again"


THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "no"}}, "DescribeServices")
LOST = EndpointConnectionError(endpoint_url="http://127.0.0.1:4566")
TOO_OFTEN = "AWS was asked too often for DescribeServices (ThrottlingException): try again in a minute"
NO_ANSWER = "the local cloud at http://127.0.0.1:4566 does not answer: .venv/bin/python -m localcloud start"


def test_a_look_that_is_lost_is_told_once_and_made_good_by_the_next(capsys):
    with pytest.raises(KeyboardInterrupt):
        watch.watch(looks("a\n", THROTTLED, THROTTLED, LOST, "b\n", LOST, "b\n"), Text, str)
    shown = capsys.readouterr()
    assert shown.out == "a\nb\n"
    assert shown.err == "".join(f"{one}; it is looked again\n" for one in (TOO_OFTEN, NO_ANSWER, NO_ANSWER))


def test_on_a_terminal_the_picture_stays(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "200", "LINES": "20"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(KeyboardInterrupt):
        watch.watch(looks("one", THROTTLED, "two"), Text, str)
    shown = terminal.getvalue()
    assert shown.index("one") < shown.index(TOO_OFTEN) < shown.index("two")


@pytest.mark.parametrize(
    "found",
    [[LOST], ["a\n", ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "X")], ["a\n", RuntimeError()]],
    ids=["the first look", "a refusal", "a fault"],
)
def test_what_else_goes_wrong_ends_it(found):
    with pytest.raises(type(found[-1])):
        watch.watch(looks(*found), Text, str)


def test_who_reads(tmp_path, capsys):
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        assert is_read(pipe)
        os.close(reading)
        assert not is_read(pipe)
    with (tmp_path / "file").open("w") as file:
        assert is_read(file)
    assert is_read(io.StringIO())
    assert not is_read(None)

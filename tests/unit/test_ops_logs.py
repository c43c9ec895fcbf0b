import io
import itertools
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console
from rich.text import Text

from ops import cli, logs, reach
from ops.error import OpsError
from ops.log_lines import EARLIEST, Line, Lines
from ops.log_sources import Source, Wanted, sources
from ops.logs import Asked, Logs, as_json, as_text, moment

from .aws_model import check
from .running_stack import Running, revision

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)
AT = int(NOW.timestamp() * 1000)
WEB = "web/web/1f2e3d4c5b6a"
OTHER = "web/web/0a0b0c0d0e0f"


class NotThere(Exception):
    """Logs' ResourceNotFoundException."""


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "FilterLogEvents")


class CloudWatch:
    """Log groups that answer as FilterLogEvents is documented to: sorted, in pages, some of them empty."""

    PAGE = 2

    def __init__(self):
        self.groups = {"logs-1": []}
        self.asked = []
        self.refuses = []
        self.exceptions = SimpleNamespace(ResourceNotFoundException=NotThere)
        self._ids = itertools.count()

    def write(self, message, at=AT, stream=WEB, group="logs-1"):
        event = {"logStreamName": stream, "timestamp": at, "message": message, "eventId": str(next(self._ids))}
        self.groups.setdefault(group, []).append(event)

    def get_paginator(self, call):
        assert call == "filter_log_events"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, **asked):
        check("logs", "FilterLogEvents", asked)
        self.asked.append(asked)
        if self.refuses:
            raise self.refuses.pop(0)
        if asked["logGroupName"] not in self.groups:
            raise NotThere
        backwards = asked.get("startFromHead") is False
        assert not backwards or asked["startTime"] >= EARLIEST, "AWS refuses it"
        found = [
            one
            for one in self.groups[asked["logGroupName"]]
            if one["timestamp"] >= asked["startTime"]
            and one["logStreamName"].startswith(asked.get("logStreamNamePrefix", ""))
            and asked.get("filterPattern", "") in one["message"]
        ]
        found.sort(key=lambda one: one["timestamp"], reverse=backwards)
        yield {"events": []}
        for first in range(0, len(found), self.PAGE):
            yield {"events": found[first : first + self.PAGE]}


class Stack(Running):
    """A stack with logs."""

    def __init__(self):
        super().__init__()
        self.logs = CloudWatch()
        self.jobs = {}
        self.logging = {"logDriver": "awslogs"}

    def client(self, service, region=None) -> Any:
        return self.logs if service == "logs" else super().client(service, region)

    def job(self, name):
        return self.jobs[name]

    def describe_task_definition(self, taskDefinition):  # noqa: N803 - AWS's name
        containers = [{"name": "web", "logConfiguration": self.logging}, {"name": "proxy"}]
        return {"taskDefinition": {"containerDefinitions": containers}}

    def ran(self, *ids, by="chronos-schedule/again-1", status="STOPPED", minute=0, family="web"):
        """Tasks of a family, which one starter started."""
        for one in ids:
            known = {"taskArn": f"arn:aws:ecs:eu-west-1:1:task/c-1/{one}", "desiredStatus": status, "family": family}
            self.tasks.append(
                known | {"createdAt": NOW + timedelta(minutes=minute)} | ({"startedBy": by} if by else {})
            )

    def _pages_of_tasks(self, **asked):
        check("ecs", "ListTasks", asked)
        others = {key for key in asked if key not in ("cluster", "desiredStatus")}
        assert "startedBy" not in others or others == {"startedBy"} == {*asked} - {"cluster"}, "AWS refuses it"
        for page in super()._pages_of_tasks(**asked):
            arns = {one["taskArn"] for one in self.tasks if one["family"] == asked["family"]}
            yield {"taskArns": [arn for arn in page["taskArns"] if arn in arns]}

    def describe_tasks(self, cluster, tasks):
        check("ecs", "DescribeTasks", {"cluster": cluster, "tasks": tasks})
        return super().describe_tasks(cluster, tasks)


@pytest.fixture
def stack():
    return Stack()


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still but for sleeping; while somebody sleeps, things happen."""
    found = SimpleNamespace(now=AT / 1000, slept=[], meanwhile=[], time=lambda: found.now)

    def sleep(seconds):
        found.slept.append(seconds)
        found.now += seconds
        if not found.meanwhile:
            raise KeyboardInterrupt
        found.meanwhile.pop(0)()

    found.sleep = sleep
    monkeypatch.setattr(logs, "time", found)
    return found


def told(stack, asked=None, *, follow=False, readers=999):
    """What is shown, as text, until Ctrl-C or until nobody reads any more."""
    shown = []

    def show(line):
        shown.append(as_text(line, timestamps=False))
        return len(shown) < readers

    reading = Logs(deployed=stack, asked=asked or Asked(wanted=Wanted()), show=show)
    try:
        reading.run(follow=follow)
    except KeyboardInterrupt:
        assert follow
    return shown


def messages(lines):
    return [line.partition(" ")[2] for line in lines]


def test_the_last_lines_of_all_tasks_by_time(stack):
    for number in range(5):
        stack.logs.write(f"web {number}", at=AT + number, stream=WEB if number % 2 else OTHER)
    stack.outputs["api"] = {"service": "api-1", "task_definition": revision(1, "api"), "log_group": "logs-2"}
    stack.logs.write("api", at=AT + 3, stream="api/api/77", group="logs-2")
    assert told(stack, Asked(wanted=Wanted(), count=3)) == ["web/1f2e3d4c web 3", "api/77 api", "web/0a0b0c0d web 4"]
    found, read = (stack.logs.asked[first : first + 2] for first in (0, 2))
    assert [(one["startTime"], one.get("startFromHead")) for one in found] == [(EARLIEST, False)] * 2
    assert [(one["startTime"], one.get("startFromHead")) for one in read] == [(AT + 3, None)] * 2


def test_a_hundred_when_nothing_is_said(stack):
    for number in range(150):
        stack.logs.write(str(number), at=AT + number)
    assert messages(told(stack)) == [str(number) for number in range(50, 150)]


def test_all_since_a_time_or_the_last_of_those(stack):
    for number in range(150):
        stack.logs.write(str(number), at=AT + number)
    assert messages(told(stack, Asked(wanted=Wanted(), since=AT + 2))) == [str(number) for number in range(2, 150)]
    assert messages(told(stack, Asked(wanted=Wanted(), since=AT + 147, count=2))) == ["148", "149"]
    assert messages(told(stack, Asked(wanted=Wanted(), since=AT + 147, count=20))) == ["147", "148", "149"]
    assert len(told(stack, Asked(wanted=Wanted(), since=0))) == 150, "1970 is a time too"


def test_a_container_or_a_task_is_asked_for_by_its_streams(stack):
    stack.logs.write("own")
    stack.logs.write("other", stream=OTHER)
    stack.logs.write("proxy", stream="proxy/proxy/1f2e3d4c5b6a")
    stack.logs.write("before a deploy", stream="pre-deploy/sha256-1")
    assert messages(told(stack)) == ["own", "other", "proxy", "before a deploy"]
    assert messages(told(stack, Asked(wanted=Wanted(task="1f2e")))) == ["own", "proxy"]
    found = told(stack, Asked(wanted=Wanted(container="proxy")))
    assert found == ["web/1f2e3d4c/proxy proxy"]
    prefixes = [one.get("logStreamNamePrefix") for one in stack.logs.asked]
    task, container = ["web/web/1f2e", "proxy/proxy/1f2e"], ["proxy/proxy/"]
    assert prefixes == [None] * 2 + task * 2 + container * 2


def test_what_a_stack_has_not(stack):
    with pytest.raises(OpsError, match="web has no container 'prox': did you mean 'proxy'"):
        told(stack, Asked(wanted=Wanted(container="prox")))
    with pytest.raises(OpsError, match="stack dev runs no service 'wib': did you mean 'web'"):
        told(stack, Asked(wanted=Wanted(services=["wib"])))


def test_a_filter_goes_to_cloudwatch(stack, clock):
    stack.logs.write("fine")
    stack.logs.write("ERROR")
    assert messages(told(stack, Asked(wanted=Wanted(), pattern="ERROR"))) == ["ERROR"]


@pytest.mark.parametrize("follow", [False, True])
def test_a_filter_without_a_time_goes_back_a_day(stack, clock, capsys, follow):
    day = 24 * 3600 * 1000
    stack.logs.write("ERROR of long ago", at=AT - day - 1)
    stack.logs.write("ERROR", at=AT - day)
    assert messages(told(stack, Asked(wanted=Wanted(), pattern="ERROR"), follow=follow)) == ["ERROR"]
    assert stack.logs.asked[0]["startTime"] == AT - day
    assert capsys.readouterr().err == "of the last 24 hours; --since goes further back\n"
    assert len(told(stack, Asked(wanted=Wanted(), pattern="ERROR", since=AT - 2 * day))) == 2
    assert len(told(stack, Asked(wanted=Wanted(), pattern="ERROR", since=0))) == 2
    assert capsys.readouterr().err == ""


def test_a_job_with_a_log_group_of_its_own(stack):
    stack.jobs["nightly"] = {"schedule": "s/nightly-1", "task_definition": "d", "log_group": "logs-3"}
    stack.logs.write("done", stream="nightly/nightly/55", group="logs-3")
    stack.logs.write("web")
    assert told(stack, Asked(wanted=Wanted(jobs=["nightly"]))) == ["nightly/55 done"]
    both = Asked(wanted=Wanted(services=["web"], jobs=["nightly", "nightly"]))
    assert sorted(told(stack, both)) == ["nightly/55 done", "web/1f2e3d4c web"]


def test_a_job_that_logs_among_a_service_s_tasks_is_told_apart_by_ecs(stack, capsys):
    stack.jobs["again"] = {"schedule": "s/again-1", "task_definition": revision(3, "web"), "log_group": "logs-1"}
    stack.ran("11", "12", by="ecs-svc/1", status="RUNNING")
    stack.ran("13", by=None)
    stack.ran("14", family="web-two")
    stack.logs.write("served")
    stack.logs.write("again", stream="web/web/55")
    assert told(stack, Asked(wanted=Wanted(jobs=["again"]))) == []
    gone = "again: ECS remembers no run of the last hour; what earlier ones wrote is among the lines of service web\n"
    assert gone in capsys.readouterr().err
    stack.ran("77", status="RUNNING", minute=5)
    stack.ran("55")
    assert told(stack, Asked(wanted=Wanted(jobs=["again"]))) == ["again/55/web again"]
    assert told(stack, Asked(wanted=Wanted(jobs=["again"], task="7"))) == []
    assert stack.logs.asked[-1]["logStreamNamePrefix"] == "web/web/77"


def test_of_many_runs_among_more_tasks_the_last_are_read(stack):
    stack.jobs["again"] = {"schedule": "s/again-1", "task_definition": revision(3, "web"), "log_group": "logs-1"}
    stack.ran(*(f"served{number}" for number in range(150)), by="ecs-svc/1")
    for minute in range(30):
        stack.ran(f"run{minute}", minute=minute)
    stack.ran("now", status="RUNNING", minute=60)
    (source,) = sources(stack, Wanted(jobs=["again"]))
    assert source.prefixes() == ["web/web/now", *(f"web/web/run{minute}" for minute in range(29, 10, -1))]
    of_family = {"cluster": "c-1", "family": "web"}
    assert stack.calls("list_tasks") == [of_family | {"desiredStatus": status} for status in ("RUNNING", "STOPPED")]
    assert [len(one["tasks"]) for one in stack.calls("describe_tasks")] == [1, 100, 80]


def test_jobs_that_ecs_does_not_tell_apart_are_named(stack, capsys):
    known = {"task_definition": revision(3, "web"), "log_group": "logs-1"}
    for name in ("again-1", "again-2", "other-1"):
        stack.jobs[f"clean-up-orders-{name}"] = known | {"schedule": f"s/clean-up-orders-{name}"}
    stack.jobs["clean-up-orders-again"] = known | {"schedule": "s/clean-up-orders-again-3", "log_group": "logs-3"}
    stack.ran("55", by="chronos-schedule/clean-up-orders-aga")
    stack.logs.write("again", stream="web/web/55")
    assert len(told(stack, Asked(wanted=Wanted(jobs=["clean-up-orders-again-1"])))) == 1
    assert capsys.readouterr().err == (
        "clean-up-orders-again-1: the lines of clean-up-orders-again-2 are among these: ECS keeps 36 characters of "
        "what started a task, and the names of these schedules begin alike\n"
    )
    stack.ran("56", by="chronos-schedule/clean-up-orders-oth")
    stack.logs.write("other", stream="web/web/56")
    told(stack, Asked(wanted=Wanted(jobs=["clean-up-orders-other-1"])))
    assert capsys.readouterr().err == ""


def test_nothing_was_written_is_said(stack, clock, capsys):
    assert told(stack) == []
    assert capsys.readouterr().err == "web: nothing was written yet\n"
    told(stack, Asked(wanted=Wanted(), pattern="ERROR"))
    assert capsys.readouterr().err.endswith("back\nweb: nothing was written that is asked for\n")
    stack.logs.groups.clear()
    told(stack)
    assert capsys.readouterr().err == "web: nothing was written yet; there is no log group logs-1\n"


def test_a_log_that_is_elsewhere_is_named(stack, capsys):
    stack.logging = {"logDriver": "awsfirelens", "options": {"Name": "http"}}
    stack.logs.write("the router runs", stream="log-router/log-router/1f2e3d4c5b6a")
    assert told(stack) == ["web/1f2e3d4c/log-router the router runs"]
    assert capsys.readouterr().err.startswith("web: a log router sends the lines of container web on (Name=http): ")
    stack.jobs["nightly"] = {"schedule": "s/nightly-1", "task_definition": "d", "log_group": "logs-3"}
    told(stack, Asked(wanted=Wanted(jobs=["nightly"])))
    assert capsys.readouterr().err.startswith("nightly: a log router sends the lines of container web")


def test_what_comes_is_shown_once_also_when_it_comes_late(stack, clock):
    stack.logs.write("there", at=AT - 5000)
    clock.meanwhile = [
        lambda: stack.logs.write("first", at=AT + 100),
        lambda: None,
        lambda: stack.logs.write("late", at=AT - 4000),
        lambda: stack.logs.write("second", at=AT + 3000),
    ]
    assert messages(told(stack, follow=True)) == ["there", "first", "late", "second"]
    assert clock.slept == [1.0] * 5


def test_what_was_cut_off_does_not_come_as_if_it_were_new(stack, clock):
    for number in range(5):
        stack.logs.write(f"old {number}", at=AT - 10 + number)
    for number in range(5):
        stack.logs.write(f"at once {number}", at=AT)
    clock.meanwhile = [lambda: None, lambda: stack.logs.write("new", at=AT), lambda: None]
    shown = messages(told(stack, Asked(wanted=Wanted(), count=2), follow=True))
    assert len(shown) == 3
    assert shown[-1] == "new"


def test_little_is_read_again_while_a_log_is_followed(stack, clock):
    stack.logs.write("long ago", at=AT - 9_000_000)
    clock.meanwhile = [lambda: stack.logs.write("now", at=AT), lambda: None]
    told(stack, follow=True)
    quiet, busy = (one["startTime"] for one in stack.logs.asked[2:4])
    assert quiet == AT + 1000 - 630_000, "this machine's clock may be ahead of theirs"
    assert busy == AT - 30_000


def test_a_quiet_log_is_read_from_now_on(stack, clock):
    clock.meanwhile = [lambda: None]
    told(stack, follow=True)
    assert stack.logs.asked[1]["startTime"] == AT + 1000 - 30_000


def test_since_is_a_floor_while_a_log_is_followed(stack, clock):
    clock.meanwhile = [lambda: stack.logs.write("too old", at=AT - 2000)]
    assert told(stack, Asked(wanted=Wanted(), since=AT - 1000), follow=True) == []
    assert stack.logs.asked[1]["startTime"] == AT - 1000


def test_many_log_groups_are_asked_less_often(stack, clock):
    for number in range(8):
        known = {"service": "s", "task_definition": "d", "log_group": f"many-{number}"}
        stack.outputs[f"many{number}"] = known
    told(stack, follow=True)
    assert clock.slept == [9 / 4]


@pytest.mark.parametrize(
    "lost", [refused("ThrottlingException"), EndpointConnectionError(endpoint_url="https://logs")], ids=str
)
def test_a_look_that_is_throttled_or_lost_is_made_good_by_the_next(stack, clock, lost):
    def meanwhile():
        stack.logs.write("meanwhile", at=AT)
        stack.logs.refuses = [lost]

    clock.meanwhile = [meanwhile, lambda: None]
    assert messages(told(stack, follow=True)) == ["meanwhile"]


def test_another_refusal_ends_it(stack, clock):
    clock.meanwhile = [lambda: stack.logs.refuses.append(refused("AccessDeniedException"))]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        told(stack, follow=True)


def test_it_ends_when_nobody_reads(stack, clock, monkeypatch):
    for number in range(9):
        stack.logs.write(str(number), at=AT + number)
    assert messages(told(stack, follow=True, readers=2)) == ["0", "1"]
    assert clock.slept == []
    monkeypatch.setattr(logs, "is_read", lambda _: False)
    assert len(told(stack, follow=True)) == 9
    assert clock.slept == []


def test_lines_of_one_millisecond_stay_in_their_order(stack):
    for number in range(9):
        stack.logs.write(str(number))
    assert messages(told(stack, Asked(wanted=Wanted(), count=4))) == ["5", "6", "7", "8"]


def test_an_event_that_a_second_page_repeats_is_told_once():
    cloudwatch = CloudWatch()
    cloudwatch.write("a")
    cloudwatch.groups["logs-1"] *= 2
    source = Source(kind="service", name="web", log_group="logs-1", prefixes=lambda: [""])
    assert len(Lines(logs=cloudwatch, sources=[source]).last(9, 0)) == 1


def test_what_is_older_is_forgotten():
    cloudwatch = CloudWatch()
    cloudwatch.write("a")
    source = Source(kind="service", name="web", log_group="logs-1", prefixes=lambda: [""])
    lines = Lines(logs=cloudwatch, sources=[source])
    assert [line.message for line in lines.since(0)] == ["a"]
    assert list(lines.since(AT)) == []
    assert list(lines.since(AT + 1)) == []
    assert len(list(lines.since(0))) == 1, "nothing is remembered for ever"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("10m", NOW - timedelta(minutes=10)),
        ("2h", NOW - timedelta(hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("2026-11-26T10:51Z", datetime(2026, 11, 26, 10, 51, tzinfo=UTC)),
        ("2026-11-26T19:51+09:00", datetime(2026, 11, 26, 10, 51, tzinfo=UTC)),
        ("2026-11-25", datetime(2026, 11, 25).astimezone()),
        ("999999999d", datetime.fromtimestamp(0, UTC)),
    ],
)
def test_a_time_as_people_say_it(text, found):
    assert moment(text, NOW) == int(found.timestamp() * 1000)


NO_TIMES = ("", "10", "m", "-5m", "1.5h", "5 minutes", "10w", "yesterday", "2026-13-01", "٣m", "0001-01-01T00:00+14:00")


@pytest.mark.parametrize("text", NO_TIMES)
def test_no_time(text):
    with pytest.raises(OpsError, match=r"--since must be a number and s, m, h or d.*got '"):
        moment(text, NOW)


def test_long_ago_is_all():
    assert moment("1960-01-01", NOW) == 0


def test_a_time_to_come():
    with pytest.raises(OpsError, match="--since must be in the past, got '2090-01-01'; it is 2026-11-26T"):
        moment("2090-01-01", NOW)


SOURCE = Source(kind="job", name="nightly", log_group="g", prefixes=list)


def line(message="done", task="1f2e3d4c5b6a", container="nightly"):
    return Line(at=AT + 7, source=SOURCE, task=task, container=container, message=message)


def test_a_line_in_a_pipe():
    assert as_text(line(), timestamps=False) == "nightly/1f2e3d4c done"
    assert as_text(line("a\nb"), timestamps=True) == (
        "2026-11-26T12:00:00.007Z nightly/1f2e3d4c a\n2026-11-26T12:00:00.007Z nightly/1f2e3d4c b"
    )
    assert as_text(line(""), timestamps=False) == "nightly/1f2e3d4c "
    assert as_text(line(task="", container="pre-deploy"), timestamps=False) == "nightly/pre-deploy done"


def test_a_line_for_scripts():
    assert json.loads(as_json(line())) == {
        "time": "2026-11-26T12:00:00.007Z",
        "job": "nightly",
        "task": "1f2e3d4c5b6a",
        "container": "nightly",
        "message": "done",
    }


def test_each_task_has_its_colour_and_an_app_s_own_colours_stay():
    coloured = logs.Coloured(timestamps=True)
    out = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=200)
    for one in (line(), line("\x1b[31mred\x1b[0m\x1b]0;title\x07", task="77"), line("a\nb")):
        out.print(coloured(one))
    shown = out.file.getvalue().splitlines()  # type: ignore[attr-defined] - it is a StringIO
    cyan, green = "\x1b[36mnightly/1f2e3d4c\x1b[0m", "\x1b[32mnightly/77\x1b[0m"
    assert [cyan in row for row in shown] == [True, False, True, True]
    assert green in shown[1]
    assert "\x1b[31mred\x1b[0m" in shown[1]
    assert "\x1b]" not in shown[1], "it does not reach the terminal itself"
    assert all("2026-11-26T12:00:00.007Z" in row for row in shown)
    assert "2026" not in logs.Coloured(timestamps=False)(line()).plain


@pytest.fixture
def typed(stack, monkeypatch, tmp_path):
    """The command as people type it."""
    monkeypatch.setattr(reach, "reach", lambda folder, name: stack)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(cli.sys, "argv", ["ops", "logs", *words])
        return cli.main()

    return run


def test_the_command(typed, stack, capsys, monkeypatch):
    stack.logs.write("a", at=AT)
    stack.logs.write("b", at=AT + 1)
    assert typed("web", "-n", "1", "--timestamps") == 0
    assert capsys.readouterr().out == "2026-11-26T12:00:00.001Z web/1f2e3d4c b\n"
    assert typed("--since", "2090-01-01") == 2
    monkeypatch.setattr(logs, "moment", lambda text, now: AT)
    assert typed("--since", "1h", "--json", "--filter", "a") == 0
    assert json.loads(capsys.readouterr().out)["service"] == "web"
    monkeypatch.setattr(logs.sys.stdout, "isatty", lambda: True, raising=False)
    assert typed() == 0
    plain = Text.from_ansi(capsys.readouterr().out).plain
    assert plain == "web/1f2e3d4c a\nweb/1f2e3d4c b\n"


@pytest.mark.parametrize("lines", ["0", "-1", "x"])
def test_no_number_of_lines(typed, capsys, lines):
    assert typed("--lines", lines) == 2
    assert "'--lines' / '-n'" in capsys.readouterr().err


def test_sources_are_named_once(stack):
    assert len(sources(stack, Wanted(services=["web", "web"]))) == 1

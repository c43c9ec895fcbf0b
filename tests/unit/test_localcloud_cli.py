import json
import socket
import sys
from pathlib import Path

import pytest

from localcloud import cli
from localcloud.cloud import Cloud
from localcloud.home import Home, LocalCloudError
from localcloud.processes import Process


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://web.alb.localhost:4566", "http://web.alb.localhost:4566"),
        ("https://shop.example.com", "http://shop.example.com.localhost:4566"),
        ("http://shop.example.com/", "http://shop.example.com.localhost:4566/"),
    ],
)
def test_an_address_opens_on_this_machine(url, here):
    home = Home(root=Path("/home"), port=4566, project=Path("/project"))
    assert home.url(url) == here


HOME = Home(root=Path("/home"), port=4566, project=Path("/project"))
WEB = {"url": "http://web.alb.localhost:4566/web/", "image": "i"}


def test_the_log_of_a_service_is_that_of_ops_turned_to_the_local_cloud(monkeypatch, tmp_path):
    home, ran = Home(root=tmp_path, port=4570, project=tmp_path), []
    monkeypatch.setattr(cli.Home, "load", lambda: home)
    monkeypatch.setattr(cli.Cloud, "running", True)
    monkeypatch.setattr(cli.os, "chdir", ran.append)
    monkeypatch.setenv("AWS_PROFILE", "work")

    def becomes(*given):
        ran.append(given)
        raise SystemExit

    monkeypatch.setattr(cli.os, "execve", becomes)
    with pytest.raises(SystemExit):
        cli.logs("web", "prod", follow=True, lines=7)
    folder, (program, words, environment) = ran
    assert (folder, program) == (tmp_path, cli.sys.executable)
    assert words[1:] == ["-m", "ops", "logs", "web", "--stack", "prod", "--lines", "7", "--follow"]
    assert environment["PATH"].startswith(f"{tmp_path}/bin:")
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4570"
    assert "AWS_PROFILE" not in environment


def test_the_log_of_a_service_needs_the_local_cloud(monkeypatch, tmp_path):
    monkeypatch.setattr(cli.Home, "load", lambda: Home(root=tmp_path, port=4570, project=tmp_path))
    with pytest.raises(LocalCloudError, match="not running: start it"):
        cli.logs("web")
    with pytest.raises(LocalCloudError, match="the emulator was never started"):
        cli.logs("emulator")


def test_a_name_near_a_log_of_the_local_cloud_gets_a_hint(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli.Home, "load", lambda: Home(root=tmp_path, port=4570, project=tmp_path))
    hint = "emulatr is taken for a service of stack dev; the local cloud's own log is emulator\n"
    with pytest.raises(LocalCloudError, match="not running"):
        cli.logs("emulatr")
    assert capsys.readouterr().err.startswith(hint)
    monkeypatch.setattr(cli.Cloud, "running", True)
    monkeypatch.setattr(cli.os, "chdir", lambda _: None)
    said = []
    monkeypatch.setattr(cli.os, "execve", lambda *_: said.append(capsys.readouterr().err) or sys.exit())
    for name in ("emulatr", "web"):
        with pytest.raises(SystemExit):
            cli.logs(name)
    assert said == [hint, ""], "before the command that takes this one's place"
    with pytest.raises(LocalCloudError, match="the providers was never started"):
        cli.logs("providers")
    assert "is taken for" not in capsys.readouterr().err


def test_no_lines_are_no_number_of_lines(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["localcloud", "logs", "--lines", "0"])
    assert cli.main() == 2
    assert "Invalid value for '--lines' / '-n': Input should be greater than or equal to 1" in capsys.readouterr().err


@pytest.fixture
def deployed(monkeypatch):
    """What a stack has for outputs."""

    def deployed(**outputs):
        monkeypatch.setattr(cli, "_outputs", lambda _home, _stack: {"services": {}, **outputs})
        monkeypatch.setattr(cli.Home, "load", lambda: HOME)
        monkeypatch.setattr(cli, "target", lambda _home: None)

    return deployed


def test_services_that_a_load_balancer_reaches_have_an_address(deployed, capsys):
    deployed(url="http://web.alb.localhost:4566", services={"web": WEB, "worker": {**WEB, "url": None}})
    cli.url("dev")
    assert capsys.readouterr().out == "http://web.alb.localhost:4566\n"
    cli.url("dev", json_output=True)
    found = json.loads(capsys.readouterr().out)
    assert found == {"url": "http://web.alb.localhost:4566", "services": {"web": WEB["url"]}}


def test_a_stack_of_workers_has_no_address(deployed, capsys, monkeypatch):
    deployed(services={"worker": {**WEB, "url": None}})
    with pytest.raises(LocalCloudError, match="stack dev has no address: no load balancer reaches its services"):
        cli.url("dev")
    cli.url("dev", json_output=True)
    assert json.loads(capsys.readouterr().out) == {"url": None, "services": {}}
    for step in ("_start", "_pulumi"):
        monkeypatch.setattr(cli, step, lambda *_, **__: None)
    cli.up("dev")
    assert "No load balancer reaches the stack's services, so there is no page to open." in capsys.readouterr().out


def test_whether_iam_is_enforced_is_said_by_a_number(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LOCALCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALCLOUD_AUTH", "true")
    monkeypatch.setattr("localcloud.setup.prepare", lambda home, without_docker: tmp_path)
    monkeypatch.setattr("localcloud.wrappers.install", lambda home, engine: None)
    monkeypatch.setattr(sys, "argv", ["localcloud", "start"])
    assert cli.main() == 1
    assert "LOCALCLOUD_AUTH must be 1, to enforce IAM, or 0, got 'true'" in capsys.readouterr().err


def test_a_cloud_that_enforces_iam_is_not_taken_for_one_that_does_not(monkeypatch, tmp_path):
    cloud = Cloud(Home(root=tmp_path, port=4599, project=tmp_path))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mode").write_text("with Docker, IAM enforced")
    monkeypatch.setattr(Process, "pid", 1)
    with pytest.raises(LocalCloudError) as error:
        cloud.start()
    assert str(error.value) == (
        "the local cloud runs with Docker, IAM enforced: `make down` first, to start it with Docker "
        "(LOCALCLOUD_AUTH is not 1 in this shell)"
    )


def test_a_start_keeps_its_port_for_shells_that_do_not_say_it(monkeypatch, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("LOCALCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALCLOUD_PORT", str(port))
    monkeypatch.setattr(Process, "start", lambda process, environment: None)
    monkeypatch.setattr(Cloud, "answers", lambda cloud: True)
    monkeypatch.setattr(Cloud, "ports", {"aws": 1})
    assert Cloud(Home.load()).start()
    monkeypatch.delenv("LOCALCLOUD_PORT")
    assert Home.load().port == port

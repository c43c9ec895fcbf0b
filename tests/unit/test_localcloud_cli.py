import json
from pathlib import Path

import pytest

from localcloud import cli
from localcloud.cli import _local
from localcloud.home import Home, LocalCloudError


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
    assert _local(home, url) == here


HOME = Home(root=Path("/home"), port=4566, project=Path("/project"))
WEB = {"url": "http://web.alb.localhost:4566/web/", "image": "i"}


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

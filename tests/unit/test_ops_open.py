import importlib
import json
import sys

import pytest

from ops import cli, deployed, open_url
from ops.error import OpsError

from .running_stack import Running, revision


@pytest.fixture
def running():
    found = Running()
    found.url = "https://shop.example.com"
    found.outputs["web"]["url"] = "https://shop.example.com/web/"
    found.outputs["worker"] = {"service": "worker-1", "task_definition": revision(3)}
    return found


@pytest.mark.parametrize(
    ("service", "url"), [(None, "https://shop.example.com"), ("web", "https://shop.example.com/web/")]
)
def test_where_it_is_reached(running, service, url):
    assert open_url.address(running, service) == url


def test_on_a_local_cloud_by_the_name_that_browsers_find(running, monkeypatch):
    running.is_local = True
    monkeypatch.setenv("LOCALCLOUD_PORT", "4600")
    assert open_url.address(running, "web") == "http://shop.example.com.localhost:4600/web/"
    running.url = "http://balancer-1.alb.localhost:4600"
    assert open_url.address(running, None) == running.url


def test_the_local_cloud_is_needed_on_a_local_cloud_only(running, monkeypatch):
    monkeypatch.setitem(sys.modules, "localcloud.home", None)
    assert importlib.reload(open_url).address(running, None) == "https://shop.example.com"


def test_what_no_load_balancer_reaches(running):
    with pytest.raises(OpsError) as error:
        open_url.address(running, "worker")
    assert str(error.value) == "no load balancer reaches worker; it reaches web"
    running.url, running.outputs = "", {"worker": running.outputs["worker"]}
    with pytest.raises(OpsError) as error:
        open_url.address(running, None)
    assert str(error.value) == "no load balancer reaches a service of stack dev"


@pytest.mark.parametrize(
    ("platform", "desktop", "asked"),
    [("linux", {}, 0), ("linux", {"DISPLAY": ":0"}, 1), ("linux", {"BROWSER": "x"}, 1), ("darwin", {}, 1)],
)
@pytest.mark.parametrize("there", [True, False])
def test_a_browser_is_asked_where_there_is_a_desktop(monkeypatch, platform, desktop, asked, there):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in desktop.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(open_url.sys, "platform", platform)
    urls: list[str] = []
    monkeypatch.setattr(open_url.webbrowser, "open", lambda url: urls.append(url) or there)
    assert open_url.open_in_browser("u") is (bool(asked) and there)
    assert urls == ["u"] * asked


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("words", [[], ["web", "--json"]])
def test_the_command(running, monkeypatch, capsys, there, words):
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)
    monkeypatch.setattr(open_url, "open_in_browser", lambda url: there)
    monkeypatch.setattr("sys.argv", ["ops", "open", *words])
    assert cli.main() == 0
    shown = capsys.readouterr()
    if words:
        assert json.loads(shown.out) == {"url": "https://shop.example.com/web/", "opened": there}
    else:
        assert shown.out == "https://shop.example.com\n"
    assert ("There is no browser here to open it in." in shown.err) is not there

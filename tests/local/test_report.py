"""The page of a stack in a real browser: on a phone, a tablet and a desk, in light and in dark."""

import functools
import itertools
import os
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import requests

from tests.local.browser import NoBrowser, browser
from tests.local.conftest import REQUIRED
from tests.local.harness import ROOT
from tests.unit.report_stacks import RICH, many, write

pytestmark = pytest.mark.local
SEEN = (Path(__file__).parent / "seen.js").read_text(encoding="utf-8")
"""What a person would find wrong, as the browser measures it."""
STACKS = ("dev", "prod", "rich", "many")
VIEWS = [
    *itertools.product(("dev", "prod", "rich"), (375, 768, 1440), ("light", "dark")),
    *(("many", 375, "dark"), ("many", 1440, "light")),  # a hundred services, whose page takes long to measure
]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    try:
        with browser(tmp_path_factory.mktemp("profile")) as found:
            yield found
    except NoBrowser as problem:
        if REQUIRED:
            pytest.fail(f"REQUIRE_LOCAL_CLOUD=1, but there is no browser: {problem}")
        pytest.skip(str(problem))


class Site(SimpleHTTPRequestHandler):
    """Serves a folder on loopback, and remembers what was asked for."""

    asked: ClassVar[list[str]] = []

    def log_request(self, code="-", size="-"):
        self.asked.append(self.path)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a folder with the pages of all stacks."""
    folder = tmp_path_factory.mktemp("pages")
    write(folder / "rich", "rich", RICH)
    write(folder / "many", "many", many(100))
    for stack in STACKS:
        command = [sys.executable, "-m", "ops", "report", "--stack", stack, "--output", str(folder / f"{stack}.html")]
        place = folder / stack if (folder / stack).is_dir() else ROOT
        ran = subprocess.run(command, cwd=place, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
        assert ran.returncode == 0, ran.stderr
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def page_of(site, stack):
    return requests.get(f"{site}/{stack}.html", timeout=10).content.decode()


@pytest.mark.parametrize(("stack", "width", "scheme"), VIEWS)
def test_a_page_can_be_read(chromium, site, stack, width, scheme, tmp_path):
    chromium.requests()
    chromium.open(f"{site}/{stack}.html", width=width, scheme=scheme)
    chromium.picture(tmp_path / f"{stack}-{width}-{scheme}.png")
    assert chromium.ask(SEEN) == []
    chromium.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    chromium.picture(tmp_path / f"{stack}-{width}-{scheme}-open.png")
    assert chromium.ask(SEEN) == [], "with every list open"
    assert chromium.requests() == [f"{site}/{stack}.html"]
    assert chromium.console() == []


def test_the_server_was_asked_for_the_pages_alone(chromium, site):
    chromium.open(f"{site}/prod.html", width=1440, scheme="light")
    assert set(Site.asked) <= {f"/{stack}.html" for stack in STACKS}


def test_dark_is_dark_and_light_is_light(chromium, site):
    found = {}
    for scheme in ("light", "dark"):
        chromium.open(f"{site}/dev.html", width=1440, scheme=scheme)
        found[scheme] = chromium.ask("return getComputedStyle(document.body).backgroundColor")
    assert found == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 19, 25)"}


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        ("--quiet: #57606a", "--quiet: #9aa0a6", "contrast 2.64"),
        (".ops-diagram rect { fill: none;", ".ops-diagram rect { fill: #333;", "contrast"),
        ("table-layout: fixed;", "width: 500px;", "the page is"),
        ("summary { cursor: pointer;", "summary { white-space: nowrap;", "cut off"),
        ("line-height: 1.3;", "margin-bottom: -1.2rem;", "on top of each other"),
    ],
)
def test_what_is_wrong_with_a_page_is_seen(chromium, site, tmp_path, there, instead, problem):
    html = page_of(site, "prod")
    assert there in html
    (tmp_path / "wrong.html").write_text(html.replace(there, instead), encoding="utf-8")
    chromium.open((tmp_path / "wrong.html").as_uri(), width=375, scheme="light")
    assert any(one.startswith(problem) for one in chromium.ask(SEEN))


@pytest.mark.parametrize(
    "planted", ['<img alt="" src="http://127.0.0.1:9/x.png">', "<script>document.title = 'x'</script>"]
)
def test_a_page_lets_nothing_in(chromium, site, tmp_path, planted):
    html = page_of(site, "dev")
    (tmp_path / "planted.html").write_text(html.replace("<footer>", f"<footer>{planted}"), encoding="utf-8")
    chromium.console()
    chromium.open((tmp_path / "planted.html").as_uri(), width=1440, scheme="light")
    (refused,) = chromium.console()
    assert "Content Security Policy" in refused
    assert chromium.ask("return document.title") != "x"


@pytest.mark.parametrize("width", [768, 1440])
def test_cost_policies_and_picture_are_in_the_first_view(chromium, site, width):
    chromium.open(f"{site}/prod.html", width=width, scheme="light")
    tops = chromium.ask(
        "return [...document.querySelectorAll('.tiles a'), document.querySelector('#picture h2')]"
        ".map(one => one.getBoundingClientRect().top)"
    )
    assert max(tops) < 600


def test_the_picture_is_not_shrunk_below_what_can_be_read(chromium, site):
    for stack in STACKS:
        for width in (375, 1440):
            chromium.open(f"{site}/{stack}.html", width=width, scheme="light")
            heights = chromium.ask(
                "return [...document.querySelectorAll('.picture text')].map(one => one.getBoundingClientRect().height)"
            )
            assert heights
            assert min(heights) >= 11

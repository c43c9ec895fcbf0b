"""A headless Chromium: the machine's own, or Debian's packages, installed where that is possible."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PACKAGES = ("chromium", "chromium-driver", "fonts-dejavu-core")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--force-device-scale-factor=1"),
)


class NoBrowser(Exception):
    """There is none, and none can be had; the message says what to install."""


class Browser:
    """What a person sees of a page, at a width, in light or in dark."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, address: str, *, width: int, scheme: str) -> None:
        """Load a page."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        self._driver.get(address)

    def ask(self, script: str) -> Any:
        """What a script in the page returns."""
        return self._driver.execute_script(script)

    def picture(self, file: Path, most: int = 6000) -> None:
        """Keep a screenshot of the whole page, as far down as `most` pixels."""
        width, height = self.ask("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, most), "scale": 1}
        shot = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        file.write_bytes(base64.b64decode(self._driver.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]))

    def requests(self) -> list[str]:
        """The addresses that pages asked for since the last call, but for the browser's own pages."""
        events = [json.loads(one["message"])["message"] for one in self._driver.get_log("performance")]
        asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
        return [address for address in asked if not address.startswith(("chrome:", "data:"))]

    def console(self) -> list[str]:
        """What the console said since the last call."""
        return [one["message"] for one in self._driver.get_log("browser")]


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with an empty profile in a folder.

    Raises:
        NoBrowser: there is none.
    """
    chromium, driver = _programs() or _installed()
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(running)
    finally:
        running.quit()


def _programs() -> tuple[str, str] | None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (chromium, driver) if chromium and driver else None


def _installed() -> tuple[str, str]:
    """Debian's, installed now."""
    wanted = f"install them, on Debian with apt-get install {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoBrowser(f"no chromium and chromedriver on PATH: {wanted}")
    print(f"No browser here. Installing Debian's packages {', '.join(PACKAGES)}; they stay.", file=sys.__stderr__)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(["apt-get", *step], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoBrowser(f"apt-get {step[0]} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
    found = _programs()
    if not found:
        raise NoBrowser(f"apt-get brought no chromium and chromedriver: {wanted}")
    return found

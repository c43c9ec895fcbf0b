import pytest

from localcloud.home import Home, LocalCloudError


def test_the_defaults_are_the_checkout_s(monkeypatch, at_root):
    monkeypatch.delenv("LOCALCLOUD_HOME", raising=False)
    monkeypatch.delenv("LOCALCLOUD_PORT", raising=False)
    home = Home.load()
    assert (home.root, home.port, home.endpoint) == (at_root / ".localcloud", 4566, "http://127.0.0.1:4566")


def test_home_and_port_are_settable(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCALCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALCLOUD_PORT", "5000")
    home = Home.load()
    assert (home.root, home.port) == (tmp_path, 5000)


@pytest.mark.parametrize("port", ["", "x", "80", "65536", "-1"])
def test_a_port_that_is_none(monkeypatch, port):
    monkeypatch.setenv("LOCALCLOUD_PORT", port)
    with pytest.raises(LocalCloudError, match="LOCALCLOUD_PORT must be a number from 1024 to 65535, got"):
        Home.load()

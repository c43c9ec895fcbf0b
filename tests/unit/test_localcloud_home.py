import pytest

from localcloud.home import Home, LocalCloudError


def test_the_defaults_are_the_checkout_s(monkeypatch, at_root):
    monkeypatch.delenv("LOCALCLOUD_HOME", raising=False)
    monkeypatch.delenv("LOCALCLOUD_PORT", raising=False)
    assert Home.load().root == at_root / ".localcloud"


def test_the_port_is_the_one_of_the_last_start(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCALCLOUD_HOME", str(tmp_path))
    monkeypatch.delenv("LOCALCLOUD_PORT", raising=False)
    assert Home.load().endpoint == "http://127.0.0.1:4566", "at first"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "port").write_text("4567")
    assert Home.load().endpoint == "http://127.0.0.1:4567"


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

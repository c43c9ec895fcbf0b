from pathlib import Path

import pytest

from localcloud.cli import _local
from localcloud.home import Home


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

from types import SimpleNamespace
from typing import Any

import pytest

from components.deployed_anew import DeployedAnew


@pytest.mark.parametrize(
    ("old", "new", "anew"),
    [
        (None, {"cluster": "c"}, True),
        ({"cluster": "c", "taskDefinition": "1"}, {"cluster": "c", "taskDefinition": "2"}, True),
        (
            {"cluster": "c", "tags": {}, "tagsAll": {}},
            {"cluster": "c", "tags": {"a": "b"}, "tagsAll": {"a": "b"}},
            False,
        ),
    ],
    ids=["made", "changed", "its tags alone"],
)
def test_a_service_is_deployed_when_it_is_made_and_when_more_than_its_tags_changes(deploy, old, new, anew):
    deployed = DeployedAnew("web")
    assert deployed.is_so is False
    given: Any = SimpleNamespace(old_inputs=old, new_inputs=new)
    deployed.hook.callback(given)  # type: ignore[union-attr] - a hook with a name
    deployed.hook.callback(SimpleNamespace(old_inputs=new, new_inputs=new))  # type: ignore[union-attr] - likewise
    assert deployed.is_so is anew

import json

import pytest

from ops import cli
from ops.error import OpsError
from ops.images import checked, read, running, taken_over
from ops.images import outputs as read_outputs

from . import delivered_stack
from .delivered_stack import DIGEST, OTHER, REPOSITORY

aws, folder, aimed = delivered_stack.aws, delivered_stack.folder, delivered_stack.aimed
engine, outputs = delivered_stack.engine, delivered_stack.outputs
WEB, NIGHT = f"{REPOSITORY}@{DIGEST}", f"{REPOSITORY}@{OTHER}"


def taken(aimed, given=None, **how):
    with taken_over(aimed, given, **how) as file:
        return read(file) if file else None


def test_the_file_that_is_named_is_taken(aimed, folder, engine):
    file = folder / "images.json"
    file.write_text(json.dumps({"web": WEB, "night": NIGHT}))
    with taken_over(aimed, file) as found:
        assert found == file
    assert engine.asked == []


def test_one_that_is_none_is_refused(aimed, folder):
    with pytest.raises(OpsError, match="FARGATE_IMAGES: .*images.json cannot be read"):
        taken(aimed, folder / "images.json")


def test_one_that_does_not_fit_is_refused_with_all_that_is_wrong(aimed, folder, engine):
    file = folder / "images.json"
    file.write_text(json.dumps({"web": "nginx:latest", "wbe": WEB, "proxy": WEB}))
    with pytest.raises(OpsError) as refused:
        taken(aimed, file)
    first, *lines = str(refused.value).splitlines()
    assert first == f"{file} does not fit Pulumi.dev.yaml:"
    assert [line.partition(":")[0] for line in lines] == [
        "  web",
        "  wbe",
        "  proxy",
        "  night is missing, and would be built anew",
    ]
    assert engine.asked == []
    file.write_text(json.dumps({"web": WEB, "night": NIGHT}))
    assert checked(file, "dev", aimed.file) == {"web": WEB, "night": NIGHT}


def test_without_one_a_delivered_stack_keeps_its_images(aimed, outputs, capsys):
    outputs(images={"web": WEB, "night": NIGHT, "gone": NIGHT, "proxy": NIGHT})
    assert taken(aimed) == {"web": WEB, "night": NIGHT}
    assert capsys.readouterr().err == "Images: those that stack dev was delivered with: night, web\n"


def test_a_service_that_is_not_built_yet_is_no_obstacle_to_a_preview(aimed, outputs):
    outputs(images={"web": WEB})
    assert taken(aimed) == {"web": WEB}
    to_come = f"{REPOSITORY}@sha256:{'0' * 64}"
    assert taken(aimed, rebuilt=()) == {"web": WEB, "night": to_come}
    assert taken(aimed, rebuilt=["web", "gone"]) == {"web": to_come, "night": to_come}


@pytest.mark.parametrize("said", [{}, {"images": {}}, {"images": {"gone": WEB}}])
def test_a_stack_that_builds_stays_as_it_is(aimed, outputs, said):
    outputs(**said)
    assert taken(aimed) is None


def test_a_stack_that_the_state_does_not_know_puts_out_nothing(aimed, engine):
    engine.says["stack output"] = (255, "", "error: no stack named 'dev' found\n")
    assert read_outputs(aimed) == {}
    engine.says["stack output"] = (255, "", "error: the door is closed\n")
    with pytest.raises(OpsError, match="the outputs of stack dev cannot be read. The engine said:\nerror: the door"):
        read_outputs(aimed)
    engine.missing = True
    with pytest.raises(OpsError, match="no pulumi on PATH"):
        read_outputs(aimed)


def test_what_a_stack_runs_is_there_for_another(aimed, outputs):
    outputs(
        services={"web": {"image": WEB}, "proxy": {"image": "nginx:1.29"}},
        jobs={"night": {"image": NIGHT}, "again": {"image": None}, "older": {}},
    )
    assert running(aimed) == {"web": WEB, "night": NIGHT}


def test_the_command_prints_it(aws, folder, outputs, monkeypatch, capsys):
    outputs(services={"web": {"image": WEB}})
    monkeypatch.setattr("sys.argv", ["ops", "images"])
    assert cli.main() == 0
    assert json.loads(capsys.readouterr().out) == {"web": WEB}
    outputs()
    assert cli.main() == 2
    assert "stack dev is not deployed: make deploy STACK=dev" in capsys.readouterr().err

"""What an engine that was killed leaves behind, and how the next one finds it."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from localcloud.home import Home, LocalCloudError
from localcloud.journal import Journal
from localcloud.processes import lives, wait_until
from localcloud.wrappers.recovery import REASON, mend, recover

VPC = "urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::network"
IMAGE = "urn:pulumi:dev::shop::docker:index/image:Image::web"
ENGINE = """\
#!{python}
import pathlib, shutil, sys
here = pathlib.Path(__file__).parent
if sys.argv[2] == "export":
    print((here / "exported.json").read_text())
else:
    shutil.copy(sys.argv[sys.argv.index("--file") + 1], here / "imported.json")
"""


@pytest.fixture
def home(tmp_path):
    home = Home(root=tmp_path / "home", port=4566, project=tmp_path)
    home.engine.parent.mkdir(parents=True)
    home.run.mkdir()
    home.engine.write_text(ENGINE.format(python=sys.executable))
    home.engine.chmod(0o755)
    return home


@pytest.fixture
def gone():
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def locked_by(home, pid, hostname=None):
    lock = home.backend / ".pulumi" / "locks" / "organization" / "shop" / "dev" / "1.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": pid, "hostname": hostname or socket.gethostname()}))
    return lock


def left(home, *pending, resources=()):
    """A state as the killed engine leaves it."""
    deployment = {"resources": list(resources), "pending_operations": list(pending)}
    state = home.backend / ".pulumi" / "stacks" / "shop" / "dev.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(json.dumps({"checkpoint": {"latest": deployment}}))
    (home.engine.parent / "exported.json").write_text(json.dumps({"version": 3, "deployment": deployment}))


def creating(urn, **inputs):
    return {"type": "creating", "resource": {"urn": urn, "custom": True, "inputs": inputs}}


def repaired(home):
    recover(home, "shop", "dev", home.project, dict(os.environ))
    deployment = json.loads((home.engine.parent / "imported.json").read_text())["deployment"]
    assert "pending_operations" not in deployment
    return deployment["resources"]


def test_the_lock_of_a_process_that_is_gone_is_removed_and_told(home, gone, capsys):
    lock = locked_by(home, gone)
    recover(home, "shop", "dev", home.project, {})
    assert not lock.exists()
    assert capsys.readouterr().err == f"note: removed the lock of process {gone}, which was killed\n"


def test_a_process_id_that_was_given_again_holds_no_lock(home):
    """This test's own process is no engine."""
    assert lives(os.getpid(), "python")
    lock = locked_by(home, os.getpid())
    recover(home, "shop", "dev", home.project, {})
    assert not lock.exists()


def test_the_lock_of_a_living_engine_stays_and_its_state_is_left_alone(home, capsys):
    left(home, creating(VPC))
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "pulumi"]) as engine:
        try:
            assert wait_until(lambda: lives(engine.pid, "pulumi"), 10)
            lock = locked_by(home, engine.pid)
            begun = lock.with_name("1.json.attrs")
            begun.touch()
            state = home.backend / ".pulumi" / "stacks" / "shop" / "dev.json"
            kept = state.read_text()
            state.with_name("dev.json.bak").write_text(kept)
            state.write_text("{")
            mend(home, "shop")
            assert (state.read_text(), begun.exists()) == ("{", True)
            state.write_text(kept)
            recover(home, "shop", "dev", home.project, {})
            assert lock.exists()
        finally:
            engine.kill()
    assert not (home.engine.parent / "imported.json").exists()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", ['{"pid": 1, "hostname": "elsewhere"}', '{"pid": 1}', "[]", "{"])
def test_a_lock_that_nobody_here_can_judge_stays(home, text):
    lock = locked_by(home, 1)
    lock.write_text(text)
    recover(home, "shop", "dev", home.project, {})
    assert lock.exists()


def test_another_stack_s_lock_is_not_looked_at(home, gone):
    lock = locked_by(home, gone)
    recover(home, "shop", "prod", home.project, {})
    assert lock.exists()


def test_what_was_made_and_not_written_down_is_taken_over(home, capsys):
    left(home, creating(VPC, cidrBlock="10.0.0.0/16"), creating(IMAGE))
    with Journal(home.made).creation(VPC) as keep:
        keep("vpc-1")
    inputs = {"cidrBlock": "10.0.0.0/16"}
    assert repaired(home) == [
        {"urn": VPC, "custom": True, "inputs": inputs, "outputs": inputs, "id": "vpc-1", "initErrors": [REASON]}
    ]
    assert capsys.readouterr().err == "note: the command before was killed while it made network: taken over\n"


def test_what_was_not_made_is_forgotten_in_silence(home, capsys):
    left(home, creating(VPC), {"type": "updating", "resource": {"urn": IMAGE}})
    with Journal(home.made).creation(IMAGE) as keep:
        keep("known")
    assert repaired(home) == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("old", "stays"),
    [
        ({"id": "vpc-0"}, [{"urn": VPC, "id": "vpc-0", "delete": True}]),
        ({"id": "vpc-0", "pendingReplacement": True}, []),
    ],
)
def test_of_what_was_being_replaced_the_new_one_counts(home, old, stays):
    left(home, creating(VPC), resources=[{"urn": VPC, **old}])
    with Journal(home.made).creation(VPC) as keep:
        keep("vpc-1")
    *others, new = repaired(home)
    assert others == stays
    assert (new["id"], new.get("delete")) == ("vpc-1", None)


def test_a_state_without_pending_operations_is_not_touched(home):
    left(home)
    state = home.backend / ".pulumi" / "stacks" / "shop" / "dev.json"
    state.write_text('{"checkpoint": {}}')
    recover(home, "shop", "dev", home.project, {})
    assert not (home.engine.parent / "imported.json").exists()


def test_what_was_begun_beside_a_file_goes_and_what_was_written_stays(home):
    left(home)
    begun, written = (
        home.backend / ".pulumi" / "stacks" / "shop" / name for name in ("dev.json.attrs", "b.json.attrs")
    )
    begun.touch()
    written.write_text("{}")
    mend(home, "shop")
    assert not begun.exists()
    assert written.exists()
    mend(home, "another")


@pytest.mark.parametrize("backup", ['{"a": 1}', '{"a'])
def test_a_state_that_a_full_disk_has_cut_is_the_one_before_again(home, backup, capsys):
    left(home)
    state = home.backend / ".pulumi" / "stacks" / "shop" / "dev.json"
    ended = home.backend / ".pulumi" / "history" / "shop" / "dev"
    ended.mkdir(parents=True)
    (ended / "dev-1.checkpoint.json").write_text('{"a": 3}')
    (ended / "dev-2.checkpoint.json").write_text('{"a": 2}')
    state.with_name("dev.json.bak").write_text(backup)
    state.write_text('{"checkpoint": {"lat')
    mend(home, "shop")
    name, value = ("dev.json.bak", 1) if backup.endswith("}") else ("dev-2.checkpoint.json", 2)
    assert json.loads(state.read_text()) == {"a": value}
    said = f"note: the state of stack dev could not be read, and is that of {name} again\n"
    assert capsys.readouterr().err == said
    mend(home, "shop")
    assert capsys.readouterr().err == ""


def test_a_lock_that_an_engine_left_keeps_nobody_from_mending(home, gone, capsys):
    left(home)
    lock = locked_by(home, gone)
    begun = lock.with_name("1.json.attrs")
    begun.touch()
    mend(home, "shop")
    assert (lock.exists(), begun.exists()) == (True, False), "the lock itself is for the next command that needs it"
    assert capsys.readouterr().err == ""


def test_a_state_that_nothing_replaces_is_left_to_the_engine(home):
    left(home)
    state = home.backend / ".pulumi" / "stacks" / "shop" / "dev.json"
    state.write_text("{")
    mend(home, "shop")
    assert state.read_text() == "{"


def test_a_state_that_cannot_be_put_right_is_told(home):
    left(home, creating(VPC))
    home.engine.write_text("#!/bin/sh\necho it is broken >&2\nexit 1\n")
    with pytest.raises(LocalCloudError, match="the state of stack dev could not be put right: it is broken"):
        recover(home, "shop", "dev", home.project, {})


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "made")


def test_a_creation_that_failed_made_nothing(journal, tmp_path):
    def fails():
        with journal.creation(VPC):
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        fails()
    assert journal.made(VPC) is None
    assert list((tmp_path / "made").iterdir()) == [], "nobody waits for its end"


def test_what_an_engine_knows_is_not_kept(journal):
    with journal.creation(VPC) as keep:
        keep("vpc-1")
    assert journal.made(VPC) == "vpc-1"
    journal.known(VPC)
    assert journal.made(VPC) is None


def test_a_call_that_is_under_way_is_waited_for(journal):
    begun, end = threading.Event(), threading.Event()

    def make():
        with journal.creation(VPC) as keep:
            begun.set()
            end.wait(10)
            keep("vpc-1")

    maker = threading.Thread(target=make)
    maker.start()
    begun.wait(10)
    assert journal.made(VPC, seconds=0.1) is None
    end.set()
    assert journal.made(VPC) == "vpc-1"
    maker.join()

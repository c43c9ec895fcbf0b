"""The jobs of CodeBuild: their form, their commands, and the two scripts beside them."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from localcloud.setup import pulumi_engine

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "bootstrap" / "buildspecs"
FILES = sorted(FOLDER.glob("*.yml"))
BIN = Path(sys.executable).parent
SCHEMA = Draft202012Validator(json.loads((FOLDER / "schema.json").read_text()))
IMAGES = 'cp "${CODEBUILD_SRC_DIR_Images:?}/images.json" images.json'


def commands(file, phase="build"):
    return yaml.safe_load(file.read_text())["phases"][phase]["commands"]


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request):
    return request.param


def problems(text):
    """What the schema finds, without the process of check-jsonschema that `make pipelines` runs."""
    return [error.message for error in SCHEMA.iter_errors(yaml.safe_load(text))]


def test_each_has_the_form_that_codebuild_reads(file):
    assert problems(file.read_text()) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("phases:", "phase:"),
        ("  build:", "  bulid:"),
        ("    commands:", "    command:"),
        ("on-failure: ABORT", "on-failure: CONTINUE"),
        ("    on-failure: ABORT\n", ""),
        ("runtime-versions:", "runtime-version:"),
        ('python: "3.11"', "python: 3.11"),
        ("version: 0.2", "version: 0.1"),
        ("exported-variables:", "exported_variables:"),
        ("- REVIEW_LINK", "- AWS_REGION"),
        ("finally:", "finaly:"),
        ("artifacts:", "artefacts:"),
        ("  files:", "  file:"),
        ("shell: bash", "shell: fish"),
    ],
)
def test_a_misspelt_word_is_found(right, wrong):
    text = (FOLDER / "review.yml").read_text()
    assert right in text
    assert problems(text.replace(right, wrong))


def shellcheck(script):
    asked = [BIN / "shellcheck", "--shell=bash", "-"]
    return subprocess.run(asked, input=script, capture_output=True, text=True, check=False)


def test_its_commands_are_sound_shell(file):
    phases = yaml.safe_load(file.read_text())["phases"].values()
    lines = [line for phase in phases for line in (*phase["commands"], *phase.get("finally", ()))]
    found = shellcheck("\n".join(lines))
    assert found.returncode == 0, found.stdout


def test_a_variable_without_quotes_is_found():
    assert "SC2086" in shellcheck("make deploy STACK=$STACK").stdout


def test_each_runs_its_make_target_and_nothing_else_of_its_own():
    assert {file.stem: commands(file)[-1] for file in FILES} == {
        "check": "make check",
        "build": 'make build STACK="$STACK"',
        "review": 'make review STACK="$STACK" IMAGES=images.json',
        "deploy": 'make deploy STACK="$STACK" IMAGES=images.json',
        "verify": 'make verify STACK="$STACK" IMAGES=images.json',
        "drift": 'make drift STACK="$STACK"',
        "operate": "bootstrap/buildspecs/operate.sh",
    }
    assert {file.stem for file in FILES if IMAGES in commands(file)} == {"review", "deploy", "verify"}


def test_the_engine_is_installed_where_state_is_read(file):
    installs = commands(file, "install")
    assert installs[-1] == "make install"
    assert (file.stem not in ("check", "build")) == ("bootstrap/buildspecs/install-pulumi.sh" in installs)


def test_who_approves_reads_the_review_whatever_it_says():
    review = yaml.safe_load((FOLDER / "review.yml").read_text())
    assert review["phases"]["build"]["finally"] == ['cat "review-$STACK.md"']
    assert review["env"]["exported-variables"] == ["REVIEW_LINK"]
    assert 'export REVIEW_LINK="${CODEBUILD_BUILD_URL#https://}"' in review["phases"]["build"]["commands"]
    assert review["artifacts"] == {"files": ["review-*.md"]}


# Scripts


@pytest.fixture
def tools(tmp_path):
    """A folder of tools that stand in for others; what they are asked is noted."""
    (tmp_path / "bin").mkdir()

    def tool(name, script):
        path = tmp_path / "bin" / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/asked"\n{script}\n')
        path.chmod(0o755)

    setattr(tool, "folder", tmp_path)  # noqa: B010 - a function has no such attribute, for pyright
    return tool


def run(script, tools, *arguments, **environment):
    path = f"{tools.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [FOLDER / script, *arguments],
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=tools.folder,
    )


def asked(tools):
    file = tools.folder / "asked"
    return file.read_text().splitlines() if file.exists() else []


def release(tools, machine="x64", checksum=None):
    """A release of Pulumi's in the hands of a curl that serves it."""
    (tools.folder / "pulumi").mkdir()
    (tools.folder / "pulumi" / "pulumi").write_text("the engine")
    name = f"pulumi-v{pulumi_engine.VERSION}-linux-{machine}.tar.gz"
    with tarfile.open(tools.folder / name, "w:gz") as archive:
        archive.add(tools.folder / "pulumi", "pulumi")
    summed = checksum or hashlib.sha256((tools.folder / name).read_bytes()).hexdigest()
    (tools.folder / "checksums").write_text(f"{'0' * 64}  another.tar.gz\n{summed}  {name}\n")
    tools("uname", f"echo {'aarch64' if machine == 'arm64' else 'x86_64'}")
    tools(
        "curl",
        f"""\
while [ $# -gt 1 ]; do if [ "$1" = --output ]; then to=$2; fi; shift; done
case "$1" in *checksums.txt) cp {tools.folder}/checksums "$to" ;; *) cp {tools.folder}/{name} "$to" ;; esac""",
    )
    (tools.folder / "into").mkdir()


@pytest.mark.parametrize("machine", ["x64", "arm64"])
def test_the_engine_is_the_release_that_the_local_cloud_has(tools, machine):
    release(tools, machine)
    done = run("install-pulumi.sh", tools, tools.folder / "into")
    assert done.returncode == 0, done.stderr
    assert (tools.folder / "into" / "pulumi").read_text() == "the engine"
    addresses = [line.split()[-1] for line in asked(tools) if line.startswith("curl")]
    version = pulumi_engine.VERSION
    assert addresses == [
        f"https://get.pulumi.com/releases/sdk/pulumi-v{version}-linux-{machine}.tar.gz",
        f"https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt",
    ]


def test_an_archive_that_is_not_the_one_that_was_released_is_not_unpacked(tools):
    release(tools, checksum="f" * 64)
    assert run("install-pulumi.sh", tools, tools.folder / "into").returncode != 0
    assert not list((tools.folder / "into").iterdir())


def test_an_archive_without_a_checksum_is_not_unpacked(tools):
    release(tools)
    (tools.folder / "checksums").write_text(f"{'0' * 64}  another.tar.gz\n")
    assert run("install-pulumi.sh", tools, tools.folder / "into").returncode != 0
    assert not list((tools.folder / "into").iterdir())


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ({"COMMAND": "rollback", "SERVICE": "web", "CONFIRM": "-"}, "make rollback STACK=dev SERVICE=web"),
        ({"COMMAND": "remove", "SERVICE": "-", "CONFIRM": "dev"}, "make remove STACK=dev CONFIRM=dev"),
        ({"COMMAND": "remove", "SERVICE": "-", "CONFIRM": "-"}, "make remove STACK=dev CONFIRM=-"),
        ({"COMMAND": "cancel", "SERVICE": "-", "CONFIRM": "dev"}, "make cancel STACK=dev CONFIRM=dev"),
    ],
)
def test_a_stack_is_operated_by_the_make_target_that_was_asked_for(tools, said, made):
    tools("make", "")
    assert run("operate.sh", tools, STACK="dev", **said).returncode == 0
    assert asked(tools) == [made]


def test_a_failure_of_the_target_is_the_job_s(tools):
    tools("make", "exit 3")
    assert run("operate.sh", tools, STACK="dev", COMMAND="rollback", SERVICE="web").returncode == 3


def test_nothing_asked_for_is_said_and_nothing_is_done(tools):
    tools("make", "")
    done = run("operate.sh", tools, STACK="dev")
    assert (done.returncode, asked(tools)) == (0, [])
    assert "name=COMMAND,value=remove name=CONFIRM,value=dev" in done.stdout


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"COMMAND": "deploy"}, "COMMAND must be rollback, remove, cancel or help, got: deploy"),
        ({"COMMAND": "rollback"}, "SERVICE must name the service that goes back, such as web"),
        ({"COMMAND": "rollback", "SERVICE": "$(shell id)"}, "SERVICE must be lower-case letters"),
        ({"COMMAND": "rollback", "SERVICE": "--help"}, "SERVICE must be lower-case letters"),
        ({"COMMAND": "remove", "CONFIRM": "dev; id"}, "CONFIRM must be lower-case letters"),
    ],
)
def test_what_make_would_read_otherwise_is_refused(tools, said, problem):
    tools("make", "")
    done = run("operate.sh", tools, STACK="dev", **said)
    assert (done.returncode, asked(tools)) == (2, [])
    assert problem in done.stderr

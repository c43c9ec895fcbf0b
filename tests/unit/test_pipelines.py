"""The checks of the pipelines' files: all is well, and each of them refuses what is planted."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .ci_files import ACTIONS, CIRCLECI, PINNED, ROOT, WORKFLOWS, as_workflow, by_version, read, scripts
from .circleci_config import problems

BIN = Path(sys.executable).parent
TEXTS = [file.read_text("utf-8") for file in [*WORKFLOWS, *ACTIONS]]
USED = sorted({found["action"] for text in TEXTS for found in PINNED.finditer(text)})
SCRIPTS = dict(scripts())


def run(*command: object, cwd: Path = ROOT) -> str:
    """What a checker says; nothing when all is well."""
    done = subprocess.run([str(one) for one in command], cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.fixture
def copy(tmp_path):
    """The files of GitHub Actions in a repository of their own."""
    (tmp_path / ".git").mkdir()
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    return tmp_path / ".github"


def plant(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, f"{file.name} has no {old!r} any more"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def actionlint(folder: Path) -> str:
    """What actionlint says of workflows, and of the steps of actions, whose inputs it knows by their versions."""
    for file in folder.rglob("*.yml"):
        file.write_text(by_version(file.read_text("utf-8")), encoding="utf-8")
    for file in (folder / "actions").glob("*/action.yml"):
        (folder / f"workflows/steps-of-{file.parent.name}.yml").write_text(as_workflow(read(file)), encoding="utf-8")
    return run(BIN / "actionlint", "-oneline", "-shellcheck", BIN / "shellcheck", cwd=folder)


def zizmor(folder: Path) -> str:
    return run(BIN / "zizmor", "--offline", "--quiet", "--pedantic", "--no-online-audits", folder)


def schema(name: str, *files: Path) -> str:
    return run(BIN / "check-jsonschema", "--builtin-schema", name, *files)


def test_actionlint_and_zizmor_have_nothing_to_say(copy):
    assert zizmor(copy) == ""
    assert actionlint(copy) == ""


def test_an_action_of_ours_is_there():
    used = {name for text in TEXTS for name in re.findall(r"uses: \./\.github/actions/(\S+)", text)}
    assert used == {file.parent.name for file in ACTIONS}


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("workflows/deliver.yml", "persist-credentials", "persist-credential", 'input "persist-credential" is not'),
        ("workflows/deliver.yml", "          role: build\n", "          rol: build\n", 'missing input "role"'),
        ("workflows/deliver.yml", "needs: build", "needs: bild", "bild"),
        ("workflows/deliver.yml", "outputs.configured == 'true'", "outputs.configurd == 'true'", "configurd"),
        ("workflows/deliver.yml", "id-token: write", "id-tokn: write", "id-tokn"),
        ("workflows/drift.yml", '"none-$STACK.txt"', "none-$STACK.txt", "SC2086"),
        ("workflows/drift.yml", "matrix.stack", "matrix.stak", "stak"),
        ("actions/act-as/action.yml", "role-to-assume", "role-to-asume", 'input "role-to-asume" is not'),
        ("actions/act-as/action.yml", "outputs.role_arn", "outputs.role_arm", "role_arm"),
        ("actions/where/action.yml", '"$STACK"', "$STACK", "SC2086"),
    ],
)
def test_actionlint_refuses(copy, file, old, new, said):
    plant(copy / file, old, new)
    assert said in actionlint(copy)


@pytest.mark.parametrize("action", USED)
def test_a_misspelt_input_of_any_action_is_found(copy, action):
    file = next(file for file in copy.rglob("*.yml") if f"uses: {action}@" in file.read_text("utf-8"))
    misspelt = re.sub(
        rf"(?s)(uses: {action}@.*?\n +with:)(\n +)", r"\1\2misspelt: x\2", file.read_text("utf-8"), count=1
    )
    file.write_text(misspelt, encoding="utf-8")
    assert f'input "misspelt" is not defined in action "{action}@' in actionlint(copy)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "checkout@v7", "unpinned-uses"),
        ("push:\n    branches: [main]", "pull_request_target:", "dangerous-triggers"),
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
        ("run: make check", "run: echo ${{ github.event.head_commit.message }}", "template-injection"),
        ("run: make check", "run: echo ${{ toJSON(secrets) }}", "overprovisioned-secrets"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        (
            "id-token: write # to be the role build, which can push images and nothing else",
            "id-token: write",
            "undocumented",
        ),
    ],
)
def test_zizmor_refuses(copy, old, new, said):
    plant(copy / "workflows/deliver.yml", old, new)
    assert said in zizmor(copy)


@pytest.mark.parametrize(
    ("name", "file", "old", "new"),
    [
        ("vendor.github-workflows", WORKFLOWS[0], "timeout-minutes", "timeout-minute"),
        ("custom.github-workflows-require-timeout", WORKFLOWS[0], "    timeout-minutes: 10\n", ""),
        ("vendor.github-actions", ACTIONS[0], "required: true", "require: true"),
        ("vendor.dependabot", ROOT / ".github/dependabot.yml", "interval", "intervals"),
        ("vendor.circle-ci", CIRCLECI, "no_output_timeout", "no_output_timout"),
        ("vendor.circle-ci", CIRCLECI, "image: cimg", "imag: cimg"),
    ],
)
def test_a_schema_refuses(tmp_path, name, file, old, new):
    assert schema(name, file) == ""
    planted = tmp_path / file.name
    shutil.copy(file, planted)
    plant(planted, old, new)
    assert planted.name in schema(name, planted)


def test_circleci_would_run_its_config():
    assert problems(read(CIRCLECI)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("circleci/aws-cli@5.4.1", "circleci/aws-cli@5.4.9", "orb aws-cli: circleci/aws-cli@5.4.9 is none of"),
        ("circleci/aws-cli@", "circleci/aws-cly@", "orb aws-cli: circleci/aws-cly@5.4.1 is none of"),
        ("circleci/aws-cli@5.4.1", "circleci/aws-cli@volatile", "orb aws-cli: circleci/aws-cli@volatile is none of"),
        ("aws-cli/setup:", "aws-cli/set_up:", "act-as: there is no step aws-cli/set_up"),
        ("aws-cli/setup:", "awscli/setup:", "act-as: there is no step awscli/setup"),
        ("role_arn: $role_arn", "role-arn: $role_arn", "act-as: aws-cli/setup: role-arn is none of its parameters"),
        ("session_duration:", "duration:", "act-as: aws-cli/setup: duration is none of its parameters"),
        ("          role: deploy\n", "", "deploy: act-as: its parameter role is missing"),
        ("<< parameters.images >>", "<< parameters.image >>", "review: parameter image is not declared"),
        ("<< pipeline.parameters.confirm >>", "<< pipeline.parameters.confirmed >>", "parameter confirmed is not"),
        ("executor: python", "executor: pythons", "check: there is no executor pythons"),
        ("requires: [verify-dev]", "requires: [verify]", "deliver: review-prod: it requires verify, which is no job"),
        ("      - verify:\n", "      - verifies:\n", "deliver: verify-dev: there is no job verifies"),
        ("          stack: prod\n", "", "pull-request: review-prod: its parameter stack is missing"),
        ("          images: images.json\n", "          image: x\n", "deliver: review-prod: image is none of its"),
        ("serial-group:", "serial-grup:", "deliver: deploy-dev: serial-grup is none of its parameters"),
        ("type: approval", "type: approvals", "deliver: approve: there is no job approve"),
        ("- setup_remote_docker:", "- setup_docker:", "build: there is no step setup_docker"),
    ],
)
def test_what_circleci_would_not_run_is_found(old, new, said):
    text = CIRCLECI.read_text("utf-8")
    assert old in text
    assert any(said in one for one in problems(yaml.safe_load(text.replace(old, new, 1))))


def shellcheck(script: str, folder: Path) -> str:
    file = folder / "script"
    file.write_text(script + "\n", encoding="utf-8")
    return run(BIN / "shellcheck", "--shell", "bash", file)


@pytest.mark.parametrize("where", SCRIPTS)
def test_a_script_has_no_fault_of_the_shell(tmp_path, where):
    assert shellcheck(SCRIPTS[where], tmp_path) == ""


def test_a_fault_of_the_shell_is_found(tmp_path):
    assert "SC2086" in shellcheck(SCRIPTS["deploy:2"].replace('"$STACK"', "$STACK"), tmp_path)

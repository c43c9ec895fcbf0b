"""The tests of a checkout whose files have an account's own values, as docs/delivery.md asks for, stay green."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = {
    "aws:region": "eu-central-1",
    "aws:allowedAccountIds": ["111122223333"],
    "bootstrap:github": {"repository": "Ann/Shop.web", "organization_id": 4711, "repository_id": 4712},
}
"""What somebody puts into the account's file, in place of every CI that is there."""
LINES = """\
config:
  aws:allowedAccountIds: ["111122223333"]
  fargate:role_path: /fargate/STACK/
  fargate:permissions_boundary_arn: arn:aws:iam::111122223333:policy/fargate-delivery/fargate-boundary-STACK
"""
OURS = re.compile(r"(?m)^  (aws:allowedAccountIds|fargate:role_path|fargate:permissions_boundary_arn):.*\n")
"""Those lines, where they are there."""
READERS = [
    "test_bootstrap.py::test_the_file_that_is_there_deploys_and_previews",
    "test_bootstrap_settings.py",
    "test_observability_settings.py::test_prod_tells_a_team",
    "test_ops_diagram.py::test_prod_has_what_dev_has_not",
    "test_ops_doctor.py::test_the_stacks_of_this_repository_are_looked_at_as_they_are",
    "test_pipeline_roles.py",
    "test_pipeline_stages.py",
    "test_program.py::test_a_boundary_bounds_every_role",
    "test_program.py::test_each_stack_file_deploys_and_previews",
    "test_program.py::test_every_role_has_the_path_of_the_stack",
    "test_program.py::test_prod_serves_https_behind_a_firewall",
    "test_settings.py::test_each_stack_file_says_only_what_differs",
]
"""The tests that read these files for delivery's sake."""


@pytest.fixture
def checkout(tmp_path):
    """A copy of this one, with the values of an account."""
    others = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", ".localcloud", ".state", "__pycache__")
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT, folder, symlinks=True, ignore=others)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    account = folder / "bootstrap/Pulumi.account.yaml"
    said = yaml.safe_load(account.read_text())["config"]
    kept = {key: value for key, value in said.items() if key not in ("bootstrap:circleci", "bootstrap:codepipeline")}
    account.write_text(yaml.safe_dump({"encryptionsalt": "v1:c2FsdA==:v1:bm9uY2U=:dGV4dA==", "config": kept | ACCOUNT}))
    for stack in said["bootstrap:environments"]:
        file = folder / f"Pulumi.{stack}.yaml"
        text = OURS.sub("", file.read_text())
        text = text.replace("config:\n", LINES.replace("STACK", stack), 1)
        file.write_text(text.replace("example.com", "shop.test"))
    return folder


def test_a_checkout_with_an_account_of_its_own_passes(checkout):
    tests = [f"tests/unit/{name}" for name in READERS]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]

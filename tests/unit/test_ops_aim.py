import os

import pytest

from ops.aim import aim
from ops.error import OpsError

from . import delivered_stack
from .delivered_stack import ACCOUNT, REPOSITORY

aws, folder, aimed = delivered_stack.aws, delivered_stack.folder, delivered_stack.aimed


def test_the_target_is_told_first(aws, folder, capsys):
    found = aim(folder, "dev")
    assert capsys.readouterr().err == f"Target: account {ACCOUNT}, eu-west-1, stack dev\n"
    assert (found.account, found.is_local, found.file.project) == (ACCOUNT, False, "fargate")
    assert found.registry_address(REPOSITORY) == REPOSITORY


def test_on_the_local_cloud_the_registry_is_at_its_port(aws, folder, capsys):
    aws.endpoint = "http://127.0.0.1:4600"
    found = aim(folder, "dev")
    assert capsys.readouterr().err == "Target: local cloud at http://127.0.0.1:4600, stack dev\n"
    assert found.registry_address(REPOSITORY) == "localhost:4600/fargate-builds"


@pytest.mark.parametrize(("allowed", "refused"), [(ACCOUNT, False), ("210987654321", True)])
def test_another_account_than_the_file_s_is_refused(aws, folder, allowed, refused):
    file = folder / "Pulumi.dev.yaml"
    file.write_text(f'{file.read_text()}  aws:allowedAccountIds: ["{allowed}"]\n')
    if not refused:
        assert aim(folder, "dev").account == ACCOUNT
        return
    with pytest.raises(OpsError, match=f"account {ACCOUNT} is not one that aws:allowedAccountIds in Pulumi.dev.yaml"):
        aim(folder, "dev")
    aws.endpoint = "http://127.0.0.1:4600"  # which has an account of its own
    assert aim(folder, "dev").is_local


def test_a_stack_without_a_file_is_refused_before_anybody_is_asked(aws, folder):
    with pytest.raises(OpsError, match="no stack 'next': there are dev"):
        aim(folder, "next")
    assert aws.asked == []


def test_the_engine_knows_the_secrets_of_the_state_and_the_images_that_are_meant(aimed, folder, monkeypatch):
    monkeypatch.setenv("FARGATE_IMAGES", "of somebody's")
    assert "FARGATE_IMAGES" not in aimed.environment()
    found = aimed.environment(folder / "images.json")
    assert found["FARGATE_IMAGES"] == str(folder / "images.json")
    assert found["PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"] == "true"
    assert found["PATH"] == os.environ["PATH"]

"""The scripts of the pipelines, run as they stand, with a `gh` that only writes down what it is told."""

import os
import subprocess
from pathlib import Path

import pytest

from .ci_files import CIRCLECI, ROOT, read
from .circleci_config import steps_of

GH = """#!/bin/bash
echo "$*" >> told
[ "${GH_FAILS:-}" = "" ] || exit 1
case "$*" in *compare*) printf '%s' "$GH_ORDER" ;; *--jq*) printf '%s' "${GH_SAYS:-}" ;; esac
"""
COMMENTS = "repos/example/shop/issues/7/comments"
TITLE = "AWS differs from the state of dev"


def script(workflow: str, job: str, step: str) -> str:
    steps = read(ROOT / f".github/workflows/{workflow}.yml")["jobs"][job]["steps"]
    return next(one["run"] for one in steps if one.get("name") == step)


def action_script(action: str, step: str) -> str:
    steps = read(ROOT / f".github/actions/{action}/action.yml")["runs"]["steps"]
    return next(one["run"] for one in steps if one.get("name") == step)


def circleci_script(command: str, step: str) -> str:
    steps = steps_of(read(CIRCLECI)["commands"][command])
    return next(arguments["command"] for _, arguments in steps if arguments.get("name") == step)


@pytest.fixture
def run(tmp_path):
    """Run a script in a folder of its own; its exit code, what it printed, and what `gh` was told."""

    def run(text: str, **environment: str) -> tuple[int, str, list[str]]:
        for name, content in (("gh", GH), ("circleci-agent", '#!/bin/bash\necho "agent $*"\n')):
            (tmp_path / name).write_text(content, encoding="utf-8")
            (tmp_path / name).chmod(0o755)
        given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "example/shop", **environment}
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", text],
            cwd=tmp_path,
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )
        told = tmp_path / "told"
        return done.returncode, done.stdout + done.stderr, told.read_text("utf-8").splitlines() if told.exists() else []

    return run


COMMENT = script("pull-request", "comment", "One comment a stack, written anew each time")
ISSUE = script("drift", "issue", "One issue a stack")
CONFIRMED = script("operate", "where", "Confirmed, and from main")
ASKED = action_script("act-as", "Somebody is asked")
NEWEST = action_script("act-as", "Nothing newer is deployed")


def test_a_review_is_commented_once_a_stack(run, tmp_path):
    (tmp_path / "review-dev.md").write_text("<!-- review of stack dev -->\nall well\n", encoding="utf-8")
    code, _, told = run(COMMENT, COMMENTS=COMMENTS)
    assert code == 0
    assert [line for line in told if "--jq" not in line] == [
        f"api --silent --method POST {COMMENTS} --field body=@review-dev.md"
    ]


def test_a_later_review_takes_the_comment_s_place(run, tmp_path):
    (tmp_path / "review-dev.md").write_text("<!-- review of stack dev -->\nall well\n", encoding="utf-8")
    code, _, told = run(COMMENT, COMMENTS=COMMENTS, GH_SAYS="41")
    assert code == 0
    assert told[-1] == "api --silent --method PATCH repos/example/shop/issues/comments/41 --field body=@review-dev.md"
    assert 'startswith("<!-- review of stack dev -->")' in told[0]
    assert 'login == "github-actions[bot]"' in told[0], "nobody else's comment is written over"


def test_no_second_comment_is_written_where_github_does_not_answer(run, tmp_path):
    (tmp_path / "review-dev.md").write_text("all well\n", encoding="utf-8")
    code, _, told = run(COMMENT, COMMENTS=COMMENTS, GH_FAILS="yes")
    assert code == 1
    assert len(told) == 1


@pytest.mark.parametrize(
    ("file", "there", "last"),
    [
        ("drift-dev.md", "", f"issue create --title {TITLE} --body-file body.md"),
        ("drift-dev.md", "12", "issue edit 12 --body-file body.md"),
        ("none-dev.txt", "12", "issue close 12 --comment All is as the state says again: RUN"),
    ],
)
def test_drift_has_one_issue_a_stack_which_is_closed_when_it_is_over(run, tmp_path, file, there, last):
    (tmp_path / file).write_text("a rule of nobody's\n", encoding="utf-8")
    (tmp_path / "none-prod.txt").write_text("nothing\n", encoding="utf-8")
    code, _, told = run(ISSUE.replace("for stack in dev prod", "for stack in dev"), RUN="RUN", GH_SAYS=there)
    assert code == 0
    assert told[-1] == last
    if file == "drift-dev.md":
        assert (tmp_path / "body.md").read_text("utf-8") == "a rule of nobody's\n\n\nRUN\n"


def test_drift_that_could_not_be_asked_is_no_drift(run):
    code, printed, told = run(ISSUE, RUN="RUN", GH_SAYS="12")
    assert code == 0
    assert all(line.startswith("issue list") for line in told)
    assert "::warning title=drift dev::" in printed


def test_what_is_done_by_hand_is_confirmed_and_from_main(run):
    given = {"STACK": "prod", "CONFIRM": "prod", "SERVICE": "web", "GITHUB_REF": "refs/heads/main"}
    assert run(CONFIRMED, **given)[:2] == (0, "")
    assert run(CONFIRMED, **{**given, "SERVICE": ""})[0] == 0
    for wrong, said in (
        ({"CONFIRM": "dev"}, "::error title=not confirmed::"),
        ({"CONFIRM": ""}, "::error title=not confirmed::"),
        ({"GITHUB_REF": "refs/heads/mine"}, "::error title=branch not allowed::"),
        ({"SERVICE": "$(shell id)"}, "::error title=no service::"),
        ({"SERVICE": "web; id"}, "::error title=no service::"),
    ):
        code, printed, _ = run(CONFIRMED, **{**given, **wrong})
        assert code == 1
        assert said in printed


def test_circleci_s_are_confirmed_alike(run):
    text = circleci_script("confirmed", "Confirmed")
    given = {"STACK": "prod", "CONFIRM": "prod", "SERVICE": ""}
    assert run(text, **given)[:2] == (0, "")
    for wrong, said in (({"CONFIRM": "dev"}, "confirm: prod"), ({"SERVICE": "$(shell id)"}, "lower-case letters")):
        code, printed, _ = run(text, **{**given, **wrong})
        assert code == 1
        assert said in printed


@pytest.mark.parametrize(
    ("says", "fails", "code"),
    [("branch_policy required_reviewers", "", 0), ("branch_policy", "", 1), ("", "", 1), ("", "yes", 1)],
)
def test_prod_is_not_deployed_where_nobody_would_be_asked(run, says, fails, code):
    ended, printed, told = run(ASKED, STACK="prod", GH_SAYS=says, GH_FAILS=fails)
    assert ended == code
    assert ("::error title=nobody approves prod::" in printed) == bool(code)
    assert told[0].startswith("api repos/example/shop/environments/prod ")


@pytest.mark.parametrize(
    ("deployed", "order", "code"),
    [("", "", 0), ("a" * 40, "ahead", 0), ("a" * 40, "identical", 0), ("a" * 40, "behind", 1)],
)
def test_an_older_commit_takes_no_newer_one_s_place(run, deployed, order, code):
    ended, printed, told = run(NEWEST, STACK="dev", QUERY="q", GITHUB_SHA="b" * 40, GH_SAYS=deployed, GH_ORDER=order)
    assert ended == code
    assert ("::error title=a newer commit is there::dev was acted on from aaaa" in printed) == bool(code)
    assert told[0].startswith("api graphql -f query=q -f owner=example -f name=shop -f stack=dev --jq ")
    if deployed:
        assert told[1] == f"api repos/example/shop/compare/{deployed}...{'b' * 40} --jq .status"


def test_where_github_does_not_say_what_is_deployed_nothing_is(run):
    assert run(NEWEST, STACK="dev", QUERY="q", GITHUB_SHA="b" * 40, GH_FAILS="yes")[0] == 1


@pytest.mark.parametrize(
    ("exported", "halts"),
    [
        ("export configured=true\nexport role_arn=arn", False),
        ("export configured=false\nexport reason='not yours'", True),
    ],
)
def test_circleci_ends_a_job_of_a_repository_that_delivers_nothing(run, tmp_path, exported, halts):
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/bash\ncat <<"END"\n{exported}\nEND\n', encoding="utf-8")
    python.chmod(0o755)
    file = tmp_path / "environment"
    code, printed, _ = run(circleci_script("act-as", "Where"), STACK="dev", ROLE="deploy", BASH_ENV=str(file))
    assert code == 0
    assert ("agent step halt" in printed) == halts
    assert ("Nothing is delivered from here: not yours" in printed) == halts
    assert Path(file).read_text("utf-8") == f"{exported}\n"

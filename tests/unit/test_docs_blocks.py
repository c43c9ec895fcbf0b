"""Every code block of every page, judged by its language: what a reader types, writes or runs is there to be had.

A case is named by its place, `docs/services.md:18`; `pytest tests/unit/test_docs_blocks.py -k services.md` is one page.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

import pulumi
import pytest
import yaml

import components
from tests.docs import stack_parts
from tests.docs.commands import problems
from tests.docs.pages import Block, Page, PageError, blocks

COMMANDS = ("console", "sh")
DIALECTS = {"text", "mermaid", "markdown", "diff"}
"""Languages that are shown as they are, without a mark."""
OTHERS = {"dockerfile", "toml", "html", "ini", "typescript", "hcl", "javascript"}
"""Languages that are parsed where that can be, and say above them what they are."""
DOCKERFILE = re.compile(
    r"(#|(FROM|RUN|COPY|ADD|USER|WORKDIR|ENV|ARG|EXPOSE|CMD|ENTRYPOINT|HEALTHCHECK|STOPSIGNAL|LABEL|VOLUME|SHELL) )"
)


def cases(*languages: str, mark: str = "") -> pytest.MarkDecorator:
    found = [one for one in blocks(*languages) if mark in one.marks or not mark]
    return pytest.mark.parametrize("block", found, ids=[one.place for one in found])


@cases()
def test_each_block_says_what_it_is(block):
    assert block.language in {*COMMANDS, "yaml", "python", "json", *DIALECTS, *OTHERS}, "a fence names its language"
    if block.language in OTHERS:
        assert block.marks, (
            "say above it what it is: <!-- other: … -->, <!-- only: … -->, or <!-- walk: …, writes: … -->"
        )
    for reason in (block.marks.get("only"), block.marks.get("other")):
        assert reason is None or len(reason.split()) >= 2, "a reason is a few words"
    if "edits" in block.marks:
        assert "walk" in block.marks
        assert block.language == "diff"


@cases(*COMMANDS)
def test_each_command_can_be_typed(block):
    assert problems(block.text) == []


@cases("yaml")
def test_each_part_of_a_stack_file_can_be_loaded(block, tmp_path, monkeypatch, flat):
    monkeypatch.chdir(tmp_path)
    if "other" in block.marks:
        assert yaml.compose(block.text) is not None
    else:
        stack_parts.load(block.text, tmp_path, flat)


@cases("json", "toml")
def test_each_document_can_be_read(block):
    {"json": json.loads, "toml": tomllib.loads}[block.language](block.text)


@cases("dockerfile")
def test_each_line_of_a_dockerfile_has_its_instruction(block):
    lines = re.sub(r"\\\n", " ", block.text).splitlines()
    assert [line for line in lines if line and not DOCKERFILE.match(line)] == []


@cases("python")
def test_each_program_runs(deploy, cloud, at_root, monkeypatch, block):
    code = compile(block.text, block.place, "exec")
    monkeypatch.setitem(sys.modules, "fargate_components", components)  # its name in a wheel
    if not {"only", "other"} & set(block.marks):
        monkeypatch.setattr(pulumi, "export", lambda *_: None)
        deploy(lambda: exec(code, {"__name__": "__main__"}))


@cases("text", mark="walk")
def test_each_output_of_a_walk_comes_after_its_commands(block):
    before = [one for one in blocks() if (one.page, one.marks.get("walk")) == (block.page, block.marks["walk"])]
    at = before.index(block)
    assert at > 0
    assert before[at - 1].language in (*COMMANDS, "text")


def page(text: str) -> tuple[Block, ...]:
    return Page("page.md", text).blocks


def test_a_block_is_known_by_page_and_line_with_the_marks_directly_above_it():
    first, second, third = page(
        "# A page\n\n<!-- walk: first, writes: app/a.txt -->\n```text\na\n```\n\n"
        "- in a list:\n\n  <!-- only: needs an account, and time -->\n  ```sh\n  ls\n  ```\n\n"
        "<!-- only: not this one -->\n\n```yaml\na: 1\n```\n"
    )
    assert (first.place, first.language, first.text) == ("page.md:4", "text", "a\n")
    assert first.marks == {"walk": "first", "writes": "app/a.txt"}
    assert (second.place, second.marks, second.text) == ("page.md:11", {"only": "needs an account, and time"}, "ls\n")
    assert third.marks == {}


def test_a_misspelt_mark_is_told():
    with pytest.raises(PageError, match="page.md:2: unknown mark wlak: choose from walk, writes, edits, only, other"):
        page("<!-- wlak: first -->\n```sh\nls\n```\n")


def test_another_comment_is_no_mark():
    assert page("<!-- diagram of dev -->\n```mermaid\nflowchart\n```\n")[0].marks == {}


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("make upp", "nothing makes upp"),
        ("make up STAK=dev", "the Makefile has no variable STAK"),
        ("make up BIN=/tmp", "the Makefile has no variable BIN"),
        ("echo $(make upp)", "nothing makes upp"),
        ("for one in a b; do make upp; done", "nothing makes upp"),
        ("python -m ops stat", "No such command 'stat'"),
        ("python -m ops status --foo", "No such option: --foo"),
        ("python -m ops rollback", "Missing argument 'service'"),
        ("python -m ops cost --stack", "requires an argument"),
        ("python -m ops status --events some", "valid integer"),
        ("python -m bench nothing", "bench has no part nothing"),
        ("python -m settings --chek", "settings knows no --chek"),
        ("python -m nothing", "no module nothing"),
        ("python nothing.py", "there is no nothing.py"),
        ("pytest tests/unit/test_nothing.py", "there is no tests/unit/test_nothing.py"),
        ("pulumi up --yess", "pulumi up has no flag --yess"),
        ("pulumi stack output --yes", "pulumi stack output has no flag --yes"),
        ("pulumi -C bootstrap stack init", "pulumi stack init needs 1 words"),
        ("pulumi preview dev", "pulumi preview takes 0 words at most"),
        ("pulumi statte", "pulumi statte is not known"),
        ("git nothing", "not a known word after git"),
        ("aws ecs", "aws SERVICE OPERATION is wanted"),
        ("aws esc list-clusters", "AWS has no service esc"),
        ("aws ecs list-servces", "ecs has no operation list-servces"),
        ("aws ecs list-services --clusters a", "ListServices has no parameter --clusters"),
        ("aws ecs describe-services --cluster a", "DescribeServices needs --services"),
        ("aws ecs describe-services --services", "--services needs a value"),
        ("aws ecs list-services --launch-type Fargate", "Fargate is none of EC2, FARGATE"),
        ("aws ssm add-tags-to-resource --resource-type Parameter --resource-id a --tags Ke=1", "no key Ke: Key, Value"),
        ("aws ecs wait services-stabel", "ecs waits for no services-stabel"),
        ("aws sns wait topics", "sns waits for no topics"),
        ("aws s3 ls --recursively", "no flag --recursively"),
        ("aws configure ssoo", "AWS has no service configure"),
        ("aws ecs list-clusters --query clusterArn", "--query: no clusterArn there: clusterArns, nextToken"),
        ("aws ecs list-clusters --query clusterArns[].name", "--query: no name there: it is a string"),
        ("aws ecs list-clusters --query clusterArns[", "cannot be read"),
        ("aws ec2 describe-vpcs --query 'Vpcs[?State==`a`].{a: VpcIds}'", "no VpcIds there"),
        ("aws ec2 describe-vpcs --query 'Vpcs[].Tags[?Keys==`a`] | [0].Value'", "no Keys there: Key, Value"),
        ("aws secretsmanager get-secret-value --secret-id filez://a", "nothing begins with filez://"),
        ("docker image lss", "docker image is not known"),
        ("docker run -ix IMAGE -z", "docker run has no -x"),
        ("gh api --methd PUT a", "gh api has no --methd"),
        ("curl --slient a", "curl has no --slient"),
        ("pulumi login s33://a", "no state at s33://"),
        ("pulumi login 's3://a?regionz=b'", "s3:// knows no regionz"),
        ("export A=b PULUMI_BACKEND_URL=s4://a", "no state at s4://"),
        ("AWS_PROFIL=a make up", "nothing reads AWS_PROFIL"),
        ("$ ls", "unknown program $"),
        ("lss", "unknown program lss"),
        ("echo 'a", "the shell cannot read it"),
    ],
)
def test_a_command_that_nobody_can_type_is_told(command, problem):
    assert any(problem in one for one in problems(command)), problems(command)


@pytest.mark.parametrize(
    "command",
    [
        'eval "$(.venv/bin/python -m localcloud env)"   # of this shell',
        "python -m ops exec web --task 1f2e -- lss -l  | sort > there",
        "python -m ops status --help && python -m ops",
        "make up STACK=prod LOCALCLOUD_PORT=4567",
        "FARGATE_IMAGES=images.json pulumi up -s prod --refresh \\\n  --parallel=2",
        "pulumi config set --path 'fargate:services.web.image' -s dev -- x",
        "curl --data @- http://localhost <<'END' | jq .\n{'make': upp}\nEND\nls",
        "aws ecs list-services --cluster a --no-cli-pager --query 'serviceArns[?@==`c`]'",
        "aws ecs update-service --service a --no-enable-execute-command --cluster $CLUSTER 2>&1",
        "aws s3 cp a s3://b/c",
        "aws s3api list-buckets",
        "aws ecs wait services-stable --cluster a --services b",
        "aws ec2 describe-vpcs --query 'Vpcs[*].[VpcId, Tags[].Key | [0], length(Tags)]'",
        "aws ec2 describe-vpcs --query 'join(`,`, Vpcs[0:2].VpcId)'",
        "curl -fsSL a && docker run --rm -it IMAGE -z && export AWS_PROFILE=a && pulumi login --local",
        "$EDITOR app/htdocs/index.html",
        "if ! git status; then exit 1; fi",
    ],
)
def test_a_command_that_can_be_typed_is_left_alone(command):
    assert problems(command) == []


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ({"config": {"fargate:budget": 5}}, "fargate:budget", 5),
        ({"fargate:budget": 5, "aws:region": "eu-west-1"}, "aws:region", "eu-west-1"),
        ({"budget": 5}, "fargate:budget", 5),
        ({"web": {"build": "./a", "cpu": 512}}, "fargate:services", {"web": {"build": "./a", "cpu": 512}}),
        ({"cpu": 512}, "fargate:services", {"web": {"build": "./app", "cpu": 512}}),
        ({"service": "web", "schedule": "at"}, "fargate:jobs", {"job": {"service": "web", "schedule": "at"}}),
        ({"a": {"service": "web", "schedule": "at"}}, "fargate:jobs", {"a": {"service": "web", "schedule": "at"}}),
        ({"bootstrap:unattended": ["dev"]}, "bootstrap:unattended", ["dev"]),
    ],
)  # fmt: skip
def test_a_part_of_a_stack_file_is_told_by_its_keys(part, key, value):
    assert stack_parts.completed(part)[key] == value


@pytest.mark.parametrize("part", [{}, ["web"], {"on": "push"}, {"web": {"bulid": "./app"}}, {"web": {}}])
def test_what_is_no_part_of_a_stack_file_is_told(part):
    with pytest.raises(ValueError, match=r"no mapping|no part of a stack file has the keys"):
        stack_parts.completed(part)


def test_a_part_is_judged_by_the_program(tmp_path: Path, monkeypatch, flat):
    monkeypatch.chdir(tmp_path)
    stack_parts.load("web:\n  build: {context: ./web, dockerfile: Other}\n", tmp_path, flat)
    with pytest.raises(pulumi.RunError, match=r"memory"):
        stack_parts.load("cpu: 512\nmemory: 3\n", tmp_path, flat)
    with pytest.raises(ValueError, match="environments"):
        stack_parts.load("bootstrap:unattended: [staging]\n", tmp_path, flat)

"""What the pages' commands are given is there: their stacks, folders and files."""

import pytest

from tests.docs.arguments import problems
from tests.docs.pages import Page, pages, tell


def test_each_stack_folder_and_file_is_there_or_made_by_its_page():
    tell(one for page in pages() if page.path != "CHANGELOG.md" for one in problems(page))


@pytest.mark.parametrize(
    ("command", "lacks"),
    [
        ("python -m ops cost --stack prodd", "stack prodd"),
        ("python -m ops cost --stack dev --compare=devv", "stack devv"),
        ("pulumi -s deev preview", "stack deev"),
        ("pulumi stack init devv --secrets-provider a", "stack devv"),
        ("make up STACK=devv", "stack devv"),
        ("pulumi preview -s dev --policy-pack polices", "polices"),
        (".venv/bin/pip install -r requirementz.txt", "requirementz.txt"),
        ("make deploy STACK=prod IMAGES=image.json", "image.json"),
        ("pulumi import -s dev --file recordz.json", "recordz.json"),
        ("aws ssm put-parameter --name a --value file://tokenz.txt", "tokenz.txt"),
        ("python -m ops logs web wbe --follow", "service wbe"),
        ("python -m ops exec wbe -- ls", "service wbe"),
        ("cd examplez", "examplez"),
        ("cp -r Pulumi.yaml settingz.py ../mine", "settingz.py"),
        ("docker build -q ap", "ap"),
        ("python examples/from-cloudformation/import_file.py stackz.json", "stackz.json"),
    ],
)
def test_what_nobody_has_is_told(command, lacks):
    found = [*problems(Page("p.md", f"```console\n{command}\n```\n"))]
    assert [one for one in found if lacks in one], found


@pytest.mark.parametrize(
    "text",
    [
        "```sh\ncp Pulumi.dev.yaml Pulumi.staging.yaml\nmake up STACK=staging\npulumi up -s NAME\n```",
        "Save it as `record.json`:\n\n```sh\npulumi import -s dev --file record.json -C ../mine\n```",
        "<!-- walk: a, writes: a/b.json -->\n```json\n{}\n```\n\n```sh\ncat a/b.json $HOME/c | sort > d\ncat d\n```",
        "```sh\n$EDITOR token.txt\naws ssm put-parameter --name a --value file://token.txt\n```",
        "```sh\npython -m ops logs web api -n 5\npython -m ops scale web 4\npython -m ops logs --job greet\n```",
        "`make deploy STACK=dev IMAGES=images.json` `pulumi -C bootstrap -s account up` `make up STACK=…`",
    ],
)
def test_what_a_page_makes_or_a_reader_has_is_left_alone(text):
    assert [*problems(Page("p.md", text))] == []

import json
import os
from pathlib import Path

import pytest

from ops import build as module
from ops import cli, declared, process
from ops.build import Builds, Image, images_of
from ops.error import OpsError

from . import delivered_stack
from .delivered_stack import DIGEST, OTHER, REPOSITORY

aws, folder, aimed = delivered_stack.aws, delivered_stack.folder, delivered_stack.aimed
WEB = Image(name="web", tag="dev-web-abc", context="./app", dockerfile="app/Dockerfile", platform="linux/amd64")
ROOT = Path(__file__).resolve().parents[2]
DOCKER = """\
#!/bin/sh
echo "$*" >> "$SAYS/asked"
case "$1" in
  build) echo "$BUILDX_NO_DEFAULT_ATTESTATIONS" > "$SAYS/built" ;;
  login) cat > "$SAYS/password"; echo "$DOCKER_CONFIG" > "$SAYS/config"; echo secret > "$DOCKER_CONFIG/config.json" ;;
  context) echo "unix:///run/another.sock" ;;
  push) echo "$DOCKER_CONFIG $DOCKER_HOST" > "$SAYS/pushed" ;;
esac
if [ -f "$SAYS/$1" ]; then cat "$SAYS/$1"; exit 1; fi
"""


@pytest.fixture
def docker(tmp_path, monkeypatch, aws):
    """A `docker` on PATH that notes what it is asked; a push that succeeds gives the tag its digest."""
    says = tmp_path / "docker"
    says.mkdir()
    program = says / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("SAYS", str(says))
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    streamed = process.streamed

    def run(command, *rest):
        ended = streamed(command, *rest)
        if command[1] == "push" and not ended.code:
            aws.tags[command[2].rpartition(":")[2]] = DIGEST
        return ended

    monkeypatch.setattr(process, "streamed", run)
    return says


def asked(docker):
    return (docker / "asked").read_text().splitlines()


def test_the_program_says_what_is_built_and_by_which_tag(at_root):
    (web,) = images_of(ROOT, "dev")
    name, content = web.tag.rsplit("-", 1)
    assert (name, len(content)) == ("dev-web", 24)
    assert (web.context, web.dockerfile, web.platform) == ("./app", "app/Dockerfile", "linux/amd64")
    assert (web.target, web.args, web.cache_from) == ("", {}, ())


def test_what_is_not_there_is_built_and_pushed(aimed, aws, docker):
    lines = []
    assert Builds(aimed, REPOSITORY, lines.append).run([WEB]) == {"web": f"{REPOSITORY}@{DIGEST}"}
    registry = REPOSITORY.partition("/")[0]
    assert asked(docker) == [
        f"build --tag {REPOSITORY}:dev-web-abc --file app/Dockerfile ./app",
        "context inspect --format {{.Endpoints.docker.Host}}",
        f"login --username AWS --password-stdin {registry}",
        f"push {REPOSITORY}:dev-web-abc",
    ]
    assert lines == ["web: building ./app", f"web: pushing {REPOSITORY}:dev-web-abc"]
    assert (docker / "built").read_text() == "1\n", "an image is pushed, and no index with a note beside it"


def test_the_password_is_on_no_command_line_and_stays_nowhere(aimed, aws, docker):
    Builds(aimed, "fargate-builds", print).run([WEB])
    assert (docker / "password").read_text() == "a token"
    assert "a token" not in (docker / "asked").read_text()
    config = (docker / "config").read_text().strip()
    assert (docker / "pushed").read_text() == f"{config} unix:///run/another.sock\n"
    assert not Path(config).exists()


def test_what_is_there_needs_no_docker(aimed, aws, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    aws.tags["dev-web-abc"] = OTHER
    lines = []
    assert Builds(aimed, REPOSITORY, lines.append).run([WEB]) == {"web": f"{REPOSITORY}@{OTHER}"}
    assert lines == ["web: dev-web-abc is there already, and not built again"]


def test_everything_that_may_be_said_of_a_build(aimed, docker, monkeypatch):
    image = Image(
        name="web",
        tag="dev-web-abc",
        context="./app",
        dockerfile="app/Other",
        platform="linux/arm64",
        target="runtime",
        args={"LEVEL": "info"},
        cache_from=("cache:1", "cache:2"),
    )
    Builds(aimed, REPOSITORY, print).run([image])
    assert asked(docker)[0] == (
        f"build --tag {REPOSITORY}:dev-web-abc --file app/Other --platform linux/arm64 --target runtime "
        "--cache-from cache:1 --cache-from cache:2 --build-arg LEVEL=info --build-arg BUILDKIT_INLINE_CACHE=1 ./app"
    )


def test_on_the_local_cloud_the_machine_s_own_platform_and_a_stand_in(aimed, aws, docker, monkeypatch):
    aws.endpoint = "http://127.0.0.1:4600"
    monkeypatch.setattr(declared, "stand_in", lambda *_: {"BASE_IMAGE": "stand-in"})
    image = Image(name="web", tag="t", context="./app", dockerfile="app/Dockerfile", platform="linux/arm64")
    assert Builds(aimed, REPOSITORY, print).run([image]) == {"web": f"localhost:4600/fargate-builds@{DIGEST}"}
    build = "build --tag localhost:4600/fargate-builds:t --file app/Dockerfile --build-arg BASE_IMAGE=stand-in ./app"
    assert asked(docker)[0] == build


@pytest.mark.parametrize(("has", "given"), [(True, {"BASE_IMAGE": "localcloud/httpd-stand-in:2.4"}), (False, {})])
def test_what_stands_in_is_what_the_local_cloud_has(monkeypatch, has, given):
    import docker as client

    from localcloud.providers.docker import build

    class Client:
        def close(self):
            pass

    monkeypatch.setattr(client, "from_env", Client)
    monkeypatch.setattr(build, "has_image", lambda *_: has)
    assert declared.stand_in(ROOT, "./app", "app/Dockerfile", {}) == given


def test_two_builds_at_once_take_the_image_of_the_first(aimed, aws, docker, monkeypatch):
    (docker / "push").write_text("the image tag already exists and cannot be overwritten")
    builds, lines = Builds(aimed, REPOSITORY, lambda line: lines.append(line)), []
    there = iter(["", OTHER])
    monkeypatch.setattr(builds, "_digest", lambda _: next(there))
    assert builds.run([WEB]) == {"web": f"{REPOSITORY}@{OTHER}"}
    assert lines[-1] == "web: another build pushed dev-web-abc meanwhile; its image is taken"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("build", "the image of web cannot be built. Docker said:\nwhat Docker says"),
        ("push", "the image of web cannot be pushed. Docker said:\nwhat Docker says"),
        ("login", "amazonaws.com does not let these credentials in: it must be allowed ecr:GetAuthorizationToken"),
    ],
)
def test_docker_s_own_words_are_told(aimed, docker, step, told):
    (docker / step).write_text("what Docker says\n")
    with pytest.raises(OpsError) as error:
        Builds(aimed, REPOSITORY, print).run([WEB])
    assert told in str(error.value)
    assert "what Docker says" in str(error.value)


def test_a_docker_without_contexts_is_asked_as_it_is(aimed, docker):
    (docker / "context").write_text("unknown command\n")
    Builds(aimed, REPOSITORY, print).run([WEB])
    assert (docker / "pushed").read_text().split(" ")[1] == "\n"


def test_without_docker_it_says_so(aimed, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OpsError, match="no docker on PATH: install Docker, or take an images.json that was built"):
        Builds(aimed, REPOSITORY, print).run([WEB])


def test_without_its_repository_there_was_no_bootstrap(aimed, aws):
    aws.repositories = []
    with pytest.raises(OpsError, match="has no repository fargate-builds in eu-west-1 to build into: make bootstrap"):
        Builds(aimed, REPOSITORY, print)


@pytest.fixture
def ops(folder, aws, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ops", "build", *arguments])
        code = cli.main()
        told = capsys.readouterr()
        return code, told.out, told.err

    monkeypatch.setattr(module, "images_of", lambda *_: [WEB])
    monkeypatch.delenv("BUILDS_REPOSITORY", raising=False)
    aws.tags["dev-web-abc"] = DIGEST
    return run


def test_the_command_writes_the_file_for_deploys(ops, folder):
    code, out, err = ops()
    assert (code, out) == (0, "images.json: 1 image\n")
    assert err.splitlines()[0].startswith("Target: account ")
    assert json.loads((folder / "images.json").read_text()) == {"web": f"{REPOSITORY}@{DIGEST}"}
    assert [one.name for one in folder.iterdir() if "images" in one.name] == ["images.json"]


def test_the_repository_is_the_environment_s_and_scripts_get_json(ops, folder, aws, monkeypatch):
    monkeypatch.setenv("BUILDS_REPOSITORY", REPOSITORY.replace("fargate-builds", "team/builds"))
    aws.repositories = ["team/builds"]
    code, out, _ = ops("--output", "other.json", "--json")
    assert (code, json.loads(out)) == (0, {"web": f"{REPOSITORY.replace('fargate-builds', 'team/builds')}@{DIGEST}"})
    assert (folder / "other.json").read_text() == out


def test_a_file_that_cannot_be_written_is_told(ops):
    code, _, err = ops("--output", "nowhere/images.json")
    assert (code, "nowhere/images.json cannot be written: No such file or directory" in err) == (2, True)

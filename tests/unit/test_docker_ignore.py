import pytest

from components.docker_ignore import is_ignored, read_patterns, visible_files


@pytest.mark.parametrize(
    ("text", "ignored", "seen"),
    [
        ("", [], ["a", "b/c"]),
        ("a\n", ["a", "a/b"], ["b/a", "ab"]),
        ("/a", ["a"], ["b/a"]),
        ("a/", ["a/b"], ["b"]),
        ("./a", ["a"], ["b"]),
        ("*.log", ["x.log"], ["b/x.log", "x.logs"]),
        ("*/x", ["a/x"], ["x", "a/b/x"]),
        ("**/x", ["x", "a/x", "a/b/x"], ["ax"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["z"]),
        ("file?", ["file1"], ["file", "file12", "file/"]),
        ("[ab].txt", ["a.txt", "b.txt"], ["c.txt"]),
        ("[a-c]x", ["bx"], ["dx"]),
        (r"\*.txt", ["*.txt"], ["a.txt"]),
        ("# a comment\n\n  a  \n", ["a"], ["# a comment"]),
        ("\ufeffa", ["a"], []),
        ("*\n!keep", ["a", "b/c"], ["keep", "keep/x"]),
        ("*.md\n!README.md", ["x.md"], ["README.md"]),
        ("!README.md\n*.md", ["README.md"], []),
        ("docs\n!docs/a.md", ["docs/b.md"], ["docs/a.md"]),
        ("!\n/\n", [], ["a"]),
        ("a.b", ["a.b"], ["axb"]),
    ],
)
def test_a_pattern_ignores_what_docker_ignores(text, ignored, seen):
    patterns = read_patterns(text)
    assert [path for path in ignored if not is_ignored(path, patterns)] == []
    assert [path for path in seen if is_ignored(path, patterns)] == []


@pytest.fixture
def context(tmp_path):
    for name in ("Dockerfile", "a.txt", "b/c.txt", "b/d.log", "secret/key"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("b")
    return tmp_path


def seen(context, name="Dockerfile"):
    return sorted(visible_files(context, context / name))


def test_without_an_ignore_file_every_file_is_seen_and_a_link_is_a_file(context):
    assert seen(context) == ["Dockerfile", "a.txt", "b/c.txt", "b/d.log", "link", "secret/key"]


def test_the_context_s_ignore_file_counts(context):
    (context / ".dockerignore").write_text("secret\n**/*.log\n.dockerignore\n")
    assert seen(context) == ["Dockerfile", "a.txt", "b/c.txt", "link"]


def test_a_folder_that_is_ignored_may_hold_what_is_kept(context):
    (context / ".dockerignore").write_text("*\n!b/c.txt\n")
    assert seen(context) == ["b/c.txt"]


def test_the_dockerfile_s_own_ignore_file_wins(context):
    (context / ".dockerignore").write_text("*\n")
    (context / "Dockerfile.dockerignore").write_text("b\nsecret\n*ignore\n")
    assert seen(context) == ["Dockerfile", "a.txt", "link"]

from components import Architecture


def test_each_architecture_in_docker_s_words():
    assert {one.value: one.docker_platform for one in Architecture} == {
        "X86_64": "linux/amd64",
        "ARM64": "linux/arm64",
    }

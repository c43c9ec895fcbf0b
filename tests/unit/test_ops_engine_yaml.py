"""YAML as the engine reads it. The answers are those of `pulumi config --json` of 3.259.0."""

import json
from typing import Any

import pytest

from ops import engine_yaml


def read(value):
    whole: Any = engine_yaml.read(f"config:\n  app:x: {value}\n")
    return whole["config"]["app:x"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((word, word) for word in ("on", "off", "yes", "no", "y", "tRue", "=", "_5", "0x", "0o8", "1.5.1")),
        *(("True", True), ("FALSE", False), ("~", None), ("NULL", None), ("", None)),
        *((word, word) for word in ("33:33", "10:20", "190:20:30", "1e400")),
        pytest.param("9" * 5000, "9" * 5000, id="5000 digits"),
        *(("010", 8), ("-010", -8), ("08", 8), ("0o10", 8), ("0b11", 3), ("0x1F", 31), ("+5", 5), ("1_000", 1000)),
        *(("256.0", 256), ("1.", 1), ("1e3", 1000), ("-0.0", 0), (".5", 0.5), ("1.5", 1.5), ("1e21", 1e21)),
        *(("18446744073709551615", 2**64 - 1), ("99999999999999999999", 10**20), ("0x1ffffffffffffffff",) * 2),
        *(('"on"', "on"), ("'12'", "12"), ("!!str 12", "12"), ("[on, 1]", ["on", 1])),
    ],
)
def test_a_word_means_what_it_means_to_the_engine(written, meant):
    found = read(written)
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-01-01", "2027-01-01 00:00:00 +0000 UTC"),
        ("2027-1-3", "2027-01-03 00:00:00 +0000 UTC"),
        ("0927-01-03", "0927-01-03 00:00:00 +0000 UTC"),
        ("2027-11-30T00:00:00Z", "2027-11-30 00:00:00 +0000 UTC"),
        ("2027-11-30T10:11:12+00:00", "2027-11-30 10:11:12 +0000 UTC"),
        ("2027-11-30 10:11:12", "2027-11-30 10:11:12 +0000 UTC"),
        ("2027-11-30t1:11:12.50-05:30", "2027-11-30 01:11:12.5 -0530 -0530"),
        *((word, word) for word in ("2027-13-01", "2027-02-30", "2027-11-30T10:11:12", "2027-11-30 10:11:12Z")),
        ('"2027-01-01"', "2027-01-01"),
    ],
)
def test_a_date_reaches_programs_as_go_prints_it(written, meant):
    assert read(written) == meant


def test_keys_are_texts():
    found = read("{on: 1, true: 2, ~: 3, 010: 4, 1.0: 5, 2027-01-01: 6}")
    assert found == {"on": 1, "true": 2, "<nil>": 3, "8": 4, "1": 5, "2027-01-01 00:00:00 +0000 UTC": 6}


def test_a_mapping_takes_up_others():
    found = read("{a: &a {x: 1}, b: &b {x: 2, y: 2}, c: {z: 3, <<: *b, y: 3}, d: {<<: [*a, *b]}}")
    assert found["c"] == {"x": 2, "y": 3, "z": 3}
    assert found["d"] == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("config:\n  app:x: 1\n  app:x: 2\n", "app:x: is there twice, in lines 2 and 3: remove one"),
        ('config:\n  app:x: {a: [{b: 1, "b": 2}]}\n', "app:x.a.0.b: is there twice"),
        ("config: {}\nconfig: {}\n", "config: is there twice, in lines 1 and 2"),
        ("config:\n  1: 2\n", "config: a key must be a text such as fargate:services, got 1"),
        ("true: 2\n", "at the top: a key must be a text such as fargate:services, got true"),
        ("config:\n  app:x: {[a]: 1}\n", "app:x: a key must be a text, got a list or a mapping in line 2"),
        ("config:\n  app:x: {a: !!binary aGVsbG8=}\n", "app:x.a: the tag !!binary is unknown: remove it"),
        ("config:\n  app:x: !mine {}\n", "app:x: the tag !mine is unknown"),
        ("config:\n  app:x: -.inf\n", "app:x: must be a finite number, got -.inf"),
        ("config:\n  app:x: .NaN\n", "app:x: must be a finite number, got .NaN"),
        ("config:\n  app:x: {<<: 1}\n", "app:x.<<: must be a mapping, or a list of mappings"),
        ("config:\n  app:x: &a {web: *a}\n", "an anchor holds itself"),
        (f"config: {'[' * 2000}{']' * 2000}", "it is nested too deep"),
        ('a: "\\uD800"\n', "a: an escape such as \\\\uD800 is no character"),
        ('a: "\\U00110000"\n', "an escape such as \\\\U00110000 is no character"),
        ('a: "\\UFFFFFFFF"\n', "an escape such as \\\\U00110000 is no character"),
        (f"%YAML {'1' * 5000}.1\n---\n", "or a version no number"),
        ("a: [", "while parsing a flow node"),
        ("a:\n\tb: 1", "indent by spaces, not by tabs: while scanning"),
        ("a: 1\n---\na: 2\n", "expected a single document"),
        ("a: \0\n", "special characters are not allowed"),
    ],
)
def test_what_the_engine_would_refuse_is_told_with_its_place(text, problem):
    with pytest.raises(ValueError, match=problem.replace("[", r"\[")):
        engine_yaml.read(text)


def test_aliases_of_aliases_end():
    lines = ["a0: &a0 [x]", *(f"a{place}: &a{place} [{', '.join([f'*a{place - 1}'] * 10)}]" for place in range(1, 9))]
    with pytest.raises(ValueError, match="it holds more than 100000 values: are there aliases of aliases?"):
        engine_yaml.read("\n".join(lines))


def test_an_empty_file_says_nothing():
    assert engine_yaml.read("# nothing\n") is None


def test_what_is_read_is_json():
    assert json.loads(json.dumps(read("{a: 2027-01-01, b: [1.5, on, ~]}"))) == {
        "a": "2027-01-01 00:00:00 +0000 UTC",
        "b": [1.5, "on", None],
    }

"""docs/fidelity.md: what is measured and proved, as tables."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from localcloud.fidelity.properties import Verdict
from localcloud.fidelity.report import HERE, Pair, Report, extent
from localcloud.fidelity.second_opinion import second_opinion_section
from localcloud.home import LocalCloudError
from localcloud.providers.aws import FUNCTIONS

SECOND_OPINION = HERE / "second_opinion.json"
HEAD = """<!-- Written by `python -m localcloud fidelity`. Do not edit. -->

# How far the local cloud is to be trusted

For each resource type that a stack, the account or an example uses: what of its properties the local cloud takes to
its APIs, tells back, and obeys. What this page cannot say is whether AWS itself would answer alike: calls are held
against AWS's published models, and what AWS refuses is refused from its documentation.

- A type is **emulated**: its API calls are made against the emulator and read back. **Idle**: they are made and told
  back, and nothing comes of it. **Recorded**: they are checked against AWS's model and not made. **Unsupported**: an
  `up` refuses it.
- A property is **sent** when a call carries its value, one that updates or deletes among them. It is **read back
  equal** when a Read of the deployed resource tells what was sent, for each resource of the stack that has it. What
  an answer leaves out, such as the bucket of a bucket's policy, counts as not told.
- It **works** when a test sees what it does: in a container, by a request, or in another API, which does something for
  it or lets something no longer be done. It is **only refused when wrong** when all that a test sees is a refusal that
  AWS has too: a wrong value, one that is taken, what is still in use. Such a property is checked and then not obeyed,
  or nobody has shown that it is: a firewall's rules must be rules, and stop no request here. All else is **accepted
  without effect**. What a provider declares as not obeyed never counts as working. What works does so where its test
  has it: an alarm on the lines of a log goes off, and one on the load of tasks, which nobody measures, does not.
- A property counts once a stack and type, however many resources have it. A field counts by itself where AWS takes it
  as a parameter of its own, and so does a field of a container definition. A name that the provider makes up does not
  count.

The stacks were deployed on the local cloud and measured by `python -m localcloud fidelity --measure`; the tests of
effects are named in `localcloud/fidelity/effects.yaml`.
"""


def render(file: Path, *, check: bool) -> None:
    """Write the page, or with `check` compare it.

    Raises:
        LocalCloudError: the written one is older than what it is made of.
    """
    text = page(Report.load(), json.loads(SECOND_OPINION.read_text(encoding="utf-8")))
    if not check:
        file.write_text(text, encoding="utf-8")
    elif not file.is_file() or file.read_text(encoding="utf-8") != text:
        raise LocalCloudError(f"{file.name} is older than what it is made of: python -m localcloud fidelity")


def page(report: Report, second_opinion: Mapping[str, Any]) -> str:
    """The whole page, with what another emulator says to the same calls."""
    sections = (
        ("By stack", _stacks(report)),
        ("By type", _types(report)),
        ("What a test sees", _effects(report)),
        ("Without effect, or only refused when wrong", _without(report)),
        ("Functions", _functions(report)),
    )
    told = "\n".join(f"## {title}\n\n{body}\n" for title, body in sections)
    return f"{HEAD}\n{told}\n{second_opinion_section(second_opinion).strip()}\n"


def percent(part: int, whole: int) -> float:
    """A share of a hundred, to one decimal, never rounded up."""
    return 1000 * part // whole / 10


def counts(report: Report, stack: str) -> dict[str, float]:
    """Percent of a stack's properties that are sent, are read back equal, work, and are only refused when wrong."""
    pairs = report.pairs([stack])
    return {
        "sent": percent(sum(verdict != Verdict.UNSENT for verdict in pairs.values()), len(pairs)),
        "equal": percent(sum(verdict == Verdict.EQUAL for verdict in pairs.values()), len(pairs)),
        "works": percent(sum(map(report.works, pairs)), len(pairs)),
        "refused": percent(sum(map(report.refused, pairs)), len(pairs)),
    }


def _stacks(report: Report) -> str:
    rows: list[list[str]] = []
    for stack, types in report.measured.items():
        extents, share = Counter(map(extent, types)), counts(report, stack)
        of_types = [str(extents[one]) for one in ("emulated", "idle", "recorded", "unsupported")]
        without = 100 - share["works"] - share["refused"]
        told = [f"{share[one]:.1f} %" for one in ("sent", "equal", "works", "refused")]
        rows.append([stack, *of_types, str(len(report.pairs([stack]))), *told, f"{without:.1f} %"])
    titles = (
        "stack",
        "types emulated",
        "idle",
        "recorded",
        "unsupported",
        "properties",
        "sent",
        "read back equal",
        "works (container, request, api)",
        "only refused when wrong",
        "without effect",
    )
    return _table(titles, rows)


def _types(report: Report) -> str:
    """One row a type: what is not sent, and what is sent and not told back, by name."""
    rows: list[list[str]] = []
    for token in sorted({token for token, _ in report.all}):
        of = {name: verdict for (other, name), verdict in report.all.items() if other == token}
        lacking = [_names(name for name in of if of[name] == verdict) for verdict in (Verdict.UNSENT, Verdict.SENT)]
        proved = [str(sum(is_so((token, name)) for name in of)) for is_so in (report.works, report.refused)]
        rows.append([_short(token), extent(token), str(len(of)), *lacking, *proved])
    titles = ("type", "here", "properties", "not sent", "sent, not told back", "works", "only refused when wrong")
    return _table(titles, rows)


def _effects(report: Report) -> str:
    rows: list[list[str]] = []
    for token, of in sorted(report.effects.items()):
        for by, test in sorted({(one["by"], one["test"]) for one in of.values()}):
            names = _names(name for name, one in of.items() if (one["by"], one["test"]) == (by, test))
            rows.append([_short(token), names, by, _link(test)])
    return _table(("type", "properties", "seen by", "test"), rows)


def _without(report: Report) -> str:
    found: dict[str, list[Pair]] = {}
    for pair in report.all:
        if not report.works(pair):
            found.setdefault(report.reason(pair), []).append(pair)
    rows = [[reason, str(len(found[reason])), _by_type(found[reason])] for reason in sorted(found)]
    return _table(("why", "properties", "which"), rows)


def _functions(report: Report) -> str:
    rows: list[list[str]] = []
    for token, stacks in sorted(report.functions.items()):
        one = FUNCTIONS[token]
        call = f"`{one.service}` `{one.call.operation}`"
        sent = {name for source in one.call.params.values() for name in source.properties}
        rows.append([_short(token), call, _names(sent), _names(one.returns), ", ".join(stacks)])
    link = _link("tests/local/test_aws_provider.py::test_a_function_answers")
    return f"What a program asks AWS for: each is declared, makes its call, and answers in {link}.\n\n" + _table(
        ("function", "call", "arguments that it sends", "what it tells by its answer", "stacks"), rows
    )


def _by_type(pairs: Iterable[Pair]) -> str:
    found: dict[str, list[str]] = {}
    for token, name in pairs:
        found.setdefault(token, []).append(name)
    return "; ".join(f"{_short(token)}: {_names(names)}" for token, names in found.items())


def _short(token: str) -> str:
    """`ecs.Service` of `aws:ecs/service:Service`."""
    package, module, name = token.split(":")
    return f"{package if package == 'docker' else module.partition('/')[0]}.{name}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    function, _, case = name.partition("[")
    words = [function.removeprefix("test_").replace("_", " "), *filter(None, [case.removesuffix("]")])]
    return f'[{": ".join(words)}](../{file} "{function}")'


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

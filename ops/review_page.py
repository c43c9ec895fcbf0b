"""A review as Markdown: a comment of GitHub's on a pull request, or the text beside an approval."""

from collections.abc import Iterator

from ops.cost import changes
from ops.plan import OPS, summary, warnings
from ops.review import Review

LONGEST = 65_536
"""Characters of a comment (GitHub Community, "Body is too long (maximum is 65536 characters)")."""
_CUT = "\nIt is longer than a comment may be, and cut here: the job's log has all of it.\n"


def page(found: Review) -> str:
    """The whole page; what is too long for a comment is cut."""
    text = "".join(f"{line}\n" for line in _lines(found))
    return text if len(text) <= LONGEST else _cut(text)


def mark(stack: str) -> str:
    """The first line, by which the comment of before is found."""
    return f"<!-- review of stack {stack} -->"


def problem(stack: str, said: str) -> str:
    """The page of a review that could not be made."""
    lines = [mark(stack), f"## Stack {stack}: not reviewed", "", *_fenced(said)]
    return "".join(f"{line}\n" for line in lines)


def _lines(found: Review) -> Iterator[str]:
    yield mark(found.stack)
    yield f"## Stack {found.stack}: {_verdict(found)}"
    yield ""
    yield f"Target: {found.target}"
    if found.refused:
        yield from ("", "### The engine refuses", "", *_fenced(found.refused))
    yield from _policies(found)
    yield from _plan(found)
    yield from _costs(found)
    yield from _images(found)


def _verdict(found: Review) -> str:
    if found.refused:
        return "cannot be deployed"
    stopping = sum(one.stops for one in found.violations)
    if stopping:
        return f"stopped by {stopping} polic{'y' if stopping == 1 else 'ies'}"
    if found.plan and found.plan.interruptions:
        return "interrupts service or loses data"
    return "can be deployed" if found.plan and found.plan.changes else "nothing to do"


def _policies(found: Review) -> Iterator[str]:
    yield from ("", "### Policies", "")
    if not found.violations:
        yield "Not judged." if found.refused else "No violation."
        return
    for one in sorted(found.violations, key=lambda one: not one.stops):
        yield f"**{one.rule}** ({one.severity}, {'stops the deploy' if one.stops else 'advises'})"
        yield from ("", *_fenced(one.message), "")


def _plan(found: Review) -> Iterator[str]:
    if not found.plan:
        return
    yield from ("", "### Plan", "")
    if found.plan.note:
        yield from (f"{_plain(found.plan.note)}.", "")
    for line in warnings(found.plan.interruptions):
        yield f"- **{_plain(line)}**"
    if found.plan.interruptions:
        yield ""
    rows = [
        f"| {one.component or 'alone'} | {OPS[one.op]} | {one.shown} | {', '.join(one.because)} |"
        for one in found.plan.changes
    ]
    table = ["| component | becomes | resource | because |", "| --- | --- | --- | --- |", *rows]
    yield from _folded(summary(found.plan), table) if rows else (summary(found.plan),)


def _costs(found: Review) -> Iterator[str]:
    costs = found.costs
    yield from ("", "### Cost", "")
    if not costs.after:
        yield _plain(f"Not known: {costs.problem}")
        return
    total = costs.after.estimate.total
    allowed = "" if costs.after.budget is None else f", of a budget of {costs.after.budget:,.2f}"
    if not costs.before:
        yield _plain(
            f"{total:,.2f} USD a month{allowed}{f', compared with nothing: {costs.problem}' if costs.problem else ''}."
        )
        return
    before = costs.before.estimate.total
    line = f"{total:,.2f} USD a month{allowed}, before {before:,.2f}: {total - before:+,.2f}"
    rows = [
        f"| {one.line.component} | {one.line.name} | {one.before:,.2f} | {one.after:,.2f} | "
        f"{one.after - one.before:+,.2f} |"
        for one in changes(costs.before, costs.after)
    ]
    table = ["| component | resource | before | after | difference |", "| --- | --- | ---: | ---: | ---: |", *rows]
    yield from _folded(line, table) if rows else (line,)


def _images(found: Review) -> Iterator[str]:
    if found.images:
        yield from ("", "### Images", "")
        yield from (f"- {name}: {what}" for name, what in found.images.items())


def _folded(line: str, inside: list[str]) -> Iterator[str]:
    """Lines that are shown when they are asked for."""
    yield from (f"<details><summary>{_plain(line)}</summary>", "", *inside, "", "</details>")


def _fenced(text: str) -> Iterator[str]:
    yield from ("````text", text.replace("````", "'''"), "````")


def _plain(text: str) -> str:
    """A text that Markdown and HTML leave as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("*", "\\*")


def _cut(text: str) -> str:
    """As much as fits, whole lines of it, with what it has opened closed."""
    room = LONGEST - len(_CUT) - len("````\n</details>\n")
    kept = text[: text.rindex("\n", 0, room) + 1]
    if kept.count("````") % 2:
        kept += "````\n"
    if kept.count("<details>") > kept.count("</details>"):
        kept += "\n</details>\n"[:room]
    return kept + _CUT

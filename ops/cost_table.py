"""What `ops cost` shows to people: a table on a terminal, plain columns in a pipe."""

from rich import box
from rich.console import Console
from rich.table import Table

from costs.estimate import Estimate, Line
from ops.cost import Cost, changes
from ops.output import printed


def text(cost: Cost) -> str:
    """What a stack costs, by component and resource."""
    return printed(lambda out: _show(out, cost))


def text_of_both(before: Cost, after: Cost) -> str:
    """What two stacks cost, where they differ."""
    return printed(lambda out: _show_both(out, before, after))


def _show(out: Console, cost: Cost) -> None:
    found = cost.estimate
    _head(out, found, f"{cost.stack} in {found.region}")
    table = _table(out, "USD a month")
    table.add_column("of", overflow="fold")
    for component, lines in found.by_component.items():
        table.add_row(component, _usd(sum(line.usd for line in lines)), "", style="bold")
        for line in lines:
            table.add_row(f"  {_name(line)}", _usd(line.usd), line.what)
    table.add_section()
    table.add_row("total", _usd(found.total), _of_budget(cost), style=_style(cost))
    out.print(table)
    _foot(out, found)


def _show_both(out: Console, before: Cost, after: Cost) -> None:
    old, new = before.estimate, after.estimate
    _head(out, new, f"{before.stack} in {old.region}, {after.stack} in {new.region}")
    table = _table(out, before.stack, after.stack, "difference")
    found = changes(before, after)
    for component in dict.fromkeys(one.line.component for one in found):
        table.add_row(component, style="bold")
        for one in (one for one in found if one.line.component == component):
            table.add_row(f"  {_name(one.line)}", *map(_usd, (one.before, one.after)), _signed(one.after - one.before))
    table.add_section()
    difference = _signed(new.total - old.total)
    table.add_row("total", _usd(old.total), _usd(new.total), difference, style=_style(after))
    out.print(table)
    if not found:
        out.print("Nothing costs another amount.")
    for cost in (before, after):
        if cost.budget is not None:
            out.print(f"{cost.stack}: {_of_budget(cost)}")
        _foot(out, cost.estimate, f"{cost.stack}: ")


def _head(out: Console, found: Estimate, what: str) -> None:
    assumed = " ".join(f"{name}={value:g}" for name, value in found.assumptions.items())
    out.print(f"{what}: USD a month by the prices of {found.as_of}, without tax and free tier")
    out.print(f"assumed (--assume NAME=VALUE): {assumed}")


def _foot(out: Console, found: Estimate, whose: str = "") -> None:
    for line in found.not_counted:
        out.print(f"{whose}not counted: {_name(line)}: {line.what}", style="yellow")
    for line in found.not_priced:
        out.print(f"{whose}not priced: {line.type} {line.name}: {line.what}", style="red")
    out.print(f"{whose}free: {sum(found.free.values())} resources of {len(found.free)} types", style="dim")


def _table(out: Console, *figures: str) -> Table:
    """A table of names and figures."""
    table = Table(box=box.SIMPLE if out.is_terminal else None, pad_edge=False)
    table.add_column("component, resource", overflow="fold")
    for heading in figures:
        table.add_column(heading, justify="right")
    return table


def _name(line: Line) -> str:
    return f"{line.name} ({line.type.rpartition(':')[2]})"


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


def _signed(amount: float) -> str:
    return f"{amount:+,.2f}"


def _of_budget(cost: Cost) -> str:
    if cost.budget is None:
        return ""
    left = cost.budget - cost.estimate.total
    return f"budget {_usd(cost.budget)}: {_usd(abs(left))} {'left' if left >= 0 else 'too much'}"


def _style(cost: Cost) -> str:
    over = cost.budget is not None and cost.estimate.total > cost.budget
    return "bold red" if over else "bold"

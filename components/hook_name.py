"""Names of hooks, by which alone the engine tells them apart."""

from collections import Counter

_given: Counter[str] = Counter()


def hook_name(name: str) -> str:
    """A name that no other hook of the program has: the same, with a number from its second use on.

    A component's name is not enough: below components of two types there may be one of the same name each. Their URNs
    differ, which are known too late for it. The engine writes a hook's name down and compares it with nothing: another
    one replaces and updates nothing.

    Args:
        name: of what it is for, and of what it does.

    Source: Pulumi documentation, "Resource hooks"; Pulumi's engine, `resource/deploy/resource_hooks.go`.
    """
    _given[name] += 1
    return name if _given[name] == 1 else f"{name}-{_given[name]}"

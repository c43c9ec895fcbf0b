"""Every check, side by side, in bounded time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ops.doctor import account, engine, existing, machine, names, program, quotas
from ops.doctor.surroundings import Surroundings, why
from ops.doctor.verdict import State, Verdict, unknown

SECONDS = 10
"""After which nobody is waited for any more, from the command's start: the program's run is among it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Looks at one thing."""

    subject: str
    """What that is."""
    run: Callable[[Surroundings], Iterator[Verdict]]
    """Says how it stands with it."""


CHECKS: Sequence[Check] = (
    Check(subject=program.FILE, run=program.file),
    Check(subject=program.POLICIES, run=program.policies),
    Check(subject=engine.CLI, run=engine.cli),
    Check(subject=engine.STATE, run=engine.state),
    Check(subject=engine.STACK, run=engine.stack),
    Check(subject=engine.SECRETS, run=engine.secrets),
    Check(subject=machine.DISK, run=machine.disk),
    Check(subject=machine.DOCKER, run=machine.docker),
    Check(subject=account.ACCOUNT, run=account.account),
    Check(subject=account.REGION, run=account.region),
    Check(subject=account.ROLES, run=account.roles),
    *(Check(subject=one.subject, run=partial(quotas.judge, one)) for one in quotas.QUOTAS),
    Check(subject=names.ZONE, run=names.zone),
    Check(subject=names.CERTIFICATE, run=names.certificate),
    Check(subject=existing.EXISTING, run=existing.existing),
)
"""In the order in which they are told."""


def examine(around: Surroundings, begun: float, checks: Sequence[Check] = CHECKS) -> list[Verdict]:
    """What each check says. One that has not ended after `SECONDS` is not waited for: it cannot be known.

    Args:
        around: what is looked at.
        begun: when the command began, by the clock of `time.monotonic`.
        checks: who looks.
    """
    said: dict[int, list[Verdict]] = {}

    def look(number: int, check: Check) -> None:
        said[number] = _verdicts(check, around)

    threads = [threading.Thread(target=look, args=pair, daemon=True) for pair in enumerate(checks)]
    end = begun + SECONDS
    for one in threads:
        one.start()
    for one in threads:
        one.join(max(0, end - time.monotonic()))
    late = f"no answer within {SECONDS} s"
    return [v for number, check in enumerate(checks) for v in said.get(number, [unknown(check.subject, late)])]


def is_ready(verdicts: Sequence[Verdict]) -> bool:
    """Whether all is well, and nothing is left that is not known."""
    return all(one.state is State.OK for one in verdicts)


def nothing_missing(verdicts: Sequence[Verdict]) -> bool:
    """Whether nothing is missing as far as is known, and AWS could be asked at all."""
    lost = any(one.state is State.UNKNOWN and one.subject == account.ACCOUNT for one in verdicts)
    return not lost and all(one.state is not State.MISSING for one in verdicts)


def _verdicts(check: Check, around: Surroundings) -> list[Verdict]:
    said: list[Verdict] = []
    try:
        said.extend(check.run(around))
    except Exception as error:  # noqa: BLE001 - one check that fails must not silence the others
        said.append(unknown(check.subject, why(error)))
    return said

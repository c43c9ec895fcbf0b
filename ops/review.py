"""`ops review`: what a change would do to a stack, for whoever approves it: policies, plan, cost, images.

The engine previews with the program's policies, on whatever this shell leads to; nothing is changed and nothing built.
Source: Pulumi docs, "pulumi preview"; the engine's events as its Automation API asks for them (`--event-log`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ops import check, cost, images, offline, offline_plan, preview, review_images
from ops.aim import Aim
from ops.deploy import advice, pack
from ops.error import OpsError
from ops.plan import Plan
from ops.revision import NoStackThen, stack_at
from ops.where import check_ready


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """What a policy found."""

    rule: str
    """Its id."""
    severity: str
    """`critical`, `high`, `medium` or `low`."""
    stops: bool
    """Whether it stops the deploy, or only advises."""
    message: str
    """Resource, what it is, what is wanted, what mends it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What the stack costs a month; the one that it is compared with, if it is."""

    before: cost.Cost | None = None
    """At the revision that it is compared with."""
    after: cost.Cost | None = None
    """As it is now; None where it cannot be told."""
    problem: str = ""
    """Why it cannot, or is compared with nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """All that is known before a deploy."""

    stack: str
    """Its name."""
    target: str
    """Where it would be deployed to."""
    refused: str
    """What the engine said where it refuses; empty when it would go on."""
    plan: Plan | None
    """What would change; None where the engine does not tell."""
    violations: Sequence[Violation]
    """What the policies found."""
    costs: Costs
    """What it costs."""
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    """What becomes of the image of each service and job, in words."""

    @property
    def passed(self) -> bool:
        """Whether it may be deployed."""
        return not self.refused and not any(one.stops for one in self.violations)


def review(aimed: Aim, against: str | None, given: Path | None, *, engine: bool = True) -> Review:
    """Run the program, and let the engine and the policies look at it.

    Args:
        aimed: the stack.
        against: git revision whose cost and images are compared; none: nothing is.
        given: file of the images that it is to take over; none: those that it was delivered with, if it was.
        engine: whether the engine is asked, and AWS by it. Otherwise neither is needed: the plan is by the program at
            the revision and now, and whatever was deployed in between is not seen.

    Raises:
        OpsError: there is no engine, no such revision, no file of images that fits, or the stack's file lacks what its
            role needs.
        botocore.exceptions.ClientError: AWS does not know this shell's credentials.
    """
    if engine and not aimed.is_local:
        check_ready(aimed.folder, aimed.stack)
    with ThreadPoolExecutor(1) as other:
        looking_back = other.submit(_at, aimed, against) if against else None
        now, wrong = _now(aimed)
        then, missing = looking_back.result() if looking_back else (None, "")
    words = review_images.since(then, now, against) if against else {}
    if engine:
        with images.taken_over(aimed, given, review_images.rebuilt(words)) as file:
            asked = _asked(aimed, file)
            if file and not against and not given:
                words = dict.fromkeys(images.read(file), review_images.AS_DELIVERED)
    else:
        asked = _judged(now, wrong, lambda found: _planned(aimed, then, found, against))
    refused, plan, violations = asked or _judged(now, wrong, lambda _: preview.not_deployed(aimed.folder, aimed.stack))
    return Review(
        stack=aimed.stack,
        target=aimed.target if engine else f"none was asked, stack {aimed.stack}",
        refused=refused,
        plan=plan,
        violations=violations,
        costs=_costs(then, now, wrong or missing),
        images={} if refused else review_images.given(aimed, given) if given else words,
    )


def _at(aimed: Aim, revision: str) -> tuple[offline.Stack | None, str]:
    """What the program made of the stack at a revision; or why nothing, as where there was no such stack.

    Raises:
        OpsError: there is no such revision, or no git to ask.
    """
    try:
        return stack_at(aimed.folder, revision, aimed.stack), ""
    except NoStackThen as error:
        return None, str(error)


def _now(aimed: Aim) -> tuple[offline.Stack | None, str]:
    """What the program makes of the stack; or what is wrong with its file."""
    try:
        return offline.run(aimed.folder, aimed.stack), ""
    except OpsError as error:
        return None, str(error)


def _asked(aimed: Aim, file: Path | None) -> tuple[str, Plan | None, list[Violation]] | None:
    """What the engine says: why it refuses, if it does; the plan; what the policies found.

    Returns:
        None where it knows no such stack.
    """
    environment = {**aimed.environment(file), "PULUMI_DEBUG_COMMANDS": "true"}  # without it there is no such log
    with TemporaryDirectory(prefix="events-") as folder:
        events = Path(folder, "events")
        command = [*preview.COMMAND, *pack(aimed), "--event-log", str(events), "--stack", aimed.stack]
        ran, found = preview.asked(aimed.folder, command, environment)
        violations = _violations(events)
    if preview.is_unknown(ran, aimed.stack):
        return None
    plan = preview.of_preview(aimed.stack, found) if found else None
    if not ran.returncode or (violations and _only_policies(found)):
        return "", plan, violations
    said = preview.why(ran, found)
    return "\n".join([said, *advice(aimed, said)]), None, violations


def _only_policies(found: preview.Answer) -> bool:
    """Whether nothing else than a policy stopped the preview."""
    errors = [one["message"].strip() for one in found.get("diagnostics", []) if one["severity"] == "error"]
    return all(one in ("error: preview failed", "preview failed") for one in errors)


def _planned(aimed: Aim, then: offline.Stack | None, now: offline.Stack, against: str | None) -> Plan:
    """What changes by the program since a revision; everything is created where nothing is compared."""
    if then:
        return offline_plan.compared(then, now, str(against))
    return offline_plan.of_nothing(aimed.folder, aimed.stack, "as if nothing were deployed")


def _judged(
    now: offline.Stack | None, wrong: str, plan: Callable[[offline.Stack], Plan]
) -> tuple[str, Plan | None, list[Violation]]:
    """What the policies find without the engine, and a plan. What they stop is what they would stop there."""
    from policies.analyzer import ADVISORY_IN, ENVIRONMENT  # it loads what an engine's policies are made of

    if not now:
        return wrong, None, []
    try:
        report, planned = check.judged(now, date.today()), plan(now)
    except OpsError as error:
        return str(error), None, []
    found = [
        Violation(
            rule=one.rule.id,
            severity=one.rule.severity.value,
            stops=now.file.config.get(ENVIRONMENT) not in ADVISORY_IN,
            message=f"{one.resource.type} {one.resource.name}\n  got     {one.got}\n  wanted  {one.wanted}\n"
            f"  fix     {one.rule.fix}",
        )
        for one in report.violations
    ]
    return "", planned, found


def _violations(events: Path) -> list[Violation]:
    lines = events.read_text(encoding="utf-8").splitlines() if events.is_file() else []
    found = [json.loads(line) for line in lines if '"policyEvent"' in line]
    told: list[Mapping[str, Any]] = [one["policyEvent"] for one in found if "policyEvent" in one]
    return [
        Violation(
            rule=one["policyName"],
            severity=one.get("severity", ""),
            stops=one.get("enforcementLevel") == "mandatory",
            message=str(one["message"]).strip(),
        )
        for one in told
    ]


def _costs(then: offline.Stack | None, now: offline.Stack | None, problem: str) -> Costs:
    if not now:
        return Costs(problem=problem)
    assumed = cost.assumptions([])
    try:
        return Costs(before=cost.of(then, assumed) if then else None, after=cost.of(now, assumed), problem=problem)
    except OpsError as error:
        return Costs(problem=str(error))

import contextlib
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from costs.assumptions import parse as assumptions
from costs.estimate import estimate
from ops import check, cli, cost, offline, offline_plan, preview, revision
from ops import review as module
from ops.aim import Aim
from ops.cost import Cost
from ops.error import OpsError
from ops.plan import Change, Plan
from ops.review import Costs, Review, Violation, review
from ops.review_page import LONGEST, page
from ops.revision import NoStackThen
from policies.graph import Graph

from . import delivered_stack
from .delivered_stack import DIGEST, FILE, OTHER, REPOSITORY, deliver

aws, folder, aimed = delivered_stack.aws, delivered_stack.folder, delivered_stack.aimed
engine, outputs = delivered_stack.engine, delivered_stack.outputs
SERVICE = "urn:pulumi:dev::fargate::fargate:index:FargateService$aws:ecs/service:Service::web"
STEP = {"op": "delete", "urn": SERVICE, "oldState": {"custom": True, "parent": ""}}
EVENT = {
    "policyName": "vpc-flow-logs",
    "message": "A VPC's traffic is logged.\n  got       no flow log\n",
    "enforcementLevel": "mandatory",
    "severity": "medium",
}
ADVICE = EVENT | {"policyName": "another", "enforcementLevel": "advisory"}
WEB = f"{REPOSITORY}@{DIGEST}"


@pytest.fixture
def previews(engine, monkeypatch):
    """What the engine says to a preview: exit code, steps, errors, and what the policies tell it."""
    run = engine.run

    def say(code=0, steps=(STEP,), errors=(), events=(), err=""):
        found = {
            "steps": list(steps),
            "diagnostics": [{"severity": "error", "message": f"{one}\n"} for one in errors],
        }
        engine.says["preview"] = (code, json.dumps(found) if steps or errors else "", err)

        def with_events(command, **how):
            if "--event-log" in command:
                lines = [json.dumps({"sequence": 1, "policyEvent": one}) for one in events]
                lines += ['{"diagnosticEvent": {"message": "\\"policyEvent\\""}}']
                log = Path(command[command.index("--event-log") + 1])
                log.write_text("\n".join(lines))
            return run(command, **how)

        monkeypatch.setattr(preview.subprocess, "run", with_events)

    say()
    return say


def made(name, tag, environment="prod"):
    return SimpleNamespace(
        file=SimpleNamespace(config={"fargate:environment": environment}),
        made=[
            SimpleNamespace(type="docker:index/image:Image", name=name, inputs={"imageName": f"x:{tag}"}),
            SimpleNamespace(type="aws:ecs/cluster:Cluster", name="cluster", inputs={}),
        ],
    )


@pytest.fixture
def program(monkeypatch):
    """What the program makes of the stack now, and at another revision; each costs what a test says."""
    found: dict[str, Any] = {"now": made("web", "2"), "then": made("web", "1")}

    def run(folder, stack):
        if isinstance(found["now"], Exception):
            raise found["now"]
        return found["now"]

    def of(stack, assumed):
        if isinstance(found.get("cost"), Exception):
            raise found["cost"]
        return Cost(stack="dev", budget=None, estimate=nothing())

    monkeypatch.setattr(offline, "run", run)
    monkeypatch.setattr(module, "stack_at", lambda *_: found["then"])
    monkeypatch.setattr(cost, "of", of)
    return found


def nothing():
    return estimate(Graph([]), "us-east-1", assumptions([]))


def test_the_engine_the_policies_and_the_prices_are_asked(aimed, previews, program, engine):
    found = review(aimed, "main", None)
    assert found.passed
    assert found.target == "account 123456789012, eu-west-1, stack dev"
    assert found.plan
    assert [one.op for one in found.plan.changes] == ["delete"]
    assert (found.costs.before, found.costs.after) != (None, None)
    assert found.images == {"web": "is built anew: what it is built from has changed since main"}
    asked = next(one for one in engine.asked if one[1] == "preview")
    assert asked[2:5] == ["--json", "--show-replacement-steps", "--non-interactive"]
    assert asked[-2:] == ["--stack", "dev"]


def test_an_image_whose_content_stays_is_not_built_anew(aimed, previews, program):
    program["then"] = program["now"]
    assert review(aimed, "main", None).images == {"web": "is as at main"}


def test_the_plan_of_a_delivered_stack_has_the_image_that_will_be_another(
    aimed, previews, program, outputs, engine, monkeypatch
):
    taken = []
    asked = module._asked
    monkeypatch.setattr(
        module, "_asked", lambda aimed, file: taken.append(json.loads(file.read_text())) or asked(aimed, file)
    )
    outputs(images={"web": WEB, "night": WEB})
    review(aimed, "main", None)
    program["then"] = program["now"]
    review(aimed, "main", None)
    assert [one["web"] == WEB for one in taken] == [False, True]
    assert {one["night"] for one in taken} == {WEB}


def test_without_a_revision_nothing_is_compared(aimed, previews, program, outputs):
    found = review(aimed, None, None)
    assert (found.costs.before, found.images) == (None, {})
    outputs(images={"web": WEB, "night": WEB})
    stays = "stays as it was delivered: without AGAINST nobody looks whether what it is built from has changed"
    found = review(aimed, None, None)
    assert found.images == {"night": stays, "web": stays}
    assert f"### Images\n\n- night: {stays}\n- web: {stays}\n" in page(found)


@pytest.mark.parametrize("said", ["no revision 'HEAD~5' in the git repository", "no git on PATH"])
def test_a_revision_that_cannot_be_had_is_no_review(ops, aimed, previews, program, engine, folder, monkeypatch, said):
    monkeypatch.setattr(module, "stack_at", raising(OpsError(said)))
    with pytest.raises(OpsError, match=said):
        review(aimed, "HEAD~5", None)
    assert ops("--against", "HEAD~5")[0] == 2
    assert said in (folder / "review-dev.md").read_text()
    assert engine.asked == []


def test_of_images_it_tells_what_they_take_the_place_of(aimed, previews, program, outputs, folder, engine):
    file = folder / "images.json"
    other = f"{REPOSITORY}@{OTHER}"
    (folder / "Pulumi.dev.yaml").write_text(FILE.replace("{web:", "{new: {build: ./app}, web:"))
    aimed = Aim(folder, "dev")
    file.write_text(json.dumps(dict.fromkeys(("web", "new", "night"), WEB)))
    outputs(services={"web": {"image": other}}, jobs={"night": {"image": WEB}})
    assert review(aimed, "main", file).images == {
        "web": f"{DIGEST} takes the place of {OTHER}",
        "new": f"{DIGEST} is new",
        "night": f"{DIGEST} runs already",
    }
    previewed = next(how for one, how in zip(engine.asked, engine.environments, strict=True) if one[1] == "preview")
    assert previewed["FARGATE_IMAGES"] == str(file)
    assert previewed["PULUMI_DEBUG_COMMANDS"] == "true"


@pytest.mark.parametrize(
    ("events", "code", "passed"), [([EVENT, ADVICE], 255, False), ([ADVICE], 0, True), ([], 0, True)]
)
def test_a_policy_that_stops_the_engine_stops_the_review(aimed, previews, program, events, code, passed):
    previews(code=code, events=events, errors=["error: preview failed"] if code else [])
    found = review(aimed, None, None)
    assert (found.passed, found.refused, len(found.violations)) == (passed, "", len(events))
    assert found.plan


@pytest.mark.parametrize("events", [[], [ADVICE]])
def test_what_the_engine_refuses_is_told_with_what_next(aimed, previews, program, events):
    previews(code=255, errors=["error: Pulumi.dev.yaml has 1 problem", "AccessDenied"], events=events)
    found = review(aimed, "main", None)
    assert (found.passed, found.plan, found.images) == (False, None, {})
    assert found.refused.startswith("error: Pulumi.dev.yaml has 1 problem\nAccessDenied\nthese credentials may not do")


def test_an_engine_without_an_answer_is_told_in_its_words(aimed, previews, program):
    previews(code=255, steps=(), err="error: what it says")
    assert review(aimed, None, None).refused == "error: what it says"


def test_a_stack_that_was_never_deployed_is_judged_without_the_engine(aimed, previews, program, monkeypatch):
    previews(code=255, steps=(), err="error: no stack named 'dev' found")
    finding = SimpleNamespace(
        rule=SimpleNamespace(id="a-rule", severity=SimpleNamespace(value="high"), fix="mend it"),
        resource=SimpleNamespace(type="aws:x/y:Y", name="web"),
        got="this",
        wanted="that",
    )
    monkeypatch.setattr(check, "judged", lambda *_: SimpleNamespace(violations=[finding]))
    plan = Plan(stack="dev", changes=[], unchanged=0, note="not deployed yet")
    monkeypatch.setattr(preview, "not_deployed", lambda *_: plan)
    found = review(aimed, None, None)
    assert (found.plan, found.passed, found.violations[0].rule) == (plan, False, "a-rule")
    program["now"] = made("web", "2", "dev")
    advised = review(aimed, None, None)
    assert (advised.passed, advised.violations[0].stops) == (True, False)
    assert found.violations[0].message == "aws:x/y:Y web\n  got     this\n  wanted  that\n  fix     mend it"
    monkeypatch.setattr(check, "judged", raising(OpsError("its file is wrong")))
    assert review(aimed, None, None).refused == "its file is wrong"


def raising(error):
    def fail(*_):
        raise error

    return fail


def test_a_stack_that_is_delivered_must_be_ready_before_the_engine_is_asked(aimed, aws, previews, program, engine):
    deliver(aimed.folder)
    with pytest.raises(OpsError, match="Pulumi.dev.yaml is not ready for delivery to account 111111111111"):
        review(aimed, None, None)
    assert engine.asked == []
    aws.endpoint = "http://127.0.0.1:4566"
    assert review(Aim(aimed.folder, "dev"), None, None).passed, "the local cloud has other numbers"


def test_offline_the_program_is_compared_and_nobody_asked(aimed, aws, engine, program, monkeypatch):
    plan = Plan(stack="dev", changes=[], unchanged=0, against="main")
    monkeypatch.setattr(check, "judged", lambda *_: SimpleNamespace(violations=[]))
    monkeypatch.setattr(offline_plan, "compared", lambda *asked: plan if asked[2] == "main" else None)
    found = review(aimed, "main", None, engine=False)
    assert (found.plan, found.passed, found.target) == (plan, True, "none was asked, stack dev")
    assert found.images == {"web": "is built anew: what it is built from has changed since main"}
    monkeypatch.setattr(offline_plan, "of_nothing", lambda *_: plan)
    assert review(aimed, None, None, engine=False).plan == plan
    program["now"] = OpsError("its file is wrong")
    assert review(aimed, None, None, engine=False).refused == "its file is wrong"
    assert (engine.asked, aws.asked) == ([], [])


@pytest.mark.parametrize("where", ["now", "cost"])
def test_a_cost_that_cannot_be_told_is_no_obstacle(aimed, previews, program, where):
    program[where] = OpsError("no prices of eu-nowhere-1")
    found = review(aimed, "main", None)
    assert (found.passed, found.costs.problem) == (True, "no prices of eu-nowhere-1")
    assert "Not known: no prices of eu-nowhere-1" in page(found)


def test_a_stack_that_is_new_is_compared_with_nothing(aimed, previews, program, monkeypatch):
    monkeypatch.setattr(module, "stack_at", raising(NoStackThen("at revision 'main': no stack 'dev'")))
    found = review(aimed, "main", None)
    assert (found.passed, found.images) == (True, {"web": "is built anew: main has none to compare with"})
    assert "0.00 USD a month, compared with nothing: at revision 'main': no stack 'dev'." in page(found)


def test_the_images_of_today_are_not_those_of_another_revision(tmp_path, monkeypatch):
    """Which may have had other services."""
    environments = []

    def run(command, env, **_):
        environments.append(env)
        return SimpleNamespace(returncode=1, stderr="its file is wrong\n")

    monkeypatch.setenv("FARGATE_IMAGES", "images.json")
    monkeypatch.setattr(revision, "checked_out", lambda *_: contextlib.nullcontext(tmp_path))
    monkeypatch.setattr(revision.subprocess, "run", run)
    with pytest.raises(NoStackThen, match="at revision 'main': its file is wrong"):
        revision.stack_at(tmp_path, "main", "dev")
    assert environments[0]["FARGATE_IMAGES"] == ""


def change(op, name, interruption=""):
    return Change(
        op=op,
        type="aws:ecs/service:Service",
        name=name,
        component="FargateService web",
        because=("a", "b"),
        interruption=interruption,
    )


def of(changes=(), violations=(), refused="", **more):
    plan = None if refused else Plan(stack="dev", changes=changes, unchanged=3, note=more.pop("note", ""))
    costs = more.pop("costs", Costs(after=Cost(stack="dev", budget=None, estimate=nothing())))
    return Review(stack="dev", target="here", refused=refused, plan=plan, violations=violations, costs=costs, **more)


def test_the_page_of_a_change(monkeypatch):
    gone = change("delete", "web", "its tasks stop")
    text = page(of([change("create", "api"), gone], note="by <guess>", images={"web": "is new"}))
    assert text == (
        "<!-- review of stack dev -->\n"
        "## Stack dev: interrupts service or loses data\n\n"
        "Target: here\n\n"
        "### Policies\n\nNo violation.\n\n"
        "### Plan\n\n"
        "by &lt;guess>.\n\n"
        "- **warning: ecs/service web would be deleted: its tasks stop**\n\n"
        "<details><summary>dev: 1 created, 1 deleted, 3 unchanged; 1 interrupts service or loses data</summary>\n\n"
        "| component | becomes | resource | because |\n| --- | --- | --- | --- |\n"
        "| FargateService web | created | ecs/service api | a, b |\n"
        "| FargateService web | deleted | ecs/service web | a, b |\n\n"
        "</details>\n\n"
        "### Cost\n\n0.00 USD a month.\n\n"
        "### Images\n\n- web: is new\n"
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (of(), "nothing to do"),
        (of([change("create", "web")]), "can be deployed"),
        (of(refused="no"), "cannot be deployed"),
        (of(violations=[Violation(rule="a", severity="low", stops=False, message="m")]), "nothing to do"),
        (of(violations=[Violation(rule="a", severity="low", stops=True, message="m")] * 2), "stopped by 2 policies"),
    ],
)
def test_the_verdict_comes_first(found, verdict):
    assert page(found).splitlines()[1] == f"## Stack dev: {verdict}"


def test_what_stops_comes_before_what_advises_and_stays_in_its_fence():
    advises = Violation(rule="b", severity="low", stops=False, message="x\n````\n# y")
    text = page(of(violations=[advises, Violation(rule="a", severity="high", stops=True, message="m")]))
    assert text.index("**a** (high, stops the deploy)") < text.index("**b** (low, advises)")
    assert text.count("````") == 4
    assert "### The engine refuses\n\n````text\nno\n````\n\n### Policies\n\nNot judged.\n" in page(of(refused="no"))


def test_a_difference_of_cost_is_shown_by_resource():
    line = SimpleNamespace(component="Network network", name="network-nat", key=("a",), usd=50.0)
    both: Any = [
        SimpleNamespace(stack="dev", budget=100.0, estimate=SimpleNamespace(total=total, lines=lines))
        for total, lines in ((0.0, []), (50.0, [line]))
    ]
    text = page(of(costs=Costs(before=both[0], after=both[1])))
    assert "<details><summary>50.00 USD a month, of a budget of 100.00, before 0.00: +50.00</summary>" in text
    assert "| Network network | network-nat | 0.00 | 50.00 | +50.00 |" in text
    same = page(of(costs=Costs(before=both[1], after=both[1])))
    assert "\n50.00 USD a month, of a budget of 100.00, before 50.00: +0.00\n" in same


@pytest.mark.parametrize("longest", ["changes", "message"])
def test_what_is_too_long_for_a_comment_is_cut_and_closed(longest):
    changes = [change("create", f"web-{number}") for number in range(2000 if longest == "changes" else 1)]
    violations = [
        Violation(rule="a", severity="low", stops=False, message="words\n" * (20000 * (longest == "message")))
    ]
    text = page(of(changes, violations))
    assert len(text) <= LONGEST
    assert text.endswith("It is longer than a comment may be, and cut here: the job's log has all of it.\n")
    assert text.count("<details>") == text.count("</details>")
    assert text.count("````") % 2 == 0


@pytest.fixture
def ops(aws, folder, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ops", "review", *arguments])
        code = cli.main()
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_the_command_writes_the_page_whatever_it_finds(ops, previews, program, folder):
    code, out, err = ops()
    assert (code, out, err.splitlines()[-1]) == (0, "", "review-dev.md")
    assert "## Stack dev: interrupts service" in (folder / "review-dev.md").read_text()
    previews(code=255, events=[EVENT], errors=["error: preview failed"])
    assert ops("--output", "-")[:2][0] == 1
    assert "stopped by 1 policy" in ops("--output", "-")[1]
    assert "interrupts" in (folder / "review-dev.md").read_text()


def test_what_could_not_be_asked_is_on_the_page_too(ops, engine, folder):
    code, _, err = ops("--images", "images.json")
    assert (code, "images.json cannot be read" in err) == (2, True)
    text = (folder / "review-dev.md").read_text()
    assert text.startswith("<!-- review of stack dev -->\n## Stack dev: not reviewed\n\n````text\nFARGATE_IMAGES: ")
    assert ops("--output", "nowhere/x.md", "--images", "images.json")[0] == 2
    code, _, err = ops("--offline", "--images", "images.json")
    assert (code, "--offline and --images: one of them at a time" in err) == (2, True)


def test_without_credentials_there_is_a_page_too(ops, aws, folder, monkeypatch):
    from botocore.exceptions import NoCredentialsError

    monkeypatch.setattr(aws, "get_caller_identity", raising(NoCredentialsError()))
    code, _, err = ops()
    assert (code, "error: this shell has no AWS credentials" in err) == (2, True)
    text = (folder / "review-dev.md").read_text()
    assert text.startswith(
        "<!-- review of stack dev -->\n## Stack dev: not reviewed\n\n````text\nthis shell has no AWS"
    )


def test_today_is_when_exceptions_are_judged(aimed, previews, program, monkeypatch):
    previews(code=255, steps=(), err="error: no stack named 'dev' found")
    days = []
    monkeypatch.setattr(check, "judged", lambda *asked: days.append(asked[1]) or raising(OpsError("x"))())
    review(aimed, None, None)
    assert days == [date.today()]

"""The calls of a deploy, made once more against moto: what two emulators that know nothing of each other say to them.

`python -m tests.local.second_opinion` deploys dev and prod on a local cloud of its own, which keeps the calls with
their answers (`LOCALCLOUD_CALLS`), replays them in this process in their order, and writes what came of it to
`localcloud/fidelity/second_opinion.json`. What the emulator gave an id to has another one in moto: both answers to
a call are walked side by side, and from then on moto is asked by its own.
"""

import json
import os
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import moto.settings
import yaml
from botocore.exceptions import ClientError

from localcloud.providers.operations import unknown_words
from tests.local.answers import as_mappings, empty, equal, is_read, leaves, pairs, read_fields, side_by_side, strings
from tests.local.harness import ROOT, Cloud, copy_of_program, free_port

ACCOUNT = "000000000000"
ACCEPTED, DIFFERS, REFUSED, MISSING, NOT_ASKED = "accepted", "differs", "refused", "not implemented", "not asked"
GIVEN = re.compile(r"(?i)(id|arn|ids|arns|ip|url|uri|token|dnsname|zonename)$")
"""Fields in which AWS tells what it has named."""
REASONS = Path(__file__).with_suffix(".yaml")
RESULT = ROOT / "localcloud/fidelity/second_opinion.json"


@dataclass(frozen=True)
class Call:
    """One line of the record."""

    service: str
    region: str
    operation: str
    params: dict[str, Any]
    answer: dict[str, Any] | None = None
    error: str = ""

    @property
    def name(self) -> str:
        return f"{self.service} {self.operation}"

    @property
    def same(self) -> str:
        """Equal for calls that ask for the same."""
        return json.dumps([self.name, self.region, self.params], sort_keys=True)


@dataclass(frozen=True)
class Verdict:
    """What moto says to a call, beside what the emulator said."""

    call: Call
    verdict: str
    what: frozenset[str] = frozenset()
    """What differs: a field of the answers and who does not tell it, or an error's code and whose it is."""


@dataclass
class Replay:
    """moto, and what it was told so far."""

    ids: dict[str, str] = field(default_factory=dict[str, str])
    """moto's by the emulator's."""
    without: set[str] = field(default_factory=set[str])
    """The emulator's ids of what moto has not."""
    sent: set[str] = field(default_factory=set[str])
    """What the program chose, and so no id."""

    def ask(self, call: Call) -> Verdict:
        """Make a call."""
        if call.operation == "get_hosted_zone" and call.params["Id"] not in self.ids:
            self._make_zone(call)
        self.sent |= strings(call.params)
        if self.without & strings(call.params):
            return self._lacks(call, NOT_ASKED)
        try:
            answer = getattr(client(call.service, call.region), call.operation)(**self.theirs(call.params))
        except NotImplementedError:
            return self._lacks(call, MISSING)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            return Verdict(call, ACCEPTED) if code == call.error else self._lacks(call, REFUSED, f"{code} of moto")
        if call.error:
            return Verdict(call, REFUSED, frozenset({f"{call.error} of the emulator"}))
        answer = json.loads(json.dumps(answer, default=str))
        self._learn(call.answer, answer)
        what = frozenset({*self._differences(call, answer), *_words(call)})
        return Verdict(call, DIFFERS if what else ACCEPTED, what)

    def theirs(self, value: Any) -> Any:
        """A value with the emulator's ids as moto's."""
        if isinstance(value, dict):
            return {key: self.theirs(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.theirs(item) for item in value]
        known = [one for one in self.ids if one in value] if isinstance(value, str) else []
        longest = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
        return re.sub(longest, lambda found: self.ids[found.group()], value) if known else value

    def _make_zone(self, call: Call) -> None:
        """A domain that the stack looks up and AWS would have."""
        zone = (call.answer or {})["HostedZone"]["Name"]
        made = client("route53", call.region).create_hosted_zone(Name=zone, CallerReference=zone)
        self.ids[call.params["Id"]] = made["HostedZone"]["Id"].rpartition("/")[2]

    def _lacks(self, call: Call, verdict: str, *what: str) -> Verdict:
        self.without |= {value for key, value in leaves(call.answer) if self._is_id(key, value)} - set(self.ids)
        return Verdict(call, verdict, frozenset(what))

    def _is_id(self, key: str, value: Any) -> bool:
        named = isinstance(value, str) and len(value) >= 7 and bool(GIVEN.search(key) and re.search(r"\d", value))
        return named and value not in self.sent

    def _learn(self, ours: Any, theirs: Any, key: str = "") -> None:
        for name, one, other in side_by_side(ours, theirs, self.theirs):
            if isinstance(one, dict | list):
                self._learn(one, other, name or key)
            elif isinstance(other, str) and one != other and self._is_id(name or key, one):
                self.ids.setdefault(one, other)

    def _differences(self, call: Call, answer: dict[str, Any]) -> Iterator[str]:
        """Of a description, in what a declaration reads; of another answer, in what was sent and both tell."""
        description = bool(read_fields(call.service, call.operation))
        sent = {key for key, _ in leaves(call.params)}
        for at, one, other in pairs(as_mappings(call.answer), as_mappings(answer), self.theirs):
            told = is_read(at, call.service, call.operation) if description else at.rpartition(".")[2] in sent
            if not told or equal(self.theirs(one), other):
                continue
            if not empty(one) and not empty(other):
                yield f"{at}: each tells another"
            elif description:
                yield f"{at}: {'the emulator' if empty(one) else 'moto'} does not tell"


def _words(call: Call) -> Iterator[str]:
    """What is sent and no word of AWS's model: botocore and moto let it through."""
    model = client(call.service, call.region).meta
    shape = model.service_model.operation_model(model.method_to_api_mapping[call.operation]).input_shape
    yield from (f"{one.partition(' must be')[0]}: no word of AWS's model" for one in unknown_words(call.params, shape))


@cache
def client(service: Any, region: str) -> Any:
    return boto3.client(service, region_name=region, aws_access_key_id="test", aws_secret_access_key="test")


def read(file: Path) -> list[Call]:
    """The calls of a record."""
    return [Call(**json.loads(line)) for line in file.read_text().splitlines()]


def record(folder: Path) -> dict[str, list[Call]]:
    """Deploy dev and prod, fresh, on a local cloud of their own without Docker; the calls that each `up` made."""
    cloud, calls = Cloud(folder / "cloud", free_port()), folder / "calls.jsonl"
    cloud.environment |= {"LOCALCLOUD_CALLS": str(calls)}
    started = cloud.localcloud("start", "--without-docker")
    assert started.code == 0, started.out
    try:
        project, before = copy_of_program(cloud, folder / "project", name="opinion"), list[Call]()
        stacks = dict[str, list[Call]]()
        for stack in ("dev", "prod"):
            project.up(stack)
            stacks[stack] = read(calls)[len(before) :]
            before = read(calls)
        return stacks
    finally:
        cloud.localcloud("stop")


def replay(stacks: Mapping[str, list[Call]]) -> dict[str, list[Verdict]]:
    """Each distinct call of each stack, in order: what is asked again and again counts as it was answered last."""
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    moto.settings.ACM_VALIDATION_WAIT = -1  # seconds in which a certificate is not issued yet
    with moto.mock_aws():
        client.cache_clear()
        told = Replay()
        return {stack: list({call.same: told.ask(call) for call in calls}.values()) for stack, calls in stacks.items()}


def reasons() -> dict[tuple[str, str], str]:
    """Why what differs may differ, by call and difference."""
    return {(one["call"], what): one["why"] for one in yaml.safe_load(REASONS.read_text()) for what in one["what"]}


def differences(verdicts: Iterable[Verdict]) -> Iterator[dict[str, Any]]:
    """Each difference once, with those that have its reason."""
    why, together = reasons(), defaultdict[tuple[str, str], set[str]](set)
    for name, what in {(one.call.name, what) for one in verdicts for what in one.what}:
        together[name, why.get((name, what), "")].add(what)
    for (call, reason), what in sorted(together.items()):
        yield {"call": call, "what": sorted(what), "why": reason}


def summary(verdicts: Mapping[str, list[Verdict]]) -> dict[str, Any]:
    """What `localcloud/fidelity/second_opinion.json` holds: counts of distinct calls, and each difference once."""
    everything = [one for stack in verdicts.values() for one in stack]
    services = {name: [one for one in everything if one.call.service == name] for name in _services(everything)}
    return {
        "emulators": {name: version(name) for name in ("ministack", "moto")},
        "stacks": {stack: _counted(of) for stack, of in verdicts.items()},
        "services": {
            name: {"operations": len({one.call.operation for one in of}), **_counted(of)}
            for name, of in services.items()
        },
        "lacking": sorted({one.call.name for one in everything if one.verdict in (MISSING, NOT_ASKED)}),
        "differences": list(differences(everything)),
    }


def _services(verdicts: Iterable[Verdict]) -> list[str]:
    return sorted({one.call.service for one in verdicts})


def _counted(verdicts: Iterable[Verdict]) -> dict[str, int]:
    return dict(sorted(Counter(one.verdict for one in verdicts).items()))


def main() -> None:
    """Write the second opinion of today."""
    with tempfile.TemporaryDirectory() as folder:
        found = summary(replay(record(Path(folder))))
    RESULT.write_text(json.dumps(found, indent=2) + "\n")
    for one in found["differences"]:
        if not one["why"]:
            print(f"without a reason in {REASONS.name}: {one['call']}", *one["what"], sep="\n  ")


if __name__ == "__main__":
    main()

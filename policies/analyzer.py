# ruff: noqa: N802 - the engine's names
"""The rules as the engine asks for them: a resource at a time, and the whole stack at the end.

It answers the engine itself, without the `pulumi-policy` package: that one tells a policy neither the stack's
configuration nor lets a level follow from it, and reads every resource anew for each of the policies.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import cast

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc

from costs.budget import budget
from policies import tokens as t
from policies.evaluate import findings, judge
from policies.exemption import Exemption, parse
from policies.graph import UNKNOWN, Graph, Resource, Value, Values, by_todays_name
from policies.rule import Finding, Severity
from policies.rules import RULES

NAME, VERSION = "fargate", "0.1.0"
ENVIRONMENT = "fargate:environment"
ADVISORY_IN = ("dev", "staging")
"""Environments in which a violation is told, and stops nothing. Where none is named, it stops."""

Context = grpc.ServicerContext

_LEVELS = {"advisory": proto.ADVISORY, "mandatory": proto.MANDATORY}
_SEVERITIES = {
    Severity.LOW: proto.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: proto.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: proto.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: proto.POLICY_SEVERITY_CRITICAL,
}
_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which the engine marks values that JSON has no type for, such as secrets."""
_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What stands for a value that is not known before the deploy, by its type (`pulumi_policy.proxy`)."""


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """One run of a stack."""

    def __init__(self) -> None:
        self._level = _LEVELS["mandatory"]
        self._levels: dict[str, proto.EnforcementLevel.ValueType] = {}
        self._exemptions: tuple[Exemption, ...] = ()
        self._config: dict[str, str] = {}

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> proto.PluginInfo:
        """The pack's version."""
        return proto.PluginInfo(version=VERSION)

    def ConfigureStack(
        self, request: proto.AnalyzerStackConfigureRequest, context: Context
    ) -> proto.AnalyzerStackConfigureResponse:
        """Take the environment, the exceptions and the budget from the stack's configuration."""
        config = self._config = dict(request.config)
        self._level = _LEVELS["advisory" if config.get(ENVIRONMENT) in ADVISORY_IN else "mandatory"]
        try:
            self._exemptions = parse(config)
            budget(config)
        except ValueError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return proto.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(self, request: empty_pb2.Empty, context: Context) -> proto.AnalyzerInfo:
        """The rules. A `--policy-pack-config` may give each another level."""
        info = proto.AnalyzerInfo(name=NAME, version=VERSION, supportsConfig=True)
        for rule in RULES:
            info.policies.add(
                name=rule.id,
                description=rule.title,
                enforcementLevel=self._level,
                severity=_SEVERITIES[rule.severity],
                remediation_steps=rule.fix,
                policy_type=proto.POLICY_TYPE_RESOURCE if rule.alone else proto.POLICY_TYPE_STACK,
            )
        return info

    def Configure(self, request: proto.ConfigureAnalyzerRequest, context: Context) -> empty_pb2.Empty:
        """Take the levels of a `--policy-pack-config`."""
        self._levels = {name: one.enforcementLevel for name, one in request.policyConfig.items()}
        return empty_pb2.Empty()

    def Analyze(self, request: proto.AnalyzeRequest, context: Context) -> proto.AnalyzeResponse:
        """Judge what a program gives one resource, before it is made."""
        resource = _resource(request)
        rules = (rule for rule in RULES if rule.alone and resource.type in rule.types)
        return self._response(one for rule in rules for one in rule.findings(resource, Graph([resource])))

    def AnalyzeStack(self, request: proto.AnalyzeStackRequest, context: Context) -> proto.AnalyzeResponse:
        """Judge what only shows when resources are seen together."""
        graph = Graph(self._configured(_resource(one)) for one in request.resources)
        response = self._response(one for one in findings(graph) if not one.rule.alone)
        for exemption in self._exemptions:
            if not exemption.holds(date.today()):
                message = f"its exception ended on {exemption.last_day}: renew or remove it"
                response.diagnostics.append(self._diagnostic(exemption.rules[0], message))
        return response

    def Remediate(self, request: proto.AnalyzeRequest, context: Context) -> proto.RemediateResponse:
        """Change nothing: a rule says what is wrong, and its owner decides."""
        return proto.RemediateResponse()

    def _configured(self, resource: Resource) -> Resource:
        """The stack itself with its configuration, which the engine tells apart."""
        return replace(resource, properties={"config": self._config}) if resource.type == t.STACK else resource

    def _response(self, found: Iterable[Finding]) -> proto.AnalyzeResponse:
        report = judge(list(found), self._exemptions, date.today())
        response = proto.AnalyzeResponse()
        for finding in report.violations:
            if self._levels.get(finding.rule.id) != proto.DISABLED:
                response.diagnostics.append(self._diagnostic(finding.rule.id, _message(finding), finding.resource.urn))
        return response

    def _diagnostic(self, rule: str, message: str, urn: str = "") -> proto.AnalyzeDiagnostic:
        known = next(one for one in RULES if one.id == rule)
        return proto.AnalyzeDiagnostic(
            policyName=rule,
            policyPackName=NAME,
            policyPackVersion=VERSION,
            description=known.title,
            message=message,
            urn=urn,
            enforcementLevel=self._levels.get(rule, self._level),
            severity=_SEVERITIES[known.severity],
        )


def serve() -> None:
    """Answer the engine until it ends."""
    server = grpc.server(ThreadPoolExecutor(4), options=_OPTIONS)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    try:
        server.start()
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(0)


def _message(finding: Finding) -> str:
    rule = finding.rule
    return (
        f"{rule.title}.\n  resource  {finding.resource.name}\n  got       {finding.got}\n"
        f"  wanted    {finding.wanted}\n  fix       {rule.fix}"
    )


def _resource(message: proto.AnalyzeRequest | proto.AnalyzerResource) -> Resource:
    """A resource as the engine tells it; what it depends on is told with the whole stack only."""
    whole = isinstance(message, proto.AnalyzerResource)
    resource = Resource(
        type=message.type,
        name=message.name,
        urn=message.urn,
        properties=_values(MessageToDict(message.properties)),
        parent=message.options.parent,
        dependencies=frozenset(message.dependencies if whole else ()),
        property_dependencies={
            name: frozenset(one.urns) for name, one in (message.propertyDependencies.items() if whole else ())
        },
        protect=message.options.protect,
    )
    return by_todays_name(resource)


def _values(value: Value) -> Value:
    """A property in JSON's types: secrets opened, what is unknown marked."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, dict):
        values = cast(Values, value)
        marked = _SIGNATURE in values and "value" in values
        return _values(values["value"]) if marked else {key: _values(one) for key, one in values.items()}
    return [_values(one) for one in cast(list[Value], value)] if isinstance(value, list) else value

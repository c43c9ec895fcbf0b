"""Web ACLs, where they stand, and where they log."""

from typing import Any

from localcloud.providers.aws import refusals_edge
from localcloud.providers.declare import Built, Describe, Prop, Resource, Tagging, Values, call, tag_list

# AWS changes an ACL only for who has seen its latest state
LOCK = Built(frozenset(), lambda values: values.get("lockToken"))


def _or_none(value: Any) -> Any:
    """An update without a field takes it away: AWS has no empty ones."""
    return value or None


DESCRIPTION = Prop("description", write=_or_none, default="")
ACL_PARAMS = {
    "DefaultAction": Prop("defaultAction"),
    "VisibilityConfig": Prop("visibilityConfig"),
    "Rules": Prop("rules", default=[]),
}
WEB_ACL = Resource(
    token="aws:wafv2/webAcl:WebAcl",
    refuse_write=(refusals_edge.bad_rules,),
    refuse_delete=(refusals_edge.acl_in_use,),
    service="wafv2",
    create=call("create_web_acl", ACL_PARAMS, Name="name", Scope="scope", Description=DESCRIPTION),
    id="Summary.Id",
    read=Describe(call("get_web_acl", Id="id", Name="name", Scope="scope"), "merge(WebACL, {LockToken: LockToken})"),
    more=(Describe(call("list_tags_for_resource", ResourceARN="arn"), "{Tags: TagInfoForResource.TagList}"),),
    implied=lambda _, told: {"Scope": "CLOUDFRONT" if ":global/" in told["ARN"] else "REGIONAL"},
    updates=(
        call(
            "update_web_acl", ACL_PARAMS, Id="id", Name="name", Scope="scope", Description=DESCRIPTION, LockToken=LOCK
        ),
    ),
    replace_on=frozenset({"name", "scope"}),
    delete=call("delete_web_acl", Id="id", Name="name", Scope="scope", LockToken=LOCK),
    outputs={"arn": "ARN", "lockToken": "LockToken"},
    computed=lambda operation, _: {"capacity": refusals_edge.capacity(operation.values.get("rules") or [])},
    tags=Tagging(
        add=call("tag_resource", ResourceARN="arn", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceARN="arn", TagKeys="keys"),
    ),
    autoname="name",
    autoname_max=128,
    unobeyed=dict.fromkeys(("defaultAction", "scope", "visibilityConfig"), "requests pass as if each rule let them"),
    notes=lambda values: ["rules: requests pass as if each rule let them"] if values.get("rules") else [],
)


def _acl(values: Values) -> str:
    return f"WebACL.ARN=='{values['webAclArn']}' && WebACL"


WEB_ACL_ASSOCIATION = Resource(
    token="aws:wafv2/webAclAssociation:WebAclAssociation",
    service="wafv2",
    create=call("associate_web_acl", WebACLArn=Prop("webAclArn", at="ARN"), ResourceArn=Prop("resourceArn", at="")),
    id=lambda values, _: f"{values['webAclArn']},{values['resourceArn']}",
    read=Describe(call("get_web_acl_for_resource", ResourceArn="resourceArn"), _acl),
    delete=call("disassociate_web_acl", ResourceArn="resourceArn"),
)

LOGGING_PARAMS = {
    "LoggingConfiguration.ResourceArn": Prop("resourceArn", at="ResourceArn"),
    "LoggingConfiguration.LogDestinationConfigs": Prop("logDestinationConfigs", at="LogDestinationConfigs"),
    "LoggingConfiguration.LoggingFilter": Prop("loggingFilter", at="LoggingFilter", default={}, write=_or_none),
    "LoggingConfiguration.RedactedFields": Prop("redactedFields", at="RedactedFields", default=[]),
}
WEB_ACL_LOGGING = Resource(
    token="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    idle="no log is written",
    refuse_write=(refusals_edge.waf_log_group,),
    service="wafv2",
    create=call("put_logging_configuration", LOGGING_PARAMS),
    id="LoggingConfiguration.ResourceArn",
    read=Describe(call("get_logging_configuration", ResourceArn="id"), "LoggingConfiguration"),
    updates=(call("put_logging_configuration", LOGGING_PARAMS),),
    replace_on=frozenset({"resourceArn", "logDestinationConfigs"}),
    delete=call("delete_logging_configuration", ResourceArn="id"),
)

RESOURCES = (WEB_ACL, WEB_ACL_ASSOCIATION, WEB_ACL_LOGGING)

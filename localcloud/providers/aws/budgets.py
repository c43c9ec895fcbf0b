"""Budgets of AWS Budgets; nothing costs anything here."""

from collections.abc import Mapping
from typing import Any

from localcloud.providers.aws import refusals_notices
from localcloud.providers.declare import (
    Built,
    Call,
    Describe,
    Operations,
    Prop,
    Resource,
    Tagging,
    call,
    tag_list,
)

ACCOUNT = Prop("accountId", default="000000000000", at="")
ARN = Built(frozenset(), lambda values: f"arn:aws:budgets::{ACCOUNT.value(values)}:budget/{values['name']}")


def _filters(filters: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {one["name"]: one["values"] for one in filters}


def _put(operation: str, at: str) -> Call:
    params = {
        "BudgetName": Prop("name"),
        "BudgetType": Prop("budgetType"),
        "TimeUnit": Prop("timeUnit"),
        "BudgetLimit.Amount": Prop("limitAmount"),
        "BudgetLimit.Unit": Prop("limitUnit"),
        "CostFilters": Prop("costFilters", write=_filters, read=_from_filters, at="CostFilters"),
        "CostTypes": Prop("costTypes"),
    }
    named = {f"{at}.{path}": Prop(one.name, one.write, one.read, one.at or path) for path, one in params.items()}
    return call(operation, named, AccountId=ACCOUNT)


def _from_filters(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "values": values} for name, values in told.items()]


def _threshold(one: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name[0].upper()}{name[1:]}": value for name, value in one.items() if not name.startswith("subscriber")}


def _thresholds(notifications: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_threshold(one) for one in notifications]


def _set_notifications(operation: Operations) -> None:
    """A notification is known by all that it says: those that are there go, those that are asked for come."""
    client, values = operation.client(), operation.values
    of = {"AccountId": ACCOUNT.value(values), "BudgetName": values["name"]}
    for one in client.describe_notifications_for_budget(**of)["Notifications"]:
        client.delete_notification(**of, Notification=one)
    for one in values.get("notifications") or ():
        told = {"EMAIL": one.get("subscriberEmailAddresses"), "SNS": one.get("subscriberSnsTopicArns")}
        people = [{"SubscriptionType": kind, "Address": each} for kind, all in told.items() for each in all or ()]
        client.create_notification(**of, Notification=_threshold(one), Subscribers=people)


def _arn(operation: Operations, _: Any) -> dict[str, Any]:
    return {"arn": ARN.value(operation.values), "accountId": ACCOUNT.value(operation.values)}


BUDGET = Resource(
    token="aws:budgets/budget:Budget",
    service="budgets",
    refuse_write=(refusals_notices.no_amount,),
    create=_put("create_budget", "Budget"),
    id=lambda values, _: f"{ACCOUNT.value(values)}:{values['name']}",
    read=Describe(call("describe_budget", AccountId=ACCOUNT, BudgetName="name"), "Budget"),
    more=(
        Describe(call("describe_notifications_for_budget", AccountId=ACCOUNT, BudgetName="name"), "@"),
        Describe(call("list_tags_for_resource", ResourceARN=ARN), "{Tags: ResourceTags}"),
    ),
    updates=(_put("update_budget", "NewBudget"),),
    kept=frozenset({"costFilters", "costTypes", "limitAmount", "limitUnit"}),
    replace_on=frozenset({"name", "accountId"}),
    delete=call("delete_budget", AccountId=ACCOUNT, BudgetName="name"),
    reads=(Prop("notifications", write=_thresholds, at="Notifications"),),
    computed=_arn,
    only_engine=frozenset({"notifications"}),
    after_write=_set_notifications,
    tags=Tagging(
        add=call("tag_resource", ResourceARN=ARN, ResourceTags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceARN=ARN, ResourceTagKeys="keys"),
    ),
    autoname="name",
    autoname_max=100,
    notes=lambda _: ["nothing is spent here, and so nobody is told"],
)

RESOURCES = (BUDGET,)

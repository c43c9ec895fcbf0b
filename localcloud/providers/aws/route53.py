"""Hosted zones and their records."""

import uuid
from collections.abc import Callable
from typing import Any

from localcloud.providers.aws import refusals_edge
from localcloud.providers.declare import Built, Describe, Function, Operations, Prop, Resource, Values, call
from localcloud.providers.operations import ProviderError


def _dotted(name: str) -> str:
    return f"{name.lower().rstrip('.')}."


def _targets(aliases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "HostedZoneId": one["zoneId"],
            "DNSName": _dotted(one["name"]),
            "EvaluateTargetHealth": one["evaluateTargetHealth"],
        }
        for one in aliases
    ]


def _aliases(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "zoneId": one["HostedZoneId"],
            "name": one["DNSName"].rstrip("."),
            "evaluateTargetHealth": one["EvaluateTargetHealth"],
        }
        for one in targets
    ]


def _change(action: str) -> Built:
    """A record as one change of its zone; a new one is made over another only if the program says so."""

    def build(values: Values) -> dict[str, Any]:
        record: dict[str, Any] = {"Name": values["fqdn"], "Type": values["type"]}
        if values.get("aliases"):
            record["AliasTarget"] = _targets(values["aliases"])[0]
        else:
            record |= {
                "TTL": values.get("ttl"),
                "ResourceRecords": [{"Value": one} for one in values.get("records") or ()],
            }
        made = "UPSERT" if values.get("allowOverwrite") else action
        return {"Changes": [{"Action": made, "ResourceRecordSet": record}]}

    return Built(frozenset({"name", "type", "aliases", "ttl", "records"}), build)


def _in_zone(operation: Operations) -> None:
    """AWS's provider completes a name that does not end in its zone's."""
    zone = operation.client().get_hosted_zone(Id=operation.values["zoneId"])["HostedZone"]["Name"].rstrip(".")
    name = operation.values["name"].lower().rstrip(".")
    operation.values["fqdn"] = name if name.endswith(zone) else f"{name}.{zone}".lstrip(".")


def _as_given(values: Values, told: Any) -> dict[str, Any]:
    """A record's zone by its bare id, and its name as the program gave it, which may leave out the zone's."""
    name, given, zone = told["Name"].rstrip("."), str(values.get("name", "")), told["Zone"]
    same = name in (given.lower().rstrip("."), f"{given.lower()}.{zone['Name'].rstrip('.')}")
    return {"given": given if same else name, "zoneId": zone["Id"].rpartition("/")[2]}


def _remove(operation: Operations) -> None:
    """A record is removed by all that it says."""
    if found := operation.describe():
        record = {name: value for name, value in found.items() if name not in ("Zone", "given", "zoneId")}
        changes = [{"Action": "DELETE", "ResourceRecordSet": record}]
        zone = operation.values["zoneId"]
        operation.client().change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


RECORD = Resource(
    token="aws:route53/record:Record",
    refuse_write=(refusals_edge.record_outside_zone,),
    service="route53",
    before_write=_in_zone,
    create=call("change_resource_record_sets", HostedZoneId=Prop("zoneId", at=""), ChangeBatch=_change("CREATE")),
    id=lambda values, _: f"{values['zoneId']}_{values['fqdn']}_{values['type']}",
    read=Describe(
        call("list_resource_record_sets", HostedZoneId="zoneId", StartRecordName="fqdn", StartRecordType="type"),
        lambda values: f"ResourceRecordSets[?Name=='{values['fqdn']}.' && Type=='{values['type']}'] | [0]",
    ),
    updates=(call("change_resource_record_sets", HostedZoneId="zoneId", ChangeBatch=_change("UPSERT")),),
    import_id="{zoneId}_{name}_{type}",
    on_import=_in_zone,
    replace_on=frozenset({"zoneId", "name", "type"}),
    dropped=frozenset({"aliases", "records", "ttl"}),
    before_delete=_remove,
    more=(Describe(call("get_hosted_zone", Id="zoneId"), "{Zone: HostedZone}"),),
    implied=_as_given,
    reads=(
        *(Prop("zoneId"), Prop("name", at="given"), Prop("type", at="Type")),
        Prop("ttl", at="TTL"),
        Prop("records", at="ResourceRecords[].Value"),
        Prop("aliases", at="AliasTarget && [AliasTarget]", write=_targets, read=_aliases),
    ),
    computed=lambda operation, found: {"fqdn": found["Name"].rstrip(".")},
    unobeyed={"ttl": "nobody here keeps what a name leads to"},
    only_engine=frozenset({"allowOverwrite"}),
)


def _zone(client: Any, values: Values, log: Callable[[str], None]) -> dict[str, Any]:
    """A stack's zone is there before the stack, on AWS; here it is made for the rehearsal, once."""
    if values.get("zoneId"):
        return {}
    name = _dotted(values["name"])
    for zone in client.list_hosted_zones_by_name(DNSName=name)["HostedZones"]:
        if zone["Name"] == name and zone["Config"]["PrivateZone"] == bool(values.get("privateZone")):
            return {"zoneId": zone["Id"].rpartition("/")[2]}
    if values.get("privateZone"):
        raise ProviderError("no matching Route 53 Hosted Zone found")
    made = client.create_hosted_zone(Name=name, CallerReference=str(uuid.uuid4()))
    log(f"hosted zone {name.rstrip('.')} made for the rehearsal: on AWS it must be there")
    return {"zoneId": made["HostedZone"]["Id"].rpartition("/")[2]}


def _zone_ids(result: dict[str, Any], values: Values) -> dict[str, Any]:
    id = result["zoneId"].rpartition("/")[2]
    return {
        **result,
        "id": id,
        "zoneId": id,
        "arn": f"arn:aws:route53:::hostedzone/{id}",
        "name": result["name"].rstrip("."),
    }


RESOURCES = (RECORD,)
FUNCTIONS = (
    Function(
        token="aws:route53/getZone:getZone",
        service="route53",
        before=_zone,
        call=call("get_hosted_zone", Id="zoneId"),
        returns={
            "zoneId": "HostedZone.Id",
            "name": "HostedZone.Name",
            "privateZone": "HostedZone.Config.PrivateZone",
            "comment": "HostedZone.Config.Comment",
            "callerReference": "HostedZone.CallerReference",
            "nameServers": "DelegationSet.NameServers",
            "primaryNameServer": "DelegationSet.NameServers[0]",
            "resourceRecordSetCount": "HostedZone.ResourceRecordSetCount",
        },
        finish=_zone_ids,
        ignores=frozenset({"region", "name", "privateZone"}),
    ),
)

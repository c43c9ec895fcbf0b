"""Certificates, and waiting for their validation."""

from typing import Any

from localcloud.providers.aws import refusals_edge
from localcloud.providers.declare import Describe, Operations, Prop, Resource, Tagging, Values, call, tag_list

VALIDATION_SECONDS = 60
"""AWS's provider waits 75 minutes: for people who make the records by hand. Here they are there, or never will be."""


def _names(operation: Operations, description: dict[str, Any]) -> dict[str, Any]:
    return {
        "domainValidationOptions": [
            {
                "domainName": one["DomainName"],
                "resourceRecordName": one["ResourceRecord"]["Name"],
                "resourceRecordType": one["ResourceRecord"]["Type"],
                "resourceRecordValue": one["ResourceRecord"]["Value"],
            }
            for one in description["DomainValidationOptions"]
        ]
    }


def _with_names(values: Values) -> str:
    """AWS counts the domain itself among the alternative names, and a program may leave it out."""
    domain, names = values.get("domainName"), "Certificate.SubjectAlternativeNames"
    if domain not in (values.get("subjectAlternativeNames") or ()):
        names += f"[?@ != '{domain}']"
    return f"merge(Certificate, {{Names: {names}}})"


def _domain_of(operation: Operations) -> None:
    told = operation.client().describe_certificate(CertificateArn=operation.id)["Certificate"]
    operation.values["domainName"] = told["DomainName"]


CERTIFICATE = Resource(
    token="aws:acm/certificate:Certificate",
    idle="it ends no TLS: the one local port is plain HTTP",
    refuse_delete=(refusals_edge.certificate_in_use,),
    service="acm",
    create=call(
        "request_certificate",
        DomainName="domainName",
        SubjectAlternativeNames=Prop("subjectAlternativeNames", at="Names"),
        ValidationMethod=Prop("validationMethod", at="DomainValidationOptions[0].ValidationMethod"),
        KeyAlgorithm="keyAlgorithm",
        Options="options",
    ),
    id="CertificateArn",
    on_import=_domain_of,
    kept=frozenset({"options"}),
    implicit={"options": {"CertificateTransparencyLoggingPreference": "ENABLED"}},
    read=Describe(call("describe_certificate", CertificateArn="id"), _with_names),
    more=(Describe(call("list_tags_for_certificate", CertificateArn="id"), "{Tags: Tags}"),),
    updates=(call("update_certificate_options", CertificateArn="id", Options="options"),),
    delete=call("delete_certificate", CertificateArn="id"),
    outputs={"arn": "CertificateArn", "status": "Status", "type": "Type"},
    computed=_names,
    tags=Tagging(
        add=call("add_tags_to_certificate", CertificateArn="id", Tags=Prop("tags", write=tag_list())),
        remove=call(
            "remove_tags_from_certificate",
            CertificateArn="id",
            Tags=Prop("keys", write=lambda keys: [{"Key": key} for key in keys]),
        ),
    ),
)


def _await_issue(operation: Operations) -> None:
    """The certificate is issued once each of its records is in a hosted zone."""
    arn = operation.values["certificateArn"]

    def missing() -> list[str]:
        options = operation.client().describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
        waiting = (one["ResourceRecord"] for one in options if one["ValidationStatus"] != "SUCCESS")
        return sorted({f"{one['Name']} {one['Type']} {one['Value']}" for one in waiting})

    what = f"certificate issued, for which Route 53 has no record {', '.join(missing())}"
    operation.until(lambda: not missing(), what, VALIDATION_SECONDS)


CERTIFICATE_VALIDATION = Resource(
    token="aws:acm/certificateValidation:CertificateValidation",
    refuse_write=(refusals_edge.validation_records,),
    service="acm",
    create=call("describe_certificate", CertificateArn="certificateArn"),
    id=lambda values, _: values["certificateArn"],
    read=Describe(call("describe_certificate", CertificateArn="certificateArn"), "Certificate"),
    after_create=_await_issue,
    only_engine=frozenset({"validationRecordFqdns"}),
    replace_on=frozenset({"validationRecordFqdns"}),
)

RESOURCES = (CERTIFICATE, CERTIFICATE_VALIDATION)

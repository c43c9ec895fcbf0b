"""The names that people type: the hosted zone, who answers for it, and a certificate that is there already."""

from collections.abc import Iterator
from typing import Any

from ops.doctor.resolver import nameservers
from ops.doctor.surroundings import Surroundings, there
from ops.doctor.verdict import Verdict, missing, ok, unknown

ZONE, DELEGATION, CERTIFICATE = "hosted zone", "delegation", "certificate"


def zone(around: Surroundings) -> Iterator[Verdict]:
    """A public zone of the domain in this account, and that the world asks it.

    Source: Amazon Route 53 Developer Guide, "Making Route 53 the DNS service for an existing domain".
    """
    for name in _zones(around):
        client = around.client("route53", around.home)
        found = client.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
        alike = [one for one in found if one["Name"] == f"{name}."]
        public = [one for one in alike if not one["Config"]["PrivateZone"]]
        if public:
            yield ok(ZONE, f"{name} is {public[0]['Id'].rpartition('/')[2]}")
            told = client.get_hosted_zone(Id=public[0]["Id"])["DelegationSet"]["NameServers"]
            yield _delegation(around, name, {one.lower().rstrip(".") for one in told})
        else:
            mend = (
                f"aws route53 create-hosted-zone --name {name} --caller-reference first, or your own domain in the file"
            )
            private = " but a private one" if alike else ""
            yield missing(ZONE, f"this account has no zone {name}{private}", mend)


def _zones(around: Surroundings) -> list[str]:
    asked = [given for function, given in around.program.looked_up if function == "getZone"] if around.program else []
    return sorted({str(one["name"]) for one in asked})


def _delegation(around: Surroundings, name: str, told: set[str]) -> Verdict:
    """Without it a certificate is never issued: nobody finds its proof."""
    if around.is_local:
        return ok(DELEGATION, f"not needed: {name} is rehearsed here")
    found = nameservers(name)
    if found is None:
        return unknown(DELEGATION, "no resolver answers here", f"dig NS {name}")
    if found & told:
        return ok(DELEGATION, f"{name} leads to this zone")
    whose = f"leads to {', '.join(sorted(found))}" if found else "leads nowhere"
    mend = f"at your registrar, or in the zone above it, name {', '.join(sorted(told))}"
    return missing(DELEGATION, f"{name} {whose}, and not to this zone", mend)


def certificate(around: Surroundings) -> Iterator[Verdict]:
    """A certificate by its ARN: there, issued, of the stack's region. Of a file that is refused, that comes first."""
    arn: Any = around.file.structured("fargate:load_balancer").get("certificate_arn")
    if not around.program or not isinstance(arn, str):
        return
    if (region := arn.split(":")[3]) != around.region:
        mend = f"aws acm request-certificate --region {around.region} …, or import it there"
        yield missing(CERTIFICATE, f"it is of {region}, and the load balancer of {around.region}", mend)
        return
    found = there(lambda: around.client("acm").describe_certificate(CertificateArn=arn))
    status = found["Certificate"]["Status"] if found else "not there"
    if status == "ISSUED":
        yield ok(CERTIFICATE, f"{arn.rpartition('/')[2]} is issued")
    else:
        mend = f"aws acm describe-certificate --certificate-arn {arn} --region {around.region}"
        yield missing(CERTIFICATE, f"{arn} is {status}", mend)

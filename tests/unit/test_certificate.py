import re

import pytest

from components import Certificate, CertificateArgs, Domain

CERTIFICATE, RECORD = "aws:acm/certificate:Certificate", "aws:route53/record:Record"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"


def certificate(*names, zone="example.com", **arguments):
    domain = Domain(names=names, zone=zone)
    return lambda: Certificate("web", CertificateArgs(domain=domain, zone_id="Z1", **arguments))


def test_a_certificate_for_every_name(deploy, cloud):
    made = deploy(certificate("www.example.com", "example.com", tags={"team": "a"}))
    assert cloud.one(CERTIFICATE).inputs == {
        "domainName": "www.example.com",
        "subjectAlternativeNames": ["example.com"],
        "validationMethod": "DNS",
        "tags": {"Name": "web", "team": "a"},
    }
    records = {one.name: one.inputs for one in cloud.all(RECORD)}
    assert all(one.retain for one in cloud.all(RECORD)), "another certificate may need them"
    assert records == {
        f"web-{host}": {
            "zoneId": "Z1",
            "name": f"_proof.{host}",
            "type": "CNAME",
            "records": [f"{host}.acm.example"],
            "ttl": 300,
            "allowOverwrite": True,
        }
        for host in ("www.example.com", "example.com")
    }
    assert cloud.one(VALIDATION).inputs == {
        "certificateArn": "arn:Certificate:web",
        "validationRecordFqdns": ["_proof.www.example.com", "_proof.example.com"],
    }
    assert deploy.known(made.arn) == "arn:Certificate:web"


def test_a_wildcard_shares_its_domain_s_record(deploy, cloud):
    deploy(certificate("*.example.com", "example.com"))
    assert [one.name for one in cloud.all(RECORD)] == ["web-example.com"]


def test_a_wildcard_alone_has_a_record_too(deploy, cloud):
    deploy(certificate("*.example.com"))
    assert "subjectAlternativeNames" not in cloud.one(CERTIFICATE).inputs
    assert [one.name for one in cloud.all(RECORD)] == ["web-example.com"]


@pytest.mark.parametrize(
    ("names", "zone", "message"),
    [
        (("www.example.org",), "example.com", "name 'www.example.org' is outside the zone 'example.com'"),
        (("badexample.com",), "example.com", "name 'badexample.com' is outside the zone 'example.com'"),
        (("WWW.example.com",), "example.com", "name must be a host such as www.example.com or *.example.com"),
        (("*.*.example.com",), "example.com", "name must be a host"),
        (("-a.example.com",), "example.com", "name must be a host"),
        ((), "example.com", "names must be 1 to 10 host names, got 0"),
        (tuple(f"a{n}.example.com" for n in range(11)), "example.com", "names must be 1 to 10 host names, got 11"),
        (("a.example.com", "a.example.com"), "example.com", "name 'a.example.com' is there 2 times"),
        (("a" * 60 + ".example.com",), "example.com", "the first name may have 64 characters, got 72"),
        (("a.example.com",), "example", "zone must be a domain such as example.com, in lower case, got 'example'"),
    ],
)
def test_names_that_no_certificate_could_have(names, zone, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Domain(names=names, zone=zone)


@pytest.mark.parametrize(
    ("host", "covered"),
    [("example.com", True), ("a.example.com", True), ("b.a.example.com", False), ("example.org", False)],
)
def test_what_a_certificate_is_good_for(host, covered):
    assert Domain(names=("example.com", "*.example.com"), zone="example.com").covers(host) is covered


def test_the_name_that_is_shown_is_no_wildcard():
    assert Domain(names=("*.example.com", "example.com"), zone="example.com").shown == "example.com"
    assert Domain(names=("*.example.com",), zone="example.com").shown is None

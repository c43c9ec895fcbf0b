"""Certificates that are issued once they are validated; ministack's are issued at once."""

from collections.abc import Callable
from typing import Any

PENDING = "PENDING_VALIDATION"
DEFAULTS = {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"}
"""Options of a certificate that is given none (ACM API Reference, "CertificateOptions")."""


class Certificates:
    """Wraps of ACM's handlers: a certificate waits for its records in Route 53."""

    def __init__(self, acm: Any, route53: Any) -> None:
        self._acm = acm
        self._route53 = route53

    def request(self, request: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A new certificate is of the key that it asks for, and is not issued."""

        def requested(data: Any) -> Any:
            before = set(self._acm._certificates)
            answer = request(data)
            for arn in set(self._acm._certificates) - before:
                certificate = self._acm._certificates[arn]
                certificate |= {"Status": PENDING, "KeyAlgorithm": data.get("KeyAlgorithm", "RSA_2048")}
                certificate["Options"] = DEFAULTS | data.get("Options", {})
                for option in certificate["DomainValidationOptions"]:
                    option["ValidationStatus"] = PENDING
            return answer

        return requested

    def shape(self, shape: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A certificate as it is now: what was once issued stays so."""

        def shaped(cert: Any) -> Any:
            options = cert.get("DomainValidationOptions", [])
            if cert["Status"] == PENDING:
                for option in options:
                    option["ValidationStatus"] = "SUCCESS" if self._is_there(option["ResourceRecord"]) else PENDING
                if all(option["ValidationStatus"] == "SUCCESS" for option in options):
                    cert["Status"] = "ISSUED"
            return {**shape(cert), "KeyAlgorithm": cert.get("KeyAlgorithm", "RSA_2048")}

        return shaped

    def _is_there(self, wanted: dict[str, str]) -> bool:
        return any(
            (one["Name"], one["Type"]) == (wanted["Name"], wanted["Type"])
            and wanted["Value"].rstrip(".") in [value.rstrip(".") for value in one.get("ResourceRecords", ())]
            for records in self._route53._records.values()
            for one in records
        )

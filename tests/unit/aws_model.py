"""AWS's own models of its calls, as botocore has them: what a fake client is asked must be what AWS takes."""

from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def check(service: str, operation: str, asked: dict[str, Any]) -> None:
    """Fail on parameters that AWS does not know, lacks or takes otherwise."""
    shape = _model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(asked, shape)
    assert not report.has_errors(), report.generate_report()

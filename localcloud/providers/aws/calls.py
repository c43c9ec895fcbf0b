"""The calls of AWS's API that a deploy makes, kept for who wants to look at them or to make them again elsewhere.

With `LOCALCLOUD_CALLS=FILE` at `python -m localcloud start`, each call is a line of JSON there, in the order of the
answers: `service` and `operation` (boto3's names), `region`, `params`, and `answer`, or `error` (its code). What the
local cloud asks by itself, to refuse what AWS would refuse, is left out. Nothing ever shortens the file.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore import xform_name

Recorder = Callable[[Any], None]
"""Takes a new client, whose calls it keeps from then on."""


def recorder(file: str) -> Recorder | None:
    """What keeps calls in a file; None without one. The file's folder is made when needed."""
    if not file:
        return None
    path = Path(file).expanduser().absolute()
    path.parent.mkdir(parents=True, exist_ok=True)

    def asked(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = json.loads(json.dumps(params, default=str))  # botocore completes them in place

    def answered(parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        error = (parsed.get("Error") or {}).get("Code")
        answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        line = {
            "service": model.service_model.service_name,
            "region": context["client_region"],
            "operation": xform_name(model.name),
            "params": context["asked"],
            **({"error": error} if error else {"answer": answer}),
        }
        with path.open("a") as out:  # one write of one line, whoever else writes meanwhile
            out.write(json.dumps(line, default=str) + "\n")

    def keep(client: Any) -> None:
        client.meta.events.register_first("provide-client-params", asked)
        client.meta.events.register_last("after-call", answered)

    return keep

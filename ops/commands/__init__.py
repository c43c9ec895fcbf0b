"""The commands as people type them: arguments in, the right module called, an exit code out."""

from typing import Annotated

import typer

VIOLATED, MISUSED = 1, 2
"""Exit codes: the answer is no; it could not be asked."""

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack, by its file Pulumi.STACK.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

"""The command line, and what its commands have in common: a usage error is a message and exit code 2, no traceback."""

import contextlib
import errno
import sys

import typer

from ops.commands import MISUSED, account, act, before, deliver, look
from ops.error import OpsError
from ops.output import discard, write

app = typer.Typer(
    help="Commands around a stack: before a deploy, and while it runs, on AWS or on the local cloud.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for commands in (before, look, act, deliver, account):
    app.add_typer(commands.app)


def main() -> int:
    """Run the command line."""
    try:
        return app(standalone_mode=False) or 0
    except OpsError as error:
        return _misused(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        discard(sys.stdout)
        return _misused(f"cannot write the output: {error.strerror}")
    except Exception as error:
        if type(error).__module__.startswith("botocore"):
            from ops.aws_error import told

            return _misused(told(error))
        if not hasattr(error, "show"):
            raise
        with contextlib.suppress(OSError):
            error.show()  # type: ignore[attr-defined] - click's usage errors know how to print themselves
        return MISUSED


def _misused(problem: str) -> int:
    with contextlib.suppress(OSError):  # nobody is left to be told
        write(f"error: {problem}\n", sys.stderr)
    return MISUSED

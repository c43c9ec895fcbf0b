import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from ops.error import OpsError
from ops.process import answer, streamed

TEACHES = """
import signal, sys, time
caught = []
signal.signal(signal.SIGINT, lambda *_: caught.append(1))
print("ready", flush=True)
while not caught:
    time.sleep(0.01)
time.sleep(0.3)
print(f"ended in good order after {len(caught)}", flush=True)
sys.exit(3)
"""


def python(text):
    return [sys.executable, "-c", text]


def test_each_line_is_shown_as_it_comes(tmp_path):
    shown = []
    ended = streamed(
        python("print('one'); print('two  '); raise SystemExit(4)"), tmp_path, os.environ, shown.append, ""
    )
    assert (ended.code, shown, ended.said) == (4, ["one", "two"], "one\ntwo")


def test_what_is_no_program_is_told(tmp_path):
    with pytest.raises(OpsError, match="no such thing"):
        streamed(["no-such-program"], tmp_path, os.environ, print, "no such thing")
    with pytest.raises(OpsError, match="no such thing"):
        answer(["no-such-program"], tmp_path, os.environ, "", "no such thing")


def test_what_is_told_is_read_and_what_is_said_kept(tmp_path):
    ended = answer(python("import sys; print(sys.stdin.read()[::-1])"), tmp_path, os.environ, "abc", "")
    assert (ended.code, ended.said) == (0, "cba")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_command_once_whoever_sends_it(tmp_path, number):
    """As a terminal sends it: to this process and to all that it has started."""
    ours = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from ops.process import streamed
        show = lambda line: print(line, flush=True)
        ended = streamed([sys.executable, "-c", sys.argv[1]], Path.cwd(), os.environ, show, "")
        print("code", ended.code)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", ours, TEACHES], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    os.killpg(process.pid, number)
    out, _ = process.communicate(timeout=20)
    assert out == "ended in good order after 1\ncode 3\n"


def test_afterwards_signals_do_what_they_did_before(tmp_path):
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    streamed(python(""), tmp_path, os.environ, print, "")
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_goes_on_to_the_command_in_this_process_too(tmp_path):
    shown = []

    def show(line):
        shown.append(line)
        if line == "ready":
            os.kill(os.getpid(), signal.SIGTERM)

    assert streamed(python(TEACHES), tmp_path, os.environ, show, "").code == 3
    assert shown == ["ready", "ended in good order after 1"]

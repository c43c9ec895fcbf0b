"""The image of a container that waits forever, to hold the network of a task's containers.

It has one executable, of two instructions: the system call `pause`, and a jump back to it. It needs no registry, and no
file of any base image.
"""

import io
import platform
import struct
import tarfile
from typing import Any

from localcloud.providers.docker.build import has_image

NAME = "localcloud/pause:1"
BASE = 0x400000
HEADERS = 64 + 56  # of the file, and of its one segment (System V ABI, "Object Files")
X86_64, AARCH64 = 62, 183
CODE = {
    X86_64: bytes.fromhex("b822000000 0f05 ebf7"),  # mov eax, 34 (pause); syscall; jmp to the start
    AARCH64: bytes.fromhex("280980d2 010080d2 000080d2 020080d2 030080d2 010000d4 faffff17"),  # ppoll(0, 0, 0, 0); b
}
CHANGES = ['ENTRYPOINT ["/pause"]']


def pause_image(docker: Any) -> str:
    """The image's name; it is made when Docker does not have it."""
    if not has_image(docker, NAME):
        repository, _, tag = NAME.partition(":")
        docker.api.import_image_from_data(archive(), repository=repository, tag=tag, changes=CHANGES)
    return NAME


def archive() -> bytes:
    """The image's file system."""
    machine = AARCH64 if platform.machine() in ("aarch64", "arm64") else X86_64
    file = executable(machine)
    entry = tarfile.TarInfo("pause")
    entry.size, entry.mode = len(file), 0o755
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(file))
    return packed.getvalue()


def executable(machine: int) -> bytes:
    """An ELF file of one segment that is loaded where it says, and runs from behind its headers."""
    code = CODE[machine]
    size = HEADERS + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = struct.pack("<16sHHIQQQIHHHHHH", identity, 2, machine, 1, BASE + HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size, 0x1000)
    return header + segment + code

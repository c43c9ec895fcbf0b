"""Who answers for a domain, by the resolver of this machine: Python's own functions know addresses only."""

import re
import secrets
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

PORT = 53
SECONDS = 3
_RESOLVERS = Path("/etc/resolv.conf")
_NS, _INTERNET, _RECURSION = 2, 1, 0x0100
_POINTER = 0xC0
_NO_SUCH_NAME = 3


def nameservers(domain: str) -> set[str] | None:
    """Names of the servers that a domain is delegated to, without their last dot; None where no resolver answers.

    Source: RFC 1035, "Messages".
    """
    configured = _RESOLVERS.read_text() if _RESOLVERS.is_file() else ""
    for resolver in re.findall(r"^\s*nameserver\s+(\S+)", configured, re.MULTILINE):
        try:
            return _asked(resolver, domain)
        except (OSError, ValueError, struct.error, IndexError):
            continue
    return None


def _asked(resolver: str, domain: str) -> set[str]:
    number = secrets.randbelow(1 << 16)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in domain.split("."))
    question = struct.pack(">6H", number, _RECURSION, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, _NS, _INTERNET)
    family = socket.AF_INET6 if ":" in resolver else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as to:
        to.settimeout(SECONDS)
        to.connect((resolver, PORT))
        to.send(question)
        answer = to.recv(4096)
    found, flags, _, answers, _, _ = struct.unpack_from(">6H", answer)
    if found != number or flags & 0xF not in (0, _NO_SUCH_NAME):
        raise ValueError(f"{resolver} does not answer")
    return set(_names(answer, len(question), answers))


def _names(answer: bytes, at: int, count: int) -> Iterator[str]:
    for _ in range(count):
        at = _name(answer, at)[1]
        kind, _, _, length = struct.unpack_from(">HHIH", answer, at)
        at += 10
        if kind == _NS:
            yield _name(answer, at)[0].lower()
        at += length


def _name(answer: bytes, at: int) -> tuple[str, int]:
    """A name, whose end may be written elsewhere, and where what follows it begins."""
    labels: list[str] = []
    end = 0
    for _ in range(len(answer)):
        length = answer[at]
        if length >= _POINTER:
            end = end or at + 2
            at = struct.unpack_from(">H", answer, at)[0] & 0x3FFF
        elif length:
            labels.append(answer[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
        else:
            return ".".join(labels), end or at + 1
    raise ValueError("a name without an end")

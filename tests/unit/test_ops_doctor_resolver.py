"""Who a domain is delegated to, asked of a resolver of the test's own."""

import socket
import struct
import threading

import pytest

from ops.doctor import resolver

SERVERS = (b"\x04ns-1\x06awsdns\x03ORG\x00", b"\x04ns-2\xc0\x0c")
"""Two names; the second ends in the question's own, at byte 12 of the answer."""


@pytest.fixture
def asks(monkeypatch, tmp_path):
    """Let one datagram be answered, by what a test makes of the question; then say what is found."""
    configuration = tmp_path / "resolv.conf"
    monkeypatch.setattr(resolver, "_RESOLVERS", configuration)

    def ask(answer=None, lines="# local\nnameserver 127.0.0.1\n"):
        configuration.write_text(lines)
        monkeypatch.setattr(resolver, "SECONDS", 10 if answer else 0.2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(20)
            monkeypatch.setattr(resolver, "PORT", server.getsockname()[1])

            def serve():
                if answer:
                    question, whose = server.recvfrom(512)
                    server.sendto(answer(question), whose)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            found = resolver.nameservers("example.com")
            thread.join()
            return found

    return ask


def message(question, records=(), code=0, number=None):
    head = question[:2] if number is None else struct.pack(">H", number)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data for kind, data in records)
    return head + struct.pack(">5H", 0x8180 | code, 1, len(records), 0, 0) + question[12:] + body


def test_names_of_servers_are_read_also_where_they_end_elsewhere(asks):
    records = [(2, SERVERS[0]), (5, b"\x01x\x00"), (2, SERVERS[1])]
    assert asks(lambda question: message(question, records)) == {"ns-1.awsdns.org", "ns-2.example.com"}


def test_the_question_is_for_name_servers(asks):
    seen = []
    asks(lambda question: seen.append(question) or message(question))
    assert seen[0][2:] == struct.pack(">5H", 0x0100, 1, 0, 0, 0) + b"\x07example\x03com\x00" + struct.pack(">HH", 2, 1)


def test_a_domain_that_there_is_not_leads_nowhere(asks):
    assert asks(lambda question: message(question, code=3)) == set()


@pytest.mark.parametrize(
    "answer",
    [
        lambda question: message(question, code=2),
        lambda question: message(question, number=(int.from_bytes(question[:2], "big") + 1) % 65536),
        lambda question: b"short",
        lambda question: message(question, [(2, b"\xc0\xff")]),
        lambda question: message(question, [(2, b"\xc0" + bytes([len(question) + 12]))]),
        None,
    ],
    ids=["a failure", "another's answer", "too short", "a name beyond the end", "a name in a circle", "silence"],
)
def test_a_resolver_that_does_not_answer_is_none(asks, answer):
    assert asks(answer) is None


def test_the_next_resolver_is_asked(asks):
    found = asks(lambda question: message(question, [(2, SERVERS[0])]), "nameserver ::g\nnameserver 127.0.0.1\n")
    assert found == {"ns-1.awsdns.org"}


def test_a_machine_without_resolvers(asks, monkeypatch, tmp_path):
    assert asks(lines="") is None
    monkeypatch.setattr(resolver, "_RESOLVERS", tmp_path / "none")
    assert resolver.nameservers("example.com") is None

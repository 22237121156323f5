"""Python's ssl module as a client: python.py VERB NAME PORT ROOT; as a server: python.py serve NAME PORT CHAIN KEY or
python.py lines NAME PORT CHAIN KEY VERSION.

Prints what it saw; any surprise is an exception.
"""

import contextlib
import hashlib
import http.client
import os
import select
import socket
import ssl
import sys
import threading

MIB = 1 << 20
VERB, NAME, PORT, ROOT = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]


def context(alpn=None):
    made = ssl.create_default_context(cafile=ROOT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    if alpn:
        made.set_alpn_protocols(alpn)
    return made


def connect(alpn=None, name=NAME):
    plain = socket.create_connection(("127.0.0.1", PORT), timeout=30)
    return context(alpn).wrap_socket(plain, server_hostname=name)


def page():
    connection = http.client.HTTPSConnection(NAME, PORT, timeout=30, context=context())
    first = None
    for _ in range(10):
        connection.request("GET", "/")
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, answer.status
        suite = connection.sock.cipher()[0]
        assert suite in text and connection.sock.version() == "TLSv1.3", suite
        first = first or connection.sock
        assert connection.sock is first, "a second connection was opened"
    return f"{suite}, 10 answers; the page names the same suite"


def alpn():
    seen = []
    for offered in (["h2", "http/1.1"], ["http/1.1"]):
        with connect(offered) as stream:
            assert stream.selected_alpn_protocol() == offered[0], stream.selected_alpn_protocol()
            seen.append(stream.selected_alpn_protocol())
    return ", ".join(seen)


def parallel():
    faults = []

    def one():
        try:
            page()
        except Exception as fault:  # reported by the main thread
            faults.append(fault)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults
    return "8 connections, 80 answers"


def cut():
    for length in (0, 1, 5, 100):
        with socket.create_connection(("127.0.0.1", PORT), timeout=30) as plain:
            plain.sendall(b"\x16\x03\x01\x02\x00"[:length] + b"\x01" * max(0, length - 5))
    stream = connect()
    stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    stream.close()
    page()
    return "5 cut connections, then a page"


def wrong_name():
    try:
        connect(name="other.test")
    except ssl.SSLCertVerificationError as fault:
        assert "Hostname mismatch" in str(fault), fault
        page()
        return "Hostname mismatch; the server serves on"
    except ssl.SSLError as fault:
        assert "UNRECOGNIZED_NAME" in str(fault).upper(), fault
        page()
        return "unrecognized_name; the server serves on"
    raise AssertionError("accepted")


def bulk():
    """Sends and receives by turns in one thread: an SSL object of Python 3.11 is not for two at once."""
    stream = connect()
    stream.setblocking(False)
    sent = os.urandom(32 * MIB)
    rest, got, remaining = memoryview(sent), hashlib.sha256(), len(sent)
    while remaining:
        moved = 0
        try:
            moved += stream.send(rest[:65536]) if rest else 0
            rest = rest[moved:]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        try:
            chunk = stream.recv(MIB)
            assert chunk, f"{remaining} bytes missing"
            got.update(chunk)
            remaining -= len(chunk)
            moved += len(chunk)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if not moved:
            ready = select.select([stream], [stream] if rest else [], [], 30)
            assert any(ready), f"nothing moved for 30 s, {remaining} bytes missing"
    assert got.digest() == hashlib.sha256(sent).digest(), "the bytes differ"
    return "32 MiB each way"


def half_close():
    """OpenSSL reads on after it has sent its close_notify; the memory BIOs show each step."""
    plain = socket.create_connection(("127.0.0.1", PORT), timeout=30)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    stream = context().wrap_bio(incoming, outgoing, server_hostname=NAME)

    def until_done(action):
        while True:
            try:
                result = action()
                plain.sendall(outgoing.read())
                return result
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                data = plain.recv(65536)
                if not data:
                    raise AssertionError("the connection ended without close_notify")
                incoming.write(data)

    until_done(stream.do_handshake)
    sent = os.urandom(MIB)
    for start in range(0, MIB, 16384):
        stream.write(sent[start : start + 16384])
    try:
        stream.unwrap()
    except ssl.SSLWantReadError:
        pass
    waiting = outgoing.read()
    sender = threading.Thread(target=plain.sendall, args=(waiting,))
    sender.start()
    got = b""
    while True:
        try:
            chunk = until_done(lambda: stream.read(65536))
        except ssl.SSLZeroReturnError:
            break
        if not chunk:
            break
        got += chunk
    sender.join()
    assert got == sent, f"{len(got)} of {MIB} bytes came back"
    return "1 MiB sent and closed, 1 MiB and a close_notify came back"


def serve():
    """Takes one connection, reads until close_notify, then sends everything back."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(ROOT, sys.argv[5])
    listener = socket.create_server(("127.0.0.1", PORT))
    print("listening", flush=True)
    plain, _ = listener.accept()
    plain.settimeout(30)
    stream = made.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
    got = bytearray()
    while chunk := stream.recv(MIB):
        got += chunk
    stream.sendall(got)
    stream.unwrap()
    return f"{len(got)} bytes"


def lines():
    """Takes connections of one version, one after the other, and sends each line back."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = made.maximum_version = ssl.TLSVersion[sys.argv[6]]
    made.load_cert_chain(ROOT, sys.argv[5])
    listener = socket.create_server(("127.0.0.1", PORT))
    print("listening", flush=True)
    while True:
        plain, _ = listener.accept()
        plain.settimeout(30)
        stream = made.wrap_socket(plain, server_side=True)
        with stream.makefile("rwb") as file:
            for line in file:
                file.write(line)
                file.flush()
        # A client that has gone already does not wait for our close_notify.
        with contextlib.suppress(OSError):
            stream.unwrap()
        stream.close()


def resume():
    """The second connection brings back the session of the first."""
    made = ssl.create_default_context(cafile=ROOT)
    made.minimum_version = made.maximum_version = ssl.TLSVersion[sys.argv[5]]
    session = None
    for reused in (False, True):
        plain = socket.create_connection(("127.0.0.1", PORT), timeout=30)
        with made.wrap_socket(plain, server_hostname=NAME, session=session) as stream:
            with stream.makefile("rwb") as file:
                file.write(b"hello\n")
                file.flush()
                assert file.readline() == b"hello\n"
            assert stream.session_reused == reused, f"reused: {stream.session_reused}"
            session, version = stream.session, stream.version()
    return f"{version}, a new session, then the same resumed"


VERBS = {
    "serve": serve,
    "lines": lines,
    "resume": resume,
    "page": page,
    "alpn": alpn,
    "parallel": parallel,
    "cut": cut,
    "wrong-name": wrong_name,
    "bulk": bulk,
    "half-close": half_close,
}
print(VERBS[VERB]())

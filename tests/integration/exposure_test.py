#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a running server shows to the network: DNS over UDP and TCP, and the pages that the Corefile names. Other protocols
that come to these ports are no more than noise, and nothing that a client says opens or ends anything."""
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import open_socket, question  # noqa: E402
from running_server import PROGRAM, Place, free_port, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

tap = Tap()
ZONE = """\
$ORIGIN example.org.
@ 60 IN SOA ns host 1 2 3 4 5
@ 60 IN NS ns
ns 60 IN A 192.0.2.53
a 60 IN A 192.0.2.1
"""
PROXY_V2 = bytes.fromhex("0d0a0d0a000d0a515549540a") + b"\x21\x12\0\x0c" + bytes([192, 0, 2, 9, 192, 0, 2, 8]) + b"\x12\x34\0\x35"
PROXY_V1 = b"PROXY UDP4 192.0.2.9 192.0.2.8 4660 53\r\n"
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


def sockets_of(process):
    """Inodes."""
    found = set()
    for name in os.listdir(f"/proc/{process.pid}/fd"):
        try:
            target = os.readlink(f"/proc/{process.pid}/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def listening(process):
    """(transport, port) of all sockets of the process on which anybody may call."""
    own, found = sockets_of(process), set()
    for family in "tcp", "tcp6", "udp", "udp6", "raw", "raw6":
        if not os.path.exists(f"/proc/{process.pid}/net/{family}"):
            continue
        with open(f"/proc/{process.pid}/net/{family}", encoding="ascii") as file:
            lines = [line.split() for line in file][1:]
        for words in lines:
            is_open = words[3] == "0A" if family.startswith("tcp") else words[2].endswith(":0000")
            if words[9] in own and is_open:
                found.add((family[:3], int(words[1].rpartition(":")[2], 16)))
    return found


def check_ports(upstream):
    pages = [free_port() for _ in range(3)]
    corefile = (f". {{\nbind 127.0.0.1\nhealth 127.0.0.1:{pages[0]}\nready 127.0.0.1:{pages[1]}\nprometheus 127.0.0.1:{pages[2]}\n"
                f"file db example.org\nforward . {upstream.where}\ncache\nloop\n}}\n")
    with Place(corefile, db=ZONE).serve() as server:
        server.short("known.example")
        wanted = {("udp", server.port), ("tcp", server.port)} | {("tcp", port) for port in pages}
        tap.same(listening(server.process), wanted, "it listens for DNS over UDP and TCP and for the pages it is told, and no more")


def check_schemes():
    for scheme in "tls", "https", "https3", "quic", "grpc":
        place = Place(f"{scheme}://example.org {{\nfile db example.org\n}}\n", db=ZONE)
        done = subprocess.run([PROGRAM, "-dns.port", str(free_port())], cwd=place.path, capture_output=True, text=True, timeout=30,
                              check=False)
        tap.ok(done.returncode == 1 and len(done.stderr.splitlines()) == 1 and scheme in done.stderr, f"{scheme}:// is refused in one line",
               done.returncode, done.stderr)


def said(server, octets, stays_s=0.5):
    """What comes back over TCP until the end, or for so long."""
    with socket.create_connection((server.address, server.port), 5) as tcp:
        tcp.settimeout(stays_s)
        reply = b""
        try:
            tcp.sendall(octets)
            while more := tcp.recv(4096):
                reply += more
        except OSError:
            pass
        return reply


def client_hello():
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.set_alpn_protocols(["dot", "h2"])
    try:
        context.wrap_bio(inside, outside, server_hostname="example.org").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outside.read()


def quic_initial():
    return b"\xc3\0\0\0\1\x08" + bytes(8) + b"\0\0\x44\x96" + bytes(1178)


def check_protocols():
    """Nobody answers in another language; after each a question is answered as ever."""
    with Place(".\nbind 127.0.0.1\nfile db example.org\nlog . \"{remote} {name}\"\n", db=ZONE).serve() as server:
        hello = client_hello()
        for what, octets in [("TLS", hello), ("HTTP/2", HTTP2), ("HTTP", b"GET /dns-query?dns=AAABAAABAAAAAAAAA3d3dwAAAQAB HTTP/1.1\r\n\r\n"),
                             ("PROXY, version 1", PROXY_V1), ("PROXY, version 2", PROXY_V2), ("PROXY, cut", PROXY_V2[:12])]:
            tap.same(said(server, octets), b"", f"{what} over TCP is not answered")
            tap.same(server.short("a.example.org"), ["192.0.2.1"], f"{what} over TCP does no harm")
        for what, octets in ("QUIC", quic_initial()), ("PROXY, version 2", PROXY_V2), ("PROXY, version 1", PROXY_V1), ("DTLS", b"\x16\xfe\xfd" + bytes(60)):
            with open_socket(server) as udp:
                udp.settimeout(0.3)
                udp.send(octets)
                try:
                    reply = udp.recv(4096)
                except OSError:
                    reply = b""
                tap.ok(len(reply) in (0, 12) and (not reply or reply[3] & 15 in (1, 4)), f"{what} over UDP: at most that it is no question", reply)
            tap.same(server.short("a.example.org"), ["192.0.2.1"], f"{what} over UDP does no harm")
        framed = question(5, "a.example.org")
        framed = len(framed).to_bytes(2, "big") + framed
        said(server, PROXY_V2 + framed)
        with open_socket(server) as udp:
            udp.send(PROXY_V2 + framed[2:])
        server.rcode("end.example.org")
        tap.ok(server.logged("127.0.0.1 end.example.org."), "all that was asked is logged")
        tap.ok("192.0.2.9" not in server.text(), "nobody's word is taken for who he is", server.text())


def tsig():
    """A record that says that it signs."""
    algorithm, key = (b"".join(bytes([len(label)]) + label for label in name) + b"\0" for name in ((b"hmac-sha256",), (b"key", b"example")))
    rdata = algorithm + int(time.time()).to_bytes(6, "big") + struct.pack(">HH", 300, 32) + bytes(32) + struct.pack(">HHH", 7, 0, 0)
    return key + struct.pack(">HHIH", 250, 255, 0, len(rdata)) + rdata


def transfer_rcode(server, client, with_tsig):
    packet = question(7, "example.org", "AXFR", flags=0, size=None)
    if with_tsig:
        packet = packet[:10] + b"\0\1" + packet[12:] + tsig()
    with socket.create_connection((server.address, server.port), 5, (client, 0)) as tcp:
        tcp.sendall(len(packet).to_bytes(2, "big") + packet)
        head = tcp.recv(2 + 12)
        return head[2 + 3] & 15 if len(head) == 14 else None


def check_signatures():
    """Who may have a zone is said by addresses: a signature that nobody can verify opens nothing."""
    with Place(".\nbind 127.0.0.1\nfile db example.org\ntransfer example.org {\nto 127.0.0.1\n}\n", db=ZONE).serve() as server:
        tap.same(transfer_rcode(server, "127.0.0.1", False), 0, "who is named has the zone")
        tap.same(transfer_rcode(server, "127.0.0.2", False), 5, "others have not")
        tap.ok(transfer_rcode(server, "127.0.0.2", True) in (1, 5, 9, None), "a signature is no help")
        packet = question(8, "a.example.org", size=None)
        packet = packet[:10] + b"\0\1" + packet[12:] + tsig()
        with open_socket(server) as udp:
            udp.settimeout(5)
            udp.send(packet)
            reply = wire.decode(udp.recv(4096))
        tap.ok(reply.rcode in (0, 1, 9) and all(item.record.type != 250 for item in reply.additional), "nor is it answered by one", reply)


def check_probes(upstream):
    """`loop`: who guesses or repeats the question by which loops are found ends nothing, and keeps names of ours."""
    with Place(f".\nbind 127.0.0.1\nloop\nerrors\nfile db example.org\nforward . {upstream.where}\n", db=ZONE).serve() as server:
        wait_for(lambda: any(kind == "HINFO" for _, kind, _ in upstream.asked))
        heard = [name for name, kind, _ in upstream.asked if kind == "HINFO"]
        tap.ok(heard, "resolvers are asked whether they lead back")
        guesses = [f"{i}.{j}." for i in range(20) for j in range(20)]
        with open_socket(server, "127.0.0.9") as udp:
            for number, name in enumerate(heard * 50 + guesses):
                udp.send(question(number & 0xffff, name, "HINFO"))
        for _ in range(5):
            tap.same(server.short("a.example.org"), ["192.0.2.1"], "names of ours are answered")
        tap.same(server.process.poll(), None, "it lives")
        tap.ok(wait_for(lambda: server.short("known.example") == ["192.0.2.7"]), "and so are others, sooner or later", server.text())


def page(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as reply:  # of the kubelet
            return reply.status
    except OSError as error:
        return str(error)


STORM = """
import os, socket, sys
kept, parent = [], os.getppid()
while os.getppid() == parent:
    tcp = socket.socket()
    tcp.setblocking(False)
    tcp.bind(("127.0.2.1", 0))
    try:
        tcp.connect(("127.0.0.1", int(sys.argv[1])))
    except BlockingIOError:
        pass
    except OSError:
        continue
    kept.append(tcp)
    if len(kept) > 400:
        kept.pop(0).close()
    try:
        kept[-min(len(kept), 3)].send(sys.argv[2].encode())
    except OSError:
        pass
"""


def check_pages():
    """The kubelet ends who does not answer it."""
    port = free_port()
    with Place(f".\nbind 127.0.0.1\nhealth 127.0.0.1:{port}\nprometheus 127.0.0.1:{port}\nfile db example.org\n", db=ZONE).serve() as server:
        for what, text in [("trickles", "GET /metrics HTTP/1.1\r\nX: "), ("asks for pages", "GET /metrics HTTP/1.1\r\n\r\n"),
                           ("asks for many at once", "GET /health HTTP/1.1\r\n\r\n" * 300), ("talks", "GET /" + "x" * 9000)]:
            storm = [subprocess.Popen([sys.executable, "-c", STORM, str(port), text]) for _ in range(2)]
            wait_for(lambda: len(sockets_of(server.process)) > 20, 5)
            tap.same([page(port, "health") for _ in range(10)], [200] * 10, f"a storm that {what} keeps no probe away")
            tap.same(server.short("a.example.org"), ["192.0.2.1"], f"and a storm that {what} no question")
            for process in storm:
                process.send_signal(signal.SIGKILL)
                process.wait()
        tap.ok(wait_for(lambda: len(sockets_of(server.process)) < 20), "what it left is cleared away")
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
            peak_kb = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        print(f"# memory at most: {peak_kb} kB")


with StubUpstream([record("known.example.", "A", "192.0.2.7")]) as the_upstream:
    check_ports(the_upstream)
    check_probes(the_upstream)
check_schemes()
check_protocols()
check_signatures()
check_pages()
tap.done()

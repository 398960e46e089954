#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl shadow`: the same questions to two servers, from a list, from captures of all kinds, and as they come."""
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from control import Control, ask, control_socket  # noqa: E402
from running_server import KNAMECTL, Server, free_port, wait_for  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

tap = Tap()
FILE = """. {
bind 127.0.0.1
file zone example
}
"""
ZONE = """$ORIGIN example.
@ 60 IN SOA ns host SERIAL 2 3 4 5
@ 60 IN NS ns
same 60 IN A 192.0.2.1
same 60 IN A 192.0.2.2
alias 60 IN CNAME SAME
ttl TTL IN A 192.0.2.3
more 60 IN A 192.0.2.4
"""
NAMES = ["same.example", "alias.example", "nope.example", "same.example AAAA", "example SOA", "ttl.example", "more.example",
         "gone.example"]
LAST = {"last.example": Manner(silent=True)}


def shadow(*words, given=None):
    done = subprocess.run([KNAMECTL, "shadow", *words], capture_output=True, text=True, check=False, input=given)
    return done.returncode, done.stdout, done.stderr


def serve(place, name, zone):
    directory = os.path.join(place, name)
    os.mkdir(directory)
    for path, text in ("zone", zone), ("Corefile", FILE):
        with open(os.path.join(directory, path), "w", encoding="ascii") as file:
            file.write(text)
    return Server("Corefile", directory)


def where(server):
    return f"127.0.0.1:{server.port}"


def test_names(ours, theirs):
    to = ("--server", where(ours), "--rate", "5000")
    code, out, err = shadow(*to, "--to", where(ours), "--names", "-", given="\n".join(NAMES))
    tap.same((code, out, err), (0, f"{len(NAMES)} questions, 0 differences\n", ""), "a server is like itself")
    code, out, _ = shadow(*to, "--to", where(theirs), "--names", "-", given="# names\n" + "\n".join(NAMES))
    tap.ok(code == 2 and out.endswith(f"{len(NAMES)} questions, 3 differences\n") and "ttl: ours 60, theirs 61" in out and
           "answer: ours has fewer records than theirs" in out and "rcode: ours NXDOMAIN, theirs NOERROR" in out and
           "          more.example. A\n" in out, "three that differ are told, each in its group", code, out)
    code, out, _ = shadow(*to, "--to", where(theirs), "--names", "-", "--ignore", "ttl", given="ttl.example\n")
    tap.same((code, out), (0, "1 questions, 0 differences\n"), "--ignore ttl")
    code, out, _ = shadow(*to, "--to", f"{where(theirs)},{where(ours)}", "--names", "-", "--count", "2", given="ttl.example\n" * 5)
    tap.ok(code == 2 and out.endswith("2 questions, 2 differences\n") and f"     2  {where(theirs)}: ttl" in out,
           "of several servers each is compared; --count ends it", code, out)
    code, out, _ = shadow(*to, "--to", f"127.0.0.1:{free_port()}", "--names", "-", given="same.example\n")
    tap.ok(code == 2 and "no reply from theirs" in out, "a server that says nothing differs", code, out)
    with StubUpstream([record("same.example", "A", "192.0.2.2"), record("same.example", "A", "192.0.2.1")]) as stub:
        code, out, _ = shadow(*to, "--to", stub.where, "--names", "-", given="same.example\n")
        tap.ok(code == 2 and "flags: ours aa, theirs none" in out, "flags are compared", code, out)
        code, out, _ = shadow(*to, "--to", stub.where, "--names", "-", "--ignore", "flags", given="SAME.example\n")
        tap.same((code, out), (0, "1 questions, 0 differences\n"), "records are compared as sets, names in lower case")


def test_nothing(place, ours):
    """To have compared nothing is no success."""
    to, nobody = ("--server", where(ours), "--to", where(ours)), f"127.0.0.1:{free_port()}"
    path = os.path.join(place, "names")
    with open(path, "w", encoding="ascii") as file:
        file.write("same.example A\n\nsame.example SIDEWAYS\n  " + "x" * 64 + ".example\n")
    bad = f"{path}:3: expected NAME [TYPE], not 'same.example SIDEWAYS'\n{path}:4: expected NAME [TYPE], not '{'x' * 64}.example'\n"
    tap.same(shadow(*to, "--names", path), (0, "     2  lines could not be read\n1 questions, 0 differences\n", bad),
             "lines that cannot be read are told, and counted")
    for given in "", "# none\n", "same.example SIDEWAYS\n" * 12, "example AXFR\n":
        code, out, err = shadow(*to, "--names", "-", given=given)
        tap.ok(code == 1 and out.endswith("0 questions, 0 differences\n") and err.endswith("nothing was compared: there was no question to ask\n") and
               err.count("-:") == min(given.count("SIDEWAYS"), 10), f"no question: {given[:12]!r}", code, out, err)
    with open(path, "wb") as file:
        file.write(pcap(101, [ipv4(b"\0" * 5)]))
    code, out, err = shadow(*to, "--pcap", path)
    tap.ok(code == 1 and "there was no question to ask" in err, "nor in a capture", code, out, err)
    code, out, err = shadow("--server", nobody, "--to", nobody, "--names", "-", given="same.example\n")
    tap.ok(code == 1 and "1  answered by nobody" in out and "nothing was compared: no question was answered" in err,
           "servers that say nothing, both of them", code, out, err)
    with StubUpstream([record("same.example", "A", "192.0.2.1")], manners={"gone.example": Manner(silent=True)}) as stub:
        code, out, err = shadow("--server", stub.where, "--to", stub.where, "--names", "-", given="same.example\ngone.example\n")
        tap.same((code, out, err), (0, "     1  answered by nobody\n2 questions, 0 differences\n", ""), "a single one that nobody answers is told")


# ---- captures ----

def udp(payload, port=53):
    return struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload


def ipv4(payload, fragment=0):
    body = udp(payload)
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, fragment, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2") + body


def ipv6(payload, extensions=b"", following=17):
    body = extensions + udp(payload)
    return struct.pack(">IHBB", 6 << 28, len(body), following, 64) + b"\0" * 32 + body


def pcap(link, packets, order="<", magic=0xa1b2c3d4):
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    return head + b"".join(struct.pack(order + "IIII", 0, 0, len(p), len(p)) + p for p in packets)


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    size = 12 + len(body)
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def pcapng(link, packets, order="<"):
    text = block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)
    text += block(1, struct.pack(order + "HHI", link, 0, 0), order) + block(5, b"\0" * 12, order)
    for i, packet in enumerate(packets):
        head = struct.pack(order + "IIIII", 0, 0, 0, len(packet), len(packet)) if i % 2 == 0 else struct.pack(order + "I", len(packet))
        text += block(6 if i % 2 == 0 else 3, head + packet, order)
    return text


def test_captures(place, ours):
    queries = [wire.encode_query(7, wire.name_from_text(f"{name}.example"), 1) for name in ("same", "nope")]
    reply = queries[0][:2] + b"\x81\0" + queries[0][4:]
    ether, vlan = b"\1" * 12, b"\x81\0\0\5"
    forms = {
        "Ethernet": (1, [ether + b"\x08\0" + ipv4(q) for q in queries]),
        "Ethernet with a tag, IPv6": (1, [ether + vlan + b"\x86\xdd" + ipv6(q) for q in queries]),
        "Linux cooked": (113, [b"\0" * 14 + b"\x08\0" + ipv4(q) for q in queries]),
        "Linux cooked v2": (276, [b"\x86\xdd" + b"\0" * 18 + ipv6(q, b"\x11\0" + b"\0" * 6, 0) for q in queries]),
        "raw": (101, [ipv4(q) for q in queries]), "loopback": (0, [b"\2\0\0\0" + ipv4(q) for q in queries]),
    }
    path = os.path.join(place, "capture")
    for name, (link, packets) in forms.items():
        junk = [p[:-3] for p in packets[:1]] + [b"", b"\1" * 7]
        if link == 101:
            junk += [ipv4(queries[0], fragment=0x2000), ipv4(reply), ipv4(b"\0" * 5)]
        for form, text in (("pcap", pcap(link, packets + junk)), ("pcapng", pcapng(link, packets + junk)),
                           ("pcap of the other order", pcap(link, packets, ">")), ("pcapng of the other order", pcapng(link, packets, ">")),
                           ("pcap in ns, cut", pcap(link, packets, "<", 0xa1b23c4d) + b"\0" * 9)):
            with open(path, "wb") as file:
                file.write(text)
            code, out, err = shadow("--server", where(ours), "--to", where(ours), "--rate", "5000", "--pcap", path)
            tap.ok((code, out, err) == (0, "2 questions, 0 differences\n", ""), f"{name}, {form}", code, out, err)
    for text, complaint in ((b"", "too short"), (b"GIF89a" * 9, "neither pcap nor pcapng"), (pcap(1, [])[:10], "within its head"),
                            (pcap(1, []) + b"\xff" * 32, "a packet of"), (pcapng(1, []) + b"\1\0\0\0\3\0\0\0" + b"\0" * 8, "a block of")):
        with open(path, "wb") as file:
            file.write(text)
        code, out, err = shadow("--server", where(ours), "--to", where(ours), "--pcap", path)
        tap.ok(code == 1 and complaint in err, f"what is no capture is refused: {complaint}", code, out, err)


def test_live(ours, theirs):
    name, done = control_socket(ours.process.pid), threading.Event()

    def ask():
        while not done.is_set():
            ours.dig("+tries=1", "+timeout=1", "more.example", "A")
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        code, out, err = shadow("--server", where(ours), "--to", where(theirs), "--live", "--socket", name, "--count", "3")
    finally:
        done.set()
        asking.join()
    # What was asked just before may be among the first.
    tap.ok(code == 2 and re.search("3 questions, [123] difference", out) and "more.example. A" in out,
           "what a server is asked is asked of another as it comes", code, out, err)


def live(ours, stub, *words):
    """A process that has asked the stub a question that a client asked ours."""
    process = subprocess.Popen([KNAMECTL, "shadow", "--server", where(ours), "--to", stub.where, "--live", "--socket",
                                control_socket(ours.process.pid), "--ignore", "flags,authority", *words], stdout=subprocess.PIPE, text=True)
    names = (f"first{i}.example" for i in range(1000))
    wait_for(lambda: ask_first(ours, stub, next(names)))
    return process


def ask_first(ours, stub, name):
    ours.dig("+tries=1", name, "A")
    return wait_for(lambda: stub.asked, 3)


def test_own_questions(ours):
    """What it asks our server itself comes back in what that server is asked, and is no question of anybody."""
    with StubUpstream() as stub, live(ours, stub, "--count", "2") as process:
        time.sleep(2)
        tap.ok(process.poll() is None and len(stub.asked) == 1, "what it asks itself is not asked once more", process.poll(), stub.asked)
        ours.dig("+tries=1", "second.example", "A")
        out, _ = process.communicate(timeout=30)
        tap.ok(out == "2 questions, 0 differences\n" and process.returncode == 0, "and not counted", out, process.returncode, stub.asked)


def test_which_server(ours):
    """Of several, as with `top` and `tail`; who refuses says why."""
    to = ("--server", where(ours), "--to", where(ours), "--live", "--count", "1")
    for words, complaint in (["-pid", "4194304"], "no server"), (["-socket", "@nobody"], "connect"), (["-admin", "127.0.0.1:1"], "connect"):
        code, out, err = shadow(*to, *words)
        tap.ok(code == 1 and out == "" and complaint in err, f"shadow --live {words[0]}: {complaint}", code, out, err)
    name = control_socket(ours.process.pid)
    tails = [Control(name) for _ in range(8)]
    for tail in tails:
        tail.request("GET", "/api/tail")
    replies = [tail.getresponse() for tail in tails]
    code, out, err = shadow(*to, "--pid", str(ours.process.pid))
    tap.ok(code == 1 and out == "" and "there are 8 tails already" in err, "the reason of a refusal is told", code, out, err)
    for reply in replies:
        reply.close()
    wait_for(lambda: ask(name, "/api/tail", "HEAD")[0] == 200)


def test_signals(ours):
    """Live, for there is no end otherwise; from a pipe, where whoever writes it is stopped too, or not. One question after
    the other is compared: when the last one, which is not answered, has been asked the first is done."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with StubUpstream(manners=LAST) as stub, live(ours, stub) as process:
            ours.dig("+tries=1", "last.example", "A")
            wait_for(lambda at=stub: len(at.asked) == 2)
            process.send_signal(number)
            out, _ = process.communicate(timeout=30)
            tap.ok(out == "1 questions, 0 differences\n" and process.returncode == 0, f"{number.name} ends it, and what was found is printed",
                   out, process.returncode)
    queries = [wire.encode_query(7, wire.name_from_text(f"{name}.example"), 1) for name in ("first", "last")]
    for source, given in ("--pcap", pcap(101, [ipv4(query) for query in queries])), ("--names", b"first.example\nlast.example\n"):
        with StubUpstream(manners=LAST) as stub, \
                subprocess.Popen([KNAMECTL, "shadow", "--server", where(ours), "--to", stub.where, source, "-",
                                  "--ignore", "flags,authority"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(given)
            process.stdin.flush()
            wait_for(lambda at=stub: len(at.asked) == 2)
            process.send_signal(signal.SIGINT)
            out = process.stdout.read()
            tap.ok(out == b"1 questions, 0 differences\n" and process.wait(30) == 0, f"{source} from a pipe as well", out, process.returncode)


def test_words():
    for words, complaint in (([], "expected --to"), (["--to", "x"], "expected an address"), (["--to", "127.0.0.1"], "expected one of"),
                             (["--to", "127.0.0.1", "--live", "--names", "-"], "expected one of"),
                             (["--to", "127.0.0.1", "--ignore", "order"], "order of records is never compared"),
                             (["--to", "127.0.0.1", "--rate", "0"], "questions in a second"),
                             (["--to", "127.0.0.1", "--pcap", "/nonexistent"], "/nonexistent")):
        code, out, err = shadow(*words)
        tap.ok(code == 1 and out == "" and complaint in err, f"shadow {' '.join(words)}: {complaint}", code, out, err)


def main():
    other = ZONE + "more 60 IN A 192.0.2.5\ngone 60 IN A 192.0.2.6\n"
    with tempfile.TemporaryDirectory(prefix="shadow-") as place, \
            serve(place, "ours", ZONE.replace("SERIAL", "1").replace("TTL", "60")) as ours, \
            serve(place, "theirs", other.replace("SERIAL", "2").replace("TTL", "61")) as theirs:
        test_names(ours, theirs)
        test_nothing(place, ours)
        test_captures(place, ours)
        test_own_questions(ours)
        test_which_server(ours)
        test_signals(ours)
        test_live(ours, theirs)
    test_words()
    tap.done()


if __name__ == "__main__":
    main()

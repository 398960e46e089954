#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`admin`: who may look, what is asked most, questions as they are answered, and reloads."""
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from control import Control, ask, control_socket, state  # noqa: E402
from datagrams import ask_all, question  # noqa: E402
from reloading import get, reload  # noqa: E402
from running_server import KNAMECTL, ROOT, Server, free_port, is_instrumented, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

MANIFESTS = os.path.join(ROOT, "deploy/sample/manifests")
KNOWN = "kubernetes.default.svc.cluster.local"
HOSTILE = "\\<script\\>alert\\(1\\)\\</script\\>\\\"\\'.default.svc.cluster.local"
tap = Tap()
BOUND = 64 << 20 if is_instrumented() else 2 << 20


def corefile(admin=""):
    return f""". {{
    bind 127.0.0.1
    {admin}
    kubernetes cluster.local {{
        manifests {MANIFESTS}
        pods verified
    }}
}}
"""


class Shown(Server):
    def __init__(self, admin=""):
        self.directory = tempfile.TemporaryDirectory(prefix="admin-")
        self.place = self.directory.name
        with open(os.path.join(self.place, "Corefile"), "w", encoding="ascii") as file:
            file.write(corefile(admin))
        super().__init__("Corefile", self.place)
        self.control = control_socket(self.process.pid)

    def top(self):
        return json.loads(ask(self.control, "/api/top?n=100")[2])


def request(port, path, host=None, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    return reply.status, reply.headers, body


def send(server, names, client="127.0.0.1", kind="A"):
    """Asks each once, and none again: what is counted is what was asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((client, 0))
        udp.settimeout(10)
        udp.connect((server.address, server.port))
        for i in range(0, len(names), 32):
            for number, name in enumerate(names[i:i + 32]):
                udp.send(question(i + number, name, kind))
            for _ in names[i:i + 32]:
                udp.recv(4096)


def count_of(listed, key, value):
    return next((one["count"] for one in listed if one[key] == value), 0)


def check_off():
    """Without the directive nobody listens; the control socket is there all the same."""
    with Shown() as server:
        tap.same(get(9154, "api/state")[0] if not port_is_taken(9154) else 0, 0, "without `admin` nobody listens on 9154")
        tap.same(state(server)["rates"], None, "as long as nobody has looked there are no rates")
        told = json.loads(ask(server.control, "/api/top")[2])
        tap.same(told["names"], [], "and nothing was noted")


def port_is_taken(port):
    """By somebody else on this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def check_hosts(port):
    for host, status in (f"127.0.0.1:{port}", 200), (f"localhost:{port}", 200), (f"[::1]:{port}", 200), \
                        ("LOCALHOST", 200), ("knamed.evil.example", 421), (f"127.0.0.1.evil.example:{port}", 421), \
                        ("localhost.evil.example", 421), ("x" * 300, 421):
        for path in "/", "/api/state", "/api/top", "/api/tail":
            if status == 200 and path == "/api/tail":
                continue
            got = request(port, path, host)
            tap.ok(got[0] == status and "Access-Control-Allow-Origin" not in got[1], f"{path} for Host {host[:40]}", got[0])


def check_page(port):
    status, headers, body = request(port, "/")
    policy = headers["Content-Security-Policy"]
    tap.ok(status == 200 and headers["Content-Type"].startswith("text/html"), "there is a page")
    tap.ok("default-src 'none'" in policy and "unsafe" not in policy and policy.count("'sha256-") == 2,
           "browsers run its own script and nothing else", policy)
    tap.ok("http://" not in body.replace("http://www.w3.org/", "") and "https://" not in body and "innerHTML" not in body,
           "it needs nothing from outside, and takes no text for markup")
    tap.same(request(port, "/api/state", method="POST")[0], 405, "nothing can be written")


def check_top(server):
    wait_for(lambda: server.top()["sampling"]["one_in"] == 1)
    send(server, [KNOWN] * 50)
    send(server, ["etcd-1.etcd.etcd.svc.cluster.local"] * 20, "127.0.0.2")
    send(server, ["api.github.com.etcd.svc.cluster.local", "api.github.com.svc.cluster.local",
                  "api.github.com.cluster.local"] * 5, "127.0.0.3")
    send(server, ["nothere.default.svc.cluster.local", "_x._tcp.nothere.default.svc.cluster.local"] * 2, "127.0.0.4")
    wait_for(lambda: count_of(server.top()["clients"], "client", "127.0.0.4") == 4)
    told = server.top()
    tap.ok(count_of(told["names"], "name", KNOWN + ".") >= 50, "the hottest name is told", told["names"])
    tap.same(told["names"][0]["name"], KNOWN + ".", "at the top")
    tap.same(count_of(told["clients"], "client", "127.0.0.2"), 20, "clients are told")
    tap.same(count_of(told["denied"], "name", "api.github.com.svc.cluster.local."), 5, "denied names are told")
    tap.same([(one["namespace"], one["count"]) for one in told["wasted"]], [("etcd", 15)],
             "names that search lists made are told by namespace, and what may be meant is not")
    tap.ok(count_of(told["rcodes"], "rcode", "NXDOMAIN") >= 19, "rcodes are told")


class Tail:
    """A stream of lines, read by a thread."""

    def __init__(self, server, query):
        self.connection = Control(server.control)
        self.connection.request("GET", "/api/tail?" + query)
        self.socket = self.connection.sock
        self.reply = self.connection.getresponse()
        self.lines, self.events = [], []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event = None
        try:
            for line in self.reply:
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    (self.events if event else self.lines).append(json.loads(line[6:]))
                elif not line:
                    event = None
        except (OSError, ValueError):
            pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.thread.join(10)


def check_tail(server):
    tails = {query: Tail(server, query) for query in (
        "", "client=127.0.0.7", "client=127.0.0.0/29", "name=etcd.svc.cluster.local", "rcode=nxdomain", "namespace=etcd")}
    wait_for(lambda: all(tail.events for tail in tails.values()))
    send(server, [KNOWN, "etcd-1.etcd.etcd.svc.cluster.local"], "127.0.0.7")
    send(server, ["no.default.svc.cluster.local"], "127.0.0.8")
    wanted = {"": ["etcd-1", "kubernetes", "no"], "client=127.0.0.7": ["etcd-1", "kubernetes"],
              "client=127.0.0.0/29": ["etcd-1", "kubernetes"], "name=etcd.svc.cluster.local": ["etcd-1"],
              "rcode=nxdomain": ["no"], "namespace=etcd": ["etcd-1"]}

    def names():  # each thread's lines come in order, and there are several
        return {query: sorted(line["name"].split(".")[0] for line in tail.lines) for query, tail in tails.items()}
    wait_for(lambda: names() == wanted)
    tap.same(names(), wanted, "each filter lets its questions pass")
    line = tails["client=127.0.0.7"].lines[0]
    tap.ok(line["client"] == "127.0.0.7" and line["type"] == "A" and line["proto"] == "udp" and line["rcode"] == "NOERROR"
           and line["by"] == "kubernetes" and line["size"] > 40 and line["latency_us"] > 0, "a line tells all of it", line)
    for tail in tails.values():
        tail.close()
    for query, words in ("client=x", "no address"), ("rcode=FOO", "is none"), ("colour=red", "no filter"), \
                        ("name=%zz", "cannot be read"), ("name=" + "a" * 3000, "cannot be read"):
        status, _, body = ask(server.control, "/api/tail?" + query)
        tap.ok(status == 400 and words in body, f"{query[:20]} is refused in words", status, body)


def check_late_tail(server):
    first = Tail(server, "")
    wait_for(lambda: first.events)
    send(server, ["no.default.svc.cluster.local"], "127.0.0.8")
    late = Tail(server, "")
    wait_for(lambda: late.events)
    send(server, [KNOWN], "127.0.0.8")
    wait_for(lambda: late.lines and len(first.lines) == 2)
    tap.same(([line["name"].split(".")[0] for line in late.lines], len(first.lines)), (["kubernetes"], 2),
             "a tail is told what is asked after it began, and the others lose nothing")
    for tail in first, late:
        tail.close()


def check_crowd(server):
    tails = [Tail(server, "") for _ in range(8)]
    tap.same(ask(server.control, "/api/tail")[0], 429, "a ninth tail is refused")
    for tail in tails:
        tail.close()
    tap.ok(wait_for(lambda: still_room(server)), "who goes makes room")


def still_room(server):
    tail = Tail(server, "")
    good = tail.reply.status == 200
    tail.close()
    return good


LOST = b'event: lost\ndata: {"lost":'


def read_until_lost(slow, seconds):
    """What a line has room for stands before it, and it may come in two parts."""
    text, end = b"", time.monotonic() + seconds
    while LOST not in text and time.monotonic() < end:  # signs of life keep coming
        text = text[-len(LOST):] + slow.recv(1 << 16)
    return LOST in text


def check_slow(server):
    """A reader that does not read: it loses lines and is told; the server keeps little for it."""
    slow = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    slow.settimeout(30)
    slow.connect("\0" + server.control[1:])
    slow.sendall(b"GET /api/tail HTTP/1.1\r\nHost: localhost\r\n\r\n")
    before = state(server)["memory"]["resident_bytes"]
    told, rounds = False, 4
    while not told and rounds <= 64:  # a machine with no time samples fewer of them, and all its lines may find room
        for _ in range(rounds):
            send(server, [KNOWN] * 4000)
        after = state(server)["memory"]["resident_bytes"]
        told = read_until_lost(slow, 10)
        rounds *= 2
    tap.ok(after - before < BOUND, "what it does not read is bounded", before, after)
    tap.ok(told, "and it is told how many lines it lost")
    slow.close()


def check_hostile(server):
    send(server, [HOSTILE])
    wait_for(lambda: any("script" in one["name"] for one in server.top()["names"]))
    raw = ask(server.control, "/api/top?n=100")[2]
    tap.ok(any("<script>" in one["name"] for one in json.loads(raw)["names"]), "a hostile name is a string of JSON", raw[:300])
    ask_all(server, [question(1, "\\000\\255\\010x.default.svc.cluster.local")])
    tap.ok(wait_for(lambda: "\\\\000\\\\255\\\\010x" in ask(server.control, "/api/top?n=100")[2]),
           "and so is one of octets that are no letters")


def check_pods(server):
    """The sample's pods have addresses that no socket here has; whose questions are whose is admin_pods_test's."""
    told = state(server)["clusters"][0]
    tap.ok(told["pods"] > 0, "pods are known", told)


def check_memory(server):
    """What is counted is bounded, however many names there are and however long they are."""
    server.top()
    before = state(server)["memory"]["anonymous_bytes"]
    names = [f"n{i}{'x' * 50}.{'y' * 60}.{'z' * 60}.default.svc.cluster.local" for i in range(6000)]
    send(server, names)
    wait_for(lambda: len(server.top()["denied"]) == 100)
    after = state(server)["memory"]["anonymous_bytes"]
    tap.ok(after - before < BOUND, "thousands of long names take less than 2 MB", before, after)


def knamectl(*words):
    done = subprocess.run([KNAMECTL, *words], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def check_knamectl(server, port):
    send(server, [KNOWN, HOSTILE] * 20)
    for where in ("--pid", str(server.process.pid)), ("--socket", server.control), ("--admin", f"localhost:{port}"), ("-pid", str(server.process.pid)):
        code, text, complaint = knamectl("top", "--once", *where)
        tap.ok(code == 0 and KNOWN in text and "queries/s" in text and "127.0.0.1" in text, f"knamectl top {where[0]}",
               text, complaint)
    told = json.loads(knamectl("top", "-json", "--pid", str(server.process.pid))[1])
    tap.ok(told["state"]["pid"] == server.process.pid and told["top"]["names"], "knamectl top --json")
    with subprocess.Popen([KNAMECTL, "tail", "--pid", str(server.process.pid), "-rcode", "NXDOMAIN", "--client",
                           "127.0.0.9", "-count", "2"],
                          stdout=subprocess.PIPE, text=True) as tail:
        def asked():
            send(server, [KNOWN, "no.default.svc.cluster.local"], "127.0.0.9")
            return tail.poll() is not None
        wait_for(asked)
        lines = tail.stdout.read().splitlines()
        tap.ok(tail.wait() == 0 and len(lines) == 2 and all("no.default" in line and "NXDOMAIN" in line for line in lines),
               "knamectl tail shows what passes its filter, as many as are wanted", lines)
    for words, complaint in (("top", "--pid", "1"), "no server"), (("top", "--pid", "x"), "no process"), \
                            (("tail", "--count", "0"), "wants a number"), (("top", "--once", "--socket", "@nobody"), "connect"), \
                            (("tail", "--pid", str(server.process.pid), "--rcode", "FOO"), "is none"), \
                            (("top", "--colour"), "no option"):
        code, _, text = knamectl(*words)
        tap.ok(code == 1 and complaint in text, f"knamectl {' '.join(words[:2])}: {complaint}", code, text)


def check_reload(server, port, other):
    kept = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    kept.request("GET", "/api/state")
    before = json.loads(kept.getresponse().read())["config"]["sha512"]
    reload(server, corefile(f"admin 127.0.0.1:{port}\n    loadbalance"))
    kept.request("GET", "/api/state")
    after = json.loads(kept.getresponse().read())["config"]["sha512"]
    tap.ok(before != after, "a reload keeps the listener and its connections, and shows what is in force")
    kept.close()
    reload(server, corefile(f"admin 127.0.0.1:{other}"))
    tap.same((get(port, "api/state")[0], get(other, "api/state")[0]), (0, 200), "another address takes its place")
    reload(server, corefile())
    tap.same(get(other, "api/state")[0], 0, "and without the directive nobody listens")
    tap.same(state(server)["ready"], True, "but the control socket")


def main():
    check_off()
    port, other = free_port(), free_port()
    with Shown(f"admin 127.0.0.1:{port}") as server:
        check_hosts(port)
        check_page(port)
        check_top(server)
        check_tail(server)
        check_late_tail(server)
        check_crowd(server)
        check_hostile(server)
        check_pods(server)
        check_slow(server)
        check_memory(server)
        check_knamectl(server, port)
        check_reload(server, port, other)
    tap.done()


main()

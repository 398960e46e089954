#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl doctor` beside a server that is not in order: its configuration, what it has read, its process. Each finding comes
when there is a reason, and not without."""
import http.server
import json
import os
import secrets
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
import doctor as support  # noqa: E402
from control import control_socket, state  # noqa: E402
from datagrams import ask_all  # noqa: E402
from doctor import doctor, has, lacking, run, write  # noqa: E402
from kube_api import KubeApi, service  # noqa: E402
from running_server import KNAMECTL, Server, free_port, wait_for  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

tap = Tap()
OBJECTS = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: fine-name}, spec: {clusterIP: 10.96.0.1}}\n"
COREFILE = ". {\nbind 127.0.0.1\nkubernetes cluster.local {\nmanifests objects\n}\n}\n"


def expect(*words):
    support.expect(tap, *words)


def in_order(*words):
    support.in_order(tap, *words)


class Place:
    """A directory with a Corefile and objects."""

    def __init__(self, corefile=COREFILE):
        self.directory = tempfile.TemporaryDirectory(prefix="doctor-")
        self.path = self.directory.name
        os.mkdir(os.path.join(self.path, "objects"))
        write(self.path, "objects/all.yaml", OBJECTS)
        write(self.path, "Corefile", corefile)

    def serve(self, **words):
        return Server("Corefile", self.path, environment={**os.environ, **words})


# ---- which server ----

def test_nobody():
    place = Place()
    result = doctor(place.path, None, "-dns.port", str(free_port()), "--pid", "4194304")
    expect(result, 2, "problem", "server", "does not answer", "no server is there")
    expect(result, 2, "warning", "server", "lets itself be looked into", "and none can be looked into")


def test_several():
    """Others that run here at the same time are no trouble: their configuration is another one."""
    place = Place(COREFILE.replace("cluster.local", f"of{os.getpid()}.local"))
    with place.serve() as server:
        in_order(doctor(place.path, server, is_chosen=False), "of several servers the one of this Corefile is meant")
        with place.serve() as other:
            result = doctor(place.path, server, is_chosen=False)
            expect(result, 1, "warning", "server", "servers have a control socket", "two of this Corefile are told, and none is chosen")
            for words in (["--pid", str(other.process.pid)], ["--socket", control_socket(other.process.pid)]):
                in_order(doctor(place.path, server, *words, is_chosen=False), f"{words[0]} chooses")
    result = doctor(place.path, None, "-dns.port", str(free_port()), "--socket", "@knamed.control.0")
    expect(result, 2, "warning", "server", "lets itself be looked into", "a socket that is not there")


# ---- what it serves ----

class Teller(socketserver.UnixStreamServer):
    """A control socket that says whatever it is told to say: what a server does not come to easily."""

    def __init__(self, told):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                body = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *unused):  # pylint: disable=arguments-differ
                pass

        self.name = f"knamed.control.{secrets.token_hex(8)}"
        super().__init__("\0" + self.name, Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self):
        return super().get_request()[0], ("", 0)


def test_admin():
    port = free_port()
    place = Place(COREFILE.replace("bind", f"admin 127.0.0.1:{port}\nbind"))
    with place.serve(KNAMED_SANDBOX="off") as server:
        result = doctor(place.path, server, "--admin", f"127.0.0.1:{port}", is_chosen=False)
        tap.ok("sandbox" in [f[1] for f in result[1]] or set(lacking()) == set(support.PARTS),
               "what a server says of itself by its `admin`", *result)
    result = doctor(place.path, None, "-dns.port", str(port), "--admin", f"127.0.0.1:{port}")
    expect(result, 2, "problem", "server", "connect", "an `admin` where there is none")


def test_told():
    place = Place()
    with place.serve() as server:
        sound = state(server)
        bad = {**sound, "config": {**sound["config"], "built_in": True, "trouble": "Corefile:4 - ttl must be in range"}}
        stale = {**sound, "clusters": [{"watches": [], "stale": True}]}
        for told, severity, check, what in (
                (sound, None, None, None), (bad, "problem", "config", "the built-in configuration serves"),
                (bad, "problem", "config", "cannot be used: Corefile:4 - ttl must be"),
                (stale, "warning", "unsynced", "is from a snapshot")):
            with Teller(told) as teller:
                result = doctor(place.path, server, "--socket", teller.name, is_chosen=False)
                teller.shutdown()
            if severity is None:
                in_order(result, "a state that is sound")
            else:
                expect(result, 2 if severity == "problem" else 1, severity, check, what, f"a state with: {what}")


def following(api, options=""):
    return f".\nbind 127.0.0.1\nkubernetes cluster.local {{\nendpoint {api.url}\n{options}\n}}\n"


def test_not_followed():
    with KubeApi() as api:
        place = Place(following(api))
        with place.serve() as server:
            wait_for(lambda: state(server)["ready"])
            in_order(doctor(place.path, server), "what is followed is in order")
            api.do("stop")
            wait_for(lambda: not all(watch["following"] for watch in state(server)["clusters"][0]["watches"]))
            result = doctor(place.path, server, "--wait", "1s")
            expect(result, 2, "warning", "unsynced", "are not followed now", "an API server that went away")
            expect(result, 2, "problem", "api", "", "and cannot be reached from here")
            api.do("start")
            wait_for(lambda: all(watch["following"] for watch in state(server)["clusters"][0]["watches"]))
            in_order(doctor(place.path, server), "which is over when it is back")


def test_snapshot():
    with KubeApi() as api:
        place = Place()
        write(place.path, "Corefile", following(api, f"snapshot {place.path}/snapshot\nstartup_timeout 200ms"))
        api.put(service("web", "10.0.0.1"))
        with place.serve() as server:
            wait_for(lambda: state(server)["ready"])
            in_order(doctor(place.path, server), "a server with a snapshot, which it does not need")
        api.do("stop")
        with place.serve() as server:
            wait_for(lambda: state(server)["clusters"][0]["stale"])
            expect(doctor(place.path, server, "--wait", "1s"), 2, "warning", "unsynced", "from a snapshot",
                   "what is served is from a snapshot")


# ---- its process ----

def test_sandbox():
    place = Place()
    for what, part, words in (("off", "seccomp", "filter of system calls"), ("off", "landlock", "Landlock"),
                              ("no-seccomp", "seccomp", "filter of system calls"), ("no-landlock", "landlock", "Landlock"),
                              ("off", "capability", "capabilities")):
        name = f"a server without {part}, by KNAMED_SANDBOX={what}"
        if part in lacking():
            tap.ok(True, name + " # SKIP no server has it here")
            continue
        with place.serve(KNAMED_SANDBOX=what) as server:
            expect(doctor(place.path, server), 1, "warning", "sandbox", words, name)
    with place.serve() as server:
        in_order(doctor(place.path, server), "and one in its sandbox")


def ask(server, names):
    ask_all(server, [wire.encode_query(i + 1, wire.name_from_text(name), 1) for i, name in enumerate(names)])


def test_waste():
    """Without `prometheus`, as well as with."""
    place = Place()
    with place.serve() as server:
        ask(server, [f"n{i}.fine-name.svc.cluster.local" for i in range(120)])
        in_order(doctor(place.path, server), "a few names that do not exist say nothing")
        ask(server, [f"n{i}.fine-name.svc.cluster.local" for i in range(120)])
        expect(doctor(place.path, server), 1, "warning", "ndots", "of 24", "most questions are for names that search lists make")
        ask(server, ["web.fine-name.svc.cluster.local"] * 300)
        in_order(doctor(place.path, server), "which most are not any more")


def drops(port):
    with open("/proc/net/udp", encoding="ascii") as table:
        return sum(int(line.split()[-1]) for line in table if f":{port:04X} " in line.split("rem")[0][:20])


def test_drops():
    """A server that stands still is sent more than the kernel has room for."""
    place = Place()
    packet = wire.encode_query(1, wire.name_from_text("web.fine-name.svc.cluster.local"), 1)
    with place.serve() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        server.process.send_signal(signal.SIGSTOP)
        for count in range(200000):
            client.send(packet)
            if count % 1000 == 0 and drops(server.port) > 0:
                break
        server.process.send_signal(signal.SIGCONT)
        wait_for(lambda: server.rcode("web.fine-name.svc.cluster.local", "A")[0] == "NOERROR")
        expect(doctor(place.path, server), 1, "warning", "drops", f"packets to port {server.port} were dropped",
               "packets that the kernel dropped")
    with place.serve() as server:
        in_order(doctor(place.path, server), "which others have not lost")


def test_port():
    """As whom it would be started: in a user namespace rights can be given up that an unprivileged user cannot."""
    place, name = Place(), "a port that nobody here may bind"
    words = [KNAMECTL, "doctor", "-conf", "Corefile", "-dns.port", "53", "--server", "127.0.0.1:53"]
    without = ["unshare", "-Urn", "setpriv", "--bounding-set", "-net_bind_service"]
    if subprocess.run([*without, "true"], capture_output=True, check=False).returncode != 0:
        tap.ok(True, name + " # SKIP no user namespaces here")
        return
    text = "port 53 cannot be bound here"
    done = subprocess.run([*without, *words], capture_output=True, text=True, check=False, cwd=place.path)
    tap.ok(done.returncode == 2 and "PROBLEM port: " + text in done.stdout, name, done.stdout, done.stderr)
    done = subprocess.run([*without[:2], *words], capture_output=True, text=True, check=False, cwd=place.path)
    tap.ok(done.returncode == 2 and text not in done.stdout, "with NET_BIND_SERVICE it may be", done.stdout, done.stderr)
    with place.serve() as server:
        tap.ok(not has(doctor(place.path, server)[1], "problem", "port", ""), "who serves already has bound its port")


def test_memory():
    """As the container's limit is seen: in a mount namespace its file can be the test's own."""
    place, name = Place(), "memory near its limit"
    limited = ["unshare", "-Urm", "sh", "-c", "mount -t tmpfs none /sys/fs/cgroup && echo $1 > /sys/fs/cgroup/memory.max && "
               "shift && exec \"$@\"", "sh"]
    if subprocess.run([*limited, "1", "true"], capture_output=True, check=False).returncode != 0:
        tap.ok(True, name + " # SKIP no user namespaces here")
        return
    with place.serve() as server:
        used = state(server)["memory"]["resident_bytes"]
        words = [KNAMECTL, "doctor", "-conf", "Corefile", "-dns.port", str(server.port), "--socket",
                 control_socket(server.process.pid)]
        for limit, is_near in ((int(used * 1.1), True), (used * 2, False), ("max", False)):
            done = subprocess.run([*limited, str(limit), *words], capture_output=True, text=True, check=False, cwd=place.path)
            tap.same("WARNING memory: " in done.stdout, is_near, f"{name}: {limit} with {used} in use" if is_near else
                     f"and not with {limit}")
            tap.ok("0 problems" in done.stdout, "which is no more than a warning", done.stdout, done.stderr)


def main():
    test_nobody()
    test_several()
    test_admin()
    test_told()
    test_not_followed()
    test_snapshot()
    test_sandbox()
    test_waste()
    test_drops()
    test_port()
    test_memory()
    tap.done()


if __name__ == "__main__":
    main()

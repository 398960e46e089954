#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What CoreDNS 1.15 and knamed print at the same events, how they end, and what their HTTP ports say. A line that only one
of them has passes by an EventRule of differences.py alone.

    tests/golden/events_test.py WORD...     events whose name holds a word"""
import collections
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, TESTS + "/support", TESTS + "/oracle"]
import wire  # noqa: E402
from case_file import COREFILE  # noqa: E402
from differences import EVENT_RULES  # noqa: E402
from machine import Machine, can_be_made  # noqa: E402
from running_server import PROGRAM, printed, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

START_S, END_S = 10, 40
PLAIN = ". {\n    whoami\n}\n"
PROBES = ". {\n    errors\n    health\n    ready\n    prometheus 0.0.0.0:9153\n    whoami\n}\n"
RELOADED = ". {\n    reload 2s 1s\n    whoami\n}\n"
BAD = ". {\n    bogus\n}\n"
# What differs from run to run, or by the machine.
NOISE = ((r"SHA512 = [0-9a-f]+", "SHA512 = DIGEST"), (r'"time":"[^"]*"', '"time":"T"'), (r"\d+(\.\d+)?(ms|µs|us|s)\b", "Ns"),
         (r"(read|dial) (udp|tcp) (\S+):\d+->", r"\1 \2 \3:N->"), (r"\d+\.\d+\.(?= HINFO)", "N.N."), (r":\d+ -> ", ":N -> "),
         (r'query: "HINFO \d+\.\d+\.', 'query: "HINFO N.N.'))
# CoreDNS prints this where it happens to ask its own /health as it ends, so no rule could count on it.
CHANCE = "[INFO] plugin/health: Failed to stop health http server: context deadline exceeded"
tap = Tap()
used = collections.Counter()


def without_noise(line):
    for pattern, text in NOISE:
        line = re.sub(pattern, text, line)
    return line.rstrip()


class Side:
    """One of both, in a machine of its own."""

    def __init__(self, machine, program):
        self.machine, self.program = machine, os.path.basename(program)
        self.output, self.process = None, None

    def run(self, corefile, *words):
        """Starts it; whether it serves."""
        if corefile is not None:
            self.machine.write(COREFILE, corefile)
            words = ("-conf", COREFILE, *words)
        self.output = tempfile.TemporaryFile(mode="a+")
        self.process = self.machine.start(self.program, *words, environment={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}, output=self.output)
        wait_for(lambda: self.process.poll() is not None or self.machine.listens(53), START_S)
        return self.process.poll() is None

    def logged(self, pattern, seconds=10):
        return wait_for(lambda: re.search(pattern, printed(self.output)), seconds)

    def started(self):
        """Its last line of the start is there."""
        self.logged(r"linux/amd64|linux/x86_64", 3)

    def end(self, how=signal.SIGQUIT):
        """Its lines and its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            wait_for(lambda: self.process.poll() is not None, END_S)
        if self.process.poll() is None:
            self.process.kill()
        code = self.process.wait()
        lines = [without_noise(line) for line in printed(self.output).splitlines() if line.strip() and line.strip() != CHANCE]
        return [*lines, f"exit code {code}"]

    def ask(self, name):
        with self.machine.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(8)
            udp.connect(("127.0.0.1", 53))
            udp.send(wire.encode_query(7, wire.name_from_text(name), wire.A, edns=1232))
            with contextlib.suppress(OSError):
                udp.recv(65535)

    def get(self, method, port, path):
        """Status, headers that tell something, and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
        try:
            with self.machine.inside():
                connection.connect()
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return f"{method} :{port}{path} {type(error).__name__}"
        finally:
            connection.close()
        shown = "PAGE" if body.startswith("# HELP") else repr(body)
        return f"{method} :{port}{path} {response.status} {response.getheader('Content-Type')} {shown}"


# ---- events ----

def started(*words):
    def event(side):
        side.run(PLAIN, *words)
        side.started() if "-quiet" not in words else None
        return side.end()
    return event


def only_run(corefile, *words):
    def event(side):
        side.run(corefile, *words)
        return side.end(signal.SIGKILL)
    return event


def ended_by(how, corefile=PLAIN):
    def event(side):
        side.run(corefile)
        side.started()
        return side.end(how)
    return event


def told_to_reload(corefile):
    def event(side):
        side.run(PLAIN)
        side.started()
        side.machine.write(COREFILE, corefile)
        side.process.send_signal(signal.SIGUSR1)
        side.logged("Reloading complete|Restart failed")
        return side.end()
    return event


def file_changes(corefile):
    def event(side):
        side.run(RELOADED)
        side.started()
        side.machine.write(COREFILE, corefile)
        side.logged("Reloading complete|reload failed", 15)
        return side.end()
    return event


def ignored(how):
    def event(side):
        side.run(PLAIN)
        side.started()
        side.process.send_signal(how)
        side.ask("whoami.example.")
        return side.end()
    return event


def port_taken(side):
    with side.machine.inside(), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", 53))
        sock.listen()
        side.run(PLAIN)
        wait_for(lambda: side.process.poll() is not None, START_S)
        return side.end(signal.SIGKILL)


def probe_port_taken(side):
    with side.machine.inside(), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", 8080))
        sock.listen()
        side.run(". {\n health\n whoami\n}\n")
        wait_for(lambda: side.process.poll() is not None, 3)
        return side.end(signal.SIGKILL)


def upstream_refuses(side):
    side.run(". {\n    errors\n    forward . 127.0.0.1:1\n}\n")
    side.started()
    side.ask("name.example.")
    side.logged(r"plugin/errors: \d", 8)
    return side.end()


def upstream_is_silent(side):
    with side.machine.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 5300))
        side.run(". {\n    errors\n    forward . 127.0.0.1:5300\n}\n")
        side.started()
        side.ask("name.example.")
        side.logged(r"plugin/errors: \d", 8)
        return side.end()


def loop_found(side):
    side.run(". {\n    loop\n    forward . 127.0.0.1\n}\n")
    side.logged("Loop", 8)
    return side.end()


def pages(side):
    side.run(PROBES)
    side.started()
    wait_for(lambda: " 200 " in side.get("GET", 8181, "/ready"), 5)
    found = [side.get(method, port, path) for port, own in ((8080, "/health"), (8181, "/ready"), (9153, "/metrics"))
             for path in (own, "/", "/nope", own + "/", own + "?a=b") for method in ("GET", "HEAD", "POST")]
    side.end()
    return found


EVENTS = {
    "start": started(), "start quiet": started("-quiet"), "start json": started("-log-format", "json"),
    "signal reload good": told_to_reload(PLAIN.replace("whoami", "any\n    whoami")), "signal reload bad": told_to_reload(BAD),
    "file reload good": file_changes(RELOADED.replace("whoami", "any\n    whoami")), "file reload bad": file_changes(BAD),
    "missing file": only_run(None, "-conf", "/nowhere/Corefile"), "unknown directive": only_run(BAD),
    "port taken": port_taken, "probe port taken": probe_port_taken,
    "SIGTERM": ended_by(signal.SIGTERM), "SIGTERM lameduck": ended_by(signal.SIGTERM, PLAIN.replace("{", "{\n health {\n lameduck 1s\n }")),
    "SIGINT": ended_by(signal.SIGINT), "SIGINT lameduck": ended_by(signal.SIGINT, PLAIN.replace("{", "{\n health {\n lameduck 1s\n }")),
    "SIGQUIT": ended_by(signal.SIGQUIT), "SIGHUP": ignored(signal.SIGHUP),
    "unknown flag": only_run(PLAIN, "-bogus"), "flag without value": only_run(None, "-conf"), "extra words": only_run(PLAIN, "word"),
    "version": only_run(None, "-version"), "plugins": only_run(None, "-plugins"),
    "loop": loop_found, "upstream refuses": upstream_refuses, "upstream is silent": upstream_is_silent, "pages": pages,
}


def unexplained(name, lines, whose):
    """Those that no rule is for."""
    left = []
    for line in lines:
        rules = [rule for rule in EVENT_RULES if re.search(rule.event, name) and getattr(rule, whose) and
                 re.search(getattr(rule, whose), line)]
        used.update(rule.reference for rule in rules[:1])
        left += [] if rules else [line]
    return left


def compare(name, theirs, ours):
    if os.environ.get("EVENTS_SHOW"):
        print("\n".join(["# CoreDNS:", *("#   " + line for line in theirs), "# knamed:", *("#   " + line for line in ours)]))
    theirs, ours = collections.Counter(theirs), collections.Counter(ours)
    only_theirs = unexplained(name, list((theirs - ours).elements()), "theirs")
    only_ours = unexplained(name, list((ours - theirs).elements()), "ours")
    complaint = [f"CoreDNS alone: {line}" for line in only_theirs] + [f"knamed alone:  {line}" for line in only_ours]
    if not tap.ok(not complaint, name, *complaint):
        print("\n  ".join([f"event: {name}", *complaint]), file=sys.stderr)


def main():
    reason = can_be_made()
    if reason:
        print("1..0 # SKIP no namespaces of our own:", reason)
        return
    built = subprocess.run([TESTS + "/e2e/build", "coredns"], stdout=subprocess.PIPE, text=True, check=True)
    coredns = os.path.join(built.stdout.strip(), "coredns")
    words = sys.argv[1:]
    with contextlib.ExitStack() as stack:
        sides = [Side(stack.enter_context(Machine([], [], [program])), program) for program in (coredns, PROGRAM)]
        for side in sides:
            side.machine.write("/etc/resolv.conf", "nameserver 10.0.0.2\n")
            side.machine.write("/etc/hosts", "127.0.0.1 localhost\n")
        for name, event in EVENTS.items():
            if not words or any(word in name for word in words):
                compare(name, *(event(side) for side in sides))
    if not words:
        tap.same([rule.reference for rule in EVENT_RULES if not used[rule.reference]], [], "every rule explains something")
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a live server shows of itself over its control socket: to whom, and what."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from control import ask, control_socket, state  # noqa: E402
from running_server import Server  # noqa: E402
from tap import Tap  # noqa: E402

SAMPLE = "deploy/sample/Corefile"
tap = Tap()


def check_state(server):
    told = state(server)
    tap.same((told["ready"], told["not_ready"], told["serving"]), (True, "", True), "it tells that it is ready")
    tap.same(told["pid"], server.process.pid, "and which process it is")
    tap.ok(len(told["config"]["sha512"]) == 128 and not told["config"]["built_in"], "and its configuration's digest")
    cluster = told["clusters"][0]
    tap.same(cluster["zones"][0], "cluster.local.", "zones are told")
    tap.ok(cluster["services"] > 5 and cluster["endpoints"] >= cluster["endpoints_ready"] > 5,
           "and how much is in them", cluster)
    tap.ok(told["memory"]["resident_bytes"] > 1 << 20, "and memory")


def check_socket(server):
    name = control_socket(server.process.pid)
    tap.ok(name is not None and len(name) == len("@knamed.control.") + 16, "there is a control socket", name)
    for method in "POST", "PUT", "DELETE":
        tap.same(ask(name, "/api/state", method)[0], 405, f"{method} is refused")
    tap.same(ask(name, "/api/other")[0], 404, "other paths are not there")
    tap.same(ask(name, "/api/state", "HEAD")[2], "", "HEAD has no body")
    long = ask(name, "/api/state?" + "x" * 9000)
    tap.same(long[0], 431, "a head beyond 8 KB is refused")


def check_strangers(server):
    """Whoever is neither our user nor root is hung up on."""
    what = "another user is not answered"
    if os.geteuid() != 0:
        tap.ok(True, what + " # SKIP only root can be another user")
        return
    name = control_socket(server.process.pid)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            said = str(ask(name, "/api/state")[0])
        except OSError as error:
            said = type(error).__name__
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        tap.ok(pipe.read() in ("RemoteDisconnected", "ConnectionResetError", "BrokenPipeError"), what)


def main():
    with Server(SAMPLE) as server:
        check_state(server)
        check_socket(server)
        check_strangers(server)
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that cannot be written, or only in part: names are answered all the same, a line says what is wrong, and what was there
before stays whole. A root that is read-only and a disk that is full are tests/e2e/disk_test.py's."""
import os
import resource
import signal
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, run_together  # noqa: E402
from kube_api import KubeApi, service  # noqa: E402
from lifecycle import Place, ask  # noqa: E402
from reloading import ZONE, write  # noqa: E402
from running_server import PROGRAM, wait_for, write_program  # noqa: E402

ROOM = 8192


def read(path):
    with open(path, "rb") as file:
        return file.read()


def script(place, words, before=""):
    """A program that is the server with these words behind its own, and perhaps something done before."""
    path = os.path.join(place.directory.name, "knamed")
    write_program(path, f'#!/bin/sh\n{before}\nexec {PROGRAM} "$@" {words}\n')
    return path


def complaints(server):
    return [line for line in server.text().splitlines() if line.startswith(("[WARNING]", "[ERROR]"))]


def snapshot_without_room(tap):
    """What does not fit is taken back, and what was there before is as it was."""
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="disk-") as place:
        path = os.path.join(place, "snapshot")
        api.put(service("web", "10.0.0.1"))
        with Follower(api, f"snapshot {path}", place=place) as server:
            server.says("web.default.svc", ["10.0.0.1"])
        before = read(path)
        api.put(*(service(f"s{i}", f"10.1.{i // 250}.{i % 250 + 1}") for i in range(500)))
        with Follower(api, f"snapshot {path}", place=place) as server:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
            tap.same(server.says("s499.default.svc", ["10.1.1.250"]), ["10.1.1.250"], "it serves")
            tap.ok(server.logged("[WARNING]", f"snapshot {path} cannot be written: File too large"), "and says what is wrong",
                   server.text())
            tap.same((read(path) == before, os.path.exists(path + ".new")), (True, False),
                     "the old snapshot is whole, and nothing lies beside it")
            api.put(service("late", "10.0.0.2"))
            tap.same(server.says("late.default.svc", ["10.0.0.2"]), ["10.0.0.2"], "what happens then is served")
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        tap.ok(len(read(path)) > ROOM and "is written again" in server.text(), "with room it is written again", server.text())
        tap.same((server.process.returncode, len(complaints(server))), (0, 1), "it ends with 0, and that was all that it said")


def pidfile(tap):
    place = Place()
    path = os.path.join(place.directory.name, "pid")
    with place.serve(script(place, f"-pidfile {path}")) as server:
        tap.same(read(path).decode(), f"{server.process.pid}\n", "it has the process's id")
    for path, why in ("/proc/nowhere/pid", "open /proc/nowhere/pid: no such file or directory"), \
                     ("/dev/full", "write /dev/full: no space left on device"):
        with place.serve(script(place, f"-pidfile {path}")) as server:
            tap.same(ask(server), 0, f"{path}: where it cannot be written names are answered all the same")
            wait_for(lambda at=server: complaints(at))
            tap.same(complaints(server), [f"[ERROR] Could not write pidfile: {why}"], f"{path}: and one line says so")
            tap.same(server.stop(), 0, f"{path}: it ends with 0")


def log_without_room(tap):
    cases = [("a full disk", ">/dev/full 2>&1", ""), ("no file may grow", "", "ulimit -f 0")]
    for what, words, before in cases[:1] if "/thread/" in PROGRAM else cases:  # the runtime of that sanitizer writes one before all
        place = Place()
        with place.serve(script(place, words, before)) as server:
            tap.same(ask(server, name="late.example"), 3, f"{what}: whose lines find no room answers")
            write(place.directory.name, "db.example", ZONE.replace(" 1 7200", " 2 7200") + "late A 10.0.0.3\n")
            tap.ok(wait_for(lambda at=server: ask(at, name="late.example") == 0), f"{what}: reads its files again")
            server.signal(signal.SIGTERM)
            tap.same((server.ends(), server.text()), (0, ""), f"{what}: and ends with 0")


if __name__ == "__main__":
    run_together([snapshot_without_room, pidfile, log_without_room])

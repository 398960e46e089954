#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that can write nowhere at all, as under readOnlyRootFilesystem without a volume, and one whose disk is full: names are
answered, Corefiles are read again, the end is in order, and a line tells of a file that was asked for and cannot be written."""
import contextlib
import os
import signal
import subprocess
import sys
import tempfile

from network import enter_own_namespace

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
from following import Follower  # noqa: E402
from kube_api import KubeApi, service  # noqa: E402
from reloading import reload  # noqa: E402
from running_server import PROGRAM, write_program  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
WEB = service("web", "10.0.0.1")
# Each mount is read-only in a namespace of its own; some of them lie below others and are not reached by their name.
READ_ONLY = """#!/bin/sh
exec unshare --mount --propagation private sh -c '
while read -r _ where _; do mount -o remount,bind,ro "$where" 2>/dev/null; done </proc/self/mounts
exec %s "$@"' knamed "$@" %s
"""


def program(place, words=""):
    path = os.path.join(place, "knamed")
    write_program(path, READ_ONLY % (PROGRAM, words))
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def complaints(server):
    return [line for line in server.text().splitlines() if line.startswith(("[WARNING]", "[ERROR]")) and "sandbox" not in line]


def writable(server, *places):
    """Where a file can be made, in the server's namespace."""
    inside = ["nsenter", "--target", str(server.process.pid), "--mount"]
    return [place for place in places if subprocess.run([*inside, "touch", os.path.join(place, "written")], check=False,
                                                        stderr=subprocess.DEVNULL).returncode == 0]


def check_life(server, api, what):
    """It answers, reads its Corefile again, follows, and ends."""
    tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], f"{what}: it answers")
    tap.same(writable(server, server.place, "/", "/tmp", "/run", "/var/tmp", "/dev/shm"), [], f"{what}: there is nowhere to write")
    with open(os.path.join(server.place, "Corefile"), encoding="ascii") as file:
        text = file.read()
    said = reload(server, text + "chaos written\n")
    tap.ok("Reloading complete" in said, f"{what}: it reads its Corefile again", server.text())
    api.put(service(what.replace(" ", "-"), "10.0.0.2"))
    tap.same(server.says(what.replace(" ", "-") + ".default.svc", ["10.0.0.2"]), ["10.0.0.2"], f"{what}: it follows")
    server.process.send_signal(signal.SIGTERM)
    tap.same(server.process.wait(40), 0, f"{what}: it ends with 0")


def check_read_only():
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="disk-") as place:
        api.put(WEB)
        with Follower(api, "ttl 5", place=place, program=program(place)) as server:
            check_life(server, api, "nothing to write")
            tap.same(complaints(server), [], "nothing to write: there is nothing to complain of")
        snapshot, pid = os.path.join(place, "snapshot"), os.path.join(place, "pid")
        with Follower(api, f"snapshot {snapshot}", place=place, program=program(place, f"-pidfile {pid}")) as server:
            server.logged("[WARNING]", snapshot)
            check_life(server, api, "files to write")
            tap.same(complaints(server),
                     [f"[ERROR] Could not write pidfile: open {pid}: read-only file system",
                      f"[WARNING] plugin/kubernetes: snapshot {snapshot} cannot be written: Read-only file system"],
                     "files to write: each has a line of its own")


@contextlib.contextmanager
def small_disk(size):
    """A directory that has so much room; this namespace alone knows it."""
    with tempfile.TemporaryDirectory(prefix="disk-") as place:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


def fill(path):
    """Takes all room that there is."""
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def check_full():
    with KubeApi() as api, small_disk("1m") as disk, tempfile.TemporaryDirectory(prefix="disk-") as place:
        snapshot = os.path.join(disk, "snapshot")
        api.put(WEB)
        with Follower(api, f"snapshot {snapshot}", place=place) as server:
            server.says("web.default.svc", ["10.0.0.1"])
        before = read(snapshot)
        fill(os.path.join(disk, "other"))
        api.put(*(service(f"s{i}", f"10.1.{i // 250}.{i % 250 + 1}") for i in range(1000)))
        with Follower(api, f"snapshot {snapshot}", place=place) as server:
            tap.same(server.says("s999.default.svc", ["10.1.3.250"]), ["10.1.3.250"], "a full disk: it answers")
            tap.ok(server.logged("[WARNING]", f"snapshot {snapshot} cannot be written: No space left on device"),
                   "a full disk: it says what is wrong", server.text())
            api.put(service("late", "10.0.0.2"))
            tap.same(server.says("late.default.svc", ["10.0.0.2"]), ["10.0.0.2"], "a full disk: answers go on")
            server.process.send_signal(signal.SIGTERM)
            tap.same(server.process.wait(40), 0, "a full disk: it ends with 0")
        tap.same(len(complaints(server)), 1, "a full disk: once, however often it tries")
        tap.same((read(snapshot) == before, sorted(os.listdir(disk))), (True, ["other", "snapshot"]),
                 "a full disk: the old snapshot is whole, and nothing lies beside it")
        os.remove(os.path.join(disk, "other"))
        with Follower(api, f"snapshot {snapshot}", place=place) as server:
            tap.ok("serving from snapshot" in server.text(), "a full disk: it is good for a start", server.text())
            server.says("late.default.svc", ["10.0.0.2"])
        tap.ok(len(read(snapshot)) > len(before), "a full disk: with room it is written")


if os.getuid() != 0:
    tap.ok(True, "disks that cannot be written # SKIP only root may mount")
    tap.done()
enter_own_namespace(tap)
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
check_read_only()
check_full()
tap.done()

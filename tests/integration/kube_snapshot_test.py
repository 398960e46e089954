#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The warm start: a server that comes up without an API server serves what was known, says that it is stale, and is
right as soon as the API server has told its state."""
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, Poller, one_of, run_together  # noqa: E402
from kube_api import KubeApi, namespace, service, slice_, wait_watching  # noqa: E402
from running_server import KNAMECTL, wait_for  # noqa: E402

WEB, DB = service("web", "10.0.0.1"), service("db")
ENDPOINTS = slice_("db-1", "db", {"a": "10.1.0.1"})
STALE = 3  # RFC 8914: Stale Answer


class Place:
    """A directory with a snapshot of an API server that was followed, and is away now."""

    def __init__(self, api):
        self.directory = tempfile.TemporaryDirectory(prefix="snapshot-")
        self.path = os.path.join(self.directory.name, "snapshot")
        self.api = api
        api.put(WEB, DB, ENDPOINTS)
        with self.follow() as server:
            server.says("web.default.svc", ["10.0.0.1"])
            server.says("db.default.svc", ["10.1.0.1"])
            wait_watching(api)
        api.do("stop")

    def follow(self, options=""):
        return Follower(self.api, f"snapshot {self.path}\nstartup_timeout 200ms\n{options}", place=self.directory.name)


def first_start(tap):
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="snapshot-") as place:
        with Follower(api, f"snapshot {place}/snapshot", place=place) as server:
            tap.ok(server.logged("[INFO]", f"no warm start: there is no snapshot {place}/snapshot yet"), "that there is none is no alarm",
                   server.text())


def warm_start(tap):
    with KubeApi(tls=True) as api:
        place = Place(api)
        tap.ok(os.path.exists(place.path), "the state is written when the server ends")
        with place.follow() as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "what was known is served")
            tap.same(server.says("db.default.svc", ["10.1.0.1"]), ["10.1.0.1"], "also endpoints")
            tap.same(server.ask("web.default.svc").extended, [STALE], "and marked")
            tap.same(server.metric("knamed_kubernetes_stale"), 1, "also in metrics")
            tap.ok(wait_for(lambda: '"state=stale"' in " ".join(server.ask("sync._knamed", "TXT").answers)),
                   "and in the TXT record", server.ask("sync._knamed", "TXT"))
            tap.ok(server.logged("[INFO]", "serving from snapshot", place.path), "the log says so", server.text())
            api.delete(ENDPOINTS)
            api.put(service("web", "10.0.0.2"), service("new", "10.0.0.3"))
            with Poller(server, ("web.default.svc", "A", lambda reply: reply.rcode == "NOERROR" and
                                 (reply.extended == [STALE] or reply.answers == {"10.0.0.2"}))) as poller:
                api.do("start")
                tap.same(server.says("web.default.svc", ["10.0.0.2"]), ["10.0.0.2"], "what changed meanwhile")
            tap.ok(not poller.wrong, "what is stale is marked", *poller.wrong[:10])
            tap.same(server.says("new.default.svc", ["10.0.0.3"]), ["10.0.0.3"], "what came meanwhile")
            tap.same(server.says("db.default.svc", []), [], "what went meanwhile")
            tap.same(server.metric("knamed_kubernetes_stale"), 0, "nothing is stale then")


def never_away(tap):
    """While the first list replaces a snapshot: names that are in both, and an endpoint that moved to another slice."""
    with KubeApi() as api:
        place = Place(api)
        api.put(slice_("db-0", "db", {"a": "10.1.0.1"}), *(service(f"s{i}", f"10.2.0.{i}") for i in range(200)))
        api.delete(slice_("db-1", "db", {}))
        api.set(bytesPerSecond=200000)
        with place.follow() as server:
            with Poller(server, ("web.default.svc", "A", one_of(["10.0.0.1"])), ("db.default.svc", "A", one_of(["10.1.0.1"])),
                        ("1.0.1.10.in-addr.arpa.", "PTR", one_of(["a.db.default.svc.cluster.local."]))) as poller:
                api.do("start")
                tap.same(server.says("s199.default.svc", ["10.2.0.199"]), ["10.2.0.199"], "the API server's state is read")
            tap.ok(not poller.wrong, f"nothing was away, in {poller.count} replies", *poller.wrong[:10])


def killed_at_once(tap):
    with KubeApi() as api:
        place = Place(api)
        os.remove(place.path)
        api.do("start")
        with place.follow() as server:
            server.says("web.default.svc", ["10.0.0.1"])
            tap.ok(wait_for(lambda: os.path.exists(place.path)), "the state is written soon after it is known")
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            api.do("stop")
        with place.follow() as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "who was killed starts warm")


def another_cluster(tap):
    with KubeApi() as api:
        place = Place(api)
        other = namespace("kube-system")
        other["metadata"]["uid"] = "9f1c7a4e-0000-4000-8000-00000000beef"
        with place.follow() as server:
            server.says("web.default.svc", ["10.0.0.1"])
            api.restore(5, other, namespace("default"), service("mine", "10.0.0.9"))
            api.do("start")
            tap.same(server.says("mine.default.svc", ["10.0.0.9"]), ["10.0.0.9"], "the other cluster is served")
            tap.same(server.says("web.default.svc", []), [], "and nothing of the first")
            tap.ok(server.logged("[WARNING]", "the snapshot is of another cluster"), "the log says so", server.text())


def another_cluster_in_part(tap):
    """As soon as the cluster is known to be another one, nothing of the first is shown."""
    with KubeApi() as api:
        place = Place(api)
        other = namespace("kube-system")
        other["metadata"]["uid"] = "9f1c7a4e-0000-4000-8000-00000000beef"
        api.restore(5000, other, namespace("default"), service("mine", "10.0.0.9"))
        api.fault("freeze", resource="services")
        with place.follow() as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "until it is known, the snapshot counts")
            api.do("start")
            tap.ok(wait_for(lambda: server.ask("web.default.svc").rcode == "SERVFAIL"), "then it does not, before all is read",
                   server.ask("web.default.svc"))
            api.clear()
            api.do("close")
            tap.same(server.says("mine.default.svc", ["10.0.0.9"]), ["10.0.0.9"], "and then all is as the cluster has it")


def another_server(tap):
    with KubeApi() as api, KubeApi() as other:
        place = Place(api)
        other.do("stop")
        place.api = other
        is_refused(tap, place, "another API server")


def is_refused(tap, place, what, options=""):
    with place.follow(options) as server:
        tap.ok(server.logged("[WARNING]", "no warm start", place.path), f"{what}: refused, and told", server.text())
        tap.same(server.ask("web.default.svc").rcode, "SERVFAIL", f"{what}: nothing of it is served")


def refused(tap):
    with KubeApi() as api:
        place = Place(api)
        with open(place.path, "rb") as file:
            whole = file.read()
        is_refused(tap, place, "other labels", "labels a=b")
        is_refused(tap, place, "other kinds", "pods verified")
        for what, text in (("cut", whole[:-1]), ("garbage", os.urandom(len(whole))), ("empty", b""), ("longer", whole + b"\0"),
                           ("a bit", whole[:len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) +
                            whole[len(whole) // 2 + 1:])):
            with open(place.path, "wb") as file:
                file.write(text)
            is_refused(tap, place, what)
            with open(place.path, "rb") as file:
                tap.ok(file.read() == text, f"{what}: who knows nothing writes nothing over it")
        api.do("start")
        with place.follow() as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "the API server is followed all the same")
        with open(place.path, "rb") as file:
            tap.ok(len(file.read()) == len(whole), "and a good one is written")


def who_only_looks(tap):
    """knamectl reads a server's Corefile, and its API server, not its snapshot."""
    with KubeApi() as api:
        place = Place(api)
        with open(place.path, "rb") as file:
            before = file.read()
        api.do("start")
        api.put(service("web", "10.0.0.7"))
        corefile = os.path.join(place.directory.name, "Corefile")
        with open(corefile, "w", encoding="utf-8") as file:
            file.write(f".\nkubernetes cluster.local {{\nendpoint {api.url}\nsnapshot {place.path}\n}}\n")
        done = subprocess.run([KNAMECTL, "dump", "-conf", corefile, "default/web"], capture_output=True,
                              text=True, check=False)
        tap.ok("10.0.0.7" in done.stdout and "10.0.0.1" not in done.stdout, "it shows what is now", done.stdout, done.stderr)
        with open(place.path, "rb") as file:
            tap.ok(file.read() == before, "and leaves the snapshot as it was")


def nowhere_to_write(tap):
    with KubeApi() as api:
        api.put(WEB)
        with Follower(api, "snapshot /proc/nowhere/snapshot") as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "it serves")
            tap.ok(server.logged("[WARNING]", "/proc/nowhere/snapshot cannot be written"), "and says that it cannot write", server.text())
        tap.same(server.text().count("cannot be written"), 1, "once, however often it tries")


def another_cause(tap):
    """Each server tries when it knows all, and again when it ends."""
    with KubeApi() as api:
        api.put(WEB)
        for what, change, text in (("another cause", lambda path: open(path, "wb").close(), "written: Not a directory"),
                                   ("the end of it", os.mkdir, "written again")):
            with tempfile.TemporaryDirectory(prefix="snapshot-") as place:
                path = os.path.join(place, "sub")
                with Follower(api, f"snapshot {path}/snapshot", place=place) as server:
                    tap.ok(server.logged("[WARNING]", path, "written: No such file"), f"{what}: it cannot be written", server.text())
                    change(path)
                lines = [line for line in server.text().splitlines() if path in line and "written" in line]
                tap.ok(len(lines) == 2 and text in lines[1], f"{what} is told", server.text())


def slow_disk(tap):
    """A file that cannot even be opened holds up nothing but its own writing."""
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="snapshot-") as place:
        path = os.path.join(place, "snapshot")
        os.mkfifo(path + ".new")
        api.put(WEB)
        with Follower(api, f"snapshot {path}", place=place) as server:
            tap.ok(wait_for(lambda: "knamed-snapshot" in server.threads()), "it is being written", server.threads())
            api.put(service("late", "10.0.0.2"))
            tap.same(server.says("late.default.svc", ["10.0.0.2"]), ["10.0.0.2"], "what happens meanwhile is served")
            tap.ok("knamed-snapshot" in server.threads() and not os.path.exists(path), "though nothing is written yet")
            reader = os.open(path + ".new", os.O_RDONLY | os.O_NONBLOCK)
            tap.ok(wait_for(lambda: os.path.exists(path)), "then it is")
            os.close(reader)
        tap.ok(os.path.isfile(path), "and again at the end")


if __name__ == "__main__":
    run_together([first_start, warm_start, never_away, killed_at_once, another_cluster, another_cluster_in_part, another_server, refused,
                  who_only_looks, nowhere_to_write, another_cause, slow_disk])

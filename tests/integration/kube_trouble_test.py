#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an API server does to its clients in the course of its life: knamed serves on, says what is wrong, and is right again
as soon as it can be."""
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, Poller, one_of, run_together  # noqa: E402
from kube_api import KubeApi, namespace, service, slice_, wait_watching, write_whole  # noqa: E402
from running_server import free_port, wait_for  # noqa: E402

WEB = service("web", "10.0.0.1")
STATE = [namespace("default"), namespace("kube-system"), WEB]
ALWAYS = ("web.default.svc", "A", one_of(["10.0.0.1"]))


def wait_in_step(api, server):
    server.says("web.default.svc", ["10.0.0.1"])
    wait_watching(api)


def relists(server):
    return server.metric("knamed_kubernetes_relists_total")


def api_away_at_start(tap):
    """[names 16] The case `startup`: no API server, so that nothing is known."""
    begin = time.monotonic()
    with Follower(source=f"endpoint http://127.0.0.1:{free_port()}", options="startup_timeout 1s\npods insecure") as server:
        tap.ok(time.monotonic() - begin < 20, "it serves although the API is away")
        for name, kind in (("_http._tcp.web.default.svc", "SRV"), ("_etcd-client._tcp.etcd.svc", "SRV"),
                           ("1.0.96.10.in-addr.arpa.", "PTR"), ("web.default.svc", "A"), ("nope.default.svc", "AAAA")):
            reply = server.ask(name, kind)
            tap.ok(reply.rcode == "SERVFAIL" and reply.extended == [14], f"{name} {kind}: SERVFAIL, EDE 14", reply)
        for name, kind, rcode in (("x.nope", "A", "NXDOMAIN"), ("", "SOA", "NOERROR"), ("svc", "A", "NOERROR")):
            tap.same(server.ask(name, kind).rcode, rcode, f"'{name}' {kind} needs no API")
        tap.ok(server.logged("[WARNING]", "starting server with unsynced Kubernetes API"), "the log says so", server.text())
        tap.ok(server.ready()[0] == 503 and "kubernetes" in server.ready()[1], "/ready is 503", server.ready())
        tap.ok("no connection" in server.ready("readyz")[1], "/readyz says why", server.ready("readyz"))


def api_comes_later(tap):
    with KubeApi() as api:
        api.put(WEB)
        api.do("stop")
        with Follower(api, "startup_timeout 200ms") as server:
            with Poller(server, ("web.default.svc", "A", lambda reply: reply.rcode == "SERVFAIL" or
                                 reply.answers == {"10.0.0.1"})) as poller:
                api.do("start")
                tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "as soon as the API is there, it is right")
            tap.ok(not poller.wrong, "and never was anything wrong", *poller.wrong[:10])
            tap.same(wait_for(lambda: server.ready()[0] == 200), True, "then it is ready")


def api_goes(tap):
    """Gone for good, as far as anyone knows: answers go on, as they were."""
    with KubeApi(tls=True) as api:
        api.put(WEB)
        with Follower(api) as server:
            wait_in_step(api, server)
            with Poller(server, ALWAYS) as poller:
                api.do("stop")
                told = server.logged("[WARNING]", "no connection to the API server")
                tap.ok(told, "the log says that it is away", server.text())
                tap.ok(wait_for(lambda: server.metric("knamed_kubernetes_watch_failures_total", 'reason="connect"') >= 3),
                       "failures are counted", server.metrics())
                tap.same(server.ask("web.default.svc").extended, [], "answers carry no EDE")
                tap.same(server.ready()[0], 200, "it stays ready")
                api.put(service("new", "10.0.0.2"))
                api.do("start")
                tap.same(server.says("new.default.svc", ["10.0.0.2"]), ["10.0.0.2"], "what happened meanwhile is caught up with")
            tap.ok(not poller.wrong, f"answers went on, {poller.count} of them", *poller.wrong[:10])
            tap.ok(server.logged("the API server answers again") or server.logged("followed again"), "the log says that it is back",
                   server.text())
            tap.same(relists(server), 3, "nothing was listed anew")


def restarts(tap):
    """All connections cut, again and again."""
    with KubeApi() as api:
        api.put(WEB)
        with Follower(api) as server:
            wait_in_step(api, server)
            with Poller(server, ALWAYS) as poller:
                for i in range(5):
                    api.do("close")
                    api.put(service("step", f"10.0.1.{i}"))
                    tap.same(server.says("step.default.svc", [f"10.0.1.{i}"]), [f"10.0.1.{i}"], f"restart {i}")
            tap.ok(not poller.wrong, "answers went on", *poller.wrong[:10])


def gone(tap):
    """410 in its three forms: when a watch is resumed, as an event or as a status, and in an open watch."""
    for by_status in False, True:
        with KubeApi() as api:
            api.set(goneByStatus=by_status)
            api.put(WEB, service("old", "10.0.0.2"))
            with Follower(api) as server:
                wait_in_step(api, server)
                server.says("old.default.svc", ["10.0.0.2"])
                with Poller(server, ALWAYS) as poller:
                    api.do("stop")
                    api.put(service("new", "10.0.0.3"))
                    api.delete(service("old"))
                    api.do("compact")
                    api.do("start")
                    tap.same([server.says("new.default.svc", ["10.0.0.3"]), server.says("old.default.svc", [])],
                             [["10.0.0.3"], []], f"410 {'by status' if by_status else 'in the stream'}: all is listed anew")
                    api.do("compact")
                    api.do("expire")
                    api.put(service("new", "10.0.0.4"))
                    tap.same(server.says("new.default.svc", ["10.0.0.4"]), ["10.0.0.4"], "410 in an open watch")
                tap.ok(not poller.wrong, "no answer was lost", *poller.wrong[:10])
                tap.ok(server.metric("knamed_kubernetes_watch_failures_total", 'reason="410"') > 0, "410 is counted",
                       server.metrics())


def restored_backup(tap):
    """etcd comes back as it was long ago: versions are lower, objects are others, and watches at our version are silent."""
    with KubeApi() as api:
        api.put(WEB, *(service(f"lost{i}", f"10.0.2.{i}") for i in range(50)))
        with Follower(api, "audit 2s") as server:
            wait_in_step(api, server)
            server.says("lost49.default.svc", ["10.0.2.49"])
            with Poller(server, ALWAYS) as poller:
                api.restore(900, *STATE, service("older", "10.0.0.7"))
                tap.same(server.says("older.default.svc", ["10.0.0.7"]), ["10.0.0.7"], "what the backup has is served")
                tap.same(server.says("lost49.default.svc", []), [], "what it has not is gone")
                api.put(service("after", "10.0.0.8"))
                tap.same(server.says("after.default.svc", ["10.0.0.8"]), ["10.0.0.8"], "and events are followed again")
            tap.ok(not poller.wrong, "what is in both was always there", *poller.wrong[:10])


def relist_in_place(tap):
    """A slow list beside the old state: names that exist throughout are never denied, and what moved is never away."""
    first, last = slice_("a-db", "db", {"b": "10.1.0.2"}), slice_("z-db", "db", {"a": "10.1.0.1"})
    with KubeApi() as api:
        api.put(WEB, *(service(f"s{i}", f"10.7.{i >> 8}.{i & 255}") for i in range(1000)))
        api.put(service("db"), *(slice_(f"m{i}", "other", [f"10.8.{i >> 8}.{i & 255}"]) for i in range(500)))
        for refusal in 0, 422:
            api.put(slice_("a-db", "db", {"a": "10.1.0.1"}), slice_("z-db", "db", {"b": "10.1.0.2"}))
            with Follower(api) as server:
                wait_in_step(api, server)
                server.says("db.default.svc", ["10.1.0.1", "10.1.0.2"])
                api.set(noWatchList=refusal)
                with Poller(server, ALWAYS, ("s999.default.svc", "A", one_of(["10.7.3.231"])),
                            ("db.default.svc", "A", one_of(["10.1.0.1", "10.1.0.2"])),
                            ("a.db.default.svc", "A", one_of(["10.1.0.1"]))) as poller:
                    api.do("stop")
                    api.put(last, first)  # both change places; a list has the one without "a" long before the one with it
                    api.do("compact")
                    api.set(bytesPerSecond=400000)  # seconds: time for others to publish
                    before = relists(server)
                    api.do("start")
                    tap.ok(wait_for(lambda: relists(server) >= before + 3), "all is listed anew", server.metrics())
                    api.set(bytesPerSecond=0)
                tap.ok(not poller.wrong, f"refusal {refusal}: no wrong answer in {poller.count}", *poller.wrong[:10])


def refuse(tap, codes):
    with KubeApi() as api:
        api.put(WEB)
        with Follower(api) as server:
            wait_in_step(api, server)
            for i, (code, words) in enumerate(codes.items()):
                reason = f'reason="{code if code < 500 else "5xx"}"'
                with Poller(server, ALWAYS) as poller:
                    before = server.metric("knamed_kubernetes_watch_failures_total", reason)
                    api.fault("status", code=code, **({"retryAfter": 1} if code == 429 else {}))
                    api.do("close")
                    tap.ok(wait_for(lambda: server.metric("knamed_kubernetes_watch_failures_total", 'kind="Service"', reason) >
                                    before + (code != 429)), f"{code}: is counted", server.metrics())
                    tap.ok(server.logged("[WARNING]", words, str(code)), f"{code}: has a line in the log", server.text())
                    api.clear()
                    api.put(service("step", f"10.0.3.{i}"))
                    tap.same(server.says("step.default.svc", [f"10.0.3.{i}"]), [f"10.0.3.{i}"], f"{code}: then all goes on")
                tap.ok(not poller.wrong, f"{code}: answers went on", *poller.wrong[:10])


def refusals_of_us(tap):
    """Each has a line of its own and is counted by itself; what is known stays; then all goes on."""
    refuse(tap, {401: "does not accept our credentials", 403: "forbidden", 404: "does not have this resource"})


def refusals_for_now(tap):
    refuse(tap, {429: "asks to wait", 503: "fails"})


def refusal_by_failure(tap):
    refuse(tap, {500: "fails"})


def refused_at_start(tap):
    """RBAC that comes late, and one kind alone missing: no partial view."""
    with KubeApi() as api:
        api.put(WEB, service("db"), slice_("db-1", "db", {"a": "10.1.0.1"}))
        api.fault("status", resource="endpointslices", code=403)
        with Follower(api, "startup_timeout 200ms") as server:
            tap.ok(server.logged("[WARNING]", "endpointslices", "forbidden"), "the log names the resource", server.text())
            tap.same([server.ask("web.default.svc").rcode, server.ask("db.default.svc").rcode], ["SERVFAIL", "SERVFAIL"],
                     "services without their slices are not shown")
            tap.ok(wait_for(lambda: "403" in server.ready("readyz")[1]), "/readyz says why", server.ready("readyz"))
            api.clear()
            tap.same(server.says("db.default.svc", ["10.1.0.1"]), ["10.1.0.1"], "with the right it gets in step")


def token_rotates(tap):
    """The file is read anew; the old token stops to be good; a bad one is said, and a good one heals."""
    with KubeApi(tls=True) as api, tempfile.TemporaryDirectory() as place:
        token = os.path.join(place, "token")
        write_whole(token, "first\n")
        api.set(tokens=["first"])
        api.put(WEB)
        with Follower(api, place=place, user={"tokenFile": token}) as server:
            wait_in_step(api, server)
            with Poller(server, ALWAYS) as poller:
                write_whole(token, "second")
                api.set(tokens=["second"])
                api.do("close")
                api.put(service("step", "10.0.4.1"))
                tap.same(server.says("step.default.svc", ["10.0.4.1"]), ["10.0.4.1"], "the new token is used")
                api.set(tokens=["third"])
                api.do("close")
                tap.ok(server.logged("[WARNING]", "does not accept our credentials", "401"), "a token that is not good is told", server.text())
                write_whole(token, "third")
                api.put(service("step", "10.0.4.2"))
                tap.same(server.says("step.default.svc", ["10.0.4.2"]), ["10.0.4.2"], "until a good one is there")
            tap.ok(not poller.wrong, "answers went on", *poller.wrong[:10])
            bearers = {entry.get("authorization") for entry in api.stats()["log"]}
            tap.same(bearers, {"Bearer first", "Bearer second", "Bearer third"}, "nothing else was shown to the server")


def authority_rotates(tap):
    with KubeApi(tls=True) as api, tempfile.TemporaryDirectory() as place:
        api.put(WEB)
        with Follower(api, place=place, user={"directory": place}) as server:
            wait_in_step(api, server)
            with Poller(server, ALWAYS) as poller:
                files, api.files = api.files, {}
                api.rotate(authority=True)  # the server has it, our file not yet
                api.do("close")
                tap.ok(server.logged("[WARNING]", "TLS with the API server fails"), "a certificate of a stranger is refused, and told", server.text())
                before = api.stats()["requests"]
                api.put(service("step", "10.0.5.1"))
                tap.same(api.stats()["requests"], before, "nothing is asked of a stranger")
                for path, which in files.items():
                    api.keep_file(path, which)
                tap.same(server.says("step.default.svc", ["10.0.5.1"]), ["10.0.5.1"], "the new authority's file is read")
            tap.ok(not poller.wrong, "answers went on", *poller.wrong[:10])


def client_certificate(tap):
    with KubeApi(tls=True, clients=True) as api:
        api.put(WEB)
        with Follower(api, user={"certificate": True}) as server:
            wait_in_step(api, server)
            tap.same({entry["user"] for entry in api.stats()["log"]}, {"test"}, "the certificate of a kubeconfig says who we are")
    with KubeApi(tls=True, clients=True) as api, tempfile.TemporaryDirectory() as place:
        api.put(WEB)
        files = [api.keep_file(os.path.join(place, which), which) for which in ("certificate", "key", "ca")]
        with Follower(source=f"endpoint {api.url}\ntls {' '.join(files)}") as server:
            wait_in_step(api, server)
            tap.same({entry["user"] for entry in api.stats()["log"]}, {"test"}, "so do endpoint and tls")


run_together([relist_in_place, api_away_at_start, api_comes_later, api_goes, restarts, gone,
              restored_backup, refusals_of_us, refusals_for_now, refusal_by_failure,
              refused_at_start, token_rotates, authority_rotates, client_certificate])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Corefile changes while names are asked for: no query is lost, what did not change is not touched, and what is bad changes
nothing. `make soak` does it a thousand times, RELOADS and RELOAD_RATE say how often and how busily."""
import json
import os
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), place) for place in ("support", "oracle")]
import wire  # noqa: E402
from following import Follower  # noqa: E402
from kube_api import KubeApi, service, wait_watching  # noqa: E402
from reloading import Load, Reloader, Watch, get, reload  # noqa: E402
from running_server import answers, free_port, has_ipv6, wait_for, write  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
RELOADS = int(os.environ.get("RELOADS", "30"))
INSTRUMENTED = any(word in os.environ.get("KNAMED", "") for word in ("/thread/", "/address"))
RATE = int(os.environ.get("RELOAD_RATE", "300" if INSTRUMENTED else "1000"))
KEPT = "host.example."


def ask(port, name, address="127.0.0.1", seconds=10, udp=None):
    """(rcode, answers), or what went wrong."""
    query = wire.encode_query(7, wire.name_from_text(name.rstrip(".")), wire.A)
    try:
        with udp or socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(seconds)
            sock.connect((address, port))
            sock.send(query)
            message = wire.decode(sock.recv(4096))
    except OSError as error:
        return type(error).__name__, []
    return message.rcode, [wire.rdata_to_text(item.record.type, item.record.rdata) for item in message.answer]


def changes(server):
    """Corefiles in turn: what is changed, whether it is good."""
    other = f"other.:{server.other} {{\nbind 127.0.0.1\nwhoami\n}}\n"
    taken = f"taken.:{server.taken} {{\nbind 127.0.0.1\nwhoami\n}}\n"
    return [
        (dict(lines="loadbalance"), True), (dict(more=other), True), (dict(forward="max_fails 3"), True),
        (dict(lines="loadbalancex"), False), (dict(cache="prefetch 5"), True), (dict(lines="log . {\nclass error\n}"), True),
        (dict(more=taken), False), (dict(), True), (dict(lines="errors\nlog x."), True), (dict(lines="file"), False),
        (dict(lines="any\nminimal\nnsid x\nlocal"), True), (dict(lines="multisocket 4"), True),
        (dict(more=other.replace("127.0.0.1", "127.0.0.2")), True), (dict(forward="tls nowhere.pem nowhere.key"), False),
    ]


def under_load():
    """Three kinds of questions, each on its way all the time."""
    with Reloader() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        server.taken = taken.getsockname()[1]
        before = server.sockets()
        loads = {
            "names of ours": Load(server, "a.example. A NOERROR 1 10.0.0.1\nno.example. A NXDOMAIN 0\n", RATE),
            "names of others": Load(server, "n####.n.far. A NOERROR 1 192.0.2.1\n", RATE // 6),
            "names over TCP": Load(server, "a.example. A NOERROR 1 10.0.0.1\nn####.n.far. A NOERROR 1 192.0.2.1\n", RATE // 6,
                                   "--tcp", "4x4"),
        }
        watch = Watch((server.ready_port, "ready"), (server.health, "health"), (server.metrics_port, "metrics"))
        wrong = []
        for number in range(RELOADS):
            change, is_good = changes(server)[number % len(changes(server))]
            end = server.reload(server.corefile(**change))
            if ("complete" in end) != is_good:
                wrong.append((change, end))
        server.reload(server.corefile())
        tap.same(wrong, [], f"of {RELOADS} Corefiles the good ones take effect and the bad ones do not")
        tap.same(watch.end(), [], "readiness, health and metrics are there all the time")
        sent = 0
        for name, load in loads.items():
            told = load.end()
            sent += told.get("sent", 0)
            counts = {what: told.get(what) for what in ("lost", "wrong", "unexpected", "errors", "fault")}
            print(f"# {RELOADS} reloads: {name}: {told.get('sent')} sent, {counts}", flush=True)
            tap.same((told.get("sent", 0) > 0, told.get("sent") == told.get("received"), counts),
                     (True, True, dict.fromkeys(counts, 0) | {"fault": ""}), f"{name}: each question is answered, and rightly")
        tap.ok(before <= server.sockets(), "no listener was closed", before, server.sockets())
        failed = RELOADS - sum(changes(server)[number % len(changes(server))][1] for number in range(RELOADS))
        tap.same(server.metric("coredns_reload_failed_total"), failed, "failures are counted")
        counted = []  # replies leave first, and are counted then
        wait_for(lambda: counted.append(server.metric("coredns_dns_requests_total", 'zone="."')) or counted[-1] >= sent)
        tap.ok(counted[-1] >= sent > 0, "counters go on", counted, sent)
        text = server.text()
        tap.ok(server.stop() == 0, "it ends well", server.process.returncode, text)


def what_is_kept():
    """Upstreams with their connections, caches with their entries."""
    upstream = StubUpstream([record(KEPT, "A", "192.0.2.1"), record("second.example.", "A", "192.0.2.2")])
    port = free_port()

    def corefile(lines="", cache="", forward="", metrics=""):
        return (f".\nbind 127.0.0.1\nprometheus 127.0.0.1:{port}\nforward . {upstream.where} {{\nforce_tcp\n{forward}\n}}\n"
                f"cache 300 {{\nsuccess 1000\n{cache}\n}}\n{lines}\n{metrics}")

    with upstream, Reloader(corefile()) as server:
        server.metrics_port = port
        ask(server.port, KEPT)
        for name, change in (("another directive changes", dict(lines="loadbalance")), ("nothing changes", {}),
                             ("an option of forward changes", dict(forward="max_fails 5"))):
            tap.same((server.reload(corefile(**change)).split()[-1], ask(server.port, KEPT)[1], upstream.count(KEPT)),
                     ("complete", ["192.0.2.1"], 1), f"a cache keeps its entries when {name}")
        server.reload(corefile())
        ask(server.port, "second.example.")
        misses = server.metric("coredns_proxy_conn_cache_misses_total", 'proto="tcp"')
        server.reload(corefile(lines="loadbalance"))
        upstream.manners[wire.name_from_text("third.example.")] = Manner(rcode=3)
        ask(server.port, "third.example.")
        tap.same((upstream.count("third.example."), server.metric("coredns_proxy_conn_cache_misses_total", 'proto="tcp"')),
                 (1, misses), "a connection to an upstream is used by the next configuration, too")
        server.reload(corefile(cache="denial 1000"))
        tap.same((ask(server.port, KEPT)[1], upstream.count(KEPT)), (["192.0.2.1"], 2), "another cache begins empty")
        hits = server.metric("coredns_cache_misses_total")
        server.reload(corefile())
        tap.ok(server.metric("coredns_cache_misses_total") >= hits > 0, "what caches count goes on", hits)


def what_goes():
    """A block is gone: its metrics, its port, and last its answers that are still on their way."""
    upstream = StubUpstream([record(KEPT, "A", "192.0.2.1")], manners={KEPT: Manner(delay_s=1.5)})
    port = free_port()
    with upstream, Reloader() as server:
        end = server.reload(server.corefile(more=f"example.:{port} {{\nbind 127.0.0.2\nforward . {upstream.where}\n"
                                                 f"prometheus 127.0.0.1:{server.metrics_port}\n}}\n"))
        tap.ok("complete" in end, "an address is added", end, server.text())
        found = []
        thread = threading.Thread(target=lambda: found.append(ask(port, KEPT, "127.0.0.2")))
        thread.start()
        wait_for(lambda: upstream.count(KEPT) > 0)
        tap.ok(any(f'server="dns://127.0.0.2:{port}"' in key for key in server.metrics()), "its metrics are shown")
        server.reload(server.corefile())
        thread.join()
        tap.same(found, [(0, ["192.0.2.1"])], "an answer on its way comes home after its block is gone")
        tap.ok(wait_for(lambda: not any("127.0.0.2" in key for key in server.metrics())), "metrics of gone blocks vanish",
               "\n".join(key for key in server.metrics() if "127.0.0.2" in key))
        tap.ok(wait_for(lambda: ask(port, "a.example.", "127.0.0.2", 1)[0] == "ConnectionRefusedError"),
               "a port that nobody has any more is closed")


def addresses_change():
    """From all addresses to one and back, under load at the one."""
    plain = "example. {\nfile db.example\n}\n"
    with Reloader(plain) as server:
        load = Load(server, "a.example. A NOERROR 1 10.0.0.1\n", RATE)
        ends = []
        for _ in range(4):
            ends.append(server.reload("example. {\nbind 127.0.0.1\nfile db.example\n}\n").split()[-1])
            ends.append(server.reload(plain).split()[-1])
        told = load.end()
        tap.same((ends, told.get("lost"), told.get("wrong")), (["complete"] * 8, 0, 0),
                 "between all addresses and one of them nothing is lost")


def ask6(port, name):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
        return ask(port, name, "::1", udp=udp)


def families_change():
    """IPv4 is for the block of 0.0.0.0 as long as there is one, and IPv6 for that of all addresses, which has both without it."""
    if not has_ipv6():
        return
    all_of_both, all_of_ipv4 = "example. {\nfile db.example\n}\n", "other. {\nbind 0.0.0.0\nhosts {\n192.0.2.7 a.other\n}\n}\n"
    with Reloader(all_of_both) as server:
        for corefile, what, seen in 2 * ((all_of_both + all_of_ipv4, "with", (5, 0, 0)), (all_of_both, "without", (0, 5, 0))):
            server.reload(corefile)
            tap.same({(ask(server.port, "a.example.")[0], ask(server.port, "a.other.")[0], ask6(server.port, "a.example.")[0])
                      for _ in range(20)}, {seen}, f"all addresses {what} a block of 0.0.0.0: each family has its block")


def told_once():
    """`reload` looks at the file; what is bad is told once, and what it imports counts."""
    with Reloader() as server:
        place = os.path.join(server.place, "..one")
        os.mkdir(place)
        write(place, "more", "loadbalance\n")
        os.symlink("..one", os.path.join(server.place, "..data"))
        base = server.corefile(lines="import ..data/more", reload="2s 0s")
        server.reload(base)
        write(server.place, "Corefile", base.replace("max_concurrent", "max_concurrentx"))
        line = next(number for number, text in enumerate(base.split("\n"), 1) if "max_concurrent" in text)
        bad = f"Corefile:{line} - Error during parsing: unknown property 'max_concurrentx'"
        wait_for(lambda: server.count(bad))
        time.sleep(5)  # two more looks
        tap.same([text for text in server.text().splitlines() if bad in text],
                 ["[ERROR] plugin/reload: Corefile changed but reload failed: plugin/forward: " + bad], "what is bad is told once")
        state = json.loads(get(server.ready_port, "readyz")[1])
        tap.same((server.metric("coredns_reload_failed_total"), state["ready"], bad in state["config"]["trouble"],
                  ask(server.port, "a.example.")), (1, True, True, (0, ["10.0.0.1"])), "it is counted, and serving goes on")
        write(server.place, "Corefile", base)
        tap.ok(wait_for(lambda: json.loads(get(server.ready_port, "readyz")[1])["config"]["trouble"] == ""),
               "what is mended is no trouble any more")
        before = server.count("Reloading complete")
        other = os.path.join(server.place, "..two")
        os.mkdir(other)
        write(other, "more", "minimal\n")
        os.symlink("..two", os.path.join(server.place, "..data_tmp"))
        os.rename(os.path.join(server.place, "..data_tmp"), os.path.join(server.place, "..data"))
        tap.ok(wait_for(lambda: server.count("Reloading complete") > before), "a ConfigMap's links are followed, also by import",
               server.text())
        names = {key for key in server.metrics() if key.startswith("coredns_plugin_enabled")}
        tap.ok(any("minimal" in key for key in names) and not any("loadbalance" in key for key in names),
               "what is enabled is shown", names)
        version = [key for key in server.metrics() if key.startswith("coredns_reload_version_info")]
        tap.ok(len(version) == 1 and server.logged("Running configuration SHA512", version[0].split('"')[-2]), "the version is shown",
               version, server.text())


def clusters():
    """A directive that stays keeps its watches; one that changes takes over when it is in step."""
    with KubeApi() as api:
        api.put(service("web", ip="10.0.0.1"))
        with Follower(api) as server:
            server.says("web.default.svc", ["10.0.0.1"])
            wait_watching(api, "services")
            with open(os.path.join(server.place, "Corefile"), encoding="ascii") as file:
                text = file.read()
            asked = server.metric("coredns_kubernetes_rest_client_requests_total")
            reload(server, text + "loadbalance\n")
            tap.same((server.metric("coredns_kubernetes_rest_client_requests_total"), server.says("web.default.svc", ["10.0.0.1"])),
                     (max(asked, 1), ["10.0.0.1"]), "a cluster whose directive stays is not read again")
            api.put(service("new", ip="10.0.0.2"))
            tap.same(server.says("new.default.svc", ["10.0.0.2"]), ["10.0.0.2"], "and is followed on")
            load = Load(server, "web.default.svc.cluster.local. A NOERROR 1 10.0.0.1\n", RATE // 3)
            watch = Watch((server.ready_port, "ready"))
            api.fault("delay", resource="services", verb="list", ms=1500, times=1)
            end = reload(server, text.replace("{\n", "{\nttl 9\n"))
            told = load.end()
            tap.same((end.split()[-1], told.get("lost"), told.get("wrong"), watch.end()), ("complete", 0, 0, []),
                     "one that changes takes over when it is in step")
            api.put(service("newer", ip="10.0.0.3"))
            tap.same(server.says("newer.default.svc", ["10.0.0.3"]), ["10.0.0.3"], "and is followed then")
            api.fault("status", code=500, times=1000000)
            write(server.place, "Corefile", text.replace("{\n", "{\nttl 10\n"))
            os.kill(server.process.pid, 10)
            tap.ok(server.logged("takes effect when what its directives need is there"), "without an API server it waits")
            tap.same((server.says("web.default.svc", ["10.0.0.1"]), server.ready()[0]), (["10.0.0.1"], 200),
                     "and what is in force serves on")


def seen_from_outside():
    """Another `k8s_external` beside a `kubernetes` that stays word by word."""
    def corefile(external):
        return f".\nbind 127.0.0.1\n{external}\nkubernetes cluster.local {{\nmanifests objects\n}}\n"

    def lines(server):
        return [" ".join(line.split()) for name in ("svc.cluster.local", "one.example", "two.example")
                for line in server.rcode(f"web.default.{name}", "A")[1]]

    inside = "web.default.svc.cluster.local. 5 IN A 10.0.0.1"
    one, two = (f"web.default.{zone}.example. 5 IN A 192.0.2.7" for zone in ("one", "two"))
    with Reloader(corefile(""), objects=[service("web", ip="10.0.0.1", externalIPs=["192.0.2.7"])]) as server:
        for external, seen in (("k8s_external one.example", [one]), ("k8s_external two.example", [two]),
                               ("k8s_external two.example {\nttl 9\n}", [two.replace(" 5 ", " 9 ")]),
                               ("k8s_external one.example two.example", [one, two]), ("", [])):
            end = server.reload(corefile(external))
            tap.same((end.split()[-1], lines(server)), ("complete", [inside, *seen]),
                     f"seen from outside as `{' '.join(external.split())}` says, beside a kubernetes that stays")


for scenario in (under_load, what_is_kept, what_goes, addresses_change, families_change, told_once, clusters, seen_from_outside):
    if not sys.argv[1:] or scenario.__name__ in sys.argv[1:]:
        scenario()
tap.done()

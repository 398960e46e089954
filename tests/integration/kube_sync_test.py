#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""knamed in step with an API server: in both encodings, by each way to list and watch, through every kind of change."""
import calendar
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, Poller, one_of, run_together  # noqa: E402
from kube_api import KubeApi, namespace, pod, service, service_import, slice_, wait_watching  # noqa: E402
from running_server import Patience, wait_for  # noqa: E402

WEB = service("web", "10.0.0.1")
DB = service("db", selector={"app": "db"})
LINGER_S = 0.2  # how long one that leaves a slice is kept, for it may be about to come in the next
DB_SLICE = slice_("db-1", "db", {"db-0": "10.1.0.1", "db-1": "10.1.0.2"})


def check_way(tap, api, way):
    """Everything is there, and changes follow."""
    api.put(WEB, DB, DB_SLICE)
    with Follower(api) as server:
        tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], f"{way}: what was there is served")
        tap.same(server.says("db.default.svc", ["10.1.0.1", "10.1.0.2"]), ["10.1.0.1", "10.1.0.2"], f"{way}: so are endpoints")
        tap.ok(wait_watching(api), f"{way}: all kinds are watched", api.stats()["watches"])
        api.put(service("late", "10.0.0.2"), slice_("db-1", "db", {"db-0": "10.1.0.1"}))
        tap.same(server.says("late.default.svc", ["10.0.0.2"]), ["10.0.0.2"], f"{way}: an event adds")
        tap.same(server.says("db.default.svc", ["10.1.0.1"]), ["10.1.0.1"], f"{way}: an event changes")
        api.delete(service("late"))
        tap.same(server.says("late.default.svc", []), [], f"{way}: an event removes")
        return server.text()


def protobuf_by_streaming(tap):
    with KubeApi(tls=True) as api:
        check_way(tap, api, "WatchList, protobuf, HTTP/2")
        stats = api.stats()
        tap.ok(stats["connections"] == 1 and all(entry["http2"] for entry in stats["log"]), "one connection is enough", stats)
        tap.ok(all("sendInitialEvents=true" in entry["url"] and "protobuf" in entry["accept"] and
                   entry["user-agent"].startswith("knamed/") for entry in stats["log"]), "nothing else is asked", stats)


def json_by_streaming(tap):
    with KubeApi() as api:
        api.set(jsonOnly=True)
        check_way(tap, api, "WatchList, JSON, HTTP/1.1")


def protobuf_by_pages(tap):
    with KubeApi() as api:
        api.set(noWatchList=422)
        check_way(tap, api, "list and watch, protobuf, refused with 422")


def json_by_pages(tap):
    with KubeApi(tls=True, http2=False) as api:
        api.set(noWatchList=-500, jsonOnly=True)
        text = check_way(tap, api, "list and watch, JSON, HTTP/1.1 over TLS, refused by an ERROR event")
        tap.ok("page by page" in text, "the log says why", text)


def pages_refused_with_400(tap):
    """More objects than a page holds; they change between pages."""
    with KubeApi() as api:
        api.set(noWatchList=400)
        api.put(*(service(f"s{i}", f"10.2.{i >> 8}.{i & 255}") for i in range(1201)))
        api.fault("delay", resource="services", verb="list", skip=1, ms=200)
        with Follower(api) as server:
            api.put(service("s5", "10.3.0.5"), service("s1200", "10.3.0.6"), service("new", "10.3.0.7"))
            api.delete(service("s700"))
            for name, address in ("s1", "10.2.0.1"), ("s5", "10.3.0.5"), ("s1200", "10.3.0.6"), ("new", "10.3.0.7"):
                tap.same(server.says(name + ".default.svc", [address]), [address], f"{name}, of pages that are of one moment")
            tap.same(server.says("s700.default.svc", []), [], "what went while pages were read is gone")
            tap.ok(sum("continue=" in url for url in api.urls()) >= 2, "lists are read page by page", api.urls())


def other_kinds(tap):
    """Namespaces, pods and imports, which only some configurations need."""
    options = "pods verified\nmulticluster clusterset.local"
    with KubeApi() as api:
        api.put(pod("a", "10.4.0.1"), pod("done", "10.4.0.2", phase="Succeeded"), service_import("far", ["10.5.0.1"]))
        with Follower(api, options, zones="cluster.local clusterset.local in-addr.arpa") as server:
            tap.same(server.says("10-4-0-1.default.pod", ["10.4.0.1"]), ["10.4.0.1"], "pods verified")
            tap.same(server.says("10-4-0-2.default.pod", []), [], "but not one that has ended")
            tap.same(server.says("far.default.svc.clusterset.local.", ["10.5.0.1"]), ["10.5.0.1"], "an import")
            wait_watching(api, "services", "endpointslices", "namespaces", "pods", "serviceimports")
            api.put(pod("b", "10.4.0.3"), namespace("later"), service("web", "10.0.0.9", "later"))
            api.put(pod("a", "10.4.0.1", phase="Failed"), service_import("far", ["10.5.0.2"]))
            tap.same(server.says("10-4-0-3.default.pod", ["10.4.0.3"]), ["10.4.0.3"], "a pod that comes")
            tap.same(server.says("10-4-0-1.default.pod", []), [], "a pod that leaves the selection")
            tap.same(server.says("far.default.svc.clusterset.local.", ["10.5.0.2"]), ["10.5.0.2"], "an import that changes")
            tap.same(server.says("web.later.svc", ["10.0.0.9"]), ["10.0.0.9"], "a namespace that comes")
            api.delete(namespace("later"))
            tap.same(server.says("web.later.svc", []), [], "and goes, with all its names")


def definition_comes_late(tap):
    """serviceimports is a custom resource: not every cluster has it."""
    with KubeApi() as api:
        api.do("absent", resource="serviceimports", value=True)
        api.put(WEB)
        with Follower(api, "multicluster clusterset.local", zones="cluster.local clusterset.local") as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "other kinds do not wait for it")
            tap.same(server.says("far.default.svc.clusterset.local.", []), [], "its names do not exist")
            api.do("absent", resource="serviceimports", value=False)
            api.put(service_import("far", ["10.5.0.1"]))
            tap.same(server.says("far.default.svc.clusterset.local.", ["10.5.0.1"]), ["10.5.0.1"], "they do once it is there")


def selectors(tap):
    with KubeApi() as api:
        api.put(namespace("seen", team="dns"), service("a", "10.0.0.1", labels={"env": "prod", "tier": "1"}),
                service("b", "10.0.0.2", labels={"env": "test"}), service("c", "10.0.0.3"))
        with Follower(api, "labels env in (prod, stage),tier") as server:
            tap.same(server.says("a.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "what the labels select")
            tap.same([server.says("b.default.svc", []), server.says("c.default.svc", [])], [[], []], "and nothing else")
            wait_watching(api, "services")
            api.put(service("a", "10.0.0.1", labels={"env": "prod"}),
                    service("b", "10.0.0.2", labels={"env": "stage", "tier": "2"}))
            tap.same(server.says("b.default.svc", ["10.0.0.2"]), ["10.0.0.2"], "a label that comes selects")
            tap.same(server.says("a.default.svc", []), [], "one that goes removes")
            tap.ok(any("labelSelector=" in url for url in api.urls()), "the API server selects", api.urls())


def together(tap):
    """A, SRV and PTR of a pod appear together: a reply that shows it is followed by none that does not."""
    with KubeApi() as api, Follower(api, "endpoint_pod_names") as server:
        api.put(DB)
        wait_watching(api)
        late = []
        for i in range(40):
            host, address = f"p{i}", f"10.6.0.{i + 1}"
            api.put(slice_("db-1", "db", {host: address}, conditions={"ready": True, "terminating": True}))  # goes at once
            asked = [(f"{host}.db.default.svc", "A"), ("_http._tcp.db.default.svc", "SRV"),
                     (f"{i + 1}.0.6.10.in-addr.arpa.", "PTR"), ("db.default.svc", "A")]
            first = asked[i % len(asked)]
            shows = {"A": address, "SRV": f"0 100 80 {host}.db.default.svc.cluster.local.",
                     "PTR": f"{host}.db.default.svc.cluster.local."}
            patience = Patience()
            while shows[first[1]] not in server.ask(*first).answers and not patience.is_over():
                pass  # no pause: it is the first moment that counts
            late += [(i, *other) for other in asked if shows[other[1]] not in server.ask(*other).answers]
        tap.same(late, [], "what one question shows, all others show")


def moving_endpoint(tap):
    """From one slice to another and back, added first as the endpoint slice controller does; or removed first: it is never
    away."""
    name = "db.default.svc"
    here, there = slice_("db-1", "db", {"db-0": "10.1.0.1"}), slice_("db-2", "db", {"db-1": "10.1.0.2"})
    without, with_both = slice_("db-1", "db", {}), slice_("db-2", "db", {"db-0": "10.1.0.1", "db-1": "10.1.0.2"})
    for tls in False, True:
        with KubeApi(tls=tls) as api, Follower(api) as server:
            api.put(DB, here, there)
            server.says(name, ["10.1.0.1", "10.1.0.2"])
            wait_watching(api)
            with Poller(server, (name, "A", one_of(["10.1.0.1", "10.1.0.2"])), ("db-0." + name, "A", one_of(["10.1.0.1"])),
                        ("1.0.1.10.in-addr.arpa.", "PTR", one_of([f"db-0.{name}.cluster.local."])), pause_s=0) as poller:
                for _ in range(200):
                    api.put(with_both)
                    api.put(without)
                    api.put(here)
                    api.put(there)
                    api.put(without, with_both)
                    api.put(there, here)
                    api.put(with_both)
                    api.delete(without)
                    api.put(here)
                    api.put(there)
            tap.ok(not poller.wrong, f"{api.url[:5]}: it is never away, in {poller.count} replies", *poller.wrong[:10])


def bookmarks(tap):
    """A kind that nothing happens to goes on from the last bookmark; who lost it would have to list anew."""
    with KubeApi(tls=True) as api:
        api.put(WEB)
        with Follower(api) as server:
            server.says("web.default.svc", ["10.0.0.1"])
            wait_watching(api)
            for i in range(20):
                api.put(service("step", f"10.0.0.{i}"))
            server.says("step.default.svc", ["10.0.0.19"])
            api.do("bookmark")
            wait_for(lambda: server.metric("knamed_kubernetes_events_total", 'event="bookmark"') >= 6)
            api.do("compact")
            for how in "close", "end":  # broken off, or ended by the server when its time is over
                before = api.stats()["requests"]
                api.do(how)
                wait_for(lambda: api.stats()["requests"] >= before + 3)
                wait_watching(api)
                api.put(service("late", "10.0.1.1"), namespace(how), slice_(how, "web", ["10.1.0.1"]))
            tap.same(server.says("late.default.svc", ["10.0.1.1"]), ["10.0.1.1"], "watches go on")
            tap.same(server.metric("knamed_kubernetes_relists_total"), 3, "from where they were, without a list")


def watch_age(tap):
    """How long nothing was heard of a kind: as a metric, and as now minus what sync._knamed says."""
    kinds = "Service", "EndpointSlice", "Namespace"
    with KubeApi() as api, Follower(api) as server:
        api.put(DB)
        wait_watching(api)
        ages = {kind: server.metric("knamed_kubernetes_watch_age_seconds", f'kind="{kind}"') for kind in kinds}
        tap.ok(all(0 < age < 60 for age in ages.values()), "each kind has an age", ages)
        api.do("stop")
        tap.ok(wait_for(lambda: all(server.metric("knamed_kubernetes_watch_age_seconds", f'kind="{kind}"') > ages[kind] + 2
                                    for kind in kinds)), "that grows while nothing is heard", server.metrics())
        text = " ".join(server.ask("sync._knamed", "TXT").answers)
        heard = {kind: calendar.timegm(time.strptime(when, "%Y-%m-%dT%H:%M:%SZ"))
                 for kind, when in re.findall(r"(\w+) version=\S+ heard=(\S+)", text)}
        now = time.time()
        apart = {kind: now - heard[kind] - server.metric("knamed_kubernetes_watch_age_seconds", f'kind="{kind}"')
                 for kind in kinds if kind in heard}
        tap.ok(set(apart) == set(kinds) and all(-2 <= seconds <= 35 for seconds in apart.values()),
               "sync._knamed tells the same time", apart, text)


def leaving_before_it_comes(tap):
    """Slices are written one after the other: what moves may be in neither for a moment, what ends says so before."""
    def pair(first, second):
        return slice_("db-1", "db", first), slice_("db-2", "db", second)

    zero, one, two = {"db-0": "10.1.0.1"}, {"db-1": "10.1.0.2"}, {"db-2": "10.1.0.3"}
    here, there = pair({**zero, **one}, two), pair(one, {**two, **zero})
    name = "db.default.svc"
    with KubeApi() as api, Follower(api) as server:
        api.put(DB, *here)
        server.says(name, ["10.1.0.1", "10.1.0.2", "10.1.0.3"])
        wait_watching(api)
        with Poller(server, (name, "A", one_of(["10.1.0.1", "10.1.0.2", "10.1.0.3"])),
                    ("db-0." + name, "A", one_of(["10.1.0.1"])),
                    ("1.0.1.10.in-addr.arpa.", "PTR", one_of([f"db-0.{name}.cluster.local."])), pause_s=0) as poller:
            late = set()  # replies while a slow machine took longer from write to write than is waited for
            for _ in range(20):
                asked, began = poller.count, time.monotonic()
                api.put(there[0])
                tap.ok(wait_for(lambda before=asked: poller.count > before + 30), "it is asked between the two")
                api.put(there[1])
                api.put(here[1])
                api.put(here[0])
                if time.monotonic() - began > 0.15:
                    wait_for(lambda before=poller.count: poller.count > before + 30)
                    late.update(range(asked, poller.count))
        tap.same([wrong for wrong in poller.wrong if wrong[0] not in late][:3], [], "an endpoint that leaves one slice before it is in the other is never missing")
        server.says(name, ["10.1.0.1", "10.1.0.2", "10.1.0.3"])
        api.put(*pair({**zero, **one}, {}))
        tap.same(server.says(name, ["10.1.0.1", "10.1.0.2"]), ["10.1.0.1", "10.1.0.2"], "one that does not come back goes")
        api.delete(here[0])
        tap.same(server.says(name, []), [], "and so does a slice")


def exchange(api, poller, *slices):
    """Puts one after the other, with questions in between; which they were, and how long it took."""
    began, first = time.monotonic(), poller.count
    for one in slices:
        asked = poller.count
        api.put(one)
        wait_for(lambda before=asked: poller.count > before + 10)
    return (first, poller.count), time.monotonic() - began


def changing_places(tap):
    """Slices that are written anew, as for another port of the Service, exchange their endpoints: as many come as leave."""
    name, port = "db.default.svc", "_http._tcp.db.default.svc"
    addresses = [f"10.1.0.{i}" for i in range(1, 9)]

    def pair(turn):
        first = addresses[:4] if turn % 2 == 0 else addresses[::2]
        rest = [address for address in addresses if address not in first]
        return [slice_(f"db-{i}", "db", part, port=80 + turn) for i, part in enumerate((first, rest))]

    with KubeApi() as api, Follower(api) as server:
        api.put(DB, *pair(0))
        server.says(name, addresses)
        wait_watching(api)
        questions = [(address.replace(".", "-") + "." + name, "A", one_of([address])) for address in addresses]
        with Poller(server, (name, "A", one_of(addresses)), *questions, pause_s=0) as poller:
            turns = [exchange(api, poller, *pair(turn)) for turn in range(1, 41)]
        quick = [asked for asked, took_s in turns if took_s < LINGER_S / 2]
        wrong = [one for one in poller.wrong if any(first < one[0] <= last for first, last in quick)]
        tap.ok(len(quick) > 4, "it is asked between the two", turns)
        tap.same(wrong[:3], [], "who changes places with another is never missing")
        wanted = [f"0 12 120 {address.replace('.', '-')}.{name}.cluster.local." for address in addresses]
        tap.same(server.says(port, wanted, "SRV"), wanted, "at last all have the new port, and the weight is as it was")


def leaving_for_good(tap):
    """Who says that it ends, was not ready, or is replaced goes at once: before the next event of its kind is seen."""
    def db(hosts, **endpoint):
        return slice_("db-2", "db", hosts, **endpoint)

    two, none = {"db-1": "10.1.0.2"}, db({})
    leaves = [(db(two, conditions={"ready": True, "terminating": True}), none, "one that is terminating"),
              (db(two, conditions={"ready": False}), none, "one that is not ready, of a Service that shows it"),
              (db(two), db({"db-1": "10.1.0.3"}), "one whose name has another address")]
    name = "db.default.svc"
    with KubeApi() as api, Follower(api) as server:
        api.put(service("db", selector={"app": "db"}, publishNotReadyAddresses=True), service("mark"))
        api.put(slice_("db-1", "db", {"db-0": "10.1.0.1"}))
        for round_, (before, after, which) in enumerate(leaves):
            api.put(before)
            tap.same(server.says(name, ["10.1.0.1", "10.1.0.2"]), ["10.1.0.1", "10.1.0.2"], f"{which} is there")
            api.put(after, slice_(f"mark-{round_}", "mark", [f"10.2.0.{round_}"]))
            marked = wait_for(lambda which=f"10.2.0.{round_}": which in server.ask("mark.default.svc").answers)
            gone = "10.1.0.2" not in server.ask(name).answers
            tap.ok(marked and gone, f"{which} goes at once")


def freshness(tap):
    with KubeApi() as api, Follower(api) as server:
        api.put(DB)
        wait_watching(api)
        wait_for(lambda: server.ready()[0] == 200)  # what comes before is part of the beginning, and not measured
        dated = slice_("db-1", "db", {"db-0": "10.1.0.1", "db-1": "10.1.0.2"})
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        dated["metadata"]["annotations"] = {"endpoints.kubernetes.io/last-change-trigger-time": now}
        api.put(dated)
        server.says("db.default.svc", ["10.1.0.1", "10.1.0.2"])
        programming = "coredns_kubernetes_dns_programming_duration_seconds_count", "headless_with_selector"
        tap.ok(wait_for(lambda: server.metric(*programming) == 1), "a pod's change to its answer is measured", server.metrics())
        late = slice_("late-1", "late", {"one": "10.1.0.9"})
        late["metadata"]["annotations"] = {"endpoints.kubernetes.io/last-change-trigger-time": now}
        api.put(late)
        wait_for(lambda: server.metric("knamed_kubernetes_objects", "EndpointSlice") == 2)
        api.put(service("late"))
        tap.ok(wait_for(lambda: server.metric(programming[0], "headless_without_selector") == 1),
               "so it is if its Service comes later", server.metrics())
        tap.ok(server.metric("knamed_kubernetes_publish_duration_seconds_count") > 0, "arrival to answer is measured",
               server.metrics())
        tap.same([server.metric("knamed_kubernetes_in_step", kind) for kind in ("Service", "EndpointSlice", "Namespace")],
                 [1, 1, 1], "each kind is in step")
        tap.same(server.metric("knamed_kubernetes_stale"), 0, "nothing is stale")
        tap.ok(wait_for(lambda: '"state=in-step"' in " ".join(server.ask("sync._knamed", "TXT").answers)),
               "TXT sync._knamed says so too", server.ask("sync._knamed", "TXT"))
        tap.same(server.ready()[0], 200, "and /ready")


run_together([pages_refused_with_400, moving_endpoint, leaving_before_it_comes, changing_places, leaving_for_good,
              protobuf_by_streaming, json_by_streaming, protobuf_by_pages, json_by_pages, other_kinds, definition_comes_late,
              selectors, together, bookmarks, watch_age, freshness])

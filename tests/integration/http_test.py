#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What operators see over HTTP: health, ready and why not, metrics in the form that scrapers want, and how a server
that is told to stop leaves."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from empty_cluster import ApiServer  # noqa: E402
from exposition import Page  # noqa: E402
from running_server import DEADLINE_S, PROGRAM, Server, answers, free_port, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

ZONE = "@ 60 IN SOA ns host 1 2 3 4 5\n@ 60 IN NS ns\nns 60 IN A 192.0.2.53\na 60 IN A 192.0.2.1\n"
PLAIN = "text/plain; charset=utf-8"
tap = Tap()


def get(port, path, method="GET"):
    """(status, content type, body); None: there is nobody."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.getheader("Content-Type"), reply.read().decode()
    except (ConnectionRefusedError, ConnectionResetError):  # closed as we came
        return None
    finally:
        connection.close()


class Place:
    """A directory with a Corefile, made of a text with {names} of ports, and a zone beside it."""

    def __init__(self, corefile, *ports):
        self.directory = tempfile.TemporaryDirectory(prefix="http-")
        self.path = self.directory.name
        self.dns = free_port()
        for name in ports:
            setattr(self, name, free_port())
        with open(os.path.join(self.path, "db.example.org"), "w", encoding="ascii") as file:
            file.write(ZONE)
        with open(os.path.join(self.path, "Corefile"), "w", encoding="ascii") as file:
            file.write(corefile % vars(self))

    def serve(self):
        return Server("Corefile", self.path, port=self.dns)

    def spawn(self):
        """The process alone: whether it serves is not waited for."""
        return subprocess.Popen([PROGRAM, "-conf", "Corefile", "-dns.port", str(self.dns)], cwd=self.path,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


# ---- the page of metrics ----

def check_checker():
    """A checker that finds nothing proves nothing."""
    good = "# HELP h H.\n# TYPE h histogram\n" \
           'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 3\nh_sum 4.5\nh_count 3\n'
    tap.same(Page(good).complaints, [], "a good page is good")
    broken = {
        "a second head": good + "# TYPE h histogram\n",
        "a series twice": good + "h_count 3\n",
        "a falling bucket": good.replace('"1"} 2', '"1"} 4'),
        "another count": good.replace("count 3", "count 4"),
        "no +Inf": good.replace("+Inf", "2"),
        "no sum": good.replace("h_sum 4.5\n", ""),
        "a stranger": good + "i 3\n",
        "no number": good.replace("4.5", "much"),
        "a wild quote": good.replace('le="1"', 'le="1"",x="'),
        "no help": good.replace("# HELP h H.\n", ""),
        "no series": good + "# HELP i_total I.\n# TYPE i_total counter\n",
        "no end": good[:-1],
    }
    for name, text in broken.items():
        tap.ok(Page(text).complaints, f"the checker sees {name}")


def scrape(port):
    status, kind, text = get(port, "/metrics")
    return status, kind, Page(text)


TWO_BLOCKS = """
example.org {
    bind 127.0.0.1
    file db.example.org
    health 127.0.0.1:%(health)d
    ready 127.0.0.1:%(ready)d
    prometheus 127.0.0.1:%(metrics)d
    local
}
hidden.test {
    bind 127.0.0.1
    whoami
    health 127.0.0.1:%(health)d
    ready 127.0.0.1:%(ready)d
}
"""


def check_metrics(place, server):
    for name in "a.example.org", "x.example.org", "x.hidden.test", "nowhere.test":
        server.dig(name)
    status, kind, page = scrape(place.metrics)
    tap.same((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "the page has its type")
    tap.same(page.complaints, [], "the page is as scrapers want it")
    where = {"server": f"dns://127.0.0.1:{place.dns}", "view": ""}
    asked = dict(where, proto="udp", family="1", type="A")
    tap.same(page.value("coredns_dns_requests_total", zone="example.org.", **asked), 2.0, "requests are counted by zone")
    tap.same(page.value("coredns_dns_responses_total", zone="example.org.", rcode="NXDOMAIN", plugin="file", **where),
             1.0, "responses name who answered")
    tap.same({labels["zone"] for labels in page.labels("coredns_dns_requests_total")}, {"example.org.", "dropped"},
             "a block without prometheus is not shown")
    tap.same({labels["name"] for labels in page.labels("coredns_plugin_enabled")},
             {"prometheus", "file", "local"}, "its directives are, but for those that no query comes by")
    for name in ("coredns_panics_total", "coredns_local_localhost_requests_total",
                 "coredns_health_request_failures_total", "coredns_hosts_reload_timestamp_seconds",
                 "coredns_forward_healthcheck_broken_total", "coredns_forward_max_concurrent_rejects_total",
                 "coredns_reload_failed_total", "knamed_log_lines_dropped_total"):
        tap.same(page.value(name), 0.0, f"{name} is there from the start")
    for name in ("cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "open_fds", "max_fds",
                 "start_time_seconds", "network_receive_bytes_total", "network_transmit_bytes_total"):
        tap.ok(page.value("process_" + name) is not None, f"process_{name} is there")
    tap.same(page.value("knamed_published_editions_total"), 1.0, "what was read at the start is one edition")
    tap.ok("editions" in page.helps.get("knamed_published_editions_total", "").lower(), "and it is said what that is")
    (build,) = page.labels("coredns_build_info")
    tap.ok(build["version"] and build["goversion"], "the build is told", build)


def check_health_is_measured(place):
    before = scrape(place.metrics)[2].value("coredns_health_request_duration_seconds_count")
    get(place.health, "/health")
    page = scrape(place.metrics)[2]
    tap.same(page.value("coredns_health_request_duration_seconds_count"), before + 1, "a request of /health is measured")
    bounds = {labels["le"] for labels in page.labels("coredns_health_request_duration_seconds_bucket")}
    tap.same(bounds, {"0.00025", "0.0025", "0.025", "0.25", "2.5", "+Inf"}, "in the buckets that CoreDNS has")


# ---- health and ready of a server that needs no cluster ----

def check_probes(place):
    tap.same(get(place.health, "/health"), (200, PLAIN, "OK"), "health is OK")
    tap.same(get(place.ready, "/ready"), (200, PLAIN, "OK"), "ready is OK")
    status, kind, body = get(place.ready, "/readyz")
    well = {"ready": True, "serving": True, "shutdown": False, "config": {"built_in": False, "trouble": ""}, "kubernetes": []}
    tap.same((status, kind, json.loads(body)), (200, "application/json", well),
             "readyz says so in JSON")
    tap.same(get(place.health, "/ready")[0], 404, "each address has its own paths")
    tap.same(get(place.health, "/health", "POST")[0], 405, "nothing is taken")
    tap.same(get(place.health, "/health", "HEAD"), (200, PLAIN, ""), "HEAD is answered")
    crowd = [socket.create_connection(("127.0.0.1", place.health)) for _ in range(200)]
    for number, client in enumerate(crowd):
        client.sendall(b"GET /health HTTP/1.1\r\n" if number % 2 else b"")
    tap.same(get(place.health, "/health"), (200, PLAIN, "OK"), "a crowd that says nothing hinders nobody")
    for client in crowd:
        client.close()


def check_two_blocks():
    place = Place(TWO_BLOCKS, "health", "ready", "metrics")
    with place.serve() as server:
        check_metrics(place, server)
        check_probes(place)
        check_health_is_measured(place)


def check_one_address():
    place = Place(". {\n bind 127.0.0.1\n whoami\n health 127.0.0.1:%(all)d\n ready 127.0.0.1:%(all)d\n"
                  "prometheus 127.0.0.1:%(all)d\n}\n", "all")
    with place.serve():
        statuses = [get(place.all, path)[0] for path in ("/health", "/ready", "/readyz", "/metrics", "/")]
        tap.same(statuses, [200, 200, 200, 200, 404], "one address may have all paths")


def check_taken_address():
    place = Place(". {\n bind 127.0.0.1\n whoami\n health 127.0.0.1:%(health)d\n}\n", "health")
    with socket.create_server(("127.0.0.1", place.health)):
        process = place.spawn()
        text = process.communicate(timeout=DEADLINE_S)[0]
    tap.same(process.returncode, 1, "an address that cannot be had ends the start")
    tap.ok(f"listen tcp 127.0.0.1:{place.health}: bind: address already in use" in text, "and is named", text)


# ---- a start that takes long ----

def check_long_start():
    """A zone that takes many times as long to read as it takes to ask meanwhile."""
    place = Place("example.org {\n bind 127.0.0.1\n file db.big\n health 127.0.0.1:%(health)d\n"
                  "ready 127.0.0.1:%(ready)d\n prometheus 127.0.0.1:%(metrics)d\n}\n", "health", "ready", "metrics")
    with open(os.path.join(place.path, "db.big"), "w", encoding="ascii") as file:
        file.write(ZONE)
        file.writelines(f"h{i} 60 IN A 10.{i >> 16}.{i >> 8 & 255}.{i & 255}\n" for i in range(300000))
    process = place.spawn()
    try:
        wait_for(lambda: get(place.metrics, "/metrics"))
        tap.same(get(place.ready, "/ready"), (503, PLAIN, "server"), "ready is not OK while a zone is being read")
        tap.same(get(place.health, "/health"), (200, PLAIN, "OK"), "health is")
        status, _, body = get(place.ready, "/readyz")
        tap.same((status, json.loads(body)["serving"]), (503, False), "readyz says that nothing is served yet")
        tap.same(get(place.metrics, "/metrics")[0], 503, "metrics are not there yet")
        tap.ok(wait_for(lambda: get(place.ready, "/ready")[0] == 200, 4 * DEADLINE_S), "then it is ready")
        tap.ok(answers("127.0.0.1", place.dns), "and serves")
        tap.same(scrape(place.metrics)[2].complaints, [], "and shows metrics")
    finally:
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=DEADLINE_S)[0]
    tap.ok(process.returncode == 0, "and ends in order", text)


# ---- a cluster ----

CLUSTER = """
cluster.local {
    bind 127.0.0.1
    kubernetes {
        endpoint http://127.0.0.1:%(api)d
        startup_timeout 300ms
    }
    health 127.0.0.1:%(health)d
    ready 127.0.0.1:%(ready)d {
        monitor until-ready
    }
    prometheus 127.0.0.1:%(metrics)d
}
"""


def kinds_of(place):
    """What readyz says of the kinds that are watched, by name."""
    (cluster,) = json.loads(get(place.ready, "/readyz")[2])["kubernetes"]
    return {kind["kind"]: kind for kind in cluster.get("kinds", []) if kind["watched"]}


def cluster_place(api, corefile=CLUSTER):
    return Place(corefile.replace("%(api)d", str(api.server_port)), "health", "ready", "metrics")


def check_cluster_refused(place, server):
    tap.same(get(place.health, "/health"), (200, PLAIN, "OK"), "health is OK without the cluster")
    tap.same(get(place.ready, "/ready"), (503, PLAIN, "kubernetes"), "ready names what is missing")
    tap.same(server.rcode("a.b.svc.cluster.local")[0], "SERVFAIL", "names of the cluster are not denied")
    kinds = wait_for(lambda: all(kind["trouble"] for kind in kinds_of(place).values()) and kinds_of(place))
    tap.same(set(kinds or {}), {"Service", "EndpointSlice", "Namespace"}, "readyz lists the kinds")
    tap.ok(kinds and all("403" in kind["trouble"] and not kind["in_step"] for kind in kinds.values()),
           "and says that each was refused", kinds)
    page = scrape(place.metrics)[2]
    tap.same(page.complaints, [], "a page with a cluster is as scrapers want it")
    tap.same(page.value("knamed_kubernetes_in_step", kind="Service", zone="cluster.local."), 0.0, "metrics say so, too")


def check_cluster():
    api = ApiServer()
    latched, monitored = cluster_place(api), cluster_place(api, CLUSTER.replace("until-ready", "continuously"))
    with latched.serve() as server, monitored.serve():
        check_cluster_refused(latched, server)
        api.refuses = False
        for place in latched, monitored:
            tap.ok(wait_for(lambda at=place: get(at.ready, "/ready") == (200, PLAIN, "OK")), "ready once all is read",
                   get(place.ready, "/readyz"))
        tap.same({kind["version"] for kind in kinds_of(latched).values()}, {"7"}, "readyz tells the versions")
        tap.same(server.rcode("a.b.svc.cluster.local")[0], "NXDOMAIN", "now a name can be denied")
        page = scrape(latched.metrics)[2]
        tap.ok(page.value("knamed_published_editions_total") > 1, "an edition that was published meanwhile is counted")
        tap.same(page.complaints, [], "a page of a cluster in step is as scrapers want it")
        tap.same(page.value("knamed_kubernetes_in_step", kind="Service", zone="cluster.local."), 1.0, "metrics say so, too")
        api.end()
        tap.ok(wait_for(lambda: get(monitored.ready, "/ready") == (503, PLAIN, "kubernetes")),
               "`monitor continuously` sees the API server go", get(monitored.ready, "/readyz"))
        tap.same(get(latched.ready, "/ready"), (200, PLAIN, "OK"), "else once ready is ready for ever")


def check_two_clusters():
    """Series of CoreDNS' names keep its labels; ours say whose they are."""
    one, two = ApiServer(), ApiServer()
    one.refuses = False
    second = CLUSTER.replace("cluster.local", "other.test").replace("%(api)d", str(two.server_port))
    place = cluster_place(one, CLUSTER + second)
    with place.serve():
        wait_for(lambda: scrape(place.metrics)[2].value("knamed_kubernetes_in_step", kind="Service",
                                                        zone="cluster.local.") == 1.0)
        page = scrape(place.metrics)[2]
        tap.same(page.complaints, [], "a page of two clusters is as scrapers want it")
        tap.same([page.value("knamed_kubernetes_in_step", kind="Service", zone=zone) for zone in ("cluster.local.", "other.test.")],
                 [1.0, 0.0], "each cluster tells its own state")
        names = ["knamed_kubernetes_" + name for name in ("in_step", "objects", "stale", "watch_age_seconds")]
        tap.same({name: {labels.get("zone") for labels in page.labels(name)} for name in names},
                 {name: {"cluster.local.", "other.test."} for name in names}, "in every reading of ours")
        tap.same({tuple(labels) for labels in page.labels("coredns_kubernetes_dns_programming_duration_seconds_count")},
                 {("service_kind",)}, "and in none of CoreDNS'")
    one.end()
    two.end()


def check_before_cluster():
    api = ApiServer()
    place = cluster_place(api, CLUSTER.replace("300ms", "60s"))
    process = place.spawn()
    try:
        wait_for(lambda: get(place.ready, "/readyz") and any(k["trouble"] for k in kinds_of(place).values()))
        tap.ok(answers("127.0.0.1", place.dns), "DNS is there before the cluster, however long its time-out")
        tap.same(get(place.ready, "/ready"), (503, PLAIN, "kubernetes"), "and ready says why")
        api.refuses = False
        tap.ok(wait_for(lambda: get(place.ready, "/ready") == (200, PLAIN, "OK")), "and ready")
    finally:
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=DEADLINE_S)[0]
        api.end()
    tap.ok(process.returncode == 0, "and ends in order", text)


def check_stop_while_waiting():
    api = ApiServer()
    place = cluster_place(api, CLUSTER.replace("300ms", "60s"))
    process = place.spawn()
    wait_for(lambda: get(place.ready, "/readyz") and any(k["trouble"] for k in kinds_of(place).values()))
    process.terminate()
    text = process.communicate(timeout=DEADLINE_S)[0]
    tap.same(process.returncode, 0, "a server that waits for its cluster can be stopped")
    tap.ok("SIGTERM: Shutting down servers then terminating" in text, "and says so", text)
    api.end()


# ---- leaving ----

LAMEDUCK = """
example.org {
    bind 127.0.0.1
    file db.example.org
    health 127.0.0.1:%(health)d {
        lameduck 4s
    }
    ready 127.0.0.1:%(ready)d
}
"""


def check_lameduck():
    place = Place(LAMEDUCK, "health", "ready")
    with place.serve() as server:
        begin = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        tap.ok(wait_for(lambda: get(place.ready, "/ready") == (503, PLAIN, "shutdown")), "it is not ready as soon as it is to stop")
        state = json.loads(get(place.ready, "/readyz")[2])
        tap.same((state["ready"], state["serving"], state["shutdown"]), (False, True, True), "and says why")
        tap.same(server.short("a.example.org"), ["192.0.2.1"], "queries are answered meanwhile")
        tap.same(get(place.health, "/health"), (200, PLAIN, "OK"), "health is OK meanwhile")
        server.process.send_signal(signal.SIGTERM)
        tap.same(server.short("a.example.org"), ["192.0.2.1"], "to say it again hurries nothing")
        tap.same(server.process.wait(DEADLINE_S), 0, "it ends with 0")
        tap.ok(time.monotonic() - begin >= 4, "after the lameduck")
        lines = [line for line in server.text().splitlines() if line.startswith("[INFO]")]
        tap.same(lines[:2], ["[INFO] SIGTERM: Shutting down servers then terminating",
                             "[INFO] plugin/health: Going into lameduck mode for 4s"], "and says what it does")


def scrape_to_the_end(place, found):
    """Asks for metrics until nobody listens; keeps what was no page and no refusal."""
    while (reply := ask_hastily(place.metrics)) is not None:
        found.append(reply)


def ask_hastily(port):
    """The status of a page that came as a whole, 0 for one that was cut off; None: there is nobody."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE_S) as reply:
            return reply.status if reply.read().endswith(b"\n") else 0
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:
        return None if isinstance(error.reason, ConnectionRefusedError) else 0
    except (OSError, http.client.HTTPException):
        return 0


def check_scraped_to_the_end():
    """What metrics read must be there as long as somebody can ask."""
    api = ApiServer()
    api.refuses = False
    for _ in range(5):
        place = cluster_place(api)
        with place.serve() as server:
            wait_for(lambda at=place: get(at.ready, "/ready") == (200, PLAIN, "OK"))
            found = []
            scrapers = [threading.Thread(target=scrape_to_the_end, args=(place, found)) for _ in range(4)]
            for scraper in scrapers:
                scraper.start()
            wait_for(lambda at=found: len(at) > 10)
            server.process.send_signal(signal.SIGINT)
            for scraper in scrapers:
                scraper.join()
            code = server.process.wait(DEADLINE_S)
            tap.ok(code == 0, "a server that is scraped while it stops ends in order", server.text())
            tap.ok(set(found) <= {200, 0}, "and shows a page or none", set(found))
    api.end()


def main():
    check_checker()
    check_two_blocks()
    check_one_address()
    check_taken_address()
    check_long_start()
    check_cluster()
    check_two_clusters()
    check_before_cluster()
    check_stop_while_waiting()
    check_lameduck()
    check_scraped_to_the_end()
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many series a page of metrics has: neither names, types, codes, clients, zones nor upstreams make more than three
hundred of ours, and no label is what a client wrote. SERIES_NAMES: how many names are asked for."""
import itertools
import os
import random
import signal
import socket
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import open_socket  # noqa: E402
from exposition import Page  # noqa: E402
from kube_api import KubeApi, pod, service, service_import, slice_  # noqa: E402
from running_server import Server, free_port, metrics_page, wait_for  # noqa: E402
from stub_upstream import Manner, StubUpstream  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

NAMES = int(os.environ.get("SERIES_NAMES", "20000"))
MOST = 300
CLUSTERS, STUBS, WINDOW = 6, 24, 200
WORD = "storm"
RCODES = 0, 1, 2, 3, 4, 5, 9, 16, 23
TYPES = *range(1, 40), 43, 46, 47, 48, 50, 64, 65, 99, 249, 255, 257, 32768, 65280, 65535
CLIENTS = [f"127.0.0.{i}" for i in range(1, 9)]
ODD = 'odd"\\\\zone'  # in a Corefile's words
tap = Tap()


def corefile(api, metrics_port, stub, round_):
    """Many clusters of all kinds of objects, many upstreams; others in each round."""
    text = ""
    for i in range(CLUSTERS):
        text += f"""c{round_}x{i}.test {{
    bind 127.0.0.1
    prometheus 127.0.0.1:{metrics_port}
    kubernetes c{round_}x{i}.test clusterset{i}.test {{
        endpoint {api.url}
        pods verified
        multicluster clusterset{i}.test
    }}
}}
"""
    for i in range(STUBS):
        text += f"""s{round_}x{i}.test {{
    bind 127.0.0.1
    prometheus 127.0.0.1:{metrics_port}
    forward . 127.0.{1 + round_}.{1 + i}:1
    cache
    loop
}}
"""
    return text + f"""{ODD} {{
    bind 127.0.0.1
    prometheus 127.0.0.1:{metrics_port}
    whoami
}}
. {{
    bind 127.0.0.1
    prometheus 127.0.0.1:{metrics_port}
    forward . {stub.where}
    cache
    loop
    log
    errors
}}
"""


def random_queries():
    """For ever: of names that nobody asked for before, most of them in clusters."""
    draw = random.Random(7)
    zones = [f".svc.c0x{i}.test" for i in range(CLUSTERS)] * 8 + [f".r{code}.example" for code in RCODES]
    for number, (zone, kind) in enumerate(zip(itertools.cycle(zones), itertools.cycle(TYPES))):
        name = f"{WORD}{draw.randrange(1 << 40):x}.{WORD}{draw.randrange(1 << 40):x}{zone}"
        packet = bytearray(wire.encode_query(number & 65535, wire.name_from_text(name), kind, edns=draw.choice((None, 512, 4096)),
                                             do=draw.random() < 0.2))
        if number % 50 == 0:
            packet[2] = draw.randrange(128)  # any opcode
        yield bytes(packet)


def drain(udp):
    udp.settimeout(0.05)
    count = 0
    try:
        while count < WINDOW:
            udp.recv(65535)
            count += 1
    except socket.timeout:
        pass
    return count


def storm(server, queries, count):
    """How many were answered."""
    answered = 0
    sockets = [open_socket(server, client) for client in CLIENTS]
    for i in range(0, count, WINDOW):
        udp = sockets[i // WINDOW % len(sockets)]
        for packet in itertools.islice(queries, WINDOW):
            udp.send(packet)
        answered += drain(udp)
    for udp in sockets:
        udp.close()
    return answered


def scrape(port):
    return Page(metrics_page(port))


def own(page):
    return sum(name.startswith("knamed_") for name, _ in page.samples)


def reload(server, path, text):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(text)
    os.replace(path + ".new", path)
    before = server.text().count("Reloading complete")
    server.process.send_signal(signal.SIGUSR1)
    return wait_for(lambda: server.text().count("Reloading complete") > before)


def check_storm(server, port):
    queries = random_queries()
    answered = storm(server, queries, NAMES // 2)
    half = scrape(port)
    began = time.monotonic()
    answered += storm(server, queries, NAMES // 2)
    page = scrape(port)
    tap.ok(answered > NAMES * 0.9, f"{answered} of {NAMES} names were answered, the last half in {time.monotonic() - began:.0f} s")
    tap.same(page.complaints, [], "the page is as scrapers want it")
    tap.ok(own(page) < MOST, f"{own(page)} series of ours are fewer than {MOST}")
    tap.same(sorted(set(page.samples) - set(half.samples)), [], f"further names make none, of {len(page.samples)} in all")
    tap.ok(not [labels for _, labels in page.samples if any(WORD in value for _, value in labels)], "no name is in a label")
    zones = {labels["zone"] for labels in page.labels("coredns_plugin_enabled")}
    tap.ok(any('\\"' in zone for zone in zones), "labels are escaped", zones)
    sources = {source: sum(page.value("knamed_responses_total", source=source, rcode=rcode)
                           for rcode in ("NOERROR", "SERVFAIL", "NXDOMAIN", "REFUSED", "other"))
               for source in ("cluster", "external", "local")}
    shown = sum(value for (name, _), value in page.samples.items() if name == "coredns_dns_responses_total")
    tap.same(sum(sources.values()), shown, "answers by their source are all answers")
    tap.ok(min(sources.values()) > 0, "and there were some of each", sources)
    for source in "cluster", "external":
        tap.same(page.value("knamed_response_duration_seconds_count", source=source), sources[source],
                 f"each from {source} has a duration")
    return page


def check_reloads(server, path, api, port, stub, before):
    count = before.value("knamed_responses_total", source="cluster", rcode="NXDOMAIN")
    for round_ in range(1, 5):
        tap.ok(reload(server, path, corefile(api, port, stub, round_)), f"reload {round_} gives others")
    page = scrape(port)
    tap.same(page.complaints, [], "the page is as scrapers want it")
    tap.ok(own(page) < MOST, f"{own(page)} series of ours are fewer than {MOST}")
    tap.ok(page.value("knamed_responses_total", source="cluster", rcode="NXDOMAIN") >= count,
           "what zones counted that are gone stays")


def main():
    manners = {f"r{code}.example": Manner(rcode=code & 15) for code in RCODES}
    with tempfile.TemporaryDirectory(prefix="series-") as place, KubeApi() as api, StubUpstream(manners=manners) as stub:
        api.put(service("a", ip="10.96.0.1"), slice_("a-1", "a", ["10.1.0.1"]), pod("p", "10.1.0.1"),
                service_import("i", ["10.2.0.1"]))
        port, path = free_port(), os.path.join(place, "Corefile")
        with open(path, "w", encoding="ascii") as file:
            file.write(corefile(api, port, stub, 0))
        with Server("Corefile", place) as server:
            wait_for(lambda: server.text().count("in step after") >= CLUSTERS)
            check_reloads(server, path, api, port, stub, check_storm(server, port))
    tap.done()


main()

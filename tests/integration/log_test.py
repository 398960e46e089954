#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lines about queries whose answers come from others: how long they took, whom they came from, what went wrong."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import metric  # noqa: E402
from running_server import PROGRAM, Place, free_port, metrics_page, wait_for  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
DELAY_S = 0.3
FORMAT = '"{name} {rcode} {>rflags} {rsize} {duration} {/forward/upstream} {/knamed/plugin} {/log/class}/{/log/type}"'


def serve(body):
    return Place(". {\n" + body + "\n}\n").serve()


def line_of(server, name, start="[INFO] "):
    def find():
        return next((line for line in server.text().splitlines() if line.startswith(f"{start}{name}")), None)
    return (wait_for(find) or "").removeprefix(start)


def check_forwarded(upstream):
    with serve(f"metadata\nlog . {FORMAT}\ncache 30\nforward . {upstream.where}") as server:
        upstream.delay_s = DELAY_S
        server.dig("host.example", "A")
        name, rcode, flags, size, duration, asked, plugin, kind = line_of(server, "host.example.").split()
        tap.same((name, rcode, flags, size), ("host.example.", "NOERROR", "qr,rd,ra", "58"), "an answer that came later")
        tap.ok(DELAY_S <= float(duration[:-1]) < 5, "took as long as it did", duration)
        tap.same((asked, plugin, kind), (upstream.where, "forward", "success/NOERROR"), "and is told whose it is")
        upstream.delay_s = 0
        server.dig("HOST.example", "A")
        wait_for(lambda: server.text().count("host.example. ") == 2)
        words = [line for line in server.text().splitlines() if "host.example. " in line][-1].split()
        tap.same((words[4], words[6], words[7]), ("58", "-", "cache"), "from the cache it is nobody's")
        tap.ok(float(words[5][:-1]) < DELAY_S, "and takes no time", words[5])
        server.dig("none.example", "A")
        tap.same(line_of(server, "none.example.").split()[-1], "denial/NXDOMAIN", "a denial is one")


def check_sizes(upstream):
    """An OPT that came from upstream counts, as in CoreDNS; `cache` and `minimal` take it away."""
    port = free_port()
    forward = f"forward . {upstream.where}\nlog . \"{{name}} {{rsize}}\""

    def size_of(server, *words):
        server.dig(*words)
        wait_for(lambda: f"{words[-1]}. " in server.text())
        return [line.split()[-1] for line in server.text().splitlines() if f" {words[-1]}. " in line]

    def counted():
        return metric(metrics_page(port), "coredns_dns_response_size_bytes_sum")
    with serve(f"{forward}\nprometheus 127.0.0.1:{port}\nrewrite name x.example host.example") as server:
        before = counted()
        tap.same(size_of(server, "+noedns", "host.example"), ["58"], "without EDNS there is none")
        tap.same(size_of(server, "told.example"), ["75"], "with EDNS and its options")
        tap.same(size_of(server, "x.example"), ["63"], "it stays where the name was another")
        tap.same(counted() - before, 58 + 75 + 63, "it is counted so too")
    with serve(f"{forward}\ncache") as server:
        tap.same(size_of(server, "host.example"), ["58"], "none for the cache")
    with serve(f"{forward}\nminimal") as server:
        tap.same(size_of(server, "host.example"), ["58"], "none beside an answer")


def check_errors():
    nobody = f"127.0.0.1:{free_port()}"
    with serve(f"errors\nforward . {nobody}") as server:
        server.dig("host.example", "A")
        line = line_of(server, "2 host.example.", "[ERROR] plugin/errors: ")
        tap.ok(re.fullmatch(rf"2 host\.example\. A: read udp 127\.0\.0\.1:\d+->{re.escape(nobody)}: read: connection refused", line),
               "nobody there, in CoreDNS' words", line)
        server.dig("+tcp", "tcp.example", "A")
        tap.same(line_of(server, "2 tcp.example.", "[ERROR] plugin/errors: "),
                 f"2 tcp.example. A: dial tcp {nobody}: connect: connection refused", "and over TCP")


def check_silence(upstream):
    rules = 'consolidate 1s "i/o timeout$" warning show_first\nconsolidate 1h "^no such"'
    with serve(f"errors {{\n{rules}\n}}\nforward . {upstream.where} {{\n read_timeout 50ms\n max_fails 0\n}}") as server:
        upstream.mood = "silent"
        for i in range(3):
            server.dig("+tries=1", f"slow{i}.example", "A")
        first = line_of(server, "2 slow0.example.", "[WARNING] plugin/errors: ")
        tap.ok(re.fullmatch(r"2 slow0\.example\. A: read udp 127\.0\.0\.1:\d+->" + re.escape(upstream.where) + ": i/o timeout",
                            first), "silence, in CoreDNS' words", first, server.text())

        def told():
            return sum(int(n) for n in re.findall(
                r"\[WARNING\] plugin/errors: (\d+) errors like 'i/o timeout\$' occurred in last 1s", server.text()))
        tap.ok(wait_for(lambda: told() + server.text().count(": i/o timeout\n") >= 3), "errors of a kind are told as a number",
               server.text())
        upstream.mood = "well"


def check_json(upstream):
    place = tempfile.TemporaryDirectory(prefix="log-")
    port = free_port()
    with open(os.path.join(place.name, "Corefile"), "w", encoding="ascii") as file:
        file.write(f"example:{port} {{\nlog\nforward . {upstream.where}\n}}\n")
    process = subprocess.Popen([PROGRAM, "-log-format=json"], cwd=place.name, stdout=subprocess.PIPE, text=True)
    asked = wait_for(lambda: "192.0.2.1" in subprocess.run(
        ["dig", "-r", "+tries=1", "+timeout=1", "+noedns", "@127.0.0.1", "-p", str(port), "host.example"],
        capture_output=True, text=True, check=False).stdout)
    process.send_signal(signal.SIGINT)
    lines = [json.loads(line) for line in process.stdout]
    process.wait()
    record_ = next((line for line in lines if line.get("qname") == "host.example."), {})
    tap.ok(asked and record_, "lines are JSON", lines)
    tap.same(list(record_), ["time", "level", "msg", "plugin", "client_ip", "client_port", "qname", "qtype", "qclass", "protocol",
                             "id", "opcode", "request_size", "dnssec_ok", "bufsize", "rcode", "response_size",
                             "duration_seconds"], "with CoreDNS' fields")
    tap.same([record_.get(key) for key in ("client_ip", "qtype", "protocol", "rcode", "response_size", "bufsize", "opcode")],
             ["127.0.0.1", "A", "udp", "NOERROR", 58, 512, 0], "and what they say")


TOLD = Manner(options=bytes((0, 15, 0, 2, 0, 4)))  # an extended error
with StubUpstream([record("host.example.", "A", "192.0.2.1"), record("told.example.", "A", "192.0.2.1")],
                  manners={"told.example.": TOLD}) as the_upstream:
    check_forwarded(the_upstream)
    check_sizes(the_upstream)
    check_errors()
    check_silence(the_upstream)
    check_json(the_upstream)
tap.done()

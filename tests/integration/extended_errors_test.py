#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Failures say why to who asks with EDNS: each with an extended error and its text."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import ask_all  # noqa: E402
from running_server import Server, free_port  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

tap = Tap()
COREFILE = """example silent gone old {
bind 127.0.0.1
rewrite name regex (.*)[.]long[.]example {1}.{1}.{1}.{1}.{1}.{1}.{1}.example
file zone example
file nowhere missing.example
acl blocked.example {
  block
}
forward silent SILENT
forward gone 127.0.0.1:GONE
forward old OLD
cache 30 {
  success 100 1 0
  serve_stale 1h immediate
}
}
ruled.example {
bind 127.0.0.1
acl filtered.ruled.example {
  filter type A
}
template IN A made.ruled.example {
  match ^good[.]
  answer "{{ .Name }} 60 IN A 192.0.2.1"
}
template IN A broken.ruled.example {
  match ^(?P<first>[a-z]+)[.]
  answer "{{ .Name }} 60 IN A {{ .Group.first }}secret"
}
template IN A failing.ruled.example {
  rcode SERVFAIL
}
template IN A fallen.ruled.example {
  match ^good[.]
  answer "{{ .Name }} 60 IN A 192.0.2.1"
  fallthrough
}
hosts {
  192.0.2.9 known.ruled.example
}
}
plain.example {
bind 127.0.0.1
file plain plain.example
}
cluster {
bind 127.0.0.1
kubernetes cluster.local {
endpoint http://127.0.0.1:GONE
}
}
"""
ZONE = """$ORIGIN example.
@ 60 IN SOA ns host 1 2 3 4 5
@ 60 IN NS ns
a 60 IN CNAME b
b 60 IN CNAME a
"""
AXFR = 252
KEPT = "x.silent", "x.gone"  # failures that the cache keeps


def main():
    with StubUpstream() as silent, StubUpstream([record("x.old", "A", "192.0.2.1", ttl=1)]) as old, \
            tempfile.TemporaryDirectory(prefix="errors-") as place:
        silent.mood = "silent"
        text = COREFILE.replace("SILENT", silent.where).replace("GONE", str(free_port())).replace("OLD", old.where)
        for name, content in ("Corefile", text.replace("cluster {", "cluster.local {")), ("zone", ZONE), \
                ("plain", ZONE.replace("example.", "plain.example.")):
            with open(os.path.join(place, name), "w", encoding="ascii") as file:
                file.write(content)
        with Server("Corefile", place) as server:
            for name in "good.made.ruled.example", "known.ruled.example":
                said = server.dig("+edns", name)
                tap.ok("status: NOERROR" in said and "EDE" not in said, f"{name} is an answer: nothing of that", said)
            refused, = ask_all(server, [wire.encode_query(1, wire.name_from_text("example"), AXFR, edns=1232)])
            tap.ok(refused.rcode == wire.REFUSED and b"\0\x12no `transfer` hands this zone" in refused.opts[0].options,
                   "a transfer that nobody may have: EDE 18", refused)
            for name, rcode, number, words in (
                    ("a.example", "SERVFAIL", 0, "rules lead to too many questions"), ("a.plain.example", "SERVFAIL", 0, "loop or too long"),
                    ("x.missing.example", "SERVFAIL", 14, "zone is not loaded"),
                    ("x.blocked.example", "REFUSED", 15, "acl blocks this client, Corefile:7"), ("www.elsewhere", "REFUSED", 20, "no block has this name"),
                    ("x.silent", "SERVFAIL", 22, "no upstream"), ("x.gone", "SERVFAIL", 22, "no upstream"),
                    ("x.filtered.ruled.example", "NOERROR", 17, "acl leaves the answer out, Corefile:20"),
                    ("x.made.ruled.example", "SERVFAIL", 0, "does not fit the template of its zone, Corefile:22"),
                    ("x.broken.ruled.example", "SERVFAIL", 0, "template makes no valid record, Corefile:26"),
                    ("x.failing.ruled.example", "SERVFAIL", 0, "template says SERVFAIL, Corefile:30"),
                    ("x.ruled.example", "SERVFAIL", 0, "hosts does not have the name and lets none fall through, Corefile:38"),
                    ("x.fallen.ruled.example", "SERVFAIL", 0, "hosts does not have the name"),
                    ("a.b.svc.cluster.local", "SERVFAIL", 14, "the cluster has not been read yet")):
                said = server.dig("+edns", "+tries=1", "+timeout=60", name)  # once: a second question may find what the cache keeps
                tap.ok(f"status: {rcode}" in said and f"EDE: {number}" in said and words in said, f"{name}: {rcode}, EDE {number} {words}",
                       said)
                if name in KEPT:
                    tap.ok("EDE: 13 (Cached Error)" in server.dig("+edns", name), f"{name} once more: kept, EDE 13", said)
                tap.ok("secret" not in said, f"{name}: what the rule says is not told", said)
                tap.ok("EDE" not in server.dig("+noedns", "+ignore", name), f"{name} without EDNS: nothing of that")
    tap.done()


if __name__ == "__main__":
    main()

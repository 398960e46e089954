#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`view` in a server: blocks of one zone that are chosen by who asks and what, and no way from one into another."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import KNAMECTL, PROGRAM, Place, free_port, metrics_page  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
INSIDE, OUTSIDE = ("-b", "127.0.0.1"), ("-b", "127.0.0.2")
ZONE = "$ORIGIN example.\n@ 60 IN SOA ns host 1 2 3 4 5\nhost 60 IN A {}\nalias 60 IN CNAME secret.test.\n"


def run(place, *words):
    done = subprocess.run(words, cwd=place.path, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout + done.stderr


def check_choice(upstream):
    """Whatever a client does, it sees what its view has: letters, transports, aliases, caches."""
    port = free_port()
    place = Place(f"""example {{
    view inside {{
        expr incidr(client_ip(), '127.0.0.1/32')
    }}
    file inside.zone
    prometheus 127.0.0.1:{port}
}}
example {{
    file outside.zone
    prometheus 127.0.0.1:{port}
}}
test {{
    view inside {{
        expr client_ip() == '127.0.0.1'
        expr name() matches '^secret[.]'
    }}
    cache 30
    forward . {upstream.where}
}}
""", **{"inside.zone": ZONE.format("10.0.0.1"), "outside.zone": ZONE.format("192.0.2.1")})
    with place.serve() as server:
        for transport in "+notcp", "+tcp":
            for name in "host.example", "HOST.Example":
                tap.same(server.short(transport, *INSIDE, name), ["10.0.0.1"], f"{name} inside, {transport}")
                tap.same(server.short(transport, *OUTSIDE, name), ["192.0.2.1"], f"{name} outside, {transport}")
            tap.same(server.short(transport, *INSIDE, "secret.test"), ["10.9.9.9"], "a name of others inside")
            tap.same(server.rcode(transport, *OUTSIDE, "secret.test")[0], "REFUSED", "the same outside, though it is kept")
            tap.same(server.rcode(transport, *INSIDE, "other.test")[0], "REFUSED", "all expressions must hold")
            tap.same(server.short(transport, *INSIDE, "alias.example"), ["secret.test.", "10.9.9.9"], "an alias inside")
            tap.same(server.short(transport, *OUTSIDE, "alias.example"), ["secret.test."], "an alias is no way in")
        tap.same(upstream.count("secret.test."), 1, "who may not ask has nobody asked")
        text = metrics_page(port)
        for view in "inside", "":
            tap.ok(f'type="A",view="{view}",zone="example."}}' in text, f"questions are counted for view '{view}'")


def check_faults():
    for expression, sentence in ("name() = 'a'", "unexpected =, expected an operator or the end (1:8)"), \
            ("incidr(client_ip(), '10.0.0.0')", "incidr takes a network such as '10.0.0.0/8' behind an address (1:1)"):
        place = Place(f". {{\n    view a {{\n        expr {expression}\n    }}\n    whoami\n}}\n")
        expected = f"plugin/view: Corefile:3 - Error during parsing: {sentence}"
        code, text = run(place, PROGRAM, "-conf", "Corefile", "-dns.port", str(free_port()))
        tap.ok(code == 1 and expected in text, f"{expression} is refused with its place", text)
        code, text = run(place, KNAMECTL, "check", "-conf", "Corefile")
        tap.ok(code == 1 and expected in text, "and by knamectl check", text)


with StubUpstream([record("secret.test.", "A", "10.9.9.9")]) as the_upstream:
    check_choice(the_upstream)
check_faults()
tap.done()

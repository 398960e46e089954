# SPDX-License-Identifier: Apache-2.0
"""One machine with all that a server finds around it, and the server: CoreDNS in one place, knamed in another."""
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import struct
import tempfile
import time

import wire
import world
from framing import receive_framed, send_framed
from machine import Machine
from running_server import printed, wait_for
from scrape import POLL_ID

SERVICE_ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount/"
START_S = 12   # CoreDNS waits five seconds for an API server
ANSWER_S = 7   # and as long for a resolver
FLAGS = {"cd": wire.CD, "ad": wire.AD}
REPLACED = "built-in defaults serve"  # in place of a bad Corefile, which knamed does in a cluster
NSID, COOKIE = 3, 10


def encode(step, ident):
    options, flags = step.options, 0 if "nord" in step.options else wire.RD
    for word, flag in FLAGS.items():
        flags |= flag if word in options else 0
    if "notify" in options:
        flags |= 4 << 11
    extra = b"".join(struct.pack(">HH", code, len(data)) + data for word, code, data in
                     (("nsid", NSID, b""), ("cookie", COOKIE, b"12345678")) if word in options)
    edns = None if "noedns" in options else int(options.get("edns", 1232))
    return wire.encode_query(ident, wire.name_from_text(step.words[0]), wire.type_number(step.words[1]),
                             3 if "ch" in options else 1, flags, edns, do="do" in options, options=extra)


class Place:
    """`with` ends all of it. One server at a time runs in it, between start() and stop()."""

    def __init__(self, name, program, tls, directory):
        self.name, self.program, self.process = name, os.path.basename(program), None
        self.stack = contextlib.ExitStack()
        self.machine = self.stack.enter_context(Machine(world.ADDRESSES, world.OUTER_ADDRESSES, [program]))
        with self.machine.inside(self.machine.outer):
            self.resolvers = [self.stack.enter_context(resolver) for resolver in world.resolvers(tls)]
        with self.machine.inside():
            self.api = self.stack.enter_context(world.start_api(tls=True))
            self.plain_api = self.stack.enter_context(world.start_api())
        self.output = tempfile.TemporaryFile(mode="w+", errors="replace")
        self.silent_until, self.failed_polls = 0, 0
        self.authority = os.path.join(directory, "ca.pem")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop(signal.SIGKILL)
        self.stack.close()

    # ---- the server ----

    def prepare(self, case):
        self.machine.clear("/etc", "/run")
        for name, text in {"/etc/resolv.conf": world.RESOLV_CONF, "/etc/hosts": world.HOSTS, **case.files,
                           SERVICE_ACCOUNT + "token": "golden", SERVICE_ACCOUNT + "namespace": "kube-system",
                           SERVICE_ACCOUNT + "ca.crt": self.api.place["ca"]}.items():
            self.machine.write(name, text)
        self.machine.clear("/etc/tls")
        shutil.copy(self.authority, self.machine.path("/etc/tls/ca.pem"))
        for resolver in self.resolvers:
            resolver.mood = "well"
            resolver.asked.clear()
            resolver.seen.clear()

    def environment(self, case):
        return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.api.port),
                "API": f"http://127.0.0.1:{self.plain_api.port}", "HOSTNAME": "golden", **case.environment}

    def run(self, case):
        """Starts it and does not wait."""
        self.prepare(case)
        self.output.seek(0)
        self.output.truncate()
        self.silent_until = 0
        self.process = self.machine.start(self.program, *case.words, environment=self.environment(case), output=self.output)

    def start(self, case, address, port):
        """Whether it serves."""
        self.failed_polls = 0
        self.run(case)
        wait_for(lambda: self.process.poll() is not None or self.machine.listens(port), START_S)
        if self.process.poll() is not None or not self.machine.listens(port) or REPLACED in self.text():
            return False
        if re.search(r"^\s*kubernetes\s", case.corefile, re.M):
            zone = re.search(r"^\s*kubernetes\s+([^\s{]+)", case.corefile, re.M)[1]
            wait_for(lambda: self.is_synced(zone, address, port), START_S)
            self.silent_until = len(self.text())  # it may log what it was asked meanwhile
        return True

    def is_synced(self, zone, address, port):
        """A server says that it is not ready yet with EDE 14, or SERVFAIL; any other answer will do, or none."""
        reply = self.poll((b"kubernetes", b"default", b"svc") + wire.name_from_text(zone), wire.A, (address, port))
        if reply is None or reply.rcode != wire.SERVFAIL:
            return True
        self.failed_polls += 1
        return False

    def without_polls(self, page):
        """A page of metrics without the failures that were ours alone."""
        def line(found):
            return "" if int(found[1]) <= self.failed_polls else found[0]
        return re.sub(r'^coredns_dns_responses_total\{[^}]*rcode="SERVFAIL"[^}]*\} (\d+)\n', line, page, flags=re.M)

    def text(self):
        """What was printed since it serves."""
        return printed(self.output)[self.silent_until:]

    def stop(self, how=signal.SIGQUIT):
        """Its exit code, None if it does not end by that."""
        if self.process is None:
            return None
        code = self.process.poll()
        if code is None:
            self.process.send_signal(how)
            code = wait_for(lambda: self.process.poll() is not None, 40) and self.process.returncode
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        self.process = None
        return code

    # ---- asking ----

    def socket(self, kind, where, source):
        """source: an address and a port, of which each may be nothing."""
        with self.machine.inside():
            sock = socket.socket(socket.AF_INET6 if ":" in where[0] else socket.AF_INET, kind)
        if source is not None:
            sock.bind((source[0] or "", source[1]))
        return sock

    def exchange_udp(self, packet, where, source=None, seconds=ANSWER_S):
        with self.socket(socket.SOCK_DGRAM, where, source) as sock:
            end = time.monotonic() + seconds
            try:
                sock.connect(where)
                sock.send(packet)
                while (left := end - time.monotonic()) > 0:
                    sock.settimeout(left)
                    data = sock.recv(65535)
                    if data[:2] == packet[:2]:
                        return data
            except OSError:
                return None
        return None

    def poll(self, name, qtype, where):
        """The reply to a question that is ours alone, and in no log that is compared; None without one."""
        data = self.exchange_udp(wire.encode_query(POLL_ID, name, qtype, edns=1232), where, None, 0.3)
        return data and wire.decode(data)

    def exchange_tcp(self, packet, where, source=None):
        """All messages until the server has said what belongs to the question; more than one for a transfer."""
        with self.socket(socket.SOCK_STREAM, where, source) as sock:
            sock.settimeout(ANSWER_S)
            try:
                sock.connect(where)
                send_framed(sock, packet)
                return receive_framed(sock)
            except OSError:
                return None

    def transfer(self, packet, where, source=None):
        """The messages of a zone transfer, until its SOA comes again."""
        found, serials = [], 0
        with self.socket(socket.SOCK_STREAM, where, source) as sock:
            sock.settimeout(ANSWER_S)
            try:
                sock.connect(where)
                send_framed(sock, packet)
                while serials < 2 and (message := receive_framed(sock)):
                    found.append(wire.decode(message))
                    serials += sum(item.record.type == wire.SOA for item in found[-1].answer)
                    if found[-1].rcode or not found[-1].answer or len(found) == 1 and len(found[0].answer) == 1 and \
                            wire.type_name(found[0].qtype) == "IXFR":
                        break
            except (OSError, wire.WireError):
                pass
        return found

    def get(self, url):
        """(status, body) of a page, or the name of what went wrong."""
        address, _, path = url.removeprefix("http://").partition("/")
        host, _, port = address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_S)
        try:
            connection.sock = self.socket(socket.SOCK_STREAM, (host, 0), None)
            connection.sock.settimeout(ANSWER_S)
            connection.sock.connect((host, int(port)))
            connection.request("GET", "/" + path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, ""
        finally:
            connection.close()

    def went(self):
        """What resolvers were asked since the last call, sorted: (address, name, type, transport, RD, DO)."""
        found = []
        for resolver in self.resolvers:
            seen, resolver.seen = resolver.seen, []
            found += [(resolver.address, name, kind, "tls" if resolver.tls else transport, bool(flags & wire.RD),
                       bool((edns or 0) & 0x8000)) for name, kind, transport, flags, _, edns in seen
                      if kind != "HINFO"]  # those are of `loop`
        return sorted(found)

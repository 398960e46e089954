# SPDX-License-Identifier: Apache-2.0
"""A knamed that follows an API server, asked by packets of our own: a question takes microseconds, not a process."""
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "oracle"))
import wire  # noqa: E402
from running_server import DEADLINE_S, PROGRAM, Server, free_port, metrics_page, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

ZONE = "cluster.local"
EDE = 15


class Reply:
    """rcode as a word, the answer section as a set of texts ("10.0.0.1", "0 100 80 a.b."), the EDE codes."""

    def __init__(self, data):
        message = wire.decode(data)
        self.rcode = wire.RCODE_NAMES.get(message.rcode, str(message.rcode))
        self.answers = frozenset(wire.rdata_to_text(item.record.type, item.record.rdata) for item in message.answer)
        self.extended = []
        options = message.opts[0].options if message.opts else b""
        while len(options) >= 4:
            code, size = int.from_bytes(options[:2], "big"), int.from_bytes(options[2:4], "big")
            if code == EDE:
                self.extended.append(int.from_bytes(options[4:6], "big"))
            options = options[4 + size:]

    def __repr__(self):
        return f"{self.rcode} {sorted(self.answers)} EDE {self.extended}"


def qualified(name):
    """As name.ZONE, unless it ends in a dot."""
    return name[:-1] if name.endswith(".") else f"{name}.{ZONE}"


class Follower(Server):
    """options: lines of the kubernetes directive. The API is `api`, by its URL or, where it speaks TLS, by a kubeconfig
    of that user; or what `source` says. Its place is a directory of its own unless one is given, perhaps with a Corefile."""

    def __init__(self, api=None, options="", source=None, place=None, zones=ZONE + " in-addr.arpa", user=None,
                 environment=None, has_corefile=False, port=None, program=PROGRAM):
        self.directory = None if place else tempfile.TemporaryDirectory(prefix="following-")
        self.place = place or self.directory.name
        self.metrics_port, self.ready_port, self.id, self.lock = free_port(), free_port(), 0, threading.Lock()
        if source is None and "ca" in api.place:
            source = "kubeconfig " + api.kubeconfig(os.path.join(self.place, "kubeconfig"), **(user or {}))
        elif source is None:
            source = "endpoint " + api.url
        if not has_corefile:
            with open(os.path.join(self.place, "Corefile"), "w", encoding="ascii") as file:
                file.write(f".\nbind 127.0.0.1\nprometheus 127.0.0.1:{self.metrics_port}\nready 127.0.0.1:{self.ready_port}\n"
                           f"kubernetes {zones} {{\n{source}\n{options}\n}}\n")
        super().__init__("Corefile", self.place, port=port, environment=environment, program=program)

    def ask(self, name, kind="A", tries=3):
        """The reply; None if there is none. Any thread."""
        with self.lock:
            self.id = self.id % 65535 + 1
            number = self.id
        labels = wire.name_from_text(qualified(name))
        query = wire.encode_query(number, labels, wire.type_number(kind), edns=1232)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.connect((self.address, self.port))
            for _ in range(tries):
                try:
                    udp.send(query)
                    return Reply(udp.recv(65535))
                except OSError:
                    if self.process.poll() is not None:
                        return None
        return None

    def says(self, name, answers, kind="A", deadline_s=DEADLINE_S):
        """Waits until these are the answers; what they were at last, for Tap.same()."""
        wanted = frozenset(answers)
        wait_for(lambda: (reply := self.ask(name, kind)) is not None and reply.answers == wanted and
                 (wanted or reply.rcode in ("NOERROR", "NXDOMAIN")), deadline_s)
        reply = self.ask(name, kind)
        return sorted(reply.answers) if reply.rcode in ("NOERROR", "NXDOMAIN") else reply.rcode

    def metrics(self):
        """{"name{labels}": value}"""
        lines = metrics_page(self.metrics_port).splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[:1] != "#"}

    def metric(self, name, *labels):
        """The sum of a metric's values whose labels contain these texts."""
        return sum(value for key, value in self.metrics().items()
                   if key.partition("{")[0] == name and all(label in key for label in labels))

    def ready(self, path="ready"):
        """(status, body) of that port; (0, "") if nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ready_port}/{path}", timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def readyz(self):
        return json.loads(self.ready("readyz")[1] or "null")

    def threads(self):
        """The names of its threads."""
        names = []
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/task/{task}/comm", encoding="ascii") as file:
                names.append(file.read().strip())
        return names

    def peak_kb(self):
        """The most memory that it ever had (VmHWM)."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

    def stop(self):
        code = super().stop()
        if self.directory:
            self.directory.cleanup()
        return code

    def __exit__(self, trouble, *unused):
        if self.stop() not in (0, -signal.SIGKILL) and trouble is None:
            raise RuntimeError(f"knamed ended with {self.process.returncode}:\n{self.text()}")


class Poller(threading.Thread):
    """Asks the same questions all the time, and keeps every reply that is not among the allowed answers."""

    def __init__(self, server, *questions, pause_s=0.001):
        """questions: (name, type, allowed) with allowed(reply) -> bool. pause_s: after each; 0: as fast as it can."""
        super().__init__(daemon=True)
        self.server, self.questions, self.pause_s, self.count, self.wrong = server, questions, pause_s, 0, []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            for name, kind, allowed in self.questions:
                reply = self.server.ask(name, kind)
                if reply is None or not allowed(reply):
                    self.wrong.append((self.count, name, kind, repr(reply)))
                self.count += 1
                if self.pause_s:
                    time.sleep(self.pause_s)

    def __enter__(self):
        self.start()
        wait_for(lambda: self.count > 10)
        return self

    def __exit__(self, *unused):
        before = self.count
        wait_for(lambda: self.count > before + 10 or not self.is_alive())
        self.over.set()
        self.join()


def one_of(*sets):
    """For Poller: NOERROR and one of these sets of answers."""
    allowed = {frozenset(answers) for answers in sets}
    return lambda reply: reply.rcode == "NOERROR" and reply.answers in allowed


class Kept(Tap):
    """Test results that are printed later."""

    def __init__(self):
        super().__init__()
        self.results = []

    def ok(self, good, name, *complaint):
        self.results.append((good, name, complaint))
        return good


def run_together(scenarios, at_once=12):
    """Runs each scenario(tap) in a thread of its own, since they wait more than they work, and prints what they found."""

    def run(scenario):
        kept, begin = Kept(), time.monotonic()
        try:
            scenario(kept)
        except Exception as error:  # a scenario that dies is a test that failed
            kept.ok(False, f"runs to its end, not to {error!r:.300}", traceback.format_exc())
        return kept, time.monotonic() - begin

    tap = Tap()
    with ThreadPoolExecutor(at_once) as pool:
        for scenario, (kept, seconds) in zip(scenarios, pool.map(run, scenarios)):
            for good, name, complaint in kept.results:
                tap.ok(good, f"{scenario.__name__}: {name}", *complaint)
            print(f"# {scenario.__name__}: {seconds:.1f} s", flush=True)
    tap.done()

# SPDX-License-Identifier: Apache-2.0
"""A knamed whose Corefile changes while it is asked: what the test and its long form share."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from running_server import ROOT, Server, free_port, wait_for, write  # noqa: E402

BLAST = os.environ.get("BLAST", os.path.join(ROOT, "build/blast"))
ZONE = "$ORIGIN example.\n@ 3600 SOA ns host 1 7200 1800 86400 60\n@ NS ns\nns A 10.0.0.9\na 60 A 10.0.0.1\n"
OTHERS = "$ORIGIN far.\n@ 3600 SOA ns host 1 7200 1800 86400 60\n@ NS ns\nns A 10.0.0.9\n*.n 1 A 192.0.2.1\nkept 3600 A 192.0.2.2\n"


def get(port, path, address="127.0.0.1"):
    """(status, body); (0, "") if nobody listens or answers."""
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def reload(server, corefile=None):
    """Tells a server to read its Corefile again, this one if there is one; the line that says how that ended."""
    def ends():
        return [line for line in server.text().splitlines() if "Reloading complete" in line or "Restart failed" in line]

    before = len(ends())
    if corefile is not None:
        write(server.place, "Corefile", corefile)
    server.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: len(ends()) > before or server.process.poll() is not None)
    return (ends()[before:] or ["no end"])[0]


class Reloader(Server):
    """It serves example. from a file and what `blocks` says; forwards the rest to a knamed of its own, if it has one.
    objects: what is in the folder of manifests `objects`."""

    def __init__(self, corefile=None, environment=None, objects=()):
        self.directory = tempfile.TemporaryDirectory(prefix="reload-")
        self.place = self.directory.name
        self.health, self.ready_port, self.metrics_port, self.other = (free_port() for _ in range(4))
        self.upstream = None
        if objects:
            os.mkdir(os.path.join(self.place, "objects"))
        for number, item in enumerate(objects):
            write(self.place, f"objects/{number}.json", json.dumps(item))
        write(self.place, "db.example", ZONE)
        write(self.place, "db.far", OTHERS)
        if corefile is None:
            write(self.place, "Upstream", ".\nbind 127.0.0.1\nfile db.far far.\n")
            self.upstream = Server("Upstream", self.place)
            corefile = self.corefile()
        write(self.place, "Corefile", corefile)
        super().__init__("Corefile", self.place, environment=environment)

    def corefile(self, lines="", more="", forward="", cache="", reload="1h 0s"):
        return (f". {{\nbind 127.0.0.1\nreload {reload}\nhealth 127.0.0.1:{self.health}\nready 127.0.0.1:{self.ready_port}\n"
                f"prometheus 127.0.0.1:{self.metrics_port}\nfile db.example example.\n"
                f"forward . 127.0.0.1:{self.upstream.port} {{\nmax_concurrent 10000\n{forward}\n}}\n"
                f"cache {{\nsuccess 20000\n{cache}\n}}\n{lines}\n}}\n{more}\n")

    def reload(self, corefile=None):
        return reload(self, corefile)

    def count(self, text):
        return sum(text in line for line in self.text().splitlines())

    def metrics(self):
        """{"name{labels}": value}"""
        lines = get(self.metrics_port, "metrics")[1].splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[:1] != "#"}

    def metric(self, name, *labels):
        return sum(value for key, value in self.metrics().items()
                   if key.partition("{")[0] == name and all(label in key for label in labels))

    def sockets(self):
        """The numbers of the sockets that are bound to the DNS port."""
        bound = set()
        for table in ("udp", "udp6", "tcp", "tcp6"):
            with open(f"/proc/{self.process.pid}/net/{table}", encoding="ascii") as file:
                for line in list(file)[1:]:
                    words = line.split()
                    is_open = table[:3] == "udp" or words[3] == "0A"
                    if is_open and int(words[1].rpartition(":")[2], 16) == self.port:
                        bound.add((table, words[9]))
        return bound

    def stop(self):
        code = super().stop()
        if self.upstream:
            self.upstream.stop()
        self.directory.cleanup()
        return code


class Load:
    """Asks until it is told to end, and counts every answer. over: further options of blast."""

    def __init__(self, server, questions, rate, *over, seconds=600):
        self.questions = tempfile.NamedTemporaryFile("w", suffix=".questions")
        self.questions.write(questions)
        self.questions.flush()
        pace = ["--rate", str(rate)] if rate else []
        self.process = subprocess.Popen(
            [BLAST, *pace, "--seconds", str(seconds), "--warmup", "0", "--timeout", "5", "--sockets", "16", "--check-every", "1",
             *over, f"127.0.0.1:{server.port}", self.questions.name], stdout=subprocess.PIPE, text=True)

    def end(self):
        """What it counted."""
        self.process.terminate()
        told = json.loads(self.process.communicate(timeout=60)[0] or "{}")
        self.questions.close()
        return told


class Watch(threading.Thread):
    """Looks at a path of a port all the time: each look is a new connection. Keeps what was not 200."""

    def __init__(self, *places):
        super().__init__(daemon=True)
        self.places, self.count, self.other, self.over = places, 0, [], threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            for port, path in self.places:
                status, body = get(port, path)
                if status != 200:
                    self.other.append((path, status, body))
                self.count += 1
            time.sleep(0.01)

    def end(self):
        self.over.set()
        self.join()
        return self.other

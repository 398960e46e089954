# SPDX-License-Identifier: Apache-2.0
"""A knamed of this build on a loopback port of its own, for tests that ask it over sockets.

The programs are $KNAMED and $KNAMECTL, or those in build/."""
import fcntl
import os
import random
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("KNAMED", os.path.join(ROOT, "build/knamed"))
KNAMECTL = os.environ.get("KNAMECTL", os.path.join(ROOT, "build/knamectl"))
DEADLINE_S = float(os.environ.get("TEST_DEADLINE_S", "30"))


# Programs of the tests run side by side, and a knamed shares its port with whoever wants it: who picked a port keeps it
# to itself by a lock on that byte of a file, and within a program by a set.
PORTS = open(os.path.join(tempfile.gettempdir(), f"knamed-test-ports-{os.getuid()}"), "ab")
PORTS_TAKEN, PORTS_LOCK = set(), threading.Lock()


def claim_port(port):
    """Whether it is this program's from now on."""
    with PORTS_LOCK:
        if port in PORTS_TAKEN:
            return False
        try:
            fcntl.lockf(PORTS, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        PORTS_TAKEN.add(port)
        return True


def free_port():
    """A port of 127.0.0.1 that UDP and TCP both have free at this moment, below those that Linux gives to clients."""
    while True:
        port = random.randrange(12000, 32768)
        if not claim_port(port):
            continue
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
        except OSError:
            continue


def wait_for(condition, deadline_s=DEADLINE_S):
    """Asks the condition until it is true; what it said last."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


def printed(output):
    """What a process that runs has written to a file: its place in the file is ours as well, and must not be moved."""
    descriptor = output.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")


def answers(address, port):
    """Whether anything answers there."""
    query = struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 0) + b"\0\0\6\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.2)
        try:
            udp.connect((address, port))
            udp.send(query)
            return bool(udp.recv(4096))
        except OSError:
            return False


class Server:
    """Runs from construction to stop(); `with` stops it. Paths of the Corefile start in `place`. It is asked at
    `address`, on a port of its own unless one is given. environment: variables in place of the test's own."""

    def __init__(self, corefile, place=ROOT, address="127.0.0.1", port=None, environment=None):
        self.address = address
        self.port = port or free_port()
        self.output = tempfile.TemporaryFile(mode="a+")  # it writes at the end, wherever we read
        self.process = subprocess.Popen(
            [PROGRAM, "-conf", corefile, "-dns.port", str(self.port)],
            stdout=self.output, stderr=subprocess.STDOUT, cwd=place, env=environment)
        serves = wait_for(lambda: self.process.poll() is not None or answers(address, self.port))
        if self.process.poll() is not None or not serves:
            self.stop()
            raise RuntimeError(f"{PROGRAM} -conf {corefile} does not serve:\n{self.text()}")

    def text(self):
        """What it has printed so far."""
        return printed(self.output)

    def logged(self, *texts):
        """Waits for a line with all these texts; whether it came. Lines come some time after what they tell."""
        return wait_for(lambda: any(all(text in line for text in texts) for line in self.text().splitlines()))

    def stop(self):
        """Ends it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def dig(self, *words):
        """What dig prints, asked without the user's ~/.digrc."""
        done = subprocess.run(
            ["dig", "-r", "@" + self.address, "-p", str(self.port), "+tries=2", "+timeout=5", *words],
            capture_output=True, text=True, check=False)
        return done.stdout

    def short(self, *words):
        """The lines of `dig +short`; what dig says of its own troubles is none."""
        return [line for line in self.dig("+short", *words).splitlines() if not line.startswith(";")]

    def rcode(self, *words):
        """The rcode, as dig spells it, and the lines of the answer section."""
        text = self.dig("+noall", "+comments", "+answer", *words)
        status = text.partition("status: ")[2].partition(",")[0]
        return status, [line for line in text.splitlines() if line and line[0] != ";"]

# SPDX-License-Identifier: Apache-2.0
"""A server under test, and the sockets that ask it."""
import signal
import socket
import struct
import subprocess
import time

from wire import A, NXDOMAIN, WireError, decode, encode_query

START_SECONDS = 30
ANSWER_SECONDS = 3


def free_port(address):
    """A port that is free for UDP and TCP now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind((address, port))
            except OSError:
                continue
            return port


class Asker:
    """Asks one question at a time, over UDP and over a TCP connection that is reopened at need."""

    def __init__(self, address, port):
        self.where = address, port
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.connect(self.where)
        self.tcp = None
        self.ident = 0

    def close(self):
        self.udp.close()
        if self.tcp:
            self.tcp.close()

    def next_id(self):
        self.ident = self.ident % 65535 + 1
        return self.ident

    def send(self, packet):
        try:
            self.udp.send(packet)
        except ConnectionRefusedError:  # says that an earlier packet found nobody; this one was not sent
            self.udp.send(packet)

    def receive(self, seconds=ANSWER_SECONDS):
        self.udp.settimeout(seconds)
        try:
            return self.udp.recv(65535)
        except (TimeoutError, ConnectionRefusedError):
            return None

    def ask_udp(self, packet, seconds=ANSWER_SECONDS):
        """The reply with the packet's id, or None after the deadline."""
        deadline = time.monotonic() + seconds
        self.send(packet)
        while (left := deadline - time.monotonic()) > 0:
            reply = self.receive(left)
            if reply is None or reply[:2] == packet[:2]:
                return reply
        return None

    def ask_tcp(self, packet):
        for _ in range(2):  # the server may have closed an idle connection
            try:
                if self.tcp is None:
                    self.tcp = socket.create_connection(self.where, ANSWER_SECONDS)
                self.tcp.sendall(struct.pack('>H', len(packet)) + packet)
                size = struct.unpack('>H', self.read_exactly(2))[0]
                return self.read_exactly(size)
            except (OSError, EOFError):
                if self.tcp:
                    self.tcp.close()
                self.tcp = None
        return None

    def read_exactly(self, size):
        data = b''
        while len(data) < size:
            piece = self.tcp.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


class Server:
    """Runs the binary on a Corefile for the time of a `with` block."""

    def __init__(self, binary, corefile, address, port, zone, log_path):
        self.command = [binary, '-conf', str(corefile), '-dns.port', str(port)]
        self.address, self.port, self.zone, self.log_path = address, port, zone, log_path

    def __enter__(self):
        with open(self.log_path, 'wb') as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        try:
            self.wait_until_synced()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_until_synced(self):
        """A name that exists nowhere is NXDOMAIN only once everything is read."""
        asker = Asker(self.address, self.port)
        deadline = time.monotonic() + START_SECONDS
        try:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    code = self.process.returncode
                    raise RuntimeError(f'exit code {code} at start: {self.log()}')
                packet = encode_query(asker.next_id(), (b'wait', b'wait', b'svc') + self.zone, A)
                reply = asker.ask_udp(packet, 0.05)
                if reply is None:
                    continue
                try:
                    if decode(reply).rcode == NXDOMAIN:
                        return
                except WireError:
                    continue
        finally:
            asker.close()
        raise RuntimeError(f'no answer within {START_SECONDS} s: {self.log()}')

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()[-2000:]

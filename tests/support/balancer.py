# SPDX-License-Identifier: Apache-2.0
"""What stands before the replicas of a Service, as slow as the real one: it looks each second who is ready, and goes on sending to
one that is not for some seconds. A client stays with its replica, as connection tracking has it, until that is off the list."""
import errno
import os
import select
import socket
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from reloading import get  # noqa: E402
from running_server import free_port  # noqa: E402

PROBED_EACH_S = 1
ROOM = 4 << 20  # of sockets: what is lost must not be lost here
SO_MEMINFO = 55


class Replica:
    """Where one is asked, and where it says whether it is ready."""

    def __init__(self, port, ready_port):
        self.port, self.ready_port = port, ready_port
        self.is_listed, self.failed_s = False, None  # since when it is not ready


class Balancer:
    """UDP from construction to end()."""

    def __init__(self, replicas, lag_s=5.0):
        self.replicas, self.lag_s, self.port = replicas, lag_s, free_port()
        self.front = self.open_socket()
        self.front.bind(("127.0.0.1", self.port))
        self.poll = select.epoll()
        self.poll.register(self.front, select.EPOLLIN)
        self.flows, self.ways, self.backs = {}, {}, {}  # client: way; (client, port): way; descriptor: (way, client)
        self.refused = self.unlisted = 0  # datagrams that nobody took
        self.turn, self.over = 0, threading.Event()
        self.probe()
        self.threads = [threading.Thread(target=self.carry, daemon=True), threading.Thread(target=self.probe_on, daemon=True)]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def open_socket():
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        udp.setblocking(False)
        return udp

    # ---- the list ----

    def probe(self):
        for replica in self.replicas:
            now = time.monotonic()
            if get(replica.ready_port, "ready")[0] == 200:
                replica.failed_s = None
                if not replica.is_listed:
                    replica.is_listed = True
                    self.flows = {}  # new clients come; the old ones play them
            elif replica.failed_s is None:
                replica.failed_s = now
            elif now - replica.failed_s >= self.lag_s and replica.is_listed:
                replica.is_listed = False
                self.flows = {}

    def probe_on(self):
        while not self.over.wait(PROBED_EACH_S):
            self.probe()

    def listed(self):
        return [replica for replica in self.replicas if replica.is_listed]

    # ---- datagrams ----

    def way(self, client):
        """To the replica that the client is given now."""
        listed = self.listed()
        if not listed:
            return None
        self.turn += 1
        port = listed[self.turn % len(listed)].port
        way = self.ways.get((client, port))
        if way is None:
            way = self.open_socket()
            way.connect(("127.0.0.1", port))
            self.ways[client, port] = way
            self.backs[way.fileno()] = way, client
            self.poll.register(way, select.EPOLLIN)
        self.flows[client] = way
        return way

    def forth(self):
        for _ in range(64):
            try:
                data, client = self.front.recvfrom(4096)
            except BlockingIOError:
                return
            way = self.flows.get(client) or self.way(client)
            if way is None:
                self.unlisted += 1
                continue
            try:
                way.send(data)
            except OSError as error:
                self.refused += error.errno == errno.ECONNREFUSED

    def back(self, descriptor):
        way, client = self.backs[descriptor]
        for _ in range(64):
            try:
                self.front.sendto(way.recv(4096), client)
            except BlockingIOError:
                return
            except OSError as error:
                self.refused += error.errno == errno.ECONNREFUSED

    def carry(self):
        while not self.over.is_set():
            for descriptor, _ in self.poll.poll(0.1):
                if descriptor == self.front.fileno():
                    self.forth()
                else:
                    self.back(descriptor)

    def dropped(self):
        """Datagrams for which our own sockets had no room: the machine was too busy for us."""
        sockets = [self.front, *self.ways.values()]
        return sum(struct.unpack("9I", one.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))[8] for one in sockets)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        for way in [self.front, *self.ways.values()]:
            way.close()

# SPDX-License-Identifier: Apache-2.0
"""The control socket of a running knamed: HTTP over an abstract unix socket."""
import http.client
import json
import os
import socket

PREFIX = "@knamed.control."


def control_socket(pid):
    """The name of the socket that this process listens on; None: it has none (yet)."""
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(entry.path))
        except OSError:
            continue
    with open("/proc/net/unix", encoding="ascii", errors="replace") as table:
        for line in table:
            words = line.split()
            if len(words) == 8 and words[7].startswith(PREFIX) and f"socket:[{words[6]}]" in inodes:
                return words[7]
    return None


class Control(http.client.HTTPConnection):
    """A connection to it; used as any other of http.client."""

    def __init__(self, name, timeout=10):
        super().__init__("localhost", timeout=timeout)
        self.name = name

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect("\0" + self.name[1:])


def ask(name, path, method="GET", headers=None):
    """(status, headers, body)"""
    connection = Control(name)
    try:
        connection.request(method, path, headers=headers or {})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode()
    finally:
        connection.close()


def state(server):
    """/api/state of a running_server.Server."""
    return json.loads(ask(control_socket(server.process.pid), "/api/state")[2])

# SPDX-License-Identifier: Apache-2.0
"""The proxy of a company network: it makes tunnels to places that nobody else can reach, and does not look into them.

    TunnelProxy({"api.test:6443": port})     leads that name to a port of 127.0.0.1, for clients that say CONNECT or SOCKS5

It listens on a loopback port of its own (`port`) until stop(). Set at any time: `refuses` (the HTTP status of every answer),
`wants` (what Proxy-Authorization has to be). Seen: `asked` (the places), `heads` (all that CONNECT said)."""
import contextlib
import select
import socket
import ssl
import struct
import threading

from framing import read_exactly

PIECE = 64 * 1024
PAUSE_S = 0.02


class TunnelProxy:
    def __init__(self, places, certificate=None, key=None):
        """With a certificate it speaks TLS itself."""
        self.places, self.context = places, None
        self.refuses, self.wants, self.asked, self.heads, self.over = None, None, [], [], False
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while not self.over:
            if select.select([self.listener], [], [], PAUSE_S)[0]:
                client, _ = self.listener.accept()
                self.threads.append(threading.Thread(target=self.serve, args=(client,), daemon=True))
                self.threads[-1].start()

    def serve(self, client):
        with contextlib.suppress(OSError, EOFError), contextlib.ExitStack() as stack:
            stack.callback(lambda: client.close())
            client.settimeout(10)
            if self.context is not None:
                client = self.context.wrap_socket(client, server_side=True)
            first = exactly(client, 1)
            target = self.answer_socks(client) if first == b"\5" else self.answer_connect(client, first)
            if target is not None:
                stack.enter_context(target)
                self.pump(client, target)

    def answer_connect(self, client, head):
        while not head.endswith(b"\r\n\r\n"):
            head += exactly(client, 1)
        self.heads.append(head.decode("latin-1"))
        method, place, _ = self.heads[-1].split("\r\n")[0].split(" ")
        self.asked.append(place)
        status = self.refuses
        if status is None and self.wants is not None and f"\r\nProxy-Authorization: {self.wants}\r\n" not in self.heads[-1]:
            status = 407
        if status is None and (method != "CONNECT" or place not in self.places):
            status = 502
        if status is not None:
            client.sendall(b"HTTP/1.1 %d no\r\nContent-Length: 0\r\n\r\n" % status)
            return None
        target = socket.create_connection(("127.0.0.1", self.places[place]), 10)
        client.sendall(b"HTTP/1.1 200 yes\r\n\r\n")
        return target

    def answer_socks(self, client):
        """RFC 1928: no authentication, a name that we resolve."""
        exactly(client, exactly(client, 1)[0])
        client.sendall(b"\5\0")
        _, _, _, kind = exactly(client, 4)
        name = exactly(client, exactly(client, 1)[0]).decode("latin-1") if kind == 3 else f"an address of kind {kind}"
        self.asked.append(f"{name}:{struct.unpack('>H', exactly(client, 2))[0]}" if kind == 3 else name)
        known = self.asked[-1] in self.places
        client.sendall(b"\5" + (b"\0" if known else b"\4") + b"\0\1\0\0\0\0\0\0")
        return socket.create_connection(("127.0.0.1", self.places[self.asked[-1]]), 10) if known else None

    def pump(self, client, target):
        """Until one of them ends, or we do. What TLS has already read is not seen by select()."""
        ends = {client: target, target: client}
        while not self.over:
            waiting = [client] if self.context is not None and client.pending() else []
            for end in waiting or select.select(list(ends), [], [], PAUSE_S)[0]:
                data = end.recv(PIECE)
                if not data:
                    return
                ends[end].sendall(data)

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


def exactly(sock, size):
    data = read_exactly(sock, size)
    if data is None:
        raise EOFError
    return data

# SPDX-License-Identifier: Apache-2.0
"""What may stand between a client and an API server, and go wrong.

    TcpProxy(port)                           passes bytes on: TLS and HTTP/2 go through unseen
    HttpProxy(port, ca=, certificate=, key=) reads HTTP/1.1, so that single events can be lost or spoilt; the client sees
                                             `certificate`, which may be the API server's own. Without them: plain HTTP

Both listen on a loopback port of their own (`port`) until stop()."""
import contextlib
import http.client
import http.server
import random
import select
import socket
import ssl
import struct
import threading
import time

PIECE = 64 * 1024
PAUSE_S = 0.02


def reset(sock):
    """Ends a connection with RST."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class TcpProxy:
    """Set at any time: `rate` (bytes a second to the client, None: all), `refuses` (new connections are reset)."""

    def __init__(self, target, address=("127.0.0.1", 0)):
        self.target = target
        self.rate, self.refuses, self.accepted = None, False, 0
        self.pairs, self.silent, self.lock, self.over = [], set(), threading.Lock(), False
        self.listener = socket.create_server(address)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while not self.over:
            if not select.select([self.listener], [], [], PAUSE_S)[0]:
                continue
            client, _ = self.listener.accept()
            self.accepted += 1
            try:
                if self.refuses:
                    raise OSError
                server = socket.create_connection(("127.0.0.1", self.target), 10)
            except OSError:
                reset(client)
                continue
            with self.lock:
                self.pairs.append((client, server))
            threading.Thread(target=self.pump, args=(client, server), daemon=True).start()

    def pump(self, client, server):
        ends = {client: server, server: client}
        with contextlib.suppress(OSError, ValueError):
            while not self.over:
                for end in select.select(list(ends), [], [], PAUSE_S)[0]:
                    slow = self.rate is not None and end is server
                    data = end.recv(max(1, int(self.rate * PAUSE_S)) if slow else PIECE)
                    if not data:
                        raise OSError
                    if (client, server) not in self.silent:
                        ends[end].sendall(data)
                    if slow:
                        time.sleep(PAUSE_S)
        self.drop((client, server))

    def drop(self, pair, hard=False):
        with self.lock:
            if pair in self.pairs:
                self.pairs.remove(pair)
        for sock in pair:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR) if not hard else None
            reset(sock) if hard else sock.close()

    def silence(self):
        """Connections that are there stay, but nothing passes them any more: half-open ones."""
        with self.lock:
            self.silent.update(self.pairs)

    def cut(self):
        """Resets all connections."""
        for pair in list(self.pairs):
            self.drop(pair, hard=True)

    def stop(self):
        self.over = True
        self.thread.join()
        self.listener.close()
        for pair in list(self.pairs):
            self.drop(pair)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


def frames_of(buffer, is_protobuf):
    """Whole events at the front of a watch's bytes, and the rest."""
    frames = []
    while True:
        if is_protobuf:
            size = 4 + struct.unpack(">I", buffer[:4])[0] if len(buffer) >= 4 else len(buffer) + 1
        else:
            size = buffer.find(b"\n") + 1 or len(buffer) + 1
        if size > len(buffer):
            return frames, buffer
        frames.append(buffer[:size])
        buffer = buffer[size:]


class HttpProxy:
    """fault(what, path=, times=, skip=, ...), where `path` is a part of the request's URL:

    swallow  events that contain `holds` (bytes; default: all but bookmarks) are lost
    cut      half of an event or piece, then the end of the connection
    garbage  `bytes` (default: random ones) in front of an event or piece
    type     the content type is `value`
    slow     `rate` bytes a second"""

    def __init__(self, target, ca=None, certificate=None, key=None):
        self.target, self.ca = target, ca
        self.faults, self.lock = [], threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                proxy.serve(self)

            def log_message(self, *unused):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *unused):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            context.set_alpn_protocols(["http/1.1"])
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(PAUSE_S,), daemon=True)
        self.thread.start()

    def fault(self, what, **parameters):
        with self.lock:
            self.faults.append({"what": what, **parameters})

    def clear(self):
        with self.lock:
            self.faults.clear()

    def due(self, what, path, event=None):
        """The fault that strikes here, counted."""
        with self.lock:
            for fault in self.faults:
                if fault["what"] != what or fault.get("path", "") not in path or not self.hits(fault, event):
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                elif fault.get("times", 1) > 0:
                    if "times" in fault:
                        fault["times"] -= 1
                    return fault
        return None

    @staticmethod
    def hits(fault, event):
        if fault["what"] != "swallow":
            return True
        return fault["holds"] in event if "holds" in fault else b"BOOKMARK" not in event[:40]

    def ask(self, handler):
        """The API server's response."""
        if self.ca is not None:
            context = ssl.create_default_context(cafile=self.ca)
            context.set_alpn_protocols(["http/1.1"])
            connection = http.client.HTTPSConnection("127.0.0.1", self.target, timeout=3600, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=3600)
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "accept-encoding"}
        connection.request("GET", handler.path, headers=headers)
        return connection.getresponse()

    def serve(self, handler):
        handler.close_connection = True
        response = self.ask(handler)
        kind = response.getheader("Content-Type", "")
        wrong = self.due("type", handler.path)
        handler.send_response(response.status)
        handler.send_header("Content-Type", wrong["value"] if wrong else kind)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Connection", "close")
        if response.getheader("Retry-After"):
            handler.send_header("Retry-After", response.getheader("Retry-After"))
        handler.end_headers()
        with contextlib.suppress(OSError, http.client.HTTPException):
            for piece in self.pieces(response, "watch=true" in handler.path, "protobuf" in kind):
                self.pass_on(handler, piece)
            handler.wfile.write(b"0\r\n\r\n")
        response.close()

    @staticmethod
    def pieces(response, is_watch, is_protobuf):
        rest = b""
        while data := response.read1(PIECE):
            if not is_watch or response.status != 200:
                yield data
                continue
            frames, rest = frames_of(rest + data, is_protobuf)
            yield from frames
        if rest:
            yield rest

    def pass_on(self, handler, piece):
        if "watch=true" in handler.path and self.due("swallow", handler.path, piece):
            return
        garbage = self.due("garbage", handler.path)
        if garbage:
            piece = garbage.get("bytes", random.randbytes(500)) + piece
        if self.due("cut", handler.path):
            self.write(handler, piece[:len(piece) // 2], None)
            raise ConnectionAbortedError
        slow = self.due("slow", handler.path)
        self.write(handler, piece, slow and slow["rate"])

    @staticmethod
    def write(handler, piece, rate):
        step = max(1, int(rate * PAUSE_S)) if rate else max(1, len(piece))
        for start in range(0, len(piece), step):
            part = piece[start:start + step]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            if rate:
                time.sleep(PAUSE_S)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

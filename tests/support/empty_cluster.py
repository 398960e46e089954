# SPDX-License-Identifier: Apache-2.0
"""An API server of a cluster that has nothing, and may not be allowed to say even that."""
import contextlib
import http.server
import json
import socket
import threading


class ApiServer(http.server.ThreadingHTTPServer):
    """Refuses everything, or has empty lists and watches in which nothing happens."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ApiHandler)
        self.refuses = True
        self.watches = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self):
        self.refuses = True
        self.shutdown()
        self.server_close()
        for watch in list(self.watches):
            with contextlib.suppress(OSError):  # its client may be gone
                watch.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *unused):
        """Clients come and go."""


class ApiHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *unused):
        pass

    def reply(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def refuse(self, code, reason, message):
        self.reply(code, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                          "message": message, "reason": reason, "code": code})

    def do_GET(self):
        path, _, query = self.path.partition("?")
        kind, version = {"services": ("Service", "v1"), "namespaces": ("Namespace", "v1"),
                         "endpointslices": ("EndpointSlice", "discovery.k8s.io/v1")}[path.rpartition("/")[2]]
        if self.server.refuses:
            self.refuse(403, "Forbidden", "the test does not allow it")
        elif "sendInitialEvents" in query:
            self.refuse(422, "Invalid", "sendInitialEvents is forbidden")
        elif "watch=" in query:
            self.watch()
        else:
            self.reply(200, {"kind": kind + "List", "apiVersion": version,
                             "metadata": {"resourceVersion": "7"}, "items": []})

    def watch(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.server.watches.add(self.connection)
        self.rfile.read(1)

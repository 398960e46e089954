# SPDX-License-Identifier: Apache-2.0
"""Messages of DNS over TCP: each has its length in front."""
import struct


def read_exactly(sock, size):
    """None: the connection has ended before."""
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def send_framed(sock, *messages):
    sock.sendall(b"".join(struct.pack(">H", len(message)) + message for message in messages))


def receive_framed(sock):
    """The next message; None: the connection has ended."""
    try:
        head = read_exactly(sock, 2)
        return head and read_exactly(sock, struct.unpack(">H", head)[0])
    except OSError:
        return None

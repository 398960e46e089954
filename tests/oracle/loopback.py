# SPDX-License-Identifier: Apache-2.0
"""Addresses on the loopback interface of a network namespace of our own.

The apex NS depends on the machine's addresses, so the test gives it some: it runs itself again
under unshare, as root of a namespace that holds nothing but `lo`, and talks netlink there.
"""
import os
import socket
import struct
import subprocess
import sys

INSIDE = '--inside-namespace'
RTM_NEWADDR, RTM_DELADDR, RTM_NEWLINK, NLMSG_ERROR = 20, 21, 16, 2
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 1, 4, 0x400
IFA_LOCAL, IFA_ADDRESS, IFA_F_NODAD, IFF_UP = 2, 1, 2, 1


def enter_namespace():
    """Runs this program again in a namespace; returns only where that is not possible."""
    unshare = ['unshare', '--user', '--map-root-user', '--net']
    try:
        works = subprocess.run(unshare + ['true'], stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        works = False
    if works:
        os.execvp(unshare[0], unshare + [sys.executable] + sys.argv + [INSIDE])


def request(kind, flags, payload):
    """One netlink request; raises OSError on refusal."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.send(struct.pack('=IHHII', 16 + len(payload), kind,
                                 NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0) + payload)
        reply = netlink.recv(65536)
    kind, = struct.unpack_from('=H', reply, 4)
    code, = struct.unpack_from('=i', reply, 16)
    if kind == NLMSG_ERROR and code != 0:
        raise OSError(-code, os.strerror(-code))


def bring_up():
    index = socket.if_nametoindex('lo')
    request(RTM_NEWLINK, 0, struct.pack('=BBHiII', 0, 0, 0, index, IFF_UP, IFF_UP))


def change_address(kind, octets):
    family = socket.AF_INET if len(octets) == 4 else socket.AF_INET6
    payload = struct.pack('=BBBBI', family, len(octets) * 8, IFA_F_NODAD, 0,
                          socket.if_nametoindex('lo'))
    for attribute in (IFA_LOCAL, IFA_ADDRESS):
        payload += struct.pack('=HH', 4 + len(octets), attribute) + octets
    request(kind, NLM_F_CREATE if kind == RTM_NEWADDR else 0, payload)


def add_address(octets):
    change_address(RTM_NEWADDR, octets)


def remove_address(octets):
    change_address(RTM_DELADDR, octets)

# SPDX-License-Identifier: Apache-2.0
"""IP addresses as 4 or 16 octets, and the spellings names.md gives them.

Written by hand: the rules (leading zeros are decimal, IPv4-mapped is IPv4, dashed labels) are the
test, so no library decides them.
"""
import re

MAPPED = b'\0' * 10 + b'\xff\xff'


def parse_ipv4(text):
    """Four decimal groups; leading zeros are decimal (names.md 4.3, D33)."""
    groups = text.split('.')
    if len(groups) != 4 or not all(re.fullmatch('[0-9]+', group) for group in groups):
        return None
    values = [int(group) for group in groups]
    return bytes(values) if max(values) <= 255 else None


def parse_groups(text):
    """Colon-separated groups of 1 to 4 hex digits as octets; the empty text is no octets."""
    octets = b''
    for group in text.split(':') if text else []:
        if not re.fullmatch('[0-9A-Fa-f]{1,4}', group):
            return None
        octets += int(group, 16).to_bytes(2, 'big')
    return octets


def parse_ipv6(text):
    """RFC 4291 2.2 in all three forms; an IPv4-mapped address comes back as IPv4 (names.md 4.3)."""
    tail = re.search(r'[^:]*\.[^:]*$', text)
    if tail:
        quad = parse_ipv4(tail.group())
        if quad is None or not text[:tail.start()].endswith(':'):
            return None
        text = text[:tail.start()] + f'{quad[0] << 8 | quad[1]:x}:{quad[2] << 8 | quad[3]:x}'
    if text.count('::') > 1 or ':::' in text:
        return None
    if '::' in text:
        head, rest = (parse_groups(half) for half in text.split('::'))
        if head is None or rest is None or len(head) + len(rest) > 14:
            return None
        octets = head + b'\0' * (16 - len(head) - len(rest)) + rest
    else:
        octets = parse_groups(text)
        if octets is None or len(octets) != 16:
            return None
    return octets[12:] if octets.startswith(MAPPED) else octets


def parse_address(text):
    return parse_ipv6(text) if ':' in text else parse_ipv4(text)


def address_to_text(octets):
    """Dotted quad, or RFC 5952."""
    if len(octets) == 4:
        return '.'.join(str(octet) for octet in octets)
    groups = [octets[i] << 8 | octets[i + 1] for i in range(0, 16, 2)]
    best_start, best_size = 0, 0
    for start in range(8):
        size = 0
        while start + size < 8 and groups[start + size] == 0:
            size += 1
        if size > best_size:
            best_start, best_size = start, size
    words = [f'{group:x}' for group in groups]
    if best_size < 2:
        return ':'.join(words)
    return ':'.join(words[:best_start]) + '::' + ':'.join(words[best_start + best_size:])


def dashed_label(octets):
    """The endpoint label of an address without a hostname (names.md 4)."""
    text = re.sub('[.:]', '-', address_to_text(octets))
    return (text + '0' if text.endswith('-') else text).encode()


def parse_pod_label(label):
    """The address a pod label stands for, or None (names.md 7)."""
    try:
        text = label.decode('ascii')
    except UnicodeDecodeError:
        return None
    groups = text.split('-')
    if len(groups) == 4 and all(re.fullmatch('[0-9]+', group) for group in groups):
        if any(len(group) > 1 and group[0] == '0' for group in groups):
            return None
        return parse_ipv4('.'.join(groups))
    if not re.fullmatch('[-0-9A-Fa-f]+', text):
        return None
    return parse_ipv6(text.replace('-', ':'))


def reverse_labels(octets):
    """The labels of an address' reverse name, left to right, with the arpa suffix."""
    if len(octets) == 4:
        labels = [str(octet) for octet in reversed(octets)] + ['in-addr', 'arpa']
    else:
        labels = list(reversed(octets.hex())) + ['ip6', 'arpa']
    return tuple(label.encode() for label in labels)


def address_of_reverse(labels):
    """The address of a full reverse name (folded labels), or None (names.md 8, D19)."""
    if labels[-2:] == (b'in-addr', b'arpa') and len(labels) == 6:
        groups = [label.decode('latin-1') for label in reversed(labels[:4])]
        if all(re.fullmatch('0|[1-9][0-9]{0,2}', group) for group in groups):
            return parse_ipv4('.'.join(groups))
    if labels[-2:] == (b'ip6', b'arpa') and len(labels) == 34:
        digits = b''.join(reversed(labels[:32])).decode('latin-1')
        if all(re.fullmatch(b'[0-9a-f]', label) for label in labels[:32]):
            return bytes.fromhex(digits)
    return None


def zones_of_cidr(text):
    """The reverse zones of a CIDR, a mask off the boundary gives several (names.md 8)."""
    address, bits = text.rsplit('/', 1)
    octets, bits = parse_address(address), int(bits)
    step, suffix = (8, (b'in-addr', b'arpa')) if len(octets) == 4 else (4, (b'ip6', b'arpa'))
    whole = -(-bits // step)  # labels of each zone
    width = len(octets) * 8
    first = int.from_bytes(octets, 'big') >> (width - bits) << (width - bits)
    zones = []
    for i in range(1 << (whole * step - bits)):
        value = first + (i << (width - whole * step))
        labels = reverse_labels(value.to_bytes(len(octets), 'big'))
        zones.append(labels[len(labels) - 2 - whole:-2] + suffix)
    return zones

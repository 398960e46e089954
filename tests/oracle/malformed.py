# SPDX-License-Identifier: Apache-2.0
"""Packets that are no question, and what must come back (section 12 of the naming rules)."""
import struct

from wire import AA, FORMERR, NOTIMP, QR, RA, RD, TC, WireError, decode, encode_query

SILENCE = 'silence'
OPT_RECORD = b'\0' + struct.pack('>HHIH', 41, 1232, 0, 0)


def header(flags=RD, counts=(1, 0, 0, 0)):
    return struct.pack('>HHHHHH', 0, flags, *counts)


def question(name):
    return b''.join(bytes([len(label)]) + label for label in name) + b'\0\0\1\0\1'


def packets(zone):
    """(what, packet with id 0, wanted rcode or SILENCE, header only) for a zone that is served."""
    ask = question(zone)
    yield 'nothing', b'', SILENCE, False
    yield '11 octets', header()[:11], SILENCE, False
    yield 'a response', header(QR | RD) + ask, SILENCE, False
    for opcode in (1, 2, 4, 5, 6, 15):
        yield f'opcode {opcode}', header(opcode << 11 | RD) + ask, NOTIMP, True
    for counts in ((0, 0, 0, 0), (2, 0, 0, 0), (1, 2, 0, 0), (1, 0, 2, 0), (1, 0, 0, 3)):
        yield f'counts {counts}', header(RD, counts) + ask * max(1, counts[0]), FORMERR, True
    yield 'a header alone', header(), FORMERR, True
    yield 'a cut question', header() + ask[:-1], FORMERR, True
    yield 'a cut name', header() + ask[:len(ask) // 2], FORMERR, True
    yield 'a pointer for a name', header() + b'\xc0\x0c\0\1\0\1', FORMERR, True
    yield 'a pointer in a name', header() + b'\3abc\xc0\x0c\0\1\0\1', FORMERR, True
    yield 'a label of type 01', header() + b'\x40' + b'a' * 64 + b'\0\0\1\0\1', FORMERR, True
    yield 'a label of type 10', header() + b'\x80' + b'a' * 64 + b'\0\0\1\0\1', FORMERR, True
    yield 'a name of 257 octets', header() + question((b'a' * 63,) * 4), FORMERR, True
    yield 'two OPTs', header(RD, (1, 0, 0, 2)) + ask + OPT_RECORD * 2, FORMERR, False
    yield 'an OPT off the root', header(RD, (1, 0, 0, 1)) + ask + b'\1a' + OPT_RECORD, FORMERR, \
        False


def check_reply(packet, reply, rcode, header_only):
    """The problems of a reply to a malformed packet."""
    try:
        message = decode(reply)
    except WireError as error:
        return [str(error)]
    problems = []
    if message.rcode != rcode:
        problems.append(f'rcode {message.rcode}, want {rcode}')
    if message.flags & (AA | TC | RA) or not message.flags & QR:
        problems.append(f'flags {message.flags:04x}')
    if (message.flags ^ packet[2] << 8) & 0x7900:
        problems.append('opcode or RD not copied')
    if header_only and len(reply) != 12:
        problems.append(f'{len(reply)} octets, want the header alone')
    return problems


def check_malformed(asker, zone):
    """Sends every packet; yields (what, problem). An ordinary question behind each proves that the
    server lives and, for silence, that nothing else was sent."""
    for what, packet, wanted, header_only in packets(zone):
        ident = asker.next_id()
        packet = struct.pack('>H', ident) + packet[2:] if len(packet) > 2 else packet
        asker.send(packet)
        if wanted == SILENCE:
            probe = encode_query(asker.next_id(), zone, 6)
            asker.send(probe)
            reply = asker.receive()
            if reply is None or reply[:2] != probe[:2]:
                yield what, 'an answer, want none' if reply else 'no answer to the next question'
            continue
        reply = asker.receive()
        if reply is None:
            yield what, 'no answer'
            continue
        if reply[:2] != packet[:2]:
            yield what, 'id not copied'
        for problem in check_reply(packet, reply, wanted, header_only):
            yield what, problem

# SPDX-License-Identifier: Apache-2.0
"""DNS messages as bytes and as plain tuples, slow and checked.

A name is a tuple of labels (bytes, root left out). Every read is bounded by the message;
a pointer must point backwards. The decoder remembers where pointers led, so that a test can
say "this name was compressed" or "this name points into the question".
"""
import struct
from dataclasses import dataclass, field

A, NS, CNAME, SOA, PTR, HINFO, MX, TXT, AAAA, SRV = 1, 2, 5, 6, 12, 13, 15, 16, 28, 33
NAPTR, OPT, DS, SVCB, HTTPS, IXFR, AXFR, ANY, CAA = 35, 41, 43, 64, 65, 251, 252, 255, 257
TYPE_NAMES = {1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 12: 'PTR', 13: 'HINFO', 15: 'MX', 16: 'TXT',
              28: 'AAAA', 33: 'SRV', 35: 'NAPTR', 41: 'OPT', 43: 'DS', 64: 'SVCB', 65: 'HTTPS',
              251: 'IXFR', 252: 'AXFR', 255: 'ANY', 257: 'CAA'}
TYPE_NUMBERS = {name: number for number, name in TYPE_NAMES.items()}
IN = 1
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16
RCODE_NAMES = {0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP',
               5: 'REFUSED', 16: 'BADVERS'}
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10
MAX_POINTERS = 128


class WireError(Exception):
    """The bytes are no DNS message."""


# ---- names ----

def type_name(number):
    return TYPE_NAMES.get(number, f'TYPE{number}')


def type_number(name):
    return int(name[4:]) if name.startswith('TYPE') else TYPE_NUMBERS[name]


def fold(name):
    """ASCII lower case, of a label or of a name; other bytes stay."""
    return name.lower() if isinstance(name, bytes) else tuple(label.lower() for label in name)


def name_fits(name):
    """RFC 1035 2.3.4: labels of 1 to 63 octets, 255 in all."""
    return all(1 <= len(label) <= 63 for label in name) and name_size(name) <= 255


def name_size(name):
    return sum(len(label) + 1 for label in name) + 1


def is_under(name, zone):
    """`name` is `zone` or below it, label by label, without regard to case."""
    return len(name) >= len(zone) and fold(name[len(name) - len(zone):]) == fold(zone)


def name_from_text(text):
    """Reads presentation form: `\\.` and `\\ddd` are octets of a label."""
    labels, label, i = [], bytearray(), 0
    data = text.encode()
    while i < len(data):
        byte = data[i:i + 1]
        if byte == b'\\' and data[i + 1:i + 4].isdigit():
            label.append(int(data[i + 1:i + 4]))
            i += 4
        elif byte == b'\\':
            label += data[i + 1:i + 2]
            i += 2
        elif byte == b'.':
            labels.append(bytes(label))
            label = bytearray()
            i += 1
        else:
            label += byte
            i += 1
    if label:
        labels.append(bytes(label))
    return tuple(piece for piece in labels if piece)


def name_to_text(name):
    text = ''
    for label in name:
        for byte in label:
            if byte in b'.\\":;()@$':
                text += '\\' + chr(byte)
            else:
                text += chr(byte) if 0x21 <= byte <= 0x7e else f'\\{byte:03d}'
        text += '.'
    return text or '.'


# ---- records ----

@dataclass(frozen=True)
class Record:
    """One RR of class IN. `rdata`: bytes of an address (A, AAAA), a name (NS, CNAME, PTR),
    (priority, weight, port, target), (preference, target), (mname, rname, serial, refresh, retry, expire, minimum), a
    tuple of strings (TXT, HINFO), else raw bytes."""
    owner: tuple
    type: int
    ttl: int
    rdata: object


def record_to_text(record):
    return f'{name_to_text(record.owner)} {record.ttl} {type_name(record.type)} ' \
           f'{rdata_to_text(record.type, record.rdata)}'


def rdata_to_text(rtype, rdata):
    if rtype == A:
        return '.'.join(str(byte) for byte in rdata)
    if rtype == AAAA:
        from addresses import address_to_text
        return address_to_text(rdata)
    if rtype in (NS, CNAME, PTR):
        return name_to_text(rdata)
    if rtype == SRV:
        return f'{rdata[0]} {rdata[1]} {rdata[2]} {name_to_text(rdata[3])}'
    if rtype == MX:
        return f'{rdata[0]} {name_to_text(rdata[1])}'
    if rtype == SOA:
        numbers = ' '.join(str(number) for number in rdata[2:])
        return f'{name_to_text(rdata[0])} {name_to_text(rdata[1])} {numbers}'
    if rtype in (TXT, HINFO):
        return ' '.join('"' + text.decode('latin-1') + '"' for text in rdata)
    return rdata.hex()


@dataclass
class Received:
    """A decoded RR with what the comparison must know beyond its value."""
    record: Record
    rclass: int
    owner_pointers: list
    target_pointers: list


@dataclass
class Message:
    id: int
    flags: int
    rcode: int
    question: bytes
    qname: tuple = ()
    qtype: int = 0
    qclass: int = 0
    question_end: int = 12
    counts: tuple = (0, 0, 0, 0)
    answer: list = field(default_factory=list)
    authority: list = field(default_factory=list)
    additional: list = field(default_factory=list)
    opts: list = field(default_factory=list)
    size: int = 0

    @property
    def opcode(self):
        return self.flags >> 11 & 15


@dataclass
class Opt:
    size: int
    version: int
    flags: int
    options: bytes
    at_root: bool


# ---- decoding ----

def take(data, at, size):
    if at + size > len(data):
        raise WireError(f'cut at octet {at}')
    return data[at:at + size]


def read_name(data, at):
    """Returns (labels, offset behind the name, offsets the pointers led to)."""
    labels, pointers, end, size = [], [], None, 1
    while True:
        length = take(data, at, 1)[0]
        if length >= 0xc0:
            target = struct.unpack('>H', take(data, at, 2))[0] & 0x3fff
            end = at + 2 if end is None else end
            if target >= at or len(pointers) >= MAX_POINTERS:
                raise WireError(f'pointer at {at} does not point backwards')
            pointers.append(target)
            at = target
        elif length >= 0x40:
            raise WireError(f'unknown label type at {at}')
        elif length == 0:
            return tuple(labels), at + 1 if end is None else end, pointers
        else:
            labels.append(take(data, at + 1, length))
            size += length + 1
            if size > 255:
                raise WireError('name over 255 octets')
            at += 1 + length


def read_rdata(data, rtype, at, size):
    """Returns (value, pointers of the name in it)."""
    end = at + size
    raw = take(data, at, size)
    pointers = []
    if rtype in (NS, CNAME, PTR):
        value, at, pointers = read_name(data, at)
    elif rtype == SRV:
        numbers = struct.unpack('>HHH', take(data, at, 6))
        target, at, pointers = read_name(data, at + 6)
        value = numbers + (target,)
    elif rtype == MX:
        preference = struct.unpack('>H', take(data, at, 2))
        target, at, pointers = read_name(data, at + 2)
        value = preference + (target,)
    elif rtype == SOA:
        mname, at, _ = read_name(data, at)
        rname, at, _ = read_name(data, at)
        value = (mname, rname) + struct.unpack('>IIIII', take(data, at, 20))
        at += 20
    elif rtype in (TXT, HINFO):
        texts = []
        while at < end:
            length = take(data, at, 1)[0]
            texts.append(take(data, at + 1, length))
            at += 1 + length
        value = tuple(texts)
    else:
        if rtype in (A, AAAA) and size != (4 if rtype == A else 16):
            raise WireError(f'address of {size} octets')
        value, at = raw, end
    if at != end:
        raise WireError(f'rdata of type {rtype} ends at {at}, not {end}')
    return value, pointers


def decode(data):
    ident, flags, *counts = struct.unpack('>HHHHHH', take(data, 0, 12))
    message = Message(ident, flags, flags & 15, b'', counts=tuple(counts), size=len(data))
    at = 12
    for _ in range(counts[0]):
        message.qname, at, pointers = read_name(data, at)
        if pointers:
            raise WireError('pointer in the question')
        message.qtype, message.qclass = struct.unpack('>HH', take(data, at, 4))
        at += 4
    message.question, message.question_end = data[12:at], at
    for section, count in zip((message.answer, message.authority, message.additional), counts[1:]):
        for _ in range(count):
            start = at
            owner, at, owner_pointers = read_name(data, at)
            rtype, rclass, ttl, size = struct.unpack('>HHIH', take(data, at, 10))
            at += 10
            if rtype == OPT:
                message.rcode |= ttl >> 24 << 4
                message.opts.append(Opt(rclass, ttl >> 16 & 255, ttl & 0xffff,
                                        take(data, at, size), data[start] == 0))
            else:
                value, pointers = read_rdata(data, rtype, at, size)
                section.append(Received(Record(owner, rtype, ttl, value), rclass,
                                        owner_pointers, pointers))
            at += size
    if at != len(data):
        raise WireError(f'{len(data) - at} octets behind the message')
    return message


# ---- encoding ----

class Writer:
    """Writes a message; `compress` says whether names other than copies of the question shrink."""

    def __init__(self, ident, flags, qname, qtype, qclass, compress=True):
        self.data = bytearray(struct.pack('>HHHHHH', ident, flags, 1, 0, 0, 0))
        self.compress = compress
        self.qname = fold(qname)
        self.any_case, self.stored_case = {}, {}
        self.write_name(qname, self.any_case if compress else None, None)
        if qname:
            self.any_case.setdefault(self.qname, 12)
        self.data += struct.pack('>HH', qtype, qclass)

    def write_name(self, name, look_in, also_in, folded=True):
        """Writes `name`, pointing at a suffix known to `look_in`; tells both tables of its own."""
        for i in range(len(name)):
            suffix = fold(name[i:]) if folded else name[i:]
            if look_in is not None and suffix in look_in:
                self.data += struct.pack('>H', 0xc000 | look_in[suffix])
                return
            here = len(self.data)
            if self.compress and here < 0x4000:
                self.any_case.setdefault(fold(name[i:]), here)
                if also_in is not None:
                    also_in.setdefault(name[i:], here)
            self.data += bytes([len(name[i])]) + name[i]
        self.data.append(0)

    def write_owner(self, owner):
        if fold(owner) == self.qname and owner:
            self.data += b'\xc0\x0c'
        else:
            self.write_name(owner, self.any_case if self.compress else None, self.stored_case)

    def write_target(self, target):
        """A target keeps its stored case: it never points into the question (RFC 4343 4.1)."""
        self.write_name(target, self.stored_case if self.compress else None, self.stored_case,
                        folded=False)

    def write_record(self, record, is_glue=False):
        if is_glue:
            self.write_target(record.owner)
        else:
            self.write_owner(record.owner)
        self.data += struct.pack('>HHI', record.type, IN, record.ttl)
        at = len(self.data)
        self.data += b'\0\0'
        rdata = record.rdata
        if record.type in (NS, CNAME, PTR):
            self.write_target(rdata)
        elif record.type == SRV:  # RFC 2782: never compressed
            self.data += struct.pack('>HHH', *rdata[:3])
            self.write_name(rdata[3], None, self.stored_case)
        elif record.type == MX:
            self.data += struct.pack('>H', rdata[0])
            self.write_target(rdata[1])
        elif record.type == SOA:
            self.write_name(rdata[0], self.any_case if self.compress else None, None)
            self.write_name(rdata[1], self.any_case if self.compress else None, None)
            self.data += struct.pack('>IIIII', *rdata[2:])
        elif record.type in (TXT, HINFO):
            for text in rdata:
                self.data += bytes([len(text)]) + text
        else:
            self.data += rdata
        struct.pack_into('>H', self.data, at, len(self.data) - at - 2)

    def write_opt(self, size, version=0, flags=0, options=b''):
        self.data += b'\0' + struct.pack('>HHBBHH', OPT, size, 0, version, flags, len(options))
        self.data += options


def encode_query(ident, qname, qtype, qclass=IN, flags=RD, edns=None, version=0, do=False,
                 options=b''):
    writer = Writer(ident, flags, qname, qtype, qclass)
    if edns is not None:
        writer.write_opt(edns, version, 0x8000 if do else 0, options)
        writer.data[11] = 1
    return bytes(writer.data)


def encode_response(ident, flags, qname, qtype, sections, edns=None, compress=True, qclass=IN, options=b''):
    """`sections`: answer, authority, additional; the OPT comes last."""
    writer = Writer(ident, flags | QR, qname, qtype, qclass, compress)
    for i, records in enumerate(sections):
        for record in records:
            writer.write_record(record, is_glue=i == 2)
    if edns is not None:
        writer.write_opt(edns, options=options)
    counts = [len(records) for records in sections]
    counts[2] += edns is not None
    struct.pack_into('>HHH', writer.data, 6, *(min(count, 65535) for count in counts))
    return bytes(writer.data)

# SPDX-License-Identifier: Apache-2.0
"""Random questions about a cluster: every name it has, their near misses, random case and types."""
import re

from addresses import parse_address, reverse_labels
from fixed import is_reverse
from names import Question
from objects import EXTERNAL_NAME
from wire import (A, AAAA, ANY, AXFR, CAA, CNAME, DS, HTTPS, IXFR, MX, NAPTR, NS, PTR, SOA, SRV,
                  SVCB, TXT, fold, name_fits, name_to_text, type_name)

ODD_LABELS = [b'*', b'any', b'-', b'--', b'_', b'_tcp', b'_udp', b'_sctp', b'_http', b'tcp',
              b'http', b'svc', b'pod', b'ns', b'dns', b'dns-version', b'pin', b'prefer', b'_zone',
              b'east', b'west', b'eu', b'\0', b'\xff', b'a.b', b'x' * 63, b'1-2-3-4',
              b'10-244-0-1', b'--1', b'fd00-10-244--1', b'cluster', b'local', b'in-addr', b'arpa',
              b'0', b'00', b'10', b'256', b'\xc3\xbc', b'_etcd-client', b'_etcd-client-ssl',
              b'_dns', b'_80']
TYPES = [A] * 22 + [AAAA] * 14 + [SRV] * 16 + [TXT, CNAME, SOA, NS, PTR] * 4 + [
    MX, HTTPS, SVCB, DS, NAPTR, CAA, 65534, 99, 38] + [ANY] * 4 + [AXFR, IXFR]
PORT_NAMES = [b'http', b'https', b'dns', b'dns-tcp', b'etcd-client', b'etcd-server', b'a1', b'80',
              b'etcd-client-ssl', b'']
NSID, COOKIE = b'\0\3\0\0', b'\0\12\0\10' + b'12345678'


# ---- names that may exist ----

def service_names(names, service, zone):
    """A service, its endpoints, its SRV names and the names above them."""
    base = names.service_name(service, zone)
    yield base
    for endpoint in names.cluster.endpoints(service):
        yield names.host_name(service, endpoint, zone)
        for i in range(1, len(names.host_name(service, endpoint, zone)) - len(base)):
            yield names.host_name(service, endpoint, zone)[i:]
        if endpoint.zone:
            yield (*endpoint.zone.split(b'.'), b'pin', b'_zone') + base
            yield (*endpoint.zone.split(b'.'), b'prefer', b'_zone') + base
    yield (b'nowhere', b'pin', b'_zone') + base
    yield (b'nowhere', b'prefer', b'_zone') + base
    for port in {(port.name, port.protocol) for port in service.ports} | names.named_ports(service):
        yield (b'_' + port[0], b'_' + port[1]) + base
        yield (b'_' + port[1],) + base
        yield (b'_' + port[0], b'_' + port[1], service.name, b'svc') + zone
        yield (b'_' + port[1], service.name, b'svc') + zone


def pod_labels(names):
    labels = [b'10-0-0-1', b'1-2--3-4', b'--1', b'--', b'fd00-6--', b'fd00-6--0', b'1-2-3-400',
              b'01-2-3-4', b'2001-DB8--6', b'1-2-3', b'fd00-0-0-0-0-0-0-6']
    for pod in names.cluster.pods:
        status = pod.get('status') or {}
        for item in status.get('podIPs') or [{'ip': status.get('podIP') or ''}]:
            labels.append(re.sub('[.:]', '-', item['ip']).encode())
    return [label for label in labels if 0 < len(label) < 64 and not label.startswith(b'--ffff')]


def forward_names(names, zone):
    """Every name of a forward zone that may hold something."""
    yield zone
    for left in ((b'svc',), (b'pod',), (b'dns',), (b'ns', b'dns'), (b'dns-version',),
                 (b'x', b'dns-version'), (b'x', b'dns')):
        yield left + zone
    imported = zone in names.options.multicluster
    for namespace in names.cluster.namespaces:
        label = fold(namespace.encode())
        yield (label, b'svc') + zone
        yield (label, b'pod') + zone
        for pod in pod_labels(names):
            yield (pod, label, b'pod') + zone
    table = names.cluster.imports if imported else names.cluster.services
    for service in table.values():
        if imported:
            yield from service_names(names, service, zone)
        elif service.kind == EXTERNAL_NAME:
            yield names.service_name(service, zone)
            yield (b'_http', b'_tcp') + names.service_name(service, zone)
        else:
            yield from service_names(names, service, zone)


def reverse_zone_names(names, zone):
    yield zone
    for left in ((b'dns',), (b'ns', b'dns'), (b'dns-version',), (b'svc',)):
        yield left + zone
    addresses = set(names.reverse) | {parse_address('203.0.113.5')}
    addresses |= {parse_address(text) for text in names.options.local_ips}
    for address in addresses:
        full = reverse_labels(address)
        for i in range(len(full)):
            if len(full) - i > len(zone) and full[len(full) - len(zone):] == zone:
                yield full[i:]


def all_names(names):
    found = {(b'example', b'com'), (b'x' + names.zones[0][0],) + names.zones[0][1:],
             names.zones[0][1:] or (b'other',)}
    for zone in names.zones:
        found |= set(reverse_zone_names(names, zone) if is_reverse(zone)
                     else forward_names(names, zone))
    return sorted(name for name in found if name_fits(name) and name)


# ---- near misses ----

def respell(label, rng):
    """An address label in another spelling, else one octet changed."""
    text = label.decode('latin-1')
    if re.fullmatch('[0-9a-f]*(-[0-9a-f]*){3,}', text) and rng.random() < 0.7:
        groups = text.split('-')
        at = rng.randrange(len(groups))
        choices = [text.upper(), '-'.join(groups[:at] + ['0' + groups[at]] + groups[at + 1:]),
                   text.replace('--', '-0-'), text.replace('--', '-0-0-', 1), text + '0',
                   text.rstrip('0'), text.replace('-', '.', 1)]
        return rng.choice(choices).encode('latin-1')
    at = rng.randrange(len(label))
    octet = rng.choice([label[at] ^ 1, label[at] ^ 0x20, 0, 0x2e, 0x5f, 0xff, ord('a'), ord('0')])
    return label[:at] + bytes([octet]) + label[at + 1:]


def near_miss(name, names, rng):
    labels = list(name)
    at = min(rng.randrange(len(labels)), rng.randrange(len(labels)))  # the left matters most
    vocabulary = ODD_LABELS + [label for service in names.cluster.services for label in service]
    form = rng.randrange(11)
    if form == 0:
        del labels[at]
    elif form == 1:
        labels.insert(at, rng.choice(vocabulary))
    elif form == 2:
        labels[at] = rng.choice(vocabulary)
    elif form in (3, 4):
        labels[at] = respell(labels[at], rng)
    elif form == 5:
        labels[at] = labels[at][1:] if labels[at][:1] == b'_' else b'_' + labels[at]
    elif form == 6:
        other = rng.randrange(len(labels))
        labels[at], labels[other] = labels[other], labels[at]
    elif form == 7 and len(labels) > 1 and at + 1 < len(labels):
        labels[at:at + 2] = [labels[at] + b'.' + labels[at + 1]]
    elif form == 8:
        labels[:0] = [b'_' + rng.choice(PORT_NAMES), rng.choice(ODD_LABELS[5:8])]
    elif form == 9:
        labels = labels[at:]
    else:
        labels.insert(0, rng.choice(vocabulary))
    return tuple(labels)


def mix_case(name, rng):
    style = rng.random()
    if style < 0.55:
        return name
    if style < 0.65:
        return tuple(label.upper() for label in name)
    return tuple(bytes(octet ^ 0x20 if chr(octet).isalpha() and octet < 128 and rng.random() < 0.5
                       else octet for octet in label) for label in name)


# ---- questions ----

def random_type(name, names, rng):
    """A type the name has, more often than not."""
    if names.zone_of(name) is not None and rng.random() < 0.5:
        held = sorted(names.look_up(name)[0].rrsets)
        if held:
            return rng.choice(held)
    if name[-1] == b'arpa' and rng.random() < 0.6:
        return PTR
    if name[0][:1] == b'_' and rng.random() < 0.5:
        return SRV
    return rng.choice(TYPES)


def random_question(pools, names, rng):
    """`pools`: lists of names to begin with."""
    while True:
        name = rng.choice(rng.choice(pools))
        for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 1, 2])):
            name = near_miss(name, names, rng) if name and name_fits(name) else name
        if name and name_fits(name):
            break
    question = Question(mix_case(name, rng), random_type(name, names, rng))
    if rng.random() < 0.02:
        question.qclass = rng.choice([0, 3, 4, 254, 255])
    if rng.random() < 0.5:
        question.edns = rng.choice([0, 100, 512, 513, 800, 1231, 1232, 1233, 4096, 65535])
        question.do = rng.random() < 0.3
        question.version = 1 if rng.random() < 0.02 else 0
        question.options = rng.choice([b'', b'', b'', NSID, COOKIE, NSID + COOKIE])
    question.rd, question.cd = rng.random() < 0.8, rng.random() < 0.1
    question.ad = rng.random() < 0.1
    question.transport = 'tcp' if rng.random() < 0.12 else 'udp'
    return question


def random_questions(names, rng, count):
    """`count` questions, half of them plain ones about what names hold, each at most once."""
    pool = all_names(names)
    nodes = {name: names.look_up(name)[0] for name in pool if names.zone_of(name) is not None}
    existing = [name for name, node in nodes.items() if node.exists]
    holding = [name for name in existing if nodes[name].rrsets]
    plain = [Question(name, qtype) for name in holding
             for qtype in sorted({A, AAAA, *nodes[name].rrsets})]
    plain = rng.sample(plain, min(len(plain), count // 2))
    pools = (holding, existing, pool)
    return plain + [random_question(pools, names, rng) for _ in range(count - len(plain))]


def describe(question):
    words = [name_to_text(question.qname), type_name(question.qtype), question.transport]
    if question.qclass != 1:
        words.append(f'class={question.qclass}')
    if question.edns is not None:
        words.append(f'edns={question.edns}')
        words += ['do'] if question.do else []
        words += [f'ednsver={question.version}'] if question.version else []
        words += ['options=' + question.options.hex()] if question.options else []
    words += [] if question.rd else ['norec']
    return ' '.join(words + ['cd'] * question.cd + ['ad'] * question.ad)

# SPDX-License-Identifier: Apache-2.0
"""Random clusters and kubernetes blocks, the same ones for the same seed.

Pools are small on purpose: names collide, addresses are shared, services are called like
namespaces. Everything odd that the rules speak of has a place here; what no API server would store
has not.
"""
from objects import CLUSTER_LABEL, IMPORT_LABEL, SERVICE_LABEL, TOLERATE
from random_options import LONG, NAMESPACES, random_options
from scenario import Scenario

SERVICES = ['web', 'etcd', 'svc', 'pod', 'default', 'dns', 'ns', '1-web', 'a', 'x', 'tcp', 'pin',
            'kubernetes', 'kube-dns', 'search', 'db', 'hl', 'prod', 'dns-version', 'a-1', LONG]
PORTS = ['http', 'https', 'dns', 'dns-tcp', 'etcd-client', 'etcd-server', 'etcd-client-ssl', 'a1']
HOSTS = ['a', 'b', 'etcd-0', 'etcd-1', 'Node-A', 'node-a', '10-244-0-1', 'tcp', 'fd00-10-244--1',
         'h' * 63, 'web', '0']
PODS = ['web-0', 'web-1', 'my.pod', 'etcd-0', 'p' * 64, 'p' * 63, 'a', '10-244-0-2']
ZONES = ['eu-west-1a', 'EU-1', 'a.b', 'zone-c']
CLUSTERS = ['east', 'West', 'eu.west', 'a.b.c', 'tcp']


class Maker:
    """Draws one scenario."""

    def __init__(self, rng):
        self.rng = rng
        self.next_ip = 0
        self.services = []  # (namespace, name) so far

    def some(self, share):
        return self.rng.random() < share

    def pick(self, pool):
        return self.rng.choice(pool)

    # ---- addresses ----

    def spell(self, text):
        """Another spelling of the same address, now and then."""
        if self.some(0.8):
            return text
        if ':' not in text:
            groups = text.split('.')
            return self.pick(['.'.join(f'{int(group):03d}' for group in groups),
                              '.'.join(groups[:3] + ['0' + groups[3]]), '::ffff:' + text])
        head, _, tail = text.partition('::')
        middle = ['0'] * (8 - len(head.split(':')) - (len(tail.split(':')) if tail else 0))
        long = ':'.join(head.split(':') + middle + (tail.split(':') if tail else []))
        padded = ':'.join(f'{group:0>4}' for group in long.split(':'))
        return self.pick([text.upper(), long, padded])

    def cluster_ip(self, family):
        """Unique: two services never have one address."""
        self.next_ip += 1
        return f'10.96.0.{self.next_ip}' if family == 4 else f'fd00:10:96::{self.next_ip:x}'

    def pod_ip(self, family):
        if family == 4:
            return self.spell(self.pick(['10.244.0.', '10.244.10.']) + str(self.rng.randint(1, 9)))
        return self.spell(self.pick(
            [f'fd00:10:244::{self.rng.randint(1, 9):x}', '2001:db8::', '2001:db8:0:1::a',
             '2001:db8::3:0:1', 'fd00:0:1:2:3:4:5:6']))

    # ---- services ----

    def metadata(self, namespace, name):
        labels = {}
        if self.some(0.6):
            labels['team'] = self.pick(['a', 'b', 'c'])
        if self.some(0.4):
            labels['env'] = self.pick(['prod', 'test'])
        metadata = {'name': name, 'namespace': namespace}
        if labels or self.some(0.3):
            metadata['labels'] = labels
        if self.some(0.1):
            metadata['annotations'] = {'note': 'grün: "7", #8, 東京\ttab'}
        return metadata

    def ports(self, most=3):
        count = self.pick([0, 1, 1, 1, 2, 2, 3])
        names = self.rng.sample(PORTS, min(count, most))
        ports = []
        for name in names:
            port = {'port': self.pick([53, 80, 80, 443, 2379, 2380, 8080])}
            if self.some(0.85):
                port['name'] = name
            elif self.some(0.3):
                port['name'] = ''
            if self.some(0.85):
                port['protocol'] = self.pick(['TCP', 'TCP', 'TCP', 'UDP', 'SCTP'])
            if self.some(0.5):
                port['targetPort'] = self.pick([8080, 53, 'http', 'web-port', 'absent'])
            ports.append(port)
        return ports

    def addresses_into(self, spec, headless):
        if headless:
            spec['clusterIP'] = 'None'
            if self.some(0.8):
                spec['clusterIPs'] = ['None']
            if self.some(0.7):
                spec['ipFamilies'] = self.pick([['IPv4'], ['IPv6'], ['IPv4', 'IPv6']])
            return
        form = self.rng.random()
        if form < 0.08:  # not allocated yet
            spec.update(self.pick([{'clusterIP': '', 'clusterIPs': ['']}, {'clusterIP': ''}, {}]))
            return
        families = self.pick([[4], [4], [4], [6], [4, 6], [6, 4]])
        texts = [self.spell(self.cluster_ip(family)) for family in families]
        spec['ipFamilies'] = [f'IPv{family}' for family in families]
        if len(texts) == 1 and self.some(0.2):
            spec['clusterIP'] = texts[0]
        elif self.some(0.04):
            spec['clusterIPs'] = texts + [self.spell(texts[0])]
        else:
            spec.update({'clusterIP': texts[0], 'clusterIPs': texts})

    def service(self, namespace, name):
        metadata, spec = self.metadata(namespace, name), {}
        kind = self.pick(['ClusterIP'] * 4 + ['headless'] * 5 + ['NodePort', 'LoadBalancer'])
        if kind not in ('headless', 'ClusterIP') or self.some(0.7):
            spec['type'] = 'ClusterIP' if kind == 'headless' else kind
        self.addresses_into(spec, kind == 'headless')
        ports = self.ports()
        if ports or self.some(0.5):
            spec['ports'] = ports
        if self.some(0.15):
            spec['publishNotReadyAddresses'] = self.some(0.7)
        if self.some(0.1):
            metadata.setdefault('annotations', {})[TOLERATE] = self.pick(['true', 'false', 'True'])
        if self.some(0.35):
            spec['selector'] = {'app': self.pick(['web', 'etcd', 'db'])}
        if kind == 'LoadBalancer':
            spec['externalIPs'] = ['203.0.113.5']
        return {'apiVersion': 'v1', 'kind': 'Service', 'metadata': metadata, 'spec': spec,
                'status': {'loadBalancer': {'ingress': [{'ip': '203.0.113.9'}]}}}

    def external(self, namespace, name, target):
        spec = {'type': 'ExternalName', 'externalName': target}
        if self.some(0.3):
            spec['ports'] = self.ports()
        if not target and self.some(0.5):
            del spec['externalName']
        return {'apiVersion': 'v1', 'kind': 'Service', 'metadata': self.metadata(namespace, name),
                'spec': spec}

    def external_target(self, zones):
        if self.some(0.3) or not self.services:
            return self.pick(['www.example.com', 'Www.Example.COM.', 'hostname', '192.0.2.1',
                              '192.0.2.1.', '2001:db8::1', '010.1.1.1', '', '::ffff:1.2.3.4',
                              '1.2.3.4.5', '1.2.3', '256.1.1.1'])
        zone = self.pick(zones)
        namespace, name = self.pick(self.services)
        inside = self.pick([
            f'{name}.{namespace}.svc', f'{name}.{namespace}.svc', f'{name}.{namespace}.svc',
            f'{self.pick(HOSTS).lower()}.{name}.{namespace}.svc', f'nope.{namespace}.svc',
            f'{namespace}.svc', 'svc', 'dns', 'ns.dns', 'dns-version', 'extra',
            f'10-244-0-1.{namespace}.pod', f'_http._tcp.{name}.{namespace}.svc'])
        text = self.pick([f'{inside}.{zone}', f'{inside}.{zone}.', zone,
                          '1.0.96.10.in-addr.arpa']) if self.some(0.2) else f'{inside}.{zone}'
        return text if self.some(0.8) else text.title().replace('_Tcp', '_tcp')

    def chain(self, zone):
        """ExternalNames in a row: to a service, out of the zone, to nothing, or round in a loop."""
        size = self.pick([2, 3, 5, 9, 10, 11, 13])
        namespace, name = self.pick(self.services)
        last = self.pick([f'{name}.{namespace}.svc.{zone}', f'gone.default.svc.{zone}',
                          'www.example.com', f'chain-0.default.svc.{zone}',
                          f'chain-{size - 1}.default.svc.{zone}'])
        return [self.external('default', f'chain-{i}',
                              last if i == size - 1 else f'chain-{i + 1}.default.svc.{zone}')
                for i in range(size)]

    # ---- slices ----

    def endpoint(self, family):
        endpoint = {'addresses': [self.pod_ip(family) for _ in range(self.pick([1, 1, 1, 1, 2]))]}
        if self.some(0.03):
            endpoint['addresses'].append('not-an-address')
        if self.some(0.85):
            conditions = endpoint['conditions'] = {}
            if self.some(0.9):
                conditions['ready'] = self.pick([True, True, True, False, None])
            if self.some(0.5):
                conditions.update(serving=self.some(0.7), terminating=self.some(0.3))
        if self.some(0.4):
            endpoint['hostname'] = self.pick(HOSTS)
        if self.some(0.6):
            endpoint['targetRef'] = {'kind': 'Pod', 'name': self.pick(PODS), 'namespace': 'x'}
        if self.some(0.5):
            endpoint['zone'] = self.pick(ZONES)
        if self.some(0.5):
            endpoint['nodeName'] = 'node-1'
        return endpoint

    def slice_of(self, namespace, labels, count=None):
        metadata = self.metadata(namespace, f'slice-{self.rng.getrandbits(40):x}')
        metadata['labels'] = {**metadata.get('labels', {}), **labels}
        family = self.pick([4, 4, 4, 6, 6])
        count = self.pick([0, 1, 2, 3, 5]) if count is None else count
        thing = {'apiVersion': 'discovery.k8s.io/v1', 'kind': 'EndpointSlice', 'metadata': metadata,
                 'addressType': f'IPv{family}', 'endpoints': [self.endpoint(family)
                                                              for _ in range(count)]}
        if self.some(0.06):
            thing.update(addressType='FQDN', endpoints=[{'addresses': ['x.example.com'],
                                                         'hostname': 'fq'}])
        ports = self.ports()
        for port in ports:
            port.pop('targetPort', None)
            if self.some(0.06):
                port.update(self.pick([{'port': None}]))
        if ports or self.some(0.7):
            thing['ports'] = ports
        elif self.some(0.5):
            thing['ports'] = None
        return thing

    def slices(self, namespace, name):
        for _ in range(self.pick([0, 0, 1, 1, 1, 2, 3])):
            yield self.slice_of(namespace, {SERVICE_LABEL: name})

    def big_service(self):
        """More than a UDP reply holds: many endpoints, or many ports of one address."""
        namespace, name = 'default', 'big'
        self.services.append((namespace, name))
        thing = self.service(namespace, name)
        thing['spec'].pop('selector', None)
        if self.some(0.3):
            thing['spec']['ports'] = [{'name': f'p{i}', 'port': i + 1} for i in range(150)]
        yield thing
        for number in range(self.rng.randint(1, 4)):
            piece = self.slice_of(namespace, {SERVICE_LABEL: name}, self.rng.randint(5, 90))
            six = piece['addressType'] == 'IPv6'
            for i, endpoint in enumerate(piece['endpoints'] if not self.some(0.1) else []):
                endpoint['addresses'] = [f'fd00:10:245:{number}::{i:x}' if six else
                                         f'10.245.{number}.{i}']
                if endpoint.get('hostname') and self.some(0.9):
                    endpoint['hostname'] = f'pod-{i}'
            yield piece

    # ---- pods and imports ----

    def pod(self, namespace, number):
        metadata = self.metadata(namespace, self.pick(['web', 'my.pod', 'etcd']) + f'-{number}')
        metadata.setdefault('labels', {})['app'] = self.pick(['web', 'etcd', 'db'])
        if self.some(0.08):
            metadata['deletionTimestamp'] = '2026-01-01T00:00:00Z'
        texts = [self.pod_ip(family) for family in self.pick([[4], [4], [4, 6], [6], []])]
        phases = ['Running'] * 7 + ['Pending', 'Succeeded', 'Failed', 'Unknown']
        status = {'phase': self.pick(phases)}
        if texts:
            status['podIP'] = texts[0]
        if len(texts) > 1 or texts and self.some(0.7):
            status['podIPs'] = [{'ip': text} for text in texts]
        if self.some(0.9):
            ready = self.pick(['True', 'True', 'True', 'False', 'Unknown'])
            status['conditions'] = [{'type': 'Initialized', 'status': 'True'},
                                    {'type': 'Ready', 'status': ready}]
        spec = {'containers': [{'name': 'c', 'image': 'i', 'ports': [
            {'name': self.pick(['http', 'web-port', 'dns']), 'protocol': 'TCP',
             'containerPort': self.pick([8080, 9090])}]}]}
        if self.some(0.3):
            del spec['containers'][0]['ports'][0]['protocol']
        if self.some(0.5):
            spec['hostname'] = self.pick(['a', 'b', 'etcd-0'])
        if self.some(0.5) and self.services:
            spec['subdomain'] = self.pick([name for _, name in self.services])
        return {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': metadata, 'spec': spec,
                'status': status}

    def selected_service(self):
        """A service without slices, and the pods it selects."""
        namespace, name = self.pick(['default', 'etcd']), 'selected'
        self.services.append((namespace, name))
        thing = self.service(namespace, name)
        thing['spec']['selector'] = {'app': 'selected'}
        if self.some(0.4):
            thing['spec']['selector']['tier'] = 'x'
        yield thing
        for number in range(self.rng.randint(0, 6)):
            pod = self.pod(self.pick([namespace, namespace, namespace, 'web']), f's{number}')
            pod['metadata']['labels'].update(app=self.pick(['selected', 'selected', 'selecte']),
                                             tier=self.pick(['x', 'x', 'y']))
            if self.some(0.6):
                pod['spec'].update(hostname=self.pick([f'selected-{number}', 'same', 'Upper']),
                                   subdomain=self.pick([name, name, 'other']))
            yield pod

    def imports(self):
        for namespace, name in self.rng.sample(self.services, min(4, len(self.services))):
            spec = {'type': self.pick(['ClusterSetIP', 'Headless']),
                    'ports': [port for port in self.ports() if port.pop('targetPort', 1)]}
            if spec['type'] == 'ClusterSetIP':
                spec['ips'] = self.pick([[], None, [self.cluster_ip(4)], [self.cluster_ip(6)],
                                         [self.spell(self.cluster_ip(4)), self.cluster_ip(6)]])
            yield {'apiVersion': 'multicluster.x-k8s.io/v1alpha1', 'kind': 'ServiceImport',
                   'metadata': self.metadata(namespace, name), 'spec': spec}
            for _ in range(self.pick([0, 1, 2, 3])):
                labels = {IMPORT_LABEL: name, CLUSTER_LABEL: self.pick(CLUSTERS)}
                if self.some(0.15):
                    labels[SERVICE_LABEL] = name
                yield self.slice_of(namespace, labels)

    # ---- all of it ----

    def name_service(self, address, port):
        """A service in front of our own address, as kube-dns is."""
        name = self.pick([name for namespace, name in self.services if namespace == 'kube-system']
                         or ['kube-dns'])
        thing = self.slice_of('kube-system', {SERVICE_LABEL: name}, 1)
        thing.update(addressType='IPv6' if ':' in address else 'IPv4',
                     ports=[{'name': 'dns', 'port': self.pick([port, port, port, 53]),
                             'protocol': 'UDP'}])
        thing['endpoints'][0].update(addresses=[address], conditions={'ready': True})
        return thing

    def scenario(self, port, local_ips):
        """`local_ips`: addresses the machine could be given; empty: bind loopback."""
        rng = self.rng
        options, zone_texts, multicluster = random_options(rng)
        options.port = port
        things = []
        bind = '127.0.0.1'
        if local_ips and self.some(0.7):
            options.local_ips = rng.sample(local_ips, rng.randint(0, len(local_ips)))
            bind = self.pick(options.local_ips) if options.local_ips and self.some(0.3) else ''
            options.local_ips = [bind] if bind else options.local_ips
        wanted = rng.sample([(namespace, name) for namespace in NAMESPACES for name in SERVICES
                             if self.some(0.2) or namespace in ('default', 'etcd')],
                            rng.randint(5, 20))
        wanted += [(name, name) for name in ('etcd', 'web') if (name, name) not in wanted]
        forward = [text.lower() for text in zone_texts
                   if '/' not in text and not text.lower().endswith('arpa')]
        for namespace, name in wanted:
            if self.some(0.15):
                things.append(self.external(namespace, name, self.external_target(forward)))
            else:
                things.append(self.service(namespace, name))
            self.services.append((namespace, name))
            things += self.slices(namespace, name)
        if self.some(0.3):
            things += self.chain(forward[0])
        if self.some(0.3):
            things += self.big_service()
        if self.some(0.6):
            things += self.selected_service()
        for _ in range(rng.randint(0, 3)):  # slices nobody owns
            things += self.slices(self.pick(NAMESPACES), self.pick(SERVICES))
        things += [self.pod(self.pick(NAMESPACES[:6]), i) for i in range(rng.randint(0, 14))]
        if multicluster or self.some(0.1):
            things += self.imports()
        for address in options.local_ips:
            if self.some(0.7):
                things.append(self.name_service(address, port))
        things += self.namespaces(things)
        return Scenario(things, options, zone_texts, multicluster, bind)

    def namespaces(self, things):
        for name in NAMESPACES:
            if self.some(0.8):
                metadata = self.metadata('', name)
                del metadata['namespace']
                yield {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': metadata,
                       'status': {'phase': self.pick(['Active', 'Terminating'])}}


def random_scenario(rng, port, local_ips):
    return Maker(rng).scenario(port, local_ips)

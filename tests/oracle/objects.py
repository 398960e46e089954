# SPDX-License-Identifier: Apache-2.0
"""Kubernetes objects as names.md sections 1, 4 and 14 read them.

Takes plain dicts, as in manifests, and keeps only what may reach an answer. All names are folded
bytes. An endpoint here is one address of one endpoint of one slice: what is said twice stays
twice, since SRV weights count it.
"""
import re
from dataclasses import dataclass, field

from addresses import dashed_label, parse_address
from wire import fold

SERVICE_LABEL = 'kubernetes.io/service-name'
IMPORT_LABEL = 'multicluster.kubernetes.io/service-name'
CLUSTER_LABEL = 'multicluster.kubernetes.io/source-cluster'
TOLERATE = 'service.alpha.kubernetes.io/tolerate-unready-endpoints'
CLUSTER_IP, HEADLESS, EXTERNAL_NAME = 'ClusterIP', 'headless', 'ExternalName'


@dataclass
class Options:
    """The kubernetes block, and where the server listens. Zones are tuples of folded labels."""
    zones: list
    ttl: int = 5
    pods: str = 'disabled'
    namespaces: list = field(default_factory=list)
    namespace_labels: str = ''
    labels: str = ''
    endpoint_pod_names: bool = False
    noendpoints: bool = False
    ignore_empty_service: bool = False
    multicluster: list = field(default_factory=list)
    denial_ttl: int = None
    shorthand: bool = True
    zonal: bool = False
    local_ips: list = field(default_factory=list)  # texts, without loopback
    port: int = 53


@dataclass(frozen=True)
class Port:
    name: bytes
    number: object  # None: the slice says port: null
    protocol: bytes


@dataclass(frozen=True)
class Endpoint:
    address: bytes
    hostname: bytes
    explicit: bool  # the slice gives the hostname
    ports: tuple
    zone: bytes
    cluster: bytes


@dataclass
class Service:
    """A Service, or a ServiceImport: there kind is ClusterIP for ClusterSetIP."""
    namespace: bytes
    name: bytes
    kind: str
    addresses: list
    ports: list
    external_name: str = ''
    any_readiness: bool = False
    has_slices: bool = True
    spec: dict = field(default_factory=dict)


# ---- selectors (section 14) ----

def parse_selector(text):
    """Returns requirements (key, operator, values) of a label selector."""
    requirements = []
    for part in re.findall(r'(?:[^,(]|\([^)]*\))+', text):
        part = part.strip()
        among = re.fullmatch(r'(\S+)\s+(in|notin)\s*\(([^)]*)\)', part)
        equal = re.fullmatch(r'(\S+?)\s*(==|!=|=)\s*(\S*)', part)
        if among:
            values = [value.strip() for value in among.group(3).split(',')]
            requirements.append((among.group(1), among.group(2), values))
        elif equal:
            operator = 'notin' if equal.group(2) == '!=' else 'in'
            requirements.append((equal.group(1), operator, [equal.group(3)]))
        elif part.startswith('!'):
            requirements.append((part[1:].strip(), 'absent', []))
        else:
            requirements.append((part, 'exists', []))
    return requirements


def selector_matches(requirements, labels):
    """An absent key satisfies notin and !=, as in the API server."""
    for key, operator, values in requirements:
        value = labels.get(key)
        good = {'in': value is not None and value in values,
                'notin': value is None or value not in values,
                'exists': value is not None, 'absent': value is None}[operator]
        if not good:
            return False
    return True


# ---- fields ----

def key(text):
    return fold((text or '').encode())


def labels_of(thing):
    return thing.get('metadata', {}).get('labels') or {}


def namespace_of(thing):
    return thing.get('metadata', {}).get('namespace') or 'default'


def parse_ports(ports):
    return tuple(Port(key(port.get('name')), port.get('port'), key(port.get('protocol') or 'TCP'))
                 for port in ports or [])


def parse_addresses(texts):
    """Unparsable ones are skipped (section 4.3)."""
    found = [parse_address(text) for text in texts if isinstance(text, str)]
    return [address for address in found if address is not None]


def flatten(things):
    for thing in things:
        if thing.get('kind', '').endswith('List'):
            yield from flatten(thing.get('items') or [])
        else:
            yield thing


def parse_service(thing):
    """Section 1: the kind, and where the addresses come from."""
    spec = thing.get('spec') or {}
    texts = spec.get('clusterIPs') or [spec.get('clusterIP') or '']
    if spec.get('type') == 'ExternalName':
        kind, texts = EXTERNAL_NAME, []
    else:
        kind = HEADLESS if texts[0] == 'None' else CLUSTER_IP
    annotations = thing['metadata'].get('annotations') or {}
    any_readiness = spec.get('publishNotReadyAddresses') is True or \
        annotations.get(TOLERATE) == 'true'
    return Service(key(namespace_of(thing)), key(thing['metadata']['name']), kind,
                   parse_addresses(texts), list(parse_ports(spec.get('ports'))),
                   spec.get('externalName') or '', any_readiness, spec=spec)


def parse_import(thing):
    spec = thing.get('spec') or {}
    kind = HEADLESS if spec.get('type') == 'Headless' else CLUSTER_IP
    return Service(key(namespace_of(thing)), key(thing['metadata']['name']), kind,
                   parse_addresses(spec.get('ips') or []), list(parse_ports(spec.get('ports'))))


# ---- endpoints from pods, as the EndpointSlice controller makes them ----

def pod_addresses(pod):
    status = pod.get('status') or {}
    texts = [item.get('ip') for item in status.get('podIPs') or []] or [status.get('podIP') or '']
    return parse_addresses(texts)


def pod_is_ready(pod):
    conditions = (pod.get('status') or {}).get('conditions') or []
    return any(item.get('type') == 'Ready' and item.get('status') == 'True' for item in conditions)


def service_families(spec):
    """The families the controller makes slices for: ipFamilies, else those of the address; a
    headless service that names none gets both."""
    if spec.get('ipFamilies'):
        return [{'IPv4': 4, 'IPv6': 16}[family] for family in spec['ipFamilies']]
    addresses = parse_addresses(spec.get('clusterIPs') or [spec.get('clusterIP') or ''])
    return [len(address) for address in addresses] or [4, 16]


def pod_port_number(pod, port):
    """targetPort: a number, a container port's name of that protocol, or the port itself."""
    target = port.get('targetPort')
    if target in (None, '', 0):
        return port.get('port')
    if isinstance(target, int):
        return target
    for container in (pod.get('spec') or {}).get('containers') or []:
        for offered in container.get('ports') or []:
            if offered.get('name') == target and \
                    (offered.get('protocol') or 'TCP') == (port.get('protocol') or 'TCP'):
                return offered['containerPort']
    return None


def slices_from_pods(thing, pods):
    """One slice for each pod and family: nothing in an answer depends on how they are grouped."""
    spec, metadata = thing['spec'], thing['metadata']
    publish = spec.get('publishNotReadyAddresses') is True
    for pod in pods:
        status, pod_spec = pod.get('status') or {}, pod.get('spec') or {}
        chosen = namespace_of(pod) == namespace_of(thing) and all(
            labels_of(pod).get(name) == value for name, value in spec['selector'].items())
        if not chosen or status.get('phase') in ('Succeeded', 'Failed'):
            continue
        terminating = pod['metadata'].get('deletionTimestamp') is not None
        endpoint = {'conditions': {'ready': publish or pod_is_ready(pod) and not terminating},
                    'targetRef': {'kind': 'Pod', 'name': pod['metadata']['name']}}
        if pod_spec.get('hostname') and pod_spec.get('subdomain') == metadata['name']:
            endpoint['hostname'] = pod_spec['hostname']
        ports = [dict(port, port=pod_port_number(pod, port)) for port in spec.get('ports') or []]
        ports = [port for port in ports if port['port'] is not None]
        for family in service_families(spec):
            octets = [address for address in pod_addresses(pod) if len(address) == family]
            if octets:
                labels = {**labels_of(thing), SERVICE_LABEL: metadata['name']}
                yield {'metadata': {'namespace': namespace_of(thing), 'labels': labels},
                       'addressType': 'IPv4' if family == 4 else 'IPv6', 'ports': ports,
                       'endpoints': [dict(endpoint, octets=octets)]}


# ---- the cluster ----

class Cluster:
    """What the kubernetes block sees of a list of objects."""

    def __init__(self, things, options):
        things = list(flatten(things))
        self.options = options
        self.selector = parse_selector(options.labels)
        self.namespaces = self.find_namespaces(things)
        services = self.of_kind(things, 'Service')
        all_pods = [thing for thing in things if thing.get('kind') == 'Pod']
        self.pods = [pod for pod in all_pods if selector_matches(self.selector, labels_of(pod))]
        self.slices = [] if options.noendpoints else self.of_kind(things, 'EndpointSlice')
        self.services = {}
        given = {(namespace_of(thing), labels_of(thing).get(SERVICE_LABEL)) for thing in things
                 if thing.get('kind') == 'EndpointSlice'}
        for thing in services:
            service = parse_service(thing)
            self.services[service.namespace, service.name] = service
            if service.spec.get('selector') and service.kind != EXTERNAL_NAME and \
                    not options.noendpoints and \
                    (namespace_of(thing), thing['metadata']['name']) not in given:
                made = slices_from_pods(thing, all_pods)
                self.slices += [piece for piece in made
                                if selector_matches(self.selector, labels_of(piece))]
        self.imports = {}
        if options.multicluster:
            for thing in things:
                if thing.get('kind') == 'ServiceImport':
                    imported = parse_import(thing)
                    self.imports[imported.namespace, imported.name] = imported
        self.known_endpoints = {}

    def of_kind(self, things, kind):
        return [thing for thing in things if thing.get('kind') == kind
                and selector_matches(self.selector, labels_of(thing))]

    def find_namespaces(self, things):
        """A namespace exists as soon as an object names it; only a Namespace gives it labels."""
        found = {namespace_of(thing): {} for thing in things if thing.get('kind') != 'Namespace'}
        for thing in things:
            if thing.get('kind') == 'Namespace':
                found[thing['metadata']['name']] = labels_of(thing)
        return found

    def is_exposed(self, namespace):
        """Section 2. `namespace` is folded."""
        wanted = parse_selector(self.options.namespace_labels)
        for name, labels in self.namespaces.items():
            if key(name) == namespace:
                return (not self.options.namespaces or name in self.options.namespaces) and \
                    selector_matches(wanted, labels)
        return False

    def service(self, namespace, name):
        """The Service if its namespace is exposed."""
        return self.services.get((namespace, name)) if self.is_exposed(namespace) else None

    def service_import(self, namespace, name):
        return self.imports.get((namespace, name)) if self.is_exposed(namespace) else None

    def endpoints(self, service):
        """Section 4: the endpoint set of a Service, or section 17: that of an import."""
        identity = id(service)
        if identity not in self.known_endpoints:
            imported = self.imports.get((service.namespace, service.name)) is service
            label = IMPORT_LABEL if imported else SERVICE_LABEL
            self.known_endpoints[identity] = [
                endpoint for piece in self.slices
                if key(namespace_of(piece)) == service.namespace
                and key(labels_of(piece).get(label)) == service.name
                for endpoint in self.endpoints_of_slice(piece, service.any_readiness)]
        return self.known_endpoints[identity]

    def endpoints_of_slice(self, piece, any_readiness):
        if piece.get('addressType') not in ('IPv4', 'IPv6'):  # D12
            return
        ports = parse_ports(piece.get('ports'))
        cluster = key(labels_of(piece).get(CLUSTER_LABEL))
        for item in piece.get('endpoints') or []:
            ready = (item.get('conditions') or {}).get('ready')
            if ready is False and not any_readiness:
                continue
            for address in item.get('octets') or parse_addresses(item.get('addresses') or []):
                yield Endpoint(address, *self.hostname(item, address), ports,
                               key(item.get('zone')), cluster)

    def hostname(self, item, address):
        """Section 4: hostname, else the pod's name if asked for and one label, else dashed."""
        if item.get('hostname'):
            return key(item['hostname']), True
        pod = key((item.get('targetRef') or {}).get('name'))
        if self.options.endpoint_pod_names and pod and b'.' not in pod and len(pod) <= 63:
            return pod, False
        return dashed_label(address), False

    def pod_has_address(self, namespace, address):
        """Section 7, mode verified."""
        for pod in self.pods:
            phase = (pod.get('status') or {}).get('phase')
            if key(namespace_of(pod)) == namespace and \
                    phase not in ('Succeeded', 'Failed', 'Unknown') and \
                    pod['metadata'].get('deletionTimestamp') is None and \
                    address in pod_addresses(pod):
                return True
        return False

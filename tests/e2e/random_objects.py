# SPDX-License-Identifier: Apache-2.0
"""Random objects in the shapes an API server takes: what the oracle draws, with names, ports and addresses made valid.
Where this guesses wrong the API server refuses the object; what it stored is what counts."""
from addresses import address_to_text, parse_address
from objects import SERVICE_LABEL
from random_cluster import Maker
from random_options import NAMESPACES

SERVICES = ["web", "etcd", "svc", "pod", "default", "dns", "ns", "a", "x", "tcp", "kubernetes", "kube-dns", "db", "hl",
            "dns-version", "a-1", "l" + "o" * 61 + "g"]
PATHS = {"Namespace": "/api/v1/namespaces", "Pod": "/api/v1/namespaces/{}/pods",
         "Service": "/api/v1/namespaces/{}/services",
         "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"}


def path_of(thing):
    return PATHS[thing["kind"]].format(thing["metadata"].get("namespace", ""))


def canonical(text):
    octets = parse_address(text)
    return text if octets is None else address_to_text(octets)


class ApiMaker(Maker):
    """Draws objects for POST. Pools are small, so names and addresses meet."""

    def spell(self, text):
        return super().spell(text) if self.some(0.03) else text

    def metadata(self, namespace, name):
        metadata = super().metadata(namespace, name)
        if not namespace:
            del metadata["namespace"]
        return metadata

    def ports(self, most=3):
        """Names are there as soon as there are two; a number is there twice only with another protocol."""
        ports, pairs = super().ports(most), set()
        for i, port in enumerate(ports):
            if len(ports) > 1 and not port.get("name"):
                port["name"] = f"p{i}"
            port.setdefault("protocol", "TCP")
            if isinstance(port.get("targetPort"), str):
                port["targetPort"] = self.pick(["http", "web-port"])
        return [port for port in ports if not ((pair := (port["port"], port["protocol"])) in pairs or pairs.add(pair))]

    def addresses_into(self, spec, headless):
        """The API server chooses the addresses."""
        families = self.pick([["IPv4"]] * 3 + [["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"]])
        spec["ipFamilies"] = families
        spec["ipFamilyPolicy"] = "SingleStack" if len(families) == 1 else "RequireDualStack"
        if headless:
            spec["clusterIP"] = "None"

    def service(self, namespace, name):
        thing = super().service(namespace, name)
        spec = thing["spec"]
        if spec.get("clusterIP") != "None" and not spec.get("ports"):
            spec["ports"] = [{"port": self.pick([53, 80, 443])}]
        return thing

    def endpoint(self, family):
        endpoint = super().endpoint(family)
        endpoint["addresses"] = [text for text in endpoint["addresses"] if text != "not-an-address"]
        if self.some(0.1):  # the address of a service of this family: PTR must prefer the service
            endpoint["addresses"][0] = f"10.96.0.{self.rng.randint(1, 20)}" if family == 4 else endpoint["addresses"][0]
        if "hostname" in endpoint:
            endpoint["hostname"] = endpoint["hostname"].lower()
        return endpoint

    def pod(self, namespace, number):
        thing = super().pod(namespace, number)
        del thing["status"]
        thing["metadata"].pop("deletionTimestamp", None)
        thing["spec"]["nodeName"] = "node-1"
        return thing

    def draw(self, zone):
        """Lists of services, slices and pods, in the order in which to make them."""
        names = [(namespace, name) for namespace in NAMESPACES[:-4] for name in SERVICES]
        services, slices, pods = [], [], []
        for namespace, name in self.rng.sample(names, 26) + [("etcd", "etcd"), ("web", "web")]:
            external = self.some(0.15)
            services.append(self.external(namespace, name, self.external_target([zone])) if external
                            else self.service(namespace, name))
            self.services.append((namespace, name))
            slices += self.slices(namespace, name)
        services += self.chain(zone)
        for thing in [*self.big_service(), *self.selected_service()]:
            {"Service": services, "EndpointSlice": slices, "Pod": pods}[thing["kind"]].append(thing)
        for _ in range(3):  # of no service
            slices += self.slices(self.pick(NAMESPACES), self.pick(SERVICES))
        slices += self.twins(slices)
        nobody = self.slice_of("default", {}, 1)
        nobody["endpoints"][0]["addresses"] = ["10.244.99.1" if nobody["addressType"] == "IPv4" else "fd00:99::1"]
        slices += [nobody] if nobody["addressType"] != "FQDN" else []
        pods += [self.pod(self.pick(NAMESPACES[:6]), i) for i in range(8)]
        for endpoint in (endpoint for thing in slices for endpoint in thing["endpoints"]):
            if not self.some(0.01):
                endpoint["addresses"] = [canonical(text) for text in endpoint["addresses"]]
        return services + slices + pods

    def twins(self, slices):
        """A second slice that says the same, or the same with other ports."""
        for thing in self.rng.sample(slices, min(3, len(slices))):
            labels = thing["metadata"]["labels"]
            twin = self.slice_of(thing["metadata"]["namespace"], {SERVICE_LABEL: labels.get(SERVICE_LABEL, "web")}, 0)
            twin.update(addressType=thing["addressType"], endpoints=thing["endpoints"])
            twin["ports"] = thing.get("ports") if self.some(0.5) else twin.get("ports")
            yield twin

    def namespaces_to_make(self):
        for name in NAMESPACES:
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": self.metadata("", name)}


def sentinel(number):
    """Objects of each watched kind, and the name that has an address as soon as all of them were seen."""
    name = f"seen-{number}"
    meta = {"name": name, "namespace": name}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"clusterIP": "None", "ports": [{"port": 1}]}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "ports": [{"port": 1}],
         "metadata": {**meta, "labels": {SERVICE_LABEL: name}},
         "endpoints": [{"addresses": ["10.255.0.1"], "hostname": "host"}]}], f"host.{name}.{name}.svc"



"""The network that a plan declares, and who can reach whom in it.

Reads the JSON of `terraform show -json PLAN`, in which every ID is known (provider/server.py). A connection needs
three things, as in AWS: a route from the sender's subnet, a rule in the sender's security groups that lets it out,
and a rule in the receiver's security groups that lets it in. Each answer contains its reasons.
"""

import ipaddress
import json
from dataclasses import dataclass, field

# The member of a route that names its target. Any other target stops the proof.
ROUTE_TARGETS = {"internet": "gateway_id", "nat": "nat_gateway_id"}

# What the plan may contain. The proof reads everything of the first kind; the second kind does not affect
# reachability. A type in neither list stops the proof, because it proves nothing about what it does not know.
READ = {
    "aws_apigatewayv2_api", "aws_apigatewayv2_integration", "aws_apigatewayv2_route", "aws_apigatewayv2_vpc_link", "aws_default_route_table",
    "aws_default_security_group", "aws_instance", "aws_lb", "aws_lb_listener", "aws_nat_gateway", "aws_route",
    "aws_route_table", "aws_route_table_association", "aws_security_group", "aws_subnet", "aws_vpc", "aws_vpc_endpoint",
    "aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule",
}  # fmt: skip
IRRELEVANT = {
    "aws_apigatewayv2_authorizer", "aws_apigatewayv2_stage", "aws_cloudwatch_log_group",
    "aws_cognito_user_pool", "aws_cognito_user_pool_client", "aws_cognito_user_pool_domain", "aws_ecr_lifecycle_policy",
    "aws_ecr_repository", "aws_ecs_cluster", "aws_ecs_cluster_capacity_providers", "aws_eip", "aws_flow_log",
    "aws_iam_instance_profile", "aws_iam_policy", "aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment",
    "aws_internet_gateway", "aws_kms_alias", "aws_kms_key", "aws_lb_listener_rule", "aws_lb_target_group",
    "aws_vpc_ipv4_cidr_block_association",
}  # fmt: skip

ANYWHERE = ipaddress.ip_network("0.0.0.0/0")


class Unmodelled(Exception):
    """The plan contains something that this proof does not know."""


@dataclass(frozen=True)
class Answer:
    """Whether a connection is possible, and why."""

    possible: bool
    why: str

    def __bool__(self):
        return self.possible


@dataclass(frozen=True)
class Host:
    """Something with an address in the VPC: its subnets, its groups, and whether it has a public address.

    groups is None for a host whose own groups allow everything. What is impossible for it, the routes forbid.
    """

    name: str
    subnets: tuple
    groups: tuple | None
    public: bool = False


@dataclass
class Network:
    """Everything in the plan that affects reachability."""

    subnets: dict = field(default_factory=dict)  # id -> {"name", "cidr", "zone"}
    tables: dict = field(default_factory=dict)  # subnet id -> route table id
    routes: dict = field(default_factory=dict)  # route table id -> [(network, kind, target id)]
    out: dict = field(default_factory=dict)  # group id -> [rule]
    into: dict = field(default_factory=dict)  # group id -> [rule]
    natted: dict = field(default_factory=dict)  # NAT gateway id -> {"subnet", "name"}
    endpoints: dict = field(default_factory=dict)  # service -> {"host", "policy"}
    gateways: list = field(default_factory=list)  # gateway endpoints: {"service", "prefix_list", "tables", "policy"}
    hosts: dict = field(default_factory=dict)  # name -> Host
    api: dict = field(default_factory=dict)

    def can_connect(self, sender, receiver, port):
        """TCP from one host of the VPC to another. The local route always exists between subnets of one VPC."""
        let_out = self._rule(self.out, sender, receiver, port)
        if not let_out:
            return Answer(False, f"no group of {sender.name} lets it out to {receiver.name}:{port}")
        let_in = self._rule(self.into, receiver, sender, port)
        if not let_in:
            return Answer(False, f"no group of {receiver.name} admits {sender.name} on {port}")
        return Answer(True, f"{let_out.why}; {let_in.why}")

    def can_reach_internet(self, host, port):
        """TCP from a host to any public address, through a NAT gateway or from its own public address."""
        ways = []
        for subnet in host.subnets:
            way = self._way_out(subnet, host.public)
            if not way:
                return way
            ways.append(way.why)
        if host.groups is not None and not any(
            rule["cidr"] == ANYWHERE and rule["from"] <= port <= rule["to"] for group in host.groups for rule in self.out.get(group, [])
        ):
            return Answer(False, f"no group of {host.name} lets it out to 0.0.0.0/0:{port}")
        return Answer(True, ", ".join(ways))

    def can_be_reached_from_internet(self, host, port):
        """TCP from any public address to a host."""
        if not host.public:
            return Answer(False, f"{host.name} has no public address")
        if any(self._way_out(subnet, True) for subnet in host.subnets) and (
            host.groups is None
            or any(rule["cidr"] == ANYWHERE and rule["from"] <= port <= rule["to"] for group in host.groups for rule in self.into.get(group, []))
        ):
            return Answer(True, "public address, default route and an open group")
        return Answer(False, f"no group of {host.name} admits 0.0.0.0/0 on {port}")

    def can_call(self, host, service, action, resource):
        """An AWS API through its interface endpoint: groups, and the policy of the endpoint."""
        if service not in self.endpoints:
            return Answer(False, f"no endpoint for {service}")
        endpoint = self.endpoints[service]
        connected = self.can_connect(host, endpoint["host"], 443)
        if not connected:
            return connected
        allowed = allows(endpoint["policy"], action, resource)
        return Answer(True, f"{connected.why}; policy statement {allowed}") if allowed else Answer(False, f"the endpoint's policy does not allow {action} on {resource}")

    def can_use_gateway(self, host, service, action, resource):
        """A call of S3 or DynamoDB through the gateway endpoint: route, prefix list, policy."""
        for gateway in self.gateways:
            if gateway["service"] != service or not all(self.tables.get(subnet) in gateway["tables"] for subnet in host.subnets):
                continue
            if host.groups is not None and not any(
                rule["prefix_list"] == gateway["prefix_list"] and rule["from"] <= 443 <= rule["to"] for group in host.groups for rule in self.out.get(group, [])
            ):
                return Answer(False, f"no group of {host.name} lets it out to the prefix list of {service}")
            allowed = allows(gateway["policy"], action, resource)
            if allowed:
                return Answer(True, f"route to the gateway endpoint; policy statement {allowed}")
            return Answer(False, f"the gateway endpoint's policy does not allow {action} on {resource}")
        return Answer(False, f"no gateway endpoint for {service} on the route tables of {host.name}")

    def _rule(self, side, host, other, port):
        """The first rule of the host's groups that covers the other host on the port."""
        if host.groups is None:
            return Answer(True, f"{host.name}'s groups are assumed to be open")
        for group in host.groups:
            for rule in side.get(group, []):
                if rule["from"] <= port <= rule["to"] and self._covers(rule, other):
                    return Answer(True, rule["name"])
        return Answer(False, "")

    def _covers(self, rule, other):
        if rule["group"] is not None and other.groups is not None and rule["group"] in other.groups:
            return True
        return rule["cidr"] is not None and all(self.subnets[subnet]["cidr"].subnet_of(rule["cidr"]) for subnet in other.subnets)

    def _way_out(self, subnet, public):
        """How a subnet reaches the internet, if it does."""
        name = self.subnets[subnet]["name"]
        for network, kind, target in self.routes.get(self.tables.get(subnet), []):
            if network != ANYWHERE:
                continue
            if kind == "internet":
                return Answer(public, f"{name}: internet gateway" if public else f"{name}: internet gateway, but no public address")
            if kind == "nat":
                nat = self.natted[target]
                table = self.tables.get(nat["subnet"])
                onward = any(network == ANYWHERE and kind == "internet" for network, kind, _ in self.routes.get(table, []))
                zone = self.subnets[nat["subnet"]]["zone"]
                own = "own zone" if zone == self.subnets[subnet]["zone"] else f"OTHER zone {zone}"
                return Answer(onward, f"{name}: NAT gateway {nat['name']} ({own})")
        return Answer(False, f"{name}: no default route")


def allows(policy, action, resource):
    """The Sid of the statement of an endpoint's policy that allows the call, or None."""
    for statement in policy["Statement"]:
        actions, resources = _list(statement["Action"]), _list(statement["Resource"])
        if statement["Effect"] == "Allow" and any(_like(action, pattern) for pattern in actions) and any(_like(resource, pattern) for pattern in resources):
            return statement["Sid"]
    return None


def _list(value):
    return value if isinstance(value, list) else [value]


def _like(text, pattern):
    """IAM's wildcards, for patterns with stars at the end or with nothing but a star."""
    return text == pattern or (pattern.endswith("*") and text.startswith(pattern[:-1]))


def read(plan):
    """The network in the JSON of a plan."""
    network = Network()
    of = {}
    for resource in _resources(plan["planned_values"]["root_module"]):
        if resource["type"] not in READ | IRRELEVANT:
            raise Unmodelled(f"{resource['address']}: add to network.py what {resource['type']} means for reachability")
        of.setdefault(resource["type"], []).append((resource["address"], resource["values"]))

    for address, values in of["aws_subnet"]:
        network.subnets[values["id"]] = {"name": _short(address), "cidr": ipaddress.ip_network(values["cidr_block"]), "zone": values["availability_zone"]}
        network.tables[values["id"]] = of["aws_vpc"][0][1]["default_route_table_id"]
    for _, values in of["aws_route_table_association"]:
        network.tables[values["subnet_id"]] = values["route_table_id"]
    for _, values in of["aws_route_table"] + of.get("aws_default_route_table", []):
        for route in values.get("route") or []:
            _add_route(network, values["id"], route["cidr_block"], route)
    for _, values in of["aws_route"]:
        _add_route(network, values["route_table_id"], values["destination_cidr_block"], values)
    for address, values in of["aws_nat_gateway"]:
        network.natted[values["id"]] = {"subnet": values["subnet_id"], "name": _short(address)}

    for kind, side in (("egress", network.out), ("ingress", network.into)):
        for address, values in of[f"aws_vpc_security_group_{kind}_rule"]:
            side.setdefault(values["security_group_id"], []).append(_rule_of(address, values))
        for address, values in of["aws_security_group"] + of.get("aws_default_security_group", []):
            for inline in values.get(kind) or []:
                for cidr in inline["cidr_blocks"] or []:
                    side.setdefault(values["id"], []).append(_rule_of(address, {**inline, "cidr_ipv4": cidr, "ip_protocol": inline["protocol"]}))

    for address, values in of["aws_vpc_endpoint"]:
        service = values["service_name"].split(".", 3)[3]
        policy = json.loads(values["policy"])
        if values["vpc_endpoint_type"] == "Gateway":
            network.gateways.append({"service": service, "prefix_list": values["prefix_list_id"], "tables": values["route_table_ids"], "policy": policy})
        else:
            host = Host(f"endpoint {service}", tuple(sorted(values["subnet_ids"])), tuple(values["security_group_ids"]))
            network.endpoints[service] = {"host": host, "policy": policy}
            network.hosts[host.name] = host

    balancer, link = of["aws_lb"][0][1], of["aws_apigatewayv2_vpc_link"][0][1]
    groups = {_short(address): values["id"] for address, values in of["aws_security_group"]}
    ecs = tuple(sorted(balancer["subnets"]))
    network.hosts["load balancer"] = Host("load balancer", ecs, tuple(balancer["security_groups"]), not balancer["internal"])
    network.hosts["VPC link"] = Host("VPC link", tuple(sorted(link["subnet_ids"])), tuple(link["security_group_ids"]))
    # Phase 2's tasks: the subnets and the group in the outputs.
    outputs = {name: output["value"] for name, output in plan["planned_values"]["outputs"].items() if "value" in output}
    network.hosts["task"] = Host("task", tuple(sorted(outputs["ecs_subnet_ids"])), (outputs["task_security_group_id"],))
    for address, values in of.get("aws_instance", []):
        name = _short(address).replace("app_server", "app server")
        network.hosts[name] = Host(name, (values["subnet_id"],), tuple(values["vpc_security_group_ids"]), values["associate_public_ip_address"])
    assert groups["task"] == outputs["task_security_group_id"], "the output is not the group aws_security_group.task"

    network.api = {
        "closed": of["aws_apigatewayv2_api"][0][1].get("disable_execute_api_endpoint") is True,
        "routes": {values["route_key"]: values["authorization_type"] for _, values in of["aws_apigatewayv2_route"]},
        "integration": of["aws_apigatewayv2_integration"][0][1],
        "link": link["id"],
        "listeners": {values["arn"]: values for _, values in of["aws_lb_listener"]},
    }
    return network


def _resources(module):
    yield from (resource for resource in module.get("resources", []) if resource["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _add_route(network, table, cidr, route):
    targets = {kind: route[member] for kind, member in ROUTE_TARGETS.items() if route.get(member)}
    if len(targets) != 1:
        raise Unmodelled(f"a route to {cidr} by {targets or 'an unknown target'}")
    [(kind, target)] = targets.items()
    network.routes.setdefault(table, []).append((ipaddress.ip_network(cidr), kind, target))


def _rule_of(address, values):
    if values.get("cidr_ipv6"):
        raise Unmodelled(f"{address}: the network has no IPv6")
    everything = values["ip_protocol"] == "-1"
    return {
        "name": _short(address),
        "from": 0 if everything else int(values["from_port"]),
        "to": 65535 if everything else int(values["to_port"]),
        "cidr": ipaddress.ip_network(values["cidr_ipv4"]) if values.get("cidr_ipv4") else None,
        "group": values.get("referenced_security_group_id"),
        "prefix_list": values.get("prefix_list_id"),
    }


def _short(address):
    """aws_subnet.ecs["a"] -> ecs a"""
    return address.split(".", 1)[1].replace('["', " ").replace('"]', "").replace("[0]", "")

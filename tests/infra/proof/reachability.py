"""Compares who can reach whom in a plan with what the architecture promises.

It proves three things. Each promise holds, with its reason. Nothing else is possible: it tries every pair of hosts on
every port that any rule names (and on some that no rule names), and only the promised pairs may connect. And the
check can fail (holes.py).
"""

from itertools import product

from proof.network import Answer, Host, read

ACCOUNT, REGION = "111122223333", "eu-central-1"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/fargate-pipeline"
SOMEBODY_ELSES = f"arn:aws:ecr:{REGION}:444455556666:repository/fargate-pipeline"
LAYERS = f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/layer"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/fargate-pipeline:*"
PORTS = {22, 80, 443, 3389, 8080, 9000}


def rows(network, dynamodb=False):
    """(from, to, promised, answer): everything that the architecture promises. dynamodb: the application may use it."""
    yield from _front_door(network)
    yield from _tasks(network, dynamodb)
    for name in ("task", "load balancer", "VPC link"):
        host = network.hosts[name]
        yield name, "internet:443", False, network.can_reach_internet(host, 443)
        yield "internet", f"{name}:443", False, network.can_be_reached_from_internet(host, 443)
    yield from _routes_alone(network)
    yield from _app_servers(network)


def _front_door(network):
    balancer, task, link = network.hosts["load balancer"], network.hosts["task"], network.hosts["VPC link"]
    api, integration = network.api, network.api["integration"]
    listener = api["listeners"].get(integration["integration_uri"])
    linked = integration["connection_id"] == api["link"] and listener is not None
    port = listener["port"] if listener else 0
    routes = "; ".join(f"{key}: {kind}" for key, kind in sorted(api["routes"].items()))
    yield "internet", "API", True, Answer(not api["closed"], routes)
    yield "API", "VPC link", True, Answer(linked, "the integration names the VPC link and the listener")
    yield "VPC link", f"load balancer:{port}", True, network.can_connect(link, balancer, port)
    yield "VPC link", "task:8080", False, network.can_connect(link, task, 8080)
    yield "load balancer", "task:8080", True, network.can_connect(balancer, task, 8080)


def _tasks(network, dynamodb):
    task = network.hosts["task"]
    yield "task", "ECR login", True, network.can_call(task, "ecr.api", "ecr:GetAuthorizationToken", "*")
    yield "task", "ECR manifests", True, network.can_call(task, "ecr.dkr", "ecr:BatchGetImage", REPOSITORY)
    yield "task", "ECR of others", False, network.can_call(task, "ecr.dkr", "ecr:BatchGetImage", SOMEBODY_ELSES)
    yield "task", "ECR layers in S3", True, network.can_use_gateway(task, "s3", "s3:GetObject", LAYERS)
    yield "task", "any other bucket", False, network.can_use_gateway(task, "s3", "s3:GetObject", "arn:aws:s3:::somebody-elses-bucket/object")
    yield "task", "DynamoDB", dynamodb, network.can_use_gateway(task, "dynamodb", "dynamodb:GetItem", TABLE)
    yield "task", "logs", True, network.can_call(task, "logs", "logs:PutLogEvents", LOGS)


def _routes_alone(network):
    """Hosts whose own groups are open, so that only the routes and the groups of the others decide."""
    task = network.hosts["task"]
    tiers = {"public": [], "enterprise": [], "ecs": []}
    for subnet, kept in sorted(network.subnets.items(), key=lambda item: item[1]["name"]):
        tiers[kept["name"].split()[0]].append(Host(f"any host, {kept['name']}", (subnet,), None))
    for host in tiers["enterprise"]:
        yield host.name, "internet:443", True, _own_zone(network.can_reach_internet(host, 443))
        yield "internet", host.name, False, network.can_be_reached_from_internet(host, 443)
        yield host.name, "task:8080", False, network.can_connect(host, task, 8080)
    for host in tiers["ecs"]:
        # Not even with its own public address.
        public = Host(host.name, host.subnets, None, public=True)
        yield host.name, "internet:443", False, network.can_reach_internet(public, 443)
        yield "internet", host.name, False, network.can_be_reached_from_internet(public, 443)
    for enterprise, ecs in product(tiers["enterprise"], tiers["ecs"]):
        yield enterprise.name, ecs.name, True, _local(network, enterprise, ecs)
        yield ecs.name, enterprise.name, True, _local(network, ecs, enterprise)


def _app_servers(network):
    task = network.hosts["task"]
    for name in sorted(name for name in network.hosts if name.startswith("app server")):
        server = network.hosts[name]
        yield "task", f"{name}:8080", True, network.can_connect(task, server, 8080)
        yield name, "task:8080", False, network.can_connect(server, task, 8080)
        yield name, "internet:443", True, _own_zone(network.can_reach_internet(server, 443))
        yield name, "ECR login", True, network.can_call(server, "ecr.api", "ecr:GetAuthorizationToken", "*")
        yield "internet", f"{name}:8080", False, network.can_be_reached_from_internet(server, 8080)


def _own_zone(answer):
    """A route through another zone's NAT gateway works, but was not promised."""
    return answer if "OTHER zone" not in answer.why else Answer(False, answer.why)


def _local(network, sender, receiver):
    """Both addresses are inside the VPC's ranges: local routes connect them, unless another route overrides them."""
    for subnet, other in product(sender.subnets, receiver.subnets):
        for destination, _, target in network.routes.get(network.tables[subnet], []):
            if destination.prefixlen > 0 and destination.overlaps(network.subnets[other]["cidr"]):
                return Answer(False, f"another route sends {destination} to {target}")
    return Answer(True, "local routes of the VPC's ranges")


def promised_connections(network, test_port):
    """Every (sender, receiver, port) inside the VPC that the architecture requires."""
    endpoints = [name for name in network.hosts if name.startswith("endpoint ")]
    servers = [name for name in network.hosts if name.startswith("app server")]
    listener = network.api["listeners"][network.api["integration"]["integration_uri"]]
    wanted = {("VPC link", "load balancer", listener["port"]), ("load balancer", "task", 8080)}
    wanted |= {(sender, endpoint, 443) for sender in ("task", *servers) for endpoint in endpoints}
    wanted |= {("task", server, 8080) for server in servers}
    wanted |= {(server, "load balancer", test_port) for server in servers if test_port}
    return wanted


def connections(network):
    """Every (sender, receiver, port) inside the VPC that the plan's groups allow."""
    rules = [rule for side in (network.out, network.into) for group in side.values() for rule in group]
    ports = PORTS | {rule[end] for rule in rules for end in ("from", "to")}
    return {
        (sender.name, receiver.name, port)
        for sender, receiver, port in product(network.hosts.values(), network.hosts.values(), sorted(ports))
        if sender is not receiver and network.can_connect(sender, receiver, port)
    }


def findings(plan, test_port=None, open_routes=(), dynamodb=False):
    """What is wrong in the plan, as sentences. Empty if every promise is kept and nothing else is open.

    test_port: the port of the test listener, with blue/green. open_routes: routes that a variable makes public.
    dynamodb: application_services contains it.
    """
    network = read(plan)
    wrong = [
        f"{sender} -> {receiver}: {'must' if promised else 'must not'} be possible ({answer.why})"
        for sender, receiver, promised, answer in rows(network, dynamodb)
        if bool(answer) != promised
    ]
    wanted, found = promised_connections(network, test_port), connections(network)
    wrong += [f"{sender} -> {receiver}:{port} is open, but was not promised" for sender, receiver, port in sorted(found - wanted)]
    wrong += [f"{sender} -> {receiver}:{port} is closed" for sender, receiver, port in sorted(wanted - found)]
    wrong += [
        f"route {key} of the API does not require a token"
        for key, kind in sorted(network.api["routes"].items())
        if kind != "JWT" and key not in open_routes
    ]
    return wrong


def table(plan):
    """The promises of a plan as the lines of a table."""
    lines = [(sender, receiver, "yes" if answer else "no", answer.why) for sender, receiver, _, answer in rows(read(plan))]
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    return [f"{sender:<{widths[0]}}  ->  {receiver:<{widths[1]}}  {answer:<3}  {why}" for sender, receiver, answer, why in lines]

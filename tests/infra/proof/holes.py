"""Plans with a hole. The reachability check must find each, which proves that it can fail."""

import copy
import json

from proof.network import Unmodelled
from proof.reachability import findings

OPEN_POLICY = json.dumps({"Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}]})


class Plan:
    """A copy of a plan that can be changed."""

    def __init__(self, plan):
        self.json = copy.deepcopy(plan)
        self.resources = self.json["planned_values"]["root_module"]["resources"]
        self.of = {resource["address"]: resource["values"] for resource in self.resources}

    def id(self, address):
        return self.of[address]["id"]

    def add(self, kind, values):
        self.resources.append({"address": f"{kind}.hole", "mode": "managed", "type": kind, "values": values})

    def add_rule(self, kind, group, port=443, cidr=None, sender=None):
        self.add(f"aws_vpc_security_group_{kind}_rule", {
            "security_group_id": self.id(f"aws_security_group.{group}"),
            "referenced_security_group_id": sender and self.id(f"aws_security_group.{sender}"),
            "cidr_ipv4": cidr,
            "ip_protocol": "tcp",
            "from_port": port,
            "to_port": port,
        })


def way_out_of_ecs(plan):
    """a default route on the ECS route table"""
    plan.add("aws_route", {**plan.of["aws_route.public_internet"], "route_table_id": plan.id("aws_route_table.ecs")})


def ecs_on_enterprise_table(plan):
    """an ECS subnet on an enterprise route table"""
    plan.of['aws_route_table_association.ecs["a"]']["route_table_id"] = plan.id('aws_route_table.enterprise["a"]')


def crossed_zones(plan):
    """traffic of zone a through zone b's NAT gateway"""
    plan.of['aws_route.enterprise_internet["a"]']["nat_gateway_id"] = plan.id('aws_nat_gateway.this["b"]')


def private_nat(plan):
    """a NAT gateway in an enterprise subnet"""
    plan.of['aws_nat_gateway.this["b"]']["subnet_id"] = plan.id('aws_subnet.enterprise["b"]')


def diverted_local_route(plan):
    """a route that sends the range of an ECS subnet elsewhere"""
    route = {**plan.of['aws_route.enterprise_internet["a"]'], "destination_cidr_block": "172.10.1.0/25"}
    plan.add("aws_route", route)


def vpc_link_past_the_balancer(plan):
    """VPC link and tasks open to each other"""
    plan.add_rule("egress", "vpc_link", port=8080, sender="task")
    plan.add_rule("ingress", "task", port=8080, sender="vpc_link")


def open_ssh(plan):
    """port 22 of the tasks open to the ECS subnets, and the load balancer open to all destinations"""
    plan.add_rule("ingress", "task", port=22, cidr="172.10.0.0/16")
    plan.add_rule("egress", "alb", port=22, cidr="0.0.0.0/0")


def balancer_cut_off(plan):
    """the path from the load balancer to the tasks on another port"""
    rule = plan.of["aws_vpc_security_group_egress_rule.alb_to_task"]
    rule["from_port"] = rule["to_port"] = 8079


def public_balancer(plan):
    """a load balancer in the public subnets, open to the world"""
    plan.of["aws_lb.this"].update(internal=False, subnets=[plan.id('aws_subnet.public["a"]')])
    plan.add_rule("ingress", "alb", cidr="0.0.0.0/0")


def no_logs(plan):
    """no logs endpoint"""
    plan.of['aws_vpc_endpoint.interface["logs"]']["service_name"] = "com.amazonaws.eu-central-1.sqs"


def every_bucket(plan):
    """S3 open to every bucket"""
    plan.of["aws_vpc_endpoint.s3"]["policy"] = OPEN_POLICY


def s3_elsewhere(plan):
    """the S3 gateway on another route table"""
    plan.of["aws_vpc_endpoint.s3"]["route_table_ids"] = [plan.id("aws_route_table.public")]


def everybodys_images(plan):
    """ECR open to every account's repositories"""
    plan.of['aws_vpc_endpoint.interface["ecr.dkr"]']["policy"] = OPEN_POLICY


def no_token(plan):
    """the API's catch-all route without a token"""
    plan.of["aws_apigatewayv2_route.default"]["authorization_type"] = "NONE"


def second_door(plan):
    """another route without a token"""
    plan.add("aws_apigatewayv2_route", {"route_key": "GET /admin", "authorization_type": "NONE"})


def open_endpoints(plan):
    """the endpoints open to the whole range, and the load balancer open to all destinations"""
    plan.add_rule("ingress", "endpoint", cidr="172.10.0.0/16")
    plan.add_rule("egress", "alb", cidr="172.10.0.0/16")


def peering(plan):
    """a peering connection, which the proof does not know"""
    plan.add("aws_vpc_peering_connection", {})


HOLES = [
    way_out_of_ecs, ecs_on_enterprise_table, crossed_zones, private_nat, diverted_local_route,
    vpc_link_past_the_balancer, open_ssh, balancer_cut_off, public_balancer, no_logs, every_bucket,
    s3_elsewhere, everybodys_images, no_token, second_door, open_endpoints, peering,
]  # fmt: skip


def unseen(plan):
    """The holes that the check does not find."""
    missed = []
    for hole in HOLES:
        broken = Plan(plan)
        hole(broken)
        try:
            if not findings(broken.json):
                missed.append(hole.__doc__)
        except Unmodelled:
            pass
    return missed

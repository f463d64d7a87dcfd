# The network of the reference architecture: six subnets, their routes, and no way out of the ECS subnets.
# (The reachability check reads from the plan that no other route or rule exists.)

mock_provider "aws" {
  source = "./tests/mocks"
}

run "architecture" {
  assert {
    condition     = aws_vpc.this.cidr_block == "10.0.0.0/16"
    error_message = "the VPC's primary range"
  }
  assert {
    condition     = aws_vpc_ipv4_cidr_block_association.containers.cidr_block == "172.10.0.0/16"
    error_message = "the containers' secondary range"
  }
  assert {
    condition     = aws_vpc_ipv4_cidr_block_association.containers.vpc_id == aws_vpc.this.id
    error_message = "the secondary range belongs to the VPC"
  }
  assert {
    condition     = aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "private DNS names of endpoints need both"
  }

  # Subnets.

  assert {
    condition     = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == { a = "10.0.10.0/24", b = "10.0.20.0/24" }
    error_message = "public subnets"
  }
  assert {
    condition     = { for zone, subnet in aws_subnet.enterprise : zone => subnet.cidr_block } == { a = "10.0.1.0/24", b = "10.0.2.0/24" }
    error_message = "enterprise subnets"
  }
  assert {
    condition     = { for zone, subnet in aws_subnet.ecs : zone => subnet.cidr_block } == { a = "172.10.1.0/24", b = "172.10.2.0/24" }
    error_message = "ECS subnets"
  }
  assert {
    condition = alltrue([
      for tier in [aws_subnet.public, aws_subnet.enterprise, aws_subnet.ecs] :
      { for zone, subnet in tier : zone => subnet.availability_zone } == { a = "eu-central-1a", b = "eu-central-1b" }
    ])
    error_message = "one subnet of each tier per zone"
  }
  assert {
    condition = alltrue(flatten([
      for tier in [aws_subnet.public, aws_subnet.enterprise, aws_subnet.ecs] :
      [for subnet in tier : !subnet.map_public_ip_on_launch && subnet.vpc_id == aws_vpc.this.id]
    ]))
    error_message = "no subnet assigns public addresses, all are in the VPC"
  }

  # Public subnets route to the internet gateway.

  assert {
    condition = (
      aws_route.public_internet.route_table_id == aws_route_table.public.id &&
      aws_route.public_internet.destination_cidr_block == "0.0.0.0/0" &&
      aws_route.public_internet.gateway_id == aws_internet_gateway.this.id
    )
    error_message = "the public default route"
  }
  assert {
    condition = alltrue([
      for zone, association in aws_route_table_association.public :
      association.subnet_id == aws_subnet.public[zone].id && association.route_table_id == aws_route_table.public.id
    ]) && length(aws_route_table_association.public) == 2
    error_message = "both public subnets use the public route table"
  }
  assert {
    condition = alltrue([
      for zone, gateway in aws_nat_gateway.this :
      gateway.subnet_id == aws_subnet.public[zone].id && gateway.allocation_id == aws_eip.nat[zone].id
    ]) && length(aws_nat_gateway.this) == 2
    error_message = "one NAT gateway per zone, in that zone's public subnet, with its own address"
  }

  # Enterprise subnets use the NAT gateway of their own zone.

  assert {
    condition = alltrue([
      for zone, route in aws_route.enterprise_internet :
      route.route_table_id == aws_route_table.enterprise[zone].id &&
      route.destination_cidr_block == "0.0.0.0/0" &&
      route.nat_gateway_id == aws_nat_gateway.this[zone].id
    ]) && length(aws_route.enterprise_internet) == 2
    error_message = "each enterprise subnet uses the NAT gateway of its zone"
  }
  assert {
    condition = alltrue([
      for zone, association in aws_route_table_association.enterprise :
      association.subnet_id == aws_subnet.enterprise[zone].id && association.route_table_id == aws_route_table.enterprise[zone].id
    ]) && length(aws_route_table_association.enterprise) == 2
    error_message = "each enterprise subnet uses its zone's route table"
  }
  assert {
    condition     = aws_nat_gateway.this["a"].id != aws_nat_gateway.this["b"].id
    error_message = "two NAT gateways"
  }

  # Ecs subnets are isolated.

  assert {
    condition = alltrue([
      for zone, association in aws_route_table_association.ecs :
      association.subnet_id == aws_subnet.ecs[zone].id && association.route_table_id == aws_route_table.ecs.id
    ]) && length(aws_route_table_association.ecs) == 2
    error_message = "both ECS subnets use the isolated route table"
  }
  assert {
    condition = !contains(
      concat([aws_route.public_internet.route_table_id], [for route in aws_route.enterprise_internet : route.route_table_id]),
      aws_route_table.ecs.id
    )
    error_message = "no default route on the ECS route table"
  }
  assert {
    condition     = length(aws_route_table.ecs.route) == 0
    error_message = "no route inside the ECS route table"
  }

  # Nothing by default.

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "the default security group allows nothing"
  }
  assert {
    condition     = length(aws_default_route_table.this.route) == 0
    error_message = "the main route table has no routes"
  }

  # Flow logs show rejected packets.

  assert {
    condition     = aws_flow_log.this[0].traffic_type == "REJECT" && aws_flow_log.this[0].vpc_id == aws_vpc.this.id
    error_message = "rejected packets of the VPC are logged"
  }
}

run "flow_logs_can_be_off" {
  variables { flow_logs = "OFF" }

  assert {
    condition     = length(aws_flow_log.this) + length(aws_cloudwatch_log_group.flow) + length(aws_iam_role.flow_logs) == 0
    error_message = "no flow log resources are created"
  }
}

run "named_zones" {
  state_key = "named_zones"
  variables { availability_zones = ["eu-central-1c", "eu-central-1a"] }

  assert {
    condition     = { for zone, subnet in aws_subnet.ecs : zone => subnet.availability_zone } == { a = "eu-central-1c", b = "eu-central-1a" }
    error_message = "the configured zones, in their order"
  }
}

run "zones_stick" {
  state_key = "named_zones"
  variables { availability_zones = ["eu-central-1a", "eu-central-1b"] }

  assert {
    condition = alltrue([
      for tier in [aws_subnet.public, aws_subnet.enterprise, aws_subnet.ecs] :
      { for zone, subnet in tier : zone => subnet.availability_zone } == { a = "eu-central-1c", b = "eu-central-1a" }
    ])
    error_message = "another list of zones leaves the subnets where they are"
  }
  expect_failures = [check.zones] # and the plan warns about it
}

run "other_ranges" {
  variables {
    vpc_cidr                = "10.20.0.0/16"
    container_cidr          = "100.64.0.0/16"
    public_subnet_cidrs     = ["10.20.10.0/24", "10.20.20.0/24"]
    enterprise_subnet_cidrs = ["10.20.1.0/24", "10.20.2.0/24"]
    ecs_subnet_cidrs        = ["100.64.1.0/24", "100.64.2.0/24"]
  }

  assert {
    condition     = aws_vpc_ipv4_cidr_block_association.containers.cidr_block == "100.64.0.0/16"
    error_message = "100.64.0.0/16, which the README recommends, is accepted"
  }
}

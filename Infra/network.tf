# VPC, subnets, gateways, routes. Two rules are decided here: ECS subnets have no route to the internet, and an
# enterprise subnet uses the NAT gateway of its own zone.

data "aws_availability_zones" "available" {
  # checkov:skip=CKV_AWS_394:only zones in vpc_link_zones.json are used, local zones are filtered out, and subnets keep their zones
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  # AWS's table of the zones that support VPC links of HTTP APIs, by region. The file names its source and date.
  vpc_link_zones = jsondecode(file("${path.module}/vpc_link_zones.json")).zones

  # Whether a zone supports VPC links, by name. Only IDs are the same in every account.
  zone_supports_vpc_links = {
    for name, id in zipmap(data.aws_availability_zones.available.names, data.aws_availability_zones.available.zone_ids) :
    name => contains(local.vpc_link_zones[var.aws_region], id)
  }
  vpc_link_zone_names = [for name in sort(keys(local.zone_supports_vpc_links)) : name if local.zone_supports_vpc_links[name]]

  zone_names = length(var.availability_zones) == 2 ? var.availability_zones : slice(local.vpc_link_zone_names, 0, 2)

  zones_without_vpc_links = [for name in local.zone_names : name if !lookup(local.zone_supports_vpc_links, name, true)]

  # The keys are a and b, not zone names, so that resource addresses in the state are the same in every region.
  zones = {
    for index, key in ["a", "b"] : key => {
      name            = local.zone_names[index]
      public_cidr     = var.public_subnet_cidrs[index]
      enterprise_cidr = var.enterprise_subnet_cidrs[index]
      ecs_cidr        = var.ecs_subnet_cidrs[index]
    }
  }

  # Subnets outside of the range they belong to; checked below, before anything is created.
  misplaced_subnets = [
    for pair in concat(
      [for cidr in concat(var.public_subnet_cidrs, var.enterprise_subnet_cidrs) : { subnet = cidr, range = var.vpc_cidr }],
      [for cidr in var.ecs_subnet_cidrs : { subnet = cidr, range = var.container_cidr }],
    ) : "${pair.subnet} is not inside ${pair.range}"
    if split("/", pair.subnet)[1] < split("/", pair.range)[1]
    || cidrsubnet("${split("/", pair.subnet)[0]}/${split("/", pair.range)[1]}", 0, 0) != pair.range
  ]

  # Subnets that overlap, i.e. that are equal after cutting both to the shorter prefix.
  subnet_cidrs = concat(var.public_subnet_cidrs, var.enterprise_subnet_cidrs, var.ecs_subnet_cidrs)
  overlapping_subnets = [
    for pair in setproduct(range(length(local.subnet_cidrs)), range(length(local.subnet_cidrs))) :
    "${local.subnet_cidrs[pair[0]]} and ${local.subnet_cidrs[pair[1]]}"
    if pair[0] < pair[1] && length(distinct([
      for index in pair : cidrsubnet("${split("/", local.subnet_cidrs[index])[0]}/${min([for other in pair : split("/", local.subnet_cidrs[other])[1]]...)}", 0, 0)
    ])) == 1
  ]
}

resource "aws_vpc" "this" {
  cidr_block = var.vpc_cidr

  # The private DNS names of the endpoints need both.
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name_prefix }

  lifecycle {
    precondition {
      condition     = length(local.zones_without_vpc_links) == 0
      error_message = "availability_zones: ${join(", ", local.zones_without_vpc_links)} cannot have VPC links (vpc_link_zones.json). Zones of ${var.aws_region} that can: ${join(", ", local.vpc_link_zone_names)}."
    }
    precondition {
      condition     = length(local.misplaced_subnets) == 0
      error_message = "Subnets are in the wrong range: ${join("; ", local.misplaced_subnets)}."
    }
    precondition {
      condition     = length(local.overlapping_subnets) == 0
      error_message = "Subnets overlap: ${join("; ", local.overlapping_subnets)}."
    }
  }
}

# A subnet keeps the zone that it was created in. Otherwise another list, yours or AWS's, would replace the subnets of a
# live stack, and with them its NAT gateways and everything that runs there.
check "zones" {
  assert {
    condition     = length(var.availability_zones) == 0 || tolist([for key in ["a", "b"] : aws_subnet.ecs[key].availability_zone]) == var.availability_zones
    error_message = "The stack stays in ${join(", ", [for key in ["a", "b"] : aws_subnet.ecs[key].availability_zone])}: subnets keep the zones that they were created in. To use ${jsonencode(var.availability_zones)}, create another stack and move the traffic."
  }
}

resource "aws_vpc_ipv4_cidr_block_association" "containers" {
  vpc_id     = aws_vpc.this.id
  cidr_block = var.container_cidr
}

# Without rules: a resource that was not given a security group can neither open nor accept connections.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name_prefix}-default-unused" }
}

# The main route table has no routes: a subnet without an associated route table is isolated.
resource "aws_default_route_table" "this" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  tags                   = { Name = "${var.name_prefix}-default-unused" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name_prefix }
}

# Public subnets: only the NAT gateways.

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = each.value.public_cidr
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name_prefix}-public-${each.key}", Tier = "public" }

  lifecycle {
    ignore_changes = [availability_zone] # see check.zones
  }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name_prefix}-public" }
}

resource "aws_route" "public_internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = local.zones

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

resource "aws_eip" "nat" {
  for_each = local.zones

  domain = "vpc"
  tags   = { Name = "${var.name_prefix}-nat-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = local.zones

  subnet_id     = aws_subnet.public[each.key].id
  allocation_id = aws_eip.nat[each.key].id
  tags          = { Name = "${var.name_prefix}-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

# Enterprise subnets: app servers. They use the NAT gateway of the same zone, so that zones fail independently.

resource "aws_subnet" "enterprise" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = each.value.enterprise_cidr
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name_prefix}-enterprise-${each.key}", Tier = "enterprise" }

  lifecycle {
    ignore_changes = [availability_zone] # see check.zones
  }
}

resource "aws_route_table" "enterprise" {
  for_each = local.zones

  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name_prefix}-enterprise-${each.key}" }
}

resource "aws_route" "enterprise_internet" {
  for_each = local.zones

  route_table_id         = aws_route_table.enterprise[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.key].id
}

resource "aws_route_table_association" "enterprise" {
  for_each = local.zones

  subnet_id      = aws_subnet.enterprise[each.key].id
  route_table_id = aws_route_table.enterprise[each.key].id
}

# ECS subnets: isolated. The route table has only the VPC's local routes, and the S3 endpoint adds its prefix list.

resource "aws_subnet" "ecs" {
  for_each = local.zones

  # The ID comes from the association, not from the VPC, because the range must exist first.
  vpc_id                  = aws_vpc_ipv4_cidr_block_association.containers.vpc_id
  availability_zone       = each.value.name
  cidr_block              = each.value.ecs_cidr
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name_prefix}-ecs-${each.key}", Tier = "ecs" }

  lifecycle {
    ignore_changes = [availability_zone] # see check.zones
  }
}

resource "aws_route_table" "ecs" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name_prefix}-ecs-isolated" }
}

resource "aws_route_table_association" "ecs" {
  for_each = local.zones

  subnet_id      = aws_subnet.ecs[each.key].id
  route_table_id = aws_route_table.ecs.id
}

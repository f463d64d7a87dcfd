# Address ranges and zones. The defaults come from the reference architecture. The validations repeat AWS's
# rules, so that a mistake shows up in the plan and not in the middle of an apply.

variable "vpc_cidr" {
  description = "Primary CIDR block of the VPC, for the public and enterprise subnets."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && var.vpc_cidr == try(cidrsubnet(var.vpc_cidr, 0, 0), "")
    error_message = "vpc_cidr must be an IPv4 network address with its prefix, e.g. 10.0.0.0/16: got \"${var.vpc_cidr}\"."
  }
  validation {
    condition     = try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 28, false)
    error_message = "vpc_cidr: AWS accepts prefix lengths from /16 to /28."
  }
  validation {
    # Two ranges overlap exactly if they are equal after cutting both to the shorter prefix.
    condition = try(!anytrue([
      for refused in ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"] :
      cidrsubnet("${split("/", var.vpc_cidr)[0]}/${min(split("/", var.vpc_cidr)[1], split("/", refused)[1])}", 0, 0)
      == cidrsubnet("${split("/", refused)[0]}/${min(split("/", var.vpc_cidr)[1], split("/", refused)[1])}", 0, 0)
    ]), false)
    error_message = "vpc_cidr ${var.vpc_cidr}: hosts cannot have addresses in 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 (link local) or 224.0.0.0 and above."
  }
}

variable "container_cidr" {
  description = "Secondary CIDR block of the VPC, for the isolated ECS subnets. The default comes from the reference architecture and is public address space (the private range 172.16.0.0/12 starts above it), so the VPC cannot reach internet hosts in 172.10.0.0/16. For a new network, use 100.64.0.0/16."
  type        = string
  default     = "172.10.0.0/16"

  validation {
    condition     = can(cidrhost(var.container_cidr, 0)) && var.container_cidr == try(cidrsubnet(var.container_cidr, 0, 0), "")
    error_message = "container_cidr must be an IPv4 network address with its prefix, e.g. 100.64.0.0/16: got \"${var.container_cidr}\"."
  }
  validation {
    condition     = try(tonumber(split("/", var.container_cidr)[1]) >= 16 && tonumber(split("/", var.container_cidr)[1]) <= 28, false)
    error_message = "container_cidr: AWS accepts prefix lengths from /16 to /28."
  }
  validation {
    # Two ranges overlap exactly if they are equal after cutting both to the shorter prefix.
    condition = try(!anytrue([
      for refused in ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"] :
      cidrsubnet("${split("/", var.container_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
      == cidrsubnet("${split("/", refused)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
    ]), false)
    error_message = "container_cidr ${var.container_cidr}: hosts cannot have addresses in 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 (link local) or 224.0.0.0 and above."
  }
  validation {
    # Two ranges overlap exactly if they are equal after cutting both to the shorter prefix.
    condition = try(
      cidrsubnet("${split("/", var.container_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", var.vpc_cidr)[1])}", 0, 0)
      != cidrsubnet("${split("/", var.vpc_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", var.vpc_cidr)[1])}", 0, 0),
    false)
    error_message = "container_cidr ${var.container_cidr} overlaps vpc_cidr ${var.vpc_cidr}."
  }
  validation {
    # See "CIDR block association restrictions" in the VPC guide: if the primary range belongs to one private
    # family, AWS rejects the other private families and 198.19.0.0/16. It accepts public ranges and 100.64.0.0/10.
    condition = try(!anytrue([
      for refused in setsubtract(
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"],
        [for family in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"] : family
        if cidrsubnet("${split("/", var.vpc_cidr)[0]}/${split("/", family)[1]}", 0, 0) == family]
      ) :
      cidrsubnet("${split("/", var.container_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
      == cidrsubnet("${split("/", refused)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
    ]), false)
    error_message = "container_cidr ${var.container_cidr}: in a VPC with ${var.vpc_cidr}, AWS rejects private ranges of another family (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16) and 198.19.0.0/16. Use 100.64.0.0/16 or a range of the same family."
  }
  validation {
    # A rule from the same table: if the VPC is in 10.0.0.0/15, AWS cannot add a range in 10.0.0.0/16.
    condition = try(!(
      cidrsubnet("${split("/", var.vpc_cidr)[0]}/15", 0, 0) == "10.0.0.0/15" &&
      cidrsubnet("${split("/", var.container_cidr)[0]}/16", 0, 0) == "10.0.0.0/16"
    ), false)
    error_message = "container_cidr ${var.container_cidr}: AWS cannot add a range in 10.0.0.0/16 to a VPC in 10.0.0.0/15. Use 100.64.0.0/16."
  }
  validation {
    # Another rule: if the VPC is in 172.16.0.0/12, AWS cannot add 172.31.0.0/16, the range of default VPCs.
    condition = try(!(
      cidrsubnet("${split("/", var.vpc_cidr)[0]}/12", 0, 0) == "172.16.0.0/12" &&
      cidrsubnet("${split("/", var.container_cidr)[0]}/16", 0, 0) == "172.31.0.0/16"
    ), false)
    error_message = "container_cidr ${var.container_cidr}: AWS cannot add a range in 172.31.0.0/16 to a VPC in 172.16.0.0/12. Use 100.64.0.0/16."
  }
}

variable "availability_zones" {
  description = "Names of the two availability zones, e.g. eu-central-1a and eu-central-1b. Empty uses the first two zones of the region that support VPC links. Subnets keep the zones that they were created in, so a later change has no effect, and the plan warns about it."
  type        = list(string)
  default     = []

  validation {
    condition     = contains([0, 2], length(var.availability_zones)) && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must be empty or contain two different zones: got ${jsonencode(var.availability_zones)}."
  }
  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^${var.aws_region}[a-z]$", zone))])
    error_message = "availability_zones ${jsonencode(var.availability_zones)} must be zones of ${var.aws_region}, e.g. ${var.aws_region}a; local zones do not support VPC links."
  }
}

variable "public_subnet_cidrs" {
  description = "CIDR blocks of the public subnets (NAT gateways), one per zone, inside vpc_cidr."
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]

  validation {
    condition     = length(var.public_subnet_cidrs) == 2 && alltrue([for cidr in var.public_subnet_cidrs : cidr == try(cidrsubnet(cidr, 0, 0), "")])
    error_message = "public_subnet_cidrs must be two IPv4 network addresses with prefix, one per zone: got ${jsonencode(var.public_subnet_cidrs)}."
  }
  validation {
    condition     = alltrue([for cidr in var.public_subnet_cidrs : try(tonumber(split("/", cidr)[1]) >= 16 && tonumber(split("/", cidr)[1]) <= 28, false)])
    error_message = "public_subnet_cidrs: AWS accepts prefix lengths from /16 to /28: got ${jsonencode(var.public_subnet_cidrs)}."
  }
}

variable "enterprise_subnet_cidrs" {
  description = "CIDR blocks of the private enterprise subnets (app servers, with internet access through the zone's NAT gateway), one per zone, inside vpc_cidr."
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]

  validation {
    condition     = length(var.enterprise_subnet_cidrs) == 2 && alltrue([for cidr in var.enterprise_subnet_cidrs : cidr == try(cidrsubnet(cidr, 0, 0), "")])
    error_message = "enterprise_subnet_cidrs must be two IPv4 network addresses with prefix, one per zone: got ${jsonencode(var.enterprise_subnet_cidrs)}."
  }
  validation {
    condition     = alltrue([for cidr in var.enterprise_subnet_cidrs : try(tonumber(split("/", cidr)[1]) >= 16 && tonumber(split("/", cidr)[1]) <= 28, false)])
    error_message = "enterprise_subnet_cidrs: AWS accepts prefix lengths from /16 to /28: got ${jsonencode(var.enterprise_subnet_cidrs)}."
  }
}

variable "ecs_subnet_cidrs" {
  description = "CIDR blocks of the isolated subnets (load balancer, VPC link and tasks), one per zone, inside container_cidr."
  type        = list(string)
  default     = ["172.10.1.0/24", "172.10.2.0/24"]

  validation {
    condition     = length(var.ecs_subnet_cidrs) == 2 && alltrue([for cidr in var.ecs_subnet_cidrs : cidr == try(cidrsubnet(cidr, 0, 0), "")])
    error_message = "ecs_subnet_cidrs must be two IPv4 network addresses with prefix, one per zone: got ${jsonencode(var.ecs_subnet_cidrs)}."
  }
  validation {
    condition     = alltrue([for cidr in var.ecs_subnet_cidrs : try(tonumber(split("/", cidr)[1]) >= 16 && tonumber(split("/", cidr)[1]) <= 27, false)])
    error_message = "ecs_subnet_cidrs: a load balancer needs prefix lengths from /16 to /27: got ${jsonencode(var.ecs_subnet_cidrs)}."
  }
}

variable "interface_endpoints" {
  description = "Additional interface endpoints, by the last part of the service name, e.g. states for com.amazonaws.eu-central-1.states; ecr.api, ecr.dkr and logs always exist. Add secretsmanager or ssm for secrets in a task definition, and kms if the application decrypts data itself. Each costs about 8 USD per month and zone."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z0-9]+([.-][a-z0-9]+)*$", service)) && !startswith(service, "com.amazonaws.")])
    error_message = "interface_endpoints must be names after com.amazonaws.${var.aws_region}., e.g. states or bedrock-runtime: got ${jsonencode(var.interface_endpoints)}. `aws ec2 describe-vpc-endpoint-services` lists them."
  }
  validation {
    condition     = length(setintersection(var.interface_endpoints, ["dynamodb", "s3"])) == 0
    error_message = "interface_endpoints: dynamodb and s3 have gateway endpoints, which cost nothing. Add them to application_services instead."
  }
}

variable "flow_logs" {
  description = "VPC flow logs: REJECT logs only packets that security groups rejected, which quickly shows why a task cannot pull its image; ALL logs everything; OFF logs nothing."
  type        = string
  default     = "REJECT"

  validation {
    condition     = contains(["REJECT", "ALL", "OFF"], var.flow_logs)
    error_message = "flow_logs must be REJECT, ALL or OFF: got \"${var.flow_logs}\"."
  }
}

# Address ranges and zones. The defaults are the architecture's own; the validations are AWS's rules, said
# at plan time instead of in the middle of an apply.

variable "vpc_cidr" {
  description = "Primary range of the VPC: public and enterprise subnets."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && var.vpc_cidr == try(cidrsubnet(var.vpc_cidr, 0, 0), "")
    error_message = "vpc_cidr must be an IPv4 network address with its prefix, e.g. 10.0.0.0/16: got \"${var.vpc_cidr}\"."
  }
  validation {
    condition     = try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 28, false)
    error_message = "vpc_cidr: AWS takes prefixes from /16 to /28."
  }
  validation {
    # Cut to each other's length, two ranges are the same exactly when they overlap.
    condition = try(!anytrue([
      for refused in ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"] :
      cidrsubnet("${split("/", var.vpc_cidr)[0]}/${min(split("/", var.vpc_cidr)[1], split("/", refused)[1])}", 0, 0)
      == cidrsubnet("${split("/", refused)[0]}/${min(split("/", var.vpc_cidr)[1], split("/", refused)[1])}", 0, 0)
    ]), false)
    error_message = "vpc_cidr ${var.vpc_cidr}: no host can have an address of 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 (link local) or 224.0.0.0 and above."
  }
}

variable "container_cidr" {
  description = "Secondary range of the VPC, for the isolated ECS subnets. The default is the architecture's, and it is public address space (172.16.0.0/12 begins above it): real hosts in 172.10.0.0/16 cannot be reached from the VPC. For a new network take 100.64.0.0/16."
  type        = string
  default     = "172.10.0.0/16"

  validation {
    condition     = can(cidrhost(var.container_cidr, 0)) && var.container_cidr == try(cidrsubnet(var.container_cidr, 0, 0), "")
    error_message = "container_cidr must be an IPv4 network address with its prefix, e.g. 100.64.0.0/16: got \"${var.container_cidr}\"."
  }
  validation {
    condition     = try(tonumber(split("/", var.container_cidr)[1]) >= 16 && tonumber(split("/", var.container_cidr)[1]) <= 28, false)
    error_message = "container_cidr: AWS takes prefixes from /16 to /28."
  }
  validation {
    # Cut to each other's length, two ranges are the same exactly when they overlap.
    condition = try(!anytrue([
      for refused in ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"] :
      cidrsubnet("${split("/", var.container_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
      == cidrsubnet("${split("/", refused)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
    ]), false)
    error_message = "container_cidr ${var.container_cidr}: no host can have an address of 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 (link local) or 224.0.0.0 and above."
  }
  validation {
    # Two ranges overlap exactly when they are equal once cut to the shorter prefix.
    condition = try(
      cidrsubnet("${split("/", var.container_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", var.vpc_cidr)[1])}", 0, 0)
      != cidrsubnet("${split("/", var.vpc_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", var.vpc_cidr)[1])}", 0, 0),
    false)
    error_message = "container_cidr ${var.container_cidr} overlaps vpc_cidr ${var.vpc_cidr}."
  }
  validation {
    # "CIDR block association restrictions" of the VPC guide: beside a primary range of one private family,
    # AWS refuses the other private families and 198.19.0.0/16; public space and 100.64.0.0/10 it takes.
    condition = try(!anytrue([
      for refused in setsubtract(
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"],
        [for family in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"] : family
        if cidrsubnet("${split("/", var.vpc_cidr)[0]}/${split("/", family)[1]}", 0, 0) == family]
      ) :
      cidrsubnet("${split("/", var.container_cidr)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
      == cidrsubnet("${split("/", refused)[0]}/${min(split("/", var.container_cidr)[1], split("/", refused)[1])}", 0, 0)
    ]), false)
    error_message = "container_cidr ${var.container_cidr}: beside ${var.vpc_cidr} AWS refuses the private ranges of another family (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16) and 198.19.0.0/16. Take 100.64.0.0/16, or a range of the same family."
  }
  validation {
    # A rule of the same table: where the VPC has a range of 10.0.0.0/15, none of 10.0.0.0/16 can be added.
    condition = try(!(
      cidrsubnet("${split("/", var.vpc_cidr)[0]}/15", 0, 0) == "10.0.0.0/15" &&
      cidrsubnet("${split("/", var.container_cidr)[0]}/16", 0, 0) == "10.0.0.0/16"
    ), false)
    error_message = "container_cidr ${var.container_cidr}: AWS adds no range of 10.0.0.0/16 to a VPC in 10.0.0.0/15. Take 100.64.0.0/16."
  }
  validation {
    # And another one: where the VPC is of 172.16.0.0/12, none of 172.31.0.0/16, the default VPCs' range.
    condition = try(!(
      cidrsubnet("${split("/", var.vpc_cidr)[0]}/12", 0, 0) == "172.16.0.0/12" &&
      cidrsubnet("${split("/", var.container_cidr)[0]}/16", 0, 0) == "172.31.0.0/16"
    ), false)
    error_message = "container_cidr ${var.container_cidr}: AWS adds no range of 172.31.0.0/16 to a VPC in 172.16.0.0/12. Take 100.64.0.0/16."
  }
}

variable "availability_zones" {
  description = "The two zones, by name. Empty takes the region's first two in which a VPC link can stand."
  type        = list(string)
  default     = []

  validation {
    condition     = contains([0, 2], length(var.availability_zones)) && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must be empty or name two different zones: got ${jsonencode(var.availability_zones)}."
  }
  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^${var.aws_region}[a-z]$", zone))])
    error_message = "availability_zones ${jsonencode(var.availability_zones)} must be zones of ${var.aws_region}, like ${var.aws_region}a; local zones have no VPC links."
  }
}

variable "public_subnet_cidrs" {
  description = "Public subnets (NAT gateways), one a zone, inside vpc_cidr."
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]

  validation {
    condition     = length(var.public_subnet_cidrs) == 2 && alltrue([for cidr in var.public_subnet_cidrs : cidr == try(cidrsubnet(cidr, 0, 0), "")])
    error_message = "public_subnet_cidrs must be two IPv4 network addresses with their prefixes, one a zone: got ${jsonencode(var.public_subnet_cidrs)}."
  }
  validation {
    condition     = alltrue([for cidr in var.public_subnet_cidrs : try(tonumber(split("/", cidr)[1]) >= 16 && tonumber(split("/", cidr)[1]) <= 28, false)])
    error_message = "public_subnet_cidrs: AWS takes prefixes from /16 to /28: got ${jsonencode(var.public_subnet_cidrs)}."
  }
}

variable "enterprise_subnet_cidrs" {
  description = "Private enterprise subnets (app servers; out by their zone's NAT), one a zone, inside vpc_cidr."
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]

  validation {
    condition     = length(var.enterprise_subnet_cidrs) == 2 && alltrue([for cidr in var.enterprise_subnet_cidrs : cidr == try(cidrsubnet(cidr, 0, 0), "")])
    error_message = "enterprise_subnet_cidrs must be two IPv4 network addresses with their prefixes, one a zone: got ${jsonencode(var.enterprise_subnet_cidrs)}."
  }
  validation {
    condition     = alltrue([for cidr in var.enterprise_subnet_cidrs : try(tonumber(split("/", cidr)[1]) >= 16 && tonumber(split("/", cidr)[1]) <= 28, false)])
    error_message = "enterprise_subnet_cidrs: AWS takes prefixes from /16 to /28: got ${jsonencode(var.enterprise_subnet_cidrs)}."
  }
}

variable "ecs_subnet_cidrs" {
  description = "Isolated subnets of load balancer, VPC link and tasks, one a zone, inside container_cidr."
  type        = list(string)
  default     = ["172.10.1.0/24", "172.10.2.0/24"]

  validation {
    condition     = length(var.ecs_subnet_cidrs) == 2 && alltrue([for cidr in var.ecs_subnet_cidrs : cidr == try(cidrsubnet(cidr, 0, 0), "")])
    error_message = "ecs_subnet_cidrs must be two IPv4 network addresses with their prefixes, one a zone: got ${jsonencode(var.ecs_subnet_cidrs)}."
  }
  validation {
    condition     = alltrue([for cidr in var.ecs_subnet_cidrs : try(tonumber(split("/", cidr)[1]) >= 16 && tonumber(split("/", cidr)[1]) <= 27, false)])
    error_message = "ecs_subnet_cidrs: a load balancer needs /27 or wider: got ${jsonencode(var.ecs_subnet_cidrs)}."
  }
}

variable "interface_endpoints" {
  description = "Interface endpoints beside ecr.api, ecr.dkr and logs: secretsmanager and ssm for a task definition's secrets, kms where the application decrypts for itself. About 8 USD a month each and zone."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.interface_endpoints, ["secretsmanager", "ssm", "kms", "sts", "sqs", "sns", "events", "monitoring", "xray"])) == 0
    error_message = "interface_endpoints may name secretsmanager, ssm, kms, sts, sqs, sns, events, monitoring, xray (ssmmessages comes with enable_execute_command): got ${jsonencode(var.interface_endpoints)}."
  }
}

variable "flow_logs" {
  description = "VPC flow logs: REJECT (what the security groups refused: the quickest answer to a task that cannot pull its image), ALL or OFF."
  type        = string
  default     = "REJECT"

  validation {
    condition     = contains(["REJECT", "ALL", "OFF"], var.flow_logs)
    error_message = "flow_logs must be REJECT, ALL or OFF: got \"${var.flow_logs}\"."
  }
}

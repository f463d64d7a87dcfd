# The plan rejects ranges and zones that AWS would reject in the middle of an apply, with the name of the variable.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "private_range_of_another_family" {
  command = plan
  variables {
    container_cidr   = "172.16.0.0/16"
    ecs_subnet_cidrs = ["172.16.1.0/24", "172.16.2.0/24"]
  }
  expect_failures = [var.container_cidr]
}

run "a_range_that_holds_a_private_one" {
  command = plan
  variables {
    container_cidr   = "192.168.64.0/18"
    ecs_subnet_cidrs = ["192.168.64.0/24", "192.168.65.0/24"]
  }
  expect_failures = [var.container_cidr]
}

run "the_benchmark_range" {
  command = plan
  variables {
    container_cidr   = "198.19.0.0/16"
    ecs_subnet_cidrs = ["198.19.1.0/24", "198.19.2.0/24"]
  }
  expect_failures = [var.container_cidr]
}

run "overlapping_ranges" {
  command = plan
  variables {
    container_cidr   = "10.0.128.0/17"
    ecs_subnet_cidrs = ["10.0.129.0/24", "10.0.130.0/24"]
  }
  expect_failures = [var.container_cidr]
}

run "the_range_that_aws_keeps_from_10_0_0_0_15" {
  command = plan
  variables {
    vpc_cidr                = "10.1.0.0/16"
    container_cidr          = "10.0.0.0/16"
    public_subnet_cidrs     = ["10.1.10.0/24", "10.1.20.0/24"]
    enterprise_subnet_cidrs = ["10.1.1.0/24", "10.1.2.0/24"]
    ecs_subnet_cidrs        = ["10.0.1.0/24", "10.0.2.0/24"]
  }
  expect_failures = [var.container_cidr]
}

run "the_range_that_aws_keeps_from_172_16_0_0_12" {
  command = plan
  variables {
    vpc_cidr                = "172.20.0.0/16"
    container_cidr          = "172.31.0.0/16"
    public_subnet_cidrs     = ["172.20.10.0/24", "172.20.20.0/24"]
    enterprise_subnet_cidrs = ["172.20.1.0/24", "172.20.2.0/24"]
    ecs_subnet_cidrs        = ["172.31.1.0/24", "172.31.2.0/24"]
  }
  expect_failures = [var.container_cidr]
}

run "link_local_addresses" {
  command = plan
  variables {
    vpc_cidr = "169.254.0.0/16"
  }
  expect_failures = [var.vpc_cidr]
}

run "addresses_that_no_host_can_have" {
  command = plan
  variables {
    container_cidr   = "240.0.0.0/16"
    ecs_subnet_cidrs = ["240.0.1.0/24", "240.0.2.0/24"]
  }
  expect_failures = [var.container_cidr]
}

run "subnets_that_overlap" {
  command = plan
  variables {
    public_subnet_cidrs = ["10.0.0.0/22", "10.0.20.0/24"]
  }
  expect_failures = [aws_vpc.this]
}

run "subnet_with_a_host_in_it" {
  command = plan
  variables {
    enterprise_subnet_cidrs = ["10.0.1.7/24", "10.0.2.0/24"]
  }
  expect_failures = [var.enterprise_subnet_cidrs]
}

run "subnet_too_small" {
  command = plan
  variables {
    public_subnet_cidrs = ["10.0.10.0/29", "10.0.20.0/24"]
  }
  expect_failures = [var.public_subnet_cidrs]
}

run "subnet_too_small_for_a_load_balancer" {
  command = plan
  variables {
    ecs_subnet_cidrs = ["172.10.1.0/28", "172.10.2.0/24"]
  }
  expect_failures = [var.ecs_subnet_cidrs]
}

run "same_family_is_taken" {
  command = plan
  variables {
    container_cidr   = "10.2.0.0/16"
    ecs_subnet_cidrs = ["10.2.1.0/24", "10.2.2.0/24"]
  }
  assert {
    condition     = aws_vpc_ipv4_cidr_block_association.containers.cidr_block == "10.2.0.0/16"
    error_message = "a second range of 10.0.0.0/8 beside 10.0.0.0/16 is allowed"
  }
}

run "prefix_too_short" {
  command = plan
  variables {
    container_cidr = "100.64.0.0/10"
  }
  expect_failures = [var.container_cidr]
}

run "address_that_is_no_network" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.1/16"
  }
  expect_failures = [var.vpc_cidr]
}

run "subnet_outside_of_its_range" {
  command = plan
  variables {
    ecs_subnet_cidrs = ["172.10.1.0/24", "172.11.2.0/24"]
  }
  expect_failures = [aws_vpc.this]
}

run "three_zones" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  }
  expect_failures = [var.availability_zones]
}

run "the_same_zone_twice" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a", "eu-central-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "zone_of_another_region" {
  command = plan
  variables {
    availability_zones = ["eu-west-1a", "eu-west-1b"]
  }
  expect_failures = [var.availability_zones]
}

run "a_local_zone" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a", "eu-central-1-ham-1a"]
  }
  expect_failures = [var.availability_zones]
}

# Which zones the subnets are in: only zones that support VPC links.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "paris_has_a_zone_without_vpc_links" {
  state_key = "paris"
  variables { aws_region = "eu-west-3" }

  override_data {
    target = data.aws_availability_zones.available
    values = {
      names    = ["eu-west-3a", "eu-west-3b", "eu-west-3c"]
      zone_ids = ["euw3-az1", "euw3-az2", "euw3-az3"]
    }
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.ecs : zone => subnet.availability_zone } == { a = "eu-west-3a", b = "eu-west-3c" }
    error_message = "the first two zones that support VPC links"
  }
}

run "names_differ_between_accounts" {
  state_key = "paris"
  command   = plan
  variables { aws_region = "eu-west-3" }

  override_data {
    target = data.aws_availability_zones.available
    values = {
      names    = ["eu-west-3a", "eu-west-3b", "eu-west-3c"]
      zone_ids = ["euw3-az2", "euw3-az3", "euw3-az1"]
    }
  }

  assert {
    condition     = local.vpc_link_zone_names == ["eu-west-3b", "eu-west-3c"]
    error_message = "the ID of a zone decides, not its name"
  }
}

run "a_chosen_zone_without_vpc_links" {
  state_key = "seoul"
  command   = plan
  variables {
    aws_region         = "ap-northeast-2"
    availability_zones = ["ap-northeast-2a", "ap-northeast-2d"]
  }

  override_data {
    target = data.aws_availability_zones.available
    values = {
      names    = ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c", "ap-northeast-2d"]
      zone_ids = ["apne2-az1", "apne2-az2", "apne2-az3", "apne2-az4"]
    }
  }
  expect_failures = [aws_vpc.this]
}

run "a_region_without_vpc_links" {
  state_key = "zurich"
  command   = plan
  variables { aws_region = "eu-central-2" }
  expect_failures = [var.aws_region]
}

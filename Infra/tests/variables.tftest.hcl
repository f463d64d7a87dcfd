# What AWS would refuse in the middle of an apply is refused while planning, by the variable's name.

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

run "name_too_long_for_a_target_group" {
  command = plan
  variables {
    name_prefix = "a-name-of-21-letters-"
  }
  expect_failures = [var.name_prefix]
}

run "certificate_without_its_name" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
  }
  expect_failures = [var.certificate_domain]
}

run "unknown_endpoint" {
  command = plan
  variables {
    interface_endpoints = ["secretmanager"]
  }
  expect_failures = [var.interface_endpoints]
}

run "unknown_retention" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "secret_with_a_wildcard" {
  command = plan
  variables {
    secret_arns = ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:*"]
  }
  expect_failures = [var.secret_arns]
}

run "origin_with_a_wildcard" {
  command = plan
  variables {
    cors_allowed_origins = ["https://*.example.com"]
  }
  expect_failures = [var.cors_allowed_origins]
}

run "callback_without_tls" {
  command = plan
  variables {
    cognito_callback_urls = ["http://app.example.com/callback"]
  }
  expect_failures = [var.cognito_callback_urls]
}

run "sign_in_host_that_aws_refuses" {
  command = plan
  variables {
    cognito_domain_prefix = "my-aws-login"
  }
  expect_failures = [var.cognito_domain_prefix]
}

run "pipelines_without_a_state" {
  command = plan
  variables {
    github = { owner = "octo", repository = "web" }
  }
  expect_failures = [var.state]
}

run "wildcard_in_a_repository" {
  command = plan
  variables {
    state  = { bucket = "states", key = "web/terraform.tfstate", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state" }
    github = { owner = "octo", repository = "*" }
  }
  expect_failures = [var.github]
}

run "one_environment_for_apply_and_deploy" {
  command = plan
  variables {
    state  = { bucket = "states", key = "web/terraform.tfstate", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state" }
    github = { owner = "octo", repository = "web", apply_environments = ["production"] }
  }
  expect_failures = [var.github]
}

run "half_an_id" {
  command = plan
  variables {
    state  = { bucket = "states", key = "web/terraform.tfstate", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state" }
    github = { owner = "octo", repository = "web", repository_id = "34" }
  }
  expect_failures = [var.github]
}

run "wildcard_in_a_branch" {
  command = plan
  variables {
    state  = { bucket = "states", key = "web/terraform.tfstate", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state" }
    gitlab = { project_path = "group/project", deploy_branches = ["release-*"] }
  }
  expect_failures = [var.gitlab]
}

run "wildcard_in_a_subject" {
  command = plan
  variables {
    state   = { bucket = "states", key = "web/terraform.tfstate", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state" }
    jenkins = { issuer = "jenkins.example.com/oidc", deploy_subjects = ["https://jenkins.example.com/job/*"] }
  }
  expect_failures = [var.jenkins]
}

run "wildcard_in_a_principal" {
  command = plan
  variables {
    state                   = { bucket = "states", key = "web/terraform.tfstate", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state" }
    pipeline_principal_arns = { apply = ["arn:aws:iam::111122223333:role/*"] }
  }
  expect_failures = [var.pipeline_principal_arns]
}

run "a_policy_whose_service_the_boundary_does_not_admit" {
  command = plan
  variables {
    task_role_policy_arns = ["arn:aws:iam::111122223333:policy/orders-table"]
  }
  expect_failures = [var.application_services]
}

run "an_application_that_rules_identities" {
  command = plan
  variables {
    application_services = ["iam"]
  }
  expect_failures = [var.application_services]
}

run "a_name_that_load_balancers_keep" {
  command = plan
  variables {
    name_prefix = "internal-web"
  }
  expect_failures = [var.name_prefix]
}

run "a_name_that_the_sign_in_page_cannot_have" {
  command = plan
  variables {
    name_prefix = "my-aws-app"
  }
  expect_failures = [var.cognito_domain_prefix]
}

run "a_local_zone" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a", "eu-central-1-ham-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "certificate_of_another_region" {
  command = plan
  variables {
    certificate_arn    = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
    certificate_domain = "internal.example.com"
  }
  expect_failures = [var.certificate_arn]
}

run "images_of_another_region" {
  command = plan
  variables {
    pull_repository_arns = ["arn:aws:ecr:us-east-1:111122223333:repository/base"]
  }
  expect_failures = [var.pull_repository_arns]
}

run "a_secret_without_a_way_to_it" {
  command = plan
  variables {
    secret_arns = ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf"]
  }
  expect_failures = [var.secret_arns]
}

run "a_state_key_that_begins_with_a_slash" {
  command = plan
  variables {
    state = { bucket = "states", key = "/terraform.tfstate", kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state" }
  }
  expect_failures = [var.state]
}

run "half_a_port" {
  command = plan
  variables {
    container_port = 80.5
  }
  expect_failures = [var.container_port]
}

run "an_instance_type_that_is_none" {
  command = plan
  variables {
    app_server_instance_type = "small"
  }
  expect_failures = [var.app_server_instance_type]
}

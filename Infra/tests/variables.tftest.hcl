# The plan rejects what AWS would reject in the middle of an apply, with the name of the variable.

mock_provider "aws" {
  source = "./tests/mocks"
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

run "the_tag_that_decides_what_may_be_changed" {
  command = plan
  variables {
    tags = { Stack = "of-somebody-else" }
  }
  expect_failures = [var.tags]
}

run "endpoint_by_its_full_name" {
  command = plan
  variables {
    interface_endpoints = ["com.amazonaws.eu-central-1.states"]
  }
  expect_failures = [var.interface_endpoints]
}

run "interface_endpoint_for_a_gateway_service" {
  command = plan
  variables {
    interface_endpoints = ["dynamodb"]
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

# The state bucket is versioned, encrypted, accessible by TLS only, and not public. The tests only plan, because
# prevent_destroy would not let them clean up after an apply.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

override_resource {
  target          = aws_s3_bucket.state
  override_during = plan
  values = {
    id  = "states"
    arn = "arn:aws:s3:::states"
  }
}

override_resource {
  target          = aws_kms_key.state
  override_during = plan
  values = {
    arn    = "arn:aws:kms:eu-central-1:111122223333:key/state"
    key_id = "state"
  }
}

run "bucket" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "fargate-pipeline-111122223333-eu-central-1-tfstate"
    error_message = "a globally unique name"
  }
  assert {
    condition     = one(aws_s3_bucket_versioning.state.versioning_configuration).status == "Enabled"
    error_message = "versions are kept"
  }
  assert {
    condition = (
      one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms" &&
      one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).kms_master_key_id == "arn:aws:kms:eu-central-1:111122223333:key/state"
    )
    error_message = "encrypted with its own key"
  }
  assert {
    condition = (
      aws_s3_bucket_public_access_block.state.block_public_acls && aws_s3_bucket_public_access_block.state.block_public_policy &&
      aws_s3_bucket_public_access_block.state.ignore_public_acls && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    )
    error_message = "nothing public"
  }
  assert {
    condition = one(jsondecode(aws_s3_bucket_policy.state.policy).Statement) == {
      Action    = "s3:*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
      Effect    = "Deny"
      Principal = "*"
      Resource  = ["arn:aws:s3:::states", "arn:aws:s3:::states/*"]
      Sid       = "TlsOnly"
    }
    error_message = "accessible by TLS only"
  }
  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.state.rule : one(rule.expiration).days if rule.id == "plans"]) == 7
    error_message = "plans expire, because they contain secrets"
  }
  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.state.rule :
      one(rule.expiration).expired_object_delete_marker &&
      one(rule.noncurrent_version_expiration).noncurrent_days == 365 && one(rule.noncurrent_version_expiration).newer_noncurrent_versions == 100
      if rule.id == "old-versions"
    ])
    error_message = "delete markers of locks go, and states keep a hundred old versions at least"
  }
  assert {
    condition = (
      strcontains(output.backend_hcl, "key    = \"fargate-pipeline/terraform.tfstate\"") &&
      strcontains(output.state_tfvars, "key         = \"fargate-pipeline/terraform.tfstate\"") &&
      output.state_uri == "s3://states/fargate-pipeline/terraform.tfstate"
    )
    error_message = "backend, setting and URI refer to the same state"
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0
    error_message = "no OIDC provider by default: an account can have only one per issuer"
  }
}

run "oidc" {
  command = plan

  variables {
    oidc_issuers = {
      "https://token.actions.githubusercontent.com" = ["sts.amazonaws.com"]
      "https://gitlab.com"                          = ["https://gitlab.com"]
    }
  }

  assert {
    condition = {
      for url, provider in aws_iam_openid_connect_provider.this : provider.url => tolist(provider.client_id_list)
      } == {
      "https://token.actions.githubusercontent.com" = tolist(["sts.amazonaws.com"])
      "https://gitlab.com"                          = tolist(["https://gitlab.com"])
    }
    error_message = "one provider per issuer"
  }
}

run "issuer_with_a_slash" {
  command = plan

  variables {
    oidc_issuers = { "https://gitlab.com/" = ["https://gitlab.com"] }
  }
  expect_failures = [var.oidc_issuers]
}

run "name_too_long_for_a_bucket" {
  command = plan

  variables {
    name_prefix = "a-name-of-21-letters-x"
  }
  expect_failures = [var.name_prefix]
}

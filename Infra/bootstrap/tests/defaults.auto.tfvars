# Every variable with its default. `terraform test` reads your terraform.tfvars, too; this file wins over it, so that the
# tests do not depend on your settings.

name_prefix      = "fargate-pipeline"
aws_region       = "eu-central-1"
aws_account_id   = null
bucket_name      = null
oidc_issuers     = {}
plan_expiry_days = 7
tags             = {}

terraform {
  # 1.9 for validations that refer to other variables; 1.11 for the S3 backend's lock file and for
  # mocks whose values are known during planning.
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # The location of the state comes from `terraform init -backend-config=FILE` (see backend.example.hcl). `encrypt` is
  # not set: without it the bucket's default applies, which is its KMS key; with it, but without a key, S3's own key.
  backend "s3" {
    use_lockfile = true
  }
}

provider "aws" {
  region = var.aws_region

  # Refuses to change another account, even if the current credentials belong to one.
  allowed_account_ids = var.aws_account_id == null ? null : [var.aws_account_id]

  default_tags {
    tags = merge({
      ManagedBy = "terraform"
      Stack     = var.name_prefix
    }, var.tags)
  }
}

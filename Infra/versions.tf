terraform {
  # 1.9 for validations that look at other variables, 1.11 for the S3 backend's own lock file and for
  # mocks whose values are known while planning.
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # Where the state lies is not written here: `terraform init -backend-config=FILE` (backend.example.hcl). Nor is
  # `encrypt`: without it the bucket's own default counts, which is its KMS key; with it, and no key named, S3's.
  backend "s3" {
    use_lockfile = true
  }
}

provider "aws" {
  region = var.aws_region

  # Refuses to touch another account, whatever credentials happen to be around.
  allowed_account_ids = var.aws_account_id == null ? null : [var.aws_account_id]

  default_tags {
    tags = merge({
      ManagedBy = "terraform"
      Stack     = var.name_prefix
    }, var.tags)
  }
}

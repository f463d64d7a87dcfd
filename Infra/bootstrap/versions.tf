terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # Starts with a local state, because the bucket does not exist yet. The README shows how to move it there.
}

provider "aws" {
  region              = var.aws_region
  allowed_account_ids = var.aws_account_id == null ? null : [var.aws_account_id]

  default_tags {
    tags = merge({
      ManagedBy = "terraform"
      Stack     = "${var.name_prefix}-bootstrap"
    }, var.tags)
  }
}

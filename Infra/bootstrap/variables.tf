variable "name_prefix" {
  description = "First part of the bucket name, the key alias and the state's path. At most 20 characters, because a bucket name has at most 63 and also contains the account ID and the region."
  type        = string
  default     = "fargate-pipeline"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name_prefix)) && length(var.name_prefix) <= 20
    error_message = "name_prefix must have 1-20 lower-case letters, digits and single hyphens, and start with a letter: got \"${var.name_prefix}\"."
  }
}

variable "aws_region" {
  description = "Region of the state bucket, e.g. eu-central-1."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be a region code, e.g. eu-central-1: got \"${var.aws_region}\"."
  }
}

variable "aws_account_id" {
  description = "AWS account ID that your credentials must belong to; null allows any account."
  type        = string
  default     = null

  validation {
    condition     = var.aws_account_id == null || can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "aws_account_id must be 12 digits, in quotes to keep leading zeros."
  }
}

variable "bucket_name" {
  description = "Name of the state bucket, which must be globally unique; null uses name_prefix, the account ID and the region."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must have 3-63 lower-case letters, digits, dots and hyphens."
  }
}

variable "oidc_issuers" {
  description = "Token issuers that the account will trust, with their audiences, e.g. https://token.actions.githubusercontent.com, https://gitlab.com or a Jenkins URL. An account can have only one provider per issuer, so leave out those that already exist (`aws iam list-open-id-connect-providers`)."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for url, audiences in var.oidc_issuers : can(regex("^https://[^?#]+[^/?#]$", url)) && length(audiences) > 0])
    error_message = "oidc_issuers must map an https URL without a trailing slash to at least one audience, e.g. { \"https://token.actions.githubusercontent.com\" = [\"sts.amazonaws.com\"] }."
  }
}

variable "plan_expiry_days" {
  description = "Days after which saved plans are deleted. Plans contain all values in plain text."
  type        = number
  default     = 7

  validation {
    condition     = var.plan_expiry_days >= 1
    error_message = "plan_expiry_days must be at least 1."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to ManagedBy and Stack."
  type        = map(string)
  default     = {}
}

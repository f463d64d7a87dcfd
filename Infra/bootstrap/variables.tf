variable "name_prefix" {
  description = "First part of the bucket's and the key's name, and of the state's path. A bucket's name holds 63 characters, account and region among them, so this one 20."
  type        = string
  default     = "fargate-pipeline"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name_prefix)) && length(var.name_prefix) <= 20
    error_message = "name_prefix must be 1-20 lower-case letters, digits and single hyphens, beginning with a letter: got \"${var.name_prefix}\"."
  }
}

variable "aws_region" {
  description = "Region of the state bucket, e.g. eu-central-1."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must look like eu-central-1: got \"${var.aws_region}\"."
  }
}

variable "aws_account_id" {
  description = "Account this must be applied to; null takes whatever account the credentials belong to."
  type        = string
  default     = null

  validation {
    condition     = var.aws_account_id == null || can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "aws_account_id must be twelve digits, in quotes so that leading zeros survive."
  }
}

variable "bucket_name" {
  description = "Name of the state bucket, unique in the world; null takes name_prefix, the account's id and the region."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be 3-63 lower-case letters, digits, dots and hyphens."
  }
}

variable "oidc_issuers" {
  description = "Issuers whose tokens the account shall trust, with their audiences: https://token.actions.githubusercontent.com, https://gitlab.com, a Jenkins. One an account: leave out those that it has (`aws iam list-open-id-connect-providers`)."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for url, audiences in var.oidc_issuers : can(regex("^https://[^?#]+[^/?#]$", url)) && length(audiences) > 0])
    error_message = "oidc_issuers maps an https URL without a slash at the end to at least one audience, e.g. { \"https://token.actions.githubusercontent.com\" = [\"sts.amazonaws.com\"] }."
  }
}

variable "plan_expiry_days" {
  description = "Days after which saved plans are removed. They hold every value in clear."
  type        = number
  default     = 7

  validation {
    condition     = var.plan_expiry_days >= 1
    error_message = "plan_expiry_days must be at least 1."
  }
}

variable "tags" {
  description = "Tags for every resource, beside ManagedBy and Stack."
  type        = map(string)
  default     = {}
}

# General settings: name, account, region, tags. The other variables are grouped by topic:
# variables_network.tf, variables_service.tf, variables_api.tf, variables_pipeline.tf.

variable "name_prefix" {
  description = "Prefix of all resource names. Also the default name of the ECS service and the task definition family. At most 20 characters, because load balancer and target group names allow 32."
  type        = string
  default     = "fargate-pipeline"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name_prefix)) && length(var.name_prefix) <= 20
    error_message = "name_prefix must have 1-20 lower-case letters, digits and single hyphens, and start with a letter: got \"${var.name_prefix}\"."
  }
  validation {
    condition     = !startswith(var.name_prefix, "internal-")
    error_message = "name_prefix must not start with internal-, which AWS reserves for load balancer names."
  }
}

variable "aws_region" {
  description = "AWS region of all resources, e.g. eu-central-1."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be a region code, e.g. eu-central-1: got \"${var.aws_region}\"."
  }
  validation {
    condition     = !can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region)) || contains(keys(local.vpc_link_zones), var.aws_region)
    error_message = "aws_region: API Gateway has no VPC links for HTTP APIs in ${var.aws_region}. Regions that have them: ${join(", ", keys(local.vpc_link_zones))}. If AWS has added yours since, add it to vpc_link_zones.json."
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

variable "tags" {
  description = "Tags for every resource, in addition to ManagedBy and Stack."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, _ in var.tags : !startswith(lower(name), "aws:")])
    error_message = "tags: keys must not start with aws:, which AWS reserves."
  }
  validation {
    condition     = alltrue([for name, _ in var.tags : lower(name) != "stack"])
    error_message = "tags: the key Stack must not be set. It is always name_prefix, because the apply role may change only what has that tag."
  }
}

variable "deletion_protection" {
  description = "Protects the load balancer and the user pool against deletion. Set it to false and apply before you run `terraform destroy`."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Retention of container, API and flow logs, in days. Must be a value that CloudWatch Logs supports, e.g. 30, 90 or 365."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

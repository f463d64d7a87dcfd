# Who and where: the name, the account, the region. The other variables stand beside their concern:
# variables_network.tf, variables_service.tf, variables_api.tf, variables_pipeline.tf.

variable "name_prefix" {
  description = "Name of everything made here; also the ECS service's and the task definition's name unless they are given. Load balancer and target group names allow 32 characters, so this one allows 20."
  type        = string
  default     = "fargate-pipeline"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name_prefix)) && length(var.name_prefix) <= 20
    error_message = "name_prefix must be 1-20 lower-case letters, digits and single hyphens, beginning with a letter: got \"${var.name_prefix}\"."
  }
  validation {
    condition     = !startswith(var.name_prefix, "internal-")
    error_message = "name_prefix must not begin with internal-, which AWS keeps for load balancers' own names."
  }
}

variable "aws_region" {
  description = "Region of everything made here, e.g. eu-central-1."
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

variable "tags" {
  description = "Tags for every resource, beside ManagedBy and Stack."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, _ in var.tags : !startswith(lower(name), "aws:")])
    error_message = "tags must not begin with aws:, which AWS keeps for itself."
  }
}

variable "deletion_protection" {
  description = "Guards the load balancer and the user pool against deletion. Set false, and apply, before `terraform destroy`."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long container, API and flow logs are kept, in days; one of the values CloudWatch Logs knows."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

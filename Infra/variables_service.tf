# What deployments (phase 2) will run: names, port, health check, and what the platform must provide for it.

variable "service_name" {
  description = "Name of the ECS service, which the first deployment creates; null uses name_prefix."
  type        = string
  default     = null

  validation {
    condition     = var.service_name == null || can(regex("^[A-Za-z0-9_-]{1,255}$", var.service_name))
    error_message = "service_name may contain 1-255 letters, digits, hyphens and underscores."
  }
}

variable "task_family" {
  description = "Family of the task definitions, which deployments register; null uses name_prefix."
  type        = string
  default     = null

  validation {
    condition     = var.task_family == null || can(regex("^[A-Za-z0-9_-]{1,255}$", var.task_family))
    error_message = "task_family may contain 1-255 letters, digits, hyphens and underscores."
  }
}

variable "container_name" {
  description = "Name of the container that serves requests."
  type        = string
  default     = "app"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.container_name))
    error_message = "container_name may contain 1-255 letters, digits, hyphens and underscores."
  }
}

variable "container_port" {
  description = "Port the container listens on."
  type        = number
  default     = 8080

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535 && floor(var.container_port) == var.container_port
    error_message = "container_port must be a port number, 1-65535: got ${var.container_port}."
  }
}

variable "health_check_path" {
  description = "Path of the load balancer's health check; status codes 200-399 are healthy."
  type        = string
  default     = "/health"

  validation {
    condition     = can(regex("^/[!-z|~]*$", var.health_check_path)) && length(var.health_check_path) <= 1024
    error_message = "health_check_path must start with / and must not contain spaces or braces: got \"${var.health_check_path}\"."
  }
}

variable "health_check_interval_seconds" {
  description = "Interval between two health checks, in seconds. A task is healthy after three successful checks, so a deployment takes at least three intervals."
  type        = number
  default     = 10

  validation {
    condition     = var.health_check_interval_seconds >= 5 && var.health_check_interval_seconds <= 300 && floor(var.health_check_interval_seconds) == var.health_check_interval_seconds
    error_message = "health_check_interval_seconds must be a whole number, 5-300."
  }
}

variable "deregistration_delay_seconds" {
  description = "Time a stopping task gets to finish its requests, in seconds. AWS's default of 300 makes every deployment five minutes longer."
  type        = number
  default     = 30

  validation {
    condition     = var.deregistration_delay_seconds >= 0 && var.deregistration_delay_seconds <= 3600 && floor(var.deregistration_delay_seconds) == var.deregistration_delay_seconds
    error_message = "deregistration_delay_seconds must be a whole number, 0-3600."
  }
}

variable "certificate_arn" {
  description = "ARN of the ACM certificate for the internal listener, which then uses HTTPS on port 443. If null, the listener uses HTTP on port 80, inside the VPC only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate."
  }
  validation {
    condition     = try(split(":", var.certificate_arn)[3] == var.aws_region, var.certificate_arn == null)
    error_message = "certificate_arn must be in ${var.aws_region}, the region of the load balancer."
  }
}

variable "certificate_domain" {
  description = "Domain name in the certificate, which API Gateway verifies when it connects. Required with certificate_arn."
  type        = string
  default     = null

  validation {
    condition     = (var.certificate_arn == null) == (var.certificate_domain == null)
    error_message = "set both certificate_arn and certificate_domain, or neither."
  }
}

variable "alb_access_logs_bucket" {
  description = "S3 bucket for the load balancer's access logs; null disables them (the API's own access log contains every request)."
  type        = string
  default     = null

  validation {
    condition     = var.alb_access_logs_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.alb_access_logs_bucket))
    error_message = "alb_access_logs_bucket must be a bucket name, without s3:// and path."
  }
}

variable "container_insights" {
  description = "Container Insights of the cluster: enhanced, enabled or disabled. enabled costs a few USD per month and service, enhanced costs more."
  type        = string
  default     = "enabled"

  validation {
    condition     = contains(["enhanced", "enabled", "disabled"], var.container_insights)
    error_message = "container_insights must be enhanced, enabled or disabled: got \"${var.container_insights}\"."
  }
}

variable "enable_execute_command" {
  description = "Enables ECS Exec (a shell in a running task): creates an ssmmessages endpoint and grants the task role the permissions for it."
  type        = bool
  default     = false
}

variable "enable_blue_green" {
  description = "Creates what ECS needs to shift traffic between two target groups (BLUE_GREEN, LINEAR, CANARY): a second target group, a test listener, listener rules and the infrastructure role."
  type        = bool
  default     = false
}

variable "test_listener_port" {
  description = "Port of the test listener that enable_blue_green creates."
  type        = number
  default     = 9000

  validation {
    condition     = var.test_listener_port >= 1 && var.test_listener_port <= 65535 && floor(var.test_listener_port) == var.test_listener_port && !contains([80, 443], var.test_listener_port)
    error_message = "test_listener_port must be a port number, 1-65535, other than 80 and 443, which the production listener uses."
  }
}

variable "pull_repository_arns" {
  description = "ARNs of other ECR repositories that tasks may pull from, e.g. for sidecars. They must be in this region, and isolated subnets cannot reach any other registry."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.pull_repository_arns : can(regex("^arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/[^*?]+$", arn))])
    error_message = "pull_repository_arns must be ARNs of ECR repositories, without wildcards."
  }
  validation {
    condition     = alltrue([for arn in var.pull_repository_arns : try(split(":", arn)[3], "") == var.aws_region])
    error_message = "pull_repository_arns must be in ${var.aws_region}, because the VPC endpoints reach no other region."
  }
}

variable "secret_arns" {
  description = "ARNs of the Secrets Manager secrets and SSM parameters that task definitions use in `secrets`. The execution role may read only these. Each service also needs its entry in interface_endpoints."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_arns : can(regex("^arn:[a-z-]+:(secretsmanager|ssm):[a-z0-9-]+:[0-9]{12}:(secret:|parameter/)[^*?]+$", arn))])
    error_message = "secret_arns must be ARNs of Secrets Manager secrets or SSM parameters, without wildcards."
  }
  validation {
    condition     = alltrue([for arn in var.secret_arns : try(split(":", arn)[3], "") == var.aws_region && contains(var.interface_endpoints, try(split(":", arn)[2], ""))])
    error_message = "secret_arns must be in ${var.aws_region}, and tasks in isolated subnets need an endpoint to read them: add secretsmanager or ssm to interface_endpoints."
  }
}

variable "secret_kms_key_arns" {
  description = "ARNs of the customer managed KMS keys that encrypt the secrets in secret_arns; not needed for AWS managed keys. The service decrypts the secret, so you need no kms endpoint for it."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_kms_key_arns : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", arn))])
    error_message = "secret_kms_key_arns must be ARNs of KMS keys, without wildcards."
  }
}

variable "task_role_policy_arns" {
  description = "ARNs of managed policies for the task role, which the application uses. If empty, the application has no AWS permissions."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.task_role_policy_arns : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?]+$", arn))])
    error_message = "task_role_policy_arns must be ARNs of managed policies, without wildcards."
  }
}

variable "application_services" {
  description = "AWS services that the application may use at all, by IAM prefix, e.g. dynamodb, sqs, s3. The permissions boundary of the roles allows only these; task_role_policy_arns grants the actual permissions. dynamodb and s3 also open their gateway endpoints; for any other service add its interface_endpoints. A person must apply a change, because pipelines may not change the boundary."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.application_services : can(regex("^[a-z][a-z0-9-]*$", service)) && !contains(["account", "iam", "organizations"], service)])
    error_message = "application_services must be IAM service prefixes, e.g. dynamodb; account, iam and organizations are not allowed: got ${jsonencode(var.application_services)}."
  }
  validation {
    condition     = length(var.task_role_policy_arns) == 0 || length(var.application_services) > 0
    error_message = "application_services must list the services that task_role_policy_arns grants access to; otherwise the permissions boundary blocks them all."
  }
}

variable "untagged_image_days" {
  description = "Days after which ECR deletes untagged images. Tagged images never expire, because a lifecycle rule cannot know which of them a task definition still uses."
  type        = number
  default     = 30

  validation {
    condition     = var.untagged_image_days >= 1 && floor(var.untagged_image_days) == var.untagged_image_days
    error_message = "untagged_image_days must be a whole number, at least 1."
  }
}

variable "app_server_instance_type" {
  description = "Instance type of the app servers (one per zone, in the enterprise subnets), e.g. t4g.small; null creates none."
  type        = string
  default     = null

  validation {
    condition     = var.app_server_instance_type == null || can(regex("^[a-z][a-z0-9-]+\\.[a-z0-9-]+$", var.app_server_instance_type))
    error_message = "app_server_instance_type must be an instance type, e.g. t4g.small."
  }
}

variable "app_server_port" {
  description = "Port of the app servers that tasks may connect to."
  type        = number
  default     = 8080

  validation {
    condition     = var.app_server_port >= 1 && var.app_server_port <= 65535 && floor(var.app_server_port) == var.app_server_port
    error_message = "app_server_port must be a port number, 1-65535."
  }
}

# What phase 2 will run: names, port, health check, and what the platform must offer for it.

variable "service_name" {
  description = "Name of the ECS service that phase 2 creates; null takes name_prefix."
  type        = string
  default     = null

  validation {
    condition     = var.service_name == null || can(regex("^[A-Za-z0-9_-]{1,255}$", var.service_name))
    error_message = "service_name takes letters, digits, hyphens and underscores."
  }
}

variable "task_family" {
  description = "Family of the task definitions that phase 2 registers; null takes name_prefix."
  type        = string
  default     = null

  validation {
    condition     = var.task_family == null || can(regex("^[A-Za-z0-9_-]{1,255}$", var.task_family))
    error_message = "task_family takes letters, digits, hyphens and underscores."
  }
}

variable "container_name" {
  description = "Name of the container that answers requests."
  type        = string
  default     = "app"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.container_name))
    error_message = "container_name takes letters, digits, hyphens and underscores."
  }
}

variable "container_port" {
  description = "Port on which that container listens."
  type        = number
  default     = 8080

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535 && floor(var.container_port) == var.container_port
    error_message = "container_port must be a port, 1-65535: got ${var.container_port}."
  }
}

variable "health_check_path" {
  description = "Path that the load balancer asks for; 200-399 is healthy."
  type        = string
  default     = "/health"

  validation {
    condition     = can(regex("^/[!-z|~]*$", var.health_check_path)) && length(var.health_check_path) <= 1024
    error_message = "health_check_path must begin with / and hold no blanks or braces: got \"${var.health_check_path}\"."
  }
}

variable "health_check_interval_seconds" {
  description = "Pause between two health checks. Three good answers make a task healthy, so three intervals are the least that a deployment takes."
  type        = number
  default     = 10

  validation {
    condition     = var.health_check_interval_seconds >= 5 && var.health_check_interval_seconds <= 300 && floor(var.health_check_interval_seconds) == var.health_check_interval_seconds
    error_message = "health_check_interval_seconds must be whole seconds, 5-300."
  }
}

variable "deregistration_delay_seconds" {
  description = "How long a task that leaves may finish its requests. AWS's default of 300 makes every deployment five minutes longer."
  type        = number
  default     = 30

  validation {
    condition     = var.deregistration_delay_seconds >= 0 && var.deregistration_delay_seconds <= 3600 && floor(var.deregistration_delay_seconds) == var.deregistration_delay_seconds
    error_message = "deregistration_delay_seconds must be whole seconds, 0-3600."
  }
}

variable "certificate_arn" {
  description = "ACM certificate for the internal listener. With it the listener speaks HTTPS on 443; null: HTTP on 80, inside the VPC only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate."
  }
  validation {
    condition     = try(split(":", var.certificate_arn)[3] == var.aws_region, var.certificate_arn == null)
    error_message = "certificate_arn: a load balancer takes certificates of its own region, ${var.aws_region}."
  }
}

variable "certificate_domain" {
  description = "Name in that certificate, which API Gateway checks when it connects. Needed with certificate_arn."
  type        = string
  default     = null

  validation {
    condition     = (var.certificate_arn == null) == (var.certificate_domain == null)
    error_message = "certificate_arn and certificate_domain belong together: give both or neither."
  }
}

variable "alb_access_logs_bucket" {
  description = "Bucket for the load balancer's access logs; null: none (the API's own access log has every request)."
  type        = string
  default     = null

  validation {
    condition     = var.alb_access_logs_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.alb_access_logs_bucket))
    error_message = "alb_access_logs_bucket must be a bucket's name, without s3:// and path."
  }
}

variable "container_insights" {
  description = "Container Insights of the cluster: enhanced, enabled or disabled. enabled costs a few USD a month and service, enhanced more."
  type        = string
  default     = "enabled"

  validation {
    condition     = contains(["enhanced", "enabled", "disabled"], var.container_insights)
    error_message = "container_insights must be enhanced, enabled or disabled: got \"${var.container_insights}\"."
  }
}

variable "enable_execute_command" {
  description = "Lets people run a shell in a task (ECS Exec): an ssmmessages endpoint and the task role's rights for it."
  type        = bool
  default     = false
}

variable "enable_blue_green" {
  description = "Makes what ECS needs to shift traffic between two target groups (BLUE_GREEN, LINEAR, CANARY): the second group, a test listener, listener rules and the infrastructure role."
  type        = bool
  default     = false
}

variable "test_listener_port" {
  description = "Port of the test listener of enable_blue_green."
  type        = number
  default     = 9000

  validation {
    condition     = var.test_listener_port >= 1 && var.test_listener_port <= 65535 && floor(var.test_listener_port) == var.test_listener_port && !contains([80, 443], var.test_listener_port)
    error_message = "test_listener_port must be a port other than the production listener's."
  }
}

variable "pull_repository_arns" {
  description = "ECR repositories beside this stack's from which tasks may pull (sidecars, base services), of this region. Isolated subnets reach no other registry."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.pull_repository_arns : can(regex("^arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/[^*?]+$", arn))])
    error_message = "pull_repository_arns must be ARNs of ECR repositories, without wildcards."
  }
  validation {
    condition     = alltrue([for arn in var.pull_repository_arns : try(split(":", arn)[3], "") == var.aws_region])
    error_message = "pull_repository_arns must lie in ${var.aws_region}: the endpoints lead to no other region."
  }
}

variable "secret_arns" {
  description = "Secrets Manager secrets and SSM parameters that task definitions name in `secrets`; the execution role may read exactly these. Needs the matching entry in interface_endpoints."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_arns : can(regex("^arn:[a-z-]+:(secretsmanager|ssm):[a-z0-9-]+:[0-9]{12}:(secret:|parameter/)[^*?]+$", arn))])
    error_message = "secret_arns must be ARNs of Secrets Manager secrets or SSM parameters, without wildcards."
  }
  validation {
    condition     = alltrue([for arn in var.secret_arns : try(split(":", arn)[3], "") == var.aws_region && contains(var.interface_endpoints, try(split(":", arn)[2], ""))])
    error_message = "secret_arns: tasks in isolated subnets reach secrets of ${var.aws_region} only, and by an endpoint: add secretsmanager or ssm to interface_endpoints."
  }
}

variable "secret_kms_key_arns" {
  description = "Customer keys under which those secrets lie; none for secrets under AWS's own keys. Decryption happens at the service, so no kms endpoint is needed for it."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_kms_key_arns : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", arn))])
    error_message = "secret_kms_key_arns must be ARNs of KMS keys, without wildcards."
  }
}

variable "task_role_policy_arns" {
  description = "Managed policies for the application itself. Empty: the application may do nothing in AWS."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.task_role_policy_arns : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?]+$", arn))])
    error_message = "task_role_policy_arns must be ARNs of managed policies."
  }
}

variable "application_services" {
  description = "AWS services that the application may ever use, as IAM writes them (dynamodb, sqs, s3): the boundary of the roles admits these and no others. What of them it may do, task_role_policy_arns say. A change is applied by a person, since no pipeline may change the boundary."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.application_services : can(regex("^[a-z][a-z0-9-]*$", service)) && !contains(["account", "iam", "organizations"], service)])
    error_message = "application_services must be services as IAM writes them, e.g. dynamodb; account, iam and organizations stay outside of every pipeline: got ${jsonencode(var.application_services)}."
  }
  validation {
    condition     = length(var.task_role_policy_arns) == 0 || length(var.application_services) > 0
    error_message = "application_services must name the services of task_role_policy_arns: the roles' boundary admits no others, and the policies would be worth nothing."
  }
}

variable "untagged_image_days" {
  description = "Images without any tag are removed after this many days. Tagged images are never expired: a lifecycle rule cannot know which of them a live task definition names."
  type        = number
  default     = 30

  validation {
    condition     = var.untagged_image_days >= 1 && floor(var.untagged_image_days) == var.untagged_image_days
    error_message = "untagged_image_days must be whole days, at least 1."
  }
}

variable "app_server_instance_type" {
  description = "Instance type of the app servers, one a zone in the enterprise subnets; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.app_server_instance_type == null || can(regex("^[a-z][a-z0-9-]+\\.[a-z0-9-]+$", var.app_server_instance_type))
    error_message = "app_server_instance_type must be an instance type, e.g. t4g.small."
  }
}

variable "app_server_port" {
  description = "Port of the app servers that tasks may reach."
  type        = number
  default     = 8080

  validation {
    condition     = var.app_server_port >= 1 && var.app_server_port <= 65535 && floor(var.app_server_port) == var.app_server_port
    error_message = "app_server_port must be a port, 1-65535."
  }
}

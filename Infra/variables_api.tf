# Who may call the API, and how people sign in.

variable "public_health_route" {
  description = "Adds GET health_check_path to the API without a token, for outside monitors."
  type        = bool
  default     = false
}

variable "cors_allowed_origins" {
  description = "Origins whose pages may call the API. Empty: no CORS. With some, OPTIONS needs no token, as browsers send none."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_allowed_origins : can(regex("^https?://[^/*]+$", origin))])
    error_message = "cors_allowed_origins must be origins like https://app.example.com, without path or wildcard."
  }
}

variable "api_throttle" {
  description = "Requests a second, and burst, that the API lets through."
  type        = object({ rate = number, burst = number })
  default     = { rate = 100, burst = 200 }

  validation {
    condition     = var.api_throttle.rate > 0 && var.api_throttle.burst > 0 && floor(var.api_throttle.burst) == var.api_throttle.burst
    error_message = "api_throttle.rate and .burst must be above zero, and burst a whole number."
  }
}

variable "cognito_domain_prefix" {
  description = "First label of the sign-in page's host name, unique in the region; null takes name_prefix and the account's id."
  type        = string
  default     = null

  validation {
    condition = (
      can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", coalesce(var.cognito_domain_prefix, var.name_prefix))) &&
      !can(regex("aws|amazon|cognito", coalesce(var.cognito_domain_prefix, var.name_prefix)))
    )
    error_message = "cognito_domain_prefix (or name_prefix, where it is null) takes lower-case letters, digits and hyphens, and AWS refuses names with aws, amazon or cognito in them."
  }
}

variable "cognito_callback_urls" {
  description = "Where the sign-in page may send people back to."
  type        = set(string)
  default     = ["http://localhost:8400/callback"]

  validation {
    condition     = length(var.cognito_callback_urls) > 0 && alltrue([for url in var.cognito_callback_urls : can(regex("^(https://|http://localhost(:|/|$))", url))])
    error_message = "cognito_callback_urls must be https, or http on localhost."
  }
}

variable "cognito_self_sign_up" {
  description = "Whether people may sign themselves up; false: an administrator makes the accounts."
  type        = bool
  default     = true
}

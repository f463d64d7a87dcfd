# Who may call the API, and how people sign in.

variable "public_health_route" {
  description = "Adds GET health_check_path to the API as a route that needs no token, e.g. for external monitoring."
  type        = bool
  default     = false
}

variable "cors_allowed_origins" {
  description = "Origins that may call the API from a browser. Empty disables CORS. Otherwise OPTIONS requests need no token, because browsers send none with them."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_allowed_origins : can(regex("^https?://[^/*]+$", origin))])
    error_message = "cors_allowed_origins must be origins without path or wildcard, e.g. https://app.example.com."
  }
}

variable "api_throttle" {
  description = "API throttling: rate in requests per second, and burst in requests."
  type        = object({ rate = number, burst = number })
  default     = { rate = 100, burst = 200 }

  validation {
    condition     = var.api_throttle.rate > 0 && var.api_throttle.burst > 0 && floor(var.api_throttle.burst) == var.api_throttle.burst
    error_message = "api_throttle: rate and burst must be greater than zero, and burst must be a whole number."
  }
}

variable "cognito_domain_prefix" {
  description = "First label of the sign-in page's host name. Must be unique in the region; null uses name_prefix and the account ID."
  type        = string
  default     = null

  validation {
    condition = (
      can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", coalesce(var.cognito_domain_prefix, var.name_prefix))) &&
      !can(regex("aws|amazon|cognito", coalesce(var.cognito_domain_prefix, var.name_prefix)))
    )
    error_message = "cognito_domain_prefix (or name_prefix if it is null) may contain only lower-case letters, digits and hyphens, and AWS rejects names that contain aws, amazon or cognito."
  }
}

variable "cognito_callback_urls" {
  description = "URLs the sign-in page may redirect to after sign-in."
  type        = set(string)
  default     = ["http://localhost:8400/callback"]

  validation {
    condition     = length(var.cognito_callback_urls) > 0 && alltrue([for url in var.cognito_callback_urls : can(regex("^(https://|http://localhost(:|/|$))", url))])
    error_message = "cognito_callback_urls must contain at least one URL, and each must use https, or http on localhost."
  }
}

variable "cognito_self_sign_up" {
  description = "Allows users to sign up themselves, so everyone with an e-mail address can get a token and call the API; if false, an administrator creates the accounts."
  type        = bool
  default     = true
}

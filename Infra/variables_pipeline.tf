# Which pipelines may plan, apply and deploy, and where the state that they read is stored. Each of the three
# roles is created as soon as one of these settings allows a pipeline to assume it.

variable "state" {
  description = "Location of this stack's state (the values of backend.hcl), so that the pipeline roles may read it. kms_key_arn is the ARN of the bucket's KMS key, an output of bootstrap/."
  type        = object({ bucket = string, key = string, kms_key_arn = string })
  default     = null

  validation {
    condition = var.state != null || (
      var.github == null && var.gitlab == null && var.jenkins == null &&
      length(concat(var.pipeline_principal_arns.plan, var.pipeline_principal_arns.apply, var.pipeline_principal_arns.deploy)) == 0
    )
    error_message = "state is required with github, gitlab, jenkins or pipeline_principal_arns, because it decides which state the roles may read."
  }
  validation {
    condition = var.state == null || try(
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state.bucket)) && can(regex("^[^*?/][^*?]*$", var.state.key)) &&
      can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.state.kms_key_arn)),
    false)
    error_message = "state must contain a bucket name, a key without wildcards and leading slash, and the ARN of the bucket's KMS key. Run `terraform output -raw state_tfvars` in bootstrap/ to print all three."
  }
}

variable "github" {
  description = "GitHub repository whose workflows plan, apply and deploy. owner_id and repository_id (print them with `gh api repos/OWNER/REPO --jq '.owner.id,.id'`) are required for repositories created or renamed since 15 July 2026, because their tokens contain both. They also protect you if someone else takes over the repository's name."
  type = object({
    owner               = string
    repository          = string
    owner_id            = optional(string)
    repository_id       = optional(string)
    default_branch      = optional(string, "main")
    apply_environments  = optional(list(string), ["infrastructure"])
    deploy_environments = optional(list(string), ["production"])
  })
  default = null

  validation {
    condition = var.github == null || try(
      alltrue([for part in concat([var.github.owner, var.github.repository, var.github.default_branch], var.github.apply_environments, var.github.deploy_environments) :
      can(regex("^[A-Za-z0-9._/ -]+$", part))]),
    false)
    error_message = "github: names may contain letters, digits, dots, hyphens, underscores, slashes and spaces; a wildcard or a colon would allow other tokens."
  }
  validation {
    condition     = var.github == null || try((var.github.owner_id == null) == (var.github.repository_id == null), false)
    error_message = "github: set both owner_id and repository_id, or neither."
  }
  validation {
    condition     = var.github == null || try(alltrue([for id in [var.github.owner_id, var.github.repository_id] : id == null || can(regex("^[0-9]+$", id))]), false)
    error_message = "github: owner_id and repository_id must be numbers."
  }
  validation {
    condition     = var.github == null || try(length(setintersection(var.github.apply_environments, var.github.deploy_environments)) == 0, false)
    error_message = "github: an environment cannot be in both apply_environments and deploy_environments, because an approval for one would also allow the other."
  }
}

variable "gitlab" {
  description = "GitLab project whose pipelines plan, apply and deploy. GitLab's token contains the branch, so each role trusts a list of branches. plan_any_branch lets merge requests plan, but then everyone who can push a branch can read the state."
  type = object({
    host            = optional(string, "gitlab.com")
    audience        = optional(string)
    project_path    = string
    plan_branches   = optional(list(string), ["main"])
    apply_branches  = optional(list(string), ["main"])
    deploy_branches = optional(list(string), ["main"])
    plan_any_branch = optional(bool, false)
  })
  default = null

  validation {
    condition = var.gitlab == null || try(
      alltrue([for part in concat([var.gitlab.host, var.gitlab.project_path], var.gitlab.plan_branches, var.gitlab.apply_branches, var.gitlab.deploy_branches) :
      can(regex("^[A-Za-z0-9._/-]+$", part))]),
    false)
    error_message = "gitlab: host, project_path and branches may contain letters, digits, dots, hyphens, underscores and slashes; a wildcard or a colon would allow other tokens."
  }
}

variable "jenkins" {
  description = "Jenkins controller with the OpenID Connect Provider plugin: issuer (without https://) and, for each role, the exact `sub` claims (by default the job URL)."
  type = object({
    issuer          = string
    audience        = optional(string, "sts.amazonaws.com")
    plan_subjects   = optional(list(string), [])
    apply_subjects  = optional(list(string), [])
    deploy_subjects = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.jenkins == null || try(can(regex("^[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._/-]+)?$", var.jenkins.issuer)), false)
    error_message = "jenkins.issuer must be the issuer's host and path, without https:// and without a trailing slash."
  }
  validation {
    condition = var.jenkins == null || try(
      alltrue([for subject in concat(var.jenkins.plan_subjects, var.jenkins.apply_subjects, var.jenkins.deploy_subjects) : !can(regex("[*?]", subject))]),
    false)
    error_message = "jenkins: subjects must match exactly, so wildcards are not allowed."
  }
}

variable "pipeline_principal_arns" {
  description = "ARNs of IAM roles that may assume the pipeline roles directly, e.g. the role of a Jenkins agent's instance profile, or an administrator role."
  type = object({
    plan   = optional(list(string), [])
    apply  = optional(list(string), [])
    deploy = optional(list(string), [])
  })
  default = {}

  validation {
    condition = alltrue([
      for arn in concat(var.pipeline_principal_arns.plan, var.pipeline_principal_arns.apply, var.pipeline_principal_arns.deploy) :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*?]+$", arn))
    ])
    error_message = "pipeline_principal_arns must be ARNs of IAM roles, without wildcards."
  }
}

variable "deploy_may_prune" {
  description = "Allows the deploy role to deregister old revisions (ecs-deploy --keep-revisions). The role may then read the services and tasks of every cluster, because a revision that is still in use must be kept."
  type        = bool
  default     = false
}

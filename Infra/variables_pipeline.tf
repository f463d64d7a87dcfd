# Which pipelines may plan, apply and deploy, and where the state lies that they read. A role is made for each
# of the three as soon as somebody may assume it.

variable "state" {
  description = "Where this stack's state lies (backend.hcl), so that the pipeline's roles may read it. kms_key_arn: the bucket's key, an output of bootstrap/."
  type        = object({ bucket = string, key = string, kms_key_arn = string })
  default     = null

  validation {
    condition = var.state != null || (
      var.github == null && var.gitlab == null && var.jenkins == null &&
      length(concat(var.pipeline_principal_arns.plan, var.pipeline_principal_arns.apply, var.pipeline_principal_arns.deploy)) == 0
    )
    error_message = "state must be given with github, gitlab, jenkins or pipeline_principal_arns: the roles need to know which state they may read."
  }
  validation {
    condition = var.state == null || try(
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state.bucket)) && can(regex("^[^*?/][^*?]*$", var.state.key)) &&
      can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.state.kms_key_arn)),
    false)
    error_message = "state: a bucket's name, a key without wildcards and without a slash before it, and the ARN of the bucket's KMS key (`terraform output -raw state_tfvars` in bootstrap/ prints all three)."
  }
}

variable "github" {
  description = "The repository whose workflows plan, apply and deploy. owner_id and repository_id (`gh api repos/OWNER/REPO --jq '.owner.id,.id'`) are needed for repositories created or renamed since 15 July 2026, whose tokens name both, and make a repository of the same name worthless to whoever takes the name."
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
    error_message = "github: names may hold letters, digits, dots, hyphens, underscores, slashes and spaces; a wildcard or a colon would let other tokens pass."
  }
  validation {
    condition     = var.github == null || try((var.github.owner_id == null) == (var.github.repository_id == null), false)
    error_message = "github: owner_id and repository_id belong together: give both or neither."
  }
  validation {
    condition     = var.github == null || try(alltrue([for id in [var.github.owner_id, var.github.repository_id] : id == null || can(regex("^[0-9]+$", id))]), false)
    error_message = "github: owner_id and repository_id are numbers."
  }
  validation {
    condition     = var.github == null || try(length(setintersection(var.github.apply_environments, var.github.deploy_environments)) == 0, false)
    error_message = "github: an environment may apply or deploy, not both: its approvals would count for either."
  }
}

variable "gitlab" {
  description = "The project whose pipelines plan, apply and deploy. GitLab's token names the branch, so each role trusts named branches; plan_any_branch lets merge requests plan, and with that whoever can push a branch read the state."
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
    error_message = "gitlab: host, project_path and branches may hold letters, digits, dots, hyphens, underscores and slashes; a wildcard or a colon would let other tokens pass."
  }
}

variable "jenkins" {
  description = "A Jenkins with the OpenID Connect Provider plugin: its issuer (without https://) and, for each role, the exact `sub` claims (by default the job's URL)."
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
    error_message = "jenkins.issuer is the issuer's host and path, without https:// and without a slash at the end."
  }
  validation {
    condition = var.jenkins == null || try(
      alltrue([for subject in concat(var.jenkins.plan_subjects, var.jenkins.apply_subjects, var.jenkins.deploy_subjects) : !can(regex("[*?]", subject))]),
    false)
    error_message = "jenkins: subjects are compared letter by letter; a wildcard is not one."
  }
}

variable "pipeline_principal_arns" {
  description = "IAM roles that may assume the pipeline's roles directly: a Jenkins agent's instance profile, a person's administrator role."
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
  description = "Lets the deploy role deregister old revisions (ecs-deploy --prune). It then may see every cluster's services and tasks, since a revision that anything uses has to stay."
  type        = bool
  default     = false
}

# Who may assume the plan, apply and deploy roles. Every claim must match the subjects listed here exactly
# (StringEquals). The only possible pattern is gitlab.plan_any_branch, after the project's path.
#
# An account has one OIDC provider per issuer, so bootstrap/ creates them (or they exist already). This file uses
# only their ARNs, which it derives from the issuers.

locals {
  # GitHub's subjects: the form with names only and, if the IDs are known, the form that every repository created or
  # renamed since 15 July 2026 sends.
  github_prefixes = var.github == null ? [] : compact([
    "repo:${var.github.owner}/${var.github.repository}",
    var.github.repository_id == null ? "" : "repo:${var.github.owner}@${var.github.owner_id}/${var.github.repository}@${var.github.repository_id}",
  ])

  # The subject of a job with `environment:` contains the environment, not the branch. So apply and deploy jobs need
  # the approvals of their environments.
  github_subjects = {
    plan   = var.github == null ? [] : ["pull_request", "ref:refs/heads/${var.github.default_branch}"]
    apply  = var.github == null ? [] : [for name in var.github.apply_environments : "environment:${name}"]
    deploy = var.github == null ? [] : [for name in var.github.deploy_environments : "environment:${name}"]
  }

  gitlab_prefix = var.gitlab == null ? "" : "project_path:${var.gitlab.project_path}:ref_type:branch:ref:"
  gitlab_subjects = {
    plan   = var.gitlab == null ? [] : [for branch in var.gitlab.plan_branches : "${local.gitlab_prefix}${branch}"]
    apply  = var.gitlab == null ? [] : [for branch in var.gitlab.apply_branches : "${local.gitlab_prefix}${branch}"]
    deploy = var.gitlab == null ? [] : [for branch in var.gitlab.deploy_branches : "${local.gitlab_prefix}${branch}"]
  }

  jenkins_subjects = {
    plan   = var.jenkins == null ? [] : var.jenkins.plan_subjects
    apply  = var.jenkins == null ? [] : var.jenkins.apply_subjects
    deploy = var.jenkins == null ? [] : var.jenkins.deploy_subjects
  }

  # role => statements. A role that no pipeline may assume has none, and is not created.
  trust_statements = {
    for role in ["plan", "apply", "deploy"] : role => concat(
      length(local.github_subjects[role]) == 0 ? [] : [jsonencode({
        Sid       = "GitHub"
        Effect    = "Allow"
        Principal = { Federated = "arn:${local.partition}:iam::${local.account_id}:oidc-provider/token.actions.githubusercontent.com" }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = merge(
            {
              "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
              "token.actions.githubusercontent.com:sub" = flatten([for prefix in local.github_prefixes : [for rest in local.github_subjects[role] : "${prefix}:${rest}"]])
            },
            # Also protects the older subjects: a name can be taken over, an ID cannot.
            var.github.repository_id == null ? {} : { "token.actions.githubusercontent.com:repository_id" = var.github.repository_id },
          )
        }
      })],
      length(local.gitlab_subjects[role]) == 0 ? [] : [jsonencode({
        Sid       = "GitLab"
        Effect    = "Allow"
        Principal = { Federated = "arn:${local.partition}:iam::${local.account_id}:oidc-provider/${var.gitlab.host}" }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = {
            "${var.gitlab.host}:aud" = coalesce(var.gitlab.audience, "https://${var.gitlab.host}")
            "${var.gitlab.host}:sub" = local.gitlab_subjects[role]
          }
        }
      })],
      role != "plan" || !try(var.gitlab.plan_any_branch, false) ? [] : [jsonencode({
        Sid       = "GitLabMergeRequests"
        Effect    = "Allow"
        Principal = { Federated = "arn:${local.partition}:iam::${local.account_id}:oidc-provider/${var.gitlab.host}" }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = { "${var.gitlab.host}:aud" = coalesce(var.gitlab.audience, "https://${var.gitlab.host}") }
          StringLike   = { "${var.gitlab.host}:sub" = "${local.gitlab_prefix}*" }
        }
      })],
      length(local.jenkins_subjects[role]) == 0 ? [] : [jsonencode({
        Sid       = "Jenkins"
        Effect    = "Allow"
        Principal = { Federated = "arn:${local.partition}:iam::${local.account_id}:oidc-provider/${var.jenkins.issuer}" }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = {
            "${var.jenkins.issuer}:aud" = var.jenkins.audience
            "${var.jenkins.issuer}:sub" = local.jenkins_subjects[role]
          }
        }
      })],
      length(var.pipeline_principal_arns[role]) == 0 ? [] : [jsonencode({
        Sid       = "Roles"
        Effect    = "Allow"
        Principal = { AWS = var.pipeline_principal_arns[role] }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
      })],
    )
  }

  pipeline_roles = { for role, statements in local.trust_statements : role => statements if length(statements) > 0 }
  has_plan       = contains(keys(local.pipeline_roles), "plan")
  has_apply      = contains(keys(local.pipeline_roles), "apply")
  has_deploy     = contains(keys(local.pipeline_roles), "deploy")

  pipeline_role_descriptions = {
    plan   = "Pipelines: read the stack and its state to plan"
    apply  = "Pipelines: apply an approved plan"
    deploy = "Pipelines: push images and deploy the service"
  }
}

resource "aws_iam_role" "pipeline" {
  for_each = local.pipeline_roles

  name                 = "${var.name_prefix}-${each.key}"
  description          = local.pipeline_role_descriptions[each.key]
  max_session_duration = 3600

  # plan and apply have no boundary: only people create and change them (pipeline_apply.tf denies it to the
  # pipeline), and apply must write roles, which the boundary does not allow.
  permissions_boundary = each.key == "deploy" ? aws_iam_policy.boundary.arn : null

  # The statements are JSON strings already, because objects with different members have no common type in Terraform.
  assume_role_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[${join(",", each.value)}]}"

  lifecycle {
    precondition {
      # AWS's default quota. It counts no white space, and jsonencode writes none.
      condition     = length(join(",", each.value)) + 40 <= 2048
      error_message = "The trust policy of the ${each.key} role has ${length(join(",", each.value)) + 40} characters; AWS allows 2,048 by default. List fewer environments, branches, subjects or roles in github, gitlab, jenkins and pipeline_principal_arns."
    }
  }
}

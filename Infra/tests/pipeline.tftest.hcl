# The three roles of the pipelines: who may assume them, and their permissions. (tests/infra evaluates the trust
# policies for given tokens.)

mock_provider "aws" {
  source = "./tests/mocks"
}

run "trust_policy_that_is_too_long" {
  command   = plan
  state_key = "too_long"
  variables {
    pipeline_principal_arns = { deploy = [for number in range(40) : "arn:aws:iam::111122223333:role/build-server-${number}-of-a-large-team"] }
  }
  expect_failures = [aws_iam_role.pipeline["deploy"]]
}

variables {
  state = {
    bucket      = "states"
    key         = "web/terraform.tfstate"
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/state"
  }
}

run "github" {
  variables {
    github = { owner = "octo", repository = "web", owner_id = "12", repository_id = "34" }
  }

  assert {
    condition     = toset(keys(aws_iam_role.pipeline)) == toset(["plan", "apply", "deploy"])
    error_message = "three roles"
  }
  assert {
    condition = {
      for name, role in aws_iam_role.pipeline : name => one(jsondecode(role.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"]
      } == {
      plan = [
        "repo:octo/web:pull_request", "repo:octo/web:ref:refs/heads/main",
        "repo:octo@12/web@34:pull_request", "repo:octo@12/web@34:ref:refs/heads/main",
      ]
      apply  = ["repo:octo/web:environment:infrastructure", "repo:octo@12/web@34:environment:infrastructure"]
      deploy = ["repo:octo/web:environment:production", "repo:octo@12/web@34:environment:production"]
    }
    error_message = "both forms of each subject, and no other"
  }
  assert {
    condition = alltrue([
      for role in aws_iam_role.pipeline :
      one(jsondecode(role.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com" &&
      one(jsondecode(role.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:repository_id"] == "34" &&
      keys(one(jsondecode(role.assume_role_policy).Statement).Condition) == ["StringEquals"] &&
      one(jsondecode(role.assume_role_policy).Statement).Principal.Federated == "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    ])
    error_message = "audience and repository must match exactly"
  }
  assert {
    condition     = !anytrue([for role in aws_iam_role.pipeline : can(regex("ForAllValues|[*]", role.assume_role_policy))])
    error_message = "no wildcard, and no ForAllValues, which passes if a claim is missing"
  }
  assert {
    condition = (
      aws_iam_role.pipeline["deploy"].permissions_boundary == aws_iam_policy.boundary.arn &&
      aws_iam_role.pipeline["plan"].permissions_boundary == null && aws_iam_role.pipeline["apply"].permissions_boundary == null
    )
    error_message = "deploy has the boundary; only people create plan and apply"
  }
  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.pipeline_read)) == toset(["plan", "apply"]) && toset(keys(aws_iam_role_policy_attachment.apply)) == toset(["network", "platform", "identity"])
    error_message = "plan reads; apply reads and writes"
  }

  # Plan only reads.

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_iam_policy.pipeline_read[0].policy).Statement : statement.Action if !contains(["LockTheState", "KeepPlans", "EncryptPlansAndLocks"], statement.Sid)]) :
      can(regex(":(Describe|Get|List|GET|Decrypt)", action))
    ])
    error_message = "except for the lock and the plan file, it only reads"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.pipeline_read[0].policy).Statement :
      alltrue([for action in flatten([statement.Action]) : !contains(["s3:PutObject", "s3:DeleteObject"], action)]) ||
      alltrue([for resource in statement.Resource : resource == "arn:aws:s3:::states/web/terraform.tfstate.tflock" || resource == "arn:aws:s3:::states/plans/web/terraform.tfstate/*"])
    ])
    error_message = "it writes the lock and plan files, never the state"
  }

  # Apply cannot extend its own permissions.

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_policy.apply["identity"].policy).Statement : statement.Condition.StringEquals["iam:PermissionsBoundary"]
      if statement.Sid == "RolesInsideTheBoundary"
    ]) == aws_iam_policy.boundary.arn
    error_message = "roles are created and get permissions only with the boundary"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.apply["identity"].policy).Statement :
      toset(statement.Resource) == toset([
        for name in ["app-server", "deploy", "ecs-infrastructure", "execution", "flow-logs", "task"] : "arn:aws:iam::111122223333:role/fargate-pipeline-${name}"
      ]) if contains(["RolesInsideTheBoundary", "OwnRoles"], statement.Sid)
    ])
    error_message = "roles are listed by name: a pattern would also match the roles of a stack fargate-pipeline-2, or a role fargate-pipeline-admin"
  }
  assert {
    condition = one([for statement in jsondecode(aws_iam_policy.apply["identity"].policy).Statement : statement if statement.Effect == "Deny"]) == {
      Sid       = "NeverOwnRights"
      Effect    = "Deny"
      NotAction = ["iam:Get*", "iam:List*", "sts:*"]
      Resource = concat(
        [for name in ["apply", "plan"] : "arn:aws:iam::111122223333:role/fargate-pipeline-${name}"],
        [for name in ["apply-identity", "apply-network", "apply-platform", "boundary", "pipeline-read"] : "arn:aws:iam::111122223333:policy/fargate-pipeline-${name}"],
      )
    }
    error_message = "it cannot change the pipeline's own permissions or the boundary"
  }
  assert {
    condition     = toset([for name in keys(aws_iam_role.pipeline) : aws_iam_role.pipeline[name].name if name != "deploy"]) == toset(["fargate-pipeline-plan", "fargate-pipeline-apply"]) && toset(concat([aws_iam_policy.boundary.name, aws_iam_policy.pipeline_read[0].name], [for policy in aws_iam_policy.apply : policy.name])) == toset([for arn in local.own_policy_arns : split("/", arn)[1]])
    error_message = "the denied resources have these names"
  }
  assert {
    condition = toset(concat(
      [aws_iam_role.execution.name, aws_iam_role.task.name, aws_iam_role.pipeline["deploy"].name], aws_iam_role.flow_logs[*].name, aws_iam_role.app_server[*].name,
      [for role in aws_iam_role.ecs_infrastructure : role.name],
    )) == toset([for arn in local.bounded_role_arns : split("/", arn)[1] if !endswith(arn, "-app-server") && !endswith(arn, "-ecs-infrastructure")])
    error_message = "the allowed resources have these names, too"
  }
  assert {
    condition     = !strcontains(join("", [for policy in aws_iam_policy.apply : policy.policy]), "iam:*") && !strcontains(join("", [for policy in aws_iam_policy.apply : policy.policy]), "CreatePolicy")
    error_message = "no iam:*, no new policies"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.apply["identity"].policy).Statement :
      !anytrue([for action in flatten([try(statement.Action, [])]) : startswith(action, "kms:")]) || alltrue([
        for resource in statement.Resource : contains([aws_kms_key.this.arn, "arn:aws:kms:eu-central-1:111122223333:alias/fargate-pipeline"], resource)
      ])
    ]) && !strcontains(aws_iam_policy.apply["identity"].policy, "kms:CreateKey")
    error_message = "it has permissions only for the stack's own key"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.apply["network"].policy).Statement :
      statement.Condition.StringEquals["aws:ResourceTag/Stack"] == "fargate-pipeline"
      if anytrue([for action in statement.Action : can(regex("^ec2:(Attach|Change|Delete|Detach|Modify|Release|Replace|Revoke|Start|Stop|Terminate|Update)", action))])
    ])
    error_message = "it changes existing resources only if they belong to this stack"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.apply["network"].policy).Statement :
      try(statement.Condition.StringEquals["aws:ResourceTag/Stack"], "") == "fargate-pipeline" || try(statement.Condition.Null["ec2:CreateAction"], "") == "false"
      if contains(statement.Action, "ec2:CreateTags")
    ])
    error_message = "it cannot add a resource to this stack by tagging it"
  }

  # A role that it creates cannot do so either.

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : alltrue([
        for action in flatten([statement.Action]) :
        action == "iam:PassRole" || !contains(["account", "iam", "organizations", "sts", "*"], split(":", action)[0])
      ]) if statement.Effect == "Allow"
    ]) && !strcontains(aws_iam_policy.boundary.policy, "NotAction")
    error_message = "the boundary allows neither changing identities nor assuming other roles"
  }
  assert {
    condition = one([for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement if statement.Sid == "PassOwnRolesToEcs"]) == {
      Sid       = "PassOwnRolesToEcs"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = [for name in ["ecs-infrastructure", "execution", "task"] : "arn:aws:iam::111122223333:role/fargate-pipeline-${name}"]
      Condition = { StringEquals = { "iam:PassedToService" = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"] } }
    }
    error_message = "three roles may be passed, to ECS"
  }
  assert {
    condition     = length([for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement if statement.Sid == "Application"]) == 0
    error_message = "the application has no AWS permissions by default"
  }

  # Deploy.

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.deploy[0].policy).Statement : statement.Sid => statement.Resource if contains(statement.Action, "iam:PassRole") } == {
      PassTheTaskRoles = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
    }
    error_message = "it passes the two task roles"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.deploy[0].policy).Statement :
      !contains(statement.Resource, "*") || contains(["LogInToEcr", "ReadTaskDefinitions", "ReadTargetHealth", "FindTasks"], statement.Sid)
    ])
    error_message = "everything else is restricted to this stack's repository, family, service, tasks and logs"
  }
  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_iam_role_policy.deploy[0].policy).Statement : statement.Action]) :
      !strcontains(action, "*") && action != "ecs:DeleteService" && action != "ecr:BatchDeleteImage"
    ])
    error_message = "explicit actions only; it can delete neither the service nor images"
  }
}

run "deploy_with_blue_green" {
  variables {
    github            = { owner = "octo", repository = "web", owner_id = "12", repository_id = "34" }
    enable_blue_green = true
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.deploy[0].policy).Statement : statement if statement.Sid == "PassTheInfrastructureRole"
      ]) == {
      Action    = ["iam:PassRole"]
      Condition = { StringEquals = { "iam:PassedToService" = "ecs.amazonaws.com" } }
      Effect    = "Allow"
      Resource  = [aws_iam_role.ecs_infrastructure["this"].arn]
      Sid       = "PassTheInfrastructureRole"
    }
    error_message = "it passes the infrastructure role to ECS"
  }
}

run "longest_names_fit" {
  variables {
    name_prefix       = "a-name-of-20-letters"
    service_name      = "a-service-with-a-name-of-its-own-that-goes-on-and-on"
    github            = { owner = "an-organization-with-a-name-of-39-letters", repository = "a-repository-with-quite-a-long-name-as-well", owner_id = "123456789", repository_id = "987654321" }
    enable_blue_green = true
  }

  assert {
    condition     = length(aws_lb_target_group.alternate["this"].name) <= 32 && length(aws_lb.this.name) <= 32
    error_message = "load balancer and target group names have at most 32 characters"
  }
  assert {
    condition     = length(aws_iam_policy.pipeline_read[0].policy) <= 6144 && length(aws_iam_policy.boundary.policy) <= 6144 && length(aws_iam_role_policy.deploy[0].policy) <= 10240
    error_message = "a managed policy has at most 6,144 characters, a role's own policies 10,240"
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.pipeline : length(role.assume_role_policy) <= 2048])
    error_message = "a trust policy has at most 2,048 characters"
  }
}

run "gitlab" {
  variables {
    name_prefix = "fargate-pipeline"
    github      = null
    gitlab      = { project_path = "group/project", deploy_branches = ["main", "release"] }
  }

  assert {
    condition = {
      for name, role in aws_iam_role.pipeline : name => one(jsondecode(role.assume_role_policy).Statement).Condition
      } == {
      for name, branches in { plan = ["main"], apply = ["main"], deploy = ["main", "release"] } : name => {
        StringEquals = {
          "gitlab.com:aud" = "https://gitlab.com"
          "gitlab.com:sub" = [for branch in branches : "project_path:group/project:ref_type:branch:ref:${branch}"]
        }
      }
    }
    error_message = "listed branches of one project"
  }
}

run "gitlab_merge_requests" {
  variables {
    github = null
    gitlab = { host = "gitlab.example.com", audience = "aws", project_path = "group/project", plan_any_branch = true }
  }

  assert {
    condition = {
      for name, role in aws_iam_role.pipeline : name => [for statement in jsondecode(role.assume_role_policy).Statement : statement.Sid]
      } == {
      plan   = ["GitLab", "GitLabMergeRequests"]
      apply  = ["GitLab"]
      deploy = ["GitLab"]
    }
    error_message = "only planning is allowed for all branches"
  }
  assert {
    condition = jsondecode(aws_iam_role.pipeline["plan"].assume_role_policy).Statement[1].Condition == {
      StringEquals = { "gitlab.example.com:aud" = "aws" }
      StringLike   = { "gitlab.example.com:sub" = "project_path:group/project:ref_type:branch:ref:*" }
    }
    error_message = "all branches of the one project"
  }
}

run "jenkins_and_roles" {
  variables {
    github                  = null
    gitlab                  = null
    jenkins                 = { issuer = "jenkins.example.com/oidc", deploy_subjects = ["https://jenkins.example.com/job/web/"] }
    pipeline_principal_arns = { plan = ["arn:aws:iam::111122223333:role/jenkins-agent"] }
  }

  assert {
    condition     = toset(keys(aws_iam_role.pipeline)) == toset(["plan", "deploy"]) && output.apply_role_arn == null
    error_message = "a role that no pipeline may assume is not created"
  }
  assert {
    condition = one(jsondecode(aws_iam_role.pipeline["deploy"].assume_role_policy).Statement).Condition.StringEquals == {
      "jenkins.example.com/oidc:aud" = "sts.amazonaws.com"
      "jenkins.example.com/oidc:sub" = ["https://jenkins.example.com/job/web/"]
    }
    error_message = "one job of one Jenkins controller"
  }
  assert {
    condition = one(jsondecode(aws_iam_role.pipeline["plan"].assume_role_policy).Statement) == {
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::111122223333:role/jenkins-agent"] }
      Sid       = "Roles"
    }
    error_message = "the instance profile of an agent"
  }
}

run "associations_of_others_stay" {
  command = plan
  variables { pipeline_principal_arns = { apply = ["arn:aws:iam::111122223333:role/administrator"] } }

  assert {
    condition = alltrue(flatten([
      for statement in local.apply_network_policy.Statement : [
        for action in statement.Action :
        try(statement.Condition.StringEquals["aws:ResourceTag/Stack"], "") == "fargate-pipeline" ||
        statement.Resource == ["arn:aws:ec2:eu-central-1:111122223333:network-interface/*"]
        if startswith(action, "ec2:Disassociate")
      ]
    ]))
    error_message = "only what has the stack's tag can lose its addresses, its range or its route table"
  }
}

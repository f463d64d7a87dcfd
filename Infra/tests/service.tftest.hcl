# What phase 2 uses: repository, cluster, logs, the roles of tasks, and the outputs.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "defaults" {
  assert {
    condition = (
      aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && !aws_ecr_repository.this.force_delete &&
      one(aws_ecr_repository.this.image_scanning_configuration).scan_on_push &&
      one(aws_ecr_repository.this.encryption_configuration).encryption_type == "KMS" &&
      one(aws_ecr_repository.this.encryption_configuration).kms_key == aws_kms_key.this.arn
    )
    error_message = "tags are immutable, images are scanned and encrypted, a repository with images is not deleted"
  }
  assert {
    condition     = alltrue([for rule in jsondecode(aws_ecr_lifecycle_policy.this.policy).rules : rule.selection.tagStatus == "untagged"])
    error_message = "no rule expires a tagged image: an active task definition may use it"
  }

  # Cluster and logs.

  assert {
    condition = (
      aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE", "FARGATE_SPOT"]) &&
      one(aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy).capacity_provider == "FARGATE" &&
      one([for setting in aws_ecs_cluster.this.setting : setting.value if setting.name == "containerInsights"]) == "enabled"
    )
    error_message = "Fargate by default, with Container Insights"
  }
  assert {
    condition = alltrue([
      for group in [aws_cloudwatch_log_group.service, aws_cloudwatch_log_group.api, aws_cloudwatch_log_group.flow[0]] :
      group.retention_in_days == 365 && group.kms_key_id == aws_kms_key.this.arn
    ])
    error_message = "every log group has a retention and a key"
  }
  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "the key is rotated"
  }
  assert {
    condition = jsondecode(aws_kms_key.this.policy).Statement == [
      {
        Sid       = "RightsByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "OwnLogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.eu-central-1.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = [
          for group in [aws_cloudwatch_log_group.api, aws_cloudwatch_log_group.service, aws_cloudwatch_log_group.flow[0]] : "arn:aws:logs:eu-central-1:111122223333:log-group:${group.name}"
        ] } }
      },
    ]
    error_message = "the key policy allows the account through IAM, and CloudWatch Logs for this stack's log groups"
  }

  # Task roles.

  assert {
    condition = alltrue([
      for role in [aws_iam_role.execution, aws_iam_role.task] :
      jsondecode(role.assume_role_policy).Statement == [{
        Action = "sts:AssumeRole"
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:aws:ecs:eu-central-1:111122223333:*" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        }
        Effect    = "Allow"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
      }]
    ])
    error_message = "only ECS tasks of this account and region can assume them"
  }
  assert {
    condition     = aws_iam_role.execution.name != aws_iam_role.task.name
    error_message = "two roles"
  }
  assert {
    condition = alltrue([
      for role in [aws_iam_role.execution, aws_iam_role.task, aws_iam_role.flow_logs[0]] : role.permissions_boundary == aws_iam_policy.boundary.arn
    ])
    error_message = "the roles have the boundary"
  }
  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Action])) == toset([
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
      "logs:CreateLogStream", "logs:PutLogEvents",
    ])
    error_message = "the execution role can pull images and write logs, and nothing else"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement :
      statement.Resource == ["*"] ? statement.Action == ["ecr:GetAuthorizationToken"] : true
    ])
    error_message = "only the login has no resource restriction"
  }
  assert {
    condition     = length(aws_iam_role_policy_attachment.task) == 0 && length(aws_iam_role_policy.task_execute_command) == 0
    error_message = "the application has no AWS permissions"
  }

  # Outputs.

  assert {
    condition     = output.schema_version == 1
    error_message = "the version of the outputs"
  }
  assert {
    condition = (
      output.ecs_service_name == "fargate-pipeline" && output.task_family == "fargate-pipeline" &&
      output.container_name == "app" && output.container_port == 8080 && output.health_check_path == "/health" &&
      output.ecs_cluster_name == aws_ecs_cluster.this.name && output.log_group_name == "/ecs/fargate-pipeline"
    )
    error_message = "names of the service"
  }
  assert {
    condition = (
      output.ecs_subnet_ids == [aws_subnet.ecs["a"].id, aws_subnet.ecs["b"].id] &&
      output.enterprise_subnet_ids == [aws_subnet.enterprise["a"].id, aws_subnet.enterprise["b"].id] &&
      output.public_subnet_ids == [aws_subnet.public["a"].id, aws_subnet.public["b"].id] &&
      output.task_security_group_id == aws_security_group.task.id && output.alb_security_group_id == aws_security_group.alb.id
    )
    error_message = "subnets in the order of the zones, and security groups"
  }
  assert {
    condition     = output.plan_role_arn == null && output.apply_role_arn == null && output.deploy_role_arn == null
    error_message = "no pipeline role if no pipeline is configured"
  }
}

run "secrets_and_sidecars" {
  variables {
    secret_arns            = ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf", "arn:aws:ssm:eu-central-1:111122223333:parameter/web/key"]
    secret_kms_key_arns    = ["arn:aws:kms:eu-central-1:111122223333:key/secrets"]
    pull_repository_arns   = ["arn:aws:ecr:eu-central-1:444455556666:repository/base/sidecar"]
    interface_endpoints    = ["secretsmanager", "ssm"]
    enable_execute_command = true
    task_role_policy_arns  = ["arn:aws:iam::111122223333:policy/orders-table"]
    application_services   = ["dynamodb"]
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Sid => statement.Resource
      if contains(["ReadNamedSecrets", "ReadNamedParameters", "DecryptNamedSecrets"], statement.Sid)
      } == {
      ReadNamedSecrets    = ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf"]
      ReadNamedParameters = ["arn:aws:ssm:eu-central-1:111122223333:parameter/web/key"]
      DecryptNamedSecrets = ["arn:aws:kms:eu-central-1:111122223333:key/secrets"]
    }
    error_message = "exactly the listed secrets"
  }
  assert {
    condition = contains(
      one([for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Resource if statement.Sid == "Pull"]),
      "arn:aws:ecr:eu-central-1:444455556666:repository/base/sidecar"
    )
    error_message = "the sidecar's image can be pulled"
  }
  assert {
    condition     = length(aws_iam_role_policy.task_execute_command) == 1 && keys(aws_iam_role_policy_attachment.task) == ["arn:aws:iam::111122223333:policy/orders-table"]
    error_message = "ECS Exec and the application's own policy are on the task role"
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Action if statement.Sid == "Application"]) == ["dynamodb:*"]
    error_message = "the boundary allows the application's service"
  }
}

run "names" {
  variables {
    service_name   = "web"
    task_family    = "web-tasks"
    container_name = "nginx"
  }

  assert {
    condition     = output.ecs_service_name == "web" && output.task_family == "web-tasks" && output.container_name == "nginx"
    error_message = "the configured names"
  }
}

# The two roles of a task.
#
# Fargate uses the execution role to start a task (pull images, write logs, read its secrets). The application uses
# the task role. Only ECS tasks of this account and region can assume them.

locals {
  tasks_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${var.aws_region}:${local.account_id}:*" }
      }
    }]
  })

  secrets_manager_arns = sort([for arn in var.secret_arns : arn if split(":", arn)[2] == "secretsmanager"])
  ssm_parameter_arns   = sort([for arn in var.secret_arns : arn if split(":", arn)[2] == "ssm"])
}

resource "aws_iam_role" "execution" {
  name                 = "${var.name_prefix}-execution"
  description          = "Execution role: Fargate uses it to start tasks of ${var.name_prefix}"
  assume_role_policy   = local.tasks_trust
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "execution" {
  # checkov:skip=CKV_AWS_355:ecr:GetAuthorizationToken has no resource-level permissions
  name = "start-tasks"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "LogInToEcr"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
        {
          Sid      = "Pull"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = concat([aws_ecr_repository.this.arn], sort(var.pull_repository_arns))
        },
        {
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.service.arn}:*"]
        },
      ],
      length(local.secrets_manager_arns) == 0 ? [] : [{
        Sid      = "ReadNamedSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = local.secrets_manager_arns
      }],
      length(local.ssm_parameter_arns) == 0 ? [] : [{
        Sid      = "ReadNamedParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameters"]
        Resource = local.ssm_parameter_arns
      }],
      length(var.secret_kms_key_arns) == 0 ? [] : [{
        Sid      = "DecryptNamedSecrets"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = sort(var.secret_kms_key_arns)
      }],
    )
  })
}

resource "aws_iam_role" "task" {
  name                 = "${var.name_prefix}-task"
  description          = "Task role: the application in ${var.name_prefix} uses it"
  assume_role_policy   = local.tasks_trust
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy_attachment" "task" {
  for_each = var.task_role_policy_arns

  role       = aws_iam_role.task.name
  policy_arn = each.value
}

resource "aws_iam_role_policy" "task_execute_command" {
  # checkov:skip=CKV_AWS_290:the four ssmmessages actions have no resource-level permissions
  # checkov:skip=CKV_AWS_355:the four ssmmessages actions have no resource-level permissions
  count = var.enable_execute_command ? 1 : 0

  name = "execute-command"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Shell"
      Effect = "Allow"
      Action = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
      }, {
      Sid      = "LogTheSession"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.service.arn}:*"]
    }]
  })
}

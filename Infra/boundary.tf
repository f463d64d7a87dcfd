# The boundary of every role that a pipeline may make or change.
#
# The apply role may make roles only inside it, and may not change it: nothing that comes out of a pipeline can
# give itself, or another role, more rights. So it lists what this stack's roles do, where the names tell it on
# this stack's resources only, and no other service; above all not sts, by which a role could go on to any other
# that trusts the account. What the application needs in AWS, a person adds by application_services.

locals {
  role_arn_prefix   = "arn:${local.partition}:iam::${local.account_id}:role/${var.name_prefix}"
  policy_arn_prefix = "arn:${local.partition}:iam::${local.account_id}:policy/${var.name_prefix}"

  # By name and not by a pattern: "web-*" would also be the roles of a stack web-2, and an account's web-admin.
  bounded_role_arns  = [for name in ["app-server", "deploy", "ecs-infrastructure", "execution", "flow-logs", "task"] : "${local.role_arn_prefix}-${name}"]
  pipeline_role_arns = [for name in ["apply", "plan"] : "${local.role_arn_prefix}-${name}"]
  own_policy_arns    = [for name in ["apply-identity", "apply-network", "apply-platform", "boundary", "pipeline-read"] : "${local.policy_arn_prefix}-${name}"]

  boundary_policy = {
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:Describe*", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
          "ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*", "kms:Decrypt",
          "logs:Describe*", "logs:FilterLogEvents", "logs:GetLogEvents",
          "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters",
        ]
        Resource = "*"
      },
      {
        # Session Manager on the app servers and ECS Exec; DeregisterTaskDefinition knows no resource to name.
        Sid    = "WriteWithoutResource"
        Effect = "Allow"
        Action = [
          "ec2messages:*", "ecs:DeregisterTaskDefinition", "ssmmessages:*",
          "ssm:Describe*", "ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument", "ssm:GetManifest", "ssm:List*",
          "ssm:PutComplianceItems", "ssm:PutConfigurePackageResult", "ssm:PutInventory",
          "ssm:UpdateAssociationStatus", "ssm:UpdateInstanceAssociationStatus", "ssm:UpdateInstanceInformation",
        ]
        Resource = "*"
      },
      {
        Sid    = "WriteOwn"
        Effect = "Allow"
        Action = ["ecr:*", "ecs:*", "elasticloadbalancing:*", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = concat(
          ["arn:${local.partition}:ecr:${var.aws_region}:${local.account_id}:repository/${var.name_prefix}"],
          ["${local.ecs_arn}:cluster/${var.name_prefix}", "${local.ecs_arn}:task-definition/${local.task_family}:*"],
          [for kind in ["service", "service-deployment", "service-revision", "task"] : "${local.ecs_arn}:${kind}/${var.name_prefix}/*"],
          [for name in ["*/app/${var.name_prefix}/*", "targetgroup/${var.name_prefix}-*/*"] : "arn:${local.partition}:elasticloadbalancing:${var.aws_region}:${local.account_id}:${name}"],
          flatten([for arn in local.log_group_arns : [arn, "${arn}:*"]]),
        )
      },
      {
        Sid      = "PassOwnRolesToEcs"
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = [for name in ["ecs-infrastructure", "execution", "task"] : "${local.role_arn_prefix}-${name}"]
        Condition = {
          StringEquals = { "iam:PassedToService" = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"] }
        }
      },
      ], [for statement in [
        {
          Sid      = "ReadTheState"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:ListBucket"]
          Resource = [local.state_bucket_arn, local.state_object_arn]
        },
      ] : statement if var.state != null],
      length(var.application_services) == 0 ? [] : [{
        Sid      = "Application"
        Effect   = "Allow"
        Action   = [for service in sort(var.application_services) : "${service}:*"]
        Resource = "*"
      }],
    )
  }
}

resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_289:a boundary grants nothing; it bounds what a role's own policies can grant
  # checkov:skip=CKV_AWS_290:as above
  # checkov:skip=CKV_AWS_287:as above
  # checkov:skip=CKV_AWS_288:as above
  # checkov:skip=CKV_AWS_355:as above
  # checkov:skip=CKV_AWS_286:as above
  name        = "${var.name_prefix}-boundary"
  description = "The most that a role of ${var.name_prefix} can ever do: its own platform, and the services named for the application"
  policy      = jsonencode(local.boundary_policy)

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.boundary_policy)) <= 6144
      error_message = "The boundary has ${length(jsonencode(local.boundary_policy))} characters; a managed policy holds 6,144."
    }
  }
}

# The permissions boundary of every role that a pipeline may create or change.
#
# The apply role may create roles only with this boundary, and may not change the boundary. So nothing that comes
# from a pipeline can give itself, or another role, more permissions. The boundary lists what this stack's roles do
# (restricted to this stack's resources if their names allow it) and no other service. In particular it excludes
# sts, which would let a role assume any other role that trusts the account. If the application needs AWS services,
# a person adds them with application_services.

locals {
  role_arn_prefix   = "arn:${local.partition}:iam::${local.account_id}:role/${var.name_prefix}"
  policy_arn_prefix = "arn:${local.partition}:iam::${local.account_id}:policy/${var.name_prefix}"

  # By name and not by pattern: "web-*" would also match the roles of a stack web-2, or a role web-admin.
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
        # Session Manager on the app servers, and ECS Exec. DeregisterTaskDefinition has no resource-level permissions.
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
  # checkov:skip=CKV_AWS_289:a boundary grants nothing; it limits what a role's own policies can grant
  # checkov:skip=CKV_AWS_290:as above
  # checkov:skip=CKV_AWS_287:as above
  # checkov:skip=CKV_AWS_288:as above
  # checkov:skip=CKV_AWS_355:as above
  # checkov:skip=CKV_AWS_286:as above
  name        = "${var.name_prefix}-boundary"
  description = "Maximum permissions of the roles of ${var.name_prefix}: its own platform, and the services listed for the application"
  policy      = jsonencode(local.boundary_policy)

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.boundary_policy)) <= 6144
      error_message = "The permissions boundary has ${length(jsonencode(local.boundary_policy))} characters; a managed policy can have at most 6,144. Shorten name_prefix or application_services."
    }
  }
}

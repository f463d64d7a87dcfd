# Permissions of the plan role: read the stack, read and lock the state, and store the plan next to it. The apply
# role has these permissions, too, and those in pipeline_apply.tf.

locals {
  # Plans contain all values in plain text, including secrets. They are stored in the state's bucket, encrypted with
  # its key, and expire there (bootstrap/). The path contains the state's key, so that stacks cannot read each
  # other's plans.
  plan_files_arn = "${local.state_bucket_arn}/plans/${local.state_key}/*"

  read_policy = {
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid    = "ReadTheStack"
        Effect = "Allow"
        Action = [
          "acm:DescribeCertificate",
          "cognito-idp:DescribeUserPool",
          "cognito-idp:DescribeUserPoolClient",
          "cognito-idp:DescribeUserPoolDomain",
          "cognito-idp:GetUserPoolMfaConfig",
          "ec2:Describe*",
          "ecr:DescribeRepositories",
          "ecr:GetLifecyclePolicy",
          "ecr:GetRepositoryPolicy",
          "ecr:ListTagsForResource",
          "ecs:DescribeClusters",
          "ecs:ListTagsForResource",
          "elasticloadbalancing:Describe*",
          "kms:DescribeKey",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:ListAliases",
          "kms:ListResourceTags",
          "logs:DescribeLogGroups",
          "logs:ListTagsForResource",
          "sts:GetCallerIdentity",
        ]
        Resource = ["*"]
      },
      {
        # GET only: the management API of HTTP APIs has one IAM action per HTTP method.
        Sid      = "ReadTheApi"
        Effect   = "Allow"
        Action   = ["apigateway:GET"]
        Resource = ["arn:${local.partition}:apigateway:${var.aws_region}::/*"]
      },
      {
        Sid    = "ReadOwnRoles"
        Effect = "Allow"
        Action = [
          "iam:GetInstanceProfile",
          "iam:GetPolicy",
          "iam:GetPolicyVersion",
          "iam:GetRole",
          "iam:GetRolePolicy",
          "iam:ListAttachedRolePolicies",
          "iam:ListInstanceProfilesForRole",
          "iam:ListPolicyTags",
          "iam:ListPolicyVersions",
          "iam:ListRolePolicies",
        ]
        Resource = concat(
          local.bounded_role_arns,
          local.pipeline_role_arns,
          local.own_policy_arns,
          ["arn:${local.partition}:iam::${local.account_id}:instance-profile/${var.name_prefix}-app-server", "arn:${local.partition}:iam::aws:policy/*"],
        )
      },
      ], local.read_state_statements, [for statement in [
        {
          # The lock is a separate object. Only the apply role may write the state itself.
          Sid      = "LockTheState"
          Effect   = "Allow"
          Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource = ["${local.state_object_arn}.tflock"]
        },
        {
          Sid      = "KeepPlans"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = [local.plan_files_arn]
        },
        {
          Sid       = "EncryptPlansAndLocks"
          Effect    = "Allow"
          Action    = ["kms:GenerateDataKey"]
          Resource  = [local.state_key_arn]
          Condition = { StringLike = { "kms:ViaService" = ["s3.*.amazonaws.com"] } }
        },
    ] : statement if var.state != null])
  }
}

resource "aws_iam_policy" "pipeline_read" {
  # checkov:skip=CKV_AWS_355:Describe calls have no resource-level permissions
  # checkov:skip=CKV_AWS_288:reads what a plan reads: no secret values, and no objects except state, lock and plans
  # checkov:skip=CKV_AWS_290:writes only the lock and the plan file
  count = local.has_plan || local.has_apply ? 1 : 0

  name        = "${var.name_prefix}-pipeline-read"
  description = "To plan: read the stack and its state"
  policy      = jsonencode(local.read_policy)
}

resource "aws_iam_role_policy_attachment" "pipeline_read" {
  for_each = setintersection(["plan", "apply"], keys(local.pipeline_roles))

  role       = aws_iam_role.pipeline[each.key].name
  policy_arn = aws_iam_policy.pipeline_read[0].arn
}

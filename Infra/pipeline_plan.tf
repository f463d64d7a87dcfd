# What the plan role may do: read the stack, read and lock the state, and leave the plan beside it. The apply
# role has the same rights and those of pipeline_apply.tf.

locals {
  # Plans hold every value in clear, secrets too: they lie in the state's bucket, under its key, and expire
  # there (bootstrap/). The state's key is part of the path, so that stacks do not see each other's.
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
        # GET alone: an HTTP API's management is one action a method.
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
          # The lock is an object of its own; the state itself only apply may write.
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
  # checkov:skip=CKV_AWS_355:Describe calls know no resource
  # checkov:skip=CKV_AWS_288:reads what a plan reads; no secret's value and no object but state, lock and plans
  # checkov:skip=CKV_AWS_290:writes no more than the lock and the plan file
  count = local.has_plan || local.has_apply ? 1 : 0

  name        = "${var.name_prefix}-pipeline-read"
  description = "Reading the stack and its state, to plan"
  policy      = jsonencode(local.read_policy)
}

resource "aws_iam_role_policy_attachment" "pipeline_read" {
  for_each = setintersection(["plan", "apply"], keys(local.pipeline_roles))

  role       = aws_iam_role.pipeline[each.key].name
  policy_arn = aws_iam_policy.pipeline_read[0].arn
}

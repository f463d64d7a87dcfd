# Permissions of the deploy role: push to this stack's repository, register its task definition family, deploy its
# service, read why a deployment failed, and read the outputs in the state. The tests of the programs check every
# API call they make against this policy.

locals {
  # Without var.state these are empty, and the statements that use them are omitted.
  state_key        = try(var.state.key, "")
  state_key_arn    = try(var.state.kms_key_arn, "")
  state_bucket_arn = "arn:${local.partition}:s3:::${try(var.state.bucket, "")}"
  state_object_arn = "${local.state_bucket_arn}/${local.state_key}"

  ecs_arn      = "arn:${local.partition}:ecs:${var.aws_region}:${local.account_id}"
  service_path = "${var.name_prefix}/${local.service_name}"

  deploy_policy = {
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "LogInToEcr"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid    = "PushAndCheckImages"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:DescribeImageScanFindings",
          "ecr:DescribeImages",
          "ecr:DescribeRepositories",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = [aws_ecr_repository.this.arn]
      },
      {
        # These actions have no resource-level permissions.
        Sid      = "ReadTaskDefinitions"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTaskDefinition"]
        Resource = ["*"]
      },
      {
        Sid      = "RegisterTaskDefinitions"
        Effect   = "Allow"
        Action   = ["ecs:RegisterTaskDefinition", "ecs:TagResource"]
        Resource = ["${local.ecs_arn}:task-definition/${local.task_family}:*"]
      },
      {
        Sid    = "DeployTheService"
        Effect = "Allow"
        Action = [
          "ecs:ContinueServiceDeployment",
          "ecs:CreateService",
          "ecs:DescribeServiceDeployments",
          "ecs:DescribeServiceRevisions",
          "ecs:DescribeServices",
          "ecs:ListServiceDeployments",
          "ecs:ListTagsForResource",
          "ecs:StopServiceDeployment",
          "ecs:TagResource",
          "ecs:UpdateService",
        ]
        Resource = [
          "${local.ecs_arn}:service/${local.service_path}",
          "${local.ecs_arn}:service-deployment/${local.service_path}/*",
          "${local.ecs_arn}:service-revision/${local.service_path}/*",
        ]
      },
      {
        Sid      = "ReadTheCluster"
        Effect   = "Allow"
        Action   = ["ecs:DescribeClusters"]
        Resource = [aws_ecs_cluster.this.arn]
      },
      {
        Sid       = "FindTasks"
        Effect    = "Allow"
        Action    = ["ecs:ListTasks"]
        Resource  = ["*"]
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.this.arn } }
      },
      {
        Sid      = "ReadAndStopTasks"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTasks", "ecs:StopTask", "ecs:TagResource"]
        Resource = ["${local.ecs_arn}:task/${var.name_prefix}/*"]
      },
      {
        Sid       = "RunOneOffTasks"
        Effect    = "Allow"
        Action    = ["ecs:RunTask"]
        Resource  = ["${local.ecs_arn}:task-definition/${local.task_family}:*"]
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.this.arn } }
      },
      {
        Sid       = "PassTheTaskRoles"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid    = "ReadTargetHealth"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeRules",
          "elasticloadbalancing:DescribeTargetGroups",
          "elasticloadbalancing:DescribeTargetHealth",
        ]
        Resource = ["*"]
      },
      {
        Sid      = "ReadTheServicesLogs"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]
        Resource = [aws_cloudwatch_log_group.service.arn, "${aws_cloudwatch_log_group.service.arn}:*"]
      },
      {
        Sid      = "FindLogGroups"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups"]
        Resource = ["arn:${local.partition}:logs:${var.aws_region}:${local.account_id}:log-group:*"]
      },
      ], [for statement in [
        {
          Sid      = "SeeWhatUsesRevisions"
          Effect   = "Allow"
          Action   = ["ecs:DeregisterTaskDefinition", "ecs:ListClusters", "ecs:ListServices", "ecs:ListTaskDefinitions", "ecs:ListTasks"]
          Resource = ["*"]
        },
        {
          Sid      = "ReadWhatUsesRevisions"
          Effect   = "Allow"
          Action   = ["ecs:DescribeServices", "ecs:DescribeTasks"]
          Resource = ["${local.ecs_arn}:service/*", "${local.ecs_arn}:task/*"]
        },
      ] : statement if var.deploy_may_prune],
      var.enable_blue_green ? [{
        Sid       = "PassTheInfrastructureRole"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [aws_iam_role.ecs_infrastructure["this"].arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs.amazonaws.com" } }
      }] : [],
      local.read_state_statements,
    )
  }

  # ListBucket distinguishes "no such state" from "access denied". Decryption is restricted to S3 and this bucket's key.
  read_state_statements = [for statement in [
    {
      Sid      = "ReadTheState"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = [local.state_object_arn]
    },
    {
      Sid       = "FindTheState"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = [local.state_bucket_arn]
      Condition = { StringLike = { "s3:prefix" = ["${local.state_key}*"] } }
    },
    {
      Sid       = "DecryptTheState"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [local.state_key_arn]
      Condition = { StringLike = { "kms:ViaService" = ["s3.*.amazonaws.com"] } }
    },
  ] : statement if var.state != null]
}

resource "aws_iam_role_policy" "deploy" {
  # checkov:skip=CKV_AWS_355:the statements with Resource * contain only actions without resource-level permissions, or are restricted to the cluster
  # checkov:skip=CKV_AWS_290:as above
  # checkov:skip=CKV_AWS_289:PassRole is restricted to the two task roles
  count = local.has_deploy ? 1 : 0

  name   = "deploy"
  role   = aws_iam_role.pipeline["deploy"].id
  policy = jsonencode(local.deploy_policy)
}

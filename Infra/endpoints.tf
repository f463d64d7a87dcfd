# VPC endpoints: the only way out of the isolated subnets. Fargate (platform version 1.4.0) pulls images and writes
# logs through the task's own network interface, so a task needs ecr.api, ecr.dkr, S3 and logs to start; without
# logs it fails with ResourceInitializationError. It does not need an ecs endpoint.
#
# Private DNS names apply to the whole VPC, so enterprise subnets, too, reach ECR and logs only through these endpoints.

locals {
  interface_endpoints = setunion(
    ["ecr.api", "ecr.dkr", "logs"],
    var.interface_endpoints,
    var.enable_execute_command ? ["ssmmessages"] : [],
  )

  # This account's repositories in this region, and those listed in pull_repository_arns.
  reachable_repository_arns = concat(
    ["arn:${local.partition}:ecr:${var.aws_region}:${local.account_id}:repository/*"],
    sort(var.pull_repository_arns),
  )

  # The programs of this repository may also run inside the VPC. So these policies allow every call in docs/policies/.
  # Credentials of other accounts do not work through these endpoints, so they cannot be used to move data out.
  own_principals_only = { StringEquals = { "aws:PrincipalAccount" = local.account_id } }

  ecr_endpoint_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LogIn"
        Effect    = "Allow"
        Principal = "*"
        Action    = "ecr:GetAuthorizationToken"
        Resource  = "*"
        Condition = local.own_principals_only
      },
      {
        Sid       = "PullAndPush"
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:CreateRepository",
          "ecr:DescribeImageScanFindings",
          "ecr:DescribeImages",
          "ecr:DescribeRepositories",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:PutLifecyclePolicy",
          "ecr:TagResource",
          "ecr:UploadLayerPart",
        ]
        Resource  = local.reachable_repository_arns
        Condition = local.own_principals_only
      },
    ]
  })

  endpoint_policies = {
    "ecr.api" = local.ecr_endpoint_policy
    "ecr.dkr" = local.ecr_endpoint_policy
    "logs" = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "OwnLogs"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"]
        Resource  = "arn:${local.partition}:logs:${var.aws_region}:${local.account_id}:*"
        Condition = local.own_principals_only
      }]
    })
  }

  # Policy of the optional endpoints: everything that the caller's role allows, for principals of this account only.
  own_account_endpoint_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OwnPrincipals"
      Effect    = "Allow"
      Principal = "*"
      Action    = "*"
      Resource  = "*"
      Condition = local.own_principals_only
    }]
  })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.aws_region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for zone in ["a", "b"] : aws_subnet.ecs[zone].id]
  security_group_ids  = [aws_security_group.endpoint.id]
  policy              = lookup(local.endpoint_policies, each.key, local.own_account_endpoint_policy)
  tags                = { Name = "${var.name_prefix}-${each.key}" }
}

# ECR stores layers in one bucket per region, which AWS owns. The endpoint gives access to nothing else in S3, unless
# application_services contains s3.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.aws_region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.ecs.id]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "EcrLayers"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = "arn:${local.partition}:s3:::prod-${var.aws_region}-starport-layer-bucket/*"
      }],
      [for service in ["s3"] : {
        Sid       = "OwnPrincipals"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "*"
        Condition = local.own_principals_only
      } if contains(var.application_services, service)],
    )
  })
  tags = { Name = "${var.name_prefix}-s3" }
}

# The application's way to DynamoDB. It costs nothing, unlike an interface endpoint.
resource "aws_vpc_endpoint" "dynamodb" {
  count = contains(var.application_services, "dynamodb") ? 1 : 0

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.aws_region}.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.ecs.id]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OwnPrincipals"
      Effect    = "Allow"
      Principal = "*"
      Action    = "dynamodb:*"
      Resource  = "*"
      Condition = local.own_principals_only
    }]
  })
  tags = { Name = "${var.name_prefix}-dynamodb" }
}

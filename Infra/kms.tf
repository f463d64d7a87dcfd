# The KMS key for what this stack stores: images and logs. (The state has its own key, see bootstrap/.)

locals {
  # ARNs built from names, because the log groups themselves refer to the key.
  log_group_arns = [
    for name in ["aws/vendedlogs/apigateway", "ecs", "vpc"] :
    "arn:${local.partition}:logs:${var.aws_region}:${local.account_id}:log-group:/${name}/${var.name_prefix}"
  ]
}

resource "aws_kms_key" "this" {
  description             = "Images and logs of ${var.name_prefix}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RightsByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "OwnLogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.aws_region}.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = {
          ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = local.log_group_arns }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name_prefix}"
  target_key_id = aws_kms_key.this.key_id
}

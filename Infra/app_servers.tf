# The app servers of the reference architecture: one instance per zone in the enterprise subnets, created only if
# you set an instance type. They have no public address and one open port, for tasks. People use SSM Session Manager.

data "aws_ami" "app_server" {
  count = local.app_servers ? 1 : 0

  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-kernel-*-${local.app_server_architecture}"]
  }
}

locals {
  # Graviton families have a g after the generation, possibly followed by other letters: t4g, m7gd, c7gn.
  app_server_architecture = can(regex("^[a-z]+[0-9]+g[a-z]*\\.", coalesce(var.app_server_instance_type, "none"))) ? "arm64" : "x86_64"
}

resource "aws_instance" "app_server" {
  # checkov:skip=CKV_AWS_126:detailed monitoring is billed per metric; the servers are placeholders in the reference architecture
  for_each = local.app_servers ? local.zones : {}

  ami                         = data.aws_ami.app_server[0].id
  instance_type               = var.app_server_instance_type
  subnet_id                   = aws_subnet.enterprise[each.key].id
  vpc_security_group_ids      = [aws_security_group.app_server[0].id]
  iam_instance_profile        = aws_iam_instance_profile.app_server[0].name
  associate_public_ip_address = false
  ebs_optimized               = true
  tags                        = { Name = "${var.name_prefix}-app-server-${each.key}" }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  root_block_device {
    encrypted   = true
    volume_size = 16
    volume_type = "gp3"
  }

  lifecycle {
    # A newer machine image must not replace a running server unexpectedly.
    ignore_changes = [ami]
  }
}

resource "aws_iam_role" "app_server" {
  count = local.app_servers ? 1 : 0

  name                 = "${var.name_prefix}-app-server"
  description          = "App servers, for SSM Session Manager"
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "app_server_ssm" {
  count = local.app_servers ? 1 : 0

  role       = aws_iam_role.app_server[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "app_server" {
  count = local.app_servers ? 1 : 0

  name = "${var.name_prefix}-app-server"
  role = aws_iam_role.app_server[0].name
}

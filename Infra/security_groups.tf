# Allowed connections: VPC link -> load balancer -> task -> endpoints. Each rule has one source and one port. Rules
# and groups are separate resources, so that another stack can add rules to a group that this stack exports.
#
# The reference architecture opens the tasks to the VPC link's security group. But with a load balancer between
# them, packets and health checks reach the tasks from the load balancer's interfaces. So the tasks accept
# connections from the load balancer's group, and the load balancer from the VPC link's group. Still only the VPC
# link reaches the service, which is what the reference architecture wants.

locals {
  listener_port = var.certificate_arn == null ? 80 : 443
  app_servers   = var.app_server_instance_type != null
}

resource "aws_security_group" "vpc_link" {
  name        = "${var.name_prefix}-vpc-link"
  description = "Interfaces of the VPC link of the HTTP API"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name_prefix}-vpc-link" }
}

resource "aws_security_group" "alb" {
  name        = "${var.name_prefix}-alb"
  description = "Internal load balancer"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name_prefix}-alb" }
}

resource "aws_security_group" "task" {
  # checkov:skip=CKV2_AWS_5:phase 2 attaches it to the service's tasks; Terraform does not own the service
  name        = "${var.name_prefix}-task"
  description = "Tasks of the ECS service"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name_prefix}-task" }
}

resource "aws_security_group" "endpoint" {
  name        = "${var.name_prefix}-endpoint"
  description = "Interface endpoints of AWS services"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name_prefix}-endpoint" }
}

# VPC link -> load balancer

resource "aws_vpc_security_group_egress_rule" "vpc_link_to_alb" {
  security_group_id            = aws_security_group.vpc_link.id
  description                  = "Requests to the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = local.listener_port
  to_port                      = local.listener_port
  referenced_security_group_id = aws_security_group.alb.id
}

resource "aws_vpc_security_group_ingress_rule" "alb_from_vpc_link" {
  security_group_id            = aws_security_group.alb.id
  description                  = "Requests from the VPC link"
  ip_protocol                  = "tcp"
  from_port                    = local.listener_port
  to_port                      = local.listener_port
  referenced_security_group_id = aws_security_group.vpc_link.id
}

# Load balancer -> task: requests and health checks

resource "aws_vpc_security_group_egress_rule" "alb_to_task" {
  security_group_id            = aws_security_group.alb.id
  description                  = "Requests and health checks to the tasks"
  ip_protocol                  = "tcp"
  from_port                    = var.container_port
  to_port                      = var.container_port
  referenced_security_group_id = aws_security_group.task.id
}

resource "aws_vpc_security_group_ingress_rule" "task_from_alb" {
  security_group_id            = aws_security_group.task.id
  description                  = "Requests and health checks from the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = var.container_port
  to_port                      = var.container_port
  referenced_security_group_id = aws_security_group.alb.id
}

# Task -> endpoints (ECR's API and registry, logs) and S3, which stores the layers. The VPC's DNS resolver needs no
# rule, because security groups do not filter traffic to it.

resource "aws_vpc_security_group_egress_rule" "task_to_endpoint" {
  security_group_id            = aws_security_group.task.id
  description                  = "AWS APIs through interface endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.endpoint.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoint_from_task" {
  security_group_id            = aws_security_group.endpoint.id
  description                  = "Tasks"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.task.id
}

resource "aws_vpc_security_group_egress_rule" "task_to_s3" {
  security_group_id = aws_security_group.task.id
  description       = "Image layers, through the S3 gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "task_to_dynamodb" {
  count = length(aws_vpc_endpoint.dynamodb)

  security_group_id = aws_security_group.task.id
  description       = "DynamoDB, through its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.dynamodb[0].prefix_list_id
}

# App servers (app_servers.tf): tasks reach them over the local routes. They use port 443 for SSM and updates. The
# private DNS names of the endpoints apply to the whole VPC, so app servers, too, reach ECR and logs only through them.

resource "aws_security_group" "app_server" {
  count = local.app_servers ? 1 : 0

  name        = "${var.name_prefix}-app-server"
  description = "App servers in the enterprise subnets"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name_prefix}-app-server" }
}

resource "aws_vpc_security_group_egress_rule" "task_to_app_server" {
  count = local.app_servers ? 1 : 0

  security_group_id            = aws_security_group.task.id
  description                  = "App servers, over the local routes"
  ip_protocol                  = "tcp"
  from_port                    = var.app_server_port
  to_port                      = var.app_server_port
  referenced_security_group_id = aws_security_group.app_server[0].id
}

resource "aws_vpc_security_group_ingress_rule" "app_server_from_task" {
  count = local.app_servers ? 1 : 0

  security_group_id            = aws_security_group.app_server[0].id
  description                  = "Tasks, over the local routes"
  ip_protocol                  = "tcp"
  from_port                    = var.app_server_port
  to_port                      = var.app_server_port
  referenced_security_group_id = aws_security_group.task.id
}

resource "aws_vpc_security_group_egress_rule" "app_server_to_internet" {
  count = local.app_servers ? 1 : 0

  security_group_id = aws_security_group.app_server[0].id
  description       = "SSM and package sources, through the NAT gateway of the zone"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "endpoint_from_app_server" {
  count = local.app_servers ? 1 : 0

  security_group_id            = aws_security_group.endpoint.id
  description                  = "App servers"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.app_server[0].id
}

# Who may talk to whom. The chain: VPC link -> load balancer -> task -> endpoints. Each rule has one source
# and one port; rules and groups are apart, so that another stack can add its own to an exported group.
#
# The architecture's text opens the tasks to the VPC link's group. With a load balancer between them, packets
# and health checks reach the tasks from the load balancer's interfaces, so the tasks admit its group, and it
# admits the VPC link's: only the VPC link reaches the service, as the text means.

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
  # checkov:skip=CKV2_AWS_5:phase 2 puts it on the service's tasks; Terraform owns no service
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

# Task -> endpoints (ECR's API and registry, logs), and S3 where the layers are. The VPC's resolver needs no
# rule: security groups do not see traffic to it.

resource "aws_vpc_security_group_egress_rule" "task_to_endpoint" {
  security_group_id            = aws_security_group.task.id
  description                  = "AWS APIs by interface endpoints"
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
  description       = "Image layers, by the S3 gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

# App servers (app_servers.tf): reached by tasks over the local routes; out by 443 for SSM and updates. The
# endpoints' private names answer in the whole VPC, so the app servers, too, reach ECR and logs only by them.

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
  description       = "SSM and package sources, by the NAT gateway of the zone"
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

# What ECS needs to shift traffic by itself (enable_blue_green): a second target group, a rule on the
# production listener, a test listener with a rule, and a role to change both. ECS changes the weights of the
# rules during a deployment, so Terraform sets them once and ignores later changes.

locals {
  blue_green = var.enable_blue_green ? { this = true } : {}
}

resource "aws_lb_target_group" "alternate" {
  # checkov:skip=CKV_AWS_378:TLS ends at the load balancer; the hop to the task stays inside the isolated subnets
  for_each = local.blue_green

  name                 = "${var.name_prefix}-${var.container_port}-alt"
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = var.container_port
  vpc_id               = aws_vpc.this.id
  deregistration_delay = var.deregistration_delay_seconds
  tags                 = { Name = "${var.name_prefix}-alternate" }

  health_check {
    path                = var.health_check_path
    protocol            = "HTTP"
    port                = "traffic-port"
    matcher             = "200-399"
    interval            = var.health_check_interval_seconds
    timeout             = min(5, var.health_check_interval_seconds - 1)
    healthy_threshold   = 3
    unhealthy_threshold = 3
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener_rule" "production" {
  for_each = local.blue_green

  listener_arn = aws_lb_listener.this.arn
  priority     = 100
  tags         = { Name = "${var.name_prefix}-production" }

  action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.this.arn
        weight = 100
      }
      target_group {
        arn    = aws_lb_target_group.alternate["this"].arn
        weight = 0
      }
    }
  }

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  lifecycle {
    ignore_changes = [action]
  }
}

resource "aws_lb_listener" "test" {
  # checkov:skip=CKV_AWS_2:HTTPS by certificate_arn
  # checkov:skip=CKV_AWS_103:at least TLS 1.2 if certificate_arn makes it HTTPS
  for_each = local.blue_green

  load_balancer_arn = aws_lb.this.arn
  port              = var.test_listener_port
  protocol          = var.certificate_arn == null ? "HTTP" : "HTTPS"
  certificate_arn   = var.certificate_arn
  ssl_policy        = var.certificate_arn == null ? null : "ELBSecurityPolicy-TLS13-1-2-2021-06"
  tags              = { Name = "${var.name_prefix}-test" }

  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "no deployment is being tested"
      status_code  = "503"
    }
  }
}

resource "aws_lb_listener_rule" "test" {
  for_each = local.blue_green

  listener_arn = aws_lb_listener.test["this"].arn
  priority     = 100
  tags         = { Name = "${var.name_prefix}-test" }

  action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.this.arn
        weight = 100
      }
      target_group {
        arn    = aws_lb_target_group.alternate["this"].arn
        weight = 0
      }
    }
  }

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  lifecycle {
    ignore_changes = [action]
  }
}

# The test listener is for the app servers, where smoke tests run. The Lambda function of a lifecycle hook has its
# own security group and adds its own rule to alb_security_group_id.
resource "aws_vpc_security_group_ingress_rule" "alb_test_from_app_server" {
  count = var.enable_blue_green && local.app_servers ? 1 : 0

  security_group_id            = aws_security_group.alb.id
  description                  = "Smoke tests of a deployment, from the app servers"
  ip_protocol                  = "tcp"
  from_port                    = var.test_listener_port
  to_port                      = var.test_listener_port
  referenced_security_group_id = aws_security_group.app_server[0].id
}

resource "aws_vpc_security_group_egress_rule" "app_server_to_alb_test" {
  count = var.enable_blue_green && local.app_servers ? 1 : 0

  security_group_id            = aws_security_group.app_server[0].id
  description                  = "Smoke tests of a deployment, on the test listener"
  ip_protocol                  = "tcp"
  from_port                    = var.test_listener_port
  to_port                      = var.test_listener_port
  referenced_security_group_id = aws_security_group.alb.id
}

# Has no source conditions, unlike the task roles: AWS documents none for this role. Its protection is the list of
# roles that may pass it (pipeline_deploy.tf).
resource "aws_iam_role" "ecs_infrastructure" {
  for_each = local.blue_green

  name                 = "${var.name_prefix}-ecs-infrastructure"
  description          = "ECS itself, shifting traffic between the target groups"
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "ecs_infrastructure" {
  for_each = local.blue_green

  role       = aws_iam_role.ecs_infrastructure["this"].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
}

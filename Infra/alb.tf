# Internal load balancer, in the ECS subnets. Its listener forwards to the target group already in phase 1,
# because CreateService rejects a target group without a load balancer. It returns 503 until the first deployment.

resource "aws_lb" "this" {
  # checkov:skip=CKV_AWS_91:access logs by alb_access_logs_bucket; the API's access log has every request
  # checkov:skip=CKV_AWS_150:deletion_protection is on by default, and is turned off only for a teardown
  # checkov:skip=CKV2_AWS_20:HTTP inside the VPC by default; HTTPS by certificate_arn. There is no public port to redirect
  # checkov:skip=CKV2_AWS_28:internal; the API in front of it authenticates and throttles, and WAF does not support HTTP APIs
  name                       = var.name_prefix
  internal                   = true
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.alb.id]
  subnets                    = [for zone in ["a", "b"] : aws_subnet.ecs[zone].id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  tags                       = { Name = var.name_prefix }

  dynamic "access_logs" {
    for_each = var.alb_access_logs_bucket == null ? [] : [var.alb_access_logs_bucket]
    content {
      enabled = true
      bucket  = access_logs.value
    }
  }
}

# The name contains the port, so that a changed port creates a second group before the first one is deleted.
resource "aws_lb_target_group" "this" {
  # checkov:skip=CKV_AWS_378:TLS ends at the load balancer; the hop to the task stays inside the isolated subnets
  name                 = "${var.name_prefix}-${var.container_port}"
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = var.container_port
  vpc_id               = aws_vpc.this.id
  deregistration_delay = var.deregistration_delay_seconds
  tags                 = { Name = var.name_prefix }

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

resource "aws_lb_listener" "this" {
  # checkov:skip=CKV_AWS_2:HTTPS by certificate_arn
  # checkov:skip=CKV_AWS_103:at least TLS 1.2 if certificate_arn makes it HTTPS
  load_balancer_arn = aws_lb.this.arn
  port              = local.listener_port
  protocol          = var.certificate_arn == null ? "HTTP" : "HTTPS"
  certificate_arn   = var.certificate_arn
  ssl_policy        = var.certificate_arn == null ? null : "ELBSecurityPolicy-TLS13-1-2-2021-06"
  tags              = { Name = var.name_prefix }

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

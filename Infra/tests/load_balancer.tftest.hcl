# The load balancer is internal, in the ECS subnets, and forwards from phase 1 on. HTTPS and blue/green are optional.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "internal_http" {
  assert {
    condition = (
      aws_lb.this.internal && aws_lb.this.load_balancer_type == "application" &&
      aws_lb.this.subnets == toset([aws_subnet.ecs["a"].id, aws_subnet.ecs["b"].id]) &&
      aws_lb.this.security_groups == toset([aws_security_group.alb.id]) &&
      aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields
    )
    error_message = "an internal load balancer in the ECS subnets, in its own security group, protected"
  }
  assert {
    condition = (
      aws_lb_listener.this.port == 80 && aws_lb_listener.this.protocol == "HTTP" &&
      aws_lb_listener.this.load_balancer_arn == aws_lb.this.arn &&
      aws_lb_listener.this.default_action[0].type == "forward" &&
      aws_lb_listener.this.default_action[0].target_group_arn == aws_lb_target_group.this.arn
    )
    error_message = "the listener forwards to the target group before any service exists"
  }
  assert {
    condition = (
      aws_lb_target_group.this.target_type == "ip" && aws_lb_target_group.this.port == 8080 &&
      aws_lb_target_group.this.vpc_id == aws_vpc.this.id &&
      aws_lb_target_group.this.health_check[0].path == "/health" &&
      aws_lb_target_group.this.health_check[0].timeout < aws_lb_target_group.this.health_check[0].interval
    )
    error_message = "Fargate targets are addresses; the check's timeout is shorter than its interval"
  }
  assert {
    condition = (
      length(aws_lb_target_group.alternate) + length(aws_lb_listener.test) + length(aws_lb_listener_rule.production) +
      length(aws_lb_listener_rule.test) + length(aws_iam_role.ecs_infrastructure) == 0 &&
      output.alternate_target_group_arn == null && output.production_listener_rule_arn == null &&
      output.test_listener_rule_arn == null && output.ecs_infrastructure_role_arn == null
    )
    error_message = "no blue/green resources are created, and their outputs are null"
  }
}

run "https" {
  variables {
    certificate_arn    = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
    certificate_domain = "internal.example.com"
  }

  assert {
    condition = (
      aws_lb_listener.this.port == 443 && aws_lb_listener.this.protocol == "HTTPS" &&
      aws_lb_listener.this.certificate_arn == var.certificate_arn && startswith(aws_lb_listener.this.ssl_policy, "ELBSecurityPolicy-TLS13-1-2")
    )
    error_message = "HTTPS on 443 with at least TLS 1.2"
  }
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.alb_from_vpc_link.from_port == 443 &&
      aws_vpc_security_group_egress_rule.vpc_link_to_alb.from_port == 443
    )
    error_message = "the security groups use the listener's port"
  }
  assert {
    condition     = aws_apigatewayv2_integration.alb.tls_config[0].server_name_to_verify == "internal.example.com"
    error_message = "API Gateway verifies the name in the certificate"
  }
}

run "blue_green" {
  variables {
    certificate_arn          = null
    certificate_domain       = null
    enable_blue_green        = true
    app_server_instance_type = "t4g.small"
  }

  assert {
    condition = (
      aws_lb_target_group.alternate["this"].target_type == "ip" &&
      aws_lb_target_group.alternate["this"].name != aws_lb_target_group.this.name &&
      aws_lb_target_group.alternate["this"].health_check[0].path == aws_lb_target_group.this.health_check[0].path
    )
    error_message = "a second target group with the same health check"
  }
  assert {
    condition = (
      aws_lb_listener_rule.production["this"].listener_arn == aws_lb_listener.this.arn &&
      aws_lb_listener_rule.test["this"].listener_arn == aws_lb_listener.test["this"].arn &&
      alltrue([for rule in [aws_lb_listener_rule.production["this"], aws_lb_listener_rule.test["this"]] :
        toset([for condition in rule.condition : one(one(condition.path_pattern).values)]) == toset(["/*"]) &&
      sum([for group in one(one(rule.action).forward).target_group : group.weight]) == 100])
    )
    error_message = "a rule on each listener matches every path and starts with the whole weight on one target group"
  }
  assert {
    condition     = aws_lb_listener.test["this"].port == 9000 && aws_lb_listener.test["this"].default_action[0].type == "fixed-response"
    error_message = "the test listener returns a fixed response if no deployment is being tested"
  }
  assert {
    condition = (
      jsondecode(aws_iam_role.ecs_infrastructure["this"].assume_role_policy).Statement[0].Principal.Service == "ecs.amazonaws.com" &&
      aws_iam_role_policy_attachment.ecs_infrastructure["this"].policy_arn == "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
    )
    error_message = "ECS itself changes the weights"
  }
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.alb_test_from_app_server[0].referenced_security_group_id == aws_security_group.app_server[0].id &&
      aws_vpc_security_group_ingress_rule.alb_test_from_app_server[0].from_port == 9000 &&
      aws_vpc_security_group_ingress_rule.alb_test_from_app_server[0].to_port == 9000 &&
      aws_vpc_security_group_egress_rule.app_server_to_alb_test[0].security_group_id == aws_security_group.app_server[0].id &&
      aws_vpc_security_group_egress_rule.app_server_to_alb_test[0].referenced_security_group_id == aws_security_group.alb.id &&
      aws_vpc_security_group_egress_rule.app_server_to_alb_test[0].from_port == 9000 && aws_vpc_security_group_egress_rule.app_server_to_alb_test[0].to_port == 9000
    )
    error_message = "only the app servers reach the test listener"
  }
  assert {
    condition = (
      output.alternate_target_group_arn == aws_lb_target_group.alternate["this"].arn &&
      output.production_listener_rule_arn == aws_lb_listener_rule.production["this"].arn &&
      output.test_listener_rule_arn == aws_lb_listener_rule.test["this"].arn &&
      output.ecs_infrastructure_role_arn == aws_iam_role.ecs_infrastructure["this"].arn
    )
    error_message = "the outputs that a blue/green service uses"
  }
}

# The security groups, rule by rule: VPC link -> load balancer -> task -> endpoints and S3.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "chain" {
  assert {
    condition = (
      aws_vpc_security_group_egress_rule.vpc_link_to_alb.security_group_id == aws_security_group.vpc_link.id &&
      aws_vpc_security_group_egress_rule.vpc_link_to_alb.referenced_security_group_id == aws_security_group.alb.id &&
      aws_vpc_security_group_egress_rule.vpc_link_to_alb.from_port == 80 &&
      aws_vpc_security_group_egress_rule.vpc_link_to_alb.to_port == 80 &&
      aws_vpc_security_group_egress_rule.vpc_link_to_alb.ip_protocol == "tcp"
    )
    error_message = "VPC link -> load balancer, egress"
  }
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.alb_from_vpc_link.security_group_id == aws_security_group.alb.id &&
      aws_vpc_security_group_ingress_rule.alb_from_vpc_link.referenced_security_group_id == aws_security_group.vpc_link.id &&
      aws_vpc_security_group_ingress_rule.alb_from_vpc_link.from_port == 80 &&
      aws_vpc_security_group_ingress_rule.alb_from_vpc_link.to_port == 80 &&
      aws_vpc_security_group_ingress_rule.alb_from_vpc_link.ip_protocol == "tcp"
    )
    error_message = "VPC link -> load balancer, ingress"
  }
  assert {
    condition = (
      aws_vpc_security_group_egress_rule.alb_to_task.security_group_id == aws_security_group.alb.id &&
      aws_vpc_security_group_egress_rule.alb_to_task.referenced_security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_egress_rule.alb_to_task.from_port == 8080 &&
      aws_vpc_security_group_egress_rule.alb_to_task.to_port == 8080 &&
      aws_vpc_security_group_egress_rule.alb_to_task.ip_protocol == "tcp"
    )
    error_message = "load balancer -> task, egress"
  }
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.task_from_alb.security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_ingress_rule.task_from_alb.referenced_security_group_id == aws_security_group.alb.id &&
      aws_vpc_security_group_ingress_rule.task_from_alb.from_port == 8080 &&
      aws_vpc_security_group_ingress_rule.task_from_alb.to_port == 8080 &&
      aws_vpc_security_group_ingress_rule.task_from_alb.ip_protocol == "tcp"
    )
    error_message = "load balancer -> task, ingress"
  }
  assert {
    condition = (
      aws_vpc_security_group_egress_rule.task_to_endpoint.security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_egress_rule.task_to_endpoint.referenced_security_group_id == aws_security_group.endpoint.id &&
      aws_vpc_security_group_egress_rule.task_to_endpoint.from_port == 443 &&
      aws_vpc_security_group_egress_rule.task_to_endpoint.to_port == 443
    )
    error_message = "task -> endpoints, egress"
  }
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.endpoint_from_task.security_group_id == aws_security_group.endpoint.id &&
      aws_vpc_security_group_ingress_rule.endpoint_from_task.referenced_security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_ingress_rule.endpoint_from_task.from_port == 443 &&
      aws_vpc_security_group_ingress_rule.endpoint_from_task.to_port == 443
    )
    error_message = "task -> endpoints, ingress"
  }
  assert {
    condition = (
      aws_vpc_security_group_egress_rule.task_to_s3.security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_egress_rule.task_to_s3.prefix_list_id == aws_vpc_endpoint.s3.prefix_list_id &&
      aws_vpc_security_group_egress_rule.task_to_s3.from_port == 443 &&
      aws_vpc_security_group_egress_rule.task_to_s3.to_port == 443
    )
    error_message = "task -> S3's prefix list"
  }
  assert {
    condition     = length(distinct([aws_security_group.vpc_link.id, aws_security_group.alb.id, aws_security_group.task.id, aws_security_group.endpoint.id])) == 4
    error_message = "four groups"
  }

  # No app servers by default.

  assert {
    condition = (
      length(aws_security_group.app_server) + length(aws_instance.app_server) +
      length(aws_vpc_security_group_egress_rule.task_to_app_server) +
      length(aws_vpc_security_group_ingress_rule.endpoint_from_app_server) == 0
    )
    error_message = "no app server resources are created"
  }
}

run "other_port" {
  variables { container_port = 3000 }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.task_from_alb.from_port == 3000 && aws_lb_target_group.this.port == 3000 && output.container_port == 3000
    error_message = "security group, target group and output use container_port"
  }
}

run "app_servers" {
  variables { app_server_instance_type = "t4g.small" }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.app_server_from_task[0].security_group_id == aws_security_group.app_server[0].id &&
      aws_vpc_security_group_ingress_rule.app_server_from_task[0].referenced_security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_egress_rule.task_to_app_server[0].security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_egress_rule.task_to_app_server[0].referenced_security_group_id == aws_security_group.app_server[0].id &&
      alltrue([for rule in [aws_vpc_security_group_ingress_rule.app_server_from_task[0], aws_vpc_security_group_egress_rule.task_to_app_server[0]] :
      rule.ip_protocol == "tcp" && rule.from_port == 8080 && rule.to_port == 8080])
    )
    error_message = "tasks reach the app servers, on one port"
  }
  assert {
    condition = (
      aws_vpc_security_group_egress_rule.app_server_to_internet[0].security_group_id == aws_security_group.app_server[0].id &&
      aws_vpc_security_group_egress_rule.app_server_to_internet[0].cidr_ipv4 == "0.0.0.0/0" &&
      aws_vpc_security_group_egress_rule.app_server_to_internet[0].ip_protocol == "tcp" &&
      aws_vpc_security_group_egress_rule.app_server_to_internet[0].from_port == 443 && aws_vpc_security_group_egress_rule.app_server_to_internet[0].to_port == 443
    )
    error_message = "app servers have egress on port 443 only"
  }
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.endpoint_from_app_server[0].security_group_id == aws_security_group.endpoint.id &&
      aws_vpc_security_group_ingress_rule.endpoint_from_app_server[0].referenced_security_group_id == aws_security_group.app_server[0].id &&
      aws_vpc_security_group_ingress_rule.endpoint_from_app_server[0].from_port == 443 && aws_vpc_security_group_ingress_rule.endpoint_from_app_server[0].to_port == 443
    )
    error_message = "app servers reach the endpoints, whose private DNS names apply to them, too"
  }
  assert {
    condition = alltrue([
      for zone, server in aws_instance.app_server :
      server.subnet_id == aws_subnet.enterprise[zone].id && !server.associate_public_ip_address &&
      server.vpc_security_group_ids == toset([aws_security_group.app_server[0].id]) &&
      server.metadata_options[0].http_tokens == "required"
    ]) && length(aws_instance.app_server) == 2
    error_message = "one per zone, in the enterprise subnet, without a public address, in their own security group, with IMDSv2 only"
  }
  assert {
    condition     = aws_iam_role_policy_attachment.app_server_ssm[0].policy_arn == "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    error_message = "Session Manager can reach them"
  }
  assert {
    condition     = local.app_server_architecture == "arm64"
    error_message = "t4g is Graviton"
  }
}

run "app_servers_of_the_other_architecture" {
  variables { app_server_instance_type = "g5.xlarge" }

  assert {
    condition     = local.app_server_architecture == "x86_64"
    error_message = "g5 starts with g but is not Graviton"
  }
}

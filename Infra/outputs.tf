# The contract with phase 2: tf-outputs reads these, placeholders name them, the programs' defaults come from
# them. A name, once here, stays and keeps its meaning; schema_version counts up when one has to change.
# Outputs of what is switched off are null, and Terraform leaves those out of the state. None is sensitive.

output "schema_version" {
  description = "Version of this list of outputs"
  value       = 1
}

output "aws_region" {
  description = "Region of the stack"
  value       = var.aws_region
}

output "aws_account_id" {
  description = "Account of the stack"
  value       = local.account_id
}

output "name_prefix" {
  description = "Name of the stack"
  value       = var.name_prefix
}

# Network

output "vpc_id" {
  description = "VPC"
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Public subnets, a then b"
  value       = [for zone in ["a", "b"] : aws_subnet.public[zone].id]
}

output "enterprise_subnet_ids" {
  description = "Private enterprise subnets, a then b"
  value       = [for zone in ["a", "b"] : aws_subnet.enterprise[zone].id]
}

output "ecs_subnet_ids" {
  description = "Isolated subnets for tasks, a then b"
  value       = [for zone in ["a", "b"] : aws_subnet.ecs[zone].id]
}

output "task_security_group_id" {
  description = "Group of the service's tasks"
  value       = aws_security_group.task.id
}

# Service

output "ecs_cluster_name" {
  description = "Cluster, by name"
  value       = aws_ecs_cluster.this.name
}

output "ecs_cluster_arn" {
  description = "Cluster, by ARN"
  value       = aws_ecs_cluster.this.arn
}

output "ecs_service_name" {
  description = "Name for the service that phase 2 creates"
  value       = local.service_name
}

output "task_family" {
  description = "Family for the task definitions that phase 2 registers"
  value       = local.task_family
}

output "container_name" {
  description = "Container that answers requests"
  value       = var.container_name
}

output "container_port" {
  description = "Its port"
  value       = var.container_port
}

output "health_check_path" {
  description = "Path that the load balancer asks for"
  value       = var.health_check_path
}

output "execution_role_arn" {
  description = "Role with which Fargate starts tasks"
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "Role of the application"
  value       = aws_iam_role.task.arn
}

output "log_group_name" {
  description = "Log group for the containers"
  value       = aws_cloudwatch_log_group.service.name
}

# Images

output "ecr_repository_name" {
  description = "Repository, by name"
  value       = aws_ecr_repository.this.name
}

output "ecr_repository_url" {
  description = "Repository, as an image reference without tag or digest"
  value       = aws_ecr_repository.this.repository_url
}

output "ecr_repository_arn" {
  description = "Repository, by ARN"
  value       = aws_ecr_repository.this.arn
}

output "kms_key_arn" {
  description = "Key of images and logs"
  value       = aws_kms_key.this.arn
}

# Load balancer

output "alb_arn" {
  description = "Internal load balancer"
  value       = aws_lb.this.arn
}

output "alb_dns_name" {
  description = "Its name inside the VPC"
  value       = aws_lb.this.dns_name
}

output "alb_security_group_id" {
  description = "Its group"
  value       = aws_security_group.alb.id
}

output "alb_listener_arn" {
  description = "Its production listener"
  value       = aws_lb_listener.this.arn
}

output "target_group_arn" {
  description = "Target group for the service's tasks"
  value       = aws_lb_target_group.this.arn
}

# Blue/green (enable_blue_green)

output "alternate_target_group_arn" {
  description = "Second target group; null without enable_blue_green"
  value       = one([for group in aws_lb_target_group.alternate : group.arn])
}

output "production_listener_rule_arn" {
  description = "Rule whose weights ECS moves; null without enable_blue_green"
  value       = one([for rule in aws_lb_listener_rule.production : rule.arn])
}

output "test_listener_rule_arn" {
  description = "Rule of the test listener; null without enable_blue_green"
  value       = one([for rule in aws_lb_listener_rule.test : rule.arn])
}

output "ecs_infrastructure_role_arn" {
  description = "Role with which ECS moves the weights; null without enable_blue_green"
  value       = one([for role in aws_iam_role.ecs_infrastructure : role.arn])
}

# API and sign-in

output "api_id" {
  description = "HTTP API"
  value       = aws_apigatewayv2_api.this.id
}

output "api_endpoint" {
  description = "URL of the API"
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "vpc_link_id" {
  description = "VPC link from the API to the load balancer"
  value       = aws_apigatewayv2_vpc_link.this.id
}

output "cognito_user_pool_id" {
  description = "User pool"
  value       = aws_cognito_user_pool.this.id
}

output "cognito_user_pool_client_id" {
  description = "App client, and the audience of the API's tokens"
  value       = aws_cognito_user_pool_client.this.id
}

output "cognito_issuer" {
  description = "Issuer of the API's tokens"
  value       = local.cognito_issuer
}

output "cognito_domain" {
  description = "Host of the sign-in page"
  value       = "${aws_cognito_user_pool_domain.this.domain}.auth.${var.aws_region}.amazoncognito.com"
}

# App servers (app_server_instance_type)

output "app_server_private_ips" {
  description = "Addresses of the app servers, a then b; empty without them"
  value       = [for zone in ["a", "b"] : aws_instance.app_server[zone].private_ip if local.app_servers]
}

# Pipelines (github, gitlab, jenkins, pipeline_principal_arns)

output "plan_role_arn" {
  description = "Role that plans; null where nobody may assume it"
  value       = one([for name, role in aws_iam_role.pipeline : role.arn if name == "plan"])
}

output "apply_role_arn" {
  description = "Role that applies; null where nobody may assume it"
  value       = one([for name, role in aws_iam_role.pipeline : role.arn if name == "apply"])
}

output "deploy_role_arn" {
  description = "Role that deploys; null where nobody may assume it"
  value       = one([for name, role in aws_iam_role.pipeline : role.arn if name == "deploy"])
}

# The contract with phase 2: tf-outputs reads these outputs, placeholders refer to them, and the programs take
# defaults from them. A published name keeps its meaning; schema_version is incremented if one has to change.
# Outputs of features that are off are null, and Terraform leaves them out of the state. None is sensitive.

output "schema_version" {
  description = "Version of the set of outputs"
  value       = 1
}

output "aws_region" {
  description = "AWS region of the stack, e.g. eu-central-1"
  value       = var.aws_region
}

output "aws_account_id" {
  description = "AWS account ID of the stack"
  value       = local.account_id
}

output "name_prefix" {
  description = "Prefix of the names of all resources in the stack"
  value       = var.name_prefix
}

# Network

output "vpc_id" {
  description = "VPC ID"
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "IDs of the public subnets: first zone, then second zone"
  value       = [for zone in ["a", "b"] : aws_subnet.public[zone].id]
}

output "enterprise_subnet_ids" {
  description = "IDs of the private enterprise subnets: first zone, then second zone"
  value       = [for zone in ["a", "b"] : aws_subnet.enterprise[zone].id]
}

output "ecs_subnet_ids" {
  description = "IDs of the isolated subnets for tasks: first zone, then second zone"
  value       = [for zone in ["a", "b"] : aws_subnet.ecs[zone].id]
}

output "public_route_table_id" {
  description = "ID of the route table of the public subnets"
  value       = aws_route_table.public.id
}

output "enterprise_route_table_ids" {
  description = "IDs of the route tables of the enterprise subnets: first zone, then second zone"
  value       = [for zone in ["a", "b"] : aws_route_table.enterprise[zone].id]
}

output "ecs_route_table_id" {
  description = "ID of the isolated route table of the ECS subnets, e.g. for another gateway endpoint"
  value       = aws_route_table.ecs.id
}

output "endpoint_security_group_id" {
  description = "Security group of the interface endpoints, e.g. for a rule that admits a build server"
  value       = aws_security_group.endpoint.id
}

output "task_security_group_id" {
  description = "Security group of the service's tasks"
  value       = aws_security_group.task.id
}

# Service

output "ecs_cluster_name" {
  description = "Name of the ECS cluster"
  value       = aws_ecs_cluster.this.name
}

output "ecs_cluster_arn" {
  description = "ARN of the ECS cluster"
  value       = aws_ecs_cluster.this.arn
}

output "ecs_service_name" {
  description = "Name of the ECS service, which the first deployment creates"
  value       = local.service_name
}

output "task_family" {
  description = "Family of the task definitions, which deployments register"
  value       = local.task_family
}

output "container_name" {
  description = "Name of the container that serves requests"
  value       = var.container_name
}

output "container_port" {
  description = "Port the container listens on"
  value       = var.container_port
}

output "health_check_path" {
  description = "Path of the load balancer's health check"
  value       = var.health_check_path
}

output "execution_role_arn" {
  description = "ARN of the execution role, which Fargate uses to start tasks"
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "ARN of the task role, which the application uses"
  value       = aws_iam_role.task.arn
}

output "log_group_name" {
  description = "CloudWatch log group of the containers"
  value       = aws_cloudwatch_log_group.service.name
}

# Images

output "ecr_repository_name" {
  description = "Name of the ECR repository"
  value       = aws_ecr_repository.this.name
}

output "ecr_repository_url" {
  description = "URL of the ECR repository: an image reference without tag or digest"
  value       = aws_ecr_repository.this.repository_url
}

output "ecr_repository_arn" {
  description = "ARN of the ECR repository"
  value       = aws_ecr_repository.this.arn
}

output "kms_key_arn" {
  description = "ARN of the KMS key for images and logs"
  value       = aws_kms_key.this.arn
}

# Load balancer

output "alb_arn" {
  description = "ARN of the internal load balancer"
  value       = aws_lb.this.arn
}

output "alb_dns_name" {
  description = "DNS name of the internal load balancer, valid inside the VPC"
  value       = aws_lb.this.dns_name
}

output "alb_security_group_id" {
  description = "Security group of the internal load balancer"
  value       = aws_security_group.alb.id
}

output "alb_listener_arn" {
  description = "ARN of the load balancer's production listener"
  value       = aws_lb_listener.this.arn
}

output "target_group_arn" {
  description = "ARN of the target group for the service's tasks"
  value       = aws_lb_target_group.this.arn
}

# Blue/green (enable_blue_green)

output "alternate_target_group_arn" {
  description = "ARN of the second target group for blue/green; null without enable_blue_green"
  value       = one([for group in aws_lb_target_group.alternate : group.arn])
}

output "production_listener_rule_arn" {
  description = "ARN of the production listener rule whose weights ECS changes; null without enable_blue_green"
  value       = one([for rule in aws_lb_listener_rule.production : rule.arn])
}

output "test_listener_rule_arn" {
  description = "ARN of the test listener rule; null without enable_blue_green"
  value       = one([for rule in aws_lb_listener_rule.test : rule.arn])
}

output "ecs_infrastructure_role_arn" {
  description = "ARN of the role ECS uses to change listener rule weights; null without enable_blue_green"
  value       = one([for role in aws_iam_role.ecs_infrastructure : role.arn])
}

# API and sign-in

output "api_id" {
  description = "ID of the HTTP API"
  value       = aws_apigatewayv2_api.this.id
}

output "api_endpoint" {
  description = "URL of the HTTP API"
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "vpc_link_id" {
  description = "ID of the VPC link from the HTTP API to the load balancer"
  value       = aws_apigatewayv2_vpc_link.this.id
}

output "cognito_user_pool_id" {
  description = "ID of the Cognito user pool"
  value       = aws_cognito_user_pool.this.id
}

output "cognito_user_pool_client_id" {
  description = "ID of the Cognito app client, which is also the audience of the API's tokens"
  value       = aws_cognito_user_pool_client.this.id
}

output "cognito_issuer" {
  description = "Issuer of the API's tokens"
  value       = local.cognito_issuer
}

output "cognito_domain" {
  description = "Host name of the Cognito sign-in page"
  value       = "${aws_cognito_user_pool_domain.this.domain}.auth.${var.aws_region}.amazoncognito.com"
}

# App servers (app_server_instance_type)

output "app_server_private_ips" {
  description = "Private IP addresses of the app servers: first zone, then second zone; empty if there are none"
  value       = [for zone in ["a", "b"] : aws_instance.app_server[zone].private_ip if local.app_servers]
}

# Pipelines (github, gitlab, jenkins, pipeline_principal_arns)

output "plan_role_arn" {
  description = "ARN of the role for terraform plan; null if no pipeline may assume it"
  value       = one([for name, role in aws_iam_role.pipeline : role.arn if name == "plan"])
}

output "apply_role_arn" {
  description = "ARN of the role for terraform apply; null if no pipeline may assume it"
  value       = one([for name, role in aws_iam_role.pipeline : role.arn if name == "apply"])
}

output "deploy_role_arn" {
  description = "ARN of the role for deployments; null if no pipeline may assume it"
  value       = one([for name, role in aws_iam_role.pipeline : role.arn if name == "deploy"])
}

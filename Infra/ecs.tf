# The ECS cluster. The service and the task definition are not declared here: phase 2 owns both, because two owners
# of one service undo each other's changes. So a teardown deletes the service first (ecs-deploy delete), and
# autoscaling is declared together with the service.

locals {
  service_name = coalesce(var.service_name, var.name_prefix)
  task_family  = coalesce(var.task_family, var.name_prefix)
}

resource "aws_ecs_cluster" "this" {
  # checkov:skip=CKV_AWS_65:container_insights is configurable, and on by default
  name = var.name_prefix

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }
}

# Terraform creates the log group, so that tasks need no permission to create it, and it has a KMS key and a retention.
resource "aws_cloudwatch_log_group" "service" {
  # checkov:skip=CKV_AWS_338:log_retention_days is configurable, a year by default
  name              = "/ecs/${var.name_prefix}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}

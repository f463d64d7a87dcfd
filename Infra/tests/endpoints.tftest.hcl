# VPC endpoints: for which services, in which subnets, and for whose credentials.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "what_fargate_needs" {
  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "logs"])
    error_message = "ecr.api, ecr.dkr and logs"
  }
  assert {
    condition = alltrue([
      for name, endpoint in aws_vpc_endpoint.interface :
      endpoint.service_name == "com.amazonaws.eu-central-1.${name}" &&
      endpoint.vpc_endpoint_type == "Interface" && endpoint.private_dns_enabled &&
      endpoint.subnet_ids == toset([aws_subnet.ecs["a"].id, aws_subnet.ecs["b"].id]) &&
      endpoint.security_group_ids == toset([aws_security_group.endpoint.id])
    ])
    error_message = "in both ECS subnets, with private DNS names, in the endpoint security group"
  }
  assert {
    condition = (
      aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" &&
      aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3" &&
      aws_vpc_endpoint.s3.route_table_ids == toset([aws_route_table.ecs.id])
    )
    error_message = "S3 has a gateway endpoint, on the ECS route table only"
  }
}

run "no_gateway_that_nobody_asked_for" {
  assert {
    condition     = length(aws_vpc_endpoint.dynamodb) == 0 && length(aws_vpc_security_group_egress_rule.task_to_dynamodb) == 0
    error_message = "DynamoDB has no endpoint and no rule by default"
  }
}

run "policies" {
  assert {
    condition = jsondecode(aws_vpc_endpoint.s3.policy).Statement == [{
      Sid       = "EcrLayers"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*"
    }]
    error_message = "S3 allows reading ECR layers, and nothing else"
  }
  assert {
    condition = alltrue(flatten([
      for endpoint in aws_vpc_endpoint.interface : [
        for statement in jsondecode(endpoint.policy).Statement :
        statement.Effect == "Allow" && statement.Condition.StringEquals["aws:PrincipalAccount"] == "111122223333"
      ]
    ]))
    error_message = "every statement of every interface endpoint is for this account's principals only"
  }
  assert {
    condition = alltrue([
      for name in ["ecr.api", "ecr.dkr"] : alltrue([
        for statement in jsondecode(aws_vpc_endpoint.interface[name].policy).Statement :
        statement.Action == "ecr:GetAuthorizationToken" || statement.Resource == ["arn:aws:ecr:eu-central-1:111122223333:repository/*"]
      ])
    ])
    error_message = "ECR allows this account's repositories in this region"
  }
  assert {
    condition     = jsondecode(aws_vpc_endpoint.interface["logs"].policy).Statement[0].Resource == "arn:aws:logs:eu-central-1:111122223333:*"
    error_message = "logs allows this account's log groups in this region"
  }
}

run "more_services" {
  variables {
    interface_endpoints    = ["secretsmanager", "ssm"]
    enable_execute_command = true
    pull_repository_arns   = ["arn:aws:ecr:eu-central-1:444455556666:repository/base/sidecar"]
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm", "ssmmessages"])
    error_message = "the requested services, and ssmmessages for ECS Exec"
  }
  assert {
    condition     = jsondecode(aws_vpc_endpoint.interface["secretsmanager"].policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "111122223333"
    error_message = "optional endpoints, too, are for this account's principals only"
  }
  assert {
    condition = contains(
      jsondecode(aws_vpc_endpoint.interface["ecr.dkr"].policy).Statement[1].Resource,
      "arn:aws:ecr:eu-central-1:444455556666:repository/base/sidecar"
    )
    error_message = "a listed repository of another account can be pulled through the endpoint"
  }
}

run "any_interface_endpoint" {
  variables {
    interface_endpoints = ["states", "ecs", "bedrock-runtime", "elasticache.serverless"]
  }

  assert {
    condition     = aws_vpc_endpoint.interface["bedrock-runtime"].service_name == "com.amazonaws.eu-central-1.bedrock-runtime"
    error_message = "a service that this stack does not know has an endpoint"
  }
  assert {
    condition     = length(aws_vpc_endpoint.interface) == 7
    error_message = "one endpoint per service, and those that Fargate needs"
  }
}

run "gateways_of_the_application" {
  variables {
    application_services = ["dynamodb", "s3"]
  }

  assert {
    condition = (
      aws_vpc_endpoint.dynamodb[0].vpc_endpoint_type == "Gateway" &&
      aws_vpc_endpoint.dynamodb[0].service_name == "com.amazonaws.eu-central-1.dynamodb" &&
      aws_vpc_endpoint.dynamodb[0].route_table_ids == toset([aws_route_table.ecs.id])
    )
    error_message = "DynamoDB has a gateway endpoint, on the ECS route table only"
  }
  assert {
    condition = (
      aws_vpc_security_group_egress_rule.task_to_dynamodb[0].security_group_id == aws_security_group.task.id &&
      aws_vpc_security_group_egress_rule.task_to_dynamodb[0].prefix_list_id == aws_vpc_endpoint.dynamodb[0].prefix_list_id &&
      aws_vpc_security_group_egress_rule.task_to_dynamodb[0].to_port == 443
    )
    error_message = "tasks may connect to DynamoDB's addresses, on 443"
  }
  assert {
    condition = alltrue([
      for statement in concat(jsondecode(aws_vpc_endpoint.dynamodb[0].policy).Statement, slice(jsondecode(aws_vpc_endpoint.s3.policy).Statement, 1, 2)) :
      statement.Condition.StringEquals["aws:PrincipalAccount"] == "111122223333"
    ])
    error_message = "both gateways are for this account's principals only"
  }
  assert {
    condition     = [for statement in jsondecode(aws_vpc_endpoint.s3.policy).Statement : statement.Sid] == ["EcrLayers", "OwnPrincipals"]
    error_message = "S3 allows reading ECR layers, and what the application's role allows"
  }
}

run "outputs_for_more_rules_and_routes" {
  assert {
    condition = (
      output.ecs_route_table_id == aws_route_table.ecs.id &&
      output.public_route_table_id == aws_route_table.public.id &&
      output.enterprise_route_table_ids == [aws_route_table.enterprise["a"].id, aws_route_table.enterprise["b"].id] &&
      output.endpoint_security_group_id == aws_security_group.endpoint.id
    )
    error_message = "another stack can add routes, and rules to the endpoints' group"
  }
}

# Every route of the API requires a token, except those that a variable opens.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "token_on_every_route" {
  assert {
    condition = (
      aws_apigatewayv2_route.default.route_key == "$default" &&
      aws_apigatewayv2_route.default.authorization_type == "JWT" &&
      aws_apigatewayv2_route.default.authorizer_id == aws_apigatewayv2_authorizer.jwt.id
    )
    error_message = "the catch-all route requires a token"
  }
  assert {
    condition     = length(aws_apigatewayv2_route.health) == 0 && length(aws_apigatewayv2_route.preflight) == 0
    error_message = "there is no other route"
  }
  assert {
    condition = (
      aws_apigatewayv2_authorizer.jwt.authorizer_type == "JWT" &&
      one(aws_apigatewayv2_authorizer.jwt.jwt_configuration).issuer == "https://cognito-idp.eu-central-1.amazonaws.com/${aws_cognito_user_pool.this.id}" &&
      one(aws_apigatewayv2_authorizer.jwt.jwt_configuration).audience == toset([aws_cognito_user_pool_client.this.id]) &&
      aws_apigatewayv2_authorizer.jwt.identity_sources == toset(["$request.header.Authorization"])
    )
    error_message = "tokens of the user pool, for the app client; the issuer has no trailing slash"
  }
  assert {
    condition     = output.cognito_issuer == one(aws_apigatewayv2_authorizer.jwt.jwt_configuration).issuer
    error_message = "the output is the issuer that the authorizer checks"
  }

  # Vpc link to the listener.

  assert {
    condition = (
      aws_apigatewayv2_vpc_link.this.subnet_ids == toset([aws_subnet.ecs["a"].id, aws_subnet.ecs["b"].id]) &&
      aws_apigatewayv2_vpc_link.this.security_group_ids == toset([aws_security_group.vpc_link.id])
    )
    error_message = "the VPC link is in the ECS subnets, in its own security group"
  }
  assert {
    condition = (
      aws_apigatewayv2_integration.alb.integration_type == "HTTP_PROXY" &&
      aws_apigatewayv2_integration.alb.connection_type == "VPC_LINK" &&
      aws_apigatewayv2_integration.alb.connection_id == aws_apigatewayv2_vpc_link.this.id &&
      aws_apigatewayv2_integration.alb.integration_uri == aws_lb_listener.this.arn &&
      length(aws_apigatewayv2_integration.alb.tls_config) == 0
    )
    error_message = "the integration goes through the VPC link to the listener"
  }
  assert {
    condition     = aws_apigatewayv2_route.default.target == "integrations/${aws_apigatewayv2_integration.alb.id}"
    error_message = "the route uses the integration"
  }

  # Stage.

  assert {
    condition = (
      aws_apigatewayv2_stage.default.name == "$default" && aws_apigatewayv2_stage.default.auto_deploy &&
      one(aws_apigatewayv2_stage.default.access_log_settings).destination_arn == aws_cloudwatch_log_group.api.arn &&
      one(aws_apigatewayv2_stage.default.default_route_settings).throttling_rate_limit == 100 &&
      one(aws_apigatewayv2_stage.default.default_route_settings).throttling_burst_limit == 200
    )
    error_message = "one stage, logged and throttled"
  }
  assert {
    condition     = can(jsondecode(one(aws_apigatewayv2_stage.default.access_log_settings).format).requestId)
    error_message = "the access log is JSON"
  }

  # User pool.

  assert {
    condition = (
      aws_cognito_user_pool.this.deletion_protection == "ACTIVE" &&
      aws_cognito_user_pool.this.auto_verified_attributes == toset(["email"]) &&
      !one(aws_cognito_user_pool.this.admin_create_user_config).allow_admin_create_user_only
    )
    error_message = "users sign up with a verified address; the user pool is protected"
  }
  assert {
    condition = (
      !aws_cognito_user_pool_client.this.generate_secret && aws_cognito_user_pool_client.this.enable_token_revocation &&
      aws_cognito_user_pool_client.this.prevent_user_existence_errors == "ENABLED" &&
      aws_cognito_user_pool_client.this.allowed_oauth_flows == toset(["code"]) &&
      !contains(aws_cognito_user_pool_client.this.explicit_auth_flows, "ALLOW_USER_PASSWORD_AUTH")
    )
    error_message = "a public client with the code flow only; unsigned callers cannot send passwords"
  }
  assert {
    condition     = output.cognito_domain == "fargate-pipeline-111122223333.auth.eu-central-1.amazoncognito.com"
    error_message = "the host name of the sign-in page"
  }
}

run "public_health_route" {
  variables {
    public_health_route = true
    health_check_path   = "/healthz"
  }

  assert {
    condition = (
      aws_apigatewayv2_route.health[0].route_key == "GET /healthz" &&
      aws_apigatewayv2_route.health[0].authorization_type == "NONE" &&
      aws_apigatewayv2_route.default.authorization_type == "JWT"
    )
    error_message = "one path needs no token, the others are unchanged"
  }
}

run "cors" {
  variables { cors_allowed_origins = ["https://app.example.com"] }

  assert {
    condition = (
      one(aws_apigatewayv2_api.this.cors_configuration).allow_origins == toset(["https://app.example.com"]) &&
      aws_apigatewayv2_route.preflight[0].route_key == "OPTIONS /{proxy+}" &&
      aws_apigatewayv2_route.default.authorization_type == "JWT"
    )
    error_message = "preflight requests need no token, the others are unchanged"
  }
}

run "no_self_sign_up" {
  variables {
    cognito_self_sign_up = false
    deletion_protection  = false
  }

  assert {
    condition     = one(aws_cognito_user_pool.this.admin_create_user_config).allow_admin_create_user_only
    error_message = "only administrators create accounts"
  }
  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "INACTIVE" && !aws_lb.this.enable_deletion_protection
    error_message = "no protection before a teardown"
  }
}

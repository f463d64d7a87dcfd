# The only entry point: an HTTP API whose routes all require a token (auth.tf), and a VPC link to the internal
# load balancer. A VPC link cannot be changed in place. After 60 days without a request AWS suspends it, and the
# next request takes some minutes.

resource "aws_apigatewayv2_api" "this" {
  name          = var.name_prefix
  protocol_type = "HTTP"
  description   = "Entry point of ${var.name_prefix}"

  dynamic "cors_configuration" {
    for_each = length(var.cors_allowed_origins) == 0 ? [] : [var.cors_allowed_origins]
    content {
      allow_origins = cors_configuration.value
      allow_methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
      allow_headers = ["authorization", "content-type"]
      max_age       = 3600
    }
  }
}

resource "aws_apigatewayv2_vpc_link" "this" {
  name               = var.name_prefix
  subnet_ids         = [for zone in ["a", "b"] : aws_subnet.ecs[zone].id]
  security_group_ids = [aws_security_group.vpc_link.id]

  lifecycle {
    # AWS deletes no VPC link that an integration uses: create the new one, switch the integration, delete the old one.
    create_before_destroy = true
  }
}

# The integration refers to the listener, not to the load balancer. If the first apply fails with "Unable to
# retrieve listener port", the new listener is not yet known everywhere in AWS: apply again.
resource "aws_apigatewayv2_integration" "alb" {
  api_id                 = aws_apigatewayv2_api.this.id
  description            = "Internal load balancer, through the VPC link"
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  integration_uri        = aws_lb_listener.this.arn
  connection_type        = "VPC_LINK"
  connection_id          = aws_apigatewayv2_vpc_link.this.id
  payload_format_version = "1.0"
  timeout_milliseconds   = 29000

  dynamic "tls_config" {
    for_each = var.certificate_domain == null ? [] : [var.certificate_domain]
    content {
      server_name_to_verify = tls_config.value
    }
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.this.id
  name             = "cognito"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = local.cognito_issuer
    audience = [aws_cognito_user_pool_client.this.id]
  }
}

resource "aws_apigatewayv2_route" "default" {
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = "$default"
  target             = "integrations/${aws_apigatewayv2_integration.alb.id}"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id
}

resource "aws_apigatewayv2_route" "health" {
  # checkov:skip=CKV_AWS_309:exists only with public_health_route; one path, GET only
  count = var.public_health_route ? 1 : 0

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = "GET ${var.health_check_path}"
  target             = "integrations/${aws_apigatewayv2_integration.alb.id}"
  authorization_type = "NONE"
}

# $default would require a token from a browser's preflight request, and browsers never send one.
resource "aws_apigatewayv2_route" "preflight" {
  # checkov:skip=CKV_AWS_309:exists only with cors_allowed_origins; a preflight has no token
  count = length(var.cors_allowed_origins) == 0 ? 0 : 1

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = "OPTIONS /{proxy+}"
  target             = "integrations/${aws_apigatewayv2_integration.alb.id}"
  authorization_type = "NONE"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit    = var.api_throttle.rate
    throttling_burst_limit   = var.api_throttle.burst
    detailed_metrics_enabled = true
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format = jsonencode({
      requestId        = "$context.requestId"
      time             = "$context.requestTime"
      sourceIp         = "$context.identity.sourceIp"
      method           = "$context.httpMethod"
      path             = "$context.path"
      routeKey         = "$context.routeKey"
      status           = "$context.status"
      latency          = "$context.responseLatency"
      responseLength   = "$context.responseLength"
      integrationError = "$context.integrationErrorMessage"
      authorizerError  = "$context.authorizer.error"
      subject          = "$context.authorizer.claims.sub"
    })
  }
}

# With this prefix, AWS does not add every log group to one resource policy, whose size is limited.
resource "aws_cloudwatch_log_group" "api" {
  # checkov:skip=CKV_AWS_338:log_retention_days is configurable, a year by default
  name              = "/aws/vendedlogs/apigateway/${var.name_prefix}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}

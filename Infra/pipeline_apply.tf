# Permissions of the apply role in addition to reading: create, change and delete what this directory declares.
# If an ARN contains a name, the permission is restricted to this stack's names. EC2 and Cognito resources have
# generated IDs, so the tag Stack (set on everything by default_tags) decides, and tags may be set only while a
# resource is being created, so that the role cannot tag resources of others. API Gateway IDs are generated, too, and
# the permission is restricted by region only. IAM: only this stack's roles, each by name, with the boundary
# (boundary.tf), and never the pipeline's own roles.

locals {
  this_region = { "aws:RequestedRegion" = var.aws_region }
  this_stack  = { "aws:ResourceTag/Stack" = var.name_prefix }

  apply_network_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "MakeNetwork"
        Effect = "Allow"
        Action = [
          "ec2:AllocateAddress", "ec2:AssociateVpcCidrBlock", "ec2:CreateFlowLogs", "ec2:CreateInternetGateway", "ec2:CreateNatGateway",
          "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateVpc", "ec2:CreateVpcEndpoint",
          "ec2:GetManagedPrefixListEntries", "ec2:RunInstances",
        ]
        Resource  = ["*"]
        Condition = { StringEquals = local.this_region }
      },
      {
        Sid       = "TagWhatIsBeingMade"
        Effect    = "Allow"
        Action    = ["ec2:CreateTags"]
        Resource  = ["*"]
        Condition = { StringEquals = local.this_region, Null = { "ec2:CreateAction" = "false" } }
      },
      {
        Sid    = "ChangeOwnNetwork"
        Effect = "Allow"
        Action = [
          "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:CreateRoute", "ec2:CreateTags",
          "ec2:DeleteFlowLogs", "ec2:DeleteInternetGateway", "ec2:DeleteNatGateway", "ec2:DeleteRoute", "ec2:DeleteRouteTable",
          "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints",
          "ec2:DetachInternetGateway",
          "ec2:DisassociateAddress", "ec2:DisassociateNatGatewayAddress", "ec2:DisassociateRouteTable", "ec2:DisassociateVpcCidrBlock",
          "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint",
          "ec2:ReleaseAddress", "ec2:ReplaceRoute", "ec2:ReplaceRouteTableAssociation",
          "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
          "ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ]
        Resource  = ["*"]
        Condition = { StringEquals = merge(local.this_region, local.this_stack) }
      },
      {
        # The other side of an association: AWS makes a NAT gateway's interface without tags. The address or the gateway
        # must still have the tag (ChangeOwnNetwork).
        Sid      = "InterfacesOfOwnAddresses"
        Effect   = "Allow"
        Action   = ["ec2:DisassociateAddress", "ec2:DisassociateNatGatewayAddress"]
        Resource = ["arn:${local.partition}:ec2:${var.aws_region}:${local.account_id}:network-interface/*"]
      },
      {
        Sid       = "OpenOwnGroups"
        Effect    = "Allow"
        Action    = ["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"]
        Resource  = ["arn:${local.partition}:ec2:${var.aws_region}:${local.account_id}:security-group/*"]
        Condition = { StringEquals = local.this_stack }
      },
      {
        # The rule itself, which does not exist yet.
        Sid      = "MakeRules"
        Effect   = "Allow"
        Action   = ["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"]
        Resource = ["arn:${local.partition}:ec2:${var.aws_region}:${local.account_id}:security-group-rule/*"]
      },
      {
        # The private DNS names of interface endpoints. Route 53 is global, so there is no region here.
        Sid      = "PrivateNames"
        Effect   = "Allow"
        Action   = ["route53:AssociateVPCWithHostedZone"]
        Resource = ["*"]
      },
      {
        # Whoever can change an instance's user data has all permissions of that instance.
        Sid    = "OwnAppServers"
        Effect = "Allow"
        Action = [
          "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances",
        ]
        Resource  = ["*"]
        Condition = { StringEquals = merge(local.this_region, local.this_stack) }
      },
    ]
  }

  apply_platform_policy = {
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid    = "LoadBalancer"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags",
          "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateRule", "elasticloadbalancing:CreateTargetGroup",
          "elasticloadbalancing:DeleteListener", "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes", "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyRule", "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
        ]
        Resource = [
          "arn:${local.partition}:elasticloadbalancing:${var.aws_region}:${local.account_id}:*/app/${var.name_prefix}/*",
          "arn:${local.partition}:elasticloadbalancing:${var.aws_region}:${local.account_id}:targetgroup/${var.name_prefix}-*/*",
        ]
      },
      {
        Sid      = "Api"
        Effect   = "Allow"
        Action   = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource"]
        Resource = [for path in ["apis", "apis/*", "tags/*", "vpclinks", "vpclinks/*"] : "arn:${local.partition}:apigateway:${var.aws_region}::/${path}"]
      },
      {
        Sid      = "MakeUserPool"
        Effect   = "Allow"
        Action   = ["cognito-idp:CreateUserPool"]
        Resource = ["*"]
      },
      {
        Sid    = "OwnUserPool"
        Effect = "Allow"
        Action = [
          "cognito-idp:CreateUserPoolClient", "cognito-idp:CreateUserPoolDomain",
          "cognito-idp:DeleteUserPool", "cognito-idp:DeleteUserPoolClient", "cognito-idp:DeleteUserPoolDomain",
          "cognito-idp:SetUserPoolMfaConfig", "cognito-idp:TagResource", "cognito-idp:UntagResource",
          "cognito-idp:UpdateUserPool", "cognito-idp:UpdateUserPoolClient", "cognito-idp:UpdateUserPoolDomain",
        ]
        Resource  = ["arn:${local.partition}:cognito-idp:${var.aws_region}:${local.account_id}:userpool/*"]
        Condition = { StringEquals = local.this_stack }
      },
      {
        Sid    = "Repository"
        Effect = "Allow"
        Action = [
          "ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository", "ecr:PutImageScanningConfiguration",
          "ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy", "ecr:TagResource", "ecr:UntagResource",
        ]
        Resource = ["arn:${local.partition}:ecr:${var.aws_region}:${local.account_id}:repository/${var.name_prefix}"]
      },
      {
        # Phase 2 owns the service, but this role may delete it before it destroys the stack.
        Sid    = "Cluster"
        Effect = "Allow"
        Action = [
          "ecs:CreateCluster", "ecs:DeleteCluster", "ecs:DeleteService", "ecs:DescribeServices", "ecs:PutClusterCapacityProviders",
          "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCluster", "ecs:UpdateClusterSettings", "ecs:UpdateService",
        ]
        Resource = [
          "${local.ecs_arn}:cluster/${var.name_prefix}",
          "${local.ecs_arn}:service/${local.service_path}",
        ]
      },
      {
        Sid    = "LogGroups"
        Effect = "Allow"
        Action = [
          "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy",
          "logs:DisassociateKmsKey", "logs:PutRetentionPolicy", "logs:TagLogGroup", "logs:TagResource", "logs:UntagLogGroup", "logs:UntagResource",
        ]
        Resource = flatten([for arn in local.log_group_arns : [arn, "${arn}:*"]])
      },
      {
        # The API's access log is a log delivery, which has no resource-level permissions.
        Sid    = "ApiAccessLog"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        ]
        Resource = ["*"]
      },
      ], var.state == null ? [] : [{
        Sid      = "WriteTheState"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = [local.state_object_arn]
    }])
  }

  apply_identity_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        # A person creates the key, in the first apply. The permission to create and tag keys would also allow
        # tagging keys of others, and so taking control of keys whose policies have a tag condition.
        Sid    = "OwnKey"
        Effect = "Allow"
        Action = [
          "kms:CreateAlias", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion",
          "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
        ]
        Resource = [aws_kms_key.this.arn, "arn:${local.partition}:kms:${var.aws_region}:${local.account_id}:alias/${var.name_prefix}"]
      },
      {
        Sid       = "LetEcrUseTheKey"
        Effect    = "Allow"
        Action    = ["kms:CreateGrant", "kms:RetireGrant"]
        Resource  = [aws_kms_key.this.arn]
        Condition = { StringEquals = { "kms:ViaService" = "ecr.${var.aws_region}.amazonaws.com" } }
      },
      {
        Sid    = "RolesInsideTheBoundary"
        Effect = "Allow"
        Action = [
          "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
          "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
        ]
        Resource  = local.bounded_role_arns
        Condition = { StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary.arn } }
      },
      {
        Sid    = "OwnRoles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
        ]
        Resource = local.bounded_role_arns
      },
      {
        Sid    = "OwnInstanceProfiles"
        Effect = "Allow"
        Action = [
          "iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile",
          "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile", "iam:UntagInstanceProfile",
        ]
        Resource = ["arn:${local.partition}:iam::${local.account_id}:instance-profile/${var.name_prefix}-app-server"]
      },
      {
        Sid       = "PassRolesToTheirServices"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [for name in ["app-server", "flow-logs"] : "${local.role_arn_prefix}-${name}"]
        Condition = { StringEquals = { "iam:PassedToService" = ["ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com"] } }
      },
      {
        Sid       = "ServiceLinkedRoles"
        Effect    = "Allow"
        Action    = ["iam:CreateServiceLinkedRole"]
        Resource  = ["arn:${local.partition}:iam::${local.account_id}:role/aws-service-role/*"]
        Condition = { StringEquals = { "iam:AWSServiceName" = ["ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com", "ops.apigateway.amazonaws.com"] } }
      },
      {
        # Overrides every Allow above: only people change the pipeline's own permissions and the boundary.
        Sid       = "NeverOwnRights"
        Effect    = "Deny"
        NotAction = ["iam:Get*", "iam:List*", "sts:*"]
        Resource  = concat(local.pipeline_role_arns, local.own_policy_arns)
      },
    ]
  }

  # Three policies, because a managed policy can have at most 6,144 characters.
  apply_policies = {
    network  = { description = "the network and the app servers", document = jsonencode(local.apply_network_policy) }
    platform = { description = "load balancer, API, user pool, images, cluster, logs", document = jsonencode(local.apply_platform_policy) }
    identity = { description = "keys and roles, inside the boundary", document = jsonencode(local.apply_identity_policy) }
  }
}

resource "aws_iam_policy" "apply" {
  # checkov:skip=CKV_AWS_355:EC2 and log deliveries have generated IDs or no resource-level permissions; restricted to the stack's tag, or the region
  # checkov:skip=CKV_AWS_290:as above
  # checkov:skip=CKV_AWS_289:only roles of this stack, with the boundary; the pipeline's own roles are denied
  # checkov:skip=CKV_AWS_286:as above
  # checkov:skip=CKV_AWS_287:as above
  # checkov:skip=CKV_AWS_288:as above
  for_each = { for name, policy in local.apply_policies : name => policy if local.has_apply }

  name        = "${var.name_prefix}-apply-${each.key}"
  description = "To apply a plan: ${each.value.description}"
  policy      = each.value.document

  lifecycle {
    precondition {
      condition     = length(each.value.document) <= 6144
      error_message = "The ${each.key} policy has ${length(each.value.document)} characters; a managed policy can have at most 6,144. Shorten name_prefix."
    }
  }
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = { for name, policy in local.apply_policies : name => policy if local.has_apply }

  role       = aws_iam_role.pipeline["apply"].name
  policy_arn = aws_iam_policy.apply[each.key].arn
}

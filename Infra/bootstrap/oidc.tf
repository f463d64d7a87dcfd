# Token issuers that the account trusts. The roles in ../pipeline_trust.tf decide which jobs may do what.

resource "aws_iam_openid_connect_provider" "this" {
  for_each = var.oidc_issuers

  url            = each.key
  client_id_list = each.value
}

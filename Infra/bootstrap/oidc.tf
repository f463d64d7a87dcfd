# Whose tokens the account trusts at all. Which of their jobs may do what, the roles in ../pipeline_trust.tf say.

resource "aws_iam_openid_connect_provider" "this" {
  for_each = var.oidc_issuers

  url            = each.key
  client_id_list = each.value
}

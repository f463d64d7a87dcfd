output "state_bucket" {
  description = "Bucket of the states"
  value       = aws_s3_bucket.state.id
}

output "state_kms_key_arn" {
  description = "Key of the states"
  value       = aws_kms_key.state.arn
}

output "oidc_provider_arns" {
  description = "OIDC providers made here, by issuer"
  value       = { for url, provider in aws_iam_openid_connect_provider.this : url => provider.arn }
}

output "backend_hcl" {
  description = "Contents for ../backend.hcl"
  value       = <<-EOT
    bucket = "${aws_s3_bucket.state.id}"
    key    = "${local.key}"
    region = "${var.aws_region}"
  EOT
}

output "state_tfvars" {
  description = "The setting `state` of the stack, for ../terraform.tfvars"
  value       = <<-EOT
    state = {
      bucket      = "${aws_s3_bucket.state.id}"
      key         = "${local.key}"
      kms_key_arn = "${aws_kms_key.state.arn}"
    }
  EOT
}

output "state_uri" {
  description = "Where the stack's state lies, as the workflow and the programs take it"
  value       = "s3://${aws_s3_bucket.state.id}/${local.key}"
}

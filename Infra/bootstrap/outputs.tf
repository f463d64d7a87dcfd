output "state_bucket" {
  description = "Name of the S3 bucket for Terraform states"
  value       = aws_s3_bucket.state.id
}

output "state_kms_key_arn" {
  description = "ARN of the KMS key that encrypts the states"
  value       = aws_kms_key.state.arn
}

output "oidc_provider_arns" {
  description = "ARNs of the OIDC providers created here, by issuer"
  value       = { for url, provider in aws_iam_openid_connect_provider.this : url => provider.arn }
}

output "backend_hcl" {
  description = "Contents of ../backend.hcl"
  value       = <<-EOT
    bucket = "${aws_s3_bucket.state.id}"
    key    = "${local.key}"
    region = "${var.aws_region}"
  EOT
}

output "state_tfvars" {
  description = "The variable `state` of the stack, to append to ../terraform.tfvars"
  value       = <<-EOT
    state = {
      bucket      = "${aws_s3_bucket.state.id}"
      key         = "${local.key}"
      kms_key_arn = "${aws_kms_key.state.arn}"
    }
  EOT
}

output "state_uri" {
  description = "Location of the stack's state, as the workflow and the programs expect it, e.g. s3://BUCKET/KEY"
  value       = "s3://${aws_s3_bucket.state.id}/${local.key}"
}

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
    key    = "${var.name_prefix}/terraform.tfstate"
    region = "${var.aws_region}"
  EOT
}

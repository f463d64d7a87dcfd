# Copy this file to backend.hcl and fill in the output of `terraform output -raw backend_hcl` in bootstrap/.
# tf-outputs reads the same file: tf-outputs --from-backend Infra --backend-config Infra/backend.hcl
bucket = "REPLACE-terraform-state"
key    = "fargate-pipeline/terraform.tfstate"
region = "eu-central-1"

# Copy to backend.hcl and fill in what `terraform output -raw backend_hcl` in bootstrap/ printed. The programs
# read the same file: tf-outputs --from-backend Infra --backend-config Infra/backend.hcl
bucket = "REPLACE-terraform-state"
key    = "fargate-pipeline/terraform.tfstate"
region = "eu-central-1"

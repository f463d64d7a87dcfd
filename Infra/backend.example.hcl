# Copy to backend.hcl and fill in what `terraform output` in bootstrap/ printed. The programs read the
# same file: tf-outputs --from-backend Infra --backend-config Infra/backend.hcl
bucket     = "REPLACE-terraform-state"
key        = "fargate-pipeline/terraform.tfstate"
region     = "eu-central-1"
kms_key_id = "arn:aws:kms:eu-central-1:111122223333:key/REPLACE"

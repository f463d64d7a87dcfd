#!/bin/sh
# Deploys an image and waits until the service is healthy, on any CI host: CircleCI, Azure Pipelines, Buildkite,
# CodeBuild, Woodpecker, Forgejo and Gitea. Copy it next to the example of your host.
#
#   sh deploy.sh oci-archive:image.tar
#
# Set FARGATE_STATE, FARGATE_REGION and, unless the job has an AWS role itself, FARGATE_ROLE_TO_ASSUME.
# The results are in results/, the report in deployment.md and deployment.html, also after a failure.
set -eu

version=${FARGATE_PIPELINE_VERSION:-1.0.0}
release=${FARGATE_PIPELINE_URL:-https://github.com/fargate-pipeline/fargate-pipeline/releases/download}/v$version
pipeline=./fargate-pipeline
file=fargate-pipeline-$(uname -m)-linux
curl --fail --silent --show-error --location --output "$pipeline" "$release/$file"
# To pin the program, set its SHA-256. If it is not set, SHA256SUMS of the release is used.
sum=${FARGATE_PIPELINE_SHA256:-}
if [ -z "$sum" ]; then
    sums=$(curl --fail --silent --show-error --location "$release/SHA256SUMS")
    sum=$(echo "$sums" | awk -v file="$file" '$2 == file { print $1 }')
fi
echo "$sum  $pipeline" | sha256sum -c
chmod +x "$pipeline"

export FARGATE_RESULTS=results FARGATE_OUTPUTS=outputs.json

report() {
    code=$?
    "$pipeline" deploy-status --html deployment.html > deployment.md || echo "The report could not be written" >&2
    exit "$code"
}
trap report EXIT

"$pipeline" tf-outputs --out outputs.json
"$pipeline" tf-outputs --format shell --only ecs_cluster_name,ecs_service_name,ecr_repository_name,container_name --out platform.sh
# Sets ecs_cluster_name, ecs_service_name, ecr_repository_name and container_name.
# shellcheck source=/dev/null
. ./platform.sh
# The time makes the tag unique if a build is repeated.
tag=$(git rev-parse --short=12 HEAD)-$(date -u +%Y%m%d%H%M%S)
image=$("$pipeline" ecr-push --source "$1" --repository "${ecr_repository_name:?}" --tag "$tag")
"$pipeline" render-taskdef --task-definition taskdef.json --image "${container_name:?}=$image" --out task-definition.json
"$pipeline" ecs-deploy --task-definition task-definition.json --service-definition service.json
"$pipeline" wait-healthy --cluster "${ecs_cluster_name:?}" --service "${ecs_service_name:?}" --deployment results/ecs-deploy.json

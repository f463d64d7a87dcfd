// The step `fargateDeploy` of the shared library: deploys an image to a service, waits until it is healthy, and
// reports the result, also after a failure. docs/jenkins.md explains how to add the library to Jenkins.
//
//   fargateDeploy(state: 's3://BUCKET/KEY', role: 'arn:aws:iam::…:role/deploy', region: 'eu-central-1')
//
// Every value reaches the script as a variable, never as a part of it, so that no value can be executed.
// For other options, set their variables around the step, e.g. withEnv(['FARGATE_TIMEOUT=45m']) { … }.
def call(Map settings) {
    Map optional = [
        // The image to deploy: an archive from an earlier stage, or an image in a Docker daemon.
        source: 'oci-archive:image.tar',
        // A revision to deploy instead of an image, e.g. app:41, to roll back.
        revision: '',
        // The name of the service. If it is empty, the Terraform output ecs_service_name.
        service: '',
        taskDefinition: 'taskdef.json',
        // If it is empty, the Terraform outputs describe the service.
        serviceDefinition: 'service.json',
        // A file credential of the OpenID Connect Provider plugin. If it is empty, the agent's own AWS role is used.
        credentials: 'aws-oidc',
        results: 'results',
        // The path of fargate-pipeline.
        program: env.FARGATE_PIPELINE_BIN ?: 'fargate-pipeline',
    ]
    List required = ['state', 'role', 'region']
    List known = required + (optional.keySet() as List)
    List unknown = (settings.keySet() as List) - known
    if (unknown) {
        error "fargateDeploy has no setting ${unknown.join(', ')}. It has: ${known.join(', ')}"
    }
    List missing = required - (settings.keySet() as List)
    if (missing) {
        error "fargateDeploy needs the settings ${missing.join(', ')}"
    }
    Map all = optional + settings
    List variables = [
        "FARGATE_STATE=${all.state}",
        "FARGATE_ROLE_TO_ASSUME=${all.role}",
        "FARGATE_REGION=${all.region}",
        "FARGATE_RESULTS=${all.results}",
        "FARGATE_OUTPUTS=outputs.json",
        "FARGATE_SERVICE=${all.service}",
        "FARGATE_SERVICE_DEFINITION=${all.serviceDefinition}",
        "IMAGE_SOURCE=${all.source}",
        "REVISION=${all.revision}",
        "TASK_DEFINITION=${all.taskDefinition}",
        "PIPELINE=${all.program}",
    ]
    withEnv(variables) {
        try {
            if (all.credentials) {
                withCredentials([file(credentialsId: all.credentials, variable: 'FARGATE_WEB_IDENTITY_TOKEN_FILE')]) {
                    deploy()
                }
            } else {
                deploy()
            }
        } finally {
            sh(label: 'Report', script: '''#!/bin/sh
                "$PIPELINE" deploy-status --html deployment.html > deployment.md
            ''')
            archiveArtifacts artifacts: "${all.results}/*.json, deployment.html, deployment.md", allowEmptyArchive: true
        }
    }
}

private void deploy() {
    // Without the first line, Jenkins would run the script with -x, and the log would repeat each command.
    sh(label: 'Deploy', script: '''#!/bin/sh
        set -eu
        "$PIPELINE" tf-outputs --out outputs.json
        "$PIPELINE" tf-outputs --format shell --only ecs_cluster_name,ecs_service_name,ecr_repository_name,container_name --out platform.sh
        . ./platform.sh
        if [ -n "$REVISION" ]; then
            definition=$REVISION
        else
            image=$("$PIPELINE" ecr-push --source "$IMAGE_SOURCE" --repository "$ecr_repository_name" --tag "$GIT_COMMIT-$BUILD_NUMBER")
            "$PIPELINE" render-taskdef --task-definition "$TASK_DEFINITION" --image "$container_name=$image" --out task-definition.json
            definition=task-definition.json
        fi
        "$PIPELINE" ecs-deploy --task-definition "$definition"
        "$PIPELINE" wait-healthy --cluster "$ecs_cluster_name" --service "${FARGATE_SERVICE:-$ecs_service_name}" --deployment "$FARGATE_RESULTS/ecs-deploy.json"
    ''')
}

//! Which service a request is for, and how each service writes its errors.

use http::Method;
use serde_json::json;

use crate::service::Service;
use crate::wire::{ApiError, Request, Response, header};
use crate::{elb, github, gitlab, query, registry, s3, sts};

/// Which service and operation a request is for.
pub(crate) fn recognize(request: &Request) -> (Service, String) {
    if let Some(target) = header(request, "x-amz-target") {
        let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
        let service = match prefix {
            "AmazonEC2ContainerServiceV20141113" => Service::Ecs,
            "AmazonEC2ContainerRegistry_V20150921" => Service::Ecr,
            "Logs_20140328" => Service::Logs,
            _ => Service::S3,
        };
        return (service, operation.to_owned());
    }
    let path = request.uri.path();
    if request.method == Method::POST && path == "/" {
        let form = query::Form::parse(&request.body);
        let operation = form.get("Action").unwrap_or("").to_owned();
        return match form.get("Version") {
            Some("2015-12-01") => (Service::Elb, operation),
            _ => (Service::Sts, operation),
        };
    }
    if path == "/v2" || path.starts_with("/v2/") || path == "/registry-token" {
        return (Service::Registry, registry::operation(request));
    }
    if path == "/oidc/token" {
        return (Service::Oidc, "GetToken".into());
    }
    if let Some(operation) = gitlab::operation(request) {
        return (Service::Gitlab, operation);
    }
    if let Some(operation) = github::operation(request) {
        return (Service::Github, operation);
    }
    (Service::S3, s3::operation(request))
}

/// An error in this service's own protocol.
pub(crate) fn refuse(service: Service, error: &ApiError, request_id: &str) -> Response {
    match service {
        Service::Ecs | Service::Ecr | Service::Logs => Response::json(
            error.status,
            "application/x-amz-json-1.1",
            &json!({"__type": error.code, "message": error.message}),
        )
        .with("x-amzn-requestid", request_id)
        .with("x-amzn-errortype", &error.code),
        Service::Sts => query::error(sts::NAMESPACE, error, request_id),
        Service::Elb => query::error(elb::NAMESPACE, error, request_id),
        Service::S3 => s3::error(error, "", request_id),
        Service::Registry => registry::error(error),
        Service::Github => github::error(error),
        Service::Gitlab => gitlab::error(error),
        Service::Oidc => sts::token_error(error),
    }
}

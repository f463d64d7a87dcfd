//! From a request to its response: credentials, faults, the service's own work, the record.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::fault::Kind;
use crate::record::Recorded;
use crate::registry::Sink;
use crate::service::Service;
use crate::wire::{Answer, ApiError, Request, Response};
use crate::world::{Inner, World};
use crate::{ecr, ecs, elb, github, gitlab, logs, protocol, registry, required, s3, sts};

/// A classified request, and the fault that applies to it.
pub(crate) struct Ticket {
    service: Service,
    operation: String,
    pub(crate) fault: Option<Kind>,
    recorded: Recorded,
    /// Receives the body of a blob upload.
    pub(crate) sink: Option<Sink>,
}

impl Inner {
    pub(crate) fn call(
        &self,
        service: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Value, ApiError> {
        let world = &mut *self.world();
        match service {
            "ecs" => ecs::handle(world, operation, body),
            "ecr" => ecr::handle(world, operation, body),
            "logs" => logs::handle(world, operation, body),
            other => panic!("{other} has no JSON API here: ecs, ecr and logs have"),
        }
    }

    pub(crate) fn answer(self: &Arc<Self>, request: Request) -> Answer {
        let mut ticket = self.begin(&request);
        if let Some(Kind::CutRequestAt(byte)) = ticket.fault
            && byte <= request.body.len() as u64
        {
            return self.cut(ticket, byte);
        }
        if let Some(sink) = &mut ticket.sink {
            sink.write(&request.body);
        }
        self.finish(ticket, &request)
    }

    /// Classified by its head (and a form's fields), before the body of an upload is read.
    pub(crate) fn begin(&self, request: &Request) -> Ticket {
        let mut world = self.world();
        let (service, operation) = protocol::recognize(request);
        let fault = world.strike(service, &operation);
        let mut recorded = Recorded::begin(service, &operation, request, world.now);
        recorded.fault_kind = fault.as_ref().map(Kind::name);
        let sink = match service {
            Service::Registry => registry::sink(&mut world, request, &operation),
            _ => None,
        };
        Ticket {
            service,
            operation,
            fault,
            recorded,
            sink,
        }
    }

    /// The connection was lost: recorded, and nothing is done.
    pub(crate) fn cut(&self, mut ticket: Ticket, bytes: u64) -> Answer {
        let mut world = self.world();
        if let Some(sink) = ticket.sink.take() {
            registry::abandon(&mut world, sink);
        }
        ticket.recorded.body_bytes = bytes;
        ticket.recorded.fault = ticket.fault.is_some();
        world.record(ticket.recorded);
        Answer {
            response: None,
            delay: Duration::ZERO,
            cut_at: None,
            bytes_per_second: None,
        }
    }

    /// The whole body has arrived: the work is done and recorded.
    pub(crate) fn finish(&self, mut ticket: Ticket, request: &Request) -> Answer {
        let mut world = self.world();
        match &ticket.sink {
            Some(sink) => {
                ticket.recorded.body = bytes::Bytes::new();
                ticket.recorded.body_bytes = sink.received();
            }
            None => {
                ticket.recorded.body = request.body.clone();
                ticket.recorded.body_bytes = request.body.len() as u64;
            }
        }
        let needed = required::permissions(&world, ticket.service, &ticket.operation, request);
        ticket.recorded.permissions = needed;
        let answer = struck(&mut world, &mut ticket, request);
        if let Some(response) = &answer.response {
            ticket.recorded.answered(response);
        }
        world.record(ticket.recorded);
        answer
    }
}

/// The fault's response, or the true one with the fault applied.
fn struck(world: &mut World, ticket: &mut Ticket, request: &Request) -> Answer {
    let service = ticket.service;
    let request_id = world.ids.uuid();
    let refuse = |error: &ApiError| protocol::refuse(service, error, &request_id);
    let instead = match &ticket.fault {
        Some(Kind::Error(error)) => Some(refuse(error)),
        Some(Kind::Throttle { retry_after: None }) => Some(refuse(&service.throttled())),
        Some(Kind::Throttle {
            retry_after: Some(after),
        }) => {
            let mut error = service.throttled();
            error.status = 429;
            Some(refuse(&error).with("retry-after", &after.as_secs().to_string()))
        }
        Some(Kind::Broken { status }) => Some(refuse(&service.broken(*status))),
        Some(Kind::Expired) => Some(refuse(&service.expired())),
        Some(Kind::Denied) => {
            let denial = denial(world, service, &ticket.operation, request);
            Some(refuse(&denial))
        }
        Some(Kind::Html { status }) => Some(Response::new(
            *status,
            "text/html",
            "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>",
        )),
        Some(Kind::Bare { status }) => Some(Response::empty(*status)),
        Some(Kind::CutBeforeAnswer | Kind::CutRequestAt(_)) => {
            ticket.recorded.fault = true;
            if let Some(sink) = ticket.sink.take() {
                registry::abandon(world, sink);
            }
            return Answer {
                response: None,
                delay: Duration::ZERO,
                cut_at: None,
                bytes_per_second: None,
            };
        }
        _ => None,
    };
    if let Some(response) = instead {
        ticket.recorded.fault = true;
        if let Some(sink) = ticket.sink.take() {
            registry::abandon(world, sink);
        }
        return response.into();
    }
    let response = work(world, ticket, request, &request_id);
    ticket.recorded.worked = response.as_ref().is_some_and(|r| r.status.as_u16() < 400);
    let mut answer = match response {
        Some(response) => Answer::from(response),
        None => Answer {
            response: None,
            delay: Duration::ZERO,
            cut_at: None,
            bytes_per_second: None,
        },
    };
    match &ticket.fault {
        Some(Kind::CutAfterWork) => answer.response = None,
        Some(Kind::CutAnswerAt(byte)) => answer.cut_at = Some(*byte),
        Some(Kind::Delay(by)) => answer.delay = *by,
        Some(Kind::SlowLink { bytes_per_second }) => {
            answer.bytes_per_second = Some(*bytes_per_second);
        }
        Some(Kind::Malformed) => {
            answer.response = answer.response.map(|response| Response {
                body: match response.body {
                    crate::wire::Body::Bytes(bytes) => {
                        let half = bytes.len() / 2;
                        crate::wire::Body::Bytes(bytes.slice(..half))
                    }
                    other => other,
                },
                ..response
            });
        }
        Some(Kind::WithoutHeader(name)) => {
            if let Some(response) = &mut answer.response {
                response.headers.remove(*name);
            }
        }
        _ => return answer,
    }
    ticket.recorded.fault = true;
    answer
}

/// The service's own work. `None`: it cuts the connection, like ECR does for some errors.
fn work(
    world: &mut World,
    ticket: &mut Ticket,
    request: &Request,
    request_id: &str,
) -> Option<Response> {
    let service = ticket.service;
    let operation = ticket.operation.as_str();
    if let Err(error) = sts::check_caller(world, service, operation, request) {
        return Some(protocol::refuse(service, &error, request_id));
    }
    Some(match service {
        Service::Ecs => json_answer(world, service, operation, request, request_id, ecs::handle),
        Service::Ecr => json_answer(world, service, operation, request, request_id, ecr::handle),
        Service::Logs => json_answer(world, service, operation, request, request_id, logs::handle),
        Service::Sts => sts::handle(world, operation, request, request_id),
        Service::Oidc => sts::token(world, request),
        Service::Elb => elb::handle(world, operation, request, request_id),
        Service::S3 => s3::handle(world, operation, request, request_id),
        Service::Github => github::handle(world, operation, request),
        Service::Gitlab => gitlab::handle(world, operation, request),
        Service::Registry => {
            return registry::handle(world, operation, request, ticket.sink.take());
        }
    })
}

fn json_answer(
    world: &mut World,
    service: Service,
    operation: &str,
    request: &Request,
    request_id: &str,
    handle: fn(&mut World, &str, &Value) -> Result<Value, ApiError>,
) -> Response {
    let answer = match serde_json::from_slice::<Value>(&request.body) {
        Ok(body) => handle(world, operation, &body),
        Err(_) => Err(ApiError::new(
            "SerializationException",
            "Could not parse the request body into json",
        )),
    };
    match answer {
        Ok(answer) => Response::json(200, "application/x-amz-json-1.1", &answer)
            .with("x-amzn-requestid", request_id),
        Err(error) => protocol::refuse(service, &error, request_id),
    }
}

/// "User: … is not authorized to perform: …", in the words of each service.
fn denial(world: &World, service: Service, operation: &str, request: &Request) -> ApiError {
    let who = sts::caller_arn(world, request);
    let needed = required::permissions(world, service, operation, request);
    let (action, resource) = needed.into_iter().next().map_or_else(
        || (String::new(), String::new()),
        |permission| (permission.action, permission.resource),
    );
    let message = format!(
        "User: {who} is not authorized to perform: {action} on resource: {resource} \
         because no identity-based policy allows the {action} action"
    );
    match service {
        Service::S3 => s3::denied(),
        Service::Sts => sts::denied(operation, &who, request),
        Service::Github => github::forbidden(),
        Service::Gitlab => gitlab::forbidden(),
        Service::Oidc => ApiError::with_status(403, "forbidden", "Forbidden"),
        Service::Registry => ApiError::with_status(403, "DENIED", message),
        Service::Elb => ApiError::with_status(403, "AccessDenied", message),
        Service::Ecs | Service::Ecr | Service::Logs => {
            ApiError::new("AccessDeniedException", message)
        }
    }
}

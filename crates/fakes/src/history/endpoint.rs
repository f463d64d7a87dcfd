//! Serves a history as AWS's API, for a program that observes it with an in-memory HTTP client.

use fastrand::Rng;
use serde_json::{Value, json};

use super::line::Ms;
use super::{History, Look, Read, Seen, Window};
use crate::query::{self, Form, Xml};
use crate::service::Service;
use crate::wire::{Answer, ApiError, Request, Response};
use crate::{elb, protocol};

/// ECS and Elastic Load Balancing, which show one history through one window.
#[derive(Debug)]
pub struct Endpoint {
    history: History,
    window: Window,
    rng: Rng,
}

impl Endpoint {
    pub fn new(history: History, window: Window) -> Self {
        let rng = Rng::with_seed(history.seed ^ 0xE4D9);
        Self {
            history,
            window,
            rng,
        }
    }

    /// The response to a request at this moment.
    pub fn answer(&mut self, at: Ms, request: &Request) -> Answer {
        let (service, operation) = protocol::recognize(request);
        let refused = |error: ApiError| Answer::from(protocol::refuse(service, &error, "history"));
        match self.told(at, service, &operation, request) {
            Ok(answer) => answer.into(),
            Err(Refused::No(error)) => refused(error),
            Err(Refused::Moment) => match self.rng.u8(0..4) {
                0 => refused(service.broken(503)),
                1 => cut(),
                _ => refused(service.throttled()),
            },
        }
    }

    fn told(
        &mut self,
        at: Ms,
        service: Service,
        operation: &str,
        request: &Request,
    ) -> Result<Response, Refused> {
        if service == Service::Elb {
            let form = Form::parse(&request.body);
            return self.targets(at, form.get("TargetGroupArn").unwrap_or_default());
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let answer = match operation {
            "DescribeServices" => self.list_of("services", at, Read::Service)?,
            "ListServiceDeployments" => self.answered(at, Read::List)?.unwrap_or_default(),
            "DescribeServiceDeployments" => {
                self.list_of("serviceDeployments", at, Read::Describe)?
            }
            "DescribeServiceRevisions" => self.list_of("serviceRevisions", at, Read::Revision)?,
            "DescribeTaskDefinition" => {
                json!({"taskDefinition": self.answered(at, Read::TaskDefinition)?})
            }
            "ListTasks" => {
                let tasks = self.tasks(at)?;
                let asked = tasks
                    .iter()
                    .filter(|t| t["desiredStatus"] == body["desiredStatus"]);
                let mut arns: Vec<&str> = asked.filter_map(|t| t["taskArn"].as_str()).collect();
                arns.sort_unstable();
                // The token is the last entry of the page before, so that no change skips one.
                if let Some(last) = body["nextToken"].as_str() {
                    arns.retain(|arn| *arn > last);
                }
                let size = self.window.page.unwrap_or(arns.len());
                let rest = arns.len() > size;
                arns.truncate(size);
                let next = arns.last().filter(|_| rest);
                json!({"taskArns": arns, "nextToken": next})
            }
            "DescribeTasks" => {
                let asked = body["tasks"].as_array().cloned().unwrap_or_default();
                let mut tasks = self.tasks(at)?;
                tasks.retain(|task| asked.contains(&task["taskArn"]));
                json!({"tasks": tasks, "failures": []})
            }
            other => {
                return Err(Refused::No(ApiError::new(
                    "UnknownOperationException",
                    format!("no history tells {other}"),
                )));
            }
        };
        Ok(Response::json(200, "application/x-amz-json-1.1", &answer))
    }

    /// The response in AWS's form: a list with one entry or none.
    fn list_of(&mut self, member: &str, at: Ms, read: Read<'_>) -> Result<Value, Refused> {
        let found: Vec<Value> = self.answered(at, read)?.into_iter().collect();
        Ok(json!({member: found, "failures": []}))
    }

    fn answered(&mut self, at: Ms, read: Read<'_>) -> Result<Option<Value>, Refused> {
        let moment = self.moment(at, read)?;
        Ok(match Seen::of(&self.history, moment, read) {
            Seen::Answer(body) => Some(body),
            _ => None,
        })
    }

    fn tasks(&mut self, at: Ms) -> Result<Vec<Value>, Refused> {
        let moment = self.moment(at, Read::Tasks)?;
        Ok(self.history.tasks(moment))
    }

    fn targets(&mut self, at: Ms, group: &str) -> Result<Response, Refused> {
        let moment = self.moment(at, Read::Targets(group))?;
        let targets = self.history.targets(group, moment);
        let mut xml = Xml::default();
        xml.list(
            "TargetHealthDescriptions",
            targets,
            |xml, (id, port, state)| {
                xml.element("Target", |xml| {
                    xml.text("Id", &id).text("Port", &port.to_string());
                });
                xml.element("TargetHealth", |xml| {
                    xml.text("State", state);
                });
            },
        );
        let result = xml.finish();
        let operation = "DescribeTargetHealth";
        Ok(query::answer(elb::NAMESPACE, operation, &result, "history"))
    }

    fn moment(&mut self, at: Ms, read: Read<'_>) -> Result<Ms, Refused> {
        match self.window.look(at, read) {
            Look::At(moment) => Ok(moment),
            Look::Lost => Err(Refused::Moment),
            Look::Denied => Err(Refused::No(ApiError::new(
                "AccessDeniedException",
                "User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not authorized",
            ))),
        }
    }
}

enum Refused {
    No(ApiError),
    /// For this moment only.
    Moment,
}

fn cut() -> Answer {
    Answer {
        response: None,
        ..Response::empty(200).into()
    }
}

//! The account as it is served: its script, its writes, and what is wrong with the connection to it.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::answers::{Refusal, refuse};
use super::state::{Service, State, arn};

/// Seconds after the write, and what happens then.
pub type Act = (f64, Box<dyn FnOnce(&mut State) + Send>);

/// When something does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// From the write that begins our deployment on.
    AfterTheWrite,
}

/// What is wrong with the connection.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    /// Operations that the role is not allowed to call.
    pub denied: Vec<(&'static str, When)>,
    /// The percentage of requests that fail with these: throttled, 503, cut.
    pub throttled: u32,
    pub broken: u32,
    pub cut: u32,
    /// How long each answer takes.
    pub latency: Duration,
    /// How old the state may be that a read shows, in seconds.
    pub lag: f64,
    /// How long after the write the credentials of the job expire, in seconds.
    pub expire: Option<f64>,
    /// How long credentials from the container endpoint live, in seconds.
    pub credentials_live: f64,
    /// The message with which ECS refuses each creation of a service.
    pub creation_refused: Option<&'static str>,
    /// Acts begin before the write: there is none.
    pub has_no_write: bool,
}

/// How a request is answered.
pub enum Answer {
    Json(u16, Value),
    Xml(u16, String),
    Cut,
}

pub struct World {
    pub state: State,
    pub script: VecDeque<Act>,
    pub trouble: Trouble,
    /// Earlier states, oldest first.
    past: VecDeque<State>,
    written: Option<f64>,
    dice: u64,
    issued: Vec<f64>,
}

pub fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

impl World {
    pub fn new(state: State, script: VecDeque<Act>, trouble: Trouble, seed: u64) -> Self {
        let written = trouble.has_no_write.then_some(state.now);
        Self {
            state,
            script,
            trouble,
            past: VecDeque::new(),
            written,
            dice: seed | 1,
            issued: Vec::new(),
        }
    }

    /// A number below 100.
    fn roll(&mut self) -> u32 {
        // Marsaglia's xorshift64.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        ((self.dice >> 33) % 100) as u32
    }

    /// Lets the acts happen that are due.
    fn advance(&mut self) {
        let now = now();
        let due = |at: f64, written: Option<f64>| written.is_some_and(|w| w + at <= now);
        while self
            .script
            .front()
            .is_some_and(|(at, _)| due(*at, self.written))
        {
            let Some((at, act)) = self.script.pop_front() else {
                break;
            };
            self.state.now = self.written.unwrap_or(now) + at;
            act(&mut self.state);
        }
        self.state.now = now;
        if self.trouble.lag > 0.0 {
            self.past.push_back(self.state.clone());
        }
    }

    /// The state that a read shows.
    fn shown(&mut self) -> State {
        if self.trouble.lag <= 0.0 {
            return self.state.clone();
        }
        let age = self.trouble.lag * f64::from(self.roll()) / 100.0;
        let moment = self.state.now - age;
        let shown = self
            .past
            .iter()
            .rev()
            .find(|s| s.now <= moment)
            .or(self.past.front());
        shown.cloned().unwrap_or_else(|| self.state.clone())
    }

    /// New credentials, which stop working when they expire.
    pub fn credentials(&mut self) -> Value {
        let expires = now() + self.trouble.credentials_live;
        self.issued.push(expires);
        let key = format!("AKIASIM{:013}", self.issued.len());
        let until = UNIX_EPOCH + Duration::from_secs_f64(expires);
        json!({"AccessKeyId": key, "SecretAccessKey": "secret", "Token": "token", "Expiration": stamp(until)})
    }

    fn has_expired(&self, authorization: &str) -> bool {
        if let (Some(after), Some(written)) = (self.trouble.expire, self.written) {
            return now() > written + after;
        }
        let key = authorization
            .split_once("Credential=AKIASIM")
            .map(|(_, rest)| rest);
        let number = key.and_then(|rest| rest.get(..13)?.parse::<usize>().ok());
        let expires = number.and_then(|n| self.issued.get(n.checked_sub(1)?));
        expires.is_some_and(|at| now() > *at)
    }

    fn is_denied(&self, operation: &str) -> bool {
        let begun = self.written.is_some();
        let mut denied = self.trouble.denied.iter();
        denied.any(|(name, when)| *name == operation && (begun || *when == When::Always))
    }

    /// Answers one request.
    pub fn answer(&mut self, operation: &str, authorization: &str, body: &[u8]) -> Answer {
        self.advance();
        let is_query = operation == "DescribeTargetHealth";
        let refused = |(status, code, message): Refusal| {
            if !is_query {
                return Answer::Json(status, json!({"__type": code, "message": message}));
            }
            let error = format!(
                "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            );
            let body = format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>");
            Answer::Xml(status, body)
        };
        let (throttled, broken, cut) = (
            self.trouble.throttled,
            self.trouble.broken,
            self.trouble.cut,
        );
        match self.roll() {
            roll if roll < throttled => {
                let code = if is_query {
                    "Throttling"
                } else {
                    "ThrottlingException"
                };
                return refused(refuse(code, "Rate exceeded"));
            }
            roll if roll < throttled + broken => {
                return refused((
                    503,
                    "ServiceUnavailableException".into(),
                    "Service unavailable".into(),
                ));
            }
            roll if roll < throttled + broken + cut => return Answer::Cut,
            _ => {}
        }
        if self.has_expired(authorization) {
            let code = if is_query {
                "ExpiredToken"
            } else {
                "ExpiredTokenException"
            };
            return refused(refuse(
                code,
                "The security token included in the request is expired",
            ));
        }
        if self.is_denied(operation) {
            let service = match operation {
                "DescribeTargetHealth" => "elasticloadbalancing",
                "GetLogEvents" => "logs",
                _ => "ecs",
            };
            let code = if is_query {
                "AccessDenied"
            } else {
                "AccessDeniedException"
            };
            let message = format!(
                "User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not authorized to perform: {service}:{operation} on resource: * because no identity-based policy allows the {service}:{operation} action"
            );
            return refused(refuse(code, &message));
        }
        if is_query {
            let form = String::from_utf8_lossy(body)
                .replace("%3A", ":")
                .replace("%2F", "/");
            let group = form
                .split('&')
                .find_map(|pair| pair.strip_prefix("TargetGroupArn="));
            return Answer::Xml(200, self.shown().target_health(group.unwrap_or_default()));
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let read = self.shown().read(operation, &body);
        match read.unwrap_or_else(|| self.write(operation, &body)) {
            Ok(answer) => Answer::Json(200, answer),
            Err(refusal) => refused(refusal),
        }
    }

    fn write(&mut self, operation: &str, body: &Value) -> Result<Value, Refusal> {
        match operation {
            "RegisterTaskDefinition" => {
                Ok(json!({"taskDefinition": register(&mut self.state, body)}))
            }
            "CreateService" => {
                if let Some(message) = self.trouble.creation_refused {
                    return Err(refuse("InvalidParameterException", message));
                }
                self.state.service = Some(declared(body, self.state.now));
                self.begin(body)
            }
            "UpdateService" => {
                if let Some(service) = &mut self.state.service
                    && let Some(desired) = body["desiredCount"].as_u64()
                {
                    service.desired = desired as u32;
                }
                self.begin(body)
            }
            "ContinueServiceDeployment" => {
                self.state
                    .hook("POST_PRODUCTION_TRAFFIC_SHIFT", "SUCCEEDED");
                self.state.complete();
                Ok(json!({"serviceDeploymentArn": body["serviceDeploymentArn"]}))
            }
            "StopServiceDeployment" => {
                self.state
                    .roll_back("Service deployment rolled back by a request.");
                Ok(json!({"serviceDeploymentArn": body["serviceDeploymentArn"]}))
            }
            other => Err(refuse("UnknownOperationException", other)),
        }
    }

    /// The write that begins our deployment, and the script.
    fn begin(&mut self, body: &Value) -> Result<Value, Refusal> {
        let name = body["taskDefinition"].as_str().unwrap_or("web");
        let found = self
            .state
            .read("DescribeTaskDefinition", &json!({"taskDefinition": name}));
        let found = found.unwrap_or_else(|| Ok(Value::Null))?;
        let definition = found["taskDefinition"]["taskDefinitionArn"]
            .as_str()
            .unwrap_or(name)
            .to_owned();
        self.state.ours = self.state.begin(&definition);
        self.written = Some(self.state.now);
        Ok(json!({"service": self.state.service()}))
    }
}

/// A service as it was declared.
pub fn declared(body: &Value, now: f64) -> Service {
    let mut members = body.clone();
    if let Some(members) = members.as_object_mut() {
        members.retain(|name, _| {
            !["cluster", "clientToken", "taskDefinition", "tags"].contains(&name.as_str())
        });
    }
    let desired = body["desiredCount"].as_u64().unwrap_or(2) as u32;
    Service {
        body: members,
        created: now,
        status: "ACTIVE",
        desired,
    }
}

/// Registers a revision and returns it.
pub fn register(state: &mut State, body: &Value) -> Value {
    let mut registered = body.clone();
    let revision = state.definitions.len() + 1;
    let family = body["family"].as_str().unwrap_or("web");
    registered["taskDefinitionArn"] =
        json!(arn("ecs", &format!("task-definition/{family}:{revision}")));
    registered["revision"] = json!(revision);
    registered["status"] = json!("ACTIVE");
    registered["compatibilities"] = json!(["EC2", "FARGATE"]);
    state.definitions.push(registered.clone());
    registered
}

/// A moment in the form of RFC 3339, in whole seconds.
fn stamp(moment: SystemTime) -> String {
    let seconds = moment
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant's days-to-civil algorithm.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (
        doy - (153 * mp + 2) / 5 + 1,
        if mp < 10 { mp + 3 } else { mp - 9 },
    );
    let year = yoe + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

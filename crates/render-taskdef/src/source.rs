//! Loads a task definition: from a file, by its name from ECS, or the one that a service runs.

use std::io::Read;
use std::path::Path;

use ecs_client::{Ecs, NoCluster, Operation};
use ecs_document::lints::service_is_fargate;
use ecs_document::{Document, MAX_BYTES, Syntax, meaning};
use ecs_model::short_name;
use pipeline_aws::{AwsArgs, AwsError, AwsErrorKind, Session};
use pipeline_io::{Step, is_utf16, read_text};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::Error;
use crate::request::Source;

/// A session with AWS that is opened when it is needed first.
pub struct Aws<'s> {
    args: &'s AwsArgs,
    step: &'s Step,
    session: OnceCell<Session>,
}

impl<'s> Aws<'s> {
    pub fn new(args: &'s AwsArgs, step: &'s Step) -> Self {
        Self {
            args,
            step,
            session: OnceCell::new(),
        }
    }

    /// The session, which this opens if necessary.
    ///
    /// # Errors
    /// If there are no credentials or no region.
    pub async fn session(&self) -> Result<&Session, Error> {
        let open = async || Session::open(self.args, self.step).await;
        Ok(self.session.get_or_try_init(open).await?)
    }
}

/// A definition, and whether it may contain placeholders.
pub struct Loaded {
    pub document: Document,
    /// A file is a template. A registered definition has been rendered, so a `${…}` in it is for a
    /// program.
    pub is_template: bool,
    /// Whether the tasks run on Fargate, according to the service, or to the launch types that ECS
    /// has validated the definition for; `None` if unknown.
    pub is_fargate: Option<bool>,
}

/// Loads a definition, without the members that ECS adds when it describes one.
///
/// # Errors
/// If it does not exist, cannot be read, or is not a definition.
pub async fn load(source: &Source, aws: &Aws<'_>) -> Result<Loaded, Error> {
    let (mut document, is_template, mut is_fargate) = match source {
        Source::File(path) => (file(path)?, true, None),
        Source::Registered(name) => (registered(name, aws).await?, false, None),
        Source::Service { cluster, service } => {
            let (name, is_fargate) = of_service(cluster.as_deref(), service, aws).await?;
            (registered(&name, aws).await?, false, is_fargate)
        }
    };
    document.unwrap_described();
    if let Some(types) = document.get("/compatibilities").and_then(Value::as_array)
        && !types.iter().any(|launch_type| launch_type == "FARGATE")
    {
        is_fargate = Some(false);
    }
    for member in meaning::read_only(document.value()) {
        document.remove(&format!("/{member}"));
    }
    document.remove_managed_tags();
    Ok(Loaded {
        document,
        is_template,
        is_fargate,
    })
}

fn file(path: &Path) -> Result<Document, Error> {
    let is_stdin = path == Path::new("-");
    let text = if is_stdin {
        stdin()?
    } else {
        read_text("task definition", path, MAX_BYTES as u64)?
    };
    let name = if is_stdin {
        "(stdin)".to_owned()
    } else {
        path.display().to_string()
    };
    let syntax = Syntax::of(&name, &text);
    Document::parse(&text, name, syntax).map_err(|source| Error::Parse { source })
}

fn stdin() -> Result<String, Error> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::Stdin { source })?;
    if is_utf16(&bytes) {
        return Err(Error::StdinEncoding { encoding: "UTF-16" });
    }
    String::from_utf8(bytes).map_err(|_| Error::StdinEncoding {
        encoding: "not UTF-8",
    })
}

async fn registered(name: &str, aws: &Aws<'_>) -> Result<Document, Error> {
    let session = aws.session().await?;
    let request = json!({"taskDefinition": name, "include": ["TAGS"]});
    let answer = Ecs::new(session)
        .call(Operation::DescribeTaskDefinition, &request)
        .await
        .map_err(|source| not_registered(name, session, source))?;
    if !answer["taskDefinition"].is_object() {
        return Err(Error::Answer {
            operation: "DescribeTaskDefinition",
            what: "task definition",
        });
    }
    let display_name = answer["taskDefinition"]["taskDefinitionArn"]
        .as_str()
        .map_or(name, short_name)
        .to_owned();
    Ok(Document::from_value(answer, display_name))
}

/// ECS reports an unknown name as an invalid one.
fn not_registered(name: &str, session: &Session, source: AwsError) -> Error {
    if source.kind == AwsErrorKind::Invalid || source.kind == AwsErrorKind::NotFound {
        Error::NotRegistered {
            name: name.to_owned(),
            region: session.region().to_owned(),
            source: Box::new(source),
        }
    } else {
        source.into()
    }
}

/// The task definition that a service runs, and whether the service runs on Fargate.
async fn of_service(
    cluster: Option<&str>,
    service: &str,
    aws: &Aws<'_>,
) -> Result<(String, Option<bool>), Error> {
    let cluster = cluster.unwrap_or("default");
    let request = json!({"cluster": cluster, "services": [service]});
    let session = aws.session().await?;
    let ecs = Ecs::new(session);
    let answer = ecs.call(Operation::DescribeServices, &request);
    let answer = answer.await.map_err(|error| {
        match NoCluster::of(Box::new(error), cluster, session.region()) {
            Ok(error) => Error::from(error),
            Err(error) => Error::Aws(error),
        }
    })?;
    let found = answer["services"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|s| s["status"] != "INACTIVE")
        .ok_or_else(|| Error::NoService {
            service: service.to_owned(),
            cluster: cluster.to_owned(),
        })?;
    let name = found["taskDefinition"].as_str().ok_or(Error::Answer {
        operation: "DescribeServices",
        what: "task definition of the service",
    })?;
    Ok((name.to_owned(), service_is_fargate(found)))
}

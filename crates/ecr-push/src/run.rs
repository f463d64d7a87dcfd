//! The story: from the arguments to an image in its registry.

use std::io::IsTerminal as _;

use pipeline_io::{Done, Interrupt, Step};
use registry::{
    Client, Daemon, DaemonImage, Events, Image, Options, Outcome, Plan as Todo, Readable, Report,
    Repository, RequestLog, RetryPolicy, Source, Survey, Wanted,
};

use crate::Error;
use crate::args::{Args, Plan};
use crate::ecr::Ecr;
use crate::outcome::Data;
use crate::scan::Scans;
use crate::show::{Show, size};
use crate::target::{AskEcr, Target, no_repository};

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let plan = args.plan()?;
    Ok(give(&plan, step).await?)
}

async fn give(plan: &Plan, step: &Step) -> Result<Done, Error> {
    // What is wrong with the image is said before anyone is asked for credentials.
    let found = Found::look(plan).await?;
    let target = Target::open(plan, step).await?;
    let (events, shown) = Events::channel();
    let client = Client::new(
        target.repository.clone(),
        target.logins,
        RetryPolicy::default(),
        events,
    )?
    .with_request_log(RequestLog::new(step.verbosity(), step.debug_lines()));
    let push = Push {
        plan,
        step,
        repository: target.repository,
        ecr: target.ecr,
        client,
    };
    let work = push.carry_out(found);
    let pushed = Show::new(step).during(shown, work).await?;
    match pushed {
        Pushed::Planned(todo) => Ok(push.say_plan(&todo)),
        Pushed::Report(report) => push.finish(&report).await,
    }
}

/// What is known of the image before the registry is asked.
enum Found {
    Image(Image),
    Engine {
        daemon: Daemon,
        name: String,
        image: DaemonImage,
    },
    /// Not read yet: it may be long in coming.
    Stdin,
}

enum Pushed {
    Planned(Box<Todo>),
    Report(Report),
}

impl Found {
    async fn look(plan: &Plan) -> Result<Self, Error> {
        match &plan.source {
            Source::Readable(Readable::Stdin) if std::io::stdin().is_terminal() => {
                Err(Error::Terminal)
            }
            Source::Readable(Readable::Stdin) => Ok(Self::Stdin),
            Source::DockerDaemon { name } => {
                let host = std::env::var("DOCKER_HOST").ok();
                let daemon = Daemon::from_docker_host(host.as_deref())?;
                let image = daemon.inspect(name).await?;
                Ok(Self::Engine {
                    daemon,
                    name: name.clone(),
                    image,
                })
            }
            Source::Readable(source) => Ok(Self::Image(
                registry::open(source, plan.platform.as_ref()).await?,
            )),
        }
    }
}

struct Push<'p> {
    plan: &'p Plan,
    step: &'p Step,
    repository: Repository,
    /// None for a plain OCI registry.
    ecr: Option<Ecr>,
    client: Client,
}

impl Push<'_> {
    async fn carry_out(&self, found: Found) -> Result<Pushed, Error> {
        self.create_repository().await?;
        let (image, survey) = self.survey(found).await?;
        let todo = match &image {
            Some(image) => registry::plan(image, &survey, self.plan.compression),
            // The engine's image is in the registry: its bytes were never asked for.
            None => registry::plan_of_equal(&survey),
        };
        self.check_immutable(&todo).await?;
        if self.plan.dry_run {
            return Ok(Pushed::Planned(Box::new(todo)));
        }
        if let Some(report) = registry::report_unchanged(&todo) {
            return Ok(Pushed::Report(report));
        }
        let to_pack = todo.bytes_to_pack();
        if to_pack > 0 {
            self.step
                .info(format!("compressing {} of layers", size(to_pack)));
        }
        let options = Options {
            parallel: self.plan.parallel,
            compression: self.plan.compression,
            mount_from: self.plan.mount_from.clone(),
            diagnosis: self.ecr.clone().map(|ecr| {
                Box::new(AskEcr {
                    ecr,
                    repository: self.repository.clone(),
                }) as Box<dyn registry::Diagnosis>
            }),
        };
        let report = registry::push(&self.client, &todo, &options).await;
        report.map(Pushed::Report).map_err(|e| self.explain(e))
    }

    async fn create_repository(&self) -> Result<(), Error> {
        let (Some(new), Some(ecr)) = (&self.plan.create, &self.ecr) else {
            return Ok(());
        };
        let name = self.repository.name();
        if self.plan.dry_run {
            if ecr.tag_rule(name).await?.is_none() {
                self.step
                    .info(format!("the repository {name} would be created"));
            }
        } else if ecr.create(name, new).await? {
            self.step.info(format!("created the repository {name}"));
        }
        Ok(())
    }

    /// Asks what the registry has, and reads the image where its bytes are needed.
    async fn survey(&self, found: Found) -> Result<(Option<Image>, Survey), Error> {
        let plan = self.plan;
        let image = match found {
            Found::Image(image) => image,
            Found::Stdin => registry::open(&Readable::Stdin, plan.platform.as_ref()).await?,
            Found::Engine {
                daemon,
                name,
                image,
            } => {
                let is_wanted = |p: &registry::Platform| image.platform.fits(p);
                if plan.platform.as_ref().is_none_or(is_wanted) {
                    let wanted = Wanted {
                        ids: std::slice::from_ref(&image.id),
                        diff_ids: &image.diff_ids,
                        platform: &image.platform,
                    };
                    let survey = registry::survey_saved(&self.client, &wanted, &plan.tags, &[]);
                    let survey = survey.await.map_err(|e| self.explain(e))?;
                    if survey.equal.is_some() {
                        return Ok((None, survey));
                    }
                }
                self.step.info(format!("reading {name} out of the engine"));
                registry::from_daemon(&daemon, &name, plan.platform.as_ref()).await?
            }
        };
        let survey = self.ask(&image, &plan.cache_from).await?;
        let Image::Saved(saved) = &image else {
            return Ok((Some(image), survey));
        };
        // No tag led to an earlier image that shares the layers: the newest one may.
        let is_open = survey.equal.is_none()
            && saved
                .layers
                .iter()
                .any(|layer| !survey.known.contains_key(&layer.diff_id));
        if is_open && let Some(newest) = self.newest_image().await {
            let mut references = plan.cache_from.clone();
            references.push(newest);
            let survey = self.ask(&image, &references).await?;
            return Ok((Some(image), survey));
        }
        Ok((Some(image), survey))
    }

    async fn ask(&self, image: &Image, references: &[String]) -> Result<Survey, Error> {
        registry::survey(&self.client, image, &self.plan.tags, references)
            .await
            .map_err(|e| self.explain(e))
    }

    /// It only saves work: a role that may not list images pushes all the same.
    async fn newest_image(&self) -> Option<String> {
        let ecr = self.ecr.as_ref()?;
        ecr.newest_image(self.repository.name())
            .await
            .ok()
            .flatten()
    }

    /// Refuses to move an immutable tag before anything is sent. Only a tag that would move is a
    /// reason to ask ECR.
    async fn check_immutable(&self, todo: &Todo) -> Result<(), Error> {
        let Some(ecr) = &self.ecr else { return Ok(()) };
        let moved: Vec<(&str, &registry::Digest)> = todo.moved_tags().collect();
        let must_exist = self.plan.dry_run && self.plan.create.is_none();
        if moved.is_empty() && !must_exist {
            return Ok(());
        }
        let rule = match ecr.tag_rule(self.repository.name()).await {
            Ok(Some(rule)) => rule,
            Ok(None) if self.plan.create.is_some() => return Ok(()),
            Ok(None) => return Err(no_repository(&self.repository)),
            // Not allowed to ask: then the write itself tells.
            Err(_) => return Ok(()),
        };
        match moved.into_iter().find(|(tag, _)| rule.is_immutable(tag)) {
            None => Ok(()),
            Some((tag, now)) => Err(Error::ImmutableTag {
                tag: tag.to_owned(),
                repository: self.repository.to_string(),
                now: now.clone(),
                ours: todo.root.clone(),
            }),
        }
    }

    /// A registry's word for a missing repository is the same error, however it was found.
    fn explain(&self, error: registry::Error) -> Error {
        let is_unknown = error
            .refusal()
            .is_some_and(|refusal| refusal.code.as_deref() == Some("NAME_UNKNOWN"));
        match error {
            _ if is_unknown => no_repository(&self.repository),
            error @ registry::Error::Cut {
                is_upload_start: true,
                ..
            } if self.ecr.is_some() => Error::UploadsCut {
                repository: self.repository.to_string(),
                source: Box::new(error),
            },
            error => error.into(),
        }
    }

    fn say_plan(&self, todo: &Todo) -> Done {
        let data = Data::planned(todo, &self.repository);
        self.step.data(&data);
        for layer in &data.layers {
            let digest = layer.digest.trim_start_matches("sha256:");
            self.step.info(format!(
                "layer {}  {:>9}  {}",
                &digest[..12.min(digest.len())],
                size(layer.bytes),
                layer.outcome.replace('-', " ")
            ));
        }
        for tag in &data.tags {
            self.step.info(format!(
                "tag {}  {}",
                tag.name,
                tag.outcome.replace('-', " ")
            ));
        }
        let to_send: u64 = todo.send.iter().map(|blob| blob.descriptor.size).sum();
        self.step.info(match todo.bytes_to_pack() {
            _ if todo.is_done() => "nothing to do".to_owned(),
            0 if to_send == 0 => "all layers are there".to_owned(),
            0 => format!("would send {}", size(to_send)),
            raw => format!("would compress {} and send what it comes to", size(raw)),
        });
        Done::value("planned", data.image.unwrap_or_default())
    }

    async fn finish(&self, report: &Report) -> Result<Done, Error> {
        let image = self.repository.image(&report.root);
        let mut data = Data::of(report, &self.repository);
        data.bytes_sent = self.client.bytes_sent();
        data.requests = self.client.requests();
        self.step.data(&data);
        self.step.output("image", &image);
        self.step.output("digest", report.root.as_str());
        self.step.output("tags", self.plan.tags.join("\n"));
        self.step.info(sentence(report, &image, data.bytes_sent));
        if let (Some(gate), Some(ecr)) = (&self.plan.gate, &self.ecr) {
            let scans = Scans {
                ecr,
                repository: &self.repository,
                images: &report.images,
            };
            let scanned = scans.wait(gate, self.step).await?;
            data.findings = Some(scanned.counts);
            self.step.data(&data);
            if let Some(table) = scanned.table {
                for row in table.to_string().lines() {
                    self.step.info(row);
                }
                return Err(Error::Findings { image, table });
            }
        }
        let verdict = if report.is_changed {
            "pushed"
        } else {
            "unchanged"
        };
        Ok(Done::value(verdict, image))
    }
}

/// "pushed IMAGE as v1, latest: 3 layers sent, 5 already there; 53.2 MB in all".
fn sentence(report: &Report, image: &str, bytes: u64) -> String {
    let tags: Vec<&str> = report.tags.iter().map(|(tag, _)| tag.as_str()).collect();
    let named = match tags.as_slice() {
        [] => String::new(),
        tags => format!(" as {}", tags.join(", ")),
    };
    if !report.is_changed {
        return format!("unchanged: {image} is there{named}");
    }
    let count = |outcome| {
        let layers = report.blobs.iter().filter(|b| b.is_layer);
        layers.filter(|b| b.outcome == outcome).count()
    };
    let mut parts: Vec<String> = Vec::new();
    for (outcome, word) in [
        (Outcome::Sent, "sent"),
        (Outcome::Mounted, "mounted"),
        (Outcome::AlreadyThere, "already there"),
    ] {
        match (count(outcome), parts.is_empty()) {
            (0, _) => {}
            (1, true) => parts.push(format!("1 layer {word}")),
            (count, true) => parts.push(format!("{count} layers {word}")),
            (count, false) => parts.push(format!("{count} {word}")),
        }
    }
    let layers = match parts.as_slice() {
        [] => String::new(),
        parts => format!("{}; ", parts.join(", ")),
    };
    format!("pushed {image}{named}: {layers}{} in all", size(bytes))
}

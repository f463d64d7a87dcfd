//! All steps of a push, from the arguments to the image in its registry.

use std::io::IsTerminal as _;

use pipeline_io::{Done, Interrupt, Step};
use registry::{
    BlobOutcome, Client, Daemon, DaemonImage, Events, Image, ImageIdentity, PushOptions, PushPlan,
    PushReport, Readable, RemoteState, Repository, RequestLog, RetryPolicy, Source,
};

use crate::Error;
use crate::args::{Args, PushRequest};
use crate::ecr::Ecr;
use crate::progress::{ProgressView, size};
use crate::result::ResultData;
use crate::scan::ScanWait;
use crate::target::{EcrDiagnosis, PushTarget, no_repository};

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let request = args.request()?;
    Ok(push_image(&request, step).await?)
}

async fn push_image(request: &PushRequest, step: &Step) -> Result<Done, Error> {
    // Problems of the image are reported before any credentials are needed.
    let found = SourceImage::inspect(request).await?;
    let target = PushTarget::open(request, step).await?;
    let (events, shown) = Events::channel();
    let client = Client::new(
        target.repository.clone(),
        target.credentials,
        RetryPolicy::default(),
        events,
    )?
    .with_request_log(RequestLog::new(step.verbosity(), step.debug_lines()));
    let push = Push {
        request,
        step,
        repository: target.repository,
        ecr: target.ecr,
        client,
    };
    let work = push.execute(found);
    let pushed = ProgressView::new(step).during(shown, work).await?;
    match pushed {
        Pushed::Planned(plan) => Ok(push.show_plan(&plan)),
        Pushed::Report(report) => push.finish(&report).await,
    }
}

/// What is known about the image before the first request to the registry.
enum SourceImage {
    Image(Image),
    Engine {
        daemon: Daemon,
        name: String,
        image: DaemonImage,
    },
    /// Not read yet, because the producer may still be writing.
    Stdin,
}

enum Pushed {
    Planned(Box<PushPlan>),
    Report(PushReport),
}

impl SourceImage {
    async fn inspect(request: &PushRequest) -> Result<Self, Error> {
        match &request.source {
            Source::Readable(Readable::Stdin) if std::io::stdin().is_terminal() => {
                Err(Error::Terminal)
            }
            Source::Readable(Readable::Stdin) => Ok(Self::Stdin),
            Source::DockerDaemon { name } => {
                let host = std::env::var("DOCKER_HOST").ok();
                let tls = std::env::var_os("DOCKER_TLS_VERIFY");
                let uses_tls = tls.is_some_and(|value| !value.is_empty());
                let daemon = Daemon::from_docker_host(host.as_deref(), uses_tls)?;
                let image = daemon.inspect(name).await?;
                Ok(Self::Engine {
                    daemon,
                    name: name.clone(),
                    image,
                })
            }
            Source::Readable(source) => Ok(Self::Image(
                registry::open(source, request.platform.as_ref()).await?,
            )),
        }
    }
}

struct Push<'p> {
    request: &'p PushRequest,
    step: &'p Step,
    repository: Repository,
    /// `None` for a plain OCI registry.
    ecr: Option<Ecr>,
    client: Client,
}

impl Push<'_> {
    async fn execute(&self, found: SourceImage) -> Result<Pushed, Error> {
        self.create_repository().await?;
        let (image, remote) = self.prepare(found).await?;
        let plan = match &image {
            Some(image) => registry::plan(image, &remote, self.request.compression),
            // The registry already has the image, so it was never read from the engine.
            None => registry::plan_of_existing(&remote),
        };
        self.check_immutable(&plan).await?;
        if self.request.dry_run {
            return Ok(Pushed::Planned(Box::new(plan)));
        }
        if let Some(report) = registry::report_unchanged(&plan) {
            return Ok(Pushed::Report(report));
        }
        let to_compress = plan.bytes_to_compress();
        if to_compress > 0 {
            self.step
                .info(format!("compressing {} of layers", size(to_compress)));
        }
        let options = PushOptions {
            parallel: self.request.parallel,
            compression: self.request.compression,
            mount_from: self.request.mount_from.clone(),
            diagnosis: self.ecr.clone().map(|ecr| {
                Box::new(EcrDiagnosis {
                    ecr,
                    repository: self.repository.clone(),
                }) as Box<dyn registry::Diagnosis>
            }),
        };
        let report = registry::push(&self.client, &plan, &options).await;
        report.map(Pushed::Report).map_err(|e| self.explain(e))
    }

    async fn create_repository(&self) -> Result<(), Error> {
        let (Some(new), Some(ecr)) = (&self.request.create, &self.ecr) else {
            return Ok(());
        };
        let name = self.repository.name();
        if self.request.dry_run {
            if ecr.tag_rule(name).await?.is_none() {
                self.step
                    .info(format!("the repository {name} would be created"));
            }
        } else if ecr.create(name, new).await? {
            self.step.info(format!("created the repository {name}"));
        }
        Ok(())
    }

    /// Reads what the registry has, and reads the image if its bytes are needed.
    async fn prepare(&self, found: SourceImage) -> Result<(Option<Image>, RemoteState), Error> {
        let request = self.request;
        let image = match found {
            SourceImage::Image(image) => image,
            SourceImage::Stdin => {
                registry::open(&Readable::Stdin, request.platform.as_ref()).await?
            }
            SourceImage::Engine {
                daemon,
                name,
                image,
            } => {
                let is_wanted = |p: &registry::Platform| image.platform.satisfies(p);
                if request.platform.as_ref().is_none_or(is_wanted) {
                    let wanted = ImageIdentity {
                        ids: std::slice::from_ref(&image.id),
                        diff_ids: &image.diff_ids,
                        platform: &image.platform,
                    };
                    let remote = registry::find_saved(&self.client, &wanted, &request.tags, &[]);
                    let remote = remote.await.map_err(|e| self.explain(e))?;
                    if remote.existing.is_some() {
                        return Ok((None, remote));
                    }
                }
                self.step
                    .info(format!("exporting {name} from the Docker engine"));
                registry::from_daemon(&daemon, &name, request.platform.as_ref()).await?
            }
        };
        let remote = self.read_remote_state(&image, &request.cache_from).await?;
        let Image::Saved(saved) = &image else {
            return Ok((Some(image), remote));
        };
        // No tag led to an earlier image with these layers, but the newest image may have them.
        let is_open = remote.existing.is_none()
            && saved
                .layers
                .iter()
                .any(|layer| !remote.known_layers.contains_key(&layer.diff_id));
        if is_open && let Some(newest) = self.newest_image().await {
            let mut references = request.cache_from.clone();
            references.push(newest);
            let remote = self.read_remote_state(&image, &references).await?;
            return Ok((Some(image), remote));
        }
        Ok((Some(image), remote))
    }

    async fn read_remote_state(
        &self,
        image: &Image,
        references: &[String],
    ) -> Result<RemoteState, Error> {
        registry::read_remote_state(&self.client, image, &self.request.tags, references)
            .await
            .map_err(|e| self.explain(e))
    }

    /// An optimization only: a role that may not list images can still push.
    async fn newest_image(&self) -> Option<String> {
        let ecr = self.ecr.as_ref()?;
        ecr.newest_image(self.repository.name())
            .await
            .ok()
            .flatten()
    }

    /// Rejects a push that would move an immutable tag, before anything is sent. ECR is asked only
    /// if a tag would move.
    async fn check_immutable(&self, plan: &PushPlan) -> Result<(), Error> {
        let Some(ecr) = &self.ecr else { return Ok(()) };
        let moved: Vec<(&str, &registry::Digest)> = plan.moved_tags().collect();
        let must_exist = self.request.dry_run && self.request.create.is_none();
        if moved.is_empty() && !must_exist {
            return Ok(());
        }
        let rule = match ecr.tag_rule(self.repository.name()).await {
            Ok(Some(rule)) => rule,
            Ok(None) if self.request.create.is_some() => return Ok(()),
            Ok(None) => return Err(no_repository(&self.repository)),
            // The role may not read the repository. The write will show whether the tag can move.
            Err(_) => return Ok(()),
        };
        match moved.into_iter().find(|(tag, _)| rule.is_immutable(tag)) {
            None => Ok(()),
            Some((tag, now)) => Err(Error::ImmutableTag {
                tag: tag.to_owned(),
                repository: self.repository.to_string(),
                now: now.clone(),
                ours: plan.root.clone(),
            }),
        }
    }

    /// Reports a missing repository with the same error, whichever request found it.
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

    fn show_plan(&self, plan: &PushPlan) -> Done {
        let data = ResultData::planned(plan, &self.repository);
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
        let to_send: u64 = plan.send.iter().map(|blob| blob.descriptor.size).sum();
        self.step.info(match plan.bytes_to_compress() {
            _ if plan.is_done() => "nothing to do".to_owned(),
            0 if to_send == 0 => "all layers exist already".to_owned(),
            0 => format!("would send {}", size(to_send)),
            raw => format!("would compress {} and send the result", size(raw)),
        });
        Done::value("planned", data.image.unwrap_or_default())
    }

    async fn finish(&self, report: &PushReport) -> Result<Done, Error> {
        let image = self.repository.image(&report.root);
        let mut data = ResultData::of(report, &self.repository);
        data.bytes_sent = self.client.bytes_sent();
        data.requests = self.client.requests();
        self.step.data(&data);
        self.step.output("image", &image);
        self.step.output("digest", report.root.as_str());
        self.step.output("tags", self.request.tags.join("\n"));
        self.step.info(summary(report, &image, data.bytes_sent));
        if let (Some(gate), Some(ecr)) = (&self.request.gate, &self.ecr) {
            let scans = ScanWait {
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

/// E.g. "pushed IMAGE as v1, latest: 3 layers sent, 5 already there; 53.2 MB in total".
fn summary(report: &PushReport, image: &str, bytes: u64) -> String {
    let tags: Vec<&str> = report.tags.iter().map(|(tag, _)| tag.as_str()).collect();
    let named = match tags.as_slice() {
        [] => String::new(),
        tags => format!(" as {}", tags.join(", ")),
    };
    if !report.is_changed {
        return format!("unchanged: {image} already exists{named}");
    }
    let count = |outcome| {
        let layers = report.blobs.iter().filter(|b| b.is_layer);
        layers.filter(|b| b.outcome == outcome).count()
    };
    let mut parts: Vec<String> = Vec::new();
    for (outcome, word) in [
        (BlobOutcome::Sent, "sent"),
        (BlobOutcome::Mounted, "mounted"),
        (BlobOutcome::AlreadyThere, "already there"),
        (BlobOutcome::Elsewhere, "not in the source"),
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
    format!("pushed {image}{named}: {layers}{} in total", size(bytes))
}

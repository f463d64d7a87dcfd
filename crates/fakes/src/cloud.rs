//! The whole cloud: one port, one state, one clock, and the interface for tests.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;

use crate::clock::Clock;
use crate::fault::{Fault, Faults};
use crate::ids::Ids;
use crate::record::Recorded;
use crate::server::Server;
use crate::wire::{Answer, ApiError, Request};
use crate::world::{Inner, World};
use crate::{ecr, ecs, elb, github, gitlab, logs, registry, s3, sts};

/// Everything that a deployment uses, on one loopback port. Ends when dropped; if the variable
/// `FAKES_CALLS` names a folder, it then writes a file there with the permissions that were used.
pub struct Cloud {
    inner: Arc<Inner>,
    /// Declared after the users of `inner`: dropping it stops the thread.
    server: Option<Server>,
}

/// The settings of a cloud before its start.
pub struct Builder {
    clock: Clock,
    seed: u64,
    region: String,
    account: String,
    sockets: bool,
    kept: usize,
}

impl Builder {
    /// The clock for time lines and expiry (by default the machine's own).
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Changes the IDs of the same story.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// `eu-central-1` by default.
    pub fn region(mut self, region: &str) -> Self {
        self.region = region.into();
        self
    }

    /// `123456789012` by default.
    pub fn account(mut self, account: &str) -> Self {
        self.account = account.into();
        self
    }

    /// Keeps only the last `count` requests: for waits of many hours.
    pub fn keep_requests(mut self, count: usize) -> Self {
        self.kept = count;
        self
    }

    /// No port and no thread: for tests that use [`Cloud::answer`] alone.
    pub fn without_sockets(mut self) -> Self {
        self.sockets = false;
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// If loopback has no free port or the scratch folder cannot be created.
    pub fn start(self) -> Cloud {
        let listener = self.sockets.then(Server::bind);
        let address = listener.as_ref().map_or_else(
            || SocketAddr::from(([127, 0, 0, 1], 1)),
            |(_, address)| *address,
        );
        let scratch = tempfile::Builder::new()
            .prefix("fakes-")
            .tempdir()
            .expect("a scratch folder for the fakes");
        let world = World {
            now: self.clock.now(),
            region: self.region,
            account: self.account,
            endpoint: format!("http://{address}"),
            scratch: scratch.path().to_owned(),
            ids: Ids::seeded(self.seed),
            faults: Faults::seeded(self.seed),
            requests: VecDeque::new(),
            kept: self.kept,
            used: BTreeSet::new(),
            ecs: ecs::State::default(),
            ecr: ecr::State::default(),
            registry: registry::State::new(scratch.path().join("blobs")),
            s3: s3::State::default(),
            elb: elb::State::default(),
            logs: logs::State::default(),
            sts: sts::State::default(),
            github: github::State::default(),
            gitlab: gitlab::State::default(),
        };
        let inner = Arc::new(Inner {
            clock: self.clock,
            world: Mutex::new(world),
            advance: ecs::advance,
            _scratch: scratch,
        });
        let server = listener.map(|(listener, _)| Server::run(listener, Arc::clone(&inner)));
        Cloud { inner, server }
    }
}

impl Cloud {
    /// A cloud on the machine's clock, on a free port.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A cloud with other settings.
    pub fn builder() -> Builder {
        Builder {
            clock: Clock::real(),
            seed: 1,
            region: "eu-central-1".into(),
            account: "123456789012".into(),
            sockets: true,
            kept: usize::MAX,
        }
    }

    /// `http://127.0.0.1:PORT`: for `--endpoint-url`, and for GitHub and the registry alike.
    pub fn endpoint_url(&self) -> String {
        self.world().endpoint.clone()
    }

    /// `127.0.0.1:PORT`, the registry's host in image references.
    pub fn host(&self) -> String {
        self.endpoint_url().trim_start_matches("http://").to_owned()
    }

    /// The region of all ARNs.
    pub fn region(&self) -> String {
        self.world().region.clone()
    }

    /// The account of all ARNs.
    pub fn account(&self) -> String {
        self.world().account.clone()
    }

    /// A folder of this cloud, removed with it.
    pub fn scratch(&self) -> PathBuf {
        self.world().scratch.clone()
    }

    /// The whole environment for a child process: credentials that this cloud accepts, a
    /// region, a HOME in the scratch folder, no metadata service, no proxies. Start the child with a
    /// cleared environment, so that nothing of the machine's own is inherited.
    pub fn env(&self) -> Vec<(String, String)> {
        let world = self.world();
        let home = world.scratch.join("home");
        // If this fails, the child fails because it has no HOME.
        let _ = std::fs::create_dir_all(&home);
        let file = |name: &str| home.join(name).display().to_string();
        [
            ("AWS_ACCESS_KEY_ID", sts::LONG_TERM_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", sts::LONG_TERM_SECRET.to_owned()),
            ("AWS_REGION", world.region.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", file("aws-config")),
            ("AWS_SHARED_CREDENTIALS_FILE", file("aws-credentials")),
            ("DOCKER_CONFIG", file("docker")),
            ("HOME", home.display().to_string()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// The clock of this cloud.
    pub fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.world().faults.add(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// All requests so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.world().requests.iter().cloned().collect()
    }

    /// The number of requests so far that were answered or cut.
    pub fn request_count(&self) -> usize {
        self.world().requests.len()
    }

    /// The requests for one operation: `("ecs", "RegisterTaskDefinition")`.
    pub fn requests_of(&self, service: &str, operation: &str) -> Vec<Recorded> {
        self.world()
            .requests
            .iter()
            .filter(|request| request.service == service && request.operation == operation)
            .cloned()
            .collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.world().requests.clear();
    }

    /// Answers one request without a socket, with the same code, faults and records.
    pub fn answer(&self, request: Request) -> Answer {
        self.inner.answer(request)
    }

    /// The same as a function that owns the cloud's state, for an in-memory HTTP client.
    pub fn answerer(&self) -> impl Fn(Request) -> Answer + Clone + Send + Sync + 'static {
        let inner = Arc::clone(&self.inner);
        move |request| inner.answer(request)
    }

    /// Calls a JSON API (`ecs`, `ecr`, `logs`) directly, without faults and records: to
    /// prepare a scene.
    ///
    /// # Errors
    /// If the API rejects it.
    pub fn call(&self, service: &str, operation: &str, body: Value) -> Result<Value, ApiError> {
        self.inner.call(service, operation, &body)
    }

    /// Clusters, task definitions, services, and the scripts that their deployments follow.
    pub fn ecs(&self) -> ecs::Ecs {
        ecs::Ecs(Arc::clone(&self.inner))
    }

    /// Repositories.
    pub fn ecr(&self) -> ecr::Ecr {
        ecr::Ecr(Arc::clone(&self.inner))
    }

    /// Blobs and manifests behind the repositories.
    pub fn registry(&self) -> registry::Registry {
        registry::Registry(Arc::clone(&self.inner))
    }

    /// Buckets and objects.
    pub fn s3(&self) -> s3::S3 {
        s3::S3(Arc::clone(&self.inner))
    }

    /// Load balancers, target groups and the health of their targets.
    pub fn elb(&self) -> elb::Elb {
        elb::Elb(Arc::clone(&self.inner))
    }

    /// Log groups and streams.
    pub fn logs(&self) -> logs::Logs {
        logs::Logs(Arc::clone(&self.inner))
    }

    /// Roles, identity providers, and the CI system's tokens.
    pub fn sts(&self) -> sts::Sts {
        sts::Sts(Arc::clone(&self.inner))
    }

    /// Pull requests, comments, statuses, deployments.
    pub fn github(&self) -> github::Github {
        github::Github(Arc::clone(&self.inner))
    }

    /// Merge requests, notes, statuses, Terraform states.
    pub fn gitlab(&self) -> gitlab::Gitlab {
        gitlab::Gitlab(Arc::clone(&self.inner))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
        if let Some(folder) = std::env::var_os("FAKES_CALLS")
            && !std::thread::panicking()
        {
            self.world().leave_calls(folder.as_ref());
        }
    }
}

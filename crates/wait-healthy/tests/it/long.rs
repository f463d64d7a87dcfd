//! Waits for twelve hours of paused time: credentials that last an hour are renewed, and memory does
//! not grow. Outside CI, it waits for two hours.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::SharedTimeSource;
use fakes::{Cloud, Rollout, Trust};
use pipeline_aws::{AwsArgs, Session};
use pipeline_io::{Ci, Step};
use rollout::{Limit, Question};
use serde_json::json;
use tokio::time::{interval, sleep};
use wait_healthy::{Poller, Reader, WaitContext};

use crate::histories::request;
use crate::memory::{self, Silence, Time};
use crate::request_rate::{cloud, deploy, question, service};

const HOUR: Duration = Duration::from_secs(3600);
const ISSUER: &str = "https://gitlab.example";
/// Set in the process that runs only this test.
const ALONE: &str = "WAIT_HEALTHY_ALONE";

/// Growth of the resident set that does not count: the allocator touches new pages now and then.
const NOISE_KIB: u64 = 1024;

/// What a wait used.
struct Taken {
    /// How often the token was exchanged for credentials.
    traded: usize,
    /// The resident set in KiB after the first hour, and after the last.
    first: u64,
    last: u64,
}

async fn wait(cloud: &Cloud, hours: i64) -> Taken {
    cloud.sts().only_known_keys();
    let trust = Trust::issuer(ISSUER)
        .audience("sts")
        .subject("project_path:g/p");
    cloud.sts().trust(trust);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let issue = || {
        let claims = json!({"iss": ISSUER, "aud": "sts", "sub": "project_path:g/p"});
        std::fs::write(&file, cloud.sts().web_identity_token(claims)).unwrap();
    };
    issue();
    service(cloud, "web", true);
    let deployment = deploy(cloud, "web", Rollout::stuck());
    let args = AwsArgs {
        region: Some(cloud.region()),
        role_to_assume: Some("arn:aws:iam::123456789012:role/deploy".to_owned()),
        web_identity_token_file: Some(file.clone()),
        role_duration_seconds: 3600,
        endpoint_url: Some(cloud.endpoint_url()),
        ..AwsArgs::default()
    };
    let (answer, traded) = (cloud.answerer(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&traded);
    let http = memory::client(1, move |request| {
        let trades = b"Action=AssumeRoleWithWebIdentity";
        counted.fetch_add(
            usize::from(request.body.starts_with(trades)),
            Ordering::Relaxed,
        );
        answer(request)
    });
    let clock = Time::starting(SystemTime::now());
    let step = Step::new("wait-healthy", Ci::none(), false);
    let session = Session::open_over(http, SharedTimeSource::new(clock), &args, &step);
    let session = session.await.unwrap();
    let request = request(Question {
        limit: Limit::Fixed(jiff::SignedDuration::from_hours(hours)),
        ..question(deployment)
    });
    let reader = Reader::new(&session, &request.cluster, &request.service);
    let context = WaitContext::start(request, &step);
    let mut poller = Poller::new(reader, &context);
    // The tokens of the CI host last ten minutes.
    let issuing = async {
        let mut due = interval(Duration::from_secs(540));
        loop {
            due.tick().await;
            issue();
        }
    };
    let (mut listener, mut after_first) = (Silence, 0);
    let watched = async {
        let after_an_hour = async {
            sleep(HOUR).await;
            after_first = resident();
        };
        let (verdict, ()) = tokio::join!(poller.poll(&mut listener), after_an_hour);
        verdict
    };
    let verdict = tokio::select! {
        verdict = watched => verdict.unwrap(),
        () = issuing => unreachable!(),
    };
    assert_eq!(verdict.outcome.name(), "timed-out");
    Taken {
        traded: traded.load(Ordering::Relaxed),
        first: after_first,
        last: resident(),
    }
}

/// The resident set of this process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn twelve_hours_renew_credentials_and_do_not_grow_memory() {
    if std::env::var_os(ALONE).is_none() {
        // Other tests in the same process would be measured, too.
        let name = "long::twelve_hours_renew_credentials_and_do_not_grow_memory";
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let ended = alone.args([name, "--exact"]).env(ALONE, "1").output();
        let ended = ended.unwrap();
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stdout)
        );
        return;
    }
    let in_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    let hours = if in_ci { 12 } else { 2 };
    let Taken {
        traded,
        first,
        last,
    } = wait(&cloud(50), hours).await;
    // Credentials are renewed some minutes before they expire.
    let range = hours as usize..=hours as usize + 2;
    assert!(range.contains(&traded), "{traded} in {hours} hours");
    assert!(
        last <= first + NOISE_KIB,
        "{first} KiB after an hour, {last} KiB after {hours}"
    );
}

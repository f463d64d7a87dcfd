use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

use super::{RetryPolicy, Transient, poll};

#[derive(Debug, PartialEq)]
enum Failed {
    Transient,
    Busy(Duration),
    Permanent,
}

impl Transient for Failed {
    fn is_transient(&self) -> bool {
        *self != Self::Permanent
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy(requested) => Some(*requested),
            _ => None,
        }
    }
}

const STEADY: RetryPolicy = RetryPolicy {
    tries: 4,
    first: Duration::from_millis(250),
    factor: 4.0,
    longest: Duration::from_secs(3),
    has_jitter: false,
    retry_after_limit: Duration::from_secs(120),
};

#[test]
fn pauses_grow_up_to_the_longest() {
    let pauses: Vec<u128> = STEADY.pauses().map(|p| p.as_millis()).collect();
    assert_eq!(pauses, [250, 1000, 3000]);
    for tries in [0, 1] {
        assert_eq!(RetryPolicy { tries, ..STEADY }.pauses().count(), 0);
    }
}

#[test]
fn jitter_at_most_doubles_a_pause() {
    let jittered = RetryPolicy {
        has_jitter: true,
        ..STEADY
    };
    for (pause, plain) in jittered.pauses().zip(STEADY.pauses()) {
        assert!((plain..=plain * 2).contains(&pause), "{pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_transient_error_is_retried_until_no_attempt_is_left() {
    let began = Instant::now();
    let tries = Cell::new(0);
    let mut pauses = Vec::new();
    let ended: Result<(), _> = STEADY
        .retry(
            async || {
                tries.set(tries.get() + 1);
                Err(Failed::Transient)
            },
            |_, pause| pauses.push(pause.as_millis()),
        )
        .await;
    assert_eq!(ended, Err(Failed::Transient));
    assert_eq!((tries.get(), pauses), (4, vec![250, 1000, 3000]));
    assert_eq!(began.elapsed().as_millis(), 4250);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_and_a_success_end_the_retries() {
    for result in [Ok(1), Err(Failed::Permanent)] {
        let tries = Cell::new(0);
        let wanted = result.is_ok();
        let mut results = Some(result);
        let ended = STEADY
            .retry(
                async || {
                    tries.set(tries.get() + 1);
                    results.take().unwrap_or(Err(Failed::Transient))
                },
                |_, _| {},
            )
            .await;
        assert_eq!((ended.is_ok(), tries.get()), (wanted, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_lengthens_a_pause_up_to_its_limit() {
    for (requested, waited) in [(7, 7_000), (3600, 120_000), (0, 250)] {
        let began = Instant::now();
        let mut answers = vec![Ok(()), Err(Failed::Busy(Duration::from_secs(requested)))];
        let ended = STEADY
            .retry(
                async || answers.pop().unwrap_or(Err(Failed::Permanent)),
                |_, _| {},
            )
            .await;
        assert_eq!(ended, Ok(()));
        assert_eq!(began.elapsed().as_millis(), waited, "{requested} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_response_was_lost_is_not_repeated() {
    let writes = Cell::new(0);
    let done = STEADY
        .retry_write(
            async || {
                writes.set(writes.get() + 1);
                Err(Failed::Transient)
            },
            async |_| Ok((writes.get() == 2).then_some("found")),
            |_, _| {},
        )
        .await;
    assert_eq!((done, writes.get()), (Ok("found"), 2));
}

#[tokio::test(start_paused = true)]
async fn the_last_write_is_checked_too() {
    let looks = Cell::new(0);
    let ended: Result<(), _> = STEADY
        .retry_write(
            async || Err(Failed::Transient),
            async |_| {
                looks.set(looks.get() + 1);
                Ok(None)
            },
            |_, _| {},
        )
        .await;
    assert_eq!((ended, looks.get()), (Err(Failed::Transient), 4));
}

#[tokio::test(start_paused = true)]
async fn polling_looks_first_at_once_and_last_at_the_deadline() {
    let began = Instant::now();
    let mut looks = Vec::new();
    let found: Result<Option<()>, Failed> = poll(
        std::iter::repeat(Duration::from_secs(4)),
        began + Duration::from_secs(10),
        async || {
            looks.push(began.elapsed().as_secs());
            Ok(None)
        },
    )
    .await;
    assert_eq!((found, looks), (Ok(None), vec![0, 4, 8, 10]));
}

#[tokio::test(start_paused = true)]
async fn polling_ends_with_a_result_an_error_or_the_last_pause() {
    let far = Instant::now() + Duration::from_secs(3600);
    let mut left = 2;
    let found: Result<_, Failed> = poll(STEADY.pauses(), far, async || {
        left -= 1;
        Ok((left == 0).then_some("here"))
    })
    .await;
    assert_eq!(found, Ok(Some("here")));
    let failed: Result<Option<()>, _> =
        poll(STEADY.pauses(), far, async || Err(Failed::Transient)).await;
    assert_eq!(failed, Err(Failed::Transient));
    let none: Result<Option<()>, Failed> = poll(STEADY.pauses(), far, async || Ok(None)).await;
    assert_eq!(none, Ok(None));
}

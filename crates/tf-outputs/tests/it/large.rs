//! A state with thousands of resources needs little memory, whatever its size.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::run::program;

/// Returns the peak memory of the program while it reads a state of this size, in kilobytes.
fn peak(megabytes: usize) -> u64 {
    let mut child = program(&["--state", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let head =
        br#"{"version":4,"outputs":{"cluster":{"value":"prod","type":"string"}},"resources":["#;
    stdin.write_all(head).unwrap();
    let policy = r#"{\"Effect\":\"Allow\"} "#.repeat(45);
    let resource = format!(
        r#"{{"mode":"managed","type":"aws_iam_policy","name":"p","instances":[{{"schema_version":0,"attributes":{{"policy":"{policy}","id":17,"tags":null}}}}]}},"#
    );
    let block = resource.repeat(1_000);
    for _ in 0..megabytes * 1_000_000 / block.len() {
        stdin.write_all(block.as_bytes()).unwrap();
    }
    // Everything except the end was read: the peak is reached, and the process still runs.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    stdin.write_all(b"{}]}").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap(),
        json!({"cluster": "prod"})
    );
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn fifty_megabytes_of_state_need_no_more_memory_than_three() {
    let (small, large) = (peak(3), peak(50));
    assert!(large < 32 * 1024, "{large} kB");
    assert!(
        large < small + 6 * 1024,
        "{small} kB for 3 MB, {large} kB for 50 MB"
    );
}

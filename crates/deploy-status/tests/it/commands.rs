//! CI hosts read commands from stdout, on which the report is printed.

use crate::scene::{Scene, crashed, run};

#[test]
fn a_log_line_of_a_container_commands_no_host() {
    let lines = [
        "::add-mask::web",
        "  ::set-output name=x::y",
        "--- Deploy",
        "+++ Deploy",
        "~~~ Deploy",
        "##vso[task.complete result=Succeeded]",
        "##teamcity[buildStop]",
        "\u{1b}[0Ksection_start:1:x\r\u{1b}[0K",
        "\u{9b}2J",
    ];
    let mut data = crashed();
    data["cause"]["groups"][0]["logs"][0]["lines"] = serde_json::json!(lines);
    data["cause"]["summary"] = "::error::summary".into();
    let scene = Scene::new().deploy().wait("failed", 5, data);
    let results = scene.path().to_str().unwrap();
    let output = run(&["--results", results, "--comment-logs"], &[]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("add-mask"), "{report}");
    for line in report.lines().map(str::trim_start) {
        for start in ["::", "---", "+++", "~~~", "^^^"] {
            assert!(!line.starts_with(start), "{line:?}");
        }
        for part in ["##vso[", "##teamcity[", "##[", "\u{1b}", "\u{9b}", "\r"] {
            assert!(!line.contains(part), "{line:?}");
        }
    }
}

//! Events are recorded once and kept for the diagnosis.

use serde_json::json;

use crate::scene::*;

#[test]
fn each_event_since_our_write_is_new_once_and_kept() {
    let mut scene = Scene::with_deployments();
    let pictures = [
        (
            vec![event(3, "b"), event(2, "a"), event(-60, "before ours")],
            vec!["a", "b"],
        ),
        (vec![event(4, "c"), event(3, "b"), event(2, "a")], vec!["c"]),
        (vec![event(4, "c"), event(3, "b")], vec![]),
    ];
    for (second, (events, expected)) in (5..).zip(pictures) {
        let picture = service(second, json!({"events": events}));
        let new = scene.watch.record(at(second), picture);
        let new: Vec<&str> = new.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(new, expected);
    }
    let kept = scene.watch.facts().events.iter();
    let kept: Vec<&str> = kept.map(|e| e.message.as_str()).collect();
    assert_eq!(kept, ["a", "b", "c"]);
}

#[test]
fn the_last_hundred_events_are_kept() {
    let mut scene = Scene::with_deployments();
    for first in [0, 90] {
        let events: Vec<_> = (first..first + 90)
            .rev()
            .map(|n| event(n, &format!("event {n}")))
            .collect();
        let picture = service(first + 90, json!({"events": events}));
        assert_eq!(scene.watch.record(at(first + 90), picture).len(), 90);
    }
    let kept = &scene.watch.facts().events;
    assert_eq!(kept.len(), 100);
    assert_eq!(kept[0].message, "event 80");
}

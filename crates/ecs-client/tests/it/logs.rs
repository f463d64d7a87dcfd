//! Reading log lines.

use ecs_client::LogStream;
use ecs_model::TaskDefinition;
use serde_json::json;

use crate::scene::Scene;

fn definition(driver: &str) -> TaskDefinition {
    let definition = json!({"containerDefinitions": [{"name": "app", "logConfiguration":
        {"logDriver": driver, "options": {"awslogs-group": "/web", "awslogs-stream-prefix": "web"}}}]});
    ecs_model::from_answer(&definition).unwrap()
}

#[tokio::test]
async fn the_last_lines_and_each_line_are_read() {
    let scene = Scene::running();
    scene.cloud.logs().group("/web");
    let lines: Vec<String> = (1..=5).map(|n| format!("line {n}")).collect();
    scene.cloud.logs().put("/web", "web/app/1", &lines);
    let stream = LogStream::of(&scene.session, &definition("awslogs"), "app", "1").unwrap();
    assert_eq!(stream.group(), "/web");
    assert_eq!(stream.last(2).await.unwrap(), ["line 4", "line 5"]);
    let mut follower = stream.follow();
    let mut read = Vec::new();
    loop {
        let page = follower.next_page().await.unwrap();
        read.extend(page.lines);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(read, lines);
    assert!(follower.next_page().await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn a_container_without_a_stream_has_no_lines() {
    let scene = Scene::running();
    scene.cloud.logs().group("/web");
    let of = |driver: &str| LogStream::of(&scene.session, &definition(driver), "app", "1");
    assert!(of("splunk").is_none());
    let mut follower = of("awslogs").unwrap().follow();
    let page = follower.next_page().await.unwrap();
    assert!(page.lines.is_empty() && !page.has_more);
}

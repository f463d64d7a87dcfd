//! AWS that is slow, throttles, fails, shows old states, or cannot be reached.

use serde_json::json;

use super::super::history::{History, history, slow};
use super::super::world::When;

pub fn all() -> Vec<History> {
    vec![
        history("a third of all calls is throttled")
            .trouble(|t| t.throttled = 35)
            .succeeds()
            .ends(0, &["succeeded after"]),
        history("a third of all calls is throttled, and it fails")
            .trouble(|t| t.throttled = 35)
            .breaks(|s| s.crash(3))
            .ends(6, &["container app exited with code 3"])
            .because("crashed"),
        history("a third of all calls fails at AWS")
            .trouble(|t| t.broken = 35)
            .succeeds()
            .ends(0, &["succeeded after"]),
        history("a fifth of all connections is cut")
            .trouble(|t| t.cut = 20)
            .succeeds()
            .ends(0, &["succeeded after"]),
        history("throttled, failing and cut at once")
            .trouble(|t| (t.throttled, t.broken, t.cut) = (15, 15, 10))
            .breaks(|s| s.crash(3))
            .ends(6, &["container app exited with code 3"])
            .because("crashed"),
        history("each answer takes a second")
            .trouble(slow(1_000))
            .succeeds()
            .ends(0, &["2 of 2 tasks healthy in the load balancer"]),
        history("reads are up to three seconds old")
            .trouble(|t| t.lag = 3.0)
            .succeeds()
            .ends(0, &["2 of 2 tasks healthy in the load balancer"]),
        history("reads of a rollback are up to three seconds old")
            .trouble(|t| t.lag = 3.0)
            .breaks(|s| s.crash(3))
            .ends(6, &["rolled back: "])
            .because("crashed"),
        history("250 tasks, on three pages")
            .tasks(250)
            .succeeds()
            .ends(0, &["250 of 250 tasks healthy in the load balancer"]),
        history("250 tasks and slow, throttled answers")
            .tasks(250)
            .trouble(|t| t.throttled = 20)
            .trouble(slow(300))
            .succeeds()
            .ends(0, &["250 of 250 tasks healthy in the load balancer"]),
        history("credentials expire during the wait")
            .trouble(|t| t.expire = Some(6.0))
            .at(0.3, |s| s.start())
            .at(30.0, |s| s.run())
            .ends(4, &["expired", "continues"]),
        history("credentials are renewed during the wait")
            .renews_credentials(12.0)
            .at(0.3, |s| s.start())
            .at(2.0, |s| s.run())
            .at(13.0, |s| s.heal())
            .at(14.0, |s| s.complete())
            .ends(0, &["succeeded after"]),
        history("nothing listens at the endpoint")
            .only_waits_at("http://127.0.0.1:9")
            .ends(9, &["http://127.0.0.1:9", "cannot reach"]),
        history("the host does not exist")
            .only_waits_at("http://ecs.nowhere-1.invalid")
            .ends(9, &["ecs.nowhere-1.invalid", "cannot reach"]),
        history("the role may read nothing while it waits")
            .denies("DescribeServices", When::AfterTheWrite)
            .denies("ListTasks", When::AfterTheWrite)
            .serving(|s| s["loadBalancers"] = json!([]))
            .succeeds()
            .ends(4, &["ecs:DescribeServices"]),
    ]
}

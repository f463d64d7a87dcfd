//! Health checks: the load balancer's, and the containers' own.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "health-check-path",
        texts: &[
            &["health checks failed with these codes: [404]"],
            &["health checks failed with these codes: [301]"],
            &["health checks failed with these codes: [302]"],
            &["health checks failed with these codes: [307]"],
            &["health checks failed with these codes: [308]"],
            &["health checks failed with these codes: [400]"],
            &["health checks failed with these codes: [401]"],
            &["health checks failed with these codes: [403]"],
        ],
        meaning: "the program answers the load balancer's health check, but not with success: the path is not right",
        remedy: "Let the health check's path answer 200 without redirect, login or a particular Host header, or change the target group's path or matcher.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "health-check-error",
        texts: &[
            &["health checks failed with these codes"],
            &["target.responsecodemismatch"],
        ],
        meaning: "the program answers the load balancer's health check with an error",
        remedy: "Its log says why. If it is still starting, raise healthCheckGracePeriodSeconds.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "health-check-timeout",
        texts: &[
            &["is unhealthy in", "request timed out"],
            &["connection to target timed out"],
            &["target.timeout"],
        ],
        meaning: "the load balancer's health check gets no answer from the tasks",
        remedy: "Let the tasks' security group accept the port from the load balancer's; listen on 0.0.0.0, not 127.0.0.1, and on the port of the container definition; a slow starter needs healthCheckGracePeriodSeconds.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "health-check-refused",
        texts: &[&["target.failedhealthchecks"], &["health checks failed"]],
        meaning: "nothing answers on the port that the load balancer checks",
        remedy: "Listen on 0.0.0.0 and on the container definition's port, which is the target group's health-check port.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "target-group-unused",
        texts: &[
            &["target.notinuse"],
            &["target group is not configured to receive traffic"],
            &["does not have an associated load balancer"],
        ],
        meaning: "the target group is on no listener, so its health is never checked",
        remedy: "Attach the target group to a listener rule.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "elb-health",
        texts: &[
            &["task failed elb health checks"],
            &["is unhealthy in", "target-group"],
            &["replaced", "tasks due to an unhealthy status"],
            &["target is not found"],
        ],
        general: true,
        meaning: "the tasks fail the load balancer's health checks",
        remedy: "See what the targets say; check path, port, security group, and healthCheckGracePeriodSeconds.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "container-health",
        texts: &[&["failed container health checks"]],
        meaning: "the health check of the container definition fails",
        remedy: "Run its command inside the image: often curl or wget is not there. Give a slow starter a startPeriod.",
        ..KnownCause::SPECIAL
    },
];

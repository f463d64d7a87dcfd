//! Health checks: the load balancer's, and the containers' own.

use super::Class;

pub(super) const CLASSES: &[Class] = &[
    Class {
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
        log_lines: &[],
        meaning: "the program answers the load balancer's health check, but not with success: the path is not right",
        remedy: "Let the health check's path answer 200 without redirect, login or a particular Host header, or change the target group's path or matcher.",
    },
    Class {
        id: "health-check-error",
        texts: &[
            &["health checks failed with these codes"],
            &["target.responsecodemismatch"],
        ],
        log_lines: &[],
        meaning: "the program answers the load balancer's health check with an error",
        remedy: "Its log says why. If it is still starting, raise healthCheckGracePeriodSeconds.",
    },
    Class {
        id: "health-check-timeout",
        texts: &[
            &["is unhealthy in", "request timed out"],
            &["connection to target timed out"],
            &["target.timeout"],
        ],
        log_lines: &[],
        meaning: "the load balancer's health check gets no answer from the tasks",
        remedy: "Let the tasks' security group accept the port from the load balancer's; listen on 0.0.0.0, not 127.0.0.1, and on the port of the container definition; a slow starter needs healthCheckGracePeriodSeconds.",
    },
    Class {
        id: "health-check-refused",
        texts: &[&["target.failedhealthchecks"], &["health checks failed"]],
        log_lines: &[],
        meaning: "nothing answers on the port that the load balancer checks",
        remedy: "Listen on 0.0.0.0 and on the container definition's port, which is the target group's health-check port.",
    },
    Class {
        id: "target-group-unused",
        texts: &[
            &["target.notinuse"],
            &["target group is not configured to receive traffic"],
            &["does not have an associated load balancer"],
        ],
        log_lines: &[],
        meaning: "the target group is on no listener, so its health is never checked",
        remedy: "Attach the target group to a listener rule.",
    },
    Class {
        id: "elb-health",
        texts: &[
            &["task failed elb health checks"],
            &["is unhealthy in", "target-group"],
            &["replaced", "tasks due to an unhealthy status"],
            &["target is not found"],
        ],
        log_lines: &[],
        meaning: "the tasks fail the load balancer's health checks",
        remedy: "See what the targets say; check path, port, security group, and healthCheckGracePeriodSeconds.",
    },
    Class {
        id: "container-health",
        texts: &[&["failed container health checks"]],
        log_lines: &[],
        meaning: "the health check of the container definition fails",
        remedy: "Run its command inside the image: often curl or wget is not there. Give a slow starter a startPeriod.",
    },
];

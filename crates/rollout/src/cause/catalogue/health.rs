//! Health checks: those of the load balancer and those of the containers.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

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
        meaning: "the program does not answer the load balancer's health check with success: the path is wrong, redirects or requires a login",
        remedy: "Answer the health check's path with 200, without a redirect, a login or a certain Host header, or change the path or the matcher of the target group.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "health-check-error",
        texts: &[
            &["health checks failed with these codes"],
            &["target.responsecodemismatch"],
        ],
        meaning: "the program answers the load balancer's health check with an error",
        remedy: "Read the program's log. If it is still starting, increase healthCheckGracePeriodSeconds.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "health-check-timeout",
        texts: &[
            &["is unhealthy in", "request timed out"],
            &["connection to target timed out"],
            &["target.timeout"],
        ],
        meaning: "the load balancer's health check receives no response from the tasks",
        remedy: "Allow the load balancer's security group to reach the port in the tasks' security group. Listen on 0.0.0.0, not 127.0.0.1, and on the port of the container definition. If the program starts slowly, set healthCheckGracePeriodSeconds.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "health-check-refused",
        texts: &[&["target.failedhealthchecks"], &["health checks failed"]],
        meaning: "no program answers on the port that the load balancer checks",
        remedy: "Listen on 0.0.0.0 and on the port of the container definition, and use the same port in the target group's health check.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "zone-not-enabled",
        texts: &[
            &["availability zone that is not enabled"],
            &["availability zone", "not enabled for the load balancer"],
        ],
        meaning: "the task is in an availability zone that is not enabled for the load balancer",
        remedy: "Add a subnet of this zone to the load balancer, or remove the zone's subnet from the service's network configuration.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "target-group-unused",
        texts: &[
            &["target.notinuse"],
            &["target group is not configured to receive traffic"],
            &["does not have an associated load balancer"],
        ],
        meaning: "the target group is not used by a listener, so its targets are never checked",
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
        remedy: "Check the health check's path and port, the security groups and healthCheckGracePeriodSeconds.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "container-health",
        texts: &[&["failed container health checks"]],
        meaning: "the health check of the container fails",
        remedy: "Run the health check's command in the image: often curl or wget is missing. If the program starts slowly, set startPeriod.",
        ..KnownCause::SPECIAL
    },
];

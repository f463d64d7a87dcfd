//! CPU and memory: Fargate's combinations, and the share of the containers.

use super::code::LintCode;
use super::context::{LintContext, text};
use crate::meaning::{cpu_units, memory_mebibytes};

/// Fargate's sizes: CPU units, minimum, maximum and step in MiB. 512 MiB is valid for 256 units, too.
const SIZES: [(u64, u64, u64, u64); 7] = [
    (256, 1024, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// The memory sizes in MiB that Fargate offers for these CPU units; empty if it has no such size.
pub fn fargate_memory(units: u64) -> Vec<u64> {
    let Some((_, least, most, step)) = SIZES.iter().find(|(cpu, ..)| *cpu == units) else {
        return Vec::new();
    };
    let mut sizes: Vec<u64> = (0..)
        .map(|n| least + n * step)
        .take_while(|m| m <= most)
        .collect();
    if units == 256 {
        sizes.insert(0, 512);
    }
    sizes
}

pub(super) fn check(context: &mut LintContext<'_>) {
    let cpu = sized(context, "cpu", cpu_units);
    let memory = sized(context, "memory", memory_mebibytes);
    if context.is_fargate {
        pair(context, cpu, memory);
    }
    parts(context, cpu, memory);
}

/// A size of the task; `None` if it is absent, or invalid, which is reported.
fn sized(
    context: &mut LintContext<'_>,
    member: &str,
    read: fn(&str) -> Option<u64>,
) -> Option<u64> {
    let text = text(context.definition, member)?;
    let size = read(text);
    if size.is_none() {
        let how = match member {
            "cpu" => "units (256) or vCPU (0.25 vCPU)",
            _ => "MiB (512) or GB (0.5 GB)",
        };
        let message = format!("{member} {text:?} is not a size; write {how}");
        context.report(LintCode::FargateSize, format!("/{member}"), message);
    }
    size
}

fn pair(context: &mut LintContext<'_>, cpu: Option<u64>, memory: Option<u64>) {
    for member in ["cpu", "memory"] {
        if context.definition[member].is_null() {
            let message = format!("the task has no {member}, which Fargate requires");
            context.report_fargate(LintCode::FargateSize, format!("/{member}"), message);
        }
    }
    let Some(cpu) = cpu else { return };
    let sizes = fargate_memory(cpu);
    if sizes.is_empty() {
        let known: Vec<String> = SIZES.iter().map(|(cpu, ..)| cpu.to_string()).collect();
        let message = format!(
            "Fargate does not offer {cpu} CPU units; choose {}",
            known.join(", ")
        );
        context.report_fargate(LintCode::FargateSize, "/cpu", message);
        return;
    }
    if let Some(memory) = memory
        && !sizes.contains(&memory)
    {
        let message = format!(
            "with {cpu} CPU units, Fargate offers {}, not {memory} MiB",
            ranges(&sizes)
        );
        context.report_fargate(LintCode::FargateSize, "/memory", message);
    }
    let system = context.definition["runtimePlatform"]["operatingSystemFamily"].as_str();
    if !(1024..=4096).contains(&cpu) && system.is_some_and(|s| s.starts_with("WINDOWS")) {
        let message = format!("{cpu} CPU units are for Linux only; Windows supports 1024 to 4096");
        context.report_fargate(LintCode::FargateSize, "/cpu", message);
    }
}

/// E.g. `512, 1024 or 2048 MiB`, or `8192 to 30720 MiB in steps of 1024`.
fn ranges(sizes: &[u64]) -> String {
    match sizes {
        [first, second, .., last] if sizes.len() > 4 => {
            format!("{first} to {last} MiB in steps of {}", second - first)
        }
        sizes => {
            let texts: Vec<String> = sizes.iter().map(u64::to_string).collect();
            match texts.split_last() {
                Some((last, rest)) if !rest.is_empty() => {
                    format!("{} or {last} MiB", rest.join(", "))
                }
                _ => format!("{} MiB", texts.join("")),
            }
        }
    }
}

fn parts(context: &mut LintContext<'_>, cpu: Option<u64>, memory: Option<u64>) {
    let containers = context.containers();
    let sum = |member: &str| -> u64 {
        containers
            .iter()
            .filter_map(|c| c.value[member].as_u64())
            .sum()
    };
    if let Some(cpu) = cpu
        && sum("cpu") > cpu
    {
        let message = format!(
            "the containers request {} CPU units, but the task has {cpu}",
            sum("cpu")
        );
        context.report(LintCode::ContainerSize, "/cpu", message);
    }
    let reserved: u64 = containers
        .iter()
        .filter_map(|c| {
            c.value["memoryReservation"]
                .as_u64()
                .or(c.value["memory"].as_u64())
        })
        .sum();
    if let Some(memory) = memory
        && reserved > memory
    {
        let message = format!("the containers reserve {reserved} MiB, but the task has {memory}");
        context.report(LintCode::ContainerSize, "/memory", message);
    }
    for container in &containers {
        let hard = container.value["memory"].as_u64();
        let soft = container.value["memoryReservation"].as_u64();
        if let (Some(hard), Some(task)) = (hard, memory)
            && hard > task
        {
            let message = format!(
                "container {} has a limit of {hard} MiB, but the task has {task}",
                container.name
            );
            context.report(
                LintCode::ContainerSize,
                container.pointer("memory"),
                message,
            );
        }
        if let (Some(hard), Some(soft)) = (hard, soft)
            && soft > hard
        {
            let message = format!(
                "container {} reserves {soft} MiB, but its limit is {hard}",
                container.name
            );
            context.report(
                LintCode::ContainerSize,
                container.pointer("memoryReservation"),
                message,
            );
        }
        if context.definition["memory"].is_null()
            && !context.is_fargate
            && hard.is_none()
            && soft.is_none()
        {
            let message = format!(
                "neither the task nor container {} has a memory size",
                container.name
            );
            context.report(LintCode::ContainerSize, container.at.clone(), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fargate_memory;

    #[test]
    fn the_combinations_are_those_of_the_documentation() {
        let thousands = |from: u64, to: u64, by: u64| -> Vec<u64> {
            (from..=to)
                .step_by(usize::try_from(by).expect("small"))
                .map(|gb| gb * 1024)
                .collect()
        };
        for (units, sizes) in [
            (256, vec![512, 1024, 2048]),
            (512, thousands(1, 4, 1)),
            (1024, thousands(2, 8, 1)),
            (2048, thousands(4, 16, 1)),
            (4096, thousands(8, 30, 1)),
            (8192, thousands(16, 60, 4)),
            (16_384, thousands(32, 120, 8)),
            (300, vec![]),
        ] {
            assert_eq!(fargate_memory(units), sizes, "{units}");
        }
    }
}

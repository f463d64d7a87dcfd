//! CPU and memory: Fargate's pairs, and what the containers take of them.

use super::code::Code;
use super::look::{Look, text};
use crate::meaning::{cpu_units, memory_mebibytes};

/// Fargate's sizes: CPU units, least and most MiB, and the step between. 256 units take 512 too.
const SIZES: [(u64, u64, u64, u64); 7] = [
    (256, 1024, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// The MiB that Fargate takes with these CPU units; none where it has no such size.
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

pub(super) fn look(look: &mut Look<'_>) {
    let cpu = sized(look, "cpu", cpu_units);
    let memory = sized(look, "memory", memory_mebibytes);
    if look.is_fargate {
        pair(look, cpu, memory);
    }
    parts(look, cpu, memory);
}

/// A size of the task; a text that is none is an error, no text is nothing.
fn sized(look: &mut Look<'_>, member: &str, read: fn(&str) -> Option<u64>) -> Option<u64> {
    let text = text(look.definition, member)?;
    let size = read(text);
    if size.is_none() {
        let how = match member {
            "cpu" => "units (256) or vCPU (0.25 vCPU)",
            _ => "MiB (512) or GB (0.5 GB)",
        };
        let message = format!("{member} {text:?} is no size; ECS takes {how}");
        look.report(Code::FargateSize, format!("/{member}"), message);
    }
    size
}

fn pair(look: &mut Look<'_>, cpu: Option<u64>, memory: Option<u64>) {
    for member in ["cpu", "memory"] {
        if look.definition[member].is_null() {
            let message = format!("the task has no {member}; Fargate needs it");
            look.report(Code::FargateSize, format!("/{member}"), message);
        }
    }
    let Some(cpu) = cpu else { return };
    let sizes = fargate_memory(cpu);
    if sizes.is_empty() {
        let known: Vec<String> = SIZES.iter().map(|(cpu, ..)| cpu.to_string()).collect();
        let message = format!(
            "Fargate has no size of {cpu} CPU units; it has {}",
            known.join(", ")
        );
        look.report(Code::FargateSize, "/cpu", message);
        return;
    }
    if let Some(memory) = memory
        && !sizes.contains(&memory)
    {
        let message = format!(
            "with {cpu} CPU units Fargate takes {}, not {memory} MiB",
            ranges(&sizes)
        );
        look.report(Code::FargateSize, "/memory", message);
    }
    let system = look.definition["runtimePlatform"]["operatingSystemFamily"].as_str();
    if !(1024..=4096).contains(&cpu) && system.is_some_and(|s| s.starts_with("WINDOWS")) {
        let message = format!("{cpu} CPU units are for Linux only; Windows takes 1024 to 4096");
        look.report(Code::FargateSize, "/cpu", message);
    }
}

/// `512, 1024 or 2048 MiB`; a long row is told by its ends and step.
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

fn parts(look: &mut Look<'_>, cpu: Option<u64>, memory: Option<u64>) {
    let containers = look.containers();
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
            "the containers take {} CPU units together, and the task has {cpu}",
            sum("cpu")
        );
        look.report(Code::ContainerSize, "/cpu", message);
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
        let message =
            format!("the containers reserve {reserved} MiB together, and the task has {memory}");
        look.report(Code::ContainerSize, "/memory", message);
    }
    for container in &containers {
        let hard = container.value["memory"].as_u64();
        let soft = container.value["memoryReservation"].as_u64();
        if let (Some(hard), Some(task)) = (hard, memory)
            && hard > task
        {
            let message = format!(
                "container {} may take {hard} MiB, and the task has {task}",
                container.name
            );
            look.report(Code::ContainerSize, container.pointer("memory"), message);
        }
        if let (Some(hard), Some(soft)) = (hard, soft)
            && soft > hard
        {
            let message = format!(
                "container {} reserves {soft} MiB and may take {hard}",
                container.name
            );
            look.report(
                Code::ContainerSize,
                container.pointer("memoryReservation"),
                message,
            );
        }
        if look.definition["memory"].is_null()
            && !look.is_fargate
            && hard.is_none()
            && soft.is_none()
        {
            let message = format!(
                "neither the task nor container {} has a memory size",
                container.name
            );
            look.report(Code::ContainerSize, container.at.clone(), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fargate_memory;

    #[test]
    fn the_pairs_are_those_that_are_published() {
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

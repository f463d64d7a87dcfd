//! `cargo xtask prose`: the rates of the habits that the style guide names, per 10,000 words, and
//! the lines that break its rules.
//!
//! Never decided here: the rules, the limits, and which files must follow them.

use stories::prose::{TEXTS, lines, rates, rules};

/// What to print.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print every line that breaks a rule instead of the rates
    #[arg(long)]
    findings: bool,
    /// Only files whose path starts with this, e.g. crates/ecr-push
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
}

/// Prints the rates, or the findings. Findings, and a rate outside its limit, are an error.
pub fn run(args: &Args) -> Result<(), String> {
    let mut lines = lines().map_err(|e| format!("cannot read the files: {e}"))?;
    if !args.paths.is_empty() {
        lines.retain(|line| args.paths.iter().any(|path| line.file.starts_with(path)));
    }
    let mut wrong = 0;
    if args.findings {
        let rules = rules();
        for line in &lines {
            for rule in rules.iter().filter(|rule| rule.rejects(line)) {
                let (file, number, text) = (&line.file, line.number, &line.text);
                println!(
                    "{file}:{number}: {}: {}\n    {text}",
                    rule.name, rule.instead
                );
                wrong += 1;
            }
        }
    } else {
        for (name, kinds) in TEXTS {
            let (words, rates) = rates(&lines, kinds);
            println!("{name}: {words} words; rates per 10,000 words:");
            for (habit, rate) in rates {
                let limit = if name == "docs" {
                    habit.docs
                } else {
                    habit.comments
                };
                let verdict = if limit.allows(rate) { "" } else { "  MISSED" };
                println!("  {:26} {rate:6.1}  {limit}{verdict}", habit.name);
                wrong += usize::from(!limit.allows(rate));
            }
        }
    }
    match (wrong, args.findings) {
        (0, _) => Ok(()),
        (_, true) => Err(format!("{wrong} lines break the style guide")),
        (_, false) => Err(format!("{wrong} rates are outside their limits")),
    }
}

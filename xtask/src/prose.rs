//! `cargo xtask prose`: the rates of the habits that the style guide names, per 10,000 words.

use stories::prose::{Kind, habits, lines};

/// Prints a row of rates for each kind of prose.
pub fn run() -> Result<(), String> {
    let lines = lines().map_err(|e| format!("cannot read the files: {e}"))?;
    for kind in [
        Kind::Docs,
        Kind::Comment,
        Kind::Description,
        Kind::CodeComment,
        Kind::CodeMessage,
    ] {
        let of_kind = || lines.iter().filter(|line| line.kind == kind);
        let words: usize = of_kind().map(|l| l.text.split_whitespace().count()).sum();
        println!("{kind:?}: {words} words");
        for (name, habit) in habits() {
            let found: usize = of_kind().map(|l| habit.find_iter(&l.text).count()).sum();
            let rate = found as f64 * 10_000.0 / words.max(1) as f64;
            println!("  {name:28} {rate:6.1}");
        }
    }
    Ok(())
}

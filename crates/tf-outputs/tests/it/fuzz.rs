//! Renders random outputs in every format: nothing panics, and a reader gets the original values.
//!
//! `FUZZ_CASES=10000000 cargo test --release -p tf-outputs fuzz` tries as many
//! cases as you like. The seed is fixed and printed; `FUZZ_SEED` sets another one. The generator is
//! simple, because it must be faster than the code under test.

use serde_json::{Map, Value};
use tf_outputs::{
    Format, ListFormat, RenderOptions, SelectedOutput, environment, render, variable_name,
};

use crate::readers::{gitlab, properties};

/// xorshift64*, which is repeatable.
struct Random(u64);

/// Texts with a special meaning for one of the readers.
const CHUNKS: [&str; 32] = [
    "a", "Z", "0", "_", "-", "=", ":", "#", "!", "'", "\"", "\\", "$", "${x}", "`", "\n", "\r",
    "\t", " ", "\0", "\u{c}", "é", "😀", "\u{2028}", "\u{a0}", "\u{feff}", "%", ";", "export ",
    "\\u0041", "<<E", ",",
];

const NAMES: [&str; 12] = [
    "a",
    "b",
    "ecs_cluster_name",
    "with-hyphen",
    "with_hyphen",
    "if",
    "PATH",
    "größe",
    "A",
    "x9",
    "_",
    "LD_PRELOAD",
];

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn text(&mut self) -> String {
        let count = self.below(7);
        (0..count)
            .map(|_| CHUNKS[self.below(CHUNKS.len())])
            .collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth > 0 { 9 } else { 7 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2 => Value::from(self.below(1_000_000) as i64 - 500_000),
            7 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            8 => (0..self.below(3))
                .map(|_| (self.text(), self.value(depth - 1)))
                .collect::<Map<String, Value>>()
                .into(),
            _ => Value::String(self.text()),
        }
    }

    fn outputs(&mut self) -> Vec<SelectedOutput> {
        let mut outputs: Vec<SelectedOutput> = Vec::new();
        for _ in 0..=self.below(3) {
            let name = NAMES[self.below(NAMES.len())];
            if outputs.iter().all(|output| output.name != name) {
                outputs.push(SelectedOutput {
                    name: name.to_owned(),
                    value: self.value(2),
                    sensitive: self.below(4) == 0,
                });
            }
        }
        outputs
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

fn options(format: Format, lists: ListFormat) -> RenderOptions {
    RenderOptions {
        format,
        list_format: lists,
        ..RenderOptions::default()
    }
}

/// The texts that a reader must get, in the order of the outputs.
fn texts(outputs: &[SelectedOutput]) -> impl Iterator<Item = (&str, String)> {
    let there = outputs.iter().filter(|output| !output.value.is_null());
    there.map(|output| {
        let text = match &output.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (output.name.as_str(), text)
    })
}

/// Reads assignments in single quotes like a POSIX shell does.
fn shell(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((name, quoted)) = rest.split_once("='") {
        let mut value = String::new();
        let mut inside = quoted;
        loop {
            let (part, after) = inside.split_once('\'').expect("a closing quote");
            value.push_str(part);
            match after.strip_prefix("\\''") {
                Some(more) => {
                    value.push('\'');
                    inside = more;
                }
                None => {
                    rest = after.strip_prefix('\n').expect("the end of the line");
                    break;
                }
            }
        }
        pairs.push((name.to_owned(), value));
    }
    assert_eq!(rest, "");
    pairs
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "a test's output is shown when it fails"
)]
fn fuzz_the_writers() {
    let (seed, cases) = (setting("FUZZ_SEED", 0x5EED), setting("FUZZ_CASES", 5_000));
    // Both are needed to repeat a failure.
    println!("FUZZ_SEED={seed} FUZZ_CASES={cases}");
    let mut random = Random(seed);
    let (mut written, mut refused) = (0_u64, 0_u64);
    for _ in 0..cases {
        let outputs = random.outputs();
        for format in [
            Format::Json,
            Format::Dotenv,
            Format::Shell,
            Format::Properties,
        ] {
            let text = match render(&outputs, &options(format, ListFormat::Json)) {
                Ok(text) => text,
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().is_empty() && !error.hint().is_empty());
                    continue;
                }
            };
            written += 1;
            check(format, &outputs, &text);
        }
        // There is no reader for these: they must only not panic.
        let _ = render(&outputs, &options(Format::Shell, ListFormat::Comma));
        let _ = environment(&outputs, &options(Format::Json, ListFormat::Json));
    }
    assert!(
        written > refused / 2,
        "{written} written, {refused} refused"
    );
}

fn check(format: Format, outputs: &[SelectedOutput], text: &str) {
    match format {
        Format::Json => {
            let got: Map<String, Value> = serde_json::from_str(text).unwrap();
            assert_eq!(got.len(), outputs.len());
            for output in outputs {
                assert_eq!(got[&output.name], output.value);
            }
        }
        Format::Properties => {
            let got = properties(text);
            for (name, expected) in texts(outputs) {
                assert_eq!(got[name], expected, "{text}");
            }
        }
        Format::Shell => {
            let expected = texts(outputs).map(|(name, text)| (variable_name(name).unwrap(), text));
            assert_eq!(shell(text), expected.collect::<Vec<_>>(), "{text}");
        }
        Format::Dotenv => {
            let got = gitlab(text).expect(text);
            for output in outputs.iter().filter(|output| !output.value.is_null()) {
                let got = &got[&variable_name(&output.name).unwrap()];
                match &output.value {
                    Value::String(text) => assert_eq!(got, text),
                    value => assert_eq!(serde_json::from_str::<Value>(got).unwrap(), *value),
                }
            }
        }
    }
}

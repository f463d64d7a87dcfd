//! Resources are skipped, whatever their position and contents.

use std::io::{self, Read};

use tf_state::read;

/// A state with `count` resources of about 1 KB each, which are generated while it is read.
struct Resources {
    left: usize,
    part: io::Cursor<Vec<u8>>,
}

impl Resources {
    fn new(count: usize) -> Self {
        Resources {
            left: count,
            part: io::Cursor::default(),
        }
    }
}

impl Read for Resources {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.part.position() == self.part.get_ref().len() as u64 && self.left > 0 {
            self.left -= 1;
            let comma = if self.left > 0 { "," } else { "" };
            let policy = r#"{\"Statement\":[]} "#.repeat(50);
            self.part = io::Cursor::new(
                format!(
                    r#"{{"mode":"managed","type":"aws_iam_policy","name":"p{}","instances":[{{"attributes":{{"policy":"{policy}","n":-1.5e3,"t":true,"x":null}}}}]}}{comma}"#,
                    self.left
                )
                .into_bytes(),
            );
        }
        self.part.read(buffer)
    }
}

#[test]
fn resources_do_not_count_towards_the_limit_of_outputs() {
    let outputs = br#""outputs":{"cluster":{"value":"prod","type":"string"}}"#;
    let before = [b"{\"version\":4,".as_slice(), outputs, b",\"resources\":["].concat();
    let first = before
        .chain(Resources::new(20_000))
        .chain(b"],\"check_results\":null}\n".as_slice());
    let after = [b"],".as_slice(), outputs, b",\"version\":4}"].concat();
    let last = b"{\"resources\":["
        .chain(Resources::new(20_000))
        .chain(after.as_slice());
    let texts: [Box<dyn Read>; 2] = [Box::new(first), Box::new(last)];
    for text in texts {
        let outputs = read(text).unwrap().outputs;
        assert_eq!(outputs["cluster"].value, "prod");
        assert_eq!(outputs.len(), 1);
    }
}

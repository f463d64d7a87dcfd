//! Reads a state from a file or from standard input.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

use tf_state::StateDocument;

use crate::{Error, error};

/// Reads a file.
pub fn read(path: &Path) -> Result<StateDocument, Error> {
    let location = path.display().to_string();
    let file = File::open(path).map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(error::usage(format!(
            "--state {location} is a directory: pass the state file, or use --from-backend {location} if it contains .tf files"
        )));
    }
    parse(location, file)
}

/// Reads standard input to its end.
pub fn read_stdin() -> Result<StateDocument, Error> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(error::usage(
            "--state - reads standard input, which is a terminal: use `terraform output -json | tf-outputs --state -`"
                .to_owned(),
        ));
    }
    parse("standard input".to_owned(), stdin.lock())
}

fn parse(location: String, reader: impl Read) -> Result<StateDocument, Error> {
    tf_state::read(reader).map_err(|source| Error::State { location, source })
}

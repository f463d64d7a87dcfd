//! A state from a file or from standard input.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

use tf_state::Document;

use crate::{Error, error};

/// Reads a file.
pub fn read(path: &Path) -> Result<Document, Error> {
    let place = path.display().to_string();
    let file = File::open(path).map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(error::usage(format!(
            "--state {place} is a folder: give the state's file, or --from-backend {place} for a folder of .tf files"
        )));
    }
    parse(place, file)
}

/// Reads standard input to its end.
pub fn read_stdin() -> Result<Document, Error> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(error::usage(
            "--state - reads standard input, and that is a terminal: use `terraform output -json | tf-outputs --state -`"
                .to_owned(),
        ));
    }
    parse("standard input".to_owned(), stdin.lock())
}

fn parse(place: String, reader: impl Read) -> Result<Document, Error> {
    tf_state::read(reader).map_err(|source| Error::State { place, source })
}

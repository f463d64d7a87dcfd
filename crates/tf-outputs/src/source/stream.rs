//! From a body that arrives in pieces to the reader that the parser takes: the parser runs on a
//! thread of its own and waits there, so a state of any size passes through a few pieces of memory.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use reqwest::Response;
use tf_state::{Document, StateError};
use tokio::sync::mpsc;

/// Pieces that wait for the parser at most.
const PIECES: usize = 4;

/// Reads a state out of an answer's body.
pub async fn read(mut answer: Response) -> Result<Document, StateError> {
    let (sender, receiver) = mpsc::channel(PIECES);
    let parser = tokio::task::spawn_blocking(move || {
        tf_state::read(Pieces {
            receiver,
            piece: Bytes::new(),
        })
    });
    loop {
        let piece = match answer.chunk().await {
            Ok(Some(piece)) => Ok(piece),
            Ok(None) => break,
            Err(error) => Err(io::Error::other(error.without_url())),
        };
        let is_last = piece.is_err();
        // A parser that has seen enough hangs up.
        if sender.send(piece).await.is_err() || is_last {
            break;
        }
    }
    drop(sender);
    parser
        .await
        .unwrap_or_else(|error| Err(StateError::Read(io::Error::other(error))))
}

struct Pieces {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

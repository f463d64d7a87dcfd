//! Parses a body while it arrives. The parser runs on its own thread and waits for the next chunk, so
//! a state of any size needs memory for only a few chunks.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use reqwest::Response;
use tf_state::{StateDocument, StateError};
use tokio::sync::mpsc;

/// Maximum number of chunks that wait for the parser.
const CHUNKS: usize = 4;

/// Reads a state from the body of a response.
pub async fn read(mut response: Response) -> Result<StateDocument, StateError> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let parser = tokio::task::spawn_blocking(move || {
        tf_state::read(ChunkReader {
            receiver,
            chunk: Bytes::new(),
        })
    });
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => Ok(chunk),
            Ok(None) => break,
            Err(error) => Err(io::Error::other(error.without_url())),
        };
        let is_last = chunk.is_err();
        // The parser closes the channel after an error.
        if sender.send(chunk).await.is_err() || is_last {
            break;
        }
    }
    drop(sender);
    parser
        .await
        .unwrap_or_else(|error| Err(StateError::Read(io::Error::other(error))))
}

struct ChunkReader {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(0),
            }
        }
        let count = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

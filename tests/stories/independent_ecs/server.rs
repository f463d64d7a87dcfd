//! Serves a world over HTTP/1.1 on 127.0.0.1, with nothing but the standard library.

use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::world::{Answer, World};

/// Ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Server {
    pub fn start(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let (world, over) = (Arc::new(Mutex::new(world)), Arc::clone(&is_over));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let world = Arc::clone(&world);
                // A connection ends when the program at its other end does.
                std::thread::spawn(move || connection.and_then(|stream| serve(stream, &world)));
            }
        });
        Self { address, is_over }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends. If it is gone already, that is as good.
        drop(TcpStream::connect(self.address));
    }
}

/// Answers the requests of one connection until it is closed.
fn serve(stream: TcpStream, world: &Mutex<World>) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let (mut length, mut operation, mut authorization) = (0, String::new(), String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap_or(0),
                "x-amz-target" => {
                    operation = value.rsplit('.').next().unwrap_or_default().to_owned()
                }
                "authorization" => authorization = value.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        if operation.is_empty() {
            let form = String::from_utf8_lossy(&body);
            let action = form
                .split('&')
                .find_map(|pair| pair.strip_prefix("Action="));
            operation = action.unwrap_or_default().to_owned();
        }
        let latency = lock(world).trouble.latency;
        std::thread::sleep(latency / 2);
        let answer = if first.starts_with("GET /credentials") {
            Answer::Json(200, lock(world).credentials())
        } else {
            lock(world).answer(&operation, &authorization, &body)
        };
        std::thread::sleep(latency / 2);
        let (status, kind, text) = match answer {
            Answer::Json(status, body) => (status, "application/x-amz-json-1.1", body.to_string()),
            Answer::Xml(status, body) => (status, "text/xml", body),
            Answer::Cut => return Ok(()),
        };
        write!(
            writer,
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nx-amzn-requestid: 00000000-0000-4000-8000-000000000000\r\n\r\n{text}",
            text.len()
        )?;
        writer.flush()?;
    }
}

fn lock(world: &Mutex<World>) -> std::sync::MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

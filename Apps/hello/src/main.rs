//! The sample service: one small static program that answers HTTP on PORT (8080).
//!
//! `GET /health` is for the load balancer's health check; every other path returns a greeting. The
//! program ends on SIGTERM. If HELLO_CRASH is set, it logs a few lines and exits at once with an
//! error: the demo uses this to show a deployment that fails.

use std::process::ExitCode;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime.and_then(|runtime| runtime.block_on(serve())) {
        Ok(code) => code,
        Err(error) => {
            log(&format!("hello: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> std::io::Result<ExitCode> {
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let greeting = setting("HELLO_GREETING").unwrap_or_else(|| "hello".to_owned());
    let port = setting("PORT").unwrap_or_else(|| "8080".to_owned());
    log(&format!("hello: starting, greeting {greeting:?}"));
    if let Some(reason) = setting("HELLO_CRASH") {
        log("hello: reading the configuration");
        log(&format!("hello: fatal: {reason}"));
        return Ok(ExitCode::from(3));
    }
    let listener = TcpListener::bind(format!("0.0.0.0:{port}")).await?;
    log(&format!("hello: listening on {}", listener.local_addr()?));
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => {
                log("hello: told to stop");
                return Ok(ExitCode::SUCCESS);
            }
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let greeting = greeting.clone();
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, &greeting).await {
                        log(&format!("hello: a connection ended: {error}"));
                    }
                });
            }
        }
    }
}

/// Answers one request and closes the connection: enough for a health check and a greeting.
async fn answer(mut stream: TcpStream, greeting: &str) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") && head.len() < 16 * 1024 {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    let is_health = head.starts_with(b"GET /health ") || head.starts_with(b"HEAD /health ");
    let body = if is_health {
        "ok\n".to_owned()
    } else {
        format!("{greeting}\n")
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// One line of the container's log.
#[expect(clippy::print_stdout, reason = "stdout is the container's log")]
fn log(line: &str) {
    println!("{line}");
}

//! The one port: a thread with its own runtime, and hyper directly on each connection,
//! so that a fault can cut a connection at any point.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::oneshot;

use crate::fault::Kind;
use crate::wire::{Answer, Body, Request};
use crate::world::Inner;

/// The size of the pieces in which files and slow bodies are sent.
const PIECE: usize = 64 * 1024;

/// Time to deliver what was sent before a cut.
const FLUSH: Duration = Duration::from_millis(20);

type Outgoing = UnsyncBoxBody<Bytes, io::Error>;

/// The running thread.
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Server {
    /// Binds a free port of loopback before the thread starts, so that its number is known.
    pub(crate) fn bind() -> (std::net::TcpListener, SocketAddr) {
        let listener =
            std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
        let address = listener.local_addr().expect("the bound port's number");
        (listener, address)
    }

    pub(crate) fn run(listener: std::net::TcpListener, inner: Arc<Inner>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("fakes".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime for the fakes");
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, inner) => {}
                        _ = stopped => {}
                    }
                });
            })
            .expect("a thread for the fakes");
        Self { stop, thread }
    }

    /// Ends the thread and every connection.
    pub(crate) fn stop(self) {
        // If the other side has ended already, there is nothing to stop.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

async fn accept(listener: std::net::TcpListener, inner: Arc<Inner>) {
    listener
        .set_nonblocking(true)
        .expect("a listener that tokio can poll");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener in tokio");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // Without it, small responses wait 40 ms for the client's delayed ACK.
        let _ = stream.set_nodelay(true);
        let inner = Arc::clone(&inner);
        tokio::spawn(async move {
            let service = service_fn(move |request| serve(Arc::clone(&inner), request));
            // An error here means that we or the client cut the connection.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// The error with which hyper drops the connection.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is cut")
    }
}

impl std::error::Error for Cut {}

async fn serve(
    inner: Arc<Inner>,
    incoming: http::Request<Incoming>,
) -> Result<http::Response<Outgoing>, Cut> {
    let (head, mut body) = incoming.into_parts();
    let mut request = Request {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body: Bytes::new(),
    };
    // A form names its operation in its body, and such bodies are small.
    let form = request.method == http::Method::POST && request.uri.path() == "/";
    if form && !request.headers.contains_key("x-amz-target") {
        request.body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        let answer = inner.answer(request);
        return reply(answer).await;
    }
    let mut ticket = inner.begin(&request);
    let mut kept = BytesMut::new();
    let mut arrived = 0;
    let rate = match ticket.fault {
        Some(Kind::SlowLink { bytes_per_second }) => Some(bytes_per_second),
        _ => None,
    };
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            inner.cut(ticket, arrived);
            return Err(Cut);
        };
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if let Some(Kind::CutRequestAt(byte)) = ticket.fault {
            data.truncate(usize::try_from(byte - arrived).unwrap_or(usize::MAX));
        }
        arrived += data.len() as u64;
        match &mut ticket.sink {
            Some(sink) => sink.write(&data),
            None => kept.extend_from_slice(&data),
        }
        if let Some(Kind::CutRequestAt(byte)) = ticket.fault
            && arrived >= byte
        {
            inner.cut(ticket, arrived);
            return Err(Cut);
        }
        if let Some(rate) = rate {
            pause(data.len(), rate).await;
        }
    }
    request.body = kept.freeze();
    reply(inner.finish(ticket, &request)).await
}

async fn pause(bytes: usize, bytes_per_second: u64) {
    tokio::time::sleep(Duration::from_secs_f64(
        bytes as f64 / bytes_per_second as f64,
    ))
    .await;
}

async fn reply(answer: Answer) -> Result<http::Response<Outgoing>, Cut> {
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    let trouble = ConnectionFault {
        cut_at: answer.cut_at,
        bytes_per_second: answer.bytes_per_second,
    };
    let response = answer.response.ok_or(Cut)?;
    let length = response.body.length();
    let body = match response.body {
        Body::Absent { .. } => Empty::new().map_err(never).boxed_unsync(),
        Body::Bytes(bytes) if trouble.none() => Full::new(bytes).map_err(never).boxed_unsync(),
        Body::Bytes(bytes) => pieces(io::Cursor::new(bytes), length, &trouble),
        Body::File { path, offset, .. } => {
            let mut file = tokio::fs::File::open(path).await.map_err(|_| Cut)?;
            file.seek(io::SeekFrom::Start(offset))
                .await
                .map_err(|_| Cut)?;
            pieces(file, length, &trouble)
        }
    };
    let mut reply = http::Response::new(body);
    *reply.status_mut() = response.status;
    *reply.headers_mut() = response.headers;
    if response.status != http::StatusCode::NO_CONTENT {
        reply.headers_mut().insert("content-length", length.into());
    }
    Ok(reply)
}

fn never(never: Infallible) -> io::Error {
    match never {}
}

/// How the connection behaves while the response is sent.
struct ConnectionFault {
    cut_at: Option<u64>,
    bytes_per_second: Option<u64>,
}

impl ConnectionFault {
    fn none(&self) -> bool {
        self.cut_at.is_none() && self.bytes_per_second.is_none()
    }
}

/// A body that is read and sent in pieces, slowed down and cut by a fault.
fn pieces<R>(reader: R, length: u64, trouble: &ConnectionFault) -> Outgoing
where
    R: tokio::io::AsyncRead + Send + Unpin + 'static,
{
    let cut_at = trouble.cut_at;
    let rate = trouble.bytes_per_second;
    let ends = cut_at.map_or(length, |byte| byte.min(length));
    let frames = stream::unfold(Some((reader, 0_u64)), move |state| async move {
        let (mut reader, sent) = state?;
        if sent == ends {
            let cut = cut_at.is_some_and(|byte| byte <= length);
            if !cut {
                return None;
            }
            // hyper drops what it has not flushed, and flushes while the body is pending.
            tokio::time::sleep(FLUSH).await;
            // An error in the body makes hyper drop the connection.
            return Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None));
        }
        let mut piece = BytesMut::with_capacity(PIECE);
        let mut limited = (&mut reader).take((ends - sent).min(PIECE as u64));
        match limited.read_buf(&mut piece).await {
            Ok(0) => None,
            Err(error) => Some((Err(error), None)),
            Ok(read) => {
                if let Some(rate) = rate {
                    pause(read, rate).await;
                }
                let sent = sent + read as u64;
                Some((Ok(Frame::data(piece.freeze())), Some((reader, sent))))
            }
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

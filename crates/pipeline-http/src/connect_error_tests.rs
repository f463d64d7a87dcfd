use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage, OtherError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{ConnectError, ConnectReason};
use crate::ClientError;

#[derive(Debug, thiserror::Error)]
#[error("CaUsedAsEndEntity")]
struct CaUsedAsEndEntity;

fn reason(error: rustls::Error) -> Option<ConnectReason> {
    // As the TLS layer of the clients wraps it.
    ConnectReason::find(&io::Error::new(io::ErrorKind::InvalidData, error))
}

#[test]
fn a_tls_error_is_explained() {
    let certificate = |error| reason(rustls::Error::InvalidCertificate(error));
    let other = CertificateError::Other(OtherError(std::sync::Arc::new(CaUsedAsEndEntity)));
    for (found, expected) in [
        (
            certificate(CertificateError::UnknownIssuer),
            ConnectReason::UnknownAuthority,
        ),
        (
            certificate(CertificateError::Expired),
            ConnectReason::Expired,
        ),
        (
            certificate(CertificateError::NotValidYet),
            ConnectReason::NotYetValid,
        ),
        (
            certificate(CertificateError::NotValidForName),
            ConnectReason::WrongName,
        ),
        (certificate(other), ConnectReason::CaCertificate),
        (
            reason(rustls::Error::InvalidMessage(
                InvalidMessage::InvalidContentType,
            )),
            ConnectReason::NotTls,
        ),
    ] {
        assert_eq!(found, Some(expected));
    }
    let alert = reason(rustls::Error::AlertReceived(
        AlertDescription::HandshakeFailure,
    ));
    assert!(matches!(alert, Some(ConnectReason::Tls(_))), "{alert:?}");
}

#[derive(Debug, thiserror::Error)]
#[error("tunnel error: {0}")]
struct Tunnel(&'static str);

#[test]
fn the_answer_of_a_proxy_is_explained() {
    for (text, expected) in [
        ("unsuccessful", Some(ConnectReason::ProxyRefused)),
        (
            "proxy authorization required",
            Some(ConnectReason::ProxyLogin),
        ),
        ("missing destination host", None),
    ] {
        assert_eq!(ConnectReason::find(&Tunnel(text)), expected, "{text}");
    }
}

#[test]
fn wrong_settings_are_shown_with_their_cause() {
    let error = ClientError::Read {
        variable: "AWS_CA_BUNDLE",
        path: "/missing".into(),
        source: io::Error::from(io::ErrorKind::NotFound).into(),
    };
    let found = ConnectReason::find(&error).map(|reason| reason.to_string());
    let expected = "cannot read certificates from /missing (AWS_CA_BUNDLE): entity not found";
    assert_eq!(found.as_deref(), Some(expected));
}

#[test]
fn a_message_names_the_host_and_the_proxy() {
    let mut error = ConnectError {
        host: "ecs.eu-central.amazonaws.com".to_owned(),
        proxy: None,
        reason: ConnectReason::UnknownName("ecs.eu-central.amazonaws.com".to_owned()),
    };
    assert_eq!(
        error.to_string(),
        "cannot connect to ecs.eu-central.amazonaws.com: the name ecs.eu-central.amazonaws.com \
         does not exist"
    );
    assert_eq!(error.hint(), None);
    error.proxy = Some("proxy:3128".to_owned());
    error.reason = ConnectReason::Refused;
    assert_eq!(
        error.to_string(),
        "cannot connect to ecs.eu-central.amazonaws.com through the proxy proxy:3128: connection \
         refused"
    );
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("HTTPS_PROXY"))
    );
}

async fn of_request(url: &str) -> ConnectError {
    let client = crate::client().expect("a client");
    let error = client.get(url).send().await.expect_err("not connected");
    ConnectError::of_reqwest(&error).expect("a reason")
}

#[tokio::test]
async fn the_errors_of_real_connections_are_recognized() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let refused = of_request(&format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(refused.reason, ConnectReason::Refused);
    assert_eq!(refused.host, format!("127.0.0.1:{port}"));
    assert!(!refused.is_permanent());

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let mut hello = [0; 4096];
        let _ = connection.read(&mut hello).await;
        let _ = connection
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await;
    });
    let plain = of_request(&format!("https://127.0.0.1:{port}/")).await;
    assert_eq!(plain.reason, ConnectReason::NotTls);
    assert!(plain.is_permanent());
    assert!(plain.hint().is_some_and(|hint| hint.contains("http://")));
}

//! HTTP/2 beside HTTP/1, seen by a client that knows its frames.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http::{Request, Response, header};
use http_body::{Body, Frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use world::{
    Authority, Conn, Connector as _, Dial, HttpVersion, Link, ResetCode, SelfSigned, ServeOptions,
    StreamReset, TcpConnector, listen_tcp, serve_connection, serve_http2,
};

/// Pieces of a body, and how it ends.
struct Script {
    pieces: Vec<Bytes>,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    Whole,
    Reset(ResetCode),
    Never,
}

impl Body for Script {
    type Data = Bytes;
    type Error = StreamReset;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamReset>>> {
        if !self.pieces.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.pieces.remove(0)))));
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::Reset(code) => Poll::Ready(Some(Err(code.into()))),
            End::Never => Poll::Pending,
        }
    }
}

/// A client at `address`.
async fn dial(address: SocketAddr) -> Conn {
    let host = address.ip().to_string().into();
    let to = Authority { host, port: address.port(), tls: false };
    let dial = Dial { to: &to, on_behalf_of: "" };
    TcpConnector::default().connect(dial).await.expect("connected")
}

/// A client of HTTP/2 at `address`, and how its connection ends.
async fn client(address: SocketAddr) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    over(dial(address).await, 65_535).await
}

async fn over<T>(io: T, window: u32) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = h2::client::Builder::new();
    let shaken = builder.initial_window_size(window).handshake(io).await;
    let (send, connection) = shaken.expect("a server of HTTP/2");
    (send, tokio::spawn(connection))
}

async fn get(send: &mut SendRequest<Bytes>, path: &str) -> Result<Response<RecvStream>, h2::Error> {
    let request = Request::get(format!("http://west.test{path}")).body(()).expect("a request");
    std::future::poll_fn(|cx| send.poll_ready(cx)).await?;
    send.send_request(request, true)?.0.await
}

/// All that a body says, and how it breaks off.
async fn read(body: &mut RecvStream) -> (Vec<u8>, Option<Reason>) {
    let mut said = Vec::new();
    while let Some(piece) = body.data().await {
        match piece {
            Ok(piece) => {
                body.flow_control().release_capacity(piece.len()).expect("a window");
                said.extend_from_slice(&piece);
            }
            Err(broken) => return (said, broken.reason()),
        }
    }
    (said, None)
}

/// Serves every connection with `serve`.
async fn listening<F>(
    identity: Option<world::Identity>,
    serve: impl Fn(Conn) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let any = "127.0.0.1:0".parse().expect("an address");
    let listener = listen_tcp(any, Link::default()).await.expect("free");
    let address = listener.address().expect("bound").parse().expect("an address");
    let mut listener = match identity {
        Some(identity) => listener.secured(identity),
        None => listener,
    };
    tokio::spawn(async move {
        while let Ok(incoming) = listener.accept().await {
            let conn = incoming.greet().await.expect("a handshake");
            tokio::spawn(serve(conn));
        }
    });
    address
}

/// Says which HTTP it was asked in, and for which host.
async fn either(conn: Conn) {
    let said = |version: &str, host: &[u8]| Bytes::from([version.as_bytes(), b" ", host].concat());
    let host =
        |headers: &http::HeaderMap| headers.get(header::HOST).expect("a host").as_bytes().to_vec();
    match conn.http_version().await {
        HttpVersion::Http1 => {
            let served = serve_connection(conn, ServeOptions::default(), |request| {
                let said = said("HTTP/1", &host(request.headers()));
                async { Response::new(http_body_util::Full::new(said)) }
            });
            served.await.expect("a client of HTTP/1");
        }
        HttpVersion::Http2 => {
            let served =
                serve_http2(conn, ServeOptions::default(), (pending(), pending()), |request| {
                    let pieces = vec![said("HTTP/2", &host(request.headers()))];
                    async { Ok(Response::new(Script { pieces, end: End::Whole })) }
                });
            // Its client goes away.
            let _ = served.await;
        }
    }
}

#[tokio::test]
async fn one_port_speaks_both_versions() {
    let address = listening(None, either).await;
    let (mut send, _connection) = client(address).await;
    let mut answer = get(&mut send, "/").await.expect("an answer");
    assert_eq!(read(answer.body_mut()).await, (b"HTTP/2 west.test".to_vec(), None));
    let mut plain = dial(address).await;
    plain
        .write_all(b"GET / HTTP/1.1\r\nhost: east.test\r\nconnection: close\r\n\r\n")
        .await
        .expect("written");
    let mut said = String::new();
    plain.read_to_string(&mut said).await.expect("read");
    assert!(
        said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("HTTP/1 east.test"),
        "{said}"
    );
}

#[tokio::test]
async fn a_preface_may_come_in_pieces() {
    let address = listening(None, either).await;
    let mut slow = dial(address).await;
    slow.write_all(b"P").await.expect("written");
    tokio::time::sleep(Duration::from_millis(30)).await;
    slow.write_all(b"RI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("written");
    let mut head = [0; 9];
    slow.read_exact(&mut head).await.expect("a frame");
    assert_eq!(head[3], 4, "SETTINGS come first: {head:?}");
}

#[tokio::test]
async fn tls_agrees_on_a_version() {
    let made = SelfSigned::make(vec!["west.test".to_owned()]).expect("a certificate");
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(made.authority_pem.as_bytes()).expect("PEM");
    roots.add(authority).expect("an authority");
    let of_both = listening(Some(made.identity.clone()), either).await;
    let of_one = listening(Some(made.identity.over_http1()), either).await;
    for (offered, address, agreed) in [
        (&["h2", "http/1.1"][..], of_both, Some("h2")),
        (&["http/1.1"][..], of_both, Some("http/1.1")),
        (&[][..], of_both, None),
        (&["h2", "http/1.1"][..], of_one, Some("http/1.1")),
    ] {
        let config = ClientConfig::builder().with_root_certificates(roots.clone());
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let tcp = dial(address).await;
        let name = ServerName::try_from("west.test").expect("a name");
        let connector = TlsConnector::from(Arc::new(config));
        let mut tls = connector.connect(name, tcp).await.expect("a handshake");
        let is = tls.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(is.as_deref(), agreed.map(str::as_bytes), "{offered:?}");
        if agreed == Some("h2") {
            let (mut send, _connection) = over(tls, 65_535).await;
            let mut answer = get(&mut send, "/").await.expect("an answer");
            assert_eq!(read(answer.body_mut()).await.0, b"HTTP/2 west.test");
        } else {
            tls.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.expect("written");
            let mut said = [0; 15];
            tls.read_exact(&mut said).await.expect("read");
            assert_eq!(&said, b"HTTP/1.1 200 OK");
        }
    }
}

#[tokio::test]
async fn what_was_said_before_a_reset_arrives() {
    for (code, reason) in [
        (ResetCode::NoError, Reason::NO_ERROR),
        (ResetCode::Protocol, Reason::PROTOCOL_ERROR),
        (ResetCode::Internal, Reason::INTERNAL_ERROR),
        (ResetCode::Refused, Reason::REFUSED_STREAM),
    ] {
        let address = listening(None, move |conn| async move {
            let served = serve_http2(
                conn,
                ServeOptions::default(),
                (pending(), pending()),
                |request| async move {
                    if request.uri().path() == "/before" {
                        return Err(code.into());
                    }
                    let pieces = vec![Bytes::from_static(b"one "), Bytes::from_static(b"two")];
                    Ok(Response::new(Script { pieces, end: End::Reset(code) }))
                },
            );
            // Its client goes away.
            let _ = served.await;
        })
        .await;
        let (mut send, _connection) = client(address).await;
        let before = get(&mut send, "/before").await.expect_err("no head");
        assert_eq!(before.reason(), Some(reason));
        // A reset discards what waits to be sent; it must wait itself, every time.
        for _ in 0..50 {
            let mut answer = get(&mut send, "/").await.expect("a head");
            assert_eq!(read(answer.body_mut()).await, (b"one two".to_vec(), Some(reason)));
        }
    }
}

#[tokio::test]
async fn a_connection_that_drains_says_so_and_ends_with_its_streams() {
    let drain = Arc::new(Notify::new());
    let (tell, whole) = (Arc::clone(&drain), Arc::new(Notify::new()));
    let finish = Arc::clone(&whole);
    let address = listening(None, move |conn| {
        let (drain, whole) = (Arc::clone(&drain), Arc::clone(&whole));
        async move {
            let served =
                serve_http2(conn, ServeOptions::default(), (drain.notified(), pending()), |_| {
                    let whole = Arc::clone(&whole);
                    async move {
                        whole.notified().await;
                        let pieces = vec![Bytes::from_static(b"whole")];
                        Ok(Response::new(Script { pieces, end: End::Whole }))
                    }
                });
            served.await.expect("an end in order");
        }
    })
    .await;
    let (mut send, connection) = client(address).await;
    let request = Request::get("http://west.test/").body(()).expect("a request");
    std::future::poll_fn(|cx| send.poll_ready(cx)).await.expect("ready");
    let open = send.send_request(request, true).expect("sent").0;
    tell.notify_one();
    // What it takes no more it says before it ends.
    let refused = loop {
        match std::future::poll_fn(|cx| send.poll_ready(cx)).await {
            Ok(()) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(refused) => break refused,
        }
    };
    assert_eq!((refused.is_go_away(), refused.reason()), (true, Some(Reason::NO_ERROR)));
    finish.notify_one();
    let mut answer = open.await.expect("the answer of the open stream");
    assert_eq!(read(answer.body_mut()).await, (b"whole".to_vec(), None));
    drop((send, answer));
    connection.await.expect("joined").expect("an end in order");
}

#[tokio::test]
async fn a_reader_that_does_not_read_ends_its_connection() {
    let limit = Duration::from_millis(200);
    let options = ServeOptions { write_timeout: Some(limit), ..ServeOptions::default() };
    let (ended, mut ends) = tokio::sync::mpsc::channel(2);
    let address = listening(None, move |conn| {
        let ended = ended.clone();
        async move {
            let served = serve_http2(conn, options, (pending(), pending()), |request| async move {
                let silent = request.uri().path() == "/silent";
                let pieces = if silent { 1 } else { 64 };
                let pieces = vec![Bytes::from_static(&[b'x'; 1024]); pieces];
                Ok::<_, StreamReset>(Response::new(Script { pieces, end: End::Never }))
            });
            let end = served.await.map_err(|error| error.kind());
            ended.send(end).await.expect("somebody waits");
        }
    })
    .await;
    // A stream whose server has nothing to say is read.
    let tcp = dial(address).await;
    let (mut send, _connection) = over(tcp, 65_535).await;
    let _silent = get(&mut send, "/silent").await.expect("a head");
    let patience = tokio::time::timeout(4 * limit, ends.recv()).await;
    assert!(patience.is_err(), "{patience:?}");
    // Of this one a client takes a part.
    let tcp = dial(address).await;
    let (mut send, _connection) = over(tcp, 2048).await;
    let _unread = get(&mut send, "/").await.expect("a head");
    assert_eq!(ends.recv().await, Some(Err(std::io::ErrorKind::TimedOut)));
}

#[tokio::test]
async fn more_streams_than_are_allowed_wait_for_each_other() {
    let address = listening(None, |conn| async {
        let served =
            serve_http2(conn, ServeOptions::default(), (pending(), pending()), |_| async {
                let pieces = vec![Bytes::from_static(&[b'x'; 1024]); 4];
                Ok::<_, StreamReset>(Response::new(Script { pieces, end: End::Whole }))
            });
        // Its client goes away.
        let _ = served.await;
    })
    .await;
    let (mut send, _connection) = client(address).await;
    // Until it is told how many, a client may open too many, of which the rest are refused.
    get(&mut send, "/").await.expect("an answer");
    let calls = (0..250).map(|_| {
        let mut send = send.clone();
        tokio::spawn(async move {
            let mut answer = get(&mut send, "/").await.expect("an answer");
            read(answer.body_mut()).await
        })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.expect("joined"), (vec![b'x'; 4096], None));
    }
}

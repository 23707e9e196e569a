//! The in-memory network against real sockets: the same assertions, so that the fake cannot drift.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::Instant;
use world::{
    Authority, Conn, Connector, Dial, Directory, Link, Listener, MemoryNetwork, TcpConnector,
    listen_tcp,
};

/// No latency of its own.
const NEAR: Link = Link { latency: Duration::ZERO };
const FAR: Link = Link { latency: Duration::from_millis(20) };

struct Door {
    listener: Listener,
    connector: Arc<dyn Connector>,
    to: Authority,
}

fn memory(link: Link) -> Door {
    let network = MemoryNetwork::new();
    let listener = network.listen("west.test", 443, link).expect("free");
    Door { listener, connector: network.connector("gateway[1]"), to: west() }
}

async fn sockets(link: Link) -> Door {
    let listener = listen_tcp("127.0.0.1:0".parse().expect("address"), link).await.expect("free");
    let address = listener.address().expect("bound").parse().expect("address");
    let directory = Directory::from([((Arc::from("west.test"), 443), address)]);
    let connector =
        TcpConnector { directory: Some(Arc::new(directory)), link, ..TcpConnector::default() };
    Door { listener, connector: Arc::new(connector), to: west() }
}

fn west() -> Authority {
    Authority { host: Arc::from("west.test"), port: 443, tls: true }
}

impl Door {
    async fn pair(&mut self) -> (Conn, Conn) {
        let dial = Dial { to: &self.to, on_behalf_of: "7" };
        let (near, far) = tokio::join!(self.connector.connect(dial), async {
            self.listener.accept().await.expect("a client").accept()
        });
        (near.expect("connected"), far)
    }
}

async fn bytes_cross(mut door: Door) {
    let (mut near, mut far) = door.pair().await;
    near.write_all(b"ping").await.expect("written");
    let mut buffer = [0; 4];
    far.read_exact(&mut buffer).await.expect("read");
    assert_eq!(&buffer, b"ping");
    drop(far);
    assert_eq!(near.read(&mut buffer).await.expect("end"), 0, "a closed stream ends in order");
}

async fn a_reset_is_an_error_after_what_had_arrived(mut door: Door) {
    let (mut near, mut far) = door.pair().await;
    far.write_all(b"half").await.expect("written");
    let mut buffer = [0; 4];
    near.read_exact(&mut buffer).await.expect("arrived before the reset");
    far.control().reset();
    drop(far);
    let error = near.read(&mut buffer).await.expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

async fn a_reset_arrives_behind_what_was_written_before(mut door: Door) {
    let (mut near, mut far) = door.pair().await;
    far.write_all(b"half").await.expect("written");
    let start = Instant::now();
    // The reader waits while bytes and reset are on their way.
    let reader = tokio::spawn(async move {
        let mut buffer = [0; 4];
        near.read_exact(&mut buffer).await.expect("sent before the reset");
        let error = near.read(&mut buffer).await.expect_err("reset");
        (buffer, error.kind(), near)
    });
    tokio::time::sleep(FAR.latency / 2).await;
    far.control().reset();
    drop(far);
    let (buffer, kind, mut near) = reader.await.expect("read");
    assert_eq!((&buffer, kind), (b"half", ErrorKind::ConnectionReset));
    assert!(start.elapsed() >= FAR.latency * 3 / 2, "the reset took its time: {start:?}");
    let again = near.read(&mut [0; 4]).await.expect_err("still reset");
    assert_eq!(again.kind(), ErrorKind::ConnectionReset);
}

async fn a_client_that_leaves_is_noticed_without_reading(mut door: Door) {
    let dial = Dial { to: &door.to, on_behalf_of: "" };
    let (seen, left) = (Notify::new(), Notify::new());
    let client = async {
        // In memory the dial stands and is given up; on a socket it completes, something is sent,
        // and the client closes.
        tokio::select! {
            biased;
            Ok(mut near) = door.connector.connect(dial) => {
                near.write_all(b"anybody there?").await.expect("written");
                seen.notified().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            () = seen.notified() => {}
        }
        left.notify_one();
    };
    let server = async {
        let mut incoming = door.listener.accept().await.expect("a client");
        let waits = tokio::time::timeout(Duration::from_millis(20), incoming.gone()).await;
        assert!(waits.is_err(), "it waits");
        seen.notify_one();
        incoming.gone().await;
    };
    let both = async { tokio::join!(client, server) };
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("noticed");
}

async fn a_silenced_connection_says_nothing(mut door: Door) {
    let (mut near, mut far) = door.pair().await;
    far.control().silence();
    far.write_all(b"into the void").await.expect("swallowed");
    let mut buffer = [0; 4];
    let read = tokio::time::timeout(Duration::from_millis(50), near.read(&mut buffer)).await;
    assert!(read.is_err(), "nothing arrives and nothing ends");
}

async fn a_refused_client_gets_an_error(mut door: Door) {
    let dial = Dial { to: &door.to, on_behalf_of: "" };
    let (near, ()) = tokio::join!(door.connector.connect(dial), async {
        door.listener.accept().await.expect("a client").refuse();
    });
    // Memory refuses the dial; a socket was accepted by the kernel and is reset, which the client
    // may learn while it dials or when it reads.
    let turned_away = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset];
    let refused = match near {
        Err(error) => turned_away.contains(&error.kind()),
        Ok(mut conn) => {
            let read = conn.read(&mut [0; 1]).await;
            read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
        }
    };
    assert!(refused);
}

async fn an_unknown_host_is_not_found(door: Door) {
    let to = Authority { host: Arc::from("nowhere.test"), port: 80, tls: false };
    let error = door.connector.connect(Dial { to: &to, on_behalf_of: "" }).await;
    assert_eq!(error.expect_err("unknown").kind(), ErrorKind::NotFound);
}

macro_rules! both_worlds {
    ($($behaviour:ident over $link:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test(start_paused = true)]
            async fn $behaviour() {
                super::$behaviour(super::memory(super::$link)).await;
            })+
        }
        mod on_sockets {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::sockets(super::$link).await).await;
            })+
        }
    };
}

both_worlds!(
    bytes_cross over NEAR,
    a_reset_is_an_error_after_what_had_arrived over NEAR,
    a_reset_arrives_behind_what_was_written_before over FAR,
    a_client_that_leaves_is_noticed_without_reading over NEAR,
    a_silenced_connection_says_nothing over NEAR,
    a_refused_client_gets_an_error over NEAR,
    an_unknown_host_is_not_found over NEAR,
);

#[tokio::test(start_paused = true)]
async fn a_link_delays_the_dial_by_a_round_trip_and_bytes_by_half() {
    let mut door = memory(FAR);
    let start = Instant::now();
    let dial = Dial { to: &door.to, on_behalf_of: "" };
    let (near, mut far) = tokio::join!(door.connector.connect(dial), async {
        let incoming = door.listener.accept().await.expect("a client");
        assert_eq!(start.elapsed().as_millis(), 20, "seen after one way");
        incoming.accept()
    });
    let mut near = near.expect("connected");
    assert_eq!(start.elapsed().as_millis(), 40);
    near.write_all(b"x").await.expect("written");
    far.read_exact(&mut [0; 1]).await.expect("read");
    assert_eq!(start.elapsed().as_millis(), 60);
}

#[tokio::test(start_paused = true)]
async fn the_listener_sees_who_dials_and_for_whom() {
    let Door { mut listener, connector, to } = memory(NEAR);
    let dial = Dial { to: &to, on_behalf_of: "1811" };
    let (_, ()) = tokio::join!(connector.connect(dial), async {
        let incoming = listener.accept().await.expect("a client");
        assert_eq!((incoming.peer(), incoming.on_behalf_of()), ("gateway[1]", "1811"));
        incoming.refuse();
    });
}

#[tokio::test(start_paused = true)]
async fn a_host_listens_once() {
    let network = MemoryNetwork::new();
    let first = network.listen("west.test", 443, Link::default()).expect("free");
    let second = network.listen("WEST.test", 443, Link::default());
    assert_eq!(second.expect_err("taken").kind(), ErrorKind::AddrInUse);
    drop(first);
    network.listen("west.test", 443, Link::default()).expect("free again");
}

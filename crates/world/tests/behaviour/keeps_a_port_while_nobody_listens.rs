//! A reserved port stays its owner's while nobody listens there: who dials is refused, and nobody
//! else gets it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use world::{
    Authority, Conn, Connector, Dial, Directory, Link, ReservedPort, TcpConnector, listen_tcp,
};

#[tokio::test]
async fn it_refuses_until_it_listens_again_and_is_nobody_elses() {
    let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let port = ReservedPort::at(any).expect("a free port");
    for _ in 0..3 {
        let refused = dial(port.address()).await.expect_err("nobody listens");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let taken = listen_tcp(port.address(), Link::default()).await.expect_err("it is reserved");
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);

        let listener = port.listen(Link::default()).expect("its owner may listen");
        dial(port.address()).await.expect("somebody listens");
        drop(listener);
    }
}

async fn dial(address: SocketAddr) -> io::Result<Conn> {
    let directory = Directory::from([((Arc::from("there"), 80), address)]);
    let connector =
        TcpConnector { directory: Some(Arc::new(directory)), ..TcpConnector::default() };
    let there = Authority { host: Arc::from("there"), port: 80, tls: false };
    connector.connect(Dial { to: &there, on_behalf_of: "" }).await
}

//! The same generator over real sockets, on several threads, in real time.

use std::sync::Arc;

use super::stage::{answer, load, play, run_in, serve_at};
use loadgen::config::Dialect;
use vocab::Outcome;
use world::{Clock, Connector, Directory, Link, TcpConnector, listen_tcp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_sockets_give_the_same_answers_and_nothing_is_sent_early() {
    let listener = listen_tcp("127.0.0.1:0".parse().unwrap(), Link::default()).await.unwrap();
    let address = listener.address().unwrap().parse().unwrap();
    serve_at(listener, answer);
    let directory = Directory::from([((Arc::from("gateway"), 4000), address)]);
    let connector: Arc<dyn Connector> =
        Arc::new(TcpConnector { directory: Some(Arc::new(directory)), ..TcpConnector::default() });
    let config = load(400.0, 1);
    let played = run_in((Clock::wall(), connector), &config, Dialect::OpenAi, Arc::default()).await;
    assert_eq!((played.summary.offered, played.summary.succeeded), (400, 400));
    for row in &played.rows {
        assert_eq!(row.outcome, Outcome::Success);
        assert!(row.sent_ns.unwrap() >= row.intended_ns, "sent before its time: {row:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_virtual_run_of_the_same_load_counts_the_same() {
    let played = play(&load(400.0, 1), answer).await;
    assert_eq!((played.summary.offered, played.summary.succeeded), (400, 400));
}

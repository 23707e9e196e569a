//! Every toxic over memory and over sockets: the same assertions, so that neither can drift.
//!
//! In memory time is exact, and so is what may have passed at most. On sockets a busy machine may be
//! late by any measure, so bounds from above only tell what comes from what never comes, and windows
//! are wide enough that whatever is to happen within one does.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vocab::{At, Seed};
use world::{
    Authority, Clock, Conn, Connector, Dial, Directory, Link, LinkRule, Links, Listener,
    MemoryNetwork, Passages, Premises, Stream, TcpConnector, Toxic, Witness, listen_tcp,
};

/// How late a timer of the paused runtime may be: its own resolution.
const LATE_IN_MEMORY: Duration = Duration::from_millis(2);

/// How late a busy machine may be.
const LATE_ON_SOCKETS: Duration = Duration::from_secs(20);

/// By how much windows are longer on sockets.
const STRETCH_ON_SOCKETS: u64 = 8;

#[derive(Debug, Default)]
struct Turned(Mutex<Vec<(String, String)>>);

impl Witness for Turned {
    fn turned_away(&self, dial: Dial<'_>, rule: &Arc<str>) {
        let mut all = self.0.lock().expect("nobody panicked");
        all.push((dial.on_behalf_of.to_owned(), rule.to_string()));
    }
}

struct Ground {
    listener: Listener,
    plain: Arc<dyn Connector>,
    clock: Clock,
    turned: Arc<Turned>,
    passages: Passages,
    late: Duration,
    stretch: u64,
}

fn memory() -> Ground {
    let network = MemoryNetwork::new();
    let listener = network.listen("west.test", 443, Link::default()).expect("free");
    let ground = ground(listener, network.connector("gateway[1]"), Clock::simulated());
    Ground { late: LATE_IN_MEMORY, stretch: 1, ..ground }
}

async fn sockets() -> Ground {
    let address = "127.0.0.1:0".parse().expect("address");
    let listener = listen_tcp(address, Link::default()).await.expect("free");
    let address = listener.address().expect("bound").parse().expect("address");
    let directory = Some(Arc::new(Directory::from([((Arc::from("west.test"), 443), address)])));
    let connector = TcpConnector { directory, ..TcpConnector::default() };
    ground(listener, Arc::new(connector), Clock::wall())
}

fn ground(listener: Listener, plain: Arc<dyn Connector>, clock: Clock) -> Ground {
    Ground {
        listener,
        plain,
        clock,
        turned: Arc::default(),
        passages: Passages::default(),
        late: LATE_ON_SOCKETS,
        stretch: STRETCH_ON_SOCKETS,
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// `toxic` downstream on every connection, for the first hour.
fn rule(toxic: Toxic) -> LinkRule {
    LinkRule {
        id: Arc::from("f1"),
        toxic,
        stream: Stream::Downstream,
        from: At(0),
        to: At::after_start(ms(3_600_000)),
        ramp: Duration::ZERO,
        share: 1.0,
        hosts: Arc::from([(Arc::from("west.test"), 443)]),
    }
}

impl Ground {
    /// So many milliseconds in memory, and as many times more on sockets as windows are longer there.
    fn stretched(&self, milliseconds: u64) -> Duration {
        ms(milliseconds * self.stretch)
    }

    /// `toxic` downstream on every connection, between two stretched instants.
    fn between(&self, from_ms: u64, to_ms: u64, toxic: Toxic) -> LinkRule {
        let at = |milliseconds| At::after_start(self.stretched(milliseconds));
        LinkRule { from: at(from_ms), to: at(to_ms), ..rule(toxic) }
    }

    fn connector(&self, rules: &[LinkRule]) -> Arc<dyn Connector> {
        let links = Links {
            rules: Arc::from(rules),
            clock: self.clock,
            seed: Seed(7),
            witness: Arc::clone(&self.turned) as Arc<dyn Witness>,
            passages: self.passages.clone(),
        };
        links.over(Arc::clone(&self.plain))
    }

    /// Both ends of a new connection over these rules, the one that dialled first.
    async fn pair(&mut self, rules: &[LinkRule]) -> (Conn, Conn) {
        let connector = self.connector(rules);
        let to = west();
        let dial = Dial { to: &to, on_behalf_of: "7" };
        let (near, far) = tokio::join!(connector.connect(dial), async {
            self.listener.accept().await.expect("a client").accept()
        });
        (near.expect("connected"), far)
    }

    /// Time since `from`, which must be at least `least`, and no more than the world allows for.
    fn took(&self, from: At, least: Duration) {
        let took = self.clock.now().since(from);
        assert!(took >= least && took <= least + self.late, "{took:?} instead of {least:?}");
    }
}

fn west() -> Authority {
    Authority { host: Arc::from("west.test"), port: 443, tls: true }
}

async fn latency_delays_what_comes_back_and_nothing_overtakes(mut ground: Ground) {
    let toxic = Toxic::Latency { latency: ms(100), jitter: ms(20) };
    let (mut near, mut far) = ground.pair(&[rule(toxic)]).await;
    let start = ground.clock.now();
    near.write_all(b"ping").await.expect("written");
    far.read_exact(&mut [0; 4]).await.expect("upstream is free");
    ground.took(start, Duration::ZERO);
    far.write_all(b"1").await.expect("written");
    tokio::time::sleep(ms(5)).await;
    far.write_all(b"2").await.expect("written");
    let mut both = [0; 2];
    near.read_exact(&mut both).await.expect("arrived");
    assert_eq!(&both, b"12");
    let took = ground.clock.now().since(start);
    assert!(took >= ms(80) && took <= ms(125) + ground.late, "{took:?}");
}

async fn upstream_latency_delays_what_goes_out(mut ground: Ground) {
    let toxic = Toxic::Latency { latency: ms(100), jitter: Duration::ZERO };
    let upstream = LinkRule { stream: Stream::Upstream, ..rule(toxic) };
    let (mut near, mut far) = ground.pair(&[upstream]).await;
    let start = ground.clock.now();
    let (sent, ()) = tokio::join!(
        async {
            near.write_all(b"ping").await?;
            near.flush().await
        },
        async {
            far.read_exact(&mut [0; 4]).await.expect("arrived");
            ground.took(start, ms(100));
        }
    );
    sent.expect("flushed");
}

async fn bandwidth_lets_so_much_through_and_no_more(mut ground: Ground) {
    let (mut near, mut far) =
        ground.pair(&[rule(Toxic::Bandwidth { bytes_per_second: 10_000 })]).await;
    let start = ground.clock.now();
    far.write_all(&[1; 3000]).await.expect("written");
    near.read_exact(&mut [0; 1000]).await.expect("arrived");
    ground.took(start, ms(100));
    near.read_exact(&mut [0; 2000]).await.expect("arrived");
    ground.took(start, ms(300));
}

async fn slices_come_one_by_one(mut ground: Ground) {
    let toxic = Toxic::Slicer { average: 10, variation: 4, delay: ms(10) };
    let (mut near, mut far) = ground.pair(&[rule(toxic)]).await;
    let start = ground.clock.now();
    far.write_all(&[1; 100]).await.expect("written");
    let (mut all, mut slices) = (0, 0);
    while all < 100 {
        let n = near.read(&mut [0; 100]).await.expect("a slice");
        assert!((1..=14).contains(&n), "{n}");
        (all, slices) = (all + n, slices + 1);
    }
    assert!((7..=17).contains(&slices), "{slices}");
    ground.took(start, ms(10) * (slices - 1));
}

async fn a_slow_close_is_seen_late(mut ground: Ground) {
    let (mut near, mut far) = ground.pair(&[rule(Toxic::SlowClose { delay: ms(100) })]).await;
    let start = ground.clock.now();
    far.write_all(b"bye").await.expect("written");
    far.shutdown().await.expect("closed");
    drop(far);
    near.read_exact(&mut [0; 3]).await.expect("at once");
    ground.took(start, Duration::ZERO);
    assert_eq!(near.read(&mut [0; 1]).await.expect("the end"), 0);
    ground.took(start, ms(100));
}

async fn a_timeout_swallows_and_then_closes(mut ground: Ground) {
    let (mut near, mut far) = ground.pair(&[rule(Toxic::Timeout { after: ms(100) })]).await;
    let start = ground.clock.now();
    far.write_all(b"lost").await.expect("written");
    assert_eq!(near.read(&mut [0; 4]).await.expect("closed"), 0);
    ground.took(start, ms(100));
    drop(near);
    assert_eq!(far.read(&mut [0; 4]).await.unwrap_or(0), 0, "the other end is told");
}

async fn a_timeout_of_zero_lasts_as_long_as_its_window(mut ground: Ground) {
    let hole = ground.between(50, 250, Toxic::Timeout { after: Duration::ZERO });
    let (mut near, mut far) = ground.pair(&[hole]).await;
    far.write_all(b"before").await.expect("written");
    near.read_exact(&mut [0; 6]).await.expect("before the window");
    ground.clock.sleep_until(At::after_start(ground.stretched(100))).await;
    far.write_all(b"lost").await.expect("written");
    drop(far);
    assert_eq!(near.read(&mut [0; 4]).await.expect("closed"), 0);
    ground.took(At(0), ground.stretched(250));
}

async fn a_peer_resets_open_connections(mut ground: Ground) {
    let peer = ground.between(50, 500, Toxic::ResetPeer { after: ms(30) });
    let (mut near, mut far) = ground.pair(&[peer]).await;
    let error = near.read(&mut [0; 1]).await.expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    ground.took(At(0), ground.stretched(50) + ms(30));
    drop(near);
    let told = far.read(&mut [0; 1]).await.expect_err("reset");
    assert_eq!(told.kind(), ErrorKind::ConnectionReset);
}

async fn so_many_bytes_pass_and_then_it_closes(mut ground: Ground) {
    let (mut near, mut far) = ground.pair(&[rule(Toxic::LimitData { bytes: 10 })]).await;
    far.write_all(b"0123456789more").await.expect("written");
    let mut all = Vec::new();
    near.read_to_end(&mut all).await.expect("closed in order");
    assert_eq!(all, b"0123456789");
}

async fn a_link_that_is_down_refuses_and_closes(mut ground: Ground) {
    let down = ground.between(50, 250, Toxic::Down);
    let (mut near, _far) = ground.pair(std::slice::from_ref(&down)).await;
    assert_eq!(near.read(&mut [0; 1]).await.expect("closed"), 0);
    ground.took(At(0), ground.stretched(50));
    let connector = ground.connector(&[down]);
    let to = west();
    let refused = connector.connect(Dial { to: &to, on_behalf_of: "8" }).await;
    assert_eq!(refused.expect_err("down").kind(), ErrorKind::ConnectionRefused);
    let told = ground.turned.0.lock().expect("nobody panicked").clone();
    assert_eq!(told, [("8".to_owned(), "f1".to_owned())]);
}

async fn held_bytes_are_late_and_not_lost(mut ground: Ground) {
    let hold = ground.between(50, 250, Toxic::Hold);
    ground.listener = ground.listener.on(Premises::new([&hold], ground.clock));
    let (mut near, mut far) = ground.pair(&[]).await;
    ground.clock.sleep_until(At::after_start(ground.stretched(100))).await;
    near.write_all(b"ping").await.expect("written");
    far.read_exact(&mut [0; 4]).await.expect("arrived");
    ground.took(At(0), ground.stretched(250));
}

async fn both_ends_know_the_passage(mut ground: Ground) {
    let slow = Toxic::Latency { latency: ms(1), jitter: Duration::ZERO };
    let (mut near, mut far) = ground.pair(&[rule(slow)]).await;
    near.write_all(b"x").await.expect("written");
    far.read_exact(&mut [0; 1]).await.expect("arrived");
    let passage = ground.passages.of(&far.whereabouts());
    let met: Vec<_> = passage.met(At(5), At(6)).map(ToString::to_string).collect();
    assert_eq!(met, ["f1"]);
    let late = At::after_start(ms(3_600_000));
    assert_eq!(passage.met(late, late).count(), 0, "the window is over");
    let (mut near, mut far) = ground.pair(&[]).await;
    near.write_all(b"x").await.expect("written");
    far.read_exact(&mut [0; 1]).await.expect("arrived");
    assert!(ground.passages.of(&far.whereabouts()).is_empty());
}

macro_rules! both_worlds {
    ($($behaviour:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test(start_paused = true)]
            async fn $behaviour() {
                super::$behaviour(super::memory()).await;
            })+
        }
        mod on_sockets {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(super::sockets().await).await;
            })+
        }
    };
}

both_worlds!(
    latency_delays_what_comes_back_and_nothing_overtakes,
    upstream_latency_delays_what_goes_out,
    bandwidth_lets_so_much_through_and_no_more,
    slices_come_one_by_one,
    a_slow_close_is_seen_late,
    a_timeout_swallows_and_then_closes,
    a_timeout_of_zero_lasts_as_long_as_its_window,
    a_peer_resets_open_connections,
    so_many_bytes_pass_and_then_it_closes,
    a_link_that_is_down_refuses_and_closes,
    held_bytes_are_late_and_not_lost,
    both_ends_know_the_passage,
);

/// Requests of which the connection meets a rule with this share.
async fn chosen(share: f64, dials: u64) -> Vec<u64> {
    let mut ground = memory();
    let rule = LinkRule { share, ..rule(Toxic::LimitData { bytes: 1 }) };
    let connector = ground.connector(&[rule]);
    let to = west();
    let mut met = Vec::new();
    for request in 0..dials {
        let label = request.to_string();
        let dial = Dial { to: &to, on_behalf_of: &label };
        let (near, far) = tokio::join!(connector.connect(dial), async {
            ground.listener.accept().await.expect("a client").accept()
        });
        if !ground.passages.of(&far.whereabouts()).is_empty() {
            met.push(request);
        }
        drop(near);
    }
    met
}

#[tokio::test(start_paused = true)]
async fn toxicity_is_luck_of_the_request_and_not_of_the_order() {
    let some = chosen(0.5, 40).await;
    assert!((10..=30).contains(&some.len()), "{some:?}");
    assert_eq!(some, chosen(0.5, 40).await, "the same seed is the same luck");
    let more = chosen(0.8, 40).await;
    assert!(some.iter().all(|request| more.contains(request)), "a larger share takes in more");
    assert_eq!(chosen(0.0, 10).await, Vec::<u64>::new());
}

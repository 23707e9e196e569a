//! A product that dies while it is asked has not answered: nothing of that is recorded, and it is started again.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use judge::parity::{Cases, ParityError, Playing, Product, Recorded};
use runner::{Secret, Standing, target_of};
use serde_json::Value;

use super::support::{emulation, stuck};

/// Somebody who refuses everything, and who has died by the end of the first so many plays.
struct Refusing {
    address: SocketAddr,
    starts: usize,
    deaths: usize,
}

impl Refusing {
    fn dying(deaths: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                std::thread::spawn(move || {
                    let _ = stream.read(&mut [0; 65_536]);
                    let head = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n";
                    let _ = write!(stream, "{head}content-length: 2\r\n\r\n{{}}");
                });
            }
        });
        Self { address, starts: 0, deaths }
    }
}

impl Product for Refusing {
    fn start(&mut self, _: &Value) -> Result<Standing, String> {
        self.starts += 1;
        let (to, _) = target_of(&format!("http://{}", self.address)).ok_or("no address")?;
        let key = Secret(Arc::from("sk-any"));
        Ok(Standing { to, path: "/v1/chat/completions".to_owned(), key })
    }

    fn died(&mut self) -> Option<String> {
        (self.starts <= self.deaths).then(|| "killed by signal 11".to_owned())
    }

    fn stop(&mut self) {}
}

/// Plays one case once by a product that dies so often: how many lines were recorded, how often it was started.
fn played(deaths: usize) -> Result<(usize, usize), ParityError> {
    let cases = Cases::shipped().expect("shipped cases are right");
    let cases = cases.only("retry_policy/openai/error-400/plain").without_load();
    let (emulation, stuck) = (emulation("litellm-1.106"), stuck());
    let (stop, mut lines) = (Arc::new(AtomicBool::new(false)), 0);
    let mut playing = Playing {
        emulation: &emulation,
        plays: 1,
        at_a_time: 1,
        stop: &stop,
        stuck: &stuck,
        record: &mut |_| lines += 1,
        progress: &mut |_, _, _| {},
    };
    let mut product = Refusing::dying(deaths);
    let recorded = &mut Recorded::default();
    judge::parity::parity(&cases, recorded, Some(&mut product), &mut playing)?;
    Ok((lines, product.starts))
}

#[test]
fn what_a_dead_product_did_not_answer_is_played_again() {
    assert_eq!(played(0).expect("plays"), (1, 1));
    assert_eq!(played(2).expect("plays"), (1, 3));
}

#[test]
fn one_that_dies_again_and_again_ends_the_run_and_says_of_what() {
    let error = played(usize::MAX).expect_err("it cannot be played").to_string();
    assert!(error.contains("died 3 times") && error.contains("signal 11"), "{error}");
}

//! What tests of parity share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use judge::parity::{Cases, Emulation, ParityError, Playing, Recorded, Results, parity};

/// Plays cases as they are recorded.
pub(crate) fn play(cases: &Cases, personality: &str, record: &str) -> Result<Results, ParityError> {
    let emulation = emulation(personality);
    let (stop, stuck) = (Arc::new(AtomicBool::new(false)), stuck());
    let mut playing = Playing {
        emulation: &emulation,
        plays: 3,
        at_a_time: 1,
        stop: &stop,
        stuck: &stuck,
        record: &mut |_| panic!("nobody plays"),
        progress: &mut |_, _, _| {},
    };
    parity(cases, &mut Recorded::read(record), None, &mut playing)
}

/// LiteLLM as a personality plays it.
pub(crate) fn emulation(personality: &str) -> Emulation {
    Emulation { product: "LiteLLM 1.106.2".to_owned(), personality: personality.to_owned() }
}

/// Fails the test whose world stands still.
pub(crate) fn stuck() -> Arc<dyn Fn(&str) + Send + Sync> {
    Arc::new(|world| panic!("{world} stands still"))
}

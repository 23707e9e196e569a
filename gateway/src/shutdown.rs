//! How this gateway ends: it says that it is no longer ready, open requests have their time, and what is open then gets
//! a last word. It must never know who is open, or why the end came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use world::Phases;

use crate::upstream::failure::{ErrorClass, Failure, Reason, Trouble};

/// How long a gateway takes leave of its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// From the stop on: readiness says no and everything else goes on, until whoever balances has noticed.
    pub notice: Duration,
    /// After that: open requests may end, and nobody new is let in.
    pub limit: Duration,
}

impl Default for Drain {
    /// A second of notice, and half a minute for open requests.
    fn default() -> Self {
        Self { notice: Duration::from_secs(1), limit: Duration::from_secs(30) }
    }
}

impl Drain {
    pub(crate) fn phases(self) -> Phases {
        Phases { notice: self.notice, grace: self.limit, last_words: LAST_WORDS }
    }
}

/// How long the last words may take to reach the clients; then connections are dropped.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The last word for whoever is cut off.
pub(crate) fn failure() -> Failure {
    let class = ErrorClass::ServiceUnavailable;
    let text = "The gateway is shutting down; send the request again";
    let broken = Failure::broken(Trouble::Cut, text);
    Failure { class, status: class.status(), reason: Reason::ShuttingDown, ..broken }
}

/// A server that lives until this is dropped, and tells whoever asks for its [`ServerEnd`].
#[derive(Debug, Default)]
pub(crate) struct ServerLife(ServerEnd);

/// The end of a server, for those who serve its requests in tasks of their own. They hear of it in the order in
/// which they waited, so that what they let go of is let go of in the same order in every run.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerEnd(Arc<End>);

#[derive(Debug, Default)]
struct End {
    over: AtomicBool,
    told: Notify,
}

impl ServerLife {
    /// Its end.
    pub(crate) fn end(&self) -> ServerEnd {
        self.0.clone()
    }
}

impl Drop for ServerLife {
    fn drop(&mut self) {
        let end = &self.0.0;
        end.over.store(true, Ordering::Release);
        end.told.notify_waiters();
    }
}

impl ServerEnd {
    /// Waits for it.
    pub(crate) async fn come(&self) {
        // Made before the look, so that an end in between is not missed.
        let told = self.0.told.notified();
        if !self.0.over.load(Ordering::Acquire) {
            told.await;
        }
    }
}

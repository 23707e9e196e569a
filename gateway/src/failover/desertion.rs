//! Clients that leave: how far their request had come, and whether it goes on without them.
//!
//! Whether it does is the policy's. Here is only how: what serves such a request runs as a task of its own, so
//! that a connection that closes drops nothing but the wait for it. Once the head of an answer is due, leaving
//! ends the request in any case.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Response;
use tokio::task::AbortHandle;
use vocab::At;

use crate::config::DeploymentIndex;
use crate::failover::response::AnswerBody;
use crate::instance::Instance;
use crate::observer::{Choice, Waiting};
use crate::shutdown::ServerEnd;

/// Status that nginx made common for a client that closed its request; counted, never sent.
const CLIENT_CLOSED: u16 = 499;

/// A request's client, and what it waits for.
#[derive(Debug)]
pub(crate) struct Presence {
    instance: Arc<Instance>,
    call_id: Arc<str>,
    /// When the request's head had come.
    received: At,
    client: Mutex<Client>,
}

#[derive(Debug, Default)]
struct Client {
    /// Begin of the attempt under way, while it has not answered, and how long it may take to begin.
    awaited: Option<(At, Duration)>,
    /// The deployment that was asked last.
    asked: Option<DeploymentIndex>,
    progress: Progress,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    /// It waits for the head of an answer.
    #[default]
    Waits,
    /// It has the head, or would have it if nothing were held back.
    Reads,
    /// It left.
    Left,
}

impl Presence {
    pub(crate) fn new(instance: Arc<Instance>, call_id: Arc<str>, received: At) -> Self {
        Self { instance, call_id, received, client: Mutex::default() }
    }

    /// A deployment is asked, and may take so long to begin its answer.
    pub(crate) fn awaits(&self, deployment: DeploymentIndex, begun: At, limit: Duration) {
        let mut client = self.client();
        client.asked = Some(deployment);
        client.awaited = Some((begun, limit));
    }

    /// It answered, or failed.
    pub(crate) fn awaits_nobody(&self) {
        self.client().awaited = None;
    }

    /// The head of an answer is due.
    pub(crate) fn answer_begins(&self) {
        let mut client = self.client();
        if client.progress == Progress::Waits {
            client.progress = Progress::Reads;
        }
    }

    /// Whether it left.
    pub(crate) fn has_left(&self) -> bool {
        self.client().progress == Progress::Left
    }

    /// It leaves; counted and told once.
    pub(crate) fn leaves(&self) {
        let now = self.instance.clock.now();
        let (waiting, asked) = {
            let mut client = self.client();
            if client.progress == Progress::Left {
                return;
            }
            client.progress = Progress::Left;
            let waiting =
                client.awaited.map(|(begun, limit)| Waiting { waited: now.since(begun), limit });
            (waiting, client.asked)
        };
        self.instance.metrics.answered(CLIENT_CLOSED, now.since(self.received));
        self.instance.tell(&self.call_id, asked, Choice::ClientLeft { waiting });
    }

    fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a request whether its client stays or not, until its `server` ends. Without a client the
/// attempts go on, bounded as ever by tries and limits; an answer that comes then is dropped, a stream with its
/// connection.
pub(crate) async fn outlast(
    presence: Arc<Presence>,
    server: ServerEnd,
    serving: impl Future<Output = Response<AnswerBody>> + Send + 'static,
) -> Response<AnswerBody> {
    let task = tokio::spawn(async move {
        tokio::select! {
            biased;
            // The end first: what is cut together with the server tells nothing more.
            () = server.come() => None,
            response = serving => Some(response),
        }
    });
    let mut departure = Departure { presence, task: Some(task.abort_handle()) };
    let served = task.await;
    departure.task = None;
    match served {
        Ok(Some(response)) => response,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The server is gone, or a departure aborted it: nobody waits here.
        Ok(None) | Err(_) => std::future::pending().await,
    }
}

/// Dropped with its task: the client left.
struct Departure {
    presence: Arc<Presence>,
    task: Option<AbortHandle>,
}

impl Drop for Departure {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        match self.presence.client().progress {
            Progress::Reads => task.abort(),
            Progress::Waits | Progress::Left => {}
        }
        self.presence.leaves();
    }
}

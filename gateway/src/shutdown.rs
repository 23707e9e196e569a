//! How this gateway ends: open requests have a grace, and what is open then gets a last word. It
//! must never know who is open, or why the end came.

use std::time::Duration;

use crate::upstream::failure::{ErrorClass, Failure, Reason, Trouble};

/// How long open requests may take to end after the stop. With the last words it fits into the ten
/// seconds after which `docker stop` kills.
pub const GRACE: Duration = Duration::from_secs(8);

/// How long the last words may take to reach the clients; then connections are dropped.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(1);

/// The last word for whoever is cut off.
pub(crate) fn failure() -> Failure {
    let class = ErrorClass::ServiceUnavailable;
    let text = "The gateway is shutting down; send the request again";
    let broken = Failure::broken(Trouble::Cut, text);
    Failure { class, status: class.status(), reason: Reason::ShuttingDown, ..broken }
}

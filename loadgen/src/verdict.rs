//! How a request ended, in one table: what the client saw on the way, and the content's integrity,
//! become an outcome and a failure kind.
//!
//! | what happened | outcome |
//! |---|---|
//! | no connection, or none in time | failed `connect` |
//! | connection ended before a response head | failed `reset` |
//! | head or body broke HTTP, JSON, the event stream, or a bound; another content type than asked | failed `malformed` |
//! | 408 / 429 / 401, 402, 403 / 5xx / any other status but 2xx | failed `upstream_timeout` / `rate_limited` / `denied` / `server_error` / `bad_request` |
//! | 2xx, and an error event or an error body | failed `error_event` |
//! | 2xx, and the transport broke before the end | failed `cut` |
//! | 2xx, and a clean end without terminator | failed `truncated` |
//! | 2xx, terminator, content complete and in order, also gone on with by somebody else and marked so, or complete out of
//! a cache | success |
//! | 2xx, terminator, content incomplete or none | failed `truncated` |
//! | 2xx, terminator, content doubled, spliced, reordered or not the answer | failed `corrupt` |
//! | total time passed, whatever had arrived of a 2xx | failed `timeout` |
//! | patience passed before the first token of a 2xx | failed `client_gave_up` |
//! | left as planned, with the k good tokens that it stayed for | success |
//! | the run was interrupted | cancelled |
//!
//! A status that was seen stays the reason even if the error's body then hangs or breaks. Facts
//! only: whether any of it deserves a retry is a gateway's opinion.

use http::StatusCode;
use vocab::{FailureKind, Integrity, Outcome};

/// Where an exchange stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The connection could not be opened.
    NoConnection,
    /// The connection ended before a response head.
    NoHead,
    /// A head that says no.
    Status(StatusCode),
    /// A 2xx answer came to its end: the terminator of a stream, or a whole body.
    Whole,
    /// A 2xx stream ended in order, but without terminator.
    Unterminated,
    /// An error inside a 2xx answer.
    ErrorInside,
    /// Bytes that the protocol does not allow.
    Malformed,
    /// The transport broke after the head.
    Cut,
    /// The client's total time passed.
    OutOfTime,
    /// The client's patience passed.
    OutOfPatience,
    /// The client left as planned: it had the good tokens that it stayed for.
    Left,
    /// The run was interrupted.
    Interrupted,
}

/// The outcome of an exchange that stopped at `end` with content of this integrity.
pub fn judge(end: End, integrity: Integrity) -> (Outcome, Option<FailureKind>) {
    let kind = match end {
        End::NoConnection => FailureKind::Connect,
        End::NoHead => FailureKind::Reset,
        End::Status(status) => of_status(status),
        End::Whole => match of_content(integrity) {
            Some(kind) => kind,
            None => return (Outcome::Success, None),
        },
        End::Unterminated => FailureKind::Truncated,
        End::ErrorInside => FailureKind::ErrorEvent,
        End::Malformed => FailureKind::Malformed,
        End::Cut => FailureKind::Cut,
        End::OutOfTime => FailureKind::Timeout,
        End::OutOfPatience => FailureKind::ClientGaveUp,
        End::Left => return (Outcome::Success, None),
        End::Interrupted => return (Outcome::Cancelled, None),
    };
    (Outcome::Failed, Some(kind))
}

/// The kind of a status that is not 2xx. Redirects count as client errors: nobody follows them with
/// a prompt.
fn of_status(status: StatusCode) -> FailureKind {
    match status.as_u16() {
        401..=403 => FailureKind::Denied,
        408 => FailureKind::UpstreamTimeout,
        429 => FailureKind::RateLimited,
        500.. => FailureKind::ServerError,
        _ => FailureKind::BadRequest,
    }
}

/// What is wrong with content that came to its end; `None` if nothing is.
const fn of_content(integrity: Integrity) -> Option<FailureKind> {
    match integrity {
        Integrity::Complete | Integrity::Resumed | Integrity::Cached => None,
        Integrity::Truncated | Integrity::Empty => Some(FailureKind::Truncated),
        Integrity::Duplicated | Integrity::Spliced | Integrity::Reordered | Integrity::Wrong => {
            Some(FailureKind::Corrupt)
        }
    }
}

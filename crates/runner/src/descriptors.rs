//! File descriptors of this process: every connection takes one, in front and behind. It must never know whose they are.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Descriptors that are kept for everything but connections in front and behind: files, name servers, the runtime.
const KEPT: u64 = 64;

/// Fewest connections that are let in, however few descriptors there are.
const CONNECTIONS_MIN: u64 = 8;

/// Raises the soft limit to the hard one, as far as the system lets it, and says how many connections may then be let in
/// in front, if each needs another one behind; `None` where there is no limit.
pub(crate) fn raise() -> Option<usize> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // A system that refuses leaves it as it was, which is asked anew.
    let _ = setrlimit(Resource::Nofile, limit);
    let most = getrlimit(Resource::Nofile).current?;
    usize::try_from((most.saturating_sub(KEPT) / 2).max(CONNECTIONS_MIN)).ok()
}

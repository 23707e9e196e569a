//! Where products are that contenders can be, and who holds them.

use std::path::{Path, PathBuf};

use runner::ProductOptions;

/// Our own binary holds them; they are where `scripts/peers` puts them, or where `python` says.
pub(crate) fn options(python: Option<&Path>) -> ProductOptions {
    ProductOptions {
        // Without a path of our own there is nobody to hold one, which is told when one is started.
        supervisor: std::env::current_exe().unwrap_or_default(),
        peers: peers(),
        python: python.map(Path::to_owned),
    }
}

/// `BROWNOUT_PEERS`, else `brownout/peers` in the user's cache.
#[expect(clippy::disallowed_methods, reason = "the cli may read the environment")]
fn peers() -> PathBuf {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let cache = || set("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || set("HOME").map(|home| Path::new(&home).join(".cache"));
    set("BROWNOUT_PEERS").map_or_else(
        || cache().or_else(home).unwrap_or_default().join("brownout").join("peers"),
        PathBuf::from,
    )
}

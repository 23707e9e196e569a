//! Looks for another config or certificate while a gateway serves: when SIGHUP comes, and when a file has changed. Files
//! that a config includes are read again with it, and not watched.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runner::{GatewayConfig, Pem};

use super::read;
use crate::args::Gateway;
use crate::exit::Failure;
use crate::{files, screen, signals};

/// What is looked at.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    args: &'a Gateway,
    asked: Arc<AtomicBool>,
    config: File<'a>,
    certificate: Option<(File<'a>, File<'a>)>,
    /// Turns until the files are looked at again.
    rest: u32,
    /// Whether the certificate is due in this turn.
    certificate_due: bool,
}

/// A file, and how it was last seen.
#[derive(Debug)]
struct File<'a> {
    path: &'a Path,
    seen: Option<Stamp>,
}

/// By what a file is seen to have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: (i64, i64),
    length: u64,
}

/// Of so many turns one looks at the files: about once a second.
const TURNS: u32 = 20;

impl<'a> Watch<'a> {
    pub(super) fn new(args: &'a Gateway) -> Result<Self, Failure> {
        let asked = signals::reload_flag()
            .map_err(|error| Failure::Internal(format!("cannot watch for SIGHUP: {error}")))?;
        let (certificate, key) = (args.place.tls_cert.as_deref(), args.place.tls_key.as_deref());
        let certificate =
            certificate.zip(key).map(|(one, other)| (File::new(one), File::new(other)));
        let config = File::new(&args.config);
        Ok(Self { args, asked, config, certificate, rest: TURNS, certificate_due: false })
    }

    /// Whether the config is to be read anew, and notes whether the certificate is.
    fn is_due(&mut self) -> bool {
        let asked = self.asked.swap(false, Ordering::Relaxed);
        self.rest = self.rest.saturating_sub(1);
        if self.rest > 0 && !asked {
            return false;
        }
        self.rest = TURNS;
        if let Some((certificate, key)) = &mut self.certificate {
            let changed = [certificate.has_changed(), key.has_changed()];
            self.certificate_due = asked || changed.contains(&true);
        }
        self.config.has_changed() || asked
    }
}

impl<'a> File<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, seen: stamp(path) }
    }

    /// Since it was last looked at. One that is gone is about to be replaced.
    fn has_changed(&mut self) -> bool {
        let now = stamp(self.path);
        let changed = now.is_some() && now != self.seen;
        self.seen = now.or(self.seen);
        changed
    }
}

impl runner::News for Watch<'_> {
    fn config(&mut self) -> Option<GatewayConfig> {
        if !self.is_due() {
            return None;
        }
        let name = self.args.config.display();
        match read(self.args) {
            Ok(config) => Some(config),
            Err(failure) => {
                failure.tell();
                screen::remark(&format!(
                    "{name} has changed and cannot be used: the old config stays"
                ));
                None
            }
        }
    }

    fn taken_on(&mut self, result: Result<(), String>) {
        let name = self.args.config.display();
        match result {
            Ok(()) => screen::remark(&format!("{name} was read again")),
            Err(why) => screen::remark(&format!("{name}: {why}: the old config stays")),
        }
    }

    fn certificate(&mut self) -> Option<Pem> {
        let due = std::mem::take(&mut self.certificate_due);
        let (certificate, key) = self.certificate.as_ref().filter(|_| due)?;
        match files::read_pem(certificate.path, key.path) {
            Ok(pem) => Some(pem),
            Err(failure) => {
                failure.tell();
                None
            }
        }
    }

    fn certified(&mut self, result: Result<(), String>) {
        let Some((certificate, _)) = &self.certificate else { return };
        let name = certificate.path.display();
        match result {
            Ok(()) => screen::remark(&format!("{name} was read again")),
            Err(why) => screen::remark(&format!("{name}: {why}: the old certificate stays")),
        }
    }

    fn stops(&mut self) {
        let (grace, drain) = (self.args.farewell.grace, self.args.farewell.drain);
        screen::remark(&format!(
            "stopping: readiness fails for {grace} s, then open requests have {drain} s to end; a second signal ends \
             everything at once"
        ));
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    Some(Stamp { modified, length: metadata.len() })
}

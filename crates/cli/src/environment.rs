//! The environment, as a gateway that serves real requests sees it: variables and files that a config names, authorities
//! that are believed, proxies on the way. Nobody else reads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plan::Secrets;
use runner::{Exceptions, Proxies, Proxy, Way};

use crate::exit::Failure;

/// Largest file with credentials or certificates, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Most files of a directory with certificates.
const FILES_MAX: usize = 1024;

/// What a config's `os.environ/NAME` refers to.
#[derive(Debug)]
pub(crate) struct Environment;

impl Secrets for Environment {
    fn resolve(&self, name: &str, _: &str) -> Option<String> {
        variable(name)
    }

    fn file(&self, path: &str) -> Option<Result<String, String>> {
        Some(read(Path::new(path)))
    }
}

/// The file to which a step of GitHub's adds its summary; `None` elsewhere.
pub(crate) fn step_summary() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "the cli may read the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err("it is larger than 4 MiB".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The way to the providers: `SSL_CERT_FILE` and `SSL_CERT_DIR` as OpenSSL has them, `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
/// `NO_PROXY` as curl has them, in capitals or not.
///
/// # Errors
/// What is there and cannot be used.
pub(crate) fn way() -> Result<Way, Failure> {
    Ok(Way { further: authorities()?, proxies: proxies()? })
}

fn authorities() -> Result<Option<Arc<str>>, Failure> {
    let wrong = |name: &str, why: String| {
        Failure::User(format!("error: {name}: {why}; name PEM files, or unset it"))
    };
    let mut pem = String::new();
    if let Some(path) = variable("SSL_CERT_FILE") {
        pem.push_str(&read(Path::new(&path)).map_err(|why| wrong("SSL_CERT_FILE", why))?);
    }
    if let Some(directory) = variable("SSL_CERT_DIR") {
        let listed = std::fs::read_dir(&directory);
        let listed = listed.map_err(|error| wrong("SSL_CERT_DIR", error.to_string()))?;
        let mut paths: Vec<PathBuf> =
            listed.take(FILES_MAX).filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        // Such directories hold other files, too.
        for text in paths.iter().filter(|path| path.is_file()).filter_map(|path| read(path).ok()) {
            if text.contains("BEGIN CERTIFICATE") {
                pem.push('\n');
                pem.push_str(&text);
            }
        }
    }
    Ok(Some(pem).filter(|pem| !pem.is_empty()).map(Arc::from))
}

fn proxies() -> Result<Proxies, Failure> {
    let either = |name: &str| variable(&name.to_ascii_lowercase()).or_else(|| variable(name));
    let proxy = |name: &str| -> Result<Option<Proxy>, Failure> {
        let Some((name, url)) =
            [name, "ALL_PROXY"].iter().find_map(|name| Some((*name, either(name)?)))
        else {
            return Ok(None);
        };
        Proxy::parse(&url).map(Some).ok_or_else(|| {
            let text = format!(
                "error: {name} is no proxy that can be asked; write http://host:port, or unset it (SOCKS and proxies \
                 behind TLS are not spoken)"
            );
            Failure::User(text)
        })
    };
    let except = Exceptions::parse(&either("NO_PROXY").unwrap_or_default());
    Ok(Proxies { https: proxy("HTTPS_PROXY")?, http: proxy("HTTP_PROXY")?, except })
}

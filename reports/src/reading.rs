//! The one door through which a run directory's text comes in. A directory may come from anybody: its
//! files are regular ones inside it, its texts are made visible before anything is made of them, so
//! that neither a terminal nor a page can be moved by a name. It must never know what a text means.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use record::layout::{ROOT_NAMES, TABLES, TABLES_OF_SOME};
use record::{MachineInfo, ReadError, Row, RowReader, RunInfo, inside};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vocab::visible;

use crate::report::Robust;

/// `run.json`, whose contenders' folders lie in the directory.
///
/// # Errors
/// [`ReadError`], also where a name or a link leads out of the directory.
pub(crate) fn run(root: &Path) -> Result<RunInfo, ReadError> {
    let run: RunInfo = json(root, "run.json")?;
    for who in &run.contenders {
        let refused = |source| ReadError::Open { path: root.join(&who.name), source };
        if vocab::ContenderName::new(&who.name).is_none() {
            let why = "run.json names a contender that cannot be a directory's name";
            return Err(refused(io::Error::new(io::ErrorKind::InvalidInput, why)));
        }
        for table in TABLES.iter().chain(TABLES_OF_SOME) {
            let path = root.join(&who.name).join(table);
            inside(root, &path).map_err(|source| ReadError::Open { path, source })?;
        }
    }
    for path in ROOT_NAMES.iter().map(|name| root.join(name)) {
        inside(root, &path).map_err(|source| ReadError::Open { path, source })?;
    }
    Ok(run)
}

/// `machine.json`.
///
/// # Errors
/// [`ReadError`].
pub(crate) fn machine(root: &Path) -> Result<MachineInfo, ReadError> {
    json(root, "machine.json")
}

/// `robust.json`, if there is one.
///
/// # Errors
/// [`ReadError`].
pub(crate) fn robust(root: &Path) -> Result<Option<Robust>, ReadError> {
    if root.join("robust.json").exists() { json(root, "robust.json").map(Some) } else { Ok(None) }
}

/// The rows of a table of a run that [`run`] has read.
///
/// # Errors
/// [`ReadError::Open`].
pub(crate) fn rows<R>(
    path: &Path,
) -> Result<impl Iterator<Item = Result<R, ReadError>> + use<R>, ReadError>
where
    R: DeserializeOwned + Row,
{
    let shown = |mut row: R| {
        row.each_text(&mut |text| show(text));
        row
    };
    Ok(RowReader::<R>::open(path)?.map(move |row| row.map(shown)))
}

fn json<T: Serialize + DeserializeOwned>(root: &Path, name: &str) -> Result<T, ReadError> {
    let path = root.join(name);
    inside(root, &path).map_err(|source| ReadError::Open { path: path.clone(), source })?;
    // Read as what it must be first, so that a mistake is told with its line.
    let raw: T = record::read_json(&path)?;
    let shown = serde_json::to_value(raw).and_then(|mut value| {
        show_all(&mut value);
        serde_json::from_value(value)
    });
    shown.map_err(|source| ReadError::Json { path, source })
}

fn show_all(value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => show(text),
        Value::Array(values) => values.iter_mut().for_each(show_all),
        Value::Object(members) => {
            for (mut key, mut value) in std::mem::take(members) {
                show(&mut key);
                show_all(&mut value);
                members.insert(key, value);
            }
        }
    }
}

fn show(text: &mut String) {
    if let Cow::Owned(shown) = visible(text) {
        *text = shown;
    }
}

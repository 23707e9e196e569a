//! Rules and timeline over the admin API: list, switch, load, seek, reset.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocab::{At, parse_duration};

use super::state::TimeView;
use super::{Refused, read, words};
use crate::config::FaultRule;
use crate::{Fakes, RuleView};

/// All rules as they stand.
#[derive(Debug, Serialize)]
pub(super) struct Rules {
    rules: Vec<RuleView>,
}

pub(super) async fn list(State(fakes): State<Fakes>) -> Json<Rules> {
    Json(Rules { rules: fakes.rules() })
}

pub(super) async fn one(
    State(fakes): State<Fakes>,
    Path(id): Path<String>,
) -> Result<Json<RuleView>, Refused> {
    let found = fakes.rules().into_iter().find(|view| view.rule.id == id);
    found.map(Json).ok_or_else(|| no_such_rule(&id))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    enabled: bool,
}

pub(super) async fn switch(
    State(fakes): State<Fakes>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<RuleView>, Refused> {
    let Switch { enabled } = read(body, r#"send {"enabled": true} or {"enabled": false}"#).await?;
    fakes.switch(&id, enabled).map_err(|_| no_such_rule(&id))?;
    one(State(fakes), Path(id)).await
}

fn no_such_rule(id: &str) -> Refused {
    let id: String = id.chars().take(80).collect();
    let message = format!("there is no rule `{id}`");
    Refused::new(StatusCode::NOT_FOUND, message, "GET /rules lists all; PUT /timeline adds others")
}

/// The timeline as `PUT /timeline` takes it.
pub(super) async fn timeline(State(fakes): State<Fakes>) -> Json<Vec<FaultRule>> {
    Json(fakes.rules().into_iter().map(|view| view.rule).collect())
}

pub(super) async fn load(State(fakes): State<Fakes>, body: Body) -> Result<Json<Rules>, Refused> {
    const HELP: &str = "send a list of rules, such as \
        [{\"id\": \"outage\", \"inject\": \"refuse\", \"at\": \"60s\", \"for\": \"60s\"}], \
        the answer of GET /timeline, or a run.json";
    let spoken: Value = read(body, HELP).await?;
    let bad = |message: String| Refused::new(StatusCode::BAD_REQUEST, message, HELP);
    let rules = words::rules(spoken, &fakes.state.configs()).map_err(bad)?;
    fakes.load(&rules).map_err(|error| bad(error.to_string()))?;
    Ok(list(State(fakes)).await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seek {
    /// Instant of the timeline that shall be now, as a duration.
    to: Option<String>,
    /// Instant of the fakes' own clock that shall be the timeline's zero, in nanoseconds.
    start_at_ns: Option<u64>,
}

pub(super) async fn seek(
    State(fakes): State<Fakes>,
    body: Body,
) -> Result<Json<TimeView>, Refused> {
    const HELP: &str = r#"send {"to": "240s"}: that instant of the timeline is now"#;
    let seek: Seek = read(body, HELP).await?;
    let bad = |message: String| Refused::new(StatusCode::BAD_REQUEST, message, HELP);
    match (seek.to, seek.start_at_ns) {
        (Some(to), None) => {
            let to = parse_duration(&to).map_err(|error| bad(error.to_string()))?;
            fakes.seek(At::after_start(to));
        }
        (None, Some(start)) => fakes.start_at(At(start)),
        (Some(_), Some(_)) | (None, None) => {
            return Err(bad("name either `to` or `start_at_ns`".to_owned()));
        }
    }
    Ok(Json(TimeView::of(&fakes)))
}

pub(super) async fn reset(State(fakes): State<Fakes>) -> Json<TimeView> {
    fakes.reset();
    Json(TimeView::of(&fakes))
}

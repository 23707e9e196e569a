//! Azure's Entra ID: a token for an application's secret (OAuth 2.0, client credentials).

use serde::Deserialize;

use super::Issued;
use super::exchange::Exchange;
use crate::config::{EntraApp, Secret};
use crate::upstream::Shown;

/// A token, as OAuth has it.
#[derive(Deserialize)]
pub(super) struct Token {
    access_token: String,
    /// In seconds.
    expires_in: u64,
}

impl Token {
    /// What is shown to providers from `now` on.
    pub(super) fn issued(self, now: u64) -> Issued {
        Issued::new(Shown::Bearer(Secret::new(&self.access_token)), now, self.expires_in)
    }
}

/// Asks for a token.
pub(super) async fn of_app(app: &EntraApp, exchange: Exchange<'_>) -> Result<Issued, String> {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &*app.client_id),
        ("client_secret", app.client_secret.reveal()),
        ("scope", &*app.scope),
    ];
    let now = exchange.now();
    let token: Token = exchange.form(&app.endpoint, &fields).await?;
    Ok(token.issued(now))
}

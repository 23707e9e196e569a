//! Profiles of AWS: the files that its command line and libraries share (`~/.aws/credentials`, `~/.aws/config`). Keys that
//! stand there and roles that are assumed with these; what would run a program or open a browser is refused by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aws::{Aws, sts_of};
use crate::config::litellm::reader::Reader;
use crate::config::{
    AwsAssumer, AwsKeys, AwsRole, CredentialKind, Secret, TokenEndpoint, TokenText,
};

/// A profile that somebody names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile<'a> {
    pub(super) name: &'a str,
    /// The key of the config that led here.
    pub(super) place: &'a str,
    /// Where a role is assumed.
    pub(super) region: &'a str,
}

/// Settings of a profile, by name.
type Settings = BTreeMap<String, String>;

/// Settings by which a profile gets keys in ways that are not played here.
const UNPLAYED: [&str; 4] =
    ["credential_process", "credential_source", "sso_session", "sso_start_url"];

/// Whether there is such a profile.
pub(super) fn exists(profile: &Profile<'_>, reader: &mut Reader<'_>) -> bool {
    settings(profile, profile.name, reader).is_some()
}

/// The keys that stand in a profile.
pub(super) fn keys_of(profile: &Profile<'_>, reader: &mut Reader<'_>) -> Option<AwsKeys> {
    keys(&settings(profile, profile.name, reader)?)
}

/// What a profile says.
pub(super) fn read(profile: &Profile<'_>, reader: &mut Reader<'_>) -> Option<Aws> {
    let place = profile.place;
    let Some(own) = settings(profile, profile.name, reader) else {
        let help = "add it to ~/.aws/credentials, or set AWS_SHARED_CREDENTIALS_FILE";
        reader.error(place, "there is no such profile of AWS", help);
        return None;
    };
    if let Some(role) = own.get("role_arn") {
        return of_role(profile, (&own, role), reader);
    }
    if let Some(keys) = keys(&own) {
        return Some(Aws::keys(keys));
    }
    let message = match UNPLAYED.iter().find(|name| own.contains_key(**name)) {
        Some(way) => format!("the profile gets its keys by `{way}`, which is not done here"),
        None => "the profile has no keys".to_owned(),
    };
    let help = "write aws_access_key_id and aws_secret_access_key into it, or export keys into the environment";
    reader.error(place, &message, help);
    None
}

fn of_role(
    profile: &Profile<'_>,
    (own, role): (&Settings, &str),
    reader: &mut Reader<'_>,
) -> Option<Aws> {
    let by = match (own.get("web_identity_token_file"), own.get("source_profile")) {
        (Some(path), _) => Some(AwsAssumer::WebIdentity(TokenText::File(Arc::from(path.as_str())))),
        (None, Some(source)) => {
            settings(profile, source, reader).as_ref().and_then(keys).map(AwsAssumer::Keys)
        }
        (None, None) => None,
    };
    let Some(by) = by else {
        let message = "the profile's role has nobody who assumes it";
        let help = "give it a source_profile that has keys, or a web_identity_token_file";
        reader.error(profile.place, message, help);
        return None;
    };
    let region = own.get("region").map_or(profile.region, String::as_str);
    let session = own.get("role_session_name").map_or("brownout-gateway", String::as_str);
    let kind = CredentialKind::AwsRole(AwsRole {
        role: Arc::from(role),
        session: Arc::from(session),
        external_id: own.get("external_id").map(|id| Secret::new(id)),
        by,
        region: Arc::from(region),
        endpoint: TokenEndpoint::parse(&sts_of(region))?,
    });
    Some(Aws::source("the profile's role", kind))
}

fn keys(settings: &Settings) -> Option<AwsKeys> {
    let of = |name: &str| settings.get(name).map(|text| Secret::new(text));
    Some(AwsKeys {
        access_key_id: of("aws_access_key_id")?,
        secret_access_key: of("aws_secret_access_key")?,
        session_token: of("aws_session_token"),
    })
}

/// The settings of a profile from both files, of which that with the credentials comes first.
fn settings(profile: &Profile<'_>, name: &str, reader: &mut Reader<'_>) -> Option<Settings> {
    let home = reader.ambient("HOME", profile.place).unwrap_or_default();
    let mut of = |variable: &str, file: &str| {
        let path = reader.ambient(variable, profile.place);
        let path = path.unwrap_or_else(|| format!("{home}/.aws/{file}"));
        reader.file(&path).and_then(Result::ok).unwrap_or_default()
    };
    let config = of("AWS_CONFIG_FILE", "config");
    let credentials = of("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let in_config = match name {
        "default" => section(&config, name),
        _ => section(&config, &format!("profile {name}")),
    };
    match (in_config, section(&credentials, name)) {
        (None, own) => own,
        (Some(of_config), own) => {
            let mut all = of_config;
            all.extend(own.into_iter().flatten());
            Some(all)
        }
    }
}

/// One section of such a file. Settings below a setting, which are indented, are nobody's here.
fn section(text: &str, name: &str) -> Option<Settings> {
    let mut found = None;
    let mut inside = false;
    for line in text.lines() {
        let plain = line.trim();
        if let Some(title) = plain.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            inside = title.split_whitespace().eq(name.split_whitespace());
            if inside {
                found.get_or_insert_with(Settings::new);
            }
            continue;
        }
        if !inside || plain.starts_with(['#', ';']) || line.starts_with([' ', '\t']) {
            continue;
        }
        if let (Some((key, value)), Some(found)) = (plain.split_once('='), found.as_mut()) {
            found.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn a_section_has_its_own_settings_only() {
        let text = "# mine\n[default]\naws_access_key_id = A\n[profile  work]\nS3 =\n  x = 1\nregion=eu-west-1\n; no\n[other]\nregion = x\n";
        let work = section(text, "profile work").unwrap();
        assert_eq!(work["region"], "eu-west-1");
        assert!(!work.contains_key("x"), "{work:?}");
        assert_eq!(section(text, "default").unwrap()["aws_access_key_id"], "A");
        assert_eq!(section(text, "work"), None);
    }
}

//! Where the credentials of clouds come from, as config, environment and files say it: in LiteLLM's order, and with what is
//! not done here refused by its name. A run looks nothing up.

use gateway::config::{AwsAssumer, CredentialKind, Deployment, TokenText};
use gateway::litellm::{ConfigError, Dummies, Loaded, Secrets, read};
use serde_json::{Value, json};

type Pairs = &'static [(&'static str, &'static str)];

/// Variables, and files.
struct Machine(Pairs, Pairs);

impl Secrets for Machine {
    fn resolve(&self, name: &str, _: &str) -> Option<String> {
        found(self.0, name)
    }

    fn file(&self, path: &str) -> Option<Result<String, String>> {
        Some(found(self.1, path).ok_or_else(|| "no such file".to_owned()))
    }
}

fn found(pairs: Pairs, name: &str) -> Option<String> {
    pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

fn loaded(params: Value, secrets: &dyn Secrets) -> Result<Loaded, Vec<ConfigError>> {
    read(&json!({"model_list": [{"model_name": "m", "litellm_params": params}]}), secrets)
}

fn one(params: Value, secrets: &dyn Secrets) -> Deployment {
    let loaded = loaded(params, secrets).unwrap_or_else(|errors| panic!("{errors:?}"));
    loaded.config.deployments[0].clone()
}

fn refused(params: Value, secrets: &dyn Secrets) -> String {
    let errors = loaded(params, secrets).err().unwrap_or_default();
    errors.iter().map(|error| format!("{}: {}\n", error.path, error.message)).collect()
}

fn kind(deployment: &Deployment) -> &CredentialKind {
    let credential = deployment.credential.as_ref();
    credential
        .map_or_else(|| panic!("nothing is fetched for {deployment:?}"), |source| &source.kind)
}

const ACCOUNT: &str = r#"{"type":"service_account","project_id":"shop-7","client_email":"r@x","private_key":"PEM",
    "private_key_id":"k","token_uri":"https://oauth2.googleapis.com/token"}"#;
const USER: &str = r#"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","quota_project_id":"mine-1"}"#;

fn gemini(more: Value) -> Value {
    let mut params = json!({"model": "vertex_ai/gemini-2.5-pro"});
    params.as_object_mut().expect("an object").extend(more.as_object().expect("members").clone());
    params
}

#[test]
fn googles_credentials_stand_in_the_config_in_files_or_in_the_machine() {
    let nothing = Machine(&[], &[]);
    let files = Machine(&[], &[("/keys/robot.json", ACCOUNT)]);
    let variable =
        Machine(&[("GOOGLE_APPLICATION_CREDENTIALS", "/me.json")], &[("/me.json", USER)]);
    let login = Machine(
        &[("HOME", "/home/me")],
        &[("/home/me/.config/gcloud/application_default_credentials.json", USER)],
    );
    let inline: Value = serde_json::from_str(ACCOUNT).expect("JSON");
    for (params, machine, project) in [
        (json!({"vertex_credentials": "/keys/robot.json"}), &files, "shop-7"),
        (json!({"vertex_credentials": ACCOUNT}), &nothing, "shop-7"),
        (json!({"vertex_ai_credentials": inline}), &nothing, "shop-7"),
        (json!({"vertex_credentials": "/keys/robot.json", "vertex_project": "own"}), &files, "own"),
        (json!({}), &variable, "mine-1"),
        (json!({}), &login, "mine-1"),
    ] {
        let read = one(gemini(params.clone()), machine);
        assert!(
            read.base_path.contains(&format!("/projects/{project}/")),
            "{params}: {}",
            read.base_path
        );
        let fits = match kind(&read) {
            CredentialKind::GoogleService(account) => {
                project != "mine-1" && &*account.email == "r@x"
            }
            CredentialKind::GoogleUser(user) => project == "mine-1" && &*user.client_id == "c",
            _ => false,
        };
        assert!(fits, "{params}");
    }
    let machine = one(gemini(json!({"vertex_project": "p"})), &nothing);
    let CredentialKind::GoogleMachine(at) = kind(&machine) else { panic!("{machine:?}") };
    assert!(at.to_string().starts_with("http://metadata.google.internal/"), "{at}");
    let keyed = one(gemini(json!({"vertex_project": "p", "api_key": "ya29.x"})), &files);
    assert!(keyed.credential.is_none());
}

#[test]
fn what_is_no_account_of_googles_is_refused_where_it_stands() {
    let nothing = Machine(&[], &[]);
    for (credentials, why) in [
        ("/keys/gone.json", "no such file"),
        ("{not json", "no valid JSON"),
        (r#"{"type":"external_account"}"#, "`external_account` cannot be used yet"),
        (r#"{"type":"service_account","client_email":"r@x"}"#, "no account of Google's"),
    ] {
        let said = refused(
            gemini(json!({"vertex_project": "p", "vertex_credentials": credentials})),
            &nothing,
        );
        assert!(
            said.contains("vertex_credentials: ") && said.contains(why),
            "{credentials}: {said}"
        );
        assert!(!said.contains("r@x"), "{said}");
    }
}

#[test]
fn an_application_of_entra_stands_for_a_key_that_is_missing() {
    let azure = |more: Value| {
        let mut params = json!({"model": "azure/gpt-4o", "api_base": "https://x.openai.azure.com"});
        params
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("members").clone());
        params
    };
    let app = json!({"tenant_id": "ten/ant", "client_id": "app", "client_secret": "secret"});
    let read = one(azure(app.clone()), &Machine(&[], &[]));
    let CredentialKind::Entra(entra) = kind(&read) else { panic!("{read:?}") };
    assert_eq!(
        entra.endpoint.to_string(),
        "https://login.microsoftonline.com/ten%2Fant/oauth2/v2.0/token"
    );
    assert_eq!(&*entra.scope, "https://cognitiveservices.azure.com/.default");
    let environment = Machine(
        &[
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_ID", "c"),
            ("AZURE_CLIENT_SECRET", "s"),
            ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/"),
            ("AZURE_SCOPE", "https://gov/.default"),
        ],
        &[],
    );
    let read = one(azure(json!({})), &environment);
    let CredentialKind::Entra(entra) = kind(&read) else { panic!("{read:?}") };
    assert_eq!(entra.endpoint.to_string(), "https://login.microsoftonline.us/t/oauth2/v2.0/token");
    assert_eq!(&*entra.scope, "https://gov/.default");
    assert!(one(azure(json!({"api_key": "k"})), &environment).credential.is_none());
    let half = loaded(azure(json!({"tenant_id": "t"})), &Machine(&[], &[])).expect("a config");
    assert!(half.notes.iter().any(|note| note.text.contains("get a token together")));
}

fn nova(more: Value) -> Value {
    let mut params =
        json!({"model": "bedrock/amazon.nova-pro-v1:0", "aws_region_name": "eu-west-1"});
    params.as_object_mut().expect("an object").extend(more.as_object().expect("members").clone());
    params
}

const SHARED: &str = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s0\n\
    [work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s1\naws_session_token=t1\n";
const CONFIG: &str = "[profile team]\nrole_arn = arn:aws:iam::2:role/team\nsource_profile = work\nregion = us-east-2\n\
    [profile browser]\nsso_session = corp\n[profile program]\ncredential_process = /bin/keys\n";
const HOME: Pairs = &[("HOME", "/home/me")];
const AWS_FILES: Pairs = &[("/home/me/.aws/credentials", SHARED), ("/home/me/.aws/config", CONFIG)];

#[test]
fn a_profile_of_aws_is_read_from_the_files_that_its_tools_share() {
    let machine = Machine(HOME, AWS_FILES);
    let id = |deployment: &Deployment| {
        deployment.aws_keys.as_ref().map(|keys| keys.access_key_id.reveal().to_owned())
    };
    let work = one(nova(json!({"aws_profile_name": "work"})), &machine);
    assert_eq!(id(&work).as_deref(), Some("AKIAWORK"));
    assert!(work.aws_keys.as_ref().is_some_and(|keys| keys.session_token.is_some()));
    assert_eq!(id(&one(nova(json!({})), &machine)).as_deref(), Some("AKIADEFAULT"));
    let elsewhere =
        Machine(&[("AWS_SHARED_CREDENTIALS_FILE", "/mnt/keys")], &[("/mnt/keys", SHARED)]);
    assert_eq!(id(&one(nova(json!({})), &elsewhere)).as_deref(), Some("AKIADEFAULT"));
    let team = one(nova(json!({"aws_profile_name": "team"})), &machine);
    let CredentialKind::AwsRole(role) = kind(&team) else { panic!("{team:?}") };
    assert_eq!((&*role.role, &*role.region), ("arn:aws:iam::2:role/team", "us-east-2"));
    assert_eq!(role.endpoint.to_string(), "https://sts.us-east-2.amazonaws.com/");
    for (name, why) in [
        ("nobody", "no such profile"),
        ("browser", "by `sso_session`"),
        ("program", "by `credential_process`"),
    ] {
        let said = refused(nova(json!({"aws_profile_name": name})), &machine);
        assert!(said.contains("aws_profile_name: ") && said.contains(why), "{name}: {said}");
    }
}

#[test]
fn a_role_of_aws_is_assumed_by_keys_or_by_whom_somebody_vouches_for() {
    let role = "arn:aws:iam::1:role/models";
    let keys = json!({
        "aws_role_name": role, "aws_session_name": "night", "aws_access_key_id": "AKIAOWN",
        "aws_secret_access_key": "s", "aws_sts_endpoint": "https://sts.example/", "aws_external_id": "e"
    });
    let read = one(nova(keys), &Machine(&[], &[]));
    let CredentialKind::AwsRole(assumed) = kind(&read) else { panic!("{read:?}") };
    assert!(
        matches!(&assumed.by, AwsAssumer::Keys(keys) if keys.access_key_id.reveal() == "AKIAOWN")
    );
    assert_eq!(
        (&*assumed.session, assumed.endpoint.to_string().as_str()),
        ("night", "https://sts.example/")
    );
    assert!(read.aws_keys.is_none(), "the role's keys sign, not one's own");
    let by_profile = one(nova(json!({"aws_role_name": role})), &Machine(HOME, AWS_FILES));
    assert!(
        matches!(kind(&by_profile), CredentialKind::AwsRole(role) if matches!(role.by, AwsAssumer::Keys(_)))
    );
    let variables = Machine(&[("TOKEN", "eyJ.of.env"), ("PATH_OF", "/var/token")], &[]);
    let file = |path: &str| TokenText::File(path.into());
    for (token, expected) in [
        ("oidc/file//var/run/token", Some(file("/var/run/token"))),
        ("oidc/env_path/PATH_OF", Some(file("/var/token"))),
        ("/var/run/token", Some(file("/var/run/token"))),
        ("oidc/env/TOKEN", None),
        ("TOKEN", None),
    ] {
        let params = nova(json!({"aws_role_name": role, "aws_web_identity_token": token}));
        let read = one(params, &variables);
        let CredentialKind::AwsRole(assumed) = kind(&read) else { panic!("{read:?}") };
        let AwsAssumer::WebIdentity(text) = &assumed.by else { panic!("{assumed:?}") };
        match expected {
            Some(file) => assert_eq!(*text, file),
            None => {
                assert!(matches!(text, TokenText::Given(token) if token.reveal() == "eyJ.of.env"));
            }
        }
    }
    let said = refused(nova(json!({"aws_role_name": role})), &Machine(&[], &[]));
    assert!(said.contains("no keys of AWS by which the role is assumed"), "{said}");
    let google = json!({"aws_role_name": role, "aws_web_identity_token": "oidc/google/https://x"});
    assert!(refused(nova(google), &variables).contains("nobody here fetches such a token"));
}

#[test]
fn without_any_word_aws_is_found_where_its_own_tools_look() {
    let service = Machine(
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/eks/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod"),
        ],
        &[],
    );
    let read = one(nova(json!({})), &service);
    assert!(
        matches!(kind(&read), CredentialKind::AwsRole(role) if &*role.role == "arn:aws:iam::1:role/pod")
    );
    let container =
        Machine(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x")], &[]);
    let read = one(nova(json!({})), &container);
    let CredentialKind::AwsContainer(asked) = kind(&read) else { panic!("{read:?}") };
    assert_eq!(asked.endpoint.to_string(), "http://169.254.170.2/v2/credentials/x");
    let bare = loaded(nova(json!({})), &Machine(&[], &[])).expect("a config");
    assert!(matches!(kind(&bare.config.deployments[0]), CredentialKind::AwsMachine(_)));
    assert!(bare.notes.iter().any(|note| note.text.contains("the machine is asked")));
    let off = Machine(&[("AWS_EC2_METADATA_DISABLED", "true")], &[]);
    assert!(one(nova(json!({})), &off).credential.is_none());
    let keys = Machine(
        &[("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("HOME", "/home/me")],
        AWS_FILES,
    );
    let read = one(nova(json!({})), &keys);
    assert!(
        read.credential.is_none()
            && read.aws_keys.is_some_and(|keys| keys.access_key_id.reveal() == "AKIAENV")
    );
}

#[test]
fn a_run_fetches_nothing() {
    for params in [
        gemini(json!({"vertex_credentials": ACCOUNT})),
        gemini(json!({"vertex_credentials": "/keys/robot.json"})),
        gemini(json!({"vertex_credentials": "os.environ/VERTEX"})),
        nova(json!({"aws_profile_name": "nobody"})),
        nova(
            json!({"aws_role_name": "arn:aws:iam::1:role/r", "aws_web_identity_token": "oidc/google/x"}),
        ),
        json!({"model": "azure/gpt-4o", "api_base": "https://x", "tenant_id": "t", "client_id": "c", "client_secret": "s"}),
    ] {
        let read = one(params.clone(), &Dummies);
        assert!(read.credential.is_none(), "{params}");
    }
}

#[test]
fn tls_believes_whom_deployment_environment_and_settings_name_in_this_order() {
    use world::{Believed, TrustOptions};
    let machine = |variables: Pairs| Machine(variables, &[("/ca.pem", "CA"), ("/me.pem", "ME")]);
    let of = |params: Value, settings: Value, machine: &Machine| {
        let mut at = json!({"model": "openai/gpt-4o"});
        at.as_object_mut().expect("an object").extend(params.as_object().expect("members").clone());
        let config = json!({"model_list": [{"model_name": "m", "litellm_params": at}], "litellm_settings": settings});
        read(&config, machine)
    };
    let only = || Believed::Only("CA".into());
    const OFF: Pairs = &[("SSL_VERIFY", "False")];
    for (params, settings, variables, believed) in [
        (json!({}), json!({}), machine(&[]), Believed::Usual),
        (json!({}), json!({"ssl_verify": false}), machine(&[]), Believed::Anybody),
        (json!({}), json!({"ssl_verify": "/ca.pem"}), machine(&[]), only()),
        (json!({}), json!({"ssl_verify": "/ca.pem"}), machine(OFF), Believed::Anybody),
        (json!({"ssl_verify": true}), json!({"ssl_verify": false}), machine(OFF), Believed::Usual),
        (json!({"ssl_verify": "/ca.pem"}), json!({}), machine(OFF), only()),
    ] {
        let read = of(params, settings, &variables).expect("a config");
        assert_eq!(read.config.deployments[0].trust.believed, believed);
        let warned = read.notes.iter().any(|note| note.kind == gateway::litellm::NoteKind::Unsafe);
        assert!(warned || believed != Believed::Anybody);
    }
    let own =
        of(json!({}), json!({"ssl_certificate": "/me.pem"}), &machine(&[])).expect("a config");
    assert_eq!(own.config.deployments[0].trust.own.as_deref(), Some("ME"));
    let errors =
        of(json!({"ssl_verify": "/gone.pem"}), json!({}), &machine(&[])).err().unwrap_or_default();
    assert!(
        errors[0].path.ends_with("ssl_verify") && errors[0].message.contains("no such file"),
        "{errors:?}"
    );
    let run = json!({"model_list": [{"model_name": "m", "litellm_params": {"model": "openai/gpt-4o", "ssl_verify": "/gone.pem"}}]});
    assert_eq!(
        read(&run, &Dummies).expect("a config").config.deployments[0].trust,
        TrustOptions::default()
    );
}

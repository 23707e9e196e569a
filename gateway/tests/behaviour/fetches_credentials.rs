//! Credentials of clouds are fetched before a provider is asked, once for all who wait, and again before they end; who gets
//! none says of whom they were asked, and no secret.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use crate::support::*;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use gateway::config::{
    AwsAssumer, AwsKeys, AwsRole, CredentialKind, CredentialSource, Deployment, EntraApp,
    GoogleService, GoogleUser, Platform, Secret, TokenEndpoint, TokenText,
};
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use vocab::Protocol;

/// Made for this test; it opens nothing.
const KEY: &str = include_str!("../fixtures/service_account_key.pem");

fn at(url: &str) -> TokenEndpoint {
    TokenEndpoint::parse(url).expect("an address")
}

fn fetched(kind: CredentialKind) -> CredentialSource {
    CredentialSource { named: Arc::from("account.json"), kind }
}

fn service() -> CredentialSource {
    fetched(CredentialKind::GoogleService(GoogleService {
        email: Arc::from("robot@project.iam.gserviceaccount.com"),
        key_id: Some(Arc::from("key-7")),
        private_key: Secret::new(KEY),
        endpoint: at("https://tokens/token"),
        audience: Arc::from("https://tokens/token"),
    }))
}

fn app() -> CredentialSource {
    fetched(CredentialKind::Entra(EntraApp {
        client_id: Arc::from("app-1"),
        client_secret: Secret::new("secret-of-the-app"),
        scope: Arc::from("https://cognitiveservices.azure.com/.default"),
        endpoint: at("https://tokens/tenant/oauth2/v2.0/token"),
    }))
}

fn assumed(by: AwsAssumer) -> CredentialSource {
    fetched(CredentialKind::AwsRole(AwsRole {
        role: Arc::from("arn:aws:iam::1:role/models"),
        session: Arc::from("night shift"),
        external_id: Some(Secret::new("external-id-1")),
        by,
        region: Arc::from("eu-west-1"),
        endpoint: at("https://tokens/"),
    }))
}

fn at_vertex(credential: CredentialSource) -> Deployment {
    Deployment {
        protocol: Protocol::OpenAi,
        platform: Platform::Vertex,
        api_key: None,
        credential: Some(credential),
        ..deployment("cloud")
    }
}

fn at_bedrock(credential: CredentialSource) -> Deployment {
    Deployment {
        protocol: Protocol::Bedrock,
        platform: Platform::Own,
        model: Arc::from("amazon.nova-pro-v1:0"),
        base_path: Arc::from(""),
        region: Some(Arc::from("eu-west-1")),
        ..at_vertex(credential)
    }
}

fn token(name: &str, seconds: u64) -> Act {
    let answer = json!({"access_token": name, "expires_in": seconds, "token_type": "Bearer"});
    Act::Reply(200, vec![], answer.to_string())
}

fn lab(deployment: Deployment, tokens: &[Act]) -> Lab {
    let lab = Lab::new();
    let mut config = config("priority", vec![deployment]);
    config.router.num_retries = 0;
    config.router.disable_cooldowns = true;
    lab.upstream("cloud", &[answer("hi")]).upstream("tokens", tokens).gateway(config);
    lab
}

fn sent(lab: &Lab, host: &str) -> Vec<Sent> {
    let sent = lab.sent.lock().expect("no poison");
    sent.iter().filter(|sent| sent.host == host).cloned().collect()
}

fn shown(lab: &Lab) -> Vec<String> {
    let text = |sent: &Sent| sent.headers["authorization"].to_str().expect("text").to_owned();
    sent(lab, "cloud").iter().map(text).collect()
}

fn fields(body: &str) -> Vec<(String, String)> {
    let plain =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (plain(name), plain(value))).collect()
}

fn field(sent: &Sent, name: &str) -> String {
    let found = fields(&sent.body).into_iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_service_account_signs_for_its_token() {
    let lab = lab(at_vertex(service()), &[token("first", 3600)]);
    for _ in 0..3 {
        assert_eq!(lab.chat(PLAIN).await.status, 200);
    }
    assert_eq!(shown(&lab), ["Bearer first"; 3]);
    let [asked] = &sent(&lab, "tokens")[..] else { unreachable!("asked once") };
    assert_eq!(field(asked, "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let assertion = field(asked, "assertion");
    let (said, signature) = assertion.rsplit_once('.').expect("three parts");
    let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64");
    let der: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let key = KeyPair::from_pkcs8(&BASE64_STANDARD.decode(der).expect("base64")).expect("a key");
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref());
    public.verify(said.as_bytes(), &decoded(signature)).expect("the account's signature");
    let (head, claims) = said.split_once('.').expect("two parts");
    let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)).expect("JSON");
    assert_eq!(json(head), json!({"alg":"RS256","typ":"JWT","kid":"key-7"}));
    let claims = json(claims);
    assert_eq!(claims["iss"], "robot@project.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(claims["aud"], "https://tokens/token");
    assert_eq!(claims["exp"].as_u64(), claims["iat"].as_u64().map(|at| at + 3600));
}

#[tokio::test(start_paused = true)]
async fn a_user_shows_what_a_login_left_behind() {
    let user = fetched(CredentialKind::GoogleUser(GoogleUser {
        client_id: Arc::from("client"),
        client_secret: Secret::new("secret-of-the-client"),
        refresh_token: Secret::new("1//refresh"),
        endpoint: at("https://tokens/token"),
    }));
    let lab = lab(at_vertex(user), &[token("of-user", 3600)]);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(shown(&lab), ["Bearer of-user"]);
    let asked = sent(&lab, "tokens").remove(0);
    assert_eq!(field(&asked, "grant_type"), "refresh_token");
    assert_eq!(field(&asked, "refresh_token"), "1//refresh");
}

#[tokio::test(start_paused = true)]
async fn a_machine_asks_its_metadata_server() {
    let source = fetched(CredentialKind::GoogleMachine(at("https://tokens/computeMetadata/token")));
    let lab = lab(at_vertex(source), &[token("of-machine", 3600)]);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(shown(&lab), ["Bearer of-machine"]);
    assert_eq!(sent(&lab, "tokens")[0].headers["metadata-flavor"], "Google");
}

#[tokio::test(start_paused = true)]
async fn an_application_of_entra_gets_a_token_for_azure() {
    let azure = Deployment {
        protocol: Protocol::Azure,
        platform: Platform::Own,
        base_path: Arc::from(""),
        ..at_vertex(app())
    };
    let lab = lab(azure, &[token("of-entra", 3600)]);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(shown(&lab), ["Bearer of-entra"]);
    let asked = sent(&lab, "tokens").remove(0);
    assert_eq!(asked.path, "/tenant/oauth2/v2.0/token");
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(field(&asked, "client_secret"), "secret-of-the-app");
    assert_eq!(field(&asked, "scope"), "https://cognitiveservices.azure.com/.default");
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_share_one_answer() {
    let lab = lab(at_vertex(app()), &[token("one", 3600)]);
    let (a, b, c) = tokio::join!(lab.chat(PLAIN), lab.chat(PLAIN), lab.chat(PLAIN));
    assert_eq!([a.status, b.status, c.status], [200; 3]);
    assert_eq!(sent(&lab, "tokens").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_ends_is_renewed_before_and_meanwhile_goes_on() {
    let lab =
        lab(at_vertex(app()), &[token("one", 3600), token("two", 3600), token("three", 3600)]);
    let after = async |seconds| {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        assert_eq!(lab.chat(PLAIN).await.status, 200);
        // The renewal is somebody else's.
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    after(0).await;
    after(3290).await;
    after(20).await;
    after(1).await;
    assert_eq!(shown(&lab), ["Bearer one", "Bearer one", "Bearer one", "Bearer two"]);
    // Nobody asked for so long that nothing good is left.
    after(5000).await;
    assert_eq!(shown(&lab)[4], "Bearer three");
    assert_eq!(sent(&lab, "tokens").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_gets_none_says_of_whom_and_why_and_rests_for_a_while() {
    let said = json!({"error":"invalid_client","error_description":"secret-of-the-app is wrong"});
    let refused = Act::Reply(401, vec![], said.to_string());
    let lab = lab(at_vertex(app()), &[refused.clone(), token("late", 3600)]);
    for _ in 0..3 {
        let got = lab.chat(PLAIN).await;
        assert!(got.status == 503 && got.body.contains(": unauthorized: "), "{}", got.body);
        for part in ["account.json", "https://tokens/tenant/oauth2/v2.0/token", "invalid_client"] {
            assert!(got.body.contains(part), "{part}: {}", got.body);
        }
        assert!(!got.body.contains("secret-of-the-app"), "{}", got.body);
    }
    assert_eq!((sent(&lab, "tokens").len(), sent(&lab, "cloud").len()), (1, 0));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    assert_eq!(shown(&lab), ["Bearer late"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_or_is_none_is_a_failure_of_credentials() {
    for (act, why) in [
        (Act::Reply(200, vec![], "<html>login</html>".to_owned()), "no credentials"),
        (Act::Refuse, "failed to connect"),
        (Act::Reply(200, vec![], "x".repeat(100_000)), "no end"),
    ] {
        let lab = lab(at_vertex(app()), &[act]);
        let got = lab.chat(PLAIN).await;
        assert!(got.status == 503 && got.body.contains(": unauthorized: "), "{}", got.body);
        assert!(
            got.body.contains("https://tokens/tenant") && got.body.contains(why),
            "{}",
            got.body
        );
    }
}

fn of_sts(action: &str, until: &str) -> Act {
    let xml = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
         <AccessKeyId>ASIATEMPORARY</AccessKeyId><SecretAccessKey>temporary+secret/x</SecretAccessKey>\
         <SessionToken>temporary-token==</SessionToken><Expiration>{until}</Expiration>\
         </Credentials></{action}Result></{action}Response>"
    );
    Act::Reply(200, vec![], xml)
}

fn converse() -> Act {
    let body = json!({
        "metrics": {"latencyMs": 12}, "stopReason": "end_turn",
        "output": {"message": {"content": [{"text":"hi"}], "role": "assistant"}},
        "usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}
    });
    Act::Reply(200, vec![], body.to_string())
}

fn with_aws(source: CredentialSource, tokens: &[Act]) -> Lab {
    let lab = Lab::new();
    let mut config = config("priority", vec![at_bedrock(source)]);
    config.router.num_retries = 0;
    lab.upstream("cloud", &[converse()]).upstream("tokens", tokens).gateway(config);
    lab
}

fn is_signed_with_temporary_keys(sent: &Sent) -> bool {
    let authorization = sent.headers["authorization"].to_str().expect("text");
    authorization.contains("Credential=ASIATEMPORARY/")
        && authorization.contains("/eu-west-1/bedrock/aws4_request")
        && authorization.contains("x-amz-security-token")
        && sent.headers["x-amz-security-token"] == "temporary-token=="
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_with_keys_and_signs_for_bedrock() {
    let keys = AwsKeys {
        access_key_id: Secret::new("AKIAOWN"),
        secret_access_key: Secret::new("secret-of-my-own"),
        session_token: None,
    };
    let lab =
        with_aws(assumed(AwsAssumer::Keys(keys)), &[of_sts("AssumeRole", "2099-01-01T00:00:00Z")]);
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let asked = sent(&lab, "tokens").remove(0);
    assert_eq!(
        (field(&asked, "Action"), field(&asked, "Version")),
        ("AssumeRole".into(), "2011-06-15".into())
    );
    assert_eq!(field(&asked, "RoleArn"), "arn:aws:iam::1:role/models");
    assert_eq!(field(&asked, "RoleSessionName"), "night shift");
    assert_eq!(field(&asked, "ExternalId"), "external-id-1");
    let authorization = asked.headers["authorization"].to_str().expect("text");
    assert!(
        authorization.contains("Credential=AKIAOWN/")
            && authorization.contains("/eu-west-1/sts/aws4_request")
    );
    assert!(is_signed_with_temporary_keys(&sent(&lab, "cloud")[0]));
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_for_whom_somebody_vouches_with_a_file_that_changes() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("web-identity-token");
    std::fs::write(&path, "token-one\n").expect("written");
    let file = TokenText::File(Arc::from(path.to_str().expect("text")));
    // The clock of a test begins before that.
    let soon = of_sts("AssumeRoleWithWebIdentity", "1990-01-01T00:00:00Z");
    let lab = with_aws(assumed(AwsAssumer::WebIdentity(file)), &[soon]);
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    std::fs::write(&path, "token-two").expect("written");
    assert_eq!(lab.chat(PLAIN).await.status, 200);
    let asked = sent(&lab, "tokens");
    let tokens: Vec<String> = asked.iter().map(|sent| field(sent, "WebIdentityToken")).collect();
    assert_eq!(tokens, ["token-one", "token-two"]);
    assert_eq!(field(&asked[0], "Action"), "AssumeRoleWithWebIdentity");
    assert!(!asked[0].headers.contains_key("authorization"));
    assert!(sent(&lab, "cloud").iter().all(is_signed_with_temporary_keys));
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_aws_is_asked_for_a_session_its_role_and_its_keys() {
    let keys = json!({
        "Code": "Success", "AccessKeyId": "ASIATEMPORARY", "SecretAccessKey": "temporary+secret/x",
        "Token": "temporary-token==", "Expiration": "2099-01-01T00:00:00Z"
    });
    let text = |text: &str| Act::Reply(200, vec![], text.to_owned());
    let source = fetched(CredentialKind::AwsMachine(at("https://tokens/")));
    let lab =
        with_aws(source, &[text("session-token"), text("my-role\n"), text(&keys.to_string())]);
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let asked = sent(&lab, "tokens");
    let paths: Vec<&str> = asked.iter().map(|sent| sent.path.as_str()).collect();
    let roles = "/latest/meta-data/iam/security-credentials/";
    assert_eq!(paths, ["/latest/api/token", roles, &format!("{roles}my-role")]);
    assert!(
        asked[1..].iter().all(|sent| sent.headers["x-aws-ec2-metadata-token"] == "session-token")
    );
    assert!(is_signed_with_temporary_keys(&sent(&lab, "cloud")[0]));
}

#[tokio::test(start_paused = true)]
async fn aws_says_no_in_its_own_words() {
    let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
               <Message>User is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
    let token = TokenText::Given(Secret::new("given-token"));
    let refused = Act::Reply(403, vec![], xml.to_owned());
    let lab = with_aws(assumed(AwsAssumer::WebIdentity(token)), &[refused]);
    let got = lab.chat(PLAIN).await;
    assert!(got.status == 503 && got.body.contains(": unauthorized: "), "{}", got.body);
    assert!(got.body.contains("403: AccessDenied: User is not authorized"), "{}", got.body);
}

#[test]
fn nothing_shows_a_secret() {
    let keys = AwsKeys {
        access_key_id: Secret::new("canary-id"),
        secret_access_key: Secret::new("canary-secret"),
        session_token: None,
    };
    for source in [service(), app(), assumed(AwsAssumer::Keys(keys))] {
        let shown = format!("{source:?}");
        for secret in ["canary", "secret-of-the-app", "BEGIN PRIVATE KEY", "external-id-1"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

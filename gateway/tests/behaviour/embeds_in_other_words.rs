//! `/v1/embeddings` at providers with words of their own: Gemini, Vertex AI, and Bedrock's embedders. The upstream's
//! bytes are written by hand, after the providers' references.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Deployment, Platform, Secret};
use serde_json::{Value, json};
use vocab::Protocol;

const PATH: &str = "/v1/embeddings";
const TITAN: &str = "amazon.titan-embed-text-v2:0";
const COHERE: &str = "cohere.embed-english-v3";

fn gemini(platform: Platform) -> Deployment {
    Deployment {
        protocol: Protocol::Gemini,
        platform,
        model: Arc::from("gemini-embedding-001"),
        base_path: Arc::from("/v1beta"),
        ..deployment("there")
    }
}

fn bedrock(model: &str) -> Deployment {
    Deployment {
        protocol: Protocol::Bedrock,
        model: Arc::from(model),
        base_path: Arc::from(""),
        api_key: Some(Secret::new("token-of-aws")),
        ..deployment("there")
    }
}

fn batch() -> Value {
    json!({"embeddings":[{"values":[0.1,-0.5]},{"values":[0.25,1.0]}]})
}

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

async fn asked(deployment: Deployment, answer: &Value, request: &Value) -> (Got, Option<Sent>) {
    let lab = Lab::new();
    lab.upstream("there", &[Act::Reply(200, vec![], answer.to_string())]);
    lab.gateway(config("least-busy", vec![deployment]));
    let got = lab.post(PATH, &[], &request.to_string()).await;
    (got, sent(&lab).pop())
}

fn body(sent: &Sent) -> Value {
    serde_json::from_str(&sent.body).expect("JSON")
}

#[tokio::test(start_paused = true)]
async fn gemini_gets_a_batch_and_answers_with_a_list() {
    let request = json!({"model":"model","input":["a","b"],"dimensions":2,"encoding_format":"float","task_type":"RETRIEVAL_QUERY"});
    let (got, sent) = asked(gemini(Platform::Own), &batch(), &request).await;
    let expected = json!({
        "object":"list","model":"gemini-embedding-001",
        "data":[{"object":"embedding","index":0,"embedding":[0.1,-0.5]},{"object":"embedding","index":1,"embedding":[0.25,1.0]}]
    });
    assert_eq!((got.status, got.json()), (200, expected));
    assert!(got.body.contains("[0.1,-0.5]"), "as Gemini wrote it: {}", got.body);
    let sent = sent.expect("an attempt");
    assert_eq!(sent.path, "/v1beta/models/gemini-embedding-001:batchEmbedContents");
    let one = |text: &str| json!({"model":"models/gemini-embedding-001","content":{"parts":[{"text":text}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":2});
    assert_eq!(body(&sent), json!({"requests":[one("a"),one("b")]}));
}

#[tokio::test(start_paused = true)]
async fn one_text_is_a_batch_of_one_and_base64_is_made_here() {
    let request = json!({"model":"model","input":"a","encoding_format":"base64"});
    let answer = json!({"embeddings":[{"values":[1.0,-2.0]}]});
    let (got, _) = asked(gemini(Platform::Own), &answer, &request).await;
    // Two floats of 32 bits, little end first.
    assert_eq!(got.json()["data"][0]["embedding"], "AACAPwAAAMA=");
}

#[tokio::test(start_paused = true)]
async fn vertex_is_asked_for_a_prediction_and_counts_the_tokens() {
    let request = json!({"model":"model","input":["a","b"],"dimensions":2});
    let vector = |values: Value, tokens: u64| json!({"embeddings":{"values":values,"statistics":{"token_count":tokens,"truncated":false}}});
    let answer = json!({"predictions":[vector(json!([0.5,0.25]),3),vector(json!([1.0,2.0]),4)]});
    let (got, sent) = asked(gemini(Platform::Vertex), &answer, &request).await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(
        got.json()["data"][1],
        json!({"object":"embedding","index":1,"embedding":[1.0,2.0]})
    );
    assert_eq!(got.json()["usage"], json!({"prompt_tokens":7,"total_tokens":7}));
    let sent = sent.expect("an attempt");
    assert_eq!(sent.path, "/v1beta/models/gemini-embedding-001:predict");
    let expected = json!({"instances":[{"content":"a"},{"content":"b"}],"parameters":{"outputDimensionality":2}});
    assert_eq!(body(&sent), expected);
}

#[tokio::test(start_paused = true)]
async fn bedrocks_embedders_are_invoked_in_their_houses_words() {
    let one = json!({"model":"model","input":"a","dimensions":256});
    let answer = json!({"embedding":[0.5,0.25],"inputTextTokenCount":3,"embeddingsByType":{"float":[0.5,0.25]}});
    let (got, sent) = asked(bedrock(TITAN), &answer, &one).await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(got.json()["data"][0]["embedding"], json!([0.5, 0.25]));
    assert_eq!(got.json()["usage"], json!({"prompt_tokens":3,"total_tokens":3}));
    let sent = sent.expect("an attempt");
    assert_eq!(sent.path, "/model/amazon.titan-embed-text-v2%3A0/invoke");
    assert_eq!(body(&sent), json!({"inputText":"a","dimensions":256}));

    let two = json!({"model":"model","input":["a","b"],"input_type":"search_query"});
    for embeddings in [json!([[0.5, 1.0], [2.0, 4.0]]), json!({"float":[[0.5, 1.0], [2.0, 4.0]]})] {
        let answer = json!({"embeddings":embeddings,"id":"x","response_type":"embeddings_floats","texts":["a","b"]});
        let (got, sent) = asked(bedrock(COHERE), &answer, &two).await;
        assert_eq!(got.status, 200, "{}", got.body);
        assert_eq!(got.json()["data"][1]["embedding"], json!([2.0, 4.0]));
        assert_eq!(got.json().get("usage"), None, "nobody counted");
        let sent = sent.expect("an attempt");
        assert_eq!(body(&sent), json!({"texts":["a","b"],"input_type":"search_query"}));
    }
    let (_, sent) = asked(bedrock(COHERE), &batch(), &json!({"model":"model","input":"a"})).await;
    assert_eq!(body(&sent.expect("an attempt"))["input_type"], "search_document");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_embedded_is_refused_by_name() {
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    for (deployment, members, param) in [
        (gemini(Platform::Own), json!({"input":[1,2,3]}), "input"),
        (gemini(Platform::Own), json!({"input":[[1,2],[3]]}), "input"),
        (gemini(Platform::Own), json!({"input":many}), "input"),
        (gemini(Platform::Own), json!({}), "input"),
        (gemini(Platform::Own), json!({"input":"a","user":"u"}), "user"),
        (gemini(Platform::Own), json!({"input":"a","tomorrow":1}), "tomorrow"),
        (bedrock(TITAN), json!({"input":["a","b"]}), "input"),
        (bedrock(COHERE), json!({"input":"a","dimensions":5}), "dimensions"),
        (bedrock("amazon.nova-pro-v1:0"), json!({"input":"a"}), "model"),
    ] {
        let mut request = members.clone();
        request["model"] = json!("model");
        let (got, sent) = asked(deployment, &batch(), &request).await;
        let error = &got.json()["error"];
        assert_eq!((got.status, &error["param"]), (400, &json!(param)), "{members}: {error}");
        assert!(sent.is_none(), "{members}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_none_is_another_deployments_turn() {
    for answer in [json!({"error":{}}), json!({"predictions":[]}), json!({"embeddings":[]})] {
        let lab = Lab::new();
        lab.upstream("there", &[Act::Reply(200, vec![], answer.to_string())]);
        lab.upstream("backup", &[Act::Reply(200, vec![], batch().to_string())]);
        let mut config = config("priority", vec![gemini(Platform::Own)]);
        config.deployments.push(Deployment {
            id: vocab::DeploymentId::from("backup"),
            authority: deployment("backup").authority,
            ..gemini(Platform::Own)
        });
        lab.gateway(config);
        let request = json!({"model":"model","input":["a","b"]});
        let got = lab.post(PATH, &[], &request.to_string()).await;
        assert_eq!(got.status, 200, "{answer}: {}", got.body);
        assert_eq!(lab.hosts(), ["there", "backup"], "{answer}");
    }
}

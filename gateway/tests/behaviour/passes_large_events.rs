//! Events with pictures pass, and what is read here comes in no coding that is not.

use std::time::Duration;

use bytes::Bytes;

use crate::support::*;

/// A chunk with a picture of about so many bytes.
fn picture(bytes: usize) -> String {
    let data = "A".repeat(bytes);
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"images\":[{{\"type\":\"image_url\",\"image_url\":{{\"url\":\"data:image/png;base64,{data}\"}}}}]}},\"finish_reason\":null}}]}}\n\n"
    )
}

#[tokio::test(start_paused = true)]
async fn a_picture_of_megabytes_comes_through_a_stream_as_it_is() {
    const MIB: usize = 1024 * 1024;
    for bytes in [2 * MIB, 15 * MIB] {
        let picture = picture(bytes);
        let pieces = picture
            .as_bytes()
            .chunks(60_000)
            .map(|piece| Step::Send(Bytes::copy_from_slice(piece)));
        let lab = Lab::new();
        let steps = [vec![role()], pieces.collect(), vec![word("there")], end()].concat();
        lab.upstream("a", &[Act::Stream(steps)]).gateway(priority(&["a"]));
        let got = lab.chat(STREAM).await;
        assert!(got.done() && !got.broken, "{bytes}");
        assert!(got.body.contains(&picture), "{bytes}");
        assert_eq!(lab.decided(), ["a pick", "a served after 1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_without_end_is_not_held_for_ever() {
    let lab = Lab::new();
    let endless = Step::Send(Bytes::from(vec![b'A'; 1024 * 1024]));
    let begun = vec![role(), word("w"), Step::Say("data: ".to_owned())];
    let steps = [begun, vec![endless; 20], vec![Step::Stall]].concat();
    lab.upstream("a", &[Act::Stream(steps)]).gateway(priority(&["a"]));
    let got = lab.chat(STREAM).await;
    assert!(!got.done() && got.error_event().is_some());
    assert!(got.body.len() < 1024 * 1024);
    assert!(got.took < Duration::from_secs(1), "at the bound, not when it stalls: {:?}", got.took);
}

#[tokio::test(start_paused = true)]
async fn no_provider_is_asked_for_a_coding_that_is_not_read_here() {
    let lab = Lab::new();
    let mut config = priority(&["a"]);
    let header = (std::sync::Arc::from("accept-encoding"), gateway::config::Secret::new("gzip"));
    config.deployments[0].additions.headers.push(header);
    lab.upstream("a", &[answer("yes")]).gateway(config);
    let wish = [("accept-encoding", "gzip, br")];
    assert_eq!(lab.post("/v1/chat/completions", &wish, PLAIN).await.status, 200);
    for sent in &*lab.sent.lock().expect("no poison") {
        let asked: Vec<_> = sent.headers.get_all("accept-encoding").iter().collect();
        assert_eq!(asked, ["identity"]);
    }
}

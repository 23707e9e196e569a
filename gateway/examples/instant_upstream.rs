//! An upstream that answers at once with bytes made beforehand, for measuring a proxy's own cost.
//!
//! `instant_upstream PORT` answers `/json/…` with a 0.3 kB chat completion and `/sse/…` with 20
//! chunks in one burst. It parses nothing but the ends of requests, so that it is never the
//! bottleneck. Used by `scripts/speed`; not a fake provider.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

fn main() -> std::io::Result<()> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let (json, sse) = (json(), sse());
    for client in listener.incoming() {
        let (client, json, sse) = (client?, json.clone(), sse.clone());
        std::thread::spawn(move || serve(client, &json, &sse));
    }
    Ok(())
}

fn serve(mut client: TcpStream, json: &[u8], sse: &[u8]) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut buffer = vec![0u8; 64 * 1024];
    let mut filled = 0;
    loop {
        let n = client.read(&mut buffer[filled..])?;
        if n == 0 {
            return Ok(());
        }
        filled += n;
        while let Some(end) = request_end(&buffer[..filled]) {
            let streamed = buffer[..end].windows(5).any(|window| window == b"/sse/");
            client.write_all(if streamed { sse } else { json })?;
            buffer.copy_within(end..filled, 0);
            filled -= end;
        }
    }
}

/// Where the first request in `bytes` ends, if it is whole.
fn request_end(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|value| value.trim().parse::<usize>().ok())
        .unwrap_or(0);
    (bytes.len() >= head + length).then_some(head + length)
}

fn json() -> Vec<u8> {
    let body = concat!(
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1767225617,"model":"gpt-4o-2024-08-06","#,
        r#""choices":[{"index":0,"message":{"role":"assistant","content":"It is a fine day to measure."},"#,
        r#""finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":7,"total_tokens":19}}"#
    );
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn sse() -> Vec<u8> {
    let mut out =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1767225617,\
             \"model\":\"gpt-4o\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let mut frames = vec![chunk(r#"{"role":"assistant","content":""}"#, "null")];
    frames.extend((0..17).map(|n| chunk(&format!(r#"{{"content":" word{n}"}}"#), "null")));
    frames.push(chunk("{}", r#""stop""#));
    frames.push("data: [DONE]\n\n".to_owned());
    for frame in frames {
        out.extend_from_slice(format!("{:x}\r\n{frame}\r\n", frame.len()).as_bytes());
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

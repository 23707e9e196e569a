//! How many streamed events per second the client can read and judge, from memory.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use loadgen::config::Dialect;
use loadgen::stream::{Progress, Reading, StreamReader};
use loadgen::verdict::End;
use vocab::mark::push_token;
use vocab::{At, DeploymentNumber, PromptId, Visit};

/// Tokens of the answer.
const TOKENS: u32 = 1000;

/// An answer as OpenAI frames it, one event per piece.
fn frames() -> Vec<Bytes> {
    let frame = |seq: u32| {
        let mut text = String::new();
        let speaker = (DeploymentNumber(2), PromptId(123_456), Visit(1));
        push_token(&mut text, speaker, seq, seq + 1 == TOKENS);
        Bytes::from(format!(
            "data: {{\"id\":\"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz\",\"object\":\"chat.completion.\
             chunk\",\"created\":1767225617,\"model\":\"gpt-4o-2024-11-20\",\"system_fingerprint\":\
             \"fp_0123456789\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\
             \"logprobs\":null,\"finish_reason\":null}}]}}\n\n"
        ))
    };
    let done = Bytes::from_static(b"data: [DONE]\n\n");
    (0..TOKENS).map(frame).chain([done]).collect()
}

fn read(pieces: &[Bytes]) -> Reading {
    let mut reading = Reading::new(PromptId(123_456));
    let mut reader = StreamReader::new(Dialect::OpenAi, None);
    let mut over = Progress::More;
    for (n, piece) in pieces.iter().enumerate() {
        over = reader.push(piece.clone(), At(n as u64), &mut reading);
    }
    assert_eq!(over, Progress::Over(End::Whole));
    reading
}

fn sse_read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sse_read");
    group.throughput(Throughput::Elements(u64::from(TOKENS) + 1));
    let single = frames();
    let all = single.concat();
    let burst: Vec<Bytes> =
        all.chunks(16 * 1024).map(|piece| BytesMut::from(piece).freeze()).collect();
    group.bench_function("one event per read", |b| b.iter(|| read(black_box(&single))));
    group.bench_function("16 KiB per read", |b| b.iter(|| read(black_box(&burst))));
    group.finish();
}

criterion_group!(benches, sse_read);
criterion_main!(benches);

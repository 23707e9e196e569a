//! How many events per second the stream codec moves on one core: decoding, observing, peeking and
//! writing. DESIGN asks for 250,000 events/s through a whole pipeline, so each step has to be some
//! twenty times faster.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wire::{
    anthropic::{self, TextTemplate},
    openai::{self, ChatChunk, ChunkTemplate, RequestHead},
    sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, Scanner},
};

const EVENTS: usize = 1_000;

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("sse_decode");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for (dialect, stream) in [("openai", openai_stream()), ("anthropic", anthropic_stream())] {
        for (name, size) in
            [("one_chunk", stream.len()), ("16k_reads", 16 * 1024), ("256b_reads", 256)]
        {
            let chunks = cut(&stream, size);
            group.bench_function(format!("{dialect}/{name}"), |b| {
                b.iter(|| {
                    let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
                    let mut events = 0;
                    for chunk in &chunks {
                        decoder.push(chunk.clone());
                        while let Some(event) = decoder.next() {
                            black_box(event).ok();
                            events += 1;
                        }
                    }
                    assert_eq!(events, EVENTS);
                });
            });
        }
    }
    group.finish();
}

fn observe(c: &mut Criterion) {
    let stream = openai_stream();
    let mut group = c.benchmark_group("sse_scan");
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("openai", |b| {
        b.iter(|| {
            let (mut scanner, mut rest, mut frames) = (Scanner::new(), &stream[..], 0);
            while let Some(end) = scanner.next_end(rest) {
                rest = &rest[end..];
                frames += 1;
            }
            assert_eq!(frames, EVENTS);
        });
    });
    group.finish();
}

fn peek(c: &mut Criterion) {
    let openai = data(&openai_stream());
    let anthropic = data(&anthropic_stream());
    let mut group = c.benchmark_group("peek");
    group.throughput(Throughput::Elements(1));
    group.bench_function("openai", |b| b.iter(|| black_box(openai::peek(black_box(&openai)))));
    group.bench_function("anthropic", |b| {
        b.iter(|| black_box(anthropic::peek(None, black_box(&anthropic))));
    });
    let body = include_bytes!("../fixtures/openai/chat_request.json");
    group.bench_function("request_head", |b| {
        b.iter(|| black_box(RequestHead::scan(black_box(body))).is_ok());
    });
    group.finish();
}

fn write(c: &mut Criterion) {
    let mut group = c.benchmark_group("write");
    group.throughput(Throughput::Elements(1));
    let template = ChunkTemplate::new(&chunk());
    let mut out = BytesMut::with_capacity(1024);
    group.bench_function("openai_template", |b| {
        b.iter(|| {
            out.clear();
            template.write_content(&mut out, black_box(" token"));
        });
    });
    group.bench_function("openai_typed", |b| {
        b.iter(|| {
            out.clear();
            chunk().with_content(black_box(" token")).write_frame(&mut out);
        });
    });
    group.finish();
}

fn chunk() -> ChatChunk {
    ChatChunk::new("chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "gpt-4o-2024-08-06", 1_741_569_952)
}

fn openai_stream() -> Bytes {
    let template = ChunkTemplate::new(&chunk());
    let mut out = BytesMut::new();
    (0..EVENTS).for_each(|_| template.write_content(&mut out, " token"));
    out.freeze()
}

fn anthropic_stream() -> Bytes {
    let template = TextTemplate::new(0);
    let mut out = BytesMut::new();
    (0..EVENTS).for_each(|_| template.write_text(&mut out, " token"));
    out.freeze()
}

fn data(stream: &Bytes) -> Bytes {
    let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
    decoder.push(stream.clone());
    decoder.next().and_then(Result::ok).map(|event| event.data).unwrap_or_default()
}

fn cut(stream: &Bytes, size: usize) -> Vec<Bytes> {
    (0..stream.len())
        .step_by(size)
        .map(|at| stream.slice(at..stream.len().min(at + size)))
        .collect()
}

criterion_group!(benches, decode, observe, peek, write);
criterion_main!(benches);

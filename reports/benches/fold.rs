//! How fast a recorded run becomes numbers: reading the tables of four contenders with 800 requests
//! each, folding them, and rendering every file.

#![expect(clippy::expect_used, reason = "a bench that cannot set itself up has nothing to say")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[expect(dead_code, reason = "the tests use more of it than one bench")]
#[path = "../tests/behaviour/support/mod.rs"]
mod support;

fn fold(c: &mut Criterion) {
    let dir = support::brownout::run();
    let temp = tempfile::tempdir().expect("creates");
    dir.write(temp.path());
    let requests: usize = dir.tables.values().map(|tables| tables.requests.len()).sum();
    let mut group = c.benchmark_group("reports");
    group.throughput(Throughput::Elements(requests as u64));
    group.bench_function("fold", |b| {
        b.iter(|| black_box(reports::analyse(black_box(temp.path())).expect("analyses")));
    });
    let analysis = reports::analyse(temp.path()).expect("analyses");
    group.bench_function("render", |b| b.iter(|| black_box(reports::render(black_box(&analysis)))));
    group.finish();
}

criterion_group!(benches, fold);
criterion_main!(benches);

//! What it costs to record one lag; done once per request, under a lock.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use loadgen::lag::LagRecorder;
use vocab::Seed;

/// Values recorded per round.
const VALUES: u64 = 10_000;

fn histogram(criterion: &mut Criterion) {
    let luck = Seed(1).draw("lag");
    let lags: Vec<u64> =
        (0..VALUES).map(|n| (luck.clone().n(n).exponential() * 200_000.0) as u64).collect();
    let mut group = criterion.benchmark_group("histogram");
    group.throughput(Throughput::Elements(VALUES));
    let mut recorder = LagRecorder::default();
    group.bench_function("record", |b| {
        b.iter(|| lags.iter().for_each(|lag| recorder.record(black_box(*lag))));
    });
    group.finish();
    let recorder = &recorder;
    criterion.bench_function("histogram/quantiles", |b| b.iter(|| recorder.quantiles()));
}

criterion_group!(benches, histogram);
criterion_main!(benches);

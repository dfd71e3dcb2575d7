//! Reading: a file's bytes to a notebook, and one cell's text to its facts.

#[path = "support/ipynb.rs"]
mod ipynb;
mod support;

use std::hint::black_box;

use cellwise::analysis::python;
use cellwise::format;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn files(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, cells, output_bytes) in [
        ("100 cells, no outputs", 100, 0),
        ("100 cells, 2 MB of outputs", 100, 11_000),
        ("100 cells, 50 MB of outputs", 100, 280_000),
    ] {
        let bytes = ipynb::file(cells, output_bytes);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| format::parse(black_box(&bytes)));
        });
    }
    group.finish();
}

fn facts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("facts");
    for (name, at) in [("import cell", 0), ("function", 3), ("loop", 5)] {
        let text = &support::notebook(6).cells[at].text;
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| python::facts(black_box(text)));
        });
    }
    group.finish();
}

criterion_group!(parse, files, facts);
criterion_main!(parse);

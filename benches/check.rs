//! Checking from scratch: a large notebook, and the corpus where there is one.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a measurement reads the corpus, and its place from the environment"
)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::format;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn large(criterion: &mut Criterion) {
    let config = Arc::new(Config::default());
    let notebook = support::notebook(2_000);
    criterion.bench_function("check/2,000 cells", |bencher| {
        bencher.iter_batched(
            || notebook.clone(),
            |notebook| Analysis::new(notebook, Arc::clone(&config)),
            BatchSize::LargeInput,
        );
    });
}

fn corpus(criterion: &mut Criterion) {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("CELLWISE_CORPUS").map_or(beside, PathBuf::from);
    let mut files = Vec::new();
    collect(&folder, &mut files);
    if files.is_empty() {
        eprintln!("check/corpus: skipped, there is no corpus (set CELLWISE_CORPUS)");
        return;
    }
    let config = Arc::new(Config::default());
    let mut group = criterion.benchmark_group("check");
    let bytes: usize = files.iter().map(Vec::len).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.sample_size(10);
    group.bench_function(format!("corpus, {} files", files.len()), |bencher| {
        bencher.iter(|| {
            let found = files.iter().map(|bytes| {
                let analysis = Analysis::new(format::parse(bytes), Arc::clone(&config));
                analysis.findings().count()
            });
            found.sum::<usize>()
        });
    });
    group.finish();
}

fn collect(folder: &Path, files: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|own| own == "ipynb")
            && let Ok(bytes) = std::fs::read(&path)
        {
            files.push(bytes);
        }
    }
}

criterion_group!(check, large, corpus);
criterion_main!(check);

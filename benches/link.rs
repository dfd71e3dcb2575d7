//! Linking: all cells of a notebook, and what one keystroke costs.

mod support;

use std::hint::black_box;
use std::sync::Arc;

use cellwise::analysis::{FactsCache, Link};
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::notebook::{Cell, CellIdx, CellKind};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn whole(criterion: &mut Criterion) {
    let notebook = support::notebook(2_000);
    let cache = FactsCache::default();
    // Holding one link keeps the facts of all cells in the cache: what is measured is linking alone.
    let link = Link::new(&notebook, &cache, Arc::default(), Arc::default());
    criterion.bench_function("link/2,000 cells", |bencher| {
        bencher.iter(|| Link::new(black_box(&notebook), &cache, Arc::default(), Arc::default()));
    });
    drop(link);
}

/// Two states of one cell by turns, as somebody types a letter and takes it back.
fn alternate(bencher: &mut criterion::Bencher<'_>, count: usize, cell: CellIdx, texts: [&str; 2]) {
    let mut analysis = Analysis::new(support::notebook(count), Arc::new(Config::default()));
    let states = texts.map(|text| Cell::new(CellKind::Code, text));
    let mut turn = 0;
    bencher.iter(|| {
        turn += 1;
        analysis.set_cell(cell, states[turn % 2].clone());
        analysis.settle()
    });
}

fn keystrokes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("keystroke");
    for count in [50, 500, 2_000, 5_000] {
        // The middle cell of code that reads a name of its own section.
        let at = (count / 2..)
            .find(|at| at % 8 == 4)
            .expect("there are more cells");
        let (_, text) = support::cells(count).swap_remove(at);
        let broken = text.replacen("clean_", "cleanx_", 1);
        group.bench_function(BenchmarkId::new("a name is misspelt", count), |bencher| {
            alternate(bencher, count, CellIdx::new(at), [&text, &broken]);
        });
        // The import cell: every section reads `pd`.
        let (_, text) = support::cells(1).swap_remove(0);
        let broken = text.replacen("as pd", "as pdx", 1);
        group.bench_function(BenchmarkId::new("an import is renamed", count), |bencher| {
            alternate(bencher, count, CellIdx::new(0), [&text, &broken]);
        });
    }
    group.finish();
}

criterion_group!(link, whole, keystrokes);
criterion_main!(link);

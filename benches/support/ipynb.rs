//! Files as Jupyter writes them, of any size.

use cellwise::notebook::CellKind;
use serde_json::json;

/// A file with `count` cells; every code cell has printed `output_bytes` of text and an image as large.
pub fn file(count: usize, output_bytes: usize) -> Vec<u8> {
    let line = "0.125  0.250  0.500  north  2024-01-01\n";
    let printed: Vec<&str> = std::iter::repeat_n(line, output_bytes / line.len()).collect();
    let image = "iVBORw0KGgo".repeat(output_bytes / 11);
    let cells: Vec<_> = crate::support::cells(count)
        .into_iter()
        .enumerate()
        .map(|(at, (kind, text))| {
            let source: Vec<&str> = text.split_inclusive('\n').collect();
            let id = format!("cell-{at}");
            if kind == CellKind::Markdown {
                return json!({"cell_type": "markdown", "id": id, "metadata": {}, "source": source});
            }
            let outputs = json!([
                {"output_type": "stream", "name": "stdout", "text": printed},
                {"output_type": "display_data", "metadata": {}, "data": {"image/png": image}},
            ]);
            json!({
                "cell_type": "code", "id": id, "metadata": {}, "source": source,
                "execution_count": at + 1, "outputs": outputs,
            })
        })
        .collect();
    let kernel = json!({"name": "python3", "display_name": "Python 3", "language": "python"});
    let file = json!({
        "cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5,
    });
    serde_json::to_vec_pretty(&file).expect("a value with text keys")
}

//! A path that exists on one machine only.
//!
//! `/home/…`, `/Users/…`, `C:\…` and a mounted `/content/drive/…` in a string that is used as a path: the argument
//! of `open`, `pd.read_csv`, `Path`, `os.path.join` and their like, or the value of a name that says path, folder or
//! file. Whoever else runs the notebook stops there with a `FileNotFoundError`. URLs, and places that every machine of a
//! kind has (`/tmp`, `/usr`, `/data` of a container), are not meant.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! import pandas as pd
//! df = pd.read_csv("/home/ana/prices.csv")
//! #                ^^^^^^^^^^^^^^^^^^^^^^ absolute-path: exists on one machine only
//! DATA_DIR = r"C:\Users\ana\data"
//! #          ^^^^^^^^^^^^^^^^^^^^ absolute-path: relative to the notebook
//! config = {"out_dir": "/Users/ana/out"}
//! #                    ^^^^^^^^^^^^^^^^ absolute-path
//! df.to_csv(path_or_buf=f"/home/{user}/out.csv")
//! #                     ^^^^^^^^^^^^^^^^^^^^^^^ absolute-path
//! sys.path.append("/home/ana/lib")
//! #               ^^^^^^^^^^^^^^^ absolute-path
//! open("/home/" + user)  # no machine is told
//! ```
//!
//! ```notebook
//! # %%
//! model.save("/content/drive/MyDrive/model.h5")
//! #          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ absolute-path: one person's Google Drive
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! df = pd.read_csv("data/home/prices.csv")
//! print("/home/ana/prices.csv")
//! requests.get("https://example.org/home/ana")
//! open("/tmp/x.csv"), open("/data/x.csv"), open("/dev/null")
//! title = "/home/ana"
//! ", ".join(["/home/ana"])
//! drive.mount("/content/drive")
//! ```

use crate::analysis::facts::RemarkKind;
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "absolute-path",
    group: Group::Portable,
    severity: Severity::Warning,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for range in cx.facts.remarks_of(RemarkKind::MachinePath) {
        let text = &cx.cell.text[range];
        let message = if text.contains("/content/") {
            format!(
                "{text} is in one person's Google Drive: without that very Drive, mounted, {} stops here. Use a path relative to the notebook, or keep the folder in one name at the top.",
                cx.index
            )
        } else {
            format!(
                "{text} exists on one machine only: everywhere else {} stops here. Use a path relative to the notebook.",
                cx.index
            )
        };
        findings.push(Finding::new(
            RULE.name,
            Anchor::Range(cx.index, range),
            message,
        ));
    }
}

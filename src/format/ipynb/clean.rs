//! Takes out of a notebook file what a run or an editor put there: outputs, counts and volatile metadata.
//!
//! What stays is what people wrote, byte for byte. Which outputs are kept is said as nbstripout does
//! (<https://github.com/kynan/nbstripout>): by the cell tag `keep_output`, or `keep` for short, and by `keep_output` or
//! `init_cell` in a cell's metadata; `keep_output` in the notebook's metadata speaks for the others.

use super::lower::refuse_unsure;
use super::patch::{Member, Patches, elements, members};
use super::{SourceMap, read, style};
use crate::format::json::{Scanner, Span, Value};
use crate::format::{Decoded, Encoding, Hint, Unpatchable, foreign};

/// What is taken out besides the outputs, the counts and the metadata of [`VOLATILE_IN_CELLS`] and
/// [`VOLATILE_IN_NOTEBOOKS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// The kernel's name and the version of its language, which differ between machines.
    pub kernel: bool,
}

/// The tags of cells whose outputs stay.
const KEEPING: [&str; 2] = ["keep_output", "keep"];

/// Metadata of cells that changes without anyone meaning it: how a cell is shown, when it ran.
pub const VOLATILE_IN_CELLS: [&str; 8] = [
    "collapsed",
    "scrolled",
    "ExecuteTime",
    "execution",
    "executionInfo",
    "heading_collapsed",
    "hidden",
    "outputId",
];

/// The state of the widgets that outputs show.
pub(super) const WIDGETS: &str = "widgets";

/// Metadata of notebooks that changes without anyone meaning it. The state of widgets is an output:
/// it is kept where any output is.
pub const VOLATILE_IN_NOTEBOOKS: [&str; 3] = [WIDGETS, "signature", "vscode.interpreter"];

/// The file without what is volatile, or `None` where there is nothing to take out. A file that has
/// nothing in it, and one of another format, which cannot hold outputs, has nothing to take out.
///
/// # Errors
/// Where it is not certain what the file holds: conflict markers, broken JSON, no notebook.
pub fn clean(bytes: &[u8], policy: Policy) -> Result<Option<Vec<u8>>, Unpatchable> {
    if bytes.trim_ascii().is_empty() {
        return Ok(None);
    }
    let decoded = Decoded::new(bytes);
    if decoded.encoding != Encoding::Utf8 {
        return Err("it is UTF-16; save it as UTF-8 first".into());
    }
    match decoded.format(Hint::None) {
        Some(format) if format.name == super::FORMAT.name => {}
        Some(format) if format.name != foreign::FORMAT.name => return Ok(None),
        _ => return Err("it is no notebook".into()),
    }
    let (_, map) = read(bytes);
    refuse_unsure(&map)?;
    if map.lists.is_empty() && !map.has_worksheets {
        return Err("it has no list of cells".into());
    }

    let mut cleaning = Cleaning::new(bytes);
    cleaning.file(&map, policy);
    if cleaning.patches.is_empty() {
        return Ok(None);
    }
    cleaning.patches.sort();
    Ok(Some(cleaning.patches.apply(bytes)))
}

/// What takes the volatile metadata out of a sound file, and leaves its outputs and counts.
pub(super) fn strip(bytes: &[u8], map: &SourceMap<'_>) -> Patches {
    let mut cleaning = Cleaning::new(bytes);
    cleaning.metadata_only = true;
    cleaning.file(map, Policy::default());
    cleaning.patches
}

struct Cleaning<'b> {
    bytes: &'b [u8],
    patches: Patches,
    /// Outputs and counts stay.
    metadata_only: bool,
    /// Whether some outputs stay.
    keeps_any: bool,
}

impl<'b> Cleaning<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            patches: Patches::default(),
            metadata_only: false,
            keeps_any: false,
        }
    }

    fn file(&mut self, map: &SourceMap<'_>, policy: Policy) {
        let root = members(self.bytes, style::root(self.bytes)).unwrap_or_default();
        let metadata = self.last(&root, "metadata");
        let notebook = metadata.and_then(|metadata| members(self.bytes, metadata));
        let keep = notebook
            .as_deref()
            .and_then(|members| self.last(members, "keep_output"))
            .is_some_and(|value| self.is_truthy(value));
        for list in &map.lists {
            for cell in elements(self.bytes, *list).unwrap_or_default() {
                self.cell(cell.span, keep);
            }
        }
        if let (Some(object), Some(members)) = (metadata, &notebook) {
            self.notebook(object, members, policy);
        }
    }

    fn cell(&mut self, object: Span, keep_all: bool) {
        let members = members(self.bytes, object).unwrap_or_default();
        let metadata = self.last(&members, "metadata");
        let keep = metadata.map_or(keep_all, |metadata| self.keeps(metadata, keep_all));
        // A key that comes twice is cleaned twice: some reader may show either.
        for member in &members {
            let is = |key: &str| member.is(self.bytes, key);
            if is("metadata") {
                self.metadata(member.value, &VOLATILE_IN_CELLS);
            } else if is("outputs") {
                self.outputs(member.value, keep);
            } else if !self.metadata_only && (is("execution_count") || is("prompt_number")) {
                self.patches.set(self.bytes, member.value, b"null");
            }
        }
    }

    fn outputs(&mut self, list: Span, keep: bool) {
        let outputs = elements(self.bytes, list).unwrap_or_default();
        if self.metadata_only {
            self.keeps_any |= !outputs.is_empty();
            return;
        }
        if !keep {
            if !outputs.is_empty() {
                self.patches.replace(list, "[]");
            }
            return;
        }
        self.keeps_any |= !outputs.is_empty();
        for output in outputs {
            for member in members(self.bytes, output.span).unwrap_or_default() {
                let is = |key: &str| member.is(self.bytes, key);
                if is("execution_count") || is("prompt_number") {
                    self.patches.set(self.bytes, member.value, b"null");
                }
            }
        }
    }

    fn keeps(&self, metadata: Span, default: bool) -> bool {
        let members = members(self.bytes, metadata).unwrap_or_default();
        if let Some(value) = self.last(&members, "init_cell") {
            return self.is_truthy(value);
        }
        let tags = self.last(&members, "tags");
        let has_tag = tags
            .and_then(|tags| elements(self.bytes, tags))
            .unwrap_or_default()
            .iter()
            .filter_map(|tag| tag.text)
            .any(|tag| KEEPING.iter().any(|keeping| tag.is(self.bytes, keeping)));
        match self.last(&members, "keep_output") {
            // Where tag and metadata contradict each other, nbstripout stops; to keep loses nothing.
            Some(value) => has_tag || self.is_truthy(value),
            None => has_tag || default,
        }
    }

    fn metadata(&mut self, object: Span, volatile: &[&str]) {
        let members = members(self.bytes, object).unwrap_or_default();
        let bytes = self.bytes;
        self.patches.remove_members(object, &members, |member| {
            volatile.iter().any(|key| member.is(bytes, key))
        });
    }

    fn notebook(&mut self, object: Span, all: &[Member], policy: Policy) {
        let bytes = self.bytes;
        let language = self
            .last(all, "language_info")
            .and_then(|info| members(bytes, info));
        // Without a `language_info` the kernel alone says that a notebook is R.
        let names_language = language
            .as_deref()
            .is_some_and(|info| self.last(info, "name").is_some());
        let mut volatile: Vec<&str> = VOLATILE_IN_NOTEBOOKS.to_vec();
        if self.keeps_any {
            volatile.retain(|key| *key != "widgets");
        }
        if policy.kernel {
            volatile.push("language_info.version");
            if names_language {
                volatile.push("kernelspec");
            }
        }
        let inner = |member: &Member| -> Vec<&str> {
            let parts = volatile.iter().filter_map(|path| path.split_once('.'));
            parts
                .filter(|(key, _)| member.is(bytes, key))
                .map(|(_, inner)| inner)
                .collect()
        };
        // An object of which nothing would remain goes with its key.
        let goes = |member: &Member| {
            let inner = inner(member);
            let own = if inner.is_empty() {
                None
            } else {
                members(bytes, member.value)
            };
            volatile.iter().any(|key| member.is(bytes, key))
                || own.is_some_and(|own| {
                    !own.is_empty()
                        && own
                            .iter()
                            .all(|own| inner.iter().any(|key| own.is(bytes, key)))
                })
        };
        self.patches.remove_members(object, all, goes);
        for member in all.iter().filter(|member| !goes(member)) {
            let inner = inner(member);
            if !inner.is_empty() {
                self.metadata(member.value, &inner);
            }
        }
    }

    /// The value of a key. Of a key that comes twice the last one counts.
    fn last(&self, members: &[Member], key: &str) -> Option<Span> {
        let found = members.iter().rfind(|member| member.is(self.bytes, key));
        found.map(|member| member.value)
    }

    /// As Python's `bool`.
    fn is_truthy(&self, value: Span) -> bool {
        match Scanner::new(self.bytes, value.start).value() {
            Value::Bool(is) => is,
            Value::Null | Value::Missing => false,
            Value::Text(text) => !text.raw.is_empty(),
            Value::Number(number) => number
                .of(self.bytes)
                .iter()
                .any(|byte| matches!(byte, b'1'..=b'9')),
            Value::List => !elements(self.bytes, value).unwrap_or_default().is_empty(),
            Value::Object => !members(self.bytes, value).unwrap_or_default().is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str) {
        let with = |cells: &str| {
            format!(
                "{{\"cells\": [{cells}],\r\n \"metadata\": {{}}, \"nbformat\": 4, \"nbformat_minor\": 5}}"
            )
        };
        check_file(&with(before), &with(after), Policy::default());
    }

    #[track_caller]
    fn check_file(before: &str, after: &str, policy: Policy) {
        let cleaned = clean(before.as_bytes(), policy).unwrap();
        let cleaned = cleaned.map_or(before.to_owned(), |bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(cleaned, after);
        assert_eq!(clean(after.as_bytes(), policy), Ok(None));
    }

    #[test]
    fn outputs_and_counts_go() {
        check(
            r#"{"cell_type": "code", "outputs": [{"output_type": "stream", "text": "]"} ], "execution_count":3,  "source": ["\u00e9"]}"#,
            r#"{"cell_type": "code", "outputs": [], "execution_count":null,  "source": ["\u00e9"]}"#,
        );
        let clean =
            r#"{"cell_type": "code", "outputs": [ ], "execution_count": null, "source": "a"}"#;
        check(clean, clean);
        // Of repeated keys each is cleaned.
        check(
            r#"{"outputs": [1], "outputs": [2], "source": ""}"#,
            r#"{"outputs": [], "outputs": [], "source": ""}"#,
        );
    }

    #[test]
    fn what_people_mark_is_kept_without_its_counts() {
        let outputs = |count| {
            format!(
                r#""outputs": [{{"data": {{"execution_count": 1}}, "execution_count": {count}}}], "execution_count": {count}"#
            )
        };
        for metadata in [
            r#"{"keep_output": true}"#,
            r#"{"tags": ["a", "keep_output"]}"#,
            r#"{"tags": ["keep"]}"#,
            r#"{"init_cell": true}"#,
            r#"{"keep_output": false, "tags": ["keep_output"]}"#,
        ] {
            let cell = |count| format!(r#"{{"metadata": {metadata}, {}}}"#, outputs(count));
            check(&cell("3"), &cell("null"));
        }
        let gone = r#"{"metadata": {"keep_output": false}, "outputs": []}"#;
        check(&gone.replace("[]", "[1]"), gone);
    }

    #[test]
    fn the_notebook_may_keep_all() {
        let file = |outputs: &str, state: &str| {
            format!(
                r#"{{"metadata": {{"keep_output": true{state}}}, "cells": [{{"outputs": [{{}}]}}, {{"outputs": {outputs}, "metadata": {{"keep_output": false}}}}]}}"#
            )
        };
        let state = r#", "widgets": {}"#;
        check_file(&file("[{}]", state), &file("[]", state), Policy::default());
    }

    #[test]
    fn volatile_metadata_goes_and_the_rest_stays() {
        check(
            r#"{"metadata": {"collapsed": true, "tags": ["a"],"scrolled": false}, "source": []}"#,
            r#"{"metadata": {"tags": ["a"]}, "source": []}"#,
        );
        check(
            "{\"metadata\": {\n  \"ExecuteTime\": {},\n  \"execution\": {}\n }}",
            "{\"metadata\": {}}",
        );
        let file = |metadata: &str| format!(r#"{{"cells": [], "metadata": {metadata}}}"#);
        let all = r#"{"kernelspec": {"name": "p"}, "language_info": {"name": "python", "version": "3.1"}, "vscode": {"interpreter": {"hash": "x"}}, "widgets": {"a": 1}}"#;
        let kept = r#"{"kernelspec": {"name": "p"}, "language_info": {"name": "python", "version": "3.1"}}"#;
        check_file(&file(all), &file(kept), Policy::default());
        let policy = Policy { kernel: true };
        check_file(
            &file(all),
            &file(r#"{"language_info": {"name": "python"}}"#),
            policy,
        );
        let only_kernel = file(r#"{"kernelspec": {"name": "ir"}}"#);
        check_file(&only_kernel, &only_kernel, policy);
    }

    #[test]
    fn what_is_unsure_is_refused_and_what_holds_no_outputs_passes() {
        let refused = |file: &str| clean(file.as_bytes(), Policy::default()).unwrap_err().0;
        assert!(refused(r#"{"cells": [{"outputs": [1]}"#).contains("broken"));
        assert!(refused("version https://git-lfs.github.com/spec/v1\n").contains("no notebook"));
        assert!(refused(r#"{"a": 1}"#).contains("no list of cells"));
        let empty = br#"{"worksheets": [], "nbformat": 3}"#;
        assert_eq!(clean(empty, Policy::default()), Ok(None));
        assert_eq!(clean(b"", Policy::default()), Ok(None));
        assert_eq!(clean(b"# %%\nx\n", Policy::default()), Ok(None));
    }
}

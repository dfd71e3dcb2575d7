//! `--format junit`: XML as Jenkins, GitLab and Azure read test results. A notebook with findings is a suite,
//! a finding a test case that failed; what is no worse than a remark is a case that was skipped.
//!
//! The shape is that of <https://github.com/testmoapp/junitxml>, without attributes that the schema of Jenkins' xUnit plugin
//! refuses: the file and its line stand in the text of the failure.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::cli::report::{Item, Report};

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let items: Vec<&Item> = report.shown().collect();
    let failures = |items: &[&Item]| items.iter().filter(|item| item.counts()).count();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    // A report without a case is taken for a broken one.
    let all = items.len().max(1);
    writeln!(
        out,
        r#"<testsuites name="cellwise" tests="{all}" failures="{}" errors="0">"#,
        failures(&items)
    )?;
    if items.is_empty() {
        writeln!(
            out,
            "  <testsuite name=\"cellwise\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">\n    \
             <testcase name=\"nothing found\" classname=\"cellwise\"/>\n  </testsuite>"
        )?;
    }
    for suite in items.chunk_by(|one, other| one.path == other.path) {
        let path = escaped(&suite[0].slash_path()).into_owned();
        let failed = failures(suite);
        writeln!(
            out,
            r#"  <testsuite name="{path}" tests="{}" failures="{failed}" errors="0" skipped="{}">"#,
            suite.len(),
            suite.len() - failed
        )?;
        for item in suite {
            write_case(item, &path, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// `path` is escaped.
fn write_case(item: &Item, path: &str, out: &mut dyn Write) -> io::Result<()> {
    let (line, _) = item.place.file_lines();
    let place = match item.place.cell {
        Some(cell) => format!("{cell}, line {}", item.place.start.line),
        None => format!("line {}", item.place.start.line),
    };
    writeln!(
        out,
        r#"    <testcase name="{} ({place})" classname="{path}">"#,
        item.rule
    )?;
    let message = item.placed_message();
    let message = escaped(&message);
    if item.counts() {
        writeln!(
            out,
            r#"      <failure type="{}" message="{message}">{path}:{line}: {message}</failure>"#,
            item.severity
        )?;
    } else {
        writeln!(out, r#"      <skipped message="{message}"/>"#)?;
    }
    writeln!(out, "    </testcase>")
}

/// The text for an attribute or an element. XML 1.0 has no way to write most control characters.
fn escaped(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| {
        !matches!(
            c,
            '&' | '<' | '>' | '"' | '\'' | '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::output::{Format, tests::written};

    #[test]
    fn a_notebook_is_a_suite() {
        insta::assert_snapshot!(written(Format::Junit), @r##"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="cellwise" tests="4" failures="4" errors="0">
          <testsuite name="a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb" tests="4" failures="4" errors="0" skipped="0">
            <testcase name="merge-conflict (line 120)" classname="a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb">
              <failure type="error" message="`値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.">a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb:120: `値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.</failure>
            </testcase>
            <testcase name="undefined-name (cell 1, line 1)" classname="a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb">
              <failure type="error" message="cell 1, line 1: `値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.">a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb:9: cell 1, line 1: `値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.</failure>
            </testcase>
            <testcase name="undefined-name (cell 2, line 1)" classname="a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb">
              <failure type="warning" message="cell 2, line 1: `値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.">a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb:1: cell 2, line 1: `値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.</failure>
            </testcase>
            <testcase name="long-cell (cell 2, line 1)" classname="a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb">
              <failure type="info" message="cell 2, line 1: `値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.">a, b:100%/&quot;x&quot; &amp; &lt;値&gt;.ipynb:1: cell 2, line 1: `値` &lt;is&gt; &quot;50% &amp; &apos;more&apos;&quot;,&#10;or&#13;&#10;::less:: ]]&gt;�.</failure>
            </testcase>
          </testsuite>
        </testsuites>
        "##);
    }

    #[test]
    fn nothing_found_is_one_test_that_passed() {
        let mut bytes = Vec::new();
        write(&Report::default(), &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("<testcase name=\"nothing found\""), "{text}");
    }

    proptest! {
        #[test]
        fn nothing_that_is_markup_is_left(text in any::<String>()) {
            let escaped = escaped(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(!escaped.chars().any(|c| c < ' '));
            for (at, _) in escaped.match_indices('&') {
                let entity = escaped[at + 1..].split(';').next().unwrap();
                prop_assert!(["amp", "lt", "gt", "quot", "apos", "#10", "#13", "#9"].contains(&entity));
            }
        }
    }
}

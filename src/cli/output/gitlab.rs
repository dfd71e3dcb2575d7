//! `--format gitlab`: a code quality report, one array
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::cli::report::{Fingerprint, Report};
use crate::rule::Severity;

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut seen: HashMap<Fingerprint, u32> = HashMap::new();
    let issues: Vec<Issue<'_>> = report
        .shown()
        .map(|item| {
            let path = item.slash_path();
            let own = item.fingerprint.to_string();
            // GitLab drops what has a fingerprint that it has seen, so equal findings are numbered.
            let number = seen
                .entry(Fingerprint::of([&*path, &own]))
                .and_modify(|number| *number += 1)
                .or_default();
            let fingerprint = Fingerprint::of([&*path, &own, &number.to_string()]).to_string();
            let (begin, end) = item.place.file_lines();
            Issue {
                description: item.placed_message(),
                check_name: item.rule,
                fingerprint,
                severity: match item.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "major",
                    Severity::Info => "minor",
                    Severity::Hint => "info",
                },
                location: Location {
                    path,
                    lines: Lines { begin, end },
                },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use crate::cli::output::{Format, tests::written};

    #[test]
    fn each_issue_has_a_fingerprint_of_its_own() {
        let text = written(Format::Gitlab);
        let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
        let fingerprints: HashSet<&str> = issues
            .iter()
            .map(|issue| issue["fingerprint"].as_str().unwrap())
            .collect();
        assert_eq!((issues.len(), fingerprints.len()), (4, 4));
        insta::assert_snapshot!(serde_json::to_string_pretty(&issues[1]).unwrap(), @r##"
        {
          "check_name": "undefined-name",
          "description": "cell 1, line 1: `値` <is> \"50% & 'more'\",\nor\r\n::less:: ]]>\u001b.",
          "fingerprint": "cac47234f25b6e578aa0e5c73d479d18",
          "location": {
            "lines": {
              "begin": 9,
              "end": 9
            },
            "path": "a, b:100%/\"x\" & <値>.ipynb"
          },
          "severity": "critical"
        }
        "##);
    }
}

//! `--format sarif`: SARIF 2.1.0
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>), as code scanning takes it.
//!
//! The region is that in the notebook's file; the place in the cell is a logical location,
//! and the message begins with it.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::report::{Item, Report};
use crate::docs;
use crate::rule::{Rule, Severity};
use crate::rules;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let results: Vec<Value> = report.shown().map(result).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "cellwise",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules::ALL.iter().map(descriptor).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": {"text": docs::summary(rule.source)},
        "defaultConfiguration": {"level": level(rule.severity), "enabled": rule.on_by_default},
        "properties": {"tags": [rule.group.name()]},
    })
}

fn result(item: &Item) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(&item.slash_path())},
            "region": region(item),
        },
    });
    if let Some(cell) = item.place.cell {
        location["logicalLocations"] = json!([{"name": cell.to_string(), "kind": "cell"}]);
    }
    let mut result = json!({
        "ruleId": item.rule,
        "level": level(item.severity),
        "message": {"text": item.placed_message()},
        "locations": [location],
        "partialFingerprints": {"cellwise/v1": item.fingerprint.to_string()},
    });
    if let Some(index) = rules::ALL.iter().position(|rule| rule.name == item.rule) {
        result["ruleIndex"] = index.into();
    }
    result
}

fn region(item: &Item) -> Value {
    match item.place.in_file {
        Some((start, end)) => json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        }),
        None => json!({"startLine": 1}),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "note",
    }
}

/// A path as a URI reference: what RFC 3986 does not let stand in a path is written as `%XX`. A relative path stays one,
/// which code scanning reads from the root of the repository.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path.as_bytes() {
        // A colon in the first part of a relative path would end a scheme.
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::{Format, tests::written};

    #[test]
    fn a_log_has_its_rules_and_results() {
        let log: Value = serde_json::from_str(&written(Format::Sarif)).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), rules::ALL.len());
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 4);
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let location = &result["locations"][0]["physicalLocation"];
            assert!(location["region"]["startLine"].as_u64() >= Some(1));
        }
        let mut result = results[1].clone();
        result.as_object_mut().unwrap().remove("ruleIndex");
        insta::assert_snapshot!(serde_json::to_string_pretty(&result).unwrap(), @r##"
        {
          "level": "error",
          "locations": [
            {
              "logicalLocations": [
                {
                  "kind": "cell",
                  "name": "cell 1"
                }
              ],
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "a,%20b%3A100%25/%22x%22%20&%20%3C%E5%80%A4%3E.ipynb"
                },
                "region": {
                  "endColumn": 9,
                  "endLine": 9,
                  "startColumn": 7,
                  "startLine": 9
                }
              }
            }
          ],
          "message": {
            "text": "cell 1, line 1: `値` <is> \"50% & 'more'\",\nor\r\n::less:: ]]>\u001b."
          },
          "partialFingerprints": {
            "cellwise/v1": "50c83ff2d041b771d306f46b785a6d1b"
          },
          "ruleId": "undefined-name"
        }
        "##);
    }

    #[test]
    fn a_path_is_a_uri_reference() {
        assert_eq!(uri("a b/ü#1?.ipynb"), "a%20b/%C3%BC%231%3F.ipynb");
        assert_eq!(uri("c:d%.ipynb"), "c%3Ad%25.ipynb");
    }
}

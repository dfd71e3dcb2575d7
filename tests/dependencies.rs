//! What the program is built of keeps to deny.toml: licences, sources, and crates that it must not hold.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(clippy::disallowed_methods, reason = "these tests ask cargo")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rules() -> toml::Table {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// All packages that the project is built of on this machine, but for itself.
fn packages() -> Vec<Value> {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", host.unwrap()])
        .current_dir(root())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let Value::Array(mut packages) = metadata["packages"].take() else {
        panic!("cargo names its packages");
    };
    packages.retain(|package| package["name"] != "cellwise");
    assert!(packages.len() > 50);
    packages
}

/// Whether a licence expression can be met with these: `A OR (B AND C)`, and `A/B` as it was once written.
fn is_met(expression: &str, allowed: &[&str]) -> bool {
    let plain = expression.replace('/', " OR ");
    // Parts in brackets are joined by AND in all that there is.
    if plain.contains('(') {
        let parts = plain.replace(['(', ')'], "\n");
        let parts = parts.split('\n').map(|part| {
            let part = part.trim();
            part.strip_prefix("AND ")
                .or_else(|| part.strip_suffix(" AND"))
                .unwrap_or(part)
        });
        let mut parts = parts.filter(|part| !part.is_empty());
        return parts.all(|part| is_met(part, allowed));
    }
    let mut choices = plain.split(" OR ");
    choices.any(|choice| {
        let mut all = choice.split(" AND ");
        all.all(|licence| allowed.contains(&licence.trim()))
    })
}

#[test]
fn every_licence_is_one_that_is_allowed() {
    let rules = rules();
    let allowed = rules["licenses"]["allow"].as_array().unwrap();
    let allowed: Vec<&str> = allowed.iter().map(|own| own.as_str().unwrap()).collect();
    for package in packages() {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(is_met(licence, &allowed), "{}: {licence}", package["name"]);
    }
    assert!(!is_met("GPL-3.0 OR AGPL-3.0", &allowed));
    assert!(!is_met("(MIT OR Apache-2.0) AND GPL-3.0", &allowed));
}

#[test]
fn every_crate_comes_from_its_registry_and_none_is_banned() {
    let rules = rules();
    // cargo-deny's own default is crates.io and nothing else.
    for what in ["unknown-registry", "unknown-git"] {
        assert_eq!(rules["sources"][what].as_str(), Some("deny"));
    }
    assert!(rules["sources"].get("allow-registry").is_none());
    let banned = rules["bans"]["deny"].as_array().unwrap();
    let banned: Vec<&str> = banned
        .iter()
        .map(|own| own["crate"].as_str().unwrap())
        .collect();
    for package in packages() {
        let (name, source) = (package["name"].as_str().unwrap(), &package["source"]);
        let source = source.as_str().unwrap_or("a folder");
        let known = source.starts_with("registry+") && source.ends_with("/crates.io-index");
        assert!(known, "{name} comes from {source}");
        assert!(!banned.contains(&name), "{name} must not be in the program");
    }
}

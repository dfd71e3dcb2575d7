//! What the fuzzer tries (`fuzz/`), on the inputs that are kept and on damaged notebooks of every format.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(clippy::disallowed_methods, reason = "these tests read kept inputs")]

#[path = "../fuzz/src/lib.rs"]
mod fuzzed;

use std::path::Path;

use proptest::prelude::*;

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut inputs: Vec<(String, Vec<u8>)> = files
        .map(|file| (file.display().to_string(), std::fs::read(&file).unwrap()))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{} is empty", folder.display());
    inputs
}

/// Runs a target on its kept inputs, and on these with damage and with other choices.
macro_rules! targets {
    ($($target:ident, $cases:literal;)*) => {$(
        mod $target {
            use super::*;

            #[test]
            fn kept_inputs_pass() {
                for (name, input) in corpus(stringify!($target)) {
                    println!("{name}");
                    fuzzed::$target::run(&input);
                }
            }

            proptest! {
                #![proptest_config(ProptestConfig { cases: $cases, failure_persistence: None, ..ProptestConfig::default() })]

                #[test]
                fn damaged_inputs_pass(
                    input in prop::sample::select(corpus(stringify!($target))),
                    at in any::<prop::sample::Index>(),
                    gone in 0..9_usize,
                    junk in prop::collection::vec(any::<u8>(), 0..5),
                    choices in prop::collection::vec(any::<u8>(), 0..60),
                ) {
                    let (_, mut input) = input;
                    let at = at.index(input.len() + 1);
                    let end = (at + gone).min(input.len());
                    input.splice(at..end, junk);
                    fuzzed::$target::run(&input);
                    input.push(0xFF);
                    input.extend(choices);
                    fuzzed::$target::run(&input);
                }
            }
        }
    )*};
}

targets! {
    json, 256;
    ipynb, 256;
    sheets, 256;
    documents, 96;
    engine, 64;
    session, 64;
    actions, 64;
    hosted, 48;
}

/// The actions that no kept input of a target applies: these are not fuzzed, whatever the hours say.
fn not_applied(target: &str, run: impl Fn(&[u8]) -> Option<String>) -> Vec<&'static str> {
    for (_, input) in corpus(target) {
        run(&input);
    }
    let actions = cellwise::actions::ALL.iter().map(|action| action.name);
    actions
        .filter(|action| fuzzed::tally::applied(action) == 0)
        .collect()
}

#[test]
fn every_action_is_applied_by_a_kept_input() {
    let missing = not_applied("actions", fuzzed::actions::run);
    assert_eq!(
        missing, [""; 0],
        "each needs an input in fuzz/corpus/actions"
    );
}

#[test]
fn every_action_that_needs_no_files_is_applied_to_a_text() {
    let missing = not_applied("hosted", fuzzed::hosted::run);
    let about_files = [
        "promote-notebook",
        "generate-test",
        "move-test",
        "move-to-module",
        "run-to-import",
        "install-from-requirements",
        "use-relative-path",
        "declare-dependency",
    ];
    assert_eq!(
        missing, about_files,
        "each needs an input in fuzz/corpus/hosted"
    );
}

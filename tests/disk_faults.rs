//! Disks and folders that cannot be written, and files that change while a command works: every file is left whole.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    reason = "they run commands where nothing can be written"
)]

#[path = "support/commands.rs"]
#[expect(dead_code, reason = "pipes are those of other tests")]
mod commands;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use commands::{NOTEBOOK, WRITING, names, wait};

#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ipynb");
    let baseline = folder.path().join("known.json");
    // Larger than what may be written.
    let text = NOTEBOOK.replace("print(x)", &"print(x)\\n".repeat(1_000));
    std::fs::write(&file, &text).unwrap();
    std::fs::write(&baseline, "{}").unwrap();
    let commands: [&[&str]; 4] = [
        WRITING[0],
        WRITING[1],
        WRITING[2],
        &["check", "--hints", "--write-baseline", "known.json"],
    ];
    for arguments in commands {
        // No file may grow at all, and whoever tries is told so, as on a full disk.
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f 0; exec \"$@\" 2>&1 | cat >&2",
                "sh",
            ])
            .arg(env!("CARGO_BIN_EXE_cellwise"))
            .args(arguments)
            .arg("a.ipynb")
            .current_dir(folder.path());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("cannot be written: file too large"),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains(".cellwise-"), "{said}");
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            text,
            "{arguments:?}"
        );
        assert_eq!(std::fs::read_to_string(&baseline).unwrap(), "{}");
        assert_eq!(
            names(folder.path()),
            ["a.ipynb", "known.json"],
            "{arguments:?}"
        );
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ipynb"), NOTEBOOK).unwrap();
    if !Path::new("/dev/full").exists() {
        println!("skipped: there is no /dev/full");
        return;
    }
    for format in ["text", "json", "sarif", "github", "junit"] {
        let output = Command::new(env!("CARGO_BIN_EXE_cellwise"))
            .args(["check", "--hints", "--format", format, "a.ipynb"])
            .current_dir(folder.path())
            .stdout(
                std::fs::File::options()
                    .write(true)
                    .open("/dev/full")
                    .unwrap(),
            )
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{format}: {said}");
        assert!(said.contains("the report cannot be written"), "{said}");
    }
}

/// A file system of its own, in which `mount` is run first, with the folder as `$0`; `None` where that is not allowed.
fn mounted(folder: &Path, mount: &str, arguments: &[&str]) -> Option<(Option<i32>, String)> {
    let command = |script: &str| {
        let mut command = Command::new("unshare");
        // Whoever is nobody in particular may mount where they are root by name.
        command.args(["--mount", "--map-root-user", "sh", "-c", script]);
        command.arg(folder).arg(env!("CARGO_BIN_EXE_cellwise"));
        command
    };
    let tried = command(mount).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        println!("skipped: nothing may be mounted here");
        return None;
    }
    let mut command = command(&format!(
        "{mount} && cd \"$0\" && \"$@\"; status=$?; ls -A; cat a.ipynb; exit $status"
    ));
    command.args(arguments);
    Some(wait(command))
}

#[test]
fn a_disk_without_room_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    let file = source.path().join("a.ipynb");
    // Twice does not fit.
    let text = NOTEBOOK.replace("print(x)", &"print(x)\\n".repeat(10_000));
    std::fs::write(&file, &text).unwrap();
    assert!(text.len() > 70_000 && text.len() < 120_000);
    let mount = format!(
        "mount -t tmpfs -o size=128k none \"$0\" && cp {} \"$0\"",
        file.display()
    );
    for arguments in WRITING {
        let arguments = [arguments, &["a.ipynb"]].concat();
        let Some((status, said)) = mounted(folder.path(), &mount, &arguments) else {
            return;
        };
        let (said, left) = said.split_once("a.ipynb\n{").unwrap();
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains("cannot be written: no storage space"),
            "{said}"
        );
        assert!(!said.contains(".cellwise-"), "{said}");
        assert_eq!(format!("{{{left}"), text, "{arguments:?}");
    }
}

#[test]
fn a_file_system_that_is_read_only_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ipynb"), NOTEBOOK).unwrap();
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
    for arguments in WRITING {
        let arguments = [arguments, &["a.ipynb"]].concat();
        let Some((status, said)) = mounted(folder.path(), mount, &arguments) else {
            return;
        };
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains("cannot be written: read-only filesystem"),
            "{said}"
        );
        assert!(said.ends_with(NOTEBOOK), "{arguments:?}: {said}");
        assert_eq!(names(folder.path()), ["a.ipynb"], "{arguments:?}");
    }
}

/// Root may write everywhere, but for one without root's privileges.
#[test]
fn a_read_only_folder_is_told_of() {
    for arguments in WRITING {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ipynb");
        std::fs::write(&file, NOTEBOOK).unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
        let may_write = std::fs::File::create(folder.path().join("probe")).is_ok();
        let mut command = Command::new(if may_write { "setpriv" } else { "env" });
        if may_write {
            std::fs::remove_file(folder.path().join("probe")).unwrap();
            command.args(["--bounding-set=-all", "--inh-caps=-all"]);
            let mut tried = Command::new("setpriv");
            tried.args(["--bounding-set=-all", "--inh-caps=-all", "true"]);
            if !tried.status().is_ok_and(|status| status.success()) {
                println!("skipped: this user may write to read-only folders");
                return;
            }
        }
        command.arg(env!("CARGO_BIN_EXE_cellwise"));
        command.args(arguments).arg("a.ipynb");
        command.current_dir(folder.path());
        let (status, said) = wait(command);
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        let reasons = ["permission denied", "the project's folder is read-only"];
        assert!(reasons.iter().any(|reason| said.contains(reason)), "{said}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), NOTEBOOK);
        assert_eq!(names(folder.path()), ["a.ipynb"]);
    }
}

/// Somebody saves the notebook again and again, as editors do: whoever comes last, it is a whole notebook, and nothing
/// stays beside it.
#[test]
fn a_file_that_is_saved_meanwhile_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ipynb");
    std::fs::write(&file, NOTEBOOK).unwrap();
    let is_done = AtomicBool::new(false);
    let mut told = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for version in 0..100_000 {
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
                let text = NOTEBOOK.replace("x = 3", &format!("x = {version}"));
                match version % 3 {
                    // In one step, in place, and in two steps.
                    0 => {
                        let next = folder.path().join("next");
                        std::fs::write(&next, text).unwrap();
                        std::fs::rename(&next, &file).unwrap();
                    }
                    1 => std::fs::write(&file, text).unwrap(),
                    _ => {
                        std::fs::write(&file, &text[..text.len() / 2]).unwrap();
                        std::fs::write(&file, text).unwrap();
                    }
                }
            }
        });
        for round in 0..30 {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cellwise"));
            command.args(WRITING[round % 2]).arg("a.ipynb");
            command.current_dir(folder.path());
            told.push(wait(command));
        }
        is_done.store(true, Ordering::Relaxed);
    });
    for (status, said) in told {
        assert!(status != Some(2) || said.contains("a.ipynb"), "{said}");
    }
    let left = std::fs::read(&file).unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&left).is_ok());
    assert_eq!(names(folder.path()), ["a.ipynb"]);
}

/// Who is ended finishes the file that it writes: each is the old one or the new one, and nothing stays beside them.
#[test]
fn whoever_is_ended_while_writing_leaves_whole_files() {
    for (signal, number) in [("-TERM", 15), ("-INT", 2)] {
        let folder = tempfile::tempdir().unwrap();
        let old = NOTEBOOK.replace("1\\n\"]}]", &format!("{}\"]}}]", "1".repeat(200_000)));
        let files: Vec<_> = (100..200).map(|number| format!("{number}.ipynb")).collect();
        for file in &files {
            std::fs::write(folder.path().join(file), &old).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_cellwise"))
            .args(["clean", "."])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let texts = || {
            let texts = files
                .iter()
                .map(|file| std::fs::read_to_string(folder.path().join(file)));
            texts.collect::<Result<Vec<_>, _>>().unwrap()
        };
        while texts().iter().all(|text| *text == old) && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        Command::new("kill").args([signal, &id]).status().unwrap();
        let status = child.wait().unwrap();
        let was_done = status.success();
        assert!(
            was_done || status.signal() == Some(number),
            "{signal}: {status}"
        );
        let (same, new): (Vec<_>, Vec<_>) = texts().into_iter().partition(|text| *text == old);
        assert!(
            !new.is_empty() && (was_done || !same.is_empty()),
            "{signal}"
        );
        for text in new {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
        assert_eq!(names(folder.path()), files, "{signal}");
    }
}

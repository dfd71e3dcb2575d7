//! Ctrl-C and SIGTERM while files are written: what was begun is finished first, so that nothing stays beside it.

use std::sync::{Once, PoisonError, RwLock, RwLockReadGuard};

static WRITING: RwLock<()> = RwLock::new(());

/// As long as there is one, no such signal ends the program, but for a second one.
#[derive(Debug)]
pub struct Unbroken {
    _writing: RwLockReadGuard<'static, ()>,
}

impl Unbroken {
    /// Waits for ever where a signal came: then the program is about to end.
    pub fn begin() -> Self {
        static WATCH: Once = Once::new();
        WATCH.call_once(watch);
        Self {
            _writing: WRITING.read().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// A thread for each signal ends the program as the signal itself would have. Where nobody can watch, signals do what they
/// always did. SIGHUP is left alone: `nohup` has it ignored, and a handler of ours would undo that.
#[cfg(unix)]
fn watch() {
    use std::io::Read as _;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::{flag, low_level};

    let is_ending = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let Ok((mut came, comes)) = std::io::pipe() else {
            return;
        };
        std::thread::spawn(move || {
            if came.read_exact(&mut [0]).is_ok() {
                let _nobody_writes = WRITING.write().unwrap_or_else(PoisonError::into_inner);
                let _ = low_level::emulate_default_handler(signal);
            }
        });
        // The order counts: at the first signal there was none before.
        let _ = low_level::pipe::register(signal, comes)
            .and_then(|_| flag::register_conditional_default(signal, Arc::clone(&is_ending)))
            .and_then(|_| flag::register(signal, Arc::clone(&is_ending)));
    }
}

#[cfg(not(unix))]
fn watch() {}

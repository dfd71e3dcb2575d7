//! Threads that read a whole project, and must not be felt by whoever types.

/// Has the calling thread run when nobody else wants to, where the system can do that for one thread: on Linux.
pub fn lower() {
    #[cfg(target_os = "linux")]
    {
        // Refused or not, the work is done.
        let _ = rustix::process::setpriority_process(None, LOWEST);
    }
}

/// The niceness of a thread that takes only what is left.
#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;

#![no_main]
#![forbid(unsafe_code)]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(line) = cellwise_fuzz::hosted::run(data) {
        eprintln!("{line}");
    }
});

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    gdal_dggs_fuzz::zones(bytes);
});

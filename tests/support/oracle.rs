//! Answers of other software: the files of the shared folder, read where they are, and how near two points must be.

use std::path::PathBuf;

use gdal_dggs::grid::LonLat;

/// A file or folder of the shared folder (`DGGS_SHARED`, else `../shared`, else `../../shared`); `None` with a printed
/// reason where it is absent.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let first = std::env::var_os("DGGS_SHARED").map_or_else(|| own.join("../shared"), PathBuf::from).join(name);
    let found = [first.clone(), own.join("../../shared").join(name)].into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {} is absent; set DGGS_SHARED to the folder of the oracles", first.display());
    }
    found
}

/// The text of a file of `shared/oracle`.
pub(crate) fn oracle(file: &str) -> Option<String> {
    std::fs::read_to_string(shared("oracle")?.join(file)).ok()
}

/// True when a point is that near to a longitude and latitude, in degrees of a great circle.
pub(crate) fn close(a: LonLat, lon_deg: f64, lat_deg: f64, tolerance_deg: f64) -> bool {
    let lon = (a.lon_deg - lon_deg).rem_euclid(360.0);
    lon.min(360.0 - lon) * a.lat_deg.to_radians().cos() <= tolerance_deg && (a.lat_deg - lat_deg).abs() <= tolerance_deg
}

/// The twelve points of `points12.json`.
pub(crate) fn points12(root: &serde_json::Value) -> Vec<LonLat> {
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let points = root["points"].as_array().expect("a list").iter();
    points.map(|point| LonLat { lon_deg: number(&point["lon"]), lat_deg: number(&point["lat"]) }).collect()
}

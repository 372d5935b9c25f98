//! `multiscales` of zarr-conventions, as it is written above the levels of a pyramid.
//! <https://github.com/zarr-conventions/multiscales>
//!
//! ```json
//! {"multiscales": {"resampling_method": "average", "layout": [
//!     {"asset": "8", "transform": {"scale": [1.0]}},
//!     {"asset": "7", "derived_from": "8", "transform": {"scale": [2.0]}}]}}
//! ```
//!
//! The scale is that of lengths along the one zone axis: the square root of the ratio of zone counts. Each entry has the
//! whole `dggs` object of its level, where the convention is zarr-conventions/dggs. Reading is in
//! [`zarr_dggs`](super::zarr_dggs).

use serde_json::{Value, json};

use super::creation::{Description, LevelPlace};

/// The attribute.
pub(super) const KEY: &str = "multiscales";

/// How levels were made of finer ones, in the object or beside a pyramid without one.
pub(super) const METHOD: &str = "resampling_method";

/// What identifies the convention for ever.
const UUID: &str = "d35379db-88df-4056-af3a-620245f8e347";

/// The entry of `zarr_conventions`.
pub(super) fn declaration() -> Value {
    json!({
        "uuid": UUID,
        "schema_url": "https://raw.githubusercontent.com/zarr-conventions/multiscales/refs/tags/v1/schema.json",
        "spec_url": "https://github.com/zarr-conventions/multiscales/blob/v1/README.md",
        "name": "multiscales",
        "description": "Multiscale layout of zarr datasets",
    })
}

/// The object for `levels`, the finest first, each made of the one before.
pub(super) fn layout(levels: &[(&LevelPlace, &Description)], method: &str) -> Value {
    let asset = |place: &LevelPlace| if place.group.is_empty() { ".".to_owned() } else { place.group.clone() };
    let mut entries = Vec::new();
    for (at, (place, description)) in levels.iter().enumerate() {
        let mut entry = serde_json::Map::new();
        entry.insert("asset".into(), asset(place).into());
        let finer = at.checked_sub(1).map(|finer| levels[finer]);
        let scale = finer.map_or(1.0, |(_, finer)| (finer.globe as f64 / description.globe as f64).sqrt());
        if let Some((finer, _)) = finer {
            entry.insert("derived_from".into(), asset(finer).into());
        }
        entry.insert("transform".into(), json!({"scale": [scale]}));
        if let Some(object) = description.group.get("dggs") {
            entry.insert("dggs".into(), object.clone());
        }
        entries.push(Value::Object(entry));
    }
    json!({"layout": entries, METHOD: method})
}

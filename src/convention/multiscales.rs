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

use super::{Description, LevelPlace};

/// The attribute.
pub(super) const KEY: &str = "multiscales";

/// How levels were made of finer ones, in the object or beside a pyramid without one.
pub(super) const METHOD: &str = "resampling_method";

/// What identifies the convention for ever.
pub(super) const UUID: &str = "d35379db-88df-4056-af3a-620245f8e347";

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

/// `told`, an object that is there, with `levels`, the finest first, each made of the one before by `method`. What it says
/// of levels already stays.
pub(super) fn extended(told: Option<Value>, levels: &[(&LevelPlace, &Description)], method: &str) -> Value {
    let entries = layout(levels);
    let Some(Value::Object(mut object)) = told.filter(|told| told.get("layout").is_some_and(Value::is_array)) else {
        return json!({"layout": entries, METHOD: method});
    };
    let is_usual = object.get(METHOD).and_then(Value::as_str) == Some(method);
    if let Some(layout) = object.get_mut("layout").and_then(Value::as_array_mut) {
        for mut entry in entries {
            if layout.iter().any(|known| asset_of(known) == asset_of(&entry)) {
                continue;
            }
            if !is_usual {
                entry[METHOD] = method.into();
            }
            let finer = entry.get("derived_from").and_then(Value::as_str).map(normal).unwrap_or_default();
            let at = layout.iter().position(|known| asset_of(known) == finer).map_or(layout.len(), |at| at + 1);
            layout.insert(at, entry);
        }
    }
    object.into()
}

/// `told` without the entries of `places`; `None` when no level is left but one in the group itself.
pub(super) fn without(mut told: Value, places: &[LevelPlace]) -> Option<Value> {
    let layout = told.get_mut("layout").and_then(Value::as_array_mut)?;
    layout.retain(|entry| !places.iter().any(|place| normal(&asset(place)) == asset_of(entry)));
    let is_one = layout.iter().all(|entry| asset_of(entry).is_empty());
    (!is_one).then_some(told)
}

/// The path of a level's group, as an asset.
fn asset(place: &LevelPlace) -> String {
    if place.group.is_empty() { ".".to_owned() } else { place.group.clone() }
}

/// One spelling of an asset's path.
fn normal(asset: &str) -> &str {
    asset.trim_start_matches("./").trim_matches(['/', '.'])
}

fn asset_of(entry: &Value) -> &str {
    entry.get("asset").and_then(Value::as_str).map(normal).unwrap_or_default()
}

/// The entries of `levels`, the finest first, each made of the one before.
fn layout(levels: &[(&LevelPlace, &Description)]) -> Vec<Value> {
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
    entries
}

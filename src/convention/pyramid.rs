//! Pyramids: where the levels of a cube are, and what stands above them.
//!
//! Each level has its [`LevelPlace`]; [`describe_pyramid`] says in the group above that the levels belong together, and
//! [`forget_levels`] takes it back. Levels may be added to a pyramid that is told already.

use serde_json::Value;

use super::attribute::structured;
use super::creation::{declare, undeclare, writer};
use super::{Attributes, CONVENTIONS, Description, multiscales};

/// Where a level of a pyramid is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelPlace {
    /// The refinement level.
    pub level: u8,
    /// Path of its group below the pyramid's; empty: that group itself.
    pub group: String,
    /// What the names of its arrays and zone dimensions end in.
    pub suffix: String,
}

/// The places of `levels`, in their order, the finest first, in `convention` ([`Description::convention`]).
///
/// A group a level, named by its number; in DGGS.jl's own way; in the data spec, whose cubes of one temporal resolution
/// MUST share a group, by suffixes (`_7`) of all but the first.
pub fn pyramid_places(convention: &str, dggrs: &str, levels: &[u8]) -> Vec<LevelPlace> {
    let group = |level: u8| match writer(convention) {
        Some((convention, _)) => convention.level_group(dggrs, level),
        None => Some(level.to_string()),
    };
    let place = |(at, &level): (usize, &u8)| match group(level) {
        Some(group) => LevelPlace { level, group, suffix: String::new() },
        None if at == 0 => LevelPlace { level, group: String::new(), suffix: String::new() },
        None => LevelPlace { level, group: String::new(), suffix: level_suffix(level) },
    };
    levels.iter().enumerate().map(place).collect()
}

/// Says in the attributes of the group above `levels` (the finest first) that each is made of the one before it by `method`
/// (`average`, `mode`, ...).
pub fn describe_pyramid(attributes: &mut Attributes, levels: &[(&LevelPlace, &Description)], method: &str) {
    let method = method.to_ascii_lowercase();
    let Some((_, finest)) = levels.first() else { return };
    if levels.iter().any(|(place, _)| !place.suffix.is_empty()) {
        // One group: nothing but the method is left to say.
        attributes.insert(multiscales::METHOD.into(), method.into());
        return;
    }
    if let Some((convention, _)) = writer(finest.convention) {
        let levels: Vec<u8> = levels.iter().map(|(place, _)| place.level).collect();
        convention.describe_levels(attributes, finest, &levels);
    }
    let declared = levels.iter().flat_map(|(_, description)| &description.declarations).cloned();
    let entries: Vec<Value> = std::iter::once(multiscales::declaration()).chain(declared).collect();
    declare(attributes, &entries);
    let told = attributes.get(multiscales::KEY).map(|object| structured(object).into_owned());
    attributes.insert(multiscales::KEY.into(), multiscales::extended(told, levels, &method));
}

/// The group of `level` in a pyramid, below the pyramid's own, in the convention that [`detect`](super::detect) calls
/// `convention`; `None`: all levels share that, and names have suffixes.
pub fn level_group(convention: &str, dggrs: &str, level: u8) -> Option<String> {
    match CONVENTIONS.iter().find(|known| known.name() == convention) {
        Some(known) => known.level_group(dggrs, level),
        None => Some(level.to_string()),
    }
}

/// What the names of a level's arrays and zone dimension end in, where it shares its group with a finer one.
pub fn level_suffix(level: u8) -> String {
    format!("_{level}")
}

/// Takes what [`describe_pyramid`] said of the levels at `places`, which are no more, out of the attributes of the group
/// above. A pyramid of one level, in that group itself, is none.
pub fn forget_levels(attributes: &mut Attributes, places: &[LevelPlace]) {
    if places.iter().any(|place| !place.suffix.is_empty()) {
        attributes.shift_remove(multiscales::METHOD);
        return;
    }
    let groups: Vec<&str> = places.iter().map(|place| place.group.as_str()).collect();
    CONVENTIONS.iter().for_each(|convention| convention.forget_levels(attributes, &groups));
    let Some(told) = attributes.get(multiscales::KEY).map(|object| structured(object).into_owned()) else { return };
    match multiscales::without(told, places) {
        Some(left) => drop(attributes.insert(multiscales::KEY.into(), left)),
        None => {
            attributes.shift_remove(multiscales::KEY);
            undeclare(attributes, multiscales::UUID);
        }
    }
}

/// Gives the entries of a layout that is in `attributes` the objects `dggs` of their levels, by the path of their group.
pub fn retell_levels(attributes: &mut Attributes, levels: &[(String, Value)]) {
    let Some(mut object) = attributes.get(multiscales::KEY).map(|object| structured(object).into_owned()) else {
        return;
    };
    let entries = object.get_mut("layout").and_then(Value::as_array_mut).into_iter().flatten();
    for entry in entries.filter_map(Value::as_object_mut) {
        let asset = entry.get("asset").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, told)) = levels.iter().find(|(path, _)| path == asset) {
            entry.insert("dggs".into(), told.clone());
        }
    }
    attributes.insert(multiscales::KEY.into(), object);
}

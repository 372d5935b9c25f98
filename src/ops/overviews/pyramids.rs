//! The pyramids of a store: its zone axes, those that are levels of one another together.

use std::sync::Arc;

use crate::convention::{self, LevelPlace};
use crate::cube::{Group, ZoneLine};
use crate::error::{Error, Result};
use crate::grid::GridSpec;
use crate::ops::level::below;
use crate::store::Call;

/// Groups that are searched for zone axes.
const SEARCHED: usize = 4096;

/// A level of a pyramid that is there.
pub(super) struct Rung {
    pub(super) line: ZoneLine,
    pub(super) place: LevelPlace,
    /// Path of its group.
    pub(super) group: String,
    /// Its arrays of numbers, without the suffix of the level.
    pub(super) arrays: Vec<String>,
    /// Those of anything else.
    pub(super) others: Vec<String>,
}

/// Levels of one cube.
pub(super) struct Pyramid {
    /// Path of the group that the places of levels are below.
    pub(super) home: String,
    /// The levels that are there, the finest first.
    pub(super) rungs: Vec<Rung>,
}

impl Rung {
    fn new(call: &Arc<Call>, line: ZoneLine) -> Result<(String, Self)> {
        let (group, level) = (line.group_name().to_owned(), line.level());
        let told = line.told();
        let (above, name) = group.rsplit_once('/').unwrap_or(("", &group));
        let (home, place) = match convention::level_group(told.convention, told.spec.dggrs, level) {
            Some(own) if own == name => {
                let home = if above.is_empty() { "/" } else { above };
                (home.to_owned(), LevelPlace { level, group: own, suffix: String::new() })
            }
            Some(_) => (group.clone(), LevelPlace { level, group: String::new(), suffix: String::new() }),
            None => {
                let suffix = convention::level_suffix(level);
                let has_it = told.dimensions.iter().all(|dimension| dimension.ends_with(&suffix));
                let suffix = if has_it { suffix } else { String::new() };
                (group.clone(), LevelPlace { level, group: String::new(), suffix })
            }
        };
        let (mut arrays, mut others) = (Vec::new(), Vec::new());
        for name in line.array_names() {
            let Some(array) = line.open_array(call, &name)?.filter(|array| array.is_data()) else { continue };
            let stem = name.strip_suffix(&place.suffix).unwrap_or(&name).to_owned();
            match array.data_type().numeric() {
                Some(_) => arrays.push(stem),
                None => others.push(stem),
            }
        }
        Ok((home, Self { line, place, group, arrays, others }))
    }

    /// The refinement level.
    pub(super) fn level(&self) -> u8 {
        self.place.level
    }

    /// Whether an array is on it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.arrays.iter().chain(&self.others).any(|known| known == name)
    }

    /// Path of its array.
    pub(super) fn path_of(&self, array: &str) -> String {
        below(&self.group, &format!("{array}{}", self.place.suffix))
    }

    /// True for a group that is `node`, or in it.
    pub(super) fn is_in(&self, node: &str) -> bool {
        let node = node.trim_end_matches('/');
        self.group.strip_prefix(node).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// All pyramids of the store with the root `root`.
///
/// # Errors
/// Metadata that cannot be read; two levels that would be at the same place.
pub(super) fn all(call: &Arc<Call>, root: &Arc<dyn Group>) -> Result<Vec<Pyramid>> {
    let mut found: Vec<(GridSpec, Pyramid)> = Vec::new();
    let (mut pending, mut searched) = (vec![root.clone()], 0);
    while let Some(group) = pending.pop() {
        searched += 1;
        if searched > SEARCHED {
            return Err(Error::unsupported(format!(
                "more than {SEARCHED} groups: name the one whose levels are meant"
            )));
        }
        for line in group.clone().zone_lines() {
            let (home, rung) = Rung::new(call, line)?;
            let spec = rung.line.told().spec.clone();
            match found.iter_mut().find(|(known, pyramid)| *known == spec && pyramid.home == home) {
                Some((_, pyramid)) => pyramid.rungs.push(rung),
                None => found.push((spec, Pyramid { home, rungs: vec![rung] })),
            }
        }
        for name in group.group_names(call)?.into_iter().rev() {
            pending.extend(group.open_group(call, &name)?);
        }
    }
    let mut pyramids: Vec<Pyramid> = found.into_iter().map(|(_, pyramid)| pyramid).collect();
    for pyramid in &mut pyramids {
        pyramid.rungs.sort_by_key(|rung| std::cmp::Reverse(rung.level()));
    }
    Ok(pyramids)
}

impl Pyramid {
    /// Where a level goes that is not there.
    pub(super) fn place_of(&self, level: u8) -> LevelPlace {
        let told = self.rungs[0].line.told();
        match convention::level_group(told.convention, told.spec.dggrs, level) {
            Some(group) => LevelPlace { level, group, suffix: String::new() },
            None => LevelPlace { level, group: String::new(), suffix: convention::level_suffix(level) },
        }
    }

    /// # Errors
    /// Levels cannot be told apart by their places.
    pub(super) fn check(&self) -> Result<()> {
        for (at, rung) in self.rungs.iter().enumerate() {
            let same = |other: &&Rung| other.group == rung.group && other.place.suffix == rung.place.suffix;
            if self.rungs[..at].iter().any(|other| same(&other)) {
                return Err(Error::unsupported(format!(
                    "group {} has several axes of zones, so that a group in it does not say of which it is a level",
                    rung.group
                )));
            }
        }
        Ok(())
    }
}

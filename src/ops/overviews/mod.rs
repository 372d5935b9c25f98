//! Coarser levels of a cube that is there, as `gdaladdo` asks for them.
//!
//! A factor means so many times longer edges of pixels, and of zones: the level that is coarser by log(f^2) / log(r),
//! rounded, where r is the refinement ratio. Each level is made of the next finer one that has the array, and goes where
//! the convention of the cube has levels: a group a level, below the cube's own or beside it, or suffixes in one group.
//! What was there stays where it is and as it is, but for the attributes that tell of the pyramid.
//!
//! - [`pyramids`]: the levels that are there; [`maker`]: those that are made; [`growth`]: how they come into the store.
//!
//! Limits: conventions that are written; not cubes whose grid only open options tell, for nothing would tell a level's.

mod growth;
mod maker;
mod pyramids;

use std::sync::Arc;

use self::growth::Growth;
use self::maker::Maker;
use self::pyramids::{Pyramid, Rung};
use super::Progress;
use super::level::below;
use crate::convention;
use crate::cube::Resampling;
use crate::cube::{self, OpenRequest};
use crate::error::{Context, Error, Kind, Result};
use crate::grid::Grid;
use crate::store::{Call, VsiStore};

/// Open options that say how a raster is shown, not what it is.
const OF_VIEWS: [&str; 6] = ["BBOX", "CRS", "RES", "RESAMPLING", "SLICE", "GEOMETRY"];

/// The file in a store's root that is held while levels are added.
const LOCK: &str = ".dggs_lock";

/// Builds the levels of `factors` under `array`, else under what `request` names: an array, or all arrays of a group or
/// store. Without factors removes the levels that are coarser.
///
/// # Errors
/// A method or factor that makes no level; a level that is there; what cannot be read or written; the caller stopped it.
/// The store is then as it was.
pub fn build(
    call: &Arc<Call>,
    request: &OpenRequest,
    array: Option<&str>,
    method: &str,
    factors: &[i32],
    progress: Progress<'_>,
) -> Result<()> {
    let place = || request.name.clone();
    let request = OpenRequest { update: false, forced: true, ..request.clone() };
    // What another process adds meanwhile is there when it is our turn.
    let _turn = VsiStore::new(&cube::store_path(&request.name)?, call).hold(LOCK).context(place)?;
    let named = cube::open_named(call, &request, &OF_VIEWS)?;
    let named = named.ok_or_else(|| Error::not_found("no store with a grid").context(place()))?;
    let is_of_view = |key: &str| OF_VIEWS.iter().any(|name| name.eq_ignore_ascii_case(key));
    if let Some((option, _)) = named.options.iter().find(|(key, _)| !is_of_view(key)) {
        let message = format!(
            "open option {option}: levels are those of the whole cube, as the store tells it; leave it out. Where the store does not \
                 tell its grid, make a copy that does (gdalmdimtranslate -of DGGS with the same options) and build the levels of \
                 that"
        );
        return Err(Error::invalid(message)).context(place);
    }
    let pyramids = pyramids::all(call, &named.root).context(place)?;
    let targets = targets(&pyramids, array.unwrap_or(&named.node)).context(place)?;
    match factors {
        [] => clean(call, &named.path, &targets).context(place),
        _ => {
            one_pyramid_a_group(&targets).context(place)?;
            let method = method_of(method).context(place)?;
            let jobs = targets.iter().map(|target| Job::new(target, factors, method));
            let jobs: Vec<Job<'_>> = jobs.collect::<Result<_>>().context(place)?;
            grow(call, &named.path, &jobs, progress).context(place)
        }
    }
}

/// The method that GDAL calls `name`.
fn method_of(name: &str) -> Result<Resampling> {
    let word = if name.eq_ignore_ascii_case("NEAR") { "NEAREST" } else { name };
    Resampling::choose("resampling", Some(word), Resampling::is_for_levels).map(Option::unwrap_or_default)
}

/// Arrays of one level of a pyramid.
struct Target<'a> {
    pyramid: &'a Pyramid,
    /// The level that they are on.
    base: &'a Rung,
    arrays: Vec<&'a str>,
}

/// The arrays at `node`, on the finest level that is there.
fn targets<'a>(pyramids: &'a [Pyramid], node: &str) -> Result<Vec<Target<'a>>> {
    let mut found = Vec::new();
    for pyramid in pyramids {
        for base in &pyramid.rungs {
            if let Some(name) = base.arrays.iter().find(|name| base.path_of(name) == node) {
                return Ok(vec![Target { pyramid, base, arrays: vec![name] }]);
            }
        }
        let Some(base) = pyramid.rungs.iter().find(|rung| rung.is_in(node)) else { continue };
        if !base.arrays.is_empty() {
            found.push(Target { pyramid, base, arrays: base.arrays.iter().map(String::as_str).collect() });
        }
    }
    if found.is_empty() {
        return Err(Error::not_found(format!("{node} is no array of numbers on zones, and no group with any")));
    }
    Ok(found)
}

/// # Errors
/// Levels of two grids would be in one group.
fn one_pyramid_a_group(targets: &[Target<'_>]) -> Result<()> {
    for (at, target) in targets.iter().enumerate() {
        let home = &target.pyramid.home;
        if targets[..at].iter().any(|other| other.pyramid.home == *home) {
            return Err(Error::unsupported(format!(
                "group {home} has zones of several grids, whose levels would be in one group"
            )));
        }
    }
    Ok(())
}

/// The levels to be made of a target.
struct Job<'a> {
    target: &'a Target<'a>,
    /// From finer to coarser.
    levels: Vec<u8>,
    method: Resampling,
}

impl<'a> Job<'a> {
    fn new(target: &'a Target<'a>, factors: &[i32], method: Resampling) -> Result<Self> {
        let Target { pyramid, base, arrays } = target;
        pyramid.check()?;
        let levels = levels_of(&**base.line.grid(), base.level(), factors)?;
        for level in &levels {
            for rung in pyramid.rungs.iter().filter(|rung| rung.level() == *level) {
                if let Some(name) = arrays.iter().find(|name| rung.has(name)) {
                    return Err(Error::invalid(format!(
                        "{}, which is level {level}, is there already: leave its factor out, or remove the coarser levels \
                         first (gdaladdo -clean)",
                        rung.path_of(name)
                    )));
                }
            }
        }
        Ok(Self { target, levels, method })
    }

    /// How much work a level is, in values.
    fn work(&self, level: u8) -> f64 {
        let line = &self.target.base.line;
        let share = line.grid().zone_count(level) as f64 / line.grid().zone_count(line.level()) as f64;
        share * line.len() as f64 * self.target.arrays.len() as f64
    }
}

/// The levels that `factors` mean for zones of `level`, from finer to coarser, each once.
///
/// # Errors
/// A factor that means no coarser level, or one below level 0.
fn levels_of(grid: &dyn Grid, level: u8, factors: &[i32]) -> Result<Vec<u8>> {
    // Of the finer levels: pentagons and poles count there for little.
    let fine = grid.max_level().clamp(1, 8);
    let ratio = (grid.zone_count(fine) as f64 / grid.zone_count(fine - 1) as f64).round();
    let mut levels = Vec::new();
    for factor in factors {
        let steps = (2.0 * f64::from(*factor).ln() / ratio.ln()).round();
        if steps.is_nan() || steps < 1.0 {
            return Err(Error::invalid(format!("factor {factor}: it means no coarser level; give 2, 4, 8, ...")));
        }
        if steps > f64::from(level) {
            let most = ratio.powf(f64::from(level) / 2.0).floor();
            return Err(Error::invalid(format!(
                "factor {factor} means a level {steps} coarser than {level}, and level 0 of {} is the coarsest: factors \
                 up to {most} make levels here",
                grid.spec().dggrs
            )));
        }
        levels.push(level - steps as u8);
    }
    levels.sort_unstable_by(|a, b| b.cmp(a));
    levels.dedup();
    Ok(levels)
}

/// Builds all levels of `jobs` in the store at `path`.
fn grow(call: &Arc<Call>, path: &str, jobs: &[Job<'_>], progress: Progress<'_>) -> Result<()> {
    let homes: Vec<&str> = jobs.iter().map(|job| job.target.pyramid.home.as_str()).collect();
    let mut growth = Growth::begin(call, path, &homes)?;
    match make(call, &mut growth, jobs, progress) {
        Ok(()) => growth.finish(call, &homes),
        Err(error) => {
            growth.abandon();
            Err(error)
        }
    }
}

fn make(call: &Arc<Call>, growth: &mut Growth, jobs: &[Job<'_>], progress: Progress<'_>) -> Result<()> {
    let total: f64 = jobs.iter().flat_map(|job| job.levels.iter().map(move |level| job.work(*level))).sum();
    let mut before = 0.0;
    for job in jobs {
        let mut maker = Maker::new(call, growth, job)?;
        for level in &job.levels {
            let part = job.work(*level);
            maker.level(*level, &mut |done| progress(((before + done * part) / total).min(1.0)))?;
            before += part;
        }
        maker.tell()?;
    }
    match progress(1.0) {
        true => Ok(()),
        false => Err(Error::new(Kind::Cancelled, "stopped by the user")),
    }
}

/// Removes the arrays of `targets` from the levels coarser than theirs, and levels that hold nothing else.
fn clean(call: &Arc<Call>, path: &str, targets: &[Target<'_>]) -> Result<()> {
    let homes: Vec<&str> = targets.iter().map(|target| target.pyramid.home.as_str()).collect();
    let growth = Growth::begin(call, path, &homes)?;
    let editor = &growth.editor;
    for Target { pyramid, base, arrays } in targets {
        pyramid.check()?;
        let (mut doomed, mut places) = (Vec::new(), Vec::new());
        for rung in pyramid.rungs.iter().filter(|rung| rung.level() < base.level()) {
            let goes = |name: &&String| arrays.contains(&name.as_str()) || base.others.contains(name);
            let here = || rung.arrays.iter().chain(&rung.others);
            if !here().all(|name| goes(&name)) {
                // What else is on that level is finer nowhere.
                doomed.extend(here().filter(goes).map(|name| rung.path_of(name)));
                continue;
            }
            places.push(rung.place.clone());
            match (rung.place.group.is_empty(), rung.place.suffix.is_empty()) {
                (false, _) if editor.group_names(&rung.group)?.is_empty() => doomed.push(rung.group.clone()),
                (true, false) => {
                    doomed.extend(here().map(|name| rung.path_of(name)));
                    doomed.extend(rung.line.told().id_array.iter().map(|name| below(&rung.group, name)));
                }
                _ => {
                    return Err(Error::unsupported(format!(
                        "group {} is level {} and has groups in it: delete what is not wanted there by hand",
                        rung.group,
                        rung.level()
                    )));
                }
            }
        }
        let mut attributes = editor.attributes(&pyramid.home)?;
        convention::forget_levels(&mut attributes, &places);
        growth.set_attributes(&pyramid.home, attributes)?;
        // The first one writes the attributes too: what goes is first no longer told, then no longer there.
        doomed.iter().try_for_each(|path| editor.delete(call, path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    #[test]
    fn factors_are_levels_by_the_refinement_ratio() {
        let levels = |dggrs: &str, level: u8, factors: &[i32]| {
            let (family, name) = grid::family_of(dggrs).unwrap();
            levels_of(&*grid::grid(&family.default_spec(name)).unwrap(), level, factors)
        };
        assert_eq!(levels("HEALPix", 9, &[2, 4, 8]).unwrap(), [8, 7, 6]);
        assert_eq!(levels("ISEA4H", 5, &[16, 3]).unwrap(), [3, 1]);
        assert_eq!(levels("ISEA3H", 9, &[2, 4, 8]).unwrap(), [8, 6, 5]);
        assert_eq!(levels("H3", 4, &[2, 4, 8, 16]).unwrap(), [3, 2, 1]);
        assert_eq!(levels("rHEALPix", 4, &[3, 9]).unwrap(), [3, 2]);
        assert!(levels("HEALPix", 2, &[2, 8]).unwrap_err().to_string().contains("factors up to 4"));
        assert!(levels("HEALPix", 2, &[1]).unwrap_err().to_string().contains("factor 1"));
    }
}

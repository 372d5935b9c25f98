//! Copies of cubes: groups, arrays, attributes, types, chunks and CRSs survive, and where it is wanted the grid is told in
//! another convention or by other zone ids.
//!
//! The source is a dataset of any driver whose metadata tell zone axes: our own (selections too), GDAL's Zarr or netCDF
//! driver, a VRT of those. What our driver computes of zones is not stored. Without the options `CONVENTION` and
//! `INDEXING` metadata stay as they are. With them zones are put into the order of their new ids: all of a global cube,
//! a list sorted.
//!
//! - [`source`]: what a source holds; [`plan`]: what the copy is to consist of;
//! - [`axis`], [`order`]: its zone axes, and where each zone comes from; [`transfer`]: elements, block by block.
//!
//! A source without a grid goes to [`from_raster`](super::from_raster), where `DGGRS` names one.
//!
//! Limits: from one grid to another, or one level to another, is no copy; groups keep their names, also where a convention
//! has its own for levels.

mod axis;
mod order;
mod plan;
mod source;
mod transfer;

use std::ops::Range;
use std::sync::Arc;

use self::plan::{Content, PlannedArray, PlannedGroup};
use self::source::SourceGroup;
use self::transfer::{Moved, Transfer};
use super::Progress;
use super::frame::Frame;
use crate::cube::NO_ZONE;
use crate::cube::creation::{CoverageOption, CreationOptions, LevelOption, PyramidOption};
use crate::error::{Error, Kind, Result};
use crate::grid::Zone;
use crate::hierarchy;
use crate::store::dataset::Dataset;
use crate::store::{Call, Input, NumericType};

/// Part of `MAX_MEMORY` that one block may take: two are under way, each with what is read and what is encoded of it.
const BLOCKS: u64 = 8;

/// Copies `dataset` to a new store called `name`; `pairs` are creation options.
///
/// # Errors
/// An option that makes no sense; a target that must not be replaced; a source that is on no grid, or on another than the
/// one asked for; what cannot be read or written; the caller stopped it. The target is then as it was.
pub fn create_copy(
    call: &Arc<Call>,
    dataset: &Dataset,
    name: &str,
    pairs: &[(String, String)],
    progress: Progress<'_>,
) -> Result<()> {
    let options = CreationOptions::parse(pairs)?;
    let limited = call.limited(options.num_threads.unwrap_or(usize::MAX));
    let copied = copy(&limited, dataset, name, pairs, &options, progress);
    limited.take_warnings().into_iter().for_each(|warning| call.warn(warning));
    copied
}

fn copy(
    call: &Arc<Call>,
    dataset: &Dataset,
    name: &str,
    pairs: &[(String, String)],
    options: &CreationOptions,
    progress: Progress<'_>,
) -> Result<()> {
    super::frame::target(call, name)?;
    let source = SourceGroup::read(call, dataset)?;
    let Some(source) = source.filter(|root| root.all().iter().any(|group| !group.axes.is_empty())) else {
        if options.identity.dggrs.is_some() {
            // Pixels become zones run by run, however much memory there is for it.
            let job = job(call, dataset, pairs, &["RESUME", "NUM_THREADS", "MAX_MEMORY"]);
            return super::from_raster::create(call, dataset, name, options, &job, progress);
        }
        return Err(Error::invalid(format!(
            "option DGGRS is missing: {} is on no grid that its metadata tell, so say which one it is to be put on (DGGRS=HEALPix \
             and LEVEL=8, or LEVEL=AUTO)",
            if dataset.name().is_empty() { "the source" } else { dataset.name() }
        )));
    };
    let given = |option: &str| pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(option));
    check(&source, options, &given)?;
    let changes_scheme = source.all().iter().flat_map(|group| &group.axes).any(|axis| {
        options.identity.indexing.as_ref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(axis.spec.indexing))
    });
    let converts = given("CONVENTION") || changes_scheme || source.all().iter().any(|group| group.is_from_options);
    let groups = plan::plan(call, &source, options, converts)?;

    let frame = Frame::begin(
        call,
        name,
        options.format,
        options.resume,
        &job(call, dataset, pairs, &["RESUME", "NUM_THREADS"]),
    )?;
    match fill(call, &frame, &groups, options, progress) {
        Ok(()) => frame.finish(call),
        Err(error) => {
            frame.abandon();
            Err(error)
        }
    }
}

/// A line that tells a job from others: its source and its options, but for those `aside`, which change nothing.
fn job(call: &Arc<Call>, dataset: &Dataset, pairs: &[(String, String)], aside: &[&str]) -> String {
    let mut job: Vec<String> = pairs
        .iter()
        .filter(|(key, _)| !aside.iter().any(|name| key.eq_ignore_ascii_case(name)))
        .map(|(key, value)| format!("{}={value}", key.to_ascii_uppercase()))
        .collect();
    job.sort_unstable();
    format!("copy of {} ({:016x}) {}", dataset.name(), dataset.fingerprint(call), job.join(" "))
}

/// Options that ask for more than a copy.
fn check(source: &SourceGroup, options: &CreationOptions, given: &dyn Fn(&str) -> bool) -> Result<()> {
    // With the grid that the source is on, zones need no resampling, whichever it would be.
    if given("RESAMPLING") && options.identity.dggrs.is_none() {
        return Err(Error::unsupported(
            "option RESAMPLING: the source is on a grid already, and its zones are copied as they are; leave it out",
        ));
    }
    let mut is_part = false;
    for group in source.all() {
        is_part |= group.is_part()?;
    }
    if options.coverage == CoverageOption::Global && is_part {
        return Err(Error::unsupported(
            "option COVERAGE=GLOBAL: the source lists its zones, and a copy holds the same ones; leave it out",
        ));
    }
    if options.pyramid != PyramidOption::No {
        return Err(Error::unsupported(
            "option PYRAMID: the source is on a grid already, and its levels are copied as they are; build others with gdaladdo",
        ));
    }
    for group in source.all() {
        group.axes.iter().try_for_each(|axis| axis::target_spec(axis, options).map(drop))?;
    }
    let levels: Vec<u8> = source.all().iter().flat_map(|group| group.levels.iter().copied()).collect();
    match options.level {
        Some(LevelOption::At(level)) if !levels.iter().all(|found| *found == level) => {
            Err(Error::unsupported(format!(
                "option LEVEL={level}: the source is on level {}, and a copy does not change it; leave LEVEL out",
                levels.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
            )))
        }
        _ => Ok(()),
    }
}

/// Makes all groups and arrays, and fills them.
fn fill(
    call: &Arc<Call>,
    frame: &Frame,
    groups: &[PlannedGroup<'_>],
    options: &CreationOptions,
    progress: Progress<'_>,
) -> Result<()> {
    let editor = frame.editor();
    let mut arrays = Vec::new();
    for group in groups {
        if group.path != "/" {
            editor.create_group(&group.path)?;
        }
        for (key, value) in &group.attributes {
            editor.set_attribute(&group.path, key, Some(value.clone()))?;
        }
        for planned in &group.arrays {
            let array = editor.create_array(&group.path, &planned.new)?;
            let array = match &planned.nodata {
                Some(nodata) => {
                    editor.set_nodata(array.full_name(), Some(nodata))?;
                    editor.array(array.full_name())?
                }
                None => array,
            };
            arrays.push((planned, array));
        }
    }
    let total: u64 = arrays.iter().map(|(planned, _)| planned.bytes()).sum::<u64>().max(1);
    let mut filler = Filler { call, frame, options, progress, total, done: 0 };
    filler.tell(0)?;
    arrays.iter().try_for_each(|(planned, array)| filler.array(planned, array))
}

struct Filler<'a> {
    call: &'a Arc<Call>,
    frame: &'a Frame,
    options: &'a CreationOptions,
    progress: Progress<'a>,
    /// Bytes of all arrays.
    total: u64,
    done: u64,
}

impl Filler<'_> {
    /// Adds what is done, and asks whether to go on.
    fn tell(&mut self, bytes: u64) -> Result<()> {
        self.done += bytes;
        match (self.progress)((self.done as f64 / self.total as f64).min(1.0)) {
            true => Ok(()),
            false => Err(Error::new(Kind::Cancelled, "stopped by the user")),
        }
    }

    fn array(&mut self, planned: &PlannedArray<'_>, array: &hierarchy::Array) -> Result<()> {
        let new = &planned.new;
        let unit = new.shard_shape.clone().unwrap_or_else(|| new.chunk_shape.clone());
        let elements: u64 = new.shape.iter().product();
        let element = planned.bytes() / elements.max(1);
        let (call, frame, block_bytes) = (self.call, self.frame, self.options.max_memory / BLOCKS);
        let (from, zones) = match &planned.content {
            Content::Same(from) => (*from, None),
            Content::Moved(from, order, source_axes, copy_rank) => {
                let moved = Moved { order, source_axes: source_axes.clone(), copy_rank: *copy_rank };
                (*from, Some(moved))
            }
            Content::Ids(axis) => {
                let order =
                    axis.order_of_ids().ok_or_else(|| Error::invalid("no array lies on the zones to be listed"))?;
                let mut ids = |positions: Range<u64>| {
                    let zones = order.zones(call, positions)?;
                    let held: Vec<_> = zones.iter().copied().filter(|zone| *zone != NO_ZONE).collect();
                    let mut found = order::ids(&*axis.grid, axis.level, &held)?.into_iter();
                    let id = |zone: &Zone| match *zone {
                        NO_ZONE => u64::MAX,
                        _ => found.next().unwrap_or(u64::MAX),
                    };
                    Ok(zones.iter().map(id).collect())
                };
                return transfer::write_ids(call, array, &mut ids, unit[0], &mut |_, count| self.tell(count * element));
            }
            Content::Scalar => {
                let zero = [0u8];
                array.write(call, &[], Input::from_bytes(&zero, NumericType::UInt8, &[])?)?;
                return self.tell(element);
            }
        };
        let fill = planned.nodata.clone().unwrap_or_else(|| vec![0; element as usize]);
        let transfer = Transfer { from, to: array, unit, zones, fill, block_bytes };
        let step = |number: usize| format!("{} {number}", array.full_name());
        transfer.run(call, &|number| frame.is_done(&step(number)), &mut |number, count| {
            frame.done(&step(number))?;
            self.tell(count * element)
        })
    }
}

//! A cube of a dataset without a grid: its arrays over pixels become arrays over zones, the others are copied.
//!
//! A classic raster becomes one group. A multidimensional dataset keeps its groups; in each, the arrays over its horizontal
//! dimensions lie on one axis of zones. Coarser levels are made of what was written, one after the other.

mod auxiliary;
mod plan;

use std::sync::Arc;

use self::plan::{GroupPlan, pyramid_levels};
use super::Progress;
use super::frame::Frame;
use super::level::{self, ArrayPlan, Level, LevelPlan, Names};
use super::pyramid::{self, Layer, Step, Written};
use super::quantise::covered::{Search, covered};
use super::quantise::engine::{self, Job, fill_of};
use super::quantise::zones::Zones;
use super::source::distinct::Distinct;
use super::source::{Source, SourceArray};
use crate::convention::{self, Description, LevelPlace};
use crate::cube::Resampling;
use crate::cube::creation::{CoverageOption, CreationOptions, LevelOption};
use crate::error::{Context, Error, Kind, Result};
use crate::grid::Grid;
use crate::store::Call;
use crate::store::dataset::Dataset;

/// The part of the work that pyramids are: a third of the values on four finer ones, and cheaper ones.
const PYRAMID_PART: f64 = 0.2;

/// Makes a cube called `name` of `dataset`, which is on no grid; `job` tells this job from others.
///
/// # Errors
/// A source that does not say where its pixels lie; an option that does not fit; what cannot be read or written; the caller
/// stopped it. The target is then as it was.
pub fn create(
    call: &Arc<Call>,
    dataset: &Dataset,
    name: &str,
    options: &CreationOptions,
    job: &str,
    progress: Progress<'_>,
) -> Result<()> {
    let mut groups = plan::groups(call, dataset, name)?;
    if options.resampling == Resampling::Sum {
        groups.iter_mut().for_each(|group| group.source = group.source.take().map(Source::unpacked));
    }
    if groups.iter().all(|group| group.source.is_none()) {
        return Err(Error::unsupported(format!(
            "the source{} has neither bands nor arrays over two horizontal dimensions (x and y, or longitude and latitude)",
            if dataset.name().is_empty() { String::new() } else { format!(" {}", dataset.name()) }
        )));
    }
    let frame = Frame::begin(call, name, options.format, options.resume, job)?;
    match fill(call, &frame, &groups, options, progress) {
        Ok(()) => frame.finish(call),
        Err(error) => {
            frame.abandon();
            Err(error)
        }
    }
}

fn fill(
    call: &Arc<Call>,
    frame: &Frame,
    groups: &[GroupPlan],
    options: &CreationOptions,
    progress: Progress<'_>,
) -> Result<()> {
    let count = groups.iter().filter(|group| group.source.is_some()).count() as f64;
    let mut before = 0.0;
    for group in groups {
        if group.path != "/" {
            frame.editor().create_group(&group.path)?;
        }
        for (key, value) in &group.attributes {
            frame.editor().set_attribute(&group.path, key, Some(value.clone()))?;
        }
        match &group.source {
            None => auxiliary::copy(call, frame, group, &group.path)?,
            Some(source) => {
                let mut part = |done: f64| progress((before + done) / count);
                let made = Maker::new(call, frame, group, source, options).and_then(|maker| maker.run(&mut part));
                made.context(|| format!("group {}", group.path))?;
                before += 1.0;
            }
        }
    }
    Ok(())
}

/// Makes the levels of a group.
struct Maker<'a> {
    call: &'a Arc<Call>,
    frame: &'a Frame,
    group: &'a GroupPlan,
    source: &'a Source,
    options: &'a CreationOptions,
    grid: Arc<dyn Grid>,
    level: u8,
    threads: usize,
}

impl<'a> Maker<'a> {
    fn new(
        call: &'a Arc<Call>,
        frame: &'a Frame,
        group: &'a GroupPlan,
        source: &'a Source,
        options: &'a CreationOptions,
    ) -> Result<Self> {
        let grid = options
            .grid_on(Some(&source.surface))?
            .ok_or_else(|| Error::invalid("option DGGRS is missing: say which grid the source is to be put on"))?;
        let level = match (options.level_on(&*grid)?, options.level) {
            (Some(level), _) => level,
            (None, Some(LevelOption::Auto)) => super::quantise::samples::level_of(&*grid, &source.lattice)?,
            _ => {
                return Err(Error::invalid(format!(
                    "option LEVEL is missing: give one of 0 to {}, or AUTO for zones not larger than the source's pixels",
                    grid.max_level()
                )));
            }
        };
        let threads = options.num_threads.unwrap_or_else(|| call.threads());
        Ok(Self { call, frame, group, source, options, grid, level, threads })
    }

    fn run(&self, progress: Progress<'_>) -> Result<()> {
        let Self { call, frame, group, source, options, level, .. } = *self;
        let grid = &self.grid;
        let (lattice, resampling, threads) = (&source.lattice, options.resampling, self.threads);
        let search = Search { call, grid: &**grid, level, lattice, resampling, threads };
        let zones = covered(&search, options.coverage, &mut || progress(0.0))?;
        let names = self.names();
        let description = level::describe(&**grid, level, &zones, "", options, &names)?;
        let (arrays, fills, chosen) = self.arrays(level::pads(&description, &zones));
        let coarser = pyramid_levels(&**grid, level, &zones, &arrays, options)?;
        let levels: Vec<u8> = std::iter::once(level).chain(coarser).collect();
        let places = self.places(&description, &levels);
        if let Some(array) = arrays.iter().find(|array| array.data_type.is_complex() && levels.len() > 1) {
            return Err(Error::unsupported(format!(
                "option PYRAMID: array {} holds complex numbers, of which no coarser levels are made; leave it out",
                array.name
            )));
        }

        let finest = Level::create(frame.editor(), Some(frame), &self.plan(&zones, &places[0], &arrays, &names))?;
        auxiliary::copy(call, frame, group, &finest.path)?;
        let chosen = chosen.iter().zip(&fills).map(|(chosen, fill)| chosen.then(|| fill.clone()));
        let raster = Distinct::new(&*source.raster, chosen.collect());
        let share = if levels.len() > 1 { 1.0 - PYRAMID_PART } else { 1.0 };
        let job = Job {
            grid: &**grid,
            level,
            zones: finest.zones(),
            lattice,
            raster: &raster,
            resampling,
            fills: &fills,
            max_memory: options.max_memory,
            threads,
        };
        engine::run(call, &job, &finest, &mut |done| progress(share * done))?;
        self.pyramid(&zones, &arrays, &places, finest, &mut |done| progress(share + (1.0 - share) * done))
    }

    fn plan<'p>(
        &'p self,
        zones: &'p Zones,
        place: &'p LevelPlace,
        arrays: &'p [ArrayPlan],
        names: &'p Names,
    ) -> LevelPlan<'p> {
        let (group, options) = (self.group.path.as_str(), self.options);
        LevelPlan { grid: &self.grid, zones, place, group, arrays, names, joins: false, ids_like: None, options }
    }

    /// Names beside those of the arrays.
    fn names(&self) -> Names {
        let taken: Vec<&str> = self.source.arrays.iter().map(|array| array.name.as_str()).collect();
        Names::usual(&taken)
    }

    /// Where the levels go: one alone into the group itself.
    fn places(&self, finest: &Description, levels: &[u8]) -> Vec<LevelPlace> {
        if levels.len() == 1 {
            return vec![LevelPlace { level: levels[0], group: String::new(), suffix: String::new() }];
        }
        convention::pyramid_places(finest.convention, self.grid.spec().dggrs, levels)
    }

    /// The arrays of a level, of each the value of zones without data (`pads`: and of positions without a zone), and whether
    /// that had to be chosen, as the source names none.
    fn arrays(&self, pads: bool) -> (Vec<ArrayPlan>, Vec<Vec<u8>>, Vec<bool>) {
        let resampling = self.options.resampling;
        let is_touched = self.options.coverage != CoverageOption::Global;
        let is_full = !pads && (self.source.lattice.is_global() || is_touched);
        let (mut plans, mut fills, mut chosen) = (Vec::new(), Vec::new(), Vec::new());
        for (variable, array) in self.source.raster.variables().iter().zip(&self.source.arrays) {
            let fill = fill_of(variable, resampling);
            let data_type = engine::output_type(resampling, variable.data_type);
            let is_needed = !data_type.is_integer() || variable.nodata.is_some() || variable.masked || !is_full;
            let is_chosen = is_needed && data_type.is_integer() && variable.nodata.is_none();
            if is_chosen {
                let (which, next) = if data_type.is_signed_integer() {
                    ("lowest", "lowest but one")
                } else {
                    ("highest", "highest but one")
                };
                self.call.warn(format!(
                    "array {}: the source names no nodata value; {} hold the type's {which} value, and pixels that have that \
                     become its {next} (gdal_translate -a_nodata names a value of your own)",
                    array.name,
                    if pads { "zones without data, and positions of no zone," } else { "zones without data" },
                ));
            }
            chosen.push(is_chosen);
            plans.push(ArrayPlan {
                name: array.name.clone(),
                outer: array.outer.iter().cloned().zip(variable.outer.iter().copied()).collect(),
                temporal: array.temporal.clone(),
                data_type,
                nodata: is_needed.then(|| fill.clone()),
                attributes: array.attributes.clone(),
                like: None,
            });
            fills.push(fill);
        }
        (plans, fills, chosen)
    }

    /// Makes the coarser levels, and says above them what they are.
    fn pyramid(
        &self,
        zones: &Zones,
        arrays: &[ArrayPlan],
        places: &[LevelPlace],
        finest: Level<'_>,
        progress: Progress<'_>,
    ) -> Result<()> {
        if places.len() == 1 {
            return Ok(());
        }
        let methods: Vec<Resampling> =
            self.source.arrays.iter().map(|array| self.method(array.is_categorical)).collect();
        let packed = |(array, method): (&SourceArray, &Resampling)| {
            let packed = method.of_packed(array.number("scale_factor"), array.number("add_offset"));
            packed.context(|| format!("array {}", array.name))
        };
        let packed: Vec<Resampling> = self.source.arrays.iter().zip(&methods).map(packed).collect::<Result<_>>()?;
        let mut all_zones = vec![zones.clone()];
        for pair in places.windows(2) {
            let fine = &all_zones[all_zones.len() - 1];
            all_zones.push(pyramid::coarser(&*self.grid, pair[1].level, pair[0].level, fine)?);
        }
        let counts: Vec<f64> = all_zones[1..].iter().map(|zones| zones.len() as f64).collect();
        let total: f64 = counts.iter().sum();
        let names = self.names();
        let mut descriptions = vec![finest.description.clone()];
        let mut finer = finest;
        let mut before = 0.0;
        for at in 1..places.len() {
            let plan = self.plan(&all_zones[at], &places[at], arrays, &names);
            let level = Level::create(self.frame.editor(), Some(self.frame), &plan)?;
            if places[at].suffix.is_empty() {
                auxiliary::copy(self.call, self.frame, self.group, &level.path)?;
            }
            let layer = |(number, (plan, method)): (usize, (&ArrayPlan, &Resampling))| Layer {
                array: finer.arrays[number].clone(),
                zone_axes: finer.zone_axes(number),
                resampling: *method,
                nodata: plan.nodata.clone(),
            };
            let layers: Vec<Layer> = arrays.iter().zip(&packed).enumerate().map(layer).collect();
            let fine = Written { grid: &*self.grid, level: places[at - 1].level, zones: finer.zones() };
            let step = Step {
                grid: &*self.grid,
                level: places[at].level,
                coarse: level.zones(),
                fine_level: places[at - 1].level,
                fine: &fine,
                layers: &layers,
                max_memory: self.options.max_memory,
                threads: self.threads,
            };
            let part = counts[at - 1] / total;
            pyramid::run(self.call, &step, &level, &mut |done| progress((before + done * part).min(1.0)))?;
            before += part;
            descriptions.push(level.description.clone());
            finer = level;
        }
        let mut attributes = self.frame.editor().attributes(&self.group.path)?;
        let levels: Vec<_> = places.iter().zip(&descriptions).collect();
        convention::describe_pyramid(&mut attributes, &levels, &methods[0].name());
        for (key, value) in attributes {
            self.frame.editor().set_attribute(&self.group.path, &key, Some(value))?;
        }
        match progress(1.0) {
            true => Ok(()),
            false => Err(Error::new(Kind::Cancelled, "stopped by the user")),
        }
    }

    /// How an array is made coarser.
    fn method(&self, is_categorical: bool) -> Resampling {
        let usual = if is_categorical { Resampling::Mode } else { Resampling::Average };
        self.options.pyramid_resampling.unwrap_or(usual)
    }
}

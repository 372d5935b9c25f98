//! New levels of a pyramid, made one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::growth::Growth;
use super::pyramids::Rung;
use super::{Job, Target};
use crate::convention::{self, Description, LevelPlace, NewAxis, Node, Placement};
use crate::cube::Resampling;
use crate::cube::ZoneFinder;
use crate::cube::creation::CreationOptions;
use crate::error::{Context, Error, Result};
use crate::grid::Zone;
use crate::hierarchy::Array;
use crate::ops::Progress;
use crate::ops::level::{ArrayPlan, Level, LevelPlan, Like, Names, below};
use crate::ops::pyramid::{self, Finer, Layer, Step, Written};
use crate::ops::quantise::zones::Zones;
use crate::store::{Call, NumericType};

/// GDAL's type of dimensions of time.
const TEMPORAL: &str = "TEMPORAL";

/// Zones compared together.
const BATCH: usize = 1 << 16;

impl Finer for ZoneFinder {
    fn count(&self) -> u64 {
        ZoneFinder::count(self)
    }

    fn positions(&self, call: &Arc<Call>, zones: &[Zone]) -> Result<Vec<Option<u64>>> {
        let mut positions = vec![Self::NOWHERE; zones.len()];
        ZoneFinder::positions(self, call, zones, &mut positions)?;
        Ok(positions.into_iter().map(|position| (position != Self::NOWHERE).then_some(position)).collect())
    }
}

/// The zones of a level that is there, in the order of their ids.
fn zones_of(call: &Arc<Call>, rung: &Rung) -> Result<Zones> {
    let (grid, level) = (rung.line.grid(), rung.level());
    if rung.line.is_global() {
        return Ok(Zones::globe(&**grid, level));
    }
    Zones::listed(&**grid, level, rung.line.finder().zone_set(call)?)
}

/// A level that others can be made of.
struct Source<'a> {
    level: u8,
    /// Where it is there already.
    rung: Option<&'a Rung>,
    /// Where we made it.
    zones: Option<Zones>,
    arrays: BTreeMap<&'a str, Arc<Array>>,
}

/// The axes of an array of a level that is there that are the zones', in the order in which positions count them.
fn zone_axes(rung: &Rung, array: &Array) -> Result<Vec<usize>> {
    let axis = |(name, _): (&str, u64)| array.dimensions().iter().position(|axis| axis.name == name);
    let axes: Option<Vec<usize>> = rung.line.stored_dimensions().into_iter().map(axis).collect();
    axes.ok_or_else(|| Error::invalid(format!("array {}: it does not lie on the zones", array.full_name())))
}

impl Source<'_> {
    fn zones(&self, call: &Arc<Call>) -> Result<Zones> {
        match (&self.zones, self.rung) {
            (Some(zones), _) => Ok(zones.clone()),
            (None, Some(rung)) => zones_of(call, rung),
            (None, None) => Err(Error::invalid("a level without zones")),
        }
    }
}

/// Makes the levels of a job.
pub(super) struct Maker<'a, 'g> {
    call: &'a Arc<Call>,
    growth: &'g mut Growth,
    job: &'a Job<'a>,
    options: CreationOptions,
    names: Names,
    /// What each array is on any level.
    plans: BTreeMap<&'a str, ArrayPlan>,
    sources: Vec<Source<'a>>,
    told: Vec<(LevelPlace, Description)>,
}

impl<'a, 'g> Maker<'a, 'g> {
    /// # Errors
    /// A convention in which nothing new is written; an array that cannot be made coarser so.
    pub(super) fn new(call: &'a Arc<Call>, growth: &'g mut Growth, job: &'a Job<'a>) -> Result<Self> {
        let Target { pyramid, base, arrays } = job.target;
        if arrays.len() == base.arrays.len() {
            for name in &base.others {
                call.warn(format!("array {}: it holds no numbers, and is left out of the levels", base.path_of(name)));
            }
        }
        let mut sources = Vec::new();
        for rung in pyramid.rungs.iter().filter(|rung| rung.level() <= base.level()) {
            let mut known = BTreeMap::new();
            for name in arrays.iter().copied().filter(|name| rung.arrays.iter().any(|known| known == name)) {
                known.insert(name, growth.editor.array(&rung.path_of(name))?);
            }
            sources.push(Source { level: rung.level(), rung: Some(rung), zones: None, arrays: known });
        }
        let finest = &pyramid.rungs[0];
        let plain = |name: &str| name.strip_suffix(finest.place.suffix.as_str()).unwrap_or(name).to_owned();
        let (told, usual) = (finest.line.told(), Names::usual(arrays));
        let names = Names {
            dimension: plain(&told.dimensions[0]),
            ids: told.id_array.as_deref().map_or(usual.ids, plain),
            grid_mapping: told.grid_mapping.clone().unwrap_or(usual.grid_mapping),
        };
        let options = CreationOptions {
            convention: convention_of(growth, base, &names)?,
            format: growth.editor.format(),
            ..CreationOptions::default()
        };
        let mut maker = Self { call, growth, job, options, names, plans: BTreeMap::new(), sources, told: Vec::new() };
        for name in arrays.iter().copied() {
            let plan = maker.plan(name).context(|| format!("array {}", base.path_of(name)))?;
            maker.plans.insert(name, plan);
        }
        for rung in &pyramid.rungs {
            let description = maker.describe(rung)?;
            maker.told.push((rung.place.clone(), description));
        }
        Ok(maker)
    }

    /// What an array is on any level.
    fn plan(&self, name: &str) -> Result<ArrayPlan> {
        let base = self.job.target.base;
        let array = self.growth.editor.array(&base.path_of(name))?;
        let number = array.data_type().numeric().ok_or_else(|| Error::invalid("it holds no numbers"))?;
        if number.is_complex() && self.job.method != Resampling::Nearest {
            return Err(Error::unsupported("complex numbers are made coarser with NEAREST alone"));
        }
        let told = base.line.told();
        let shown = base.line.open_array(self.call, array.name())?;
        let kinds =
            shown.iter().flat_map(|shown| shown.dimensions().iter().map(|axis| (axis.name.clone(), axis.kind.clone())));
        let temporal = kinds.filter(|(_, kind)| kind == TEMPORAL).map(|(name, _)| name).collect();
        let axes = || array.dimensions().iter().map(|axis| axis.name.clone()).zip(array.shape().iter().copied());
        zone_axes(base, &array)?;
        let outer: Vec<(String, u64)> = axes().filter(|(name, _)| !told.dimensions.contains(name)).collect();
        let zones = self.describe(base)?.meaning;
        let names = outer.iter().map(|(name, _)| name).chain(zones.iter().map(|meaning| &told.dimensions[*meaning]));
        let like = names.map(|name| array.dimensions().iter().position(|axis| axis.name == *name)).collect();
        let like = self.like(&array, like);
        let mut attributes = convention::stripped(told, Node::Array(array.name()), array.attributes());
        if !array.unit().is_empty() {
            attributes.insert("units".into(), array.unit().into());
        }
        for (key, value) in [("scale_factor", array.scale()), ("add_offset", array.offset())] {
            attributes.extend(value.map(|value| (key.to_owned(), value.into())));
        }
        let nodata = array.nodata().map(<[u8]>::to_vec);
        let plan = ArrayPlan { name: name.to_owned(), outer, temporal, data_type: number, nodata, attributes, like };
        Ok(plan)
    }

    /// `array` as what new ones are stored like; not where it cannot be encoded so.
    fn like(&self, array: &Arc<Array>, axes: Option<Vec<usize>>) -> Option<Like> {
        if let Err(error) = array.check_encoder() {
            self.call.warn(format!("array {}: {error}: its levels are stored by zstd", array.full_name()));
            return None;
        }
        Some(Like { array: array.clone(), axes: axes? })
    }

    /// What the ids of new levels are stored like.
    fn ids_like(&self) -> Result<Option<Like>> {
        let base = self.job.target.base;
        let Some(name) = &base.line.told().id_array else { return Ok(None) };
        let ids = self.growth.editor.array(&below(&base.group, name))?;
        let is_plain = ids.data_type().numeric() == Some(NumericType::UInt64) && ids.shape().len() == 1;
        Ok(if is_plain { self.like(&ids, Some(vec![0])) } else { None })
    }

    /// What is told of a level that is there.
    fn describe(&self, rung: &Rung) -> Result<Description> {
        let listed = listed(rung);
        let usual = NewAxis::new(&rung.line.told().spec, rung.level(), listed);
        let Names { dimension, ids, grid_mapping } = &self.names;
        let axis = NewAxis { dimension, id_array: ids, grid_mapping, suffix: &rung.place.suffix, ..usual };
        convention::describe(self.options.convention, &axis).map_err(|error| copy_first(&rung.group, &error))
    }

    /// Makes a level.
    ///
    /// # Errors
    /// Finer levels cannot be read or this one not written; the caller stopped it.
    pub(super) fn level(&mut self, level: u8, progress: Progress<'_>) -> Result<()> {
        let Target { pyramid, base, arrays } = self.job.target;
        let place = pyramid.place_of(level);
        let path = below(&pyramid.home, &place.group);
        let there = pyramid.rungs.iter().find(|rung| rung.level() == level);
        if there.is_none() && place.suffix.is_empty() {
            self.growth.claim(&path)?;
        } else {
            for name in arrays {
                self.growth.claim(&below(&path, &format!("{name}{}", place.suffix)))?;
            }
        }
        // Each array of the next finer level that has it; all on the zones that the finest of these give.
        let mut by_source: BTreeMap<usize, Vec<&'a str>> = BTreeMap::new();
        for name in arrays.iter().copied() {
            let finer = self.sources.iter().enumerate().filter(|(_, source)| source.level > level);
            let having = finer.filter(|(_, source)| source.arrays.contains_key(name));
            let (at, _) = having
                .min_by_key(|(_, source)| source.level)
                .ok_or_else(|| Error::invalid(format!("no level of {name} is finer than {level}")))?;
            by_source.entry(at).or_default().push(name);
        }
        let (grid, ids_like) = (base.line.grid(), self.ids_like()?);
        let zones = match there {
            Some(rung) => self.known_zones(rung)?,
            None => {
                let finest = by_source.keys().max_by_key(|at| self.sources[**at].level).copied().unwrap_or_default();
                let finest = &self.sources[finest];
                pyramid::coarser(&**grid, level, finest.level, &finest.zones(self.call)?)?
            }
        };
        let (mut made, mut along) = (BTreeMap::new(), None);
        let (count, mut before) = (arrays.len() as f64, 0.0);
        for (number, (at, names)) in by_source.into_iter().enumerate() {
            let plans: Vec<ArrayPlan> = names.iter().map(|name| self.plans[name].clone()).collect();
            let plan = LevelPlan {
                grid,
                zones: &zones,
                place: &place,
                group: &pyramid.home,
                arrays: &plans,
                names: &self.names,
                joins: there.is_some() || number > 0,
                ids_like: ids_like.as_ref(),
                options: &self.options,
            };
            let sink = Level::create(&self.growth.editor, None, &plan)?;
            if !plan.joins {
                self.told.push((place.clone(), sink.description.clone()));
                if !place.group.is_empty() {
                    self.copy_coordinates(&path)?;
                }
            }
            let part = names.len() as f64 / count;
            self.fill(level, at, &names, &sink, &mut |done| progress(before + done * part))?;
            before += part;
            along = Some(sink.zones().clone());
            made.extend(names.into_iter().zip(sink.arrays));
        }
        self.sources.push(Source { level, rung: None, zones: along, arrays: made });
        Ok(())
    }

    fn fill(&self, level: u8, at: usize, names: &[&str], sink: &Level<'_>, progress: Progress<'_>) -> Result<()> {
        let (source, base) = (&self.sources[at], self.job.target.base);
        let grid = base.line.grid();
        let layer = |name: &&str| {
            let array = source.arrays[name].clone();
            let zone_axes = match source.rung {
                Some(rung) => zone_axes(rung, &array)?,
                None => (self.plans[name].outer.len()..array.shape().len()).collect(),
            };
            let nodata = self.plans[name].nodata.clone();
            let method = self.job.method.of_packed(array.scale(), array.offset());
            let resampling = method.context(|| format!("array {}", array.full_name()))?;
            Ok(Layer { array, zone_axes, resampling, nodata })
        };
        let layers: Vec<Layer> = names.iter().map(layer).collect::<Result<_>>()?;
        let fine_zones = source.zones(self.call)?;
        let written = Written { grid: &**grid, level: source.level, zones: &fine_zones };
        // Arithmetic where it will do: a table of all zones may not fit.
        let finder = match source.rung {
            Some(rung) if !are_listed_so(self.call, rung, &fine_zones)? => Some(rung.line.finder()),
            _ => None,
        };
        let fine: &dyn Finer = match &finder {
            Some(finder) => finder,
            None => &written,
        };
        let step = Step {
            grid: &**grid,
            level,
            coarse: sink.zones(),
            fine_level: source.level,
            fine,
            layers: &layers,
            max_memory: self.options.max_memory,
            threads: self.call.threads(),
        };
        pyramid::run(self.call, &step, sink, progress)
    }

    /// The zones of a level that is there without our arrays, in the order in which we would list them.
    fn known_zones(&self, rung: &Rung) -> Result<Zones> {
        let zones = zones_of(self.call, rung)?;
        if rung.line.told().placement != Placement::Line {
            let told = self.describe(rung)?.dimensions;
            let there = rung.line.stored_dimensions();
            return match told.iter().map(|(name, size)| (name.as_str(), *size)).eq(there) {
                true => Ok(zones),
                false => Err(Error::unsupported(format!(
                    "group {} holds level {} on other dimensions than new arrays would lie on: nothing is added to it",
                    rung.group,
                    rung.level()
                ))),
            };
        }
        match are_listed_so(self.call, rung, &zones)? {
            true => Ok(zones),
            false => Err(Error::unsupported(format!(
                "group {} holds level {} in an order that is not that of its ids: nothing is added to it",
                rung.group,
                rung.level()
            ))),
        }
    }

    /// Copies what lies along the other dimensions of our arrays, and what lies along none, into the group of a level.
    fn copy_coordinates(&self, path: &str) -> Result<()> {
        let (editor, base) = (&self.growth.editor, self.job.target.base);
        let outer: Vec<&str> =
            self.plans.values().flat_map(|plan| &plan.outer).map(|(name, _)| name.as_str()).collect();
        for name in editor.array_names(&base.group)? {
            // An array that cannot be understood is no coordinate.
            let Ok(array) = editor.array(&below(&base.group, &name)) else { continue };
            let is_beside = array.dimensions().iter().all(|axis| outer.contains(&axis.name.as_str()));
            let is_told =
                editor.array_names(path)?.contains(&name) || base.line.told().grid_mapping.as_ref() == Some(&name);
            if is_beside && !is_told {
                editor.duplicate(self.call, array.full_name(), path)?;
            }
        }
        Ok(())
    }

    /// Says above the levels what they are.
    ///
    /// # Errors
    /// There is no such group.
    pub(super) fn tell(mut self) -> Result<()> {
        let home = &self.job.target.pyramid.home;
        let mut attributes = self.growth.editor.attributes(home)?;
        self.told.sort_by_key(|(place, _)| std::cmp::Reverse(place.level));
        let levels: Vec<_> = self.told.iter().map(|(place, description)| (place, description)).collect();
        convention::describe_pyramid(&mut attributes, &levels, &self.job.method.name());
        self.growth.set_attributes(home, attributes)
    }
}

/// Whether a level lists `zones`, in their order.
fn are_listed_so(call: &Arc<Call>, rung: &Rung, zones: &Zones) -> Result<bool> {
    let (grid, line) = (rung.line.grid(), &rung.line);
    if line.len() != zones.len() {
        return Ok(false);
    }
    for start in (0..line.len()).step_by(BATCH) {
        let end = (start + BATCH as u64).min(line.len());
        let stored = line.zones(call, start, (end - start) as usize)?;
        let ours = zones.at(&**grid, rung.level(), start..end)?;
        if !stored.into_iter().eq(ours.into_iter().map(Some)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn listed(rung: &Rung) -> convention::Zones {
    match rung.line.is_global() {
        true => convention::Zones::Globe,
        false => convention::Zones::Listed(rung.line.len()),
    }
}

/// The convention in which new levels are told as `base` is.
fn convention_of(growth: &Growth, base: &Rung, names: &Names) -> Result<&'static str> {
    let told = base.line.told();
    let axis = NewAxis {
        dimension: &told.dimensions[0],
        id_array: told.id_array.as_deref().unwrap_or(&names.ids),
        grid_mapping: &names.grid_mapping,
        ..NewAxis::new(&told.spec, base.level(), listed(base))
    };
    let group = growth.editor.attributes(&base.group)?;
    let ids = told.id_array.as_ref().map(|name| growth.editor.attributes(&below(&base.group, name))).transpose()?;
    convention::written_as(told, &axis, &group, ids.as_ref()).map_err(|error| copy_first(&base.group, &error))
}

fn copy_first(group: &str, error: &Error) -> Error {
    Error::unsupported(format!(
        "group {group}: {error}: copy the cube with gdalmdimtranslate -of DGGS -co CONVENTION=... and build the levels of the \
         copy"
    ))
}

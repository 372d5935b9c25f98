//! Reading a layer in batches: zones, their texts and geometries, and columns of values.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::Layer;
use super::fields::{self, Column, Field};
use super::filter::Filter;
use super::options::Geometry;
use super::outline::Outliner;
use super::wkb::{self, Texts};
use crate::cube::{Array, Indices, ZoneLine};
use crate::error::{Context, Error, Result};
use crate::grid::{LonLat, Zone};
use crate::store::{self, Call};

/// Features of the first batch; each is eight times as large as the one before, up to [`MAX_BATCH`].
const FIRST_BATCH: u64 = 64;

/// The most features of a batch.
const MAX_BATCH: u64 = 1 << 15;

/// About how many bytes of values a batch may have.
const BATCH_BYTES: u64 = 32 << 20;

/// Zones that one thread draws at a time.
const DRAWN: usize = 512;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Which features.
    pub filter: Filter,
    /// Whether to read each of the layer's fields.
    pub fields: Vec<bool>,
    /// Whether to give the zones' texts.
    pub zone_ids: bool,
    /// Whether to give geometries.
    pub geometry: bool,
    /// How many of the places that the filter leaves are skipped.
    pub start: u64,
    /// At most how many of them are read.
    pub count: Option<u64>,
}

/// Some features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Place on the zone axis.
    pub fids: Vec<i64>,
    /// The zones' texts, empty lists when not asked for.
    pub zone_ids: Option<Texts>,
    /// Geometries as well-known binary.
    pub geometries: Option<Texts>,
    /// A column a field of the layer, `None` where not asked for.
    pub columns: Vec<Option<Column>>,
}

/// Features that are being read.
pub struct Features {
    layer: Arc<Layer>,
    /// The places that the filter leaves, and their line; `None`: all.
    part: Option<(Indices, ZoneLine)>,
    /// The arrays of which fields are wanted, by variable.
    arrays: Vec<Option<Arc<dyn Array>>>,
    request: Request,
    end: u64,
    /// Where the next batch begins, and how large it may be.
    next: Mutex<(u64, u64)>,
}

impl Layer {
    /// Features from the first on.
    ///
    /// # Errors
    /// A filter that makes no sense; arrays that cannot be opened.
    pub fn features(self: &Arc<Self>, call: &Arc<Call>, request: Request) -> Result<Features> {
        if request.fields.len() != self.fields().len() {
            return Err(Error::invalid(format!("{} of {} fields", request.fields.len(), self.fields().len())));
        }
        let place = || format!("layer {}", self.name());
        let part = self.places_of(call, &request.filter).context(place)?;
        let part = part.map(|indices| (indices.clone(), self.line.part(&indices)));
        let line = part.as_ref().map_or(&self.line, |(_, line)| line);
        let mut arrays = vec![None; self.variables.len()];
        for (field, _) in self.fields.iter().zip(&request.fields).filter(|(_, wanted)| **wanted) {
            let slot = &mut arrays[field.variable];
            if slot.is_none() {
                *slot = line.open_array(call, &self.variables[field.variable].name)?;
            }
        }
        let len = line.len();
        let start = request.start.min(len);
        let end = request.count.map_or(len, |count| len.min(start.saturating_add(count)));
        Ok(Features { layer: self.clone(), part, arrays, request, end, next: Mutex::new((start, FIRST_BATCH)) })
    }
}

impl Features {
    /// The next batch, which is never empty; `None` at the end. After an error the next call goes on behind it.
    ///
    /// # Errors
    /// Chunks that cannot be read.
    pub fn next(&self, call: &Arc<Call>) -> Result<Option<Batch>> {
        loop {
            let (start, count) = {
                let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
                let start = next.0;
                let count = self.batch_size(start, next.1).min(self.end - start);
                *next = (start + count, (next.1 * 8).min(MAX_BATCH));
                (start, count as usize)
            };
            if count == 0 {
                return Ok(None);
            }
            let batch = self.batch(call, start, count).context(|| format!("layer {}", self.layer.name()))?;
            if !batch.fids.is_empty() {
                return Ok(Some(batch));
            }
        }
    }

    /// The wanted fields, each with its place.
    fn wanted(&self) -> impl Iterator<Item = (usize, &Field)> {
        let fields = self.layer.fields.iter().enumerate();
        fields.filter(|(at, _)| self.request.fields[*at])
    }

    /// Up to `most` places from `start` on, in whole chunks where that is possible.
    fn batch_size(&self, start: u64, most: u64) -> u64 {
        let of = |field: &Field| &self.layer.variables[field.variable];
        let row: u64 = self.wanted().map(|(_, field)| of(field).bytes as u64).sum();
        let most = most.min(BATCH_BYTES / row.max(1)).max(1);
        let chunk = self.wanted().map(|(_, field)| of(field).chunk).max().unwrap_or(0);
        if self.part.is_some() || chunk == 0 || chunk > most {
            return most;
        }
        most / chunk * chunk - start % chunk
    }

    fn batch(&self, call: &Arc<Call>, start: u64, count: usize) -> Result<Batch> {
        let line = self.part.as_ref().map_or(&self.layer.line, |(_, line)| line);
        let found = line.zones(call, start, count)?;
        let rows: Option<Vec<usize>> =
            found.contains(&None).then(|| (0..count).filter(|row| found[*row].is_some()).collect());
        let zones: Vec<Zone> = found.into_iter().flatten().collect();
        let index = |row: usize| match &self.part {
            Some((indices, _)) => indices.nth(start + row as u64),
            None => start + row as u64,
        };
        let fids = (0..zones.len()).map(|at| index(rows.as_ref().map_or(at, |rows| rows[at])) as i64).collect();
        let (zone_ids, geometries) = self.drawn(call, &zones)?;
        let mut columns = vec![None; self.layer.fields.len()];
        for (variable, array) in self.arrays.iter().enumerate() {
            let Some(array) = array.as_ref().filter(|_| !zones.is_empty()) else { continue };
            let (places, own): (Vec<usize>, Vec<&Field>) =
                self.wanted().filter(|(_, field)| field.variable == variable).unzip();
            let read = fields::read(call, &**array, own[0].kind, &own, start, count, rows.as_deref())?;
            places.into_iter().zip(read).for_each(|(at, column)| columns[at] = Some(column));
        }
        Ok(Batch { fids, zone_ids, geometries, columns })
    }

    /// Texts and geometries of zones, as far as they are asked for.
    fn drawn(&self, call: &Arc<Call>, zones: &[Zone]) -> Result<(Option<Texts>, Option<Texts>)> {
        let (grid, level) = (&**self.layer.line.grid(), self.layer.line.level());
        let outliner = Outliner::new(grid, level);
        let geometry = if self.request.geometry { self.layer.geometry } else { Geometry::None };
        let draw = |zones: &[Zone]| -> Result<(Texts, Texts)> {
            let (mut texts, mut drawn) = (Texts::default(), Texts::default());
            if self.request.zone_ids {
                for zone in zones {
                    texts.push(grid.zone_text(level, *zone)?.as_bytes());
                }
            }
            match geometry {
                Geometry::Polygon => {
                    for zone in zones {
                        wkb::multi_polygon(&outliner.outline(*zone)?, &mut drawn);
                    }
                }
                Geometry::Point => {
                    let mut centres = vec![LonLat::default(); zones.len()];
                    grid.centroids(level, zones, &mut centres)?;
                    centres.into_iter().for_each(|centre| wkb::point(centre, &mut drawn));
                }
                Geometry::None => {}
            }
            Ok((texts, drawn))
        };
        let (texts, drawn) = if zones.len() <= DRAWN {
            draw(zones)?
        } else {
            let parts = || zones.par_chunks(DRAWN).map(draw).collect::<Result<Vec<_>>>();
            let parts = store::pool::install(call, parts)??;
            let (mut texts, mut drawn) = (Texts::default(), Texts::default());
            for part in &parts {
                texts.append(&part.0);
                drawn.append(&part.1);
            }
            (texts, drawn)
        };
        Ok((self.request.zone_ids.then_some(texts), (geometry != Geometry::None).then_some(drawn)))
    }
}

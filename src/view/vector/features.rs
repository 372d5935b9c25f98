//! Reading a layer in batches: zones, their texts and geometries, and columns of values.

use std::panic::{self, AssertUnwindSafe};
use std::process;
use std::sync::mpsc::{self, Receiver};
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

/// Features that are being read. From the third batch on the next one is made while the caller works on the last.
pub struct Features {
    reader: Arc<Reader>,
    state: Mutex<State>,
}

struct Reader {
    layer: Arc<Layer>,
    /// The places that the filter leaves, and their line; `None`: all.
    part: Option<(Indices, ZoneLine)>,
    /// The arrays of which fields are wanted, by variable.
    arrays: Vec<Option<Arc<dyn Array>>>,
    request: Request,
    end: u64,
}

struct State {
    /// Where the next batch begins.
    next: u64,
    /// How large it may be.
    most: u64,
    /// Batches that were given.
    given: usize,
    ahead: Option<Ahead>,
}

/// A batch that is being made in the pool.
struct Ahead {
    process: u32,
    start: u64,
    count: u64,
    call: Arc<Call>,
    result: Receiver<Result<Batch>>,
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
        let reader = Arc::new(Reader { layer: self.clone(), part, arrays, request, end });
        Ok(Features { reader, state: Mutex::new(State { next: start, most: FIRST_BATCH, given: 0, ahead: None }) })
    }
}

impl Features {
    /// The next batch, which is never empty; `None` at the end. After an error the next call goes on behind it.
    ///
    /// # Errors
    /// Chunks that cannot be read.
    pub fn next(&self, call: &Arc<Call>) -> Result<Option<Batch>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let count = self.reader.batch_size(state.next, state.most);
            if count == 0 {
                return Ok(None);
            }
            let start = state.next;
            state.next += count;
            state.most = (state.most * 8).min(MAX_BATCH);
            let ready = state.ahead.take().filter(|ahead| (ahead.start, ahead.count) == (start, count));
            let batch = match ready.and_then(|ahead| ahead.wait(call)) {
                Some(batch) => batch,
                None => self.reader.batch(call, start, count),
            };
            let batch = batch.context(|| format!("layer {}", self.reader.layer.name()))?;
            state.given += 1;
            if state.given > 2 && call.threads() > 1 {
                state.ahead = Ahead::begin(call, &self.reader, state.next, state.most);
            }
            if !batch.fids.is_empty() {
                return Ok(Some(batch));
            }
        }
    }
}

impl Drop for Features {
    /// Nothing of GDAL may be in use in another thread once the layer is gone.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(ahead) = state.ahead.take().filter(Ahead::is_own) {
            let _ = ahead.result.recv();
        }
    }
}

impl Ahead {
    /// Starts on the batch at `start`; `None` at the end, or when no thread can be had.
    fn begin(call: &Arc<Call>, reader: &Arc<Reader>, start: u64, most: u64) -> Option<Self> {
        let count = reader.batch_size(start, most);
        if count == 0 {
            return None;
        }
        let (sender, result) = mpsc::sync_channel(1);
        let (reader, own) = (reader.clone(), call.clone());
        let work = move || {
            // A panic is met again by whoever makes the batch anew, where it can be reported.
            if let Ok(batch) = panic::catch_unwind(AssertUnwindSafe(|| reader.batch(&own, start, count))) {
                // Nobody listens any more where the reading was given up.
                let _ = sender.send(batch);
            }
        };
        store::pool::spawn(call, work).ok()?;
        Some(Self { process: process::id(), start, count, call: call.clone(), result })
    }

    /// False in a forked child, where nobody works on it.
    fn is_own(&self) -> bool {
        self.process == process::id()
    }

    /// The batch; `None` when it has to be made anew.
    fn wait(self, call: &Call) -> Option<Result<Batch>> {
        let batch = self.is_own().then(|| self.result.recv().ok()).flatten();
        self.call.take_warnings().into_iter().for_each(|warning| call.warn(warning));
        batch
    }
}

impl Reader {
    /// The wanted fields, each with its place.
    fn wanted(&self) -> impl Iterator<Item = (usize, &Field)> {
        let fields = self.layer.fields.iter().enumerate();
        fields.filter(|(at, _)| self.request.fields[*at])
    }

    /// Up to `most` places from `start` on, in whole chunks where that is possible; 0 at the end.
    fn batch_size(&self, start: u64, most: u64) -> u64 {
        let rest = self.end - start;
        let of = |field: &Field| &self.layer.variables[field.variable];
        let row: u64 = self.wanted().map(|(_, field)| of(field).bytes as u64).sum();
        let most = most.min(BATCH_BYTES / row.max(1)).max(1);
        let chunk = self.wanted().map(|(_, field)| of(field).chunk).max().unwrap_or(0);
        if self.part.is_some() || chunk == 0 || chunk > most {
            return most.min(rest);
        }
        (most / chunk * chunk - start % chunk).min(rest)
    }

    fn batch(&self, call: &Arc<Call>, start: u64, count: u64) -> Result<Batch> {
        let count = count as usize;
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
                    outliner.outlines(zones, |rings| wkb::multi_polygon(&rings, &mut drawn))?;
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

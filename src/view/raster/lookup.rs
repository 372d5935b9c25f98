//! From pixels to places in an array: all pixels of a block at once, in parallel.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::frame::Frame;
use super::level::Level;
use super::pixels::Pixels;
use super::tiling::{Tiling, Wanted};
use crate::cube::ZoneFinder;
use crate::error::{Context, Result};
use crate::grid::{Interpolation, LonLat, Zone};
use crate::store::{self, Call};

/// Pixels of one batch, about: its buffers stay in the processor's cache, and below the size for which malloc asks the system.
pub(super) const BATCH: usize = 1 << 12;

/// How a pixel's value is made of those of zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sampling {
    /// The zone that holds the centre.
    Centre,
    /// Several zones around the centre, weighted.
    Interpolated,
    /// The zones that hold so many by so many points, evenly spread over the pixel.
    Spread(usize),
}

impl Sampling {
    /// Places that a pixel has.
    pub(super) fn places(self) -> usize {
        match self {
            Self::Centre => 1,
            Self::Interpolated => Interpolation::ZONES,
            Self::Spread(side) => side * side,
        }
    }
}

/// Where the values of a block of pixels are.
pub(super) struct Lookup {
    /// Some rows each, from the top.
    pub(super) batches: Vec<Batch>,
    /// The tiles that hold them, each once.
    pub(super) tiles: Vec<Wanted>,
}

/// Some rows of a [`Lookup`].
pub(super) struct Batch {
    /// For each pixel, row by row, [`Sampling::places`] places; see [`Place`].
    pub(super) places: Vec<Place>,
    /// A weight a place; empty where all weigh the same.
    pub(super) weights: Vec<f32>,
    /// The batch's own tiles, as indices in [`Lookup::tiles`].
    pub(super) tiles: Vec<u32>,
}

/// A zone's value: which of the batch's tiles it is in, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) tile: u32,
    pub(super) zone: u32,
}

impl Place {
    /// Outside the coverage.
    pub(super) const NOWHERE: Self = Self { tile: u32::MAX, zone: u32::MAX };

    pub(super) fn is_nowhere(self) -> bool {
        self.tile == u32::MAX
    }
}

impl Lookup {
    /// Looks up the pixels `pixels` of `frame` in `level`.
    ///
    /// # Errors
    /// PROJ fails; zone ids that cannot be read.
    pub(super) fn new(
        call: &Arc<Call>,
        frame: &Frame,
        level: &Level,
        sampling: Sampling,
        pixels: &Pixels,
    ) -> Result<Self> {
        let rows = pixels.rows_a_batch();
        let firsts: Vec<usize> = (0..pixels.rows).step_by(rows).collect();
        let batch = |first: &usize| {
            let part = pixels.part(0, *first, pixels.columns, rows.min(pixels.rows - first));
            Found::new(call, frame, level, sampling, &part)
        };
        let found: Vec<Found> = match &firsts[..] {
            [only] => vec![batch(only)?],
            several => store::pool::install(call, || several.par_iter().map(batch).collect::<Result<_>>())??,
        };
        let mut numbers = HashMap::new();
        let mut tiles: Vec<Wanted> = Vec::new();
        let batches = found.into_iter().map(|found| {
            let own = found.tiles.list.iter().map(|wanted| {
                let slot = *numbers.entry(wanted.number).or_insert_with(|| {
                    tiles.push(*wanted);
                    tiles.len() as u32 - 1
                });
                let known = &mut tiles[slot as usize];
                (known.first, known.last) = (known.first.min(wanted.first), known.last.max(wanted.last));
                slot
            });
            Batch { tiles: own.collect(), places: found.places, weights: found.weights }
        });
        let batches = batches.collect();
        Ok(Self { batches, tiles })
    }

    /// Bytes it takes, roughly.
    pub(super) fn size(&self) -> usize {
        let batch = |batch: &Batch| {
            batch.places.len() * size_of::<Place>() + batch.weights.len() * size_of::<f32>() + batch.tiles.len() * 4
        };
        self.batches.iter().map(batch).sum::<usize>() + self.tiles.len() * size_of::<Wanted>()
    }
}

/// What one batch found.
struct Found {
    places: Vec<Place>,
    weights: Vec<f32>,
    tiles: Tiles,
}

impl Found {
    fn new(call: &Arc<Call>, frame: &Frame, level: &Level, sampling: Sampling, pixels: &Pixels) -> Result<Self> {
        let (mut xs, mut ys) = pixels.points(sampling);
        frame.to_degrees(&mut xs, &mut ys)?;
        // Points that lie on the globe, and which ones they are where some do not.
        let is_there = |(x, y): (&f64, &f64)| x.is_finite() & y.is_finite();
        let every = xs.iter().zip(&ys).fold(true, |all, point| all & is_there(point));
        let kept: Vec<u32> = match every {
            true => Vec::new(),
            false => (0..).zip(xs.iter().zip(&ys)).filter(|(_, point)| is_there(*point)).map(|(at, _)| at).collect(),
        };
        let point = |(lon_deg, lat_deg): (&f64, &f64)| LonLat { lon_deg: *lon_deg, lat_deg: *lat_deg };
        let points: Vec<LonLat> = match every {
            true => xs.iter().zip(&ys).map(point).collect(),
            false => kept.iter().map(|at| point((&xs[*at as usize], &ys[*at as usize]))).collect(),
        };
        let target = |at: usize| if every { at } else { kept[at] as usize };
        let (finder, mut tiles) = (&level.finder, Tiles::default());
        let (grid, grid_level) = (&**finder.grid(), finder.level());
        if sampling == Sampling::Interpolated {
            let mut found = vec![Interpolation::default(); points.len()];
            grid.interpolation(grid_level, &points, &mut found).context(|| level.array.full_name().to_owned())?;
            let zones: Vec<Zone> = found.iter().flat_map(|one| one.zones).collect();
            let mut positions = vec![0; zones.len()];
            finder.positions(call, &zones, &mut positions)?;
            let each = Interpolation::ZONES;
            let mut places = vec![Place::NOWHERE; xs.len() * each];
            let mut weights = vec![0.0; xs.len() * each];
            for (at, one) in found.iter().enumerate() {
                for k in (0..each).filter(|k| one.weights[*k] > 0.0) {
                    let to = target(at) * each + k;
                    places[to] = tiles.place(&level.tiling, positions[at * each + k]);
                    weights[to] = one.weights[k] as f32;
                }
            }
            return Ok(Self { places, weights, tiles });
        }
        let mut zones = vec![Zone(0); points.len()];
        grid.zones_at(grid_level, &points, &mut zones).context(|| level.array.full_name().to_owned())?;
        drop(points);
        let mut positions = vec![0; zones.len()];
        finder.positions(call, &zones, &mut positions)?;
        let places = if every {
            positions.iter().map(|position| tiles.place(&level.tiling, *position)).collect()
        } else {
            let mut places = vec![Place::NOWHERE; xs.len()];
            for (at, position) in positions.iter().enumerate() {
                places[kept[at] as usize] = tiles.place(&level.tiling, *position);
            }
            places
        };
        Ok(Self { places, weights: Vec::new(), tiles })
    }
}

/// The tiles that a batch has met.
#[derive(Default)]
struct Tiles {
    list: Vec<Wanted>,
    slots: HashMap<u64, u32>,
    /// Number and index of the last one: most pixels are in the same tile as their neighbour.
    last: Option<(u64, u32)>,
}

impl Tiles {
    fn place(&mut self, tiling: &Tiling, position: u64) -> Place {
        if position == ZoneFinder::NOWHERE {
            return Place::NOWHERE;
        }
        let (number, zone) = tiling.split(position);
        let tile = match self.last {
            Some((last, tile)) if last == number => tile,
            _ => *self.slots.entry(number).or_insert_with(|| {
                self.list.push(Wanted { number, first: zone, last: zone });
                self.list.len() as u32 - 1
            }),
        };
        self.last = Some((number, tile));
        let known = &mut self.list[tile as usize];
        (known.first, known.last) = (known.first.min(zone), known.last.max(zone));
        Place { tile, zone }
    }
}

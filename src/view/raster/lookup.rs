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
        let lon_deg = (frame.is_geographic() && !matches!(sampling, Sampling::Spread(_))).then(|| {
            let mut columns = pixels.across(1);
            frame.longitudes(&mut columns);
            columns
        });
        let batch = |first: &usize| {
            let part = pixels.part(0, *first, pixels.columns, rows.min(pixels.rows - first));
            let points = match &lon_deg {
                Some(lon_deg) => Points::of_rows(frame, &part, lon_deg),
                None => Points::of_pixels(frame, &part, sampling)?,
            };
            Found::new(call, level, sampling, points)
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

/// The points of a batch's pixels that lie on the globe.
struct Points {
    points: Vec<LonLat>,
    /// Which of all points each is, where some lie nowhere.
    kept: Option<Vec<u32>>,
    /// How many there are with those that lie nowhere.
    count: usize,
}

impl Points {
    /// The centres of `pixels`, whose columns have the longitudes `lon_deg`.
    fn of_rows(frame: &Frame, pixels: &Pixels, lon_deg: &[f64]) -> Self {
        let mut lat_deg = pixels.down(1);
        frame.latitudes(&mut lat_deg);
        let count = lat_deg.len() * lon_deg.len();
        let mut points = Vec::with_capacity(count);
        let mut kept = (!lat_deg.iter().all(|lat_deg| lat_deg.is_finite())).then(Vec::new);
        for (row, lat_deg) in (0..).zip(&lat_deg).filter(|(_, lat_deg)| lat_deg.is_finite()) {
            points.extend(lon_deg.iter().map(|lon_deg| LonLat { lon_deg: *lon_deg, lat_deg: *lat_deg }));
            if let Some(kept) = &mut kept {
                let columns = lon_deg.len() as u32;
                kept.extend(row * columns..(row + 1) * columns);
            }
        }
        Self { points, kept, count }
    }

    /// The points of `pixels` that `sampling` looks at.
    fn of_pixels(frame: &Frame, pixels: &Pixels, sampling: Sampling) -> Result<Self> {
        let (mut xs, mut ys) = pixels.points(sampling);
        frame.to_degrees(&mut xs, &mut ys)?;
        let is_there = |(x, y): (&f64, &f64)| x.is_finite() & y.is_finite();
        let point = |(lon_deg, lat_deg): (&f64, &f64)| LonLat { lon_deg: *lon_deg, lat_deg: *lat_deg };
        let count = xs.len();
        if xs.iter().zip(&ys).fold(true, |all, point| all & is_there(point)) {
            return Ok(Self { points: xs.iter().zip(&ys).map(point).collect(), kept: None, count });
        }
        let there = (0..).zip(xs.iter().zip(&ys)).filter(|(_, point)| is_there(*point));
        let (kept, points) = there.map(|(at, there)| (at, point(there))).unzip();
        Ok(Self { points, kept: Some(kept), count })
    }

    /// `each` places a point, of those on the globe, as those of all points.
    fn spread(&self, places: Vec<Place>, each: usize) -> Vec<Place> {
        let Some(kept) = &self.kept else { return places };
        let mut all = vec![Place::NOWHERE; self.count * each];
        for (at, places) in kept.iter().zip(places.chunks_exact(each)) {
            all[*at as usize * each..][..each].copy_from_slice(places);
        }
        all
    }
}

/// What one batch found.
struct Found {
    places: Vec<Place>,
    weights: Vec<f32>,
    tiles: Tiles,
}

impl Found {
    fn new(call: &Arc<Call>, level: &Level, sampling: Sampling, points: Points) -> Result<Self> {
        let (finder, mut tiles) = (&level.finder, Tiles::default());
        let (grid, grid_level) = (&**finder.grid(), finder.level());
        if sampling == Sampling::Interpolated {
            let mut found = vec![Interpolation::default(); points.points.len()];
            let interpolated = grid.interpolation(grid_level, &points.points, &mut found);
            interpolated.context(|| level.array.full_name().to_owned())?;
            let zones: Vec<Zone> = found.iter().flat_map(|one| one.zones).collect();
            let mut positions = vec![0; zones.len()];
            finder.positions(call, &zones, &mut positions)?;
            let each = Interpolation::ZONES;
            let mut places = vec![Place::NOWHERE; zones.len()];
            let mut weights = vec![0.0; points.count * each];
            for (at, one) in found.iter().enumerate() {
                let target = points.kept.as_ref().map_or(at, |kept| kept[at] as usize);
                for k in (0..each).filter(|k| one.weights[*k] > 0.0) {
                    places[at * each + k] = tiles.place(&level.tiling, positions[at * each + k]);
                    weights[target * each + k] = one.weights[k] as f32;
                }
            }
            return Ok(Self { places: points.spread(places, each), weights, tiles });
        }
        let mut zones = vec![Zone(0); points.points.len()];
        let found = grid.zones_at(grid_level, &points.points, &mut zones);
        found.context(|| level.array.full_name().to_owned())?;
        let mut positions = vec![0; zones.len()];
        finder.positions(call, &zones, &mut positions)?;
        let places = tiles.places(&level.tiling, &positions);
        Ok(Self { places: points.spread(places, 1), weights: Vec::new(), tiles })
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
    /// The place of each position.
    fn places(&mut self, tiling: &Tiling, positions: &[u64]) -> Vec<Place> {
        let Some(extent) = tiling.extent() else {
            return positions.iter().map(|position| self.place(tiling, *position)).collect();
        };
        let mut places = Vec::with_capacity(positions.len());
        let mut rest = positions;
        while let Some(position) = rest.first() {
            // All that lie in one tile.
            if *position == ZoneFinder::NOWHERE {
                places.push(Place::NOWHERE);
                rest = &rest[1..];
                continue;
            }
            let number = position / extent;
            let first = number * extent;
            let run = rest.iter().position(|position| position.wrapping_sub(first) >= extent).unwrap_or(rest.len());
            let (run, after) = rest.split_at(run);
            rest = after;
            let tile = self.tile(number);
            let zone = |position: &u64| (position - first) as u32;
            places.extend(run.iter().map(|position| Place { tile, zone: zone(position) }));
            let bounds = run.iter().map(zone).fold((u32::MAX, 0), |(low, high), zone| (low.min(zone), high.max(zone)));
            self.want(tile, bounds);
        }
        places
    }

    fn place(&mut self, tiling: &Tiling, position: u64) -> Place {
        if position == ZoneFinder::NOWHERE {
            return Place::NOWHERE;
        }
        let (number, zone) = tiling.split(position);
        let tile = self.tile(number);
        self.want(tile, (zone, zone));
        Place { tile, zone }
    }

    /// The index of tile `number`.
    fn tile(&mut self, number: u64) -> u32 {
        let tile = match self.last {
            Some((last, tile)) if last == number => tile,
            _ => *self.slots.entry(number).or_insert_with(|| {
                self.list.push(Wanted { number, first: u32::MAX, last: 0 });
                self.list.len() as u32 - 1
            }),
        };
        self.last = Some((number, tile));
        tile
    }

    /// Zones from the first to the second of `bounds` are wanted of a tile.
    fn want(&mut self, tile: u32, bounds: (u32, u32)) {
        let known = &mut self.list[tile as usize];
        (known.first, known.last) = (known.first.min(bounds.0), known.last.max(bounds.1));
    }
}

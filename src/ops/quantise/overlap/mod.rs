//! Which pixels a zone overlaps, and how much of each.
//!
//! On a raster of meridians and parallels a zone is drawn in the plane of longitude and sine of the authalic latitude,
//! where equal areas of the surface are equal and pixels are rectangles. On any other raster it is drawn in the raster's
//! own plane of positions.
//!
//! A zone's edges are curves there. They are drawn as parabolas through three points each, as in Simpson's rule: with chords, and
//! what these leave is added to the pixels that they run through ([`curve`]). The number of points grows until more would change
//! nothing. Zones that share an edge draw it through the same points, so that the parts of a pixel add up to 1 however well or badly
//! a curve is drawn.
//!
//! Most edges of fine levels are nearly straight: one parabola is enough. They are told by their ends and middle
//! alone ([`Overlap::is_smooth`]). Zones are drawn a batch at a time, by their grid's [`Mesh`](crate::grid::Mesh), so that an
//! edge between two of them is drawn once ([`sketch`]); only zones with an edge that is not smooth are drawn one by one
//! ([`trace`]).

mod curve;
mod sketch;
mod trace;

use super::areas::{Areas, of_axes, sampled};
use super::axis::Axis;
use super::coverage::Point;
use super::covers::{Covers, Span};
use super::lattice::{Lattice, NOWHERE};
use super::lines::Lines;
use crate::error::Result;
use crate::grid::healpix::latitude::Latitude;
use crate::grid::{Grid, LonLat, Surface, Zone};
use sketch::Sketch;
use trace::Trace;

/// How far, in pixels, the middle of a parabola may lie from its chord.
const BEND_PIXELS: f64 = 0.1;

/// Edges this many times farther from a pole than a zone is wide are smooth, unless they have a corner: a parabola has their
/// area to less than 1e-9 of a zone's (`tests/ops_overlap.rs` measures it).
const SMOOTH_DISTANCE: f64 = 100.0;

/// The triangle of ends and middle, in parts of a zone, that an edge at [`SMOOTH_DISTANCE`] may have; at larger distances it
/// may have as much less. A larger one is a corner's, where an edge crosses one of a polyhedron; a corner that makes a smaller
/// one adds no more than two thirds of it to the one zone and takes it from the other.
const SMOOTH_BEND: f64 = 2e-3;

/// Bends smaller than this part of a pixel, or of a zone, are left out.
const NO_BEND: f64 = 1e-12;

/// What a parabola has beyond its chord, in parts of the triangle of its ends and middle.
const WHOLE_BEND: f64 = 4.0 / 3.0;

/// Zones drawn together, at most, and about how many pixels their windows have: a thread's share of the fast memory.
const MOST_TOGETHER: usize = 1024;
const PIXELS_TOGETHER: f64 = 4096.0;

/// Sub-zones that stand for a zone that cannot be drawn: so many a pixel, within bounds.
const SAMPLES_A_PIXEL: f64 = 64.0;
const LEAST_SAMPLES: f64 = 256.0;
const MOST_SAMPLES: f64 = 262_144.0;

/// The overlaps of the zones of a level with the pixels of a raster.
pub struct Overlap<'a> {
    grid: &'a dyn Grid,
    level: u8,
    lattice: &'a Lattice,
    latitude: Latitude,
    /// Area of the sphere of radius 1, in square metres of the surface.
    unit_m2: f64,
    zone_count: f64,
    /// Of a zone in the plane of longitude and sine of latitude; infinite where areas of that plane mean nothing.
    mean_area: f64,
    /// One by the distance from a pole, in degrees, from which on edges may be smooth; none is where that is 90 or more.
    per_smooth_distance: f64,
    /// Zones drawn together: a power of four, as in many grids so many follow each other in a square.
    batch: usize,
    /// Steps along the first axis longer than this are no steps.
    jump: f64,
    columns: Lines,
    /// One by the width of the column in the middle.
    columns_per_unit: f64,
    rows: Lines,
    areas: Areas,
}

/// What a thread keeps from zone to zone.
#[derive(Debug)]
pub struct Pen<'a> {
    sketch: Sketch<'a>,
    trace: Trace<'a>,
}

impl<'a> Overlap<'a> {
    /// The overlaps of `grid`'s zones at `level` with the pixels of `lattice`.
    ///
    /// # Errors
    /// A surface without a size; the lattice's map fails.
    pub fn new(grid: &'a dyn Grid, level: u8, lattice: &'a Lattice) -> Result<Self> {
        let (size_m, flattening) = grid.spec().surface.size_and_flattening()?;
        let latitude = match grid.spec().surface {
            Surface::Sphere { .. } => Latitude::new(0.0),
            Surface::Ellipsoid { .. } => Latitude::new(flattening),
        };
        let (columns, rows, areas) = match lattice {
            Lattice::Axes(axes) => of_axes(axes, &latitude),
            Lattice::Mapped(mapped) => {
                let areas = sampled(lattice, mapped, &latitude)?;
                (Lines::new(&Axis::index(lattice.columns())), Lines::new(&Axis::index(lattice.rows())), areas)
            }
        };
        let unit_m2 = latitude.authalic().radius(size_m).powi(2);
        let zone_count = grid.zone_count(level) as f64;
        let mean_area = match lattice {
            Lattice::Axes(_) => 720.0 / zone_count,
            Lattice::Mapped(_) => f64::INFINITY,
        };
        let width_deg = (4.0 * std::f64::consts::PI / zone_count).sqrt().to_degrees();
        let per_smooth_distance = 1.0 / (SMOOTH_DISTANCE * width_deg);
        let (columns_per_unit, jump) = match lattice {
            Lattice::Axes(axes) => (1.0 / axes.lon().pixel_size(), 90.0),
            Lattice::Mapped(_) => (1.0, f64::INFINITY),
        };
        let middle = areas.of(lattice.rows() as u32 / 2, lattice.columns() as u32 / 2);
        let pixels = 4.0 * std::f64::consts::PI / zone_count / middle;
        // A square on its tip is sqrt(2) times as wide as it is large, and touches one pixel more or two.
        let window = ((2.0 * pixels).sqrt() + 2.0).powi(2);
        let together = match lattice {
            Lattice::Axes(_) => PIXELS_TOGETHER,
            // Many points at a time are projected for little more than few.
            Lattice::Mapped(_) => 4.0 * PIXELS_TOGETHER,
        };
        let batch = 1 << (((together / window) as usize).clamp(1, MOST_TOGETHER).ilog2() & !1);
        Ok(Self {
            grid,
            level,
            lattice,
            latitude,
            unit_m2,
            zone_count,
            mean_area,
            per_smooth_distance,
            batch,
            jump,
            columns,
            columns_per_unit,
            rows,
            areas,
        })
    }

    /// What a thread draws with.
    pub fn pen(&self) -> Pen<'_> {
        Pen { sketch: Sketch::new(self), trace: Trace::new(self) }
    }

    /// The area of a zone on the sphere of radius 1.
    ///
    /// # Errors
    /// A zone that the grid does not have.
    pub fn zone_area(&self, zone: Zone) -> Result<f64> {
        Ok(self.grid.area_m2(self.level, zone)? / self.unit_m2)
    }

    /// Makes of covered parts of pixels, from a column on in a row, areas on the sphere of radius 1.
    #[inline]
    pub fn weigh(&self, row: u32, column: u32, parts: &[f64], areas: &mut [f64]) {
        self.areas.weigh(row, column, parts, areas);
    }

    /// The area of a pixel on the sphere of radius 1.
    #[inline]
    pub fn pixel_area(&self, row: u32, column: u32) -> f64 {
        self.areas.of(row, column)
    }

    /// Adds what `zones` cover: of each row from west to east, but once for each turn of longitude.
    ///
    /// # Errors
    /// A zone that the grid does not have; the lattice's map fails.
    pub fn cover(&self, zones: &[Zone], pen: &mut Pen<'_>, covers: &mut Covers) -> Result<()> {
        for zones in zones.chunks(self.batch) {
            pen.sketch.draw(self, zones)?;
            for (at, zone) in zones.iter().enumerate() {
                let is_drawn = pen.sketch.cover(at, covers) || pen.trace.cover(self, *zone, covers)?;
                if !is_drawn {
                    self.sample(*zone, covers)?;
                }
                covers.end_zone();
            }
        }
        Ok(())
    }

    /// Whether an edge may be drawn as one parabola, by the latitudes and points of its ends and middle, the area
    /// between these, and one by the height of a row.
    ///
    /// This depends on nothing but the edge, so that both zones that share it draw it alike.
    #[inline]
    fn is_smooth(&self, latitudes_deg: [f64; 3], triple: [Point; 3], bend: f64, per_height: f64) -> bool {
        let [from_deg, middle_deg, to_deg] = latitudes_deg;
        let farthest_deg = from_deg.abs().max(middle_deg.abs()).max(to_deg.abs());
        let distance = (90.0 - farthest_deg) * self.per_smooth_distance;
        // A jump of a turn is no edge.
        let is_jump = (triple[2][0] - triple[0][0]).abs() > self.jump;
        distance >= 1.0
            && !is_jump
            && bend.abs() * distance <= SMOOTH_BEND * self.mean_area
            && self.is_near_chord(triple, bend, per_height)
    }

    /// How far a ring with these ends along the first axis must be moved to lie on the raster: by each of some turns.
    #[inline]
    fn turns(&self, (low, high): (f64, f64)) -> impl Iterator<Item = f64> + use<> {
        let (first, last) = match self.lattice {
            Lattice::Mapped(_) => (0, 0),
            Lattice::Axes(_) => {
                let (west, east) = self.columns.ends();
                (((west - high) / 360.0).ceil() as i64, ((east - low) / 360.0).floor() as i64)
            }
        };
        (first..=last).map(|turn| 360.0 * turn as f64)
    }

    /// One by the area of a zone or of a pixel, whichever is smaller; `per_height` is one by the height of a row.
    #[inline]
    fn per_area(&self, per_height: f64) -> f64 {
        (self.columns_per_unit * per_height).max(1.0 / self.mean_area)
    }

    /// Whether the middle of three points that have this area lies within [`BEND_PIXELS`] of its chord; `per_height` is one
    /// by the height of a row.
    #[inline]
    fn is_near_chord(&self, [a, _, c]: [Point; 3], area: f64, per_height: f64) -> bool {
        let per_width = self.columns_per_unit;
        let (width, height) = ((c[0] - a[0]) * per_width, (c[1] - a[1]) * per_height);
        // Twice the area, in pixels, is the length times the distance.
        let twice = 2.0 * area * per_width * per_height;
        twice * twice <= BEND_PIXELS * BEND_PIXELS * (width * width + height * height)
    }

    /// The pixels of a zone that the raster's plane tears apart, or that is not all on it: those that hold the centroids
    /// of its sub-zones, each sub-zone a share of the zone's area.
    fn sample(&self, zone: Zone, covers: &mut Covers) -> Result<()> {
        let zone_area = self.zone_area(zone)?;
        let middle = self.pixel_area(self.lattice.rows() as u32 / 2, self.lattice.columns() as u32 / 2);
        let wanted = (zone_area / middle * SAMPLES_A_PIXEL).clamp(LEAST_SAMPLES, MOST_SAMPLES);
        let finer = |level: u8| self.grid.zone_count(level) as f64 / self.zone_count;
        let finest = self.grid.max_level();
        let sub_level = (self.level..finest).find(|level| finer(*level) >= wanted).unwrap_or(finest);
        let zones: Vec<Zone> = self.grid.sub_zones(self.level, zone, sub_level)?.iter().collect();
        let mut places = vec![LonLat::default(); zones.len()];
        self.grid.centroids(sub_level, &zones, &mut places)?;
        let mut positions = vec![NOWHERE; zones.len()];
        self.lattice.positions(&places, &mut positions)?;
        let share = zone_area / zones.len() as f64;
        let inside = positions.iter().filter(|position| position[0].is_finite());
        let mut pixels: Vec<(u32, u32)> = inside.map(|&[column, row]| (row as u32, column as u32)).collect();
        pixels.sort_unstable();
        for run in pixels.chunk_by(|a, b| a == b) {
            let (row, column) = run[0];
            let fraction = (share * run.len() as f64 / self.pixel_area(row, column)).min(1.0);
            covers.push_span(Span { row, start: column, end: column + 1, fraction });
        }
        Ok(())
    }
}

/// The signed area of a triangle, as [`super::coverage::shoelace`] has it; of one that is run the other way the same but for the sign.
#[inline]
fn triangle([a, b, c]: &[Point; 3]) -> f64 {
    // From the middle point on: both ways it is the same two differences.
    0.5 * ((c[0] - b[0]) * (a[1] - b[1]) - (a[0] - b[0]) * (c[1] - b[1]))
}

/// True when the longest step along a ring is much of the whole way around, and more than rounding: the plane is torn there.
#[inline]
fn is_tear(longest: f64, length: f64) -> bool {
    longest > 0.25 * length && longest > 2.0
}

//! Points to zones and back: the HEALPix projection.
//!
//! Twelve base zones, each a unit square of coordinates (i, j): i grows to the north-east, j to the north-west, the
//! south corner is (0, 0). Base zones 0 to 3 are centred on longitudes 45 + 90 k and touch the north pole, 4 to 7 lie on
//! the equator at 90 k, 8 to 11 touch the south pole at 45 + 90 k. At level L a base zone is cut into 2^L x 2^L zones; a
//! nested index is the base zone followed by the interleaved bits of the zone's column i and row j.
//!
//! Within quadrant k of longitude, tau in [0, 1) from west to east, with v and sigma of [`Latitude`]:
//!
//! - belt: u = tau + v and w = tau - v; the lines u = 1/2 and w = 1/2 part the quadrant's four base zones;
//! - north cap: i = 1 - sigma (1 - tau), j = 1 - sigma tau;
//! - south cap: i = sigma tau, j = sigma (1 - tau).
//!
//! A point on a boundary belongs to one of the zones that share it: to the one on the side of growing i and j, and on a
//! meridian between two base zones of a cap to the eastern one.
//!
//! Górski et al. (2005), ApJ 622, 759; Calabretta & Roukema (2007), MNRAS 381, 865.

use super::latitude::Latitude;
use crate::error::{Error, Result};
use crate::grid::longitude::wrapped;
use crate::grid::{LonLat, Zone};

/// The finest level: 12 * 4^29 zones, as in all HEALPix software.
pub(crate) const MAX_LEVEL: u8 = 29;

/// Points projected together: their intermediate values stay in the first-level cache.
const CHUNK: usize = 256;

/// Longitudes up to this are projected as they are, others brought within a turn first.
const PLAIN_LON_DEG: f64 = 1e6;

/// The zones of `points`, whose lengths are equal.
pub(crate) fn zones_at(latitude: &Latitude, level: u8, points: &[LonLat], zones: &mut [Zone]) -> Result<()> {
    let transition_deg = latitude.transition_deg();
    match latitude.polynomials() {
        Some((belt, cap)) => project(level, transition_deg, |x| belt.at(x), |x| cap.at(x), points, zones),
        None => project(level, transition_deg, |x| latitude.belt(x), |x| latitude.cap(x), points, zones),
    }
}

#[inline(always)]
fn project(
    level: u8,
    transition_deg: f64,
    belt: impl Fn(f64) -> f64 + Copy,
    cap: impl Fn(f64) -> f64 + Copy,
    points: &[LonLat],
    zones: &mut [Zone],
) -> Result<()> {
    let mut within_a_turn = [LonLat::default(); CHUNK];
    for (points, zones) in points.chunks(CHUNK).zip(zones.chunks_mut(CHUNK)) {
        let plain = |point: &LonLat| (point.lat_deg.abs() <= 90.0) & (point.lon_deg.abs() <= PLAIN_LON_DEG);
        let points = if points.iter().fold(true, |all, point| all & plain(point)) {
            points
        } else {
            for (point, to) in points.iter().zip(&mut within_a_turn) {
                *to = LonLat { lon_deg: point.lon_deg % 360.0, ..checked(point)? };
            }
            &within_a_turn[..points.len()]
        };
        // Pixels of a row share their latitude, and the polynomials are most of the work.
        let lat_deg = points[0].lat_deg;
        if points.iter().fold(true, |all, point| all & (point.lat_deg == lat_deg)) {
            let north = lat_deg > 0.0;
            match lat_deg.abs() > transition_deg {
                true => {
                    let sigma = cap(colatitude(lat_deg));
                    zones_of_parallel(level, |tau| in_cap(north, sigma, tau), points, zones);
                }
                false => {
                    let v = belt(lat_deg);
                    zones_of_parallel(level, |tau| in_belt(v, tau), points, zones);
                }
            }
            continue;
        }
        for (point, zone) in points.iter().zip(zones) {
            *zone = Zone(zone_of(level, transition_deg, belt, cap, point));
        }
    }
    Ok(())
}

/// Degrees from the nearer pole.
#[inline(always)]
fn colatitude(lat_deg: f64) -> f64 {
    90.0 - lat_deg.abs()
}

/// `point`, or why it is none.
fn checked(point: &LonLat) -> Result<LonLat> {
    let LonLat { lon_deg, lat_deg } = *point;
    if !lon_deg.is_finite() || !lat_deg.is_finite() {
        Err(Error::invalid(format!("point ({lon_deg}, {lat_deg}) is not finite")))
    } else if lat_deg.abs() > 90.0 {
        Err(Error::invalid(format!("point ({lon_deg}, {lat_deg}): latitude is outside [-90, 90]")))
    } else {
        Ok(*point)
    }
}

/// Without branches, so that the compiler makes vectors of it.
#[inline(always)]
fn zone_of(level: u8, transition_deg: f64, belt: impl Fn(f64) -> f64, cap: impl Fn(f64) -> f64, point: &LonLat) -> u64 {
    let LonLat { lon_deg, lat_deg } = *point;
    let (quadrant_bits, tau) = quadrant(lon_deg);
    let belt = in_belt(belt(lat_deg), tau);
    let cap = in_cap(lat_deg > 0.0, cap(colatitude(lat_deg)), tau);
    let is_cap = lat_deg.abs() > transition_deg;
    let place = Place {
        i: if is_cap { cap.i } else { belt.i },
        j: if is_cap { cap.j } else { belt.j },
        east: (is_cap & cap.east) | (!is_cap & belt.east),
        south: (is_cap & cap.south) | (!is_cap & belt.south),
    };
    place.zone(level, quadrant_bits)
}

/// [`zone_of`] points that share their latitude, whose `place` depends on tau alone.
#[inline(always)]
fn zones_of_parallel(level: u8, place: impl Fn(f64) -> Place, points: &[LonLat], zones: &mut [Zone]) {
    for (point, zone) in points.iter().zip(zones) {
        let (quadrant_bits, tau) = quadrant(point.lon_deg);
        *zone = Zone(place(tau).zone(level, quadrant_bits));
    }
}

/// The quadrant of a longitude, its number modulo 2^51, and tau in it.
#[inline(always)]
fn quadrant(lon_deg: f64) -> (u64, f64) {
    let (quadrant, bits) = floor(lon_deg / 90.0);
    (bits, (lon_deg - 90.0 * quadrant) * (1.0 / 90.0))
}

/// Where a point lies among the base zones of its quadrant.
struct Place {
    i: f64,
    j: f64,
    /// On which side of u = 1/2 and of w = 1/2; in the caps (1, 0) is north and (0, 1) south.
    east: bool,
    south: bool,
}

#[inline(always)]
fn in_belt(v: f64, tau: f64) -> Place {
    let (u, w) = (tau + v, tau - v);
    let (east, south) = (u >= 0.5, w > 0.5);
    Place { i: u + (if east { -0.5 } else { 0.5 }), j: (if south { 1.5 } else { 0.5 }) - w, east, south }
}

#[inline(always)]
fn in_cap(north: bool, sigma: f64, tau: f64) -> Place {
    let (west_part, east_part) = (sigma * tau, sigma * (1.0 - tau));
    Place {
        i: if north { 1.0 - east_part } else { west_part },
        j: if north { 1.0 - west_part } else { east_part },
        east: north,
        south: !north,
    }
}

impl Place {
    #[inline(always)]
    fn zone(self, level: u8, quadrant_bits: u64) -> u64 {
        let north_or_south = (if self.east { 0 } else { 4 }) + (if self.south { 4 } else { 0 });
        let next_quadrant = if self.east & self.south { 1 } else { 0 };
        let base = north_or_south + (quadrant_bits.wrapping_add(next_quadrant) & 3);
        let side = (1u64 << level) as f64;
        join(level, base, cell(self.i, side), cell(self.j, side))
    }
}

/// 2^52 + 2^51: a number below 2^51 added to it leaves its nearest integer in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The floor of a number below 2^51 in size, and the same as an integer modulo 2^51.
///
/// `f64::floor` would be a call where the processor's baseline has no such instruction.
#[inline(always)]
fn floor(x: f64) -> (f64, u64) {
    let rounded = x + ROUNDER;
    let nearest = rounded - ROUNDER;
    let over = nearest > x;
    (nearest - if over { 1.0 } else { 0.0 }, rounded.to_bits().wrapping_sub(if over { 1 } else { 0 }))
}

/// The column or row, within [0, side), of a coordinate that rounding may have left just outside [0, 1].
#[inline(always)]
fn cell(coordinate: f64, side: f64) -> u64 {
    let scaled = coordinate * side;
    let scaled = if scaled > 0.0 { scaled } else { 0.0 };
    let last = side - 0.5;
    let scaled = if scaled < last { scaled } else { last };
    floor(scaled).1 & 0xffff_ffff
}

/// The nested index of column `i` and row `j` of base zone `base`.
#[inline(always)]
pub(crate) fn join(level: u8, base: u64, i: u64, j: u64) -> u64 {
    if level <= 16 {
        // Both in one word: j takes the upper half, and comes down again one bit above i.
        let both = i | (j << 32);
        let both = (both | (both << 8)) & 0x00ff_00ff_00ff_00ff;
        let both = (both | (both << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
        let both = (both | (both << 2)) & 0x3333_3333_3333_3333;
        let both = (both | (both << 1)) & 0x5555_5555_5555_5555;
        return (base << (2 * level)) | (both & 0xffff_ffff) | (both >> 31);
    }
    (base << (2 * level)) | spread(i) | (spread(j) << 1)
}

/// Base zone, column and row of a nested index.
#[inline]
pub(crate) fn part(level: u8, zone: Zone) -> (u64, u64, u64) {
    (zone.0 >> (2 * level), gather(zone.0 & ((1 << (2 * level)) - 1)), gather((zone.0 & ((1 << (2 * level)) - 1)) >> 1))
}

/// Moves bit k to bit 2k, for the lower 32 bits.
#[inline(always)]
fn spread(x: u64) -> u64 {
    let x = (x | (x << 16)) & 0x0000_ffff_0000_ffff;
    let x = (x | (x << 8)) & 0x00ff_00ff_00ff_00ff;
    let x = (x | (x << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | (x << 2)) & 0x3333_3333_3333_3333;
    (x | (x << 1)) & 0x5555_5555_5555_5555
}

/// Moves bit 2k to bit k and drops the odd bits.
#[inline(always)]
fn gather(x: u64) -> u64 {
    let x = x & 0x5555_5555_5555_5555;
    let x = (x | (x >> 1)) & 0x3333_3333_3333_3333;
    let x = (x | (x >> 2)) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | (x >> 4)) & 0x00ff_00ff_00ff_00ff;
    let x = (x | (x >> 8)) & 0x0000_ffff_0000_ffff;
    (x | (x >> 16)) & 0x0000_0000_ffff_ffff
}

/// The point of base zone `base` at (i, j) / side; its longitude, in [-45, 360], is not wrapped.
///
/// Whole (i, j) are exact however large the side, so that zones which share a vertex agree on it to the last bit. At a
/// pole the longitude is the base zone's.
pub(crate) fn point_of(latitude: &Latitude, side: f64, base: u64, i: f64, j: f64) -> LonLat {
    let (height, across) = (i + j, i - j);
    LonLat { lon_deg: meridian(side, base, height, across), lat_deg: parallel(latitude, side, base, height) }
}

/// Distance from the pole that base zone `base` touches, in zones; 2 `side` across the whole base zone.
#[inline(always)]
fn to_pole(side: f64, base: u64, height: f64) -> f64 {
    if base < 4 { 2.0 * side - height } else { height }
}

#[inline(always)]
pub(super) fn is_in_belt(side: f64, base: u64, height: f64) -> bool {
    (4..8).contains(&base) || to_pole(side, base, height) >= side
}

/// The latitude where i + j is `height`.
pub(super) fn parallel(latitude: &Latitude, side: f64, base: u64, height: f64) -> f64 {
    if is_in_belt(side, base, height) {
        let row = [1.0, 0.0, -1.0][(base / 4) as usize];
        return latitude.of_belt((row * side + (height - side)) / (2.0 * side));
    }
    let lat_deg = 90.0 - latitude.of_cap(to_pole(side, base, height) / side);
    if base < 4 { lat_deg } else { -lat_deg }
}

/// The longitude where i + j is `height` and i - j is `across`.
#[inline(always)]
pub(super) fn meridian(side: f64, base: u64, height: f64, across: f64) -> f64 {
    let quadrant = (base & 3) as f64;
    if is_in_belt(side, base, height) {
        let centre = if (4..8).contains(&base) { 2.0 * quadrant } else { 2.0 * quadrant + 1.0 };
        return 45.0 * (centre + across / side);
    }
    let to_pole = to_pole(side, base, height);
    let offset = if to_pole > 0.0 { across / to_pole } else { 0.0 };
    45.0 * (2.0 * quadrant + 1.0 + offset)
}

/// The centre of a zone, in [-180, 180).
pub(crate) fn centroid(latitude: &Latitude, level: u8, zone: Zone) -> LonLat {
    let (base, i, j) = part(level, zone);
    let point = point_of(latitude, (1u64 << level) as f64, base, i as f64 + 0.5, j as f64 + 0.5);
    LonLat { lon_deg: wrapped(point.lon_deg), ..point }
}

/// How many parallels [`centroids`] remembers: of zones that follow one another in nested order few are new.
const PARALLELS: usize = 256;

/// The centres of zones, equal to [`centroid`]'s; the slices have the same length.
pub(crate) fn centroids(latitude: &Latitude, level: u8, zones: &[Zone], centroids: &mut [LonLat]) {
    let side = (1u64 << level) as f64;
    let mut known = [(u64::MAX, 0.0); PARALLELS];
    for (zone, centroid) in zones.iter().zip(centroids) {
        let (base, i, j) = part(level, *zone);
        // Base zones of one row of four share their parallels.
        let key = (i + j) * 3 + base / 4;
        let height = (i + j) as f64 + 1.0;
        let slot = &mut known[key as usize % PARALLELS];
        if slot.0 != key {
            *slot = (key, parallel(latitude, side, base, height));
        }
        let lon_deg = wrapped(meridian(side, base, height, i as f64 - j as f64));
        *centroid = LonLat { lon_deg, lat_deg: slot.1 };
    }
}

/// The boundary of a zone from its south corner over east, north and west; see [`crate::grid::Grid::boundary`].
///
/// A corner at a pole gives two points, one on each meridian that ends there, and no cut edge between them: the ring is
/// then the zone's shape in the plane of longitude and latitude too.
pub(crate) fn boundary(latitude: &Latitude, level: u8, zone: Zone, segments: u32) -> Vec<LonLat> {
    let mut ring = Vec::with_capacity(4 * segments as usize + 1);
    let side = (1u64 << level) as f64;
    push_boundary(level, zone, segments, &mut ring, |base, height| parallel(latitude, side, base, height));
    ring
}

/// Zones for which [`boundaries`] remembers no parallels: to make room for them would take longer.
const FEW: usize = 16;

/// The boundaries of zones, each equal to [`boundary`]'s, one after the other; and where each ends.
pub(crate) fn boundaries(
    latitude: &Latitude,
    level: u8,
    zones: &[Zone],
    segments: u32,
    places: &mut Vec<LonLat>,
    ends: &mut Vec<usize>,
) {
    let side = (1u64 << level) as f64;
    places.reserve(4 * segments as usize * zones.len());
    if zones.len() < FEW {
        for zone in zones {
            push_boundary(level, *zone, segments, places, |base, height| parallel(latitude, side, base, height));
            ends.push(places.len());
        }
        return;
    }
    // As `centroids` does; of a ring's points all but two share their parallel with another.
    let mut known = [(f64::NAN, 0, 0.0); 2 * PARALLELS];
    for zone in zones {
        push_boundary(level, *zone, segments, places, |base, height| {
            let row = base / 4;
            let slot = &mut known[((height * f64::from(segments)) as usize * 3 + row as usize) % (2 * PARALLELS)];
            if (slot.0, slot.1) != (height, row) {
                *slot = (height, row, parallel(latitude, side, base, height));
            }
            slot.2
        });
        ends.push(places.len());
    }
}

/// Appends a zone's boundary to `ring`; `parallel` gives the latitude of a base zone's i + j.
#[inline(always)]
fn push_boundary(
    level: u8,
    zone: Zone,
    segments: u32,
    ring: &mut Vec<LonLat>,
    mut parallel: impl FnMut(u64, f64) -> f64,
) {
    let (base, i, j) = part(level, zone);
    let (side, i, j) = ((1u64 << level) as f64, i as f64, j as f64);
    let middle = meridian(side, base, i + j + 1.0, i - j);
    let shift = wrapped(middle) - middle;
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    for (corner, &(from_i, from_j)) in corners.iter().enumerate() {
        let (to_i, to_j) = corners[(corner + 1) % 4];
        for step in 0..segments {
            let part = f64::from(step) / f64::from(segments);
            let (at_i, at_j) = (i + from_i + part * (to_i - from_i), j + from_j + part * (to_j - from_j));
            let (height, across) = (at_i + at_j, at_i - at_j);
            let mut point =
                LonLat { lon_deg: meridian(side, base, height, across) + shift, lat_deg: parallel(base, height) };
            if point.lat_deg.abs() == 90.0 && step == 0 {
                // North: the edge that ends here is the eastern meridian; south: the western one.
                let half = if base < 4 { 45.0 } else { -45.0 };
                ring.push(LonLat { lon_deg: point.lon_deg + half, ..point });
                point.lon_deg -= half;
            }
            ring.push(point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_of_many_are_those_of_each() {
        let latitude = Latitude::new(1.0 / 298.257_223_563);
        for (level, segments) in [(0u8, 1), (1, 2), (5, 2), (12, 3), (29, 4)] {
            let count = 12u64 << (2 * level);
            let step = (count / 1000).max(1);
            let zones: Vec<Zone> =
                (0..count).step_by(step as usize).flat_map(|z| (z..(z + 9).min(count)).map(Zone)).collect();
            let (mut places, mut ends) = (Vec::new(), Vec::new());
            boundaries(&latitude, level, &zones, segments, &mut places, &mut ends);
            let mut first = 0;
            for (zone, end) in zones.iter().zip(ends) {
                assert_eq!(boundary(&latitude, level, *zone, segments), places[first..end], "level {level} {zone:?}");
                first = end;
            }
            assert_eq!(first, places.len());
        }
    }

    #[test]
    fn zones_of_a_parallel_are_those_of_each_point() {
        for (flattening, level) in [(0.0, 9), (1.0 / 298.257_223_563, 17), (1.0 / 298.257_223_563, 16), (0.3, 29)] {
            let latitude = Latitude::new(flattening);
            for lat_deg in [-90.0, -66.5, -41.8, -3.0, 0.0, -0.0, 12.3, 41.9, 89.999, 90.0] {
                let mut points: Vec<LonLat> =
                    (0..2 * CHUNK + 7).map(|at| LonLat { lon_deg: at as f64 * 1.37 - 400.0, lat_deg }).collect();
                let mut found = vec![Zone(0); points.len()];
                zones_at(&latitude, level, &points, &mut found).unwrap();
                // A point of another latitude in each chunk.
                points.iter_mut().step_by(CHUNK).for_each(|point| point.lat_deg = 1.0);
                let mut mixed = vec![Zone(0); points.len()];
                zones_at(&latitude, level, &points, &mut mixed).unwrap();
                for at in (0..points.len()).filter(|at| at % CHUNK != 0) {
                    assert_eq!(found[at], mixed[at], "{:?}", points[at]);
                }
            }
        }
    }

    #[test]
    fn columns_and_rows_are_joined_bit_by_bit() {
        for level in [1, 15, 16, 17, 29] {
            let last = (1u64 << level) - 1;
            for (i, j) in [(0, last), (last, 0), (last, last), (0x0a5f_31c7 & last, 0x1234_5678 & last)] {
                let bit = |k: u32| (i >> k & 1) << (2 * k) | (j >> k & 1) << (2 * k + 1);
                let expected = (0..u32::from(level)).fold(11 << (2 * level), |zone, k| zone | bit(k));
                assert_eq!(join(level, 11, i, j), expected, "{level} {i} {j}");
                assert_eq!(part(level, Zone(expected)), (11, i, j));
            }
        }
    }

    #[test]
    fn centroids_of_many_are_those_of_each() {
        for flattening in [0.0, 1.0 / 298.257_223_563] {
            let latitude = Latitude::new(flattening);
            for level in [0u8, 1, 5, 12, 29] {
                let count = 12u64 << (2 * level);
                let step = (count / 5000).max(1);
                // Runs of neighbours, and jumps between them.
                let zones: Vec<Zone> =
                    (0..count).step_by(step as usize).flat_map(|z| (z..(z + 9).min(count)).map(Zone)).collect();
                let mut found = vec![LonLat::default(); zones.len()];
                centroids(&latitude, level, &zones, &mut found);
                for (zone, found) in zones.iter().zip(found) {
                    assert_eq!(centroid(&latitude, level, *zone), found, "level {level} zone {}", zone.0);
                }
            }
        }
    }
}

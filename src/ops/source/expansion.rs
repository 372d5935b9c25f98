//! Projections of many points that lie near each other.
//!
//! PROJ takes a third of a microsecond for a point, and more. On a small part of the globe a projection is a polynomial of low
//! degree in longitude and latitude, to rounding: the one that equals it at Chebyshev's points. Its coefficients tell how good it is,
//! as those of a smooth function fall geometrically (Trefethen, *Approximation Theory and Approximation Practice*, 2013, chapters 3
//! and 8); of one that jumps, bends or has no value they do not, and PROJ is asked for each point.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::error::Result;

/// Chebyshev's points along an axis.
const NODES: usize = 8;

/// The highest degree of a polynomial: the coefficients of higher ones, which are known, tell what it leaves out.
const HIGHEST_DEGREE: usize = NODES - 2;

/// Fewer points are not worth it.
const FEWEST: usize = 256;

/// Points further apart, in degrees, are not near each other.
const WIDEST_DEG: f64 = 20.0;

/// Coordinates are as exact as numbers of their size can be, but for so many units in the last place.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// Points evaluated together, for the processor's vectors.
const LANES: usize = 8;

/// From longitudes and latitudes in degrees to coordinates of a plane, in place; NaN where there are none.
pub(super) type Project<'a> = &'a dyn Fn(&mut [f64], &mut [f64]) -> Result<()>;

/// Does what `project` does, to within `tolerance`, in units of the plane, or the rounding of its coordinates.
///
/// # Errors
/// Those of `project`.
pub(super) fn project(xs: &mut [f64], ys: &mut [f64], tolerance: f64, project: Project<'_>) -> Result<()> {
    if xs.len() >= FEWEST
        && let Some(expansion) = Expansion::around(xs, ys, tolerance, project)?
    {
        expansion.apply(xs, ys);
        return Ok(());
    }
    project(xs, ys)
}

/// Values at [`NODES`] x [`NODES`] points, or coefficients: longitude first.
type Table = [[f64; NODES]; NODES];

/// A polynomial for each coordinate of the plane.
struct Expansion {
    /// Longitude and latitude of the middle in degrees.
    middle_deg: [f64; 2],
    /// One by half the widths in degrees.
    per_half: [f64; 2],
    /// Powers of both that are counted together, at most.
    degree: usize,
    /// Coordinates of one of the points, which are large beside what changes.
    origin: [f64; 2],
    /// Of each coordinate, by powers of longitude and of latitude, from the middle in halves of the widths.
    terms: [Table; 2],
}

impl Expansion {
    /// Around the given points; `None` where there is none that is good enough.
    fn around(lons: &[f64], lats: &[f64], tolerance: f64, project: Project<'_>) -> Result<Option<Self>> {
        let (Some(lon), Some(lat)) = (Span::of(lons), Span::of(lats)) else { return Ok(None) };
        if lon.width() > WIDEST_DEG || lat.width() > WIDEST_DEG {
            return Ok(None);
        }
        let chebyshev = &*CHEBYSHEV;
        // The nodes, and points at the ends and in the middle to see that it is so.
        let seen = [lon.lowest, lon.highest, lat.lowest, lat.highest, lons.len() / 2];
        let nodes = chebyshev.nodes.iter();
        let pairs = nodes.flat_map(move |u| chebyshev.nodes.iter().map(move |v| (lon.at(*u), lat.at(*v))));
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = pairs.chain(seen.map(|at| (lons[at], lats[at]))).unzip();
        project(&mut xs, &mut ys)?;
        let nodes = [&xs, &ys].map(|values| &values[..NODES * NODES]);
        let origin = nodes.map(|values| values[0]);
        let tables = [0, 1].map(|k| chebyshev.coefficients(nodes[k], origin[k]));
        // The globe's radius and the coordinates themselves bound how exact PROJ is; not a number where there is no value.
        let radius = tables[0][0][1].hypot(tables[1][0][1]) * (2.0 / lat.width()).to_degrees();
        let largest = xs.iter().chain(&ys).fold(radius, |largest, value| largest.max(value.abs()));
        let allowed = tolerance.max(ROUNDING * largest);
        // What polynomials of a degree leave out.
        let left_out = |degree: usize| {
            let terms = tables.iter().flat_map(|table| table.iter().enumerate());
            let terms = terms.flat_map(|(i, row)| row.iter().zip(i..)).filter(|(_, sum)| *sum > degree);
            terms.map(|(coefficient, _)| coefficient * coefficient).sum::<f64>().sqrt()
        };
        let least = left_out(HIGHEST_DEGREE);
        if least.is_nan() || least > allowed {
            return Ok(None);
        }
        // More than the highest degree leaves out, which may be rounding alone, is not asked for.
        let enough = tolerance.max(2.0 * least);
        let degree = (1..HIGHEST_DEGREE).find(|degree| left_out(*degree) <= enough).unwrap_or(HIGHEST_DEGREE);
        let expansion = Self {
            middle_deg: [lon.middle(), lat.middle()],
            per_half: [2.0 / lon.width(), 2.0 / lat.width()],
            degree,
            origin,
            terms: tables.map(|table| chebyshev.powers(&table, degree)),
        };
        let (mut own_xs, mut own_ys) = (seen.map(|at| lons[at]), seen.map(|at| lats[at]));
        expansion.apply(&mut own_xs, &mut own_ys);
        let is_near = |own: &[f64], values: &[f64]| {
            own.iter().zip(&values[NODES * NODES..]).all(|(own, value)| (own - value).abs() <= 2.0 * allowed)
        };
        Ok((is_near(&own_xs, &xs) && is_near(&own_ys, &ys)).then_some(expansion))
    }

    /// Makes coordinates of longitudes and latitudes.
    fn apply(&self, xs: &mut [f64], ys: &mut [f64]) {
        for (xs, ys) in xs.chunks_mut(LANES).zip(ys.chunks_mut(LANES)) {
            let (mut u, mut v) = ([0.0; LANES], [0.0; LANES]);
            for (at, (x, y)) in xs.iter().zip(ys.iter()).enumerate() {
                u[at] = (x - self.middle_deg[0]) * self.per_half[0];
                v[at] = (y - self.middle_deg[1]) * self.per_half[1];
            }
            for ((values, origin), terms) in [xs, ys].into_iter().zip(self.origin).zip(&self.terms) {
                let sums = horner(terms, self.degree, &u, &v);
                values.iter_mut().zip(sums).for_each(|(value, sum)| *value = origin + sum);
            }
        }
    }
}

/// The sum of terms by powers of `u` and `v`.
#[inline]
fn horner(terms: &Table, degree: usize, u: &[f64; LANES], v: &[f64; LANES]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for power in (0..=degree).rev() {
        let mut inner = [0.0; LANES];
        for term in terms[power][..=degree - power].iter().rev() {
            for at in 0..LANES {
                inner[at] = inner[at] * v[at] + term;
            }
        }
        for at in 0..LANES {
            sums[at] = sums[at] * u[at] + inner[at];
        }
    }
    sums
}

/// Where the smallest and the largest number are.
#[derive(Clone, Copy)]
struct Span {
    lowest: usize,
    highest: usize,
    ends: [f64; 2],
}

impl Span {
    /// Of numbers; `None` where one is not finite, or all are the same.
    fn of(numbers: &[f64]) -> Option<Self> {
        let (mut lowest, mut highest) = (0, 0);
        let mut are_finite = true;
        for (at, number) in numbers.iter().enumerate() {
            are_finite &= number.is_finite();
            if *number < numbers[lowest] {
                lowest = at;
            }
            if *number > numbers[highest] {
                highest = at;
            }
        }
        (are_finite && numbers[lowest] < numbers[highest]).then(|| Self {
            lowest,
            highest,
            ends: [numbers[lowest], numbers[highest]],
        })
    }

    fn width(&self) -> f64 {
        self.ends[1] - self.ends[0]
    }

    fn middle(&self) -> f64 {
        0.5 * (self.ends[0] + self.ends[1])
    }

    /// From -1 at one end to 1 at the other.
    fn at(&self, u: f64) -> f64 {
        self.middle() + 0.5 * u * self.width()
    }
}

/// Chebyshev's points and polynomials.
struct Chebyshev {
    nodes: [f64; NODES],
    /// Of each polynomial, what the value at each node gives to its coefficient.
    weights: Table,
    /// Of each polynomial, its coefficients by powers.
    powers: Table,
}

static CHEBYSHEV: LazyLock<Chebyshev> = LazyLock::new(|| {
    let angle = |node: usize| PI * (node as f64 + 0.5) / NODES as f64;
    let mut powers = Table::default();
    powers[0][0] = 1.0;
    powers[1][1] = 1.0;
    for n in 2..NODES {
        // T_n(u) = 2 u T_(n-1)(u) - T_(n-2)(u)
        powers[n] = std::array::from_fn(|power| {
            let below = if power > 0 { powers[n - 1][power - 1] } else { 0.0 };
            2.0 * below - powers[n - 2][power]
        });
    }
    Chebyshev {
        nodes: std::array::from_fn(|node| angle(node).cos()),
        weights: std::array::from_fn(|n| {
            let scale = if n == 0 { 1.0 } else { 2.0 } / NODES as f64;
            std::array::from_fn(|node| scale * (n as f64 * angle(node)).cos())
        }),
        powers,
    }
});

impl Chebyshev {
    /// The coefficients of the products of polynomials whose sum has `values` at the nodes, less `origin`.
    fn coefficients(&self, values: &[f64], origin: f64) -> Table {
        let along_lat: [[f64; NODES]; NODES] = std::array::from_fn(|node| {
            let values = &values[node * NODES..(node + 1) * NODES];
            let weighted = |(weight, value): (&f64, &f64)| weight * (value - origin);
            std::array::from_fn(|j| self.weights[j].iter().zip(values).map(weighted).sum())
        });
        std::array::from_fn(|i| {
            std::array::from_fn(|j| self.weights[i].iter().zip(&along_lat).map(|(weight, row)| weight * row[j]).sum())
        })
    }

    /// The same sum by powers, without polynomials whose degrees together are more than `degree`.
    fn powers(&self, coefficients: &Table, degree: usize) -> Table {
        let mut terms = Table::default();
        for (i, row) in coefficients.iter().enumerate() {
            for (j, coefficient) in row.iter().enumerate().filter(|(j, _)| i + j <= degree) {
                for (row, along_lon) in terms.iter_mut().zip(&self.powers[i]) {
                    for (term, along_lat) in row.iter_mut().zip(&self.powers[j]) {
                        *term += coefficient * along_lon * along_lat;
                    }
                }
            }
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::store::{Call, Degrees};

    /// Points in a box of degrees around a place, and how many of them PROJ was asked for; the largest difference to it.
    fn difference(crs: &str, [lon, lat]: [f64; 2], width: f64, tolerance: f64) -> (usize, f64) {
        let call = Call::capture();
        let degrees = Degrees::new(&call, crs).unwrap();
        let unit = |at: usize, step: f64| (at as f64 * step).fract() - 0.5;
        let count = 1000;
        let mut xs: Vec<f64> = (0..count).map(|at| lon + width * unit(at, 0.618_033_988_7)).collect();
        let mut ys: Vec<f64> = (0..count).map(|at| lat + width * unit(at, 0.414_213_562_3)).collect();
        let (mut all_xs, mut all_ys) = (xs.clone(), ys.clone());
        degrees.from_degrees(&mut all_xs, &mut all_ys).unwrap();
        let asked = Cell::new(0);
        let counted = |xs: &mut [f64], ys: &mut [f64]| {
            asked.set(asked.get() + xs.len());
            degrees.from_degrees(xs, ys)
        };
        project(&mut xs, &mut ys, tolerance, &counted).unwrap();
        let pairs = xs.iter().chain(&ys).zip(all_xs.iter().chain(&all_ys));
        let largest = pairs.map(|(own, all)| if own.is_nan() && all.is_nan() { 0.0 } else { (own - all).abs() });
        (asked.get(), largest.fold(0.0, f64::max))
    }

    #[test]
    fn near_points_are_projected_to_rounding_by_few_of_projs() {
        for (crs, place, width) in [
            ("EPSG:32632", [9.0, 47.0], 0.01),
            ("EPSG:32632", [7.0, 61.0], 0.2),
            ("EPSG:3857", [-170.0, -70.0], 0.5),
            ("EPSG:3035", [20.0, 50.0], 1.0),
            ("EPSG:3413", [100.0, 80.0], 0.5),
            ("EPSG:8857", [-80.0, 10.0], 1.0),
            ("EPSG:2056", [8.0, 47.0], 0.05),
        ] {
            let (asked, largest) = difference(crs, place, width, 1e-9);
            assert!(asked < 100 && largest < 2e-8, "{crs}: {asked} points, {largest} m");
        }
    }

    #[test]
    fn where_a_projection_is_no_polynomial_proj_is_asked_for_each_point() {
        for (crs, place, width) in [
            // The antimeridian, a pole, the limb of what is seen, wide boxes, an interruption, and Equal Earth beyond a pole.
            ("EPSG:3857", [180.0, 10.0], 0.1),
            ("EPSG:3031", [0.0, -90.0], 0.5),
            ("+proj=ortho +lat_0=0 +lon_0=0", [90.0, 0.0], 0.5),
            ("EPSG:32632", [9.0, 47.0], 19.0),
            ("EPSG:32632", [9.0, 47.0], 30.0),
            ("+proj=igh", [-40.0, 40.0], 0.1),
            ("EPSG:8857", [0.0, 90.0], 0.1),
        ] {
            let (asked, largest) = difference(crs, place, width, 1e-9);
            assert!(asked >= 1000 && largest == 0.0, "{crs}: {asked} points, {largest} m");
        }
    }
}

//! Authalic latitude: the latitude on the sphere of the ellipsoid's area that leaves every zone between two parallels
//! as large as it is.
//!
//! For the flattenings of planets (|n| up to [`SERIES_LIMIT`]) both directions are Karney's series of order 6 in the
//! third flattening n; beyond, the closed form, and Newton's method on it. The sphere is the ellipsoid of flattening 0.
//!
//! Near a pole a latitude has lost the digits that its colatitude still has; the forms for colatitudes keep them.

use std::f64::consts::FRAC_PI_2;

/// Third flattenings up to this use the series, which there is the closed form to 1e-15 radian (tested).
pub const SERIES_LIMIT: f64 = 0.004;

/// The map between geodetic and authalic latitudes of one ellipsoid of revolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Authalic {
    /// Squared eccentricity, in [0, 1).
    e2: f64,
    /// q at the pole: twice the squared ratio of the authalic radius to the semi-major axis.
    q_pole: f64,
    /// Coefficients of sin 2k phi, k from 1, in xi - phi; and of sin 2k xi in phi - xi.
    series: Option<([f64; 6], [f64; 6])>,
}

impl Authalic {
    /// The sphere: authalic and geodetic latitude are one.
    pub fn sphere() -> Self {
        Self::new(0.0)
    }

    /// The ellipsoid of the given flattening, in [0, 1).
    pub fn new(flattening: f64) -> Self {
        let e2 = flattening * (2.0 - flattening);
        let n = flattening / (2.0 - flattening);
        let series = (n <= SERIES_LIMIT).then(|| (polynomials(n, &XI_OF_PHI), polynomials(n, &PHI_OF_XI)));
        Self { e2, q_pole: 1.0 + (1.0 - e2) * atanh_over(e2.sqrt(), 1.0), series }
    }

    /// Squared eccentricity.
    pub fn e2(&self) -> f64 {
        self.e2
    }

    /// True where the series serve; false for large flattening.
    pub fn has_series(&self) -> bool {
        self.series.is_some()
    }

    /// Radius of the sphere of the same area, for an ellipsoid of this semi-major axis (same unit).
    pub fn radius(&self, semi_major: f64) -> f64 {
        semi_major * (self.q_pole / 2.0).sqrt()
    }

    /// Sine of the authalic latitude from the sine of the geodetic latitude, closed form.
    ///
    /// Snyder (1987), *Map Projections: A Working Manual*, eqs. 3-11 and 3-12.
    pub fn sin_authalic(&self, sin_phi: f64) -> f64 {
        let q = (1.0 - self.e2) * (sin_phi / (1.0 - self.e2 * sin_phi * sin_phi) + atanh_over(self.e2.sqrt(), sin_phi));
        q / self.q_pole
    }

    /// Versine of the authalic colatitude (1 - sin xi) from that of the geodetic one (1 - sin phi), in [0, 1], to full
    /// relative precision: the difference of q at the pole and at phi, with the terms combined before they cancel.
    pub fn authalic_versine(&self, versine: f64) -> f64 {
        let sin_phi = 1.0 - versine;
        let denominator = 1.0 - self.e2 * sin_phi * sin_phi;
        let rational = versine * (1.0 + self.e2 * sin_phi) / denominator;
        let e = self.e2.sqrt();
        (rational + (1.0 - self.e2) * atanh_over(e, versine / (1.0 - self.e2 * sin_phi))) / self.q_pole
    }

    /// Derivative of the sine of the authalic latitude by the geodetic latitude, at the colatitude `colatitude_rad`.
    pub fn sin_authalic_slope(&self, colatitude_rad: f64) -> f64 {
        let (cos, sin) = colatitude_rad.sin_cos();
        let denominator = 1.0 - self.e2 * sin * sin;
        2.0 * (1.0 - self.e2) * cos / (denominator * denominator * self.q_pole)
    }

    /// Authalic latitude of the geodetic latitude `phi_rad`, both in radians, in [-pi/2, pi/2].
    pub fn authalic_rad(&self, phi_rad: f64) -> f64 {
        match &self.series {
            Some((to, _)) => phi_rad + clenshaw(to, 2.0 * phi_rad),
            None => (FRAC_PI_2 - self.authalic_colatitude_rad(FRAC_PI_2 - phi_rad.abs())).copysign(phi_rad),
        }
    }

    /// Geodetic latitude of the authalic latitude `xi_rad`; inverse of [`Authalic::authalic_rad`].
    pub fn geodetic_rad(&self, xi_rad: f64) -> f64 {
        match &self.series {
            Some((_, from)) => xi_rad + clenshaw(from, 2.0 * xi_rad),
            None => (FRAC_PI_2 - self.geodetic_colatitude_rad(FRAC_PI_2 - xi_rad.abs())).copysign(xi_rad),
        }
    }

    /// Authalic colatitude of a geodetic colatitude, both in radians from the nearer pole, in [0, pi/2].
    pub fn authalic_colatitude_rad(&self, colatitude_rad: f64) -> f64 {
        match &self.series {
            Some((to, _)) => colatitude_rad + clenshaw_from_pole(to, 2.0 * colatitude_rad),
            None => {
                let half = (colatitude_rad / 2.0).sin();
                2.0 * (self.authalic_versine(2.0 * half * half) / 2.0).sqrt().min(1.0).asin()
            }
        }
    }

    /// Geodetic colatitude of an authalic colatitude; inverse of [`Authalic::authalic_colatitude_rad`].
    pub fn geodetic_colatitude_rad(&self, colatitude_rad: f64) -> f64 {
        match &self.series {
            Some((_, from)) => colatitude_rad + clenshaw_from_pole(from, 2.0 * colatitude_rad),
            None => self.solve_colatitude(colatitude_rad),
        }
    }

    /// Newton's method on the closed form, kept within a shrinking bracket.
    fn solve_colatitude(&self, target_rad: f64) -> f64 {
        let (mut low, mut high) = (0.0, FRAC_PI_2);
        let mut c = target_rad;
        for _ in 0..100 {
            let authalic = self.authalic_colatitude_rad(c);
            let error = authalic - target_rad;
            if error == 0.0 || high - low <= f64::EPSILON * high {
                break;
            }
            if error > 0.0 {
                high = c
            } else {
                low = c
            }
            let slope = self.sin_authalic_slope(c) / authalic.sin();
            let next = c - error / slope;
            let next = if next > low && next < high { next } else { 0.5 * (low + high) };
            if (next - c).abs() <= 0.25 * f64::EPSILON * c {
                break;
            }
            c = next;
        }
        c
    }
}

/// atanh(e x) / e, and its limit x at e = 0.
fn atanh_over(e: f64, x: f64) -> f64 {
    if e == 0.0 { x } else { (e * x).atanh() / e }
}

/// Sum of c\[k-1\] sin(k a) for k from 1, by Clenshaw's recurrence.
fn clenshaw(c: &[f64; 6], a: f64) -> f64 {
    let (sin, cos) = a.sin_cos();
    sum(c, sin, cos)
}

/// The same sum for pi - a, negated: a is then twice a colatitude, and so is what the sum is added to.
fn clenshaw_from_pole(c: &[f64; 6], a: f64) -> f64 {
    let (sin, cos) = a.sin_cos();
    -sum(c, sin, -cos)
}

fn sum(c: &[f64; 6], sin: f64, cos: f64) -> f64 {
    let (mut y1, mut y2) = (0.0, 0.0);
    for &ck in c.iter().rev() {
        (y1, y2) = (ck + 2.0 * cos * y1 - y2, y1);
    }
    y1 * sin
}

/// Row k: the coefficient of sin 2k x as a polynomial in n whose first power is k.
fn polynomials(n: f64, table: &[&[f64]; 6]) -> [f64; 6] {
    let mut power = 1.0;
    table.map(|row| {
        power *= n;
        power * row.iter().rev().fold(0.0, |value, &coefficient| value * n + coefficient)
    })
}

/// xi - phi in sin 2k phi. Karney (2022), *On auxiliary latitudes*, arXiv:2212.05818, appendix A.
const XI_OF_PHI: [&[f64]; 6] = [
    &[-4.0 / 3.0, -4.0 / 45.0, 88.0 / 315.0, 538.0 / 4725.0, 20824.0 / 467775.0, -44732.0 / 2837835.0],
    &[34.0 / 45.0, 8.0 / 105.0, -2482.0 / 14175.0, -37192.0 / 467775.0, -12467764.0 / 212837625.0],
    &[-1532.0 / 2835.0, -898.0 / 14175.0, 54968.0 / 467775.0, 100320856.0 / 1915538625.0],
    &[6007.0 / 14175.0, 24496.0 / 467775.0, -5884124.0 / 70945875.0],
    &[-23356.0 / 66825.0, -839792.0 / 19348875.0],
    &[570284222.0 / 1915538625.0],
];

/// phi - xi in sin 2k xi. Karney (2022), arXiv:2212.05818, appendix A.
const PHI_OF_XI: [&[f64]; 6] = [
    &[4.0 / 3.0, 4.0 / 45.0, -16.0 / 35.0, -2582.0 / 14175.0, 60136.0 / 467775.0, 28112932.0 / 212837625.0],
    &[46.0 / 45.0, 152.0 / 945.0, -11966.0 / 14175.0, -21016.0 / 51975.0, 251310128.0 / 638512875.0],
    &[3044.0 / 2835.0, 3802.0 / 14175.0, -94388.0 / 66825.0, -8797648.0 / 10945935.0],
    &[6059.0 / 4725.0, 41072.0 / 93555.0, -1472637812.0 / 638512875.0],
    &[768272.0 / 467775.0, 455935736.0 / 638512875.0],
    &[4210684958.0 / 1915538625.0],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(flattening: f64) -> Authalic {
        Authalic { series: None, ..Authalic::new(flattening) }
    }

    #[test]
    fn series_and_closed_form_agree_to_1e_15_rad() {
        for flattening in [1.0 / 298.257223563, 1.0 / 294.978698214, 1.0 / 169.9, 0.0078] {
            let (series, closed) = (Authalic::new(flattening), closed(flattening));
            assert!(series.has_series());
            for step in 0..=9000 {
                let x = (f64::from(step) / 100.0).to_radians();
                let pairs = [
                    (series.authalic_rad(x), closed.authalic_rad(x)),
                    (series.geodetic_rad(x), closed.geodetic_rad(x)),
                    (series.authalic_colatitude_rad(x), closed.authalic_colatitude_rad(x)),
                    (series.geodetic_colatitude_rad(x), closed.geodetic_colatitude_rad(x)),
                ];
                for (k, (a, b)) in pairs.into_iter().enumerate() {
                    assert!((a - b).abs() <= 1e-15, "f {flattening}, form {k}, x {x}: {a} {b} {:e}", a - b);
                }
            }
        }
    }

    #[test]
    fn both_directions_are_inverse_and_odd_for_any_flattening() {
        for flattening in [0.0, 1.0 / 298.257223563, 0.01, 0.1, 0.5, 0.9] {
            let authalic = Authalic::new(flattening);
            // Rounding grows by the slope of the one latitude by the other: up to 1 / (1 - e2), either way.
            let tolerance = 1e-15 / (1.0 - authalic.e2());
            for step in -900..=900 {
                let phi = (f64::from(step) / 10.0).to_radians();
                let xi = authalic.authalic_rad(phi);
                assert!((authalic.geodetic_rad(xi) - phi).abs() < tolerance, "f {flattening} phi {phi}");
                assert_eq!(authalic.authalic_rad(-phi), -xi);
                assert!((xi.sin() - authalic.sin_authalic(phi.sin())).abs() < tolerance, "f {flattening} phi {phi}");
            }
        }
    }

    #[test]
    fn colatitudes_keep_their_digits_at_the_pole() {
        for flattening in [1.0 / 298.257223563, 0.3] {
            let authalic = Authalic::new(flattening);
            for exponent in 0..40 {
                let c = 10f64.powi(-exponent);
                let back = authalic.geodetic_colatitude_rad(authalic.authalic_colatitude_rad(c));
                assert!((back - c).abs() <= 2e-15 * c, "f {flattening} c {c}: {back}");
            }
        }
    }
}

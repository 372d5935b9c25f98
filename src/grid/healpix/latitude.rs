//! Latitudes as the HEALPix projection wants them, for a sphere or an ellipsoid.
//!
//! The projection (Górski et al. 2005; Calabretta & Roukema 2007) asks one number of a latitude, with xi the authalic
//! latitude and z = sin xi:
//!
//! - in the *belt*, |z| <= 2/3: the height v = 3/4 z, in [-1/2, 1/2];
//! - in a *cap*: sigma = sqrt(3 (1 - |z|)) = sqrt(6) sin(c / 2), c the authalic colatitude, in [0, 1], 0 at the pole.
//!
//! Both are odd analytic functions, v of the geodetic latitude and sigma of the geodetic colatitude. So each is one
//! polynomial, whatever the ellipsoid: sine's own series plus a small correction, fitted when the grid is made. Nothing
//! cancels near the pole, and a sphere costs what an ellipsoid costs. Where the flattening is too large for that
//! (beyond [`SERIES_LIMIT`](crate::grid::authalic::SERIES_LIMIT)) the closed form does it, slower.

use crate::grid::authalic::Authalic;

/// Terms of the two polynomials: x^17 / 17! of the belt's widest latitude is below 2e-17 of x.
const TERMS: usize = 9;

/// An odd polynomial of an angle in degrees: coefficients of x, x^3, ...
#[derive(Clone, Copy, Debug)]
pub(crate) struct Odd([f64; TERMS]);

impl Odd {
    /// Its value at `x_deg`.
    #[inline(always)]
    pub(crate) fn at(&self, x_deg: f64) -> f64 {
        // Two chains, one of every other coefficient: the processor works on both at once.
        let square = x_deg * x_deg;
        let fourth = square * square;
        let c = &self.0;
        let even = (((c[8] * fourth + c[6]) * fourth + c[4]) * fourth + c[2]) * fourth;
        let odd = ((c[7] * fourth + c[5]) * fourth + c[3]) * fourth + c[1];
        (even + odd * square + c[0]) * x_deg
    }
}

/// Both forms of a grid's latitudes.
#[derive(Clone, Debug)]
pub(crate) struct Latitude {
    authalic: Authalic,
    /// v of the geodetic latitude and sigma of the geodetic colatitude; none for large flattening.
    fit: Option<(Odd, Odd)>,
    /// Geodetic latitude where belt and caps meet: z = 2/3.
    transition_deg: f64,
}

impl Latitude {
    /// Of the ellipsoid of this flattening, in [0, 1); 0 is the sphere.
    pub(crate) fn new(flattening: f64) -> Self {
        let authalic = Authalic::new(flattening);
        let transition_deg = authalic.geodetic_rad((2.0f64 / 3.0).asin()).to_degrees();
        let fit = authalic.has_series().then(|| fit(authalic.e2(), transition_deg));
        Self { authalic, fit, transition_deg }
    }

    pub(crate) fn authalic(&self) -> &Authalic {
        &self.authalic
    }

    pub(crate) fn transition_deg(&self) -> f64 {
        self.transition_deg
    }

    /// The polynomials of [`Latitude::belt`] and [`Latitude::cap`], where they serve.
    pub(crate) fn polynomials(&self) -> Option<(Odd, Odd)> {
        self.fit
    }

    /// v of a geodetic latitude within the belt.
    pub(crate) fn belt(&self, lat_deg: f64) -> f64 {
        match &self.fit {
            Some((belt, _)) => belt.at(lat_deg),
            None => 0.75 * self.authalic.sin_authalic(lat_deg.to_radians().sin()),
        }
    }

    /// sigma of a geodetic colatitude from the nearer pole, within a cap.
    pub(crate) fn cap(&self, colatitude_deg: f64) -> f64 {
        match &self.fit {
            Some((_, cap)) => cap.at(colatitude_deg),
            None => {
                let half = (colatitude_deg.to_radians() / 2.0).sin();
                (3.0 * self.authalic.authalic_versine(2.0 * half * half)).sqrt()
            }
        }
    }

    /// Geodetic latitude in degrees of the height `v` in the belt.
    pub(crate) fn of_belt(&self, v: f64) -> f64 {
        self.authalic.geodetic_rad((v / 0.75).asin()).to_degrees()
    }

    /// Geodetic colatitude in degrees of `sigma` in a cap.
    pub(crate) fn of_cap(&self, sigma: f64) -> f64 {
        self.authalic.geodetic_colatitude_rad(2.0 * (sigma / SQRT_6).asin()).to_degrees()
    }

    /// Sine of the authalic latitude of a geodetic one, at any flattening and exact at the poles.
    #[inline]
    pub(crate) fn sin_authalic(&self, lat_deg: f64) -> f64 {
        if lat_deg.abs() <= self.transition_deg {
            return self.belt(lat_deg) / 0.75;
        }
        let sigma = self.cap((90.0 - lat_deg.abs()).max(0.0));
        (1.0 - sigma * sigma / 3.0).copysign(lat_deg)
    }

    /// dv/dlat in the belt, per degree.
    pub(crate) fn belt_slope(&self, lat_deg: f64) -> f64 {
        0.75 * self.authalic.sin_authalic_slope((90.0 - lat_deg).to_radians()).to_radians()
    }

    /// -d(sigma^2 / 2)/dlat in the northern cap, per degree: as sigma^2 / 2 = 3/2 (1 - z), it is 3/2 dz/dlat.
    pub(crate) fn cap_slope(&self, colatitude_deg: f64) -> f64 {
        1.5 * self.authalic.sin_authalic_slope(colatitude_deg.to_radians()).to_radians()
    }
}

const SQRT_6: f64 = 2.449_489_742_783_178;

/// The polynomials of v and sigma for a small squared eccentricity.
///
/// With s = sin phi and a_k = (k + 1) / (2k + 1), z = s sum(a_k e^2k s^2k) / sum(a_k e^2k) (Snyder's q as a series), so
/// the distance from the sphere's v and sigma is a sum of terms of one sign, exact to the last digit.
fn fit(e2: f64, transition_deg: f64) -> (Odd, Odd) {
    let weights: Vec<f64> = (0..24).map(|k| f64::from(k + 1) / f64::from(2 * k + 1) * e2.powi(k)).collect();
    let total: f64 = weights.iter().sum();
    let belt = |phi: f64| {
        let s = phi.sin();
        let loss: f64 = (1..24).map(|k| weights[k] * (1.0 - s.powi(2 * k as i32))).sum();
        -0.75 * s * loss / total
    };
    let cap = |c: f64| {
        let half = (c / 2.0).sin();
        let s = 1.0 - 2.0 * half * half;
        let geometric = |k: i32| (1..=2 * k).map(|m| s.powi(m)).sum::<f64>();
        let gain: f64 = (1..24).map(|k| weights[k] * geometric(k as i32)).sum::<f64>() / total;
        SQRT_6 * half * gain / (1.0 + (1.0 + gain).sqrt())
    };
    // The sine series are in x and in x / 2; a margin keeps the joint inside both fits.
    let limit = (transition_deg + 0.1).to_radians();
    let colimit = (90.1 - transition_deg).to_radians();
    (odd(0.75, 1.0, belt, limit), odd(SQRT_6, 0.5, cap, colimit))
}

/// factor sin(scale x) + correction(x) on (0, limit\], x in radians, as an odd polynomial of x in degrees.
fn odd(factor: f64, scale: f64, correction: impl Fn(f64) -> f64, limit: f64) -> Odd {
    let mut coefficients = even_fit(|x| correction(x) / x, limit);
    let mut sine = factor * scale;
    let mut unit = 1f64.to_radians();
    for (k, coefficient) in coefficients.iter_mut().enumerate() {
        *coefficient = (*coefficient + sine) * unit;
        let m = (2 * k) as f64;
        sine *= -scale * scale / ((m + 2.0) * (m + 3.0));
        unit *= 1f64.to_radians().powi(2);
    }
    Odd(coefficients)
}

/// The polynomial in x^2 that equals the even function `f` at the Chebyshev nodes of x^2 in (0, limit^2).
fn even_fit(f: impl Fn(f64) -> f64, limit: f64) -> [f64; TERMS] {
    let node = |m: usize| 0.5 - 0.5 * (std::f64::consts::PI * (m as f64 + 0.5) / TERMS as f64).cos();
    let nodes: [f64; TERMS] = std::array::from_fn(node);
    let mut divided: [f64; TERMS] = std::array::from_fn(|m| f(limit * nodes[m].sqrt()));
    for order in 1..TERMS {
        for m in (order..TERMS).rev() {
            divided[m] = (divided[m] - divided[m - 1]) / (nodes[m] - nodes[m - order]);
        }
    }
    // Newton's form to powers of y = x^2 / limit^2, then to powers of x^2.
    let mut powers = [0.0; TERMS];
    for m in (0..TERMS).rev() {
        for k in (1..TERMS).rev() {
            powers[k] = powers[k - 1] - nodes[m] * powers[k];
        }
        powers[0] = divided[m] - nodes[m] * powers[0];
    }
    let mut scale = 1.0;
    powers.map(|power| {
        let coefficient = power * scale;
        scale /= limit * limit;
        coefficient
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_the_closed_form_within_1e_15() {
        for flattening in [0.0, 1.0 / 298.257223563, 1.0 / 169.9, 0.0079] {
            let fast = Latitude::new(flattening);
            let exact = Latitude { fit: None, ..fast.clone() };
            assert!(fast.fit.is_some());
            for step in 0..=9000 {
                let lat = f64::from(step) / 100.0;
                if lat <= fast.transition_deg() {
                    assert!((fast.belt(lat) - exact.belt(lat)).abs() <= 1e-15, "f {flattening} lat {lat}");
                    assert!((fast.of_belt(fast.belt(lat)) - lat).abs() <= 1e-13);
                } else {
                    let (a, b) = (fast.cap(90.0 - lat), exact.cap(90.0 - lat));
                    assert!((a - b).abs() <= 1e-15 * b.max(0.5), "f {flattening} lat {lat}: {a} {b}");
                    assert!((fast.of_cap(a) - (90.0 - lat)).abs() <= 1e-13);
                }
            }
            assert!((fast.cap(90.0 - fast.transition_deg()) - 1.0).abs() <= 1e-15);
            assert_eq!(fast.cap(0.0), 0.0);
        }
    }
}

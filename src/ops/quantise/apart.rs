//! Values that only look like missing data: a mean of -1 and 1 where 0 marks what is missing. They become the next value,
//! as gdalwarp and gdaladdo have it.

use super::reduce::Sample;

/// Makes the next value of an element in native byte order: one more or one less, of floating point ones the next that there is.
pub fn step(element: &mut [u8]) {
    let last = if cfg!(target_endian = "little") { 0 } else { element.len() - 1 };
    element[last] ^= 1;
}

/// Steps away from `nodata` where `element`, a value that was found, is just that.
pub fn keep<T: Sample>(element: &mut [u8], nodata: Option<&[u8]>) {
    let Some(nodata) = nodata.map(bytemuck::pod_read_unaligned::<T>) else { return };
    let found: T = bytemuck::pod_read_unaligned(element);
    if found == nodata && found.to_f64().is_finite() {
        step(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_value_is_one_apart_and_within_the_type() {
        let stepped = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            step(&mut bytes);
            bytes
        };
        assert_eq!(stepped(&[255]), [254]);
        assert_eq!(stepped(&i16::MIN.to_ne_bytes()), (i16::MIN + 1).to_ne_bytes());
        assert_eq!(stepped(&u32::MAX.to_ne_bytes()), (u32::MAX - 1).to_ne_bytes());
        assert_eq!(stepped(&i64::MIN.to_ne_bytes()), (i64::MIN + 1).to_ne_bytes());
        assert_eq!(stepped(&2f32.to_ne_bytes()), 2f32.next_up().to_ne_bytes());
    }

    #[test]
    fn only_what_looks_like_missing_data_moves() {
        let kept = |value: f64, nodata: f64| {
            let mut element = value.to_ne_bytes();
            keep::<f64>(&mut element, Some(&nodata.to_ne_bytes()));
            f64::from_ne_bytes(element)
        };
        assert_eq!(kept(1.0, -9.0), 1.0);
        assert!(kept(-9.0, -9.0) != -9.0 && (kept(-9.0, -9.0) + 9.0).abs() < 1e-14);
        assert_eq!(kept(f64::INFINITY, f64::INFINITY), f64::INFINITY);
    }
}

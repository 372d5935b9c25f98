//! Open options of the raster view.

use crate::cube::Resampling;
use crate::error::{Context, Error, Result};
use crate::grid::Region;
use crate::view::slice::SliceOption;

/// The options that shape a raster.
#[derive(Clone, Debug, Default)]
pub(super) struct RasterOptions {
    /// `CRS`, as the user gave it.
    pub(super) crs: Option<String>,
    /// `RES`: width and height of a pixel in units of the CRS.
    pub(super) pixel: Option<(f64, f64)>,
    /// `BBOX`: west, south, east (at least west), north in degrees.
    pub(super) bbox_deg: Option<[f64; 4]>,
    /// `RESAMPLING`: nearest, bilinear or average.
    pub(super) resampling: Resampling,
    /// `SLICE`.
    pub(super) slice: SliceOption,
    /// Those of the options above that were given, as one text.
    pub(super) text: String,
}

/// What shapes a raster, and what chooses zones: all that two rasters of one array may differ in.
const NAMES: [&str; 10] =
    ["CRS", "RES", "BBOX", "RESAMPLING", SliceOption::NAME, "POLYGON", "ZONES", "POINTS", "CONTAINMENT", "LEVEL"];

impl RasterOptions {
    /// # Errors
    /// A value that makes no sense; the message names the option.
    pub(super) fn parse(options: &[(String, String)]) -> Result<Self> {
        let value =
            |name: &str| options.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        let given = NAMES.iter().filter_map(|name| Some(format!("{name}={}", value(name)?)));
        Ok(Self {
            crs: value("CRS").map(str::to_owned),
            pixel: value("RES").map(parse_pixel).transpose().context(|| "open option RES".into())?,
            bbox_deg: value("BBOX").map(parse_bbox).transpose().context(|| "open option BBOX".into())?,
            resampling: Resampling::choose("RESAMPLING", value("RESAMPLING"), is_for_pixels)?.unwrap_or_default(),
            slice: SliceOption::parse(options)?,
            text: given.collect::<Vec<_>>().join("&"),
        })
    }
}

/// The ways in which a pixel gets its value from zones.
fn is_for_pixels(resampling: Resampling) -> bool {
    matches!(resampling, Resampling::Nearest | Resampling::Bilinear | Resampling::Average)
}

/// A width, or a width and a height.
fn parse_pixel(text: &str) -> Result<(f64, f64)> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|word| word.trim().parse().ok().filter(|size: &f64| size.is_finite() && *size > 0.0))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::invalid(format!("'{text}' is not a size above 0 in units of the CRS")))?;
    match numbers[..] {
        [size] => Ok((size, size)),
        [width, height] => Ok((width, height)),
        _ => Err(Error::invalid(format!("'{text}' is not one size, nor a width and a height"))),
    }
}

fn parse_bbox(text: &str) -> Result<[f64; 4]> {
    match Region::parse_bbox(text)? {
        Region::Box { west_deg, south_deg, east_deg, north_deg } if west_deg < east_deg && south_deg < north_deg => {
            Ok([west_deg, south_deg, east_deg.min(west_deg + 360.0), north_deg])
        }
        _ => Err(Error::invalid(format!("box '{text}' has no area"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(key: &str, value: &str) -> Result<RasterOptions> {
        RasterOptions::parse(&[(key.into(), value.into())])
    }

    #[test]
    fn values_are_read_or_refused_by_name() {
        assert_eq!(parse("res", "0.5").unwrap().pixel, Some((0.5, 0.5)));
        assert_eq!(parse("RES", "0.5, 2").unwrap().pixel, Some((0.5, 2.0)));
        assert_eq!(parse("BBOX", "170,-10,-170,10").unwrap().bbox_deg, Some([170.0, -10.0, 190.0, 10.0]));
        assert_eq!(parse("Resampling", "bilinear").unwrap().resampling, Resampling::Bilinear);
        for (key, value) in [
            ("RES", "0"),
            ("RES", "x"),
            ("RES", "1,2,3"),
            ("BBOX", "1,2,3"),
            ("BBOX", "1,2,1,3"),
            ("RESAMPLING", "MODE"),
        ] {
            assert!(parse(key, value).unwrap_err().to_string().contains(key), "{key}={value}");
        }
    }
}

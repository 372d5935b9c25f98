//! The vector view's open options: `GEOMETRY` and `SLICE`.

use super::fields::Variable;
use crate::error::{Error, Result};
use crate::view::slice::SliceOption;

/// What a zone is drawn as: the open option `GEOMETRY`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Geometry {
    /// Its boundary, as a multipolygon.
    #[default]
    Polygon,
    /// Its centre.
    Point,
    /// Nothing.
    None,
}

/// The open options.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) geometry: Geometry,
    /// Where further dimensions are fixed.
    pub(super) slice: SliceOption,
}

impl Options {
    /// # Errors
    /// A value that makes no sense; the message names the option.
    pub(super) fn parse(pairs: &[(String, String)]) -> Result<Self> {
        let value = |name: &str| pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let geometry = value("GEOMETRY").map_or(Ok(Geometry::default()), |text| geometry(text))?;
        Ok(Self { geometry, slice: SliceOption::parse(pairs)? })
    }

    /// # Errors
    /// `SLICE` names a dimension that none of the variables has.
    pub(super) fn check_slice<'v>(&self, variables: impl Iterator<Item = &'v Variable>) -> Result<()> {
        self.slice.check(variables.flat_map(|variable| &variable.others))
    }
}

fn geometry(text: &str) -> Result<Geometry> {
    match text.trim().to_ascii_uppercase().as_str() {
        "POLYGON" => Ok(Geometry::Polygon),
        "POINT" => Ok(Geometry::Point),
        "NONE" => Ok(Geometry::None),
        _ => Err(Error::invalid(format!("open option GEOMETRY: '{text}' is none of POLYGON, POINT, NONE"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_case_and_nonsense_is_refused() {
        let parse = |key: &str, value: &str| Options::parse(&[(key.to_owned(), value.to_owned())]);
        assert_eq!(parse("geometry", "point").unwrap().geometry, Geometry::Point);
        for (key, bad) in [("GEOMETRY", "LINE"), ("GEOMETRY", ""), ("SLICE", "time")] {
            assert!(parse(key, bad).unwrap_err().to_string().contains(key), "{bad}");
        }
    }
}

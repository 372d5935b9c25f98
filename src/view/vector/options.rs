//! The vector view's open options: `GEOMETRY` and `SLICE`.

use crate::error::{Context, Error, Result};

use super::fields::Variable;

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
    /// Dimensions, and the index at which each is fixed.
    pub(super) slices: Vec<(String, u64)>,
}

impl Options {
    /// # Errors
    /// A value that makes no sense; the message names the option.
    pub(super) fn parse(pairs: &[(String, String)]) -> Result<Self> {
        let value = |name: &str| pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        Ok(Self {
            geometry: value("GEOMETRY").map_or(Ok(Geometry::default()), |text| geometry(text))?,
            slices: value("SLICE")
                .map_or(Ok(Vec::new()), |text| slices(text))
                .context(|| "open option SLICE".into())?,
        })
    }

    /// The index at which a dimension of `size` positions is fixed.
    ///
    /// # Errors
    /// An index outside.
    pub(super) fn slice(&self, dimension: &str, size: u64) -> Result<Option<u64>> {
        let index = self.slices.iter().find(|(name, _)| name == dimension).map(|(_, index)| *index);
        match index.filter(|index| *index >= size) {
            Some(index) => Err(Error::invalid(format!(
                "open option SLICE: {dimension}:{index} is outside the dimension, which has {size} positions"
            ))),
            None => Ok(index),
        }
    }

    /// # Errors
    /// `SLICE` names a dimension that none of the variables has.
    pub(super) fn check_slices<'v>(&self, variables: impl Iterator<Item = &'v Variable> + Clone) -> Result<()> {
        let is_known = |name: &str| variables.clone().any(|variable| variable.has_dimension(name));
        match self.slices.iter().find(|(name, _)| !is_known(name)) {
            Some((name, _)) => {
                Err(Error::invalid(format!("open option SLICE: no variable on the zones has a dimension '{name}'")))
            }
            None => Ok(()),
        }
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

fn slices(text: &str) -> Result<Vec<(String, u64)>> {
    let pair = |word: &str| {
        let (name, index) = word.rsplit_once(':')?;
        Some((name.trim().to_owned(), index.trim().parse().ok()?))
    };
    let words = text.split(',').filter(|word| !word.trim().is_empty());
    words.map(|word| pair(word).ok_or_else(|| Error::invalid(format!("'{word}' is not dimension:index")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_case_and_nonsense_is_refused() {
        let parse = |key: &str, value: &str| Options::parse(&[(key.to_owned(), value.to_owned())]);
        assert_eq!(parse("geometry", "point").unwrap().geometry, Geometry::Point);
        assert_eq!(parse("SLICE", "time:3, a:b:0").unwrap().slices, [("time".into(), 3), ("a:b".into(), 0)]);
        for (key, bad) in [("GEOMETRY", "LINE"), ("SLICE", "time"), ("SLICE", "time:x"), ("SLICE", "time:-1")] {
            assert!(parse(key, bad).unwrap_err().to_string().contains(key), "{bad}");
        }
    }
}

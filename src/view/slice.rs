//! Slices of an array across the dimensions that are not the zones': the open option `SLICE`, and what is left open.

use std::sync::Arc;

use crate::cube::{self, Array, DataType, Dimension, Group, Window};
use crate::error::{Context, Error, Result};
use crate::store::{Call, Target};

/// `SLICE=dim:index,...`: the index of each dimension that is fixed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SliceOption(Vec<(String, u64)>);

impl SliceOption {
    /// The option's name.
    pub const NAME: &str = "SLICE";

    /// The value of the option among `options`, empty when it is not there.
    ///
    /// # Errors
    /// A value that is no list of `dim:index`.
    pub fn parse(options: &[(String, String)]) -> Result<Self> {
        let Some((_, text)) = options.iter().find(|(key, _)| key.eq_ignore_ascii_case(Self::NAME)) else {
            return Ok(Self::default());
        };
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let fixed = words.map(|word| {
            let pair = word.rsplit_once([':', '=']).and_then(|(name, index)| Some((name, index.trim().parse().ok()?)));
            let (name, index) = pair.ok_or_else(|| {
                Error::invalid(format!("'{word}' is not dimension:index; the list is separated by commas"))
            })?;
            Ok((name.trim().to_owned(), index))
        });
        fixed.collect::<Result<_>>().map(Self).context(|| format!("open option {}", Self::NAME))
    }

    /// True when nothing is fixed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The index at which `dimension` is fixed.
    ///
    /// # Errors
    /// An index beyond the dimension's end.
    pub fn of(&self, dimension: &Dimension) -> Result<Option<u64>> {
        match self.0.iter().find(|(name, _)| *name == dimension.name) {
            Some((_, index)) if *index >= dimension.size => Err(Error::invalid(format!(
                "open option {}: dimension {} has {} positions, there is no {index}",
                Self::NAME,
                dimension.name,
                dimension.size
            ))),
            found => Ok(found.map(|(_, index)| *index)),
        }
    }

    /// Checks that every fixed dimension is one of `dimensions`.
    ///
    /// # Errors
    /// A name that is none of theirs; the message lists them.
    pub fn check<'a>(&self, dimensions: impl Iterator<Item = &'a Dimension>) -> Result<()> {
        let known: Vec<&str> = dimensions.map(|dimension| dimension.name.as_str()).collect();
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(Error::invalid(format!(
                "open option {}: there is no dimension '{name}' beside the zones', but [{}]",
                Self::NAME,
                known.join(", ")
            ))),
        }
    }
}

/// The slices of an array, numbered with the last dimension fastest.
#[derive(Clone, Debug)]
pub struct Slices {
    /// Axes of the array that are not the zones', slowest first.
    axes: Vec<usize>,
    dimensions: Vec<Dimension>,
    /// Where each is fixed.
    fixed: Vec<Option<u64>>,
}

impl Slices {
    /// The slices of `array` whose zones are on the axes `zones`, as far as `option` leaves them open.
    ///
    /// # Errors
    /// An option that does not fit the array.
    pub fn new(array: &dyn Array, zones: &[usize], option: &SliceOption) -> Result<Self> {
        let axes: Vec<usize> = (0..array.dimensions().len()).filter(|axis| !zones.contains(axis)).collect();
        let dimensions: Vec<Dimension> = axes.iter().map(|axis| array.dimensions()[*axis].clone()).collect();
        option.check(dimensions.iter())?;
        let fixed = dimensions.iter().map(|dimension| option.of(dimension)).collect::<Result<_>>()?;
        Ok(Self { axes, dimensions, fixed })
    }

    /// Axes of the array that are not the zones', slowest first.
    pub fn axes(&self) -> &[usize] {
        &self.axes
    }

    /// The dimensions on these axes.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// How many there are; `u64::MAX` when there are more.
    pub fn count(&self) -> u64 {
        let open = self.dimensions.iter().zip(&self.fixed).filter(|(_, fixed)| fixed.is_none());
        open.fold(1, |count: u64, (dimension, _)| count.saturating_mul(dimension.size))
    }

    /// The indices along [`Slices::axes`] of slice `number`.
    pub fn indices(&self, mut number: u64) -> Vec<u64> {
        let mut indices = vec![0; self.axes.len()];
        for (at, index) in indices.iter_mut().enumerate().rev() {
            *index = self.fixed[at].unwrap_or_else(|| {
                let size = self.dimensions[at].size.max(1);
                let index = number % size;
                number /= size;
                index
            });
        }
        indices
    }

    /// The coordinate value of each index along each of the axes, as text; empty where a dimension has no indexing variable
    /// of one dimension.
    ///
    /// # Errors
    /// A variable that cannot be read.
    pub fn coordinates(&self, call: &Arc<Call>, root: &Arc<dyn Group>) -> Result<Vec<Coordinates>> {
        let of = |(dimension, fixed): (&Dimension, &Option<u64>)| {
            let variable = match &dimension.indexing_variable {
                Some(name) => cube::array_at(root, call, name)?,
                None => None,
            };
            match variable.filter(|variable| variable.dimensions().len() == 1) {
                Some(variable) => Coordinates::read(call, &*variable, *fixed),
                None => Ok(Coordinates::default()),
            }
        };
        self.dimensions.iter().zip(&self.fixed).map(of).collect()
    }
}

/// Coordinate values along a dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coordinates {
    /// Index of the first of `values`.
    first: u64,
    values: Vec<String>,
    /// Unit of the values, empty when unknown.
    pub unit: String,
}

impl Coordinates {
    /// The values of `variable`: all of them, or the one at index `fixed`.
    fn read(call: &Arc<Call>, variable: &dyn Array, fixed: Option<u64>) -> Result<Self> {
        let size = variable.dimensions()[0].size;
        let (first, count) = fixed.map_or((0, size as usize), |index| (index, 1));
        let window = Window { start: vec![first], count: vec![count], step: vec![1] };
        let values = match variable.data_type() {
            _ if count == 0 => Vec::new(),
            DataType::Text { .. } => {
                variable.read_texts(call, &window)?.into_iter().map(Option::unwrap_or_default).collect()
            }
            DataType::Numeric(number) if number.is_integer() && number.is_signed_integer() => {
                let mut values = vec![0i64; count];
                variable.read_numbers(call, &window, Target::from_slice(&mut values, &[count])?)?;
                values.iter().map(i64::to_string).collect()
            }
            DataType::Numeric(number) if number.is_integer() => {
                let mut values = vec![0u64; count];
                variable.read_numbers(call, &window, Target::from_slice(&mut values, &[count])?)?;
                values.iter().map(u64::to_string).collect()
            }
            DataType::Numeric(number) if !number.is_complex() => {
                let mut values = vec![0f64; count];
                variable.read_numbers(call, &window, Target::from_slice(&mut values, &[count])?)?;
                values.iter().map(f64::to_string).collect()
            }
            _ => Vec::new(),
        };
        Ok(Self { first, values, unit: variable.unit().to_owned() })
    }

    /// The value at `index`, where there is one.
    pub fn value(&self, index: u64) -> Option<&str> {
        self.values.get(usize::try_from(index.checked_sub(self.first)?).ok()?).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimension(name: &str, size: u64) -> Dimension {
        let (name, group) = (name.to_owned(), "/".to_owned());
        Dimension { name, group, kind: String::new(), direction: String::new(), size, indexing_variable: None }
    }

    fn option(text: &str) -> Result<SliceOption> {
        SliceOption::parse(&[("slice".into(), text.into())])
    }

    #[test]
    fn a_slice_is_a_list_of_dimensions_and_indices() {
        let fixed = option("time:3, level=0").unwrap();
        assert_eq!(fixed.of(&dimension("time", 4)).unwrap(), Some(3));
        assert_eq!(fixed.of(&dimension("other", 4)).unwrap(), None);
        assert!(fixed.of(&dimension("time", 3)).is_err());
        let time = [dimension("time", 4)];
        assert!(fixed.check(time.iter()).unwrap_err().to_string().contains("'level'"));
        for bad in ["time", "time:", "time:x", "time:-1"] {
            assert!(option(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn slices_are_numbered_with_the_last_dimension_fastest() {
        let dimensions = vec![dimension("a", 2), dimension("b", 5), dimension("c", 3)];
        let slices = Slices { axes: vec![0, 1, 3], dimensions, fixed: vec![None, Some(4), None] };
        assert_eq!(slices.count(), 6);
        assert_eq!(slices.indices(0), [0, 4, 0]);
        assert_eq!(slices.indices(2), [0, 4, 2]);
        assert_eq!(slices.indices(5), [1, 4, 2]);
    }
}

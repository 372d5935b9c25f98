//! Fields of a layer: which they are, and how their columns are read.

use std::sync::Arc;

use super::options::Options;
use super::wkb::Texts;
use crate::cube::{Array, DataType, Dimension, Window, ZoneLine};
use crate::error::{Context, Error, Result};
use crate::store::{Call, Number, NumericType, Target};

/// The most fields of a layer.
const MAX_FIELDS: u64 = 1000;

/// Type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// 16 bit integers
    Int16,
    /// 32 bit integers
    Int32,
    /// 64 bit integers
    Int64,
    /// Single precision
    Float32,
    /// Double precision
    Float64,
    /// Text in UTF-8
    Text,
}

/// A field: one slice of a variable.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name, unique in the layer whatever the case.
    pub name: String,
    /// Its type.
    pub kind: FieldKind,
    /// The variable's unit, empty when unknown.
    pub unit: String,
    /// Which of the layer's variables.
    pub(super) variable: usize,
    /// Index along each dimension but the zones'.
    others: Vec<u64>,
}

/// An array on the zones.
pub(super) struct Variable {
    pub(super) name: String,
    /// The dimensions but the zones'.
    pub(super) others: Vec<Dimension>,
    pub(super) bytes: usize,
    /// Zones in a chunk, 0 where unknown.
    pub(super) chunk: u64,
}

/// The values of one field in a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The values; anything where null.
    pub values: Values,
    /// A bit a value, the lowest first, set where it is not null; `None`: none is null.
    pub validity: Option<Vec<u8>>,
    /// Number of nulls.
    pub nulls: usize,
}

/// Values of one [`FieldKind`].
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as the kinds are")]
pub enum Values {
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Text(Texts),
}

/// The variables on the zones of `line`, and a field for each slice of them.
///
/// # Errors
/// An array that cannot be opened; more fields than [`MAX_FIELDS`]; an index of `SLICE` outside.
pub(super) fn of(call: &Arc<Call>, line: &ZoneLine, options: &Options) -> Result<(Vec<Variable>, Vec<Field>)> {
    let (mut variables, mut fields) = (Vec::new(), Vec::new());
    let mut names = vec!["zone_id".to_owned()];
    for name in line.array_names() {
        let Some(array) = line.open_array(call, &name)? else { continue };
        let Some(kind) = kind_of(&*array, line.holds_ids(&name)) else {
            call.warn(format!("array {} has a type that no field can have; it is left out", array.full_name()));
            continue;
        };
        let Some(zone_at) = ZoneLine::axis_of(array.dimensions()) else { continue };
        let mut others = array.dimensions().to_vec();
        others.remove(zone_at);
        let fixed: Vec<Option<u64>> = others
            .iter()
            .map(|dimension| options.slice.of(dimension))
            .collect::<Result<_>>()
            .context(|| format!("array {name}"))?;
        check_count(fields.len() as u64, &name, others.iter().zip(&fixed).filter(|(_, fixed)| fixed.is_none()))?;
        let mut slices: Vec<(String, Vec<u64>)> = vec![(name.clone(), Vec::new())];
        for (dimension, fixed) in others.iter().zip(&fixed) {
            let extended = |(name, others): &(String, Vec<u64>), index: u64| {
                let name = if fixed.is_some() { name.clone() } else { format!("{name}_{index}") };
                (name, others.iter().copied().chain([index]).collect())
            };
            let indices = fixed.map_or(0..dimension.size, |index| index..index + 1);
            slices = slices.iter().flat_map(|slice| indices.clone().map(move |index| extended(slice, index))).collect();
        }
        for (name, others) in slices {
            let name = unique(name, &names);
            names.push(name.to_lowercase());
            let variable = variables.len();
            fields.push(Field { name, kind, unit: array.unit().to_owned(), variable, others });
        }
        variables.push(Variable {
            name,
            others,
            bytes: array.data_type().numeric().map_or(32, NumericType::size),
            chunk: array.block_size()[zone_at],
        });
    }
    Ok((variables, fields))
}

/// Checks that a layer with `before` fields has room for the slices of array `name` along the dimensions that are not fixed.
fn check_count<'d>(
    before: u64,
    name: &str,
    open: impl Iterator<Item = (&'d Dimension, &'d Option<u64>)>,
) -> Result<()> {
    let open: Vec<&Dimension> = open.map(|(dimension, _)| dimension).collect();
    let slices = open.iter().fold(1u64, |slices, dimension| slices.saturating_mul(dimension.size));
    if before.saturating_add(slices) <= MAX_FIELDS {
        return Ok(());
    }
    let widest = open.iter().max_by_key(|dimension| dimension.size).map_or("dimension", |dimension| &dimension.name);
    Err(Error::unsupported(format!(
        "array {name} has {slices} slices, a field each, and a layer has at most {MAX_FIELDS}: fix dimensions with the open \
         option SLICE, for instance SLICE={widest}:0"
    )))
}

fn unique(name: String, taken: &[String]) -> String {
    let is_free = |name: &str| !taken.contains(&name.to_lowercase());
    if is_free(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}_{number}")).find(|name| is_free(name)).unwrap_or(name)
}

/// The type of an array's fields; `None` when there is none.
fn kind_of(array: &dyn Array, holds_ids: bool) -> Option<FieldKind> {
    use NumericType as N;
    let is_scaled = array.scale().is_some() || array.offset().is_some();
    Some(match array.data_type() {
        DataType::Text { .. } => FieldKind::Text,
        DataType::Compound { .. } => return None,
        DataType::Numeric(numeric) => match numeric {
            N::UInt64 if holds_ids => FieldKind::Text,
            numeric if numeric.is_complex() => return None,
            _ if is_scaled => FieldKind::Float64,
            N::UInt8 | N::Int8 | N::Int16 => FieldKind::Int16,
            N::UInt16 | N::Int32 => FieldKind::Int32,
            N::UInt32 | N::Int64 => FieldKind::Int64,
            N::Float16 | N::Float32 => FieldKind::Float32,
            // As GDAL's own drivers do: no field holds 64 bits without a sign.
            _ => FieldKind::Float64,
        },
    })
}

/// Reads the columns of `fields`, all of one variable, for the `count` places from `start` on, of which `rows` are kept;
/// `None`: all.
pub(super) fn read(
    call: &Arc<Call>,
    array: &dyn Array,
    kind: FieldKind,
    fields: &[&Field],
    start: u64,
    count: usize,
    rows: Option<&[usize]>,
) -> Result<Vec<Column>> {
    let zone_at = ZoneLine::axis_of(array.dimensions()).expect("a variable on the zones");
    let rank = array.dimensions().len();
    let mut window = Window { start: vec![0; rank], count: vec![1; rank], step: vec![1; rank] };
    (window.start[zone_at], window.count[zone_at]) = (start, count);
    for (rank, at) in (0..rank).filter(|at| *at != zone_at).enumerate() {
        let indices = fields.iter().map(|field| field.others[rank]);
        let (low, high) = (indices.clone().min().unwrap_or(0), indices.max().unwrap_or(0));
        (window.start[at], window.count[at]) = (low, (high - low + 1) as usize);
    }
    let mut strides = vec![1; rank];
    for at in (1..rank).rev() {
        strides[at - 1] = strides[at] * window.count[at];
    }
    // Where each field's first value is in what is read, and from one place to the next.
    let first = |field: &Field| -> usize {
        let others = (0..rank).filter(|at| *at != zone_at).zip(&field.others);
        others.map(|(at, index)| (index - window.start[at]) as usize * strides[at]).sum()
    };
    let block = Block { call, array, window: &window, rows, step: strides[zone_at], count };
    let firsts: Vec<usize> = fields.iter().map(|field| first(field)).collect();
    use NumericType as N;
    match array.data_type() {
        DataType::Text { .. } => {
            let texts = array.read_texts(call, &window)?;
            Ok(firsts.iter().map(|first| block.texts(*first, |at| texts[at].as_deref())).collect())
        }
        DataType::Numeric(N::UInt8) => block.numbers::<u8>(kind, &firsts),
        DataType::Numeric(N::Int8) => block.numbers::<i8>(kind, &firsts),
        DataType::Numeric(N::UInt16) => block.numbers::<u16>(kind, &firsts),
        DataType::Numeric(N::Int16) => block.numbers::<i16>(kind, &firsts),
        DataType::Numeric(N::UInt32) => block.numbers::<u32>(kind, &firsts),
        DataType::Numeric(N::Int32) => block.numbers::<i32>(kind, &firsts),
        DataType::Numeric(N::UInt64) => block.numbers::<u64>(kind, &firsts),
        DataType::Numeric(N::Int64) => block.numbers::<i64>(kind, &firsts),
        // Single precision holds all of half.
        DataType::Numeric(N::Float16 | N::Float32) => block.numbers::<f32>(kind, &firsts),
        DataType::Numeric(N::Float64) => block.numbers::<f64>(kind, &firsts),
        other => Err(Error::unsupported(format!("array {}: no field of {other:?}", array.full_name()))),
    }
}

/// A window of an array, and which of its elements become the values of a column.
struct Block<'a> {
    call: &'a Arc<Call>,
    array: &'a dyn Array,
    window: &'a Window,
    rows: Option<&'a [usize]>,
    /// From one place to the next.
    step: usize,
    count: usize,
}

impl Block<'_> {
    /// Indices of the elements from `first` on.
    fn elements(&self, first: usize) -> impl Iterator<Item = usize> + '_ {
        let count = self.rows.map_or(self.count, <[usize]>::len);
        (0..count).map(move |row| first + self.step * self.rows.map_or(row, |rows| rows[row]))
    }

    /// A column of the texts of elements, `None` for a null.
    fn texts<'t>(&self, first: usize, text: impl Fn(usize) -> Option<&'t str>) -> Column {
        let mut texts = Texts::default();
        let mut validity = Validity::default();
        for element in self.elements(first) {
            let text = text(element);
            texts.push(text.unwrap_or_default().as_bytes());
            validity.push(text.is_some());
        }
        validity.column(Values::Text(texts))
    }

    fn numbers<N: Element>(&self, kind: FieldKind, firsts: &[usize]) -> Result<Vec<Column>> {
        let mut values = vec![N::zeroed(); self.window.count.iter().product()];
        self.array.read_numbers(self.call, self.window, Target::from_slice(&mut values, &self.window.count)?)?;
        let nodata = self.array.nodata().and_then(N::of_bytes);
        let (scale, offset) = (self.array.scale().unwrap_or(1.0), self.array.offset().unwrap_or(0.0));
        let is_scaled = self.array.scale().is_some() || self.array.offset().is_some();
        let column = |first: &usize| {
            let elements = || self.elements(*first).map(|element| values[element]);
            let mut validity = Validity::default();
            elements().for_each(|value| validity.push(!value.is_nan() && Some(value) != nodata));
            validity.column(match kind {
                FieldKind::Int16 => Values::Int16(elements().map(|value| value.i64() as i16).collect()),
                FieldKind::Int32 => Values::Int32(elements().map(|value| value.i64() as i32).collect()),
                FieldKind::Int64 => Values::Int64(elements().map(N::i64).collect()),
                FieldKind::Float32 => Values::Float32(elements().map(|value| value.f64() as f32).collect()),
                FieldKind::Float64 if is_scaled => {
                    Values::Float64(elements().map(|value| value.f64() * scale + offset).collect())
                }
                FieldKind::Float64 => Values::Float64(elements().map(N::f64).collect()),
                FieldKind::Text => {
                    let mut texts = Texts::default();
                    elements().for_each(|value| texts.push((value.i64() as u64).to_string().as_bytes()));
                    Values::Text(texts)
                }
            })
        };
        Ok(firsts.iter().map(column).collect())
    }
}

/// Bits of a column.
#[derive(Default)]
struct Validity {
    bits: Vec<u8>,
    count: usize,
    nulls: usize,
}

impl Validity {
    fn push(&mut self, is_valid: bool) {
        if self.count.is_multiple_of(8) {
            self.bits.push(0);
        }
        self.bits[self.count / 8] |= u8::from(is_valid) << (self.count % 8);
        self.count += 1;
        self.nulls += usize::from(!is_valid);
    }

    fn column(self, values: Values) -> Column {
        let validity = (self.nulls > 0).then_some(self.bits);
        Column { values, validity, nulls: self.nulls }
    }
}

/// A number as it is read.
trait Element: Number + PartialEq {
    /// One element in native byte order, or of half precision.
    fn of_bytes(bytes: &[u8]) -> Option<Self>;
    fn is_nan(self) -> bool;
    fn i64(self) -> i64;
    fn f64(self) -> f64;
}

macro_rules! elements {
    ($($number:ty: $is_nan:expr;)*) => {
        $(impl Element for $number {
            fn of_bytes(bytes: &[u8]) -> Option<Self> {
                let half = || Some(half::f16::from_ne_bytes(bytes.try_into().ok()?).to_f32());
                match bytes.try_into() {
                    Ok(bytes) => Some(Self::from_ne_bytes(bytes)),
                    Err(_) => half().map(|half| half as Self),
                }
            }
            fn is_nan(self) -> bool {
                let is_nan: fn(Self) -> bool = $is_nan;
                is_nan(self)
            }
            fn i64(self) -> i64 {
                self as i64
            }
            fn f64(self) -> f64 {
                self as f64
            }
        })*
    };
}

elements! {
    u8: |_| false; i8: |_| false; u16: |_| false; i16: |_| false; u32: |_| false; i32: |_| false;
    u64: |_| false; i64: |_| false; f32: f32::is_nan; f64: f64::is_nan;
}

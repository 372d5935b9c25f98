//! The metadata of one array, V2 or V3, checked and brought to one form.

use serde_json::{Map, Value, json};

use super::dtype_v2::{self, Parsed};
use super::types::Stored;
use super::{Attributes, DataType, dtype_v3, fill, json};
use crate::error::{Context, Error, Result};
use crate::store::{NumericType, codecs};

/// The name of one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionName {
    /// The name; `dim0`, `dim1`, ... where the store gives none.
    pub name: String,
    /// Full name of the group that defines it, where the store says so (NCZarr).
    pub group: Option<String>,
    /// Whether the store gives the name.
    pub is_given: bool,
}

/// What an array's metadata say, without a look at its chunks.
#[derive(Clone, Debug)]
pub struct ArrayMetadata {
    pub(super) version: u8,
    pub(super) shape: Vec<u64>,
    pub(super) chunk_shape: Vec<u64>,
    pub(super) dimensions: Vec<DimensionName>,
    pub(super) stored: Stored,
    pub(super) data_type: DataType,
    pub(super) raw_attributes: Attributes,
    pub(super) attributes: Attributes,
    /// One stored element.
    pub(super) fill: Option<Vec<u8>>,
    /// One element as users see it.
    pub(super) nodata: Option<Vec<u8>>,
    pub(super) scale: Option<f64>,
    pub(super) offset: Option<f64>,
    pub(super) unit: String,
    pub(super) structural_info: Vec<(String, String)>,
    pub(super) keys: ChunkKeys,
    /// The same metadata for zarrs: types and codecs under names that it knows.
    pub(super) for_zarrs: Value,
    /// Whether a chunk's bytes are its elements in C order and native byte order, apart from compression.
    pub(super) is_plain: bool,
}

/// How the key of a chunk is made of its indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChunkKeys {
    pub(super) prefix: &'static str,
    pub(super) separator: char,
}

/// More axes than any array has; GDAL's limit is lower still.
const MAX_AXES: usize = 64;
/// Most bytes of one element.
const MAX_ELEMENT_BYTES: usize = 1 << 20;

impl ArrayMetadata {
    /// Number of elements along each axis.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Names of the axes.
    pub fn dimensions(&self) -> &[DimensionName] {
        &self.dimensions
    }

    /// Type of the elements as users see them.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The attributes that users see.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The attributes as stored.
    pub fn raw_attributes(&self) -> &Attributes {
        &self.raw_attributes
    }

    /// One stored element for where nothing is stored.
    pub(super) fn stored_fill(&self) -> Vec<u8> {
        self.fill.clone().unwrap_or_else(|| vec![0; self.stored.size().unwrap_or(0)])
    }

    /// Whether the elements are stored as booleans: bytes of 0 or 1.
    pub(super) fn is_bool(&self) -> bool {
        self.for_zarrs["data_type"] == "bool" || self.for_zarrs["dtype"] == "|b1"
    }

    /// Understands a `.zarray` with its attributes.
    pub(super) fn from_v2(json: &Value, attributes: Attributes) -> Result<Self> {
        let object = json.as_object().ok_or_else(|| Error::corrupt("the metadata are no JSON object"))?;
        if json["zarr_format"] != 2 {
            return Err(Error::corrupt(format!("zarr_format is {}, not 2", json["zarr_format"])));
        }
        let shape = extents(object, "shape", 0)?;
        let chunk_shape = extents(object, "chunks", 1)?;
        let filters = match object.get("filters") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(filters)) => filters.clone(),
            Some(other) => return Err(Error::corrupt(format!("filters is {other}, not a list"))),
        };
        let has_object_codec = filters.iter().any(|filter| filter["id"] == "vlen-utf8");
        let dtype = object.get("dtype").ok_or_else(|| Error::corrupt("there is no dtype"))?;
        let parsed = dtype_v2::parse(dtype, has_object_codec)?;
        check_element(&parsed.stored)?;
        let is_fortran = match object.get("order").and_then(Value::as_str) {
            Some("C") => false,
            Some("F") => shape.len() > 1,
            _ => return Err(Error::corrupt(format!("order is {}, neither C nor F", json["order"]))),
        };
        let separator = match object.get("dimension_separator") {
            None | Some(Value::Null) => '.',
            Some(other) => separator(other)?,
        };
        let compressor = object.get("compressor").cloned().unwrap_or(Value::Null);
        for codec in filters.iter().chain(Some(&compressor).filter(|compressor| !compressor.is_null())) {
            if !codec["id"].is_string() {
                return Err(Error::corrupt(format!("the codec {codec} has no id")));
            }
        }
        let rename = |codec: &Value| {
            let mut codec = codec.clone();
            if codec["id"] == "blosc" && codec.get("typesize").is_none() {
                // V2 leaves it to the type of the elements
                codec["typesize"] = Value::from(parsed.stored.size().unwrap_or(1));
            }
            codecs::rename(&mut codec);
            codec
        };
        let for_zarrs = json!({
            "dtype": parsed.for_zarrs,
            "order": if is_fortran { "F" } else { "C" },
            "filters": filters.iter().map(rename).collect::<Vec<_>>(),
            "compressor": rename(&compressor),
        });
        let mut info = Vec::new();
        if !compressor.is_null() {
            info.push(("COMPRESSOR".to_string(), compressor.to_string()));
        }
        if !filters.is_empty() {
            info.push(("FILTERS".to_string(), Value::Array(filters.clone()).to_string()));
        }
        let is_plain = filters.is_empty() && !is_fortran && !parsed.swapped && parsed.stored != Stored::Text;
        let fill_json = object.get("fill_value").cloned().unwrap_or(Value::Null);
        Self {
            version: 2,
            keys: ChunkKeys { prefix: "", separator },
            structural_info: info,
            for_zarrs,
            is_plain,
            ..Self::bare(shape, chunk_shape, &parsed, attributes)
        }
        .complete(&parsed, &fill_json, object)
    }

    /// Understands the `zarr.json` of an array.
    pub(super) fn from_v3(json: &Value) -> Result<Self> {
        let object = json.as_object().ok_or_else(|| Error::corrupt("the metadata are no JSON object"))?;
        if json["zarr_format"] != 3 || json["node_type"] != "array" {
            return Err(Error::corrupt("not a zarr.json of an array of format 3"));
        }
        let shape = extents(object, "shape", 0)?;
        let grid = named(object, "chunk_grid")?;
        if grid.0 != "regular" {
            return Err(Error::unsupported(format!("a chunk grid \"{}\"; only regular ones can be read", grid.0)));
        }
        let chunk_shape = extents(&grid.1, "chunk_shape", 1)?;
        if object.get("storage_transformers").and_then(Value::as_array).is_some_and(|list| !list.is_empty()) {
            return Err(Error::unsupported("storage transformers"));
        }
        let encoding = named(object, "chunk_key_encoding")?;
        let (prefix, default) = match encoding.0 {
            "default" => ("c", "/"),
            "v2" => ("", "."),
            other => return Err(Error::unsupported(format!("a chunk key encoding \"{other}\""))),
        };
        let separator = separator(encoding.1.get("separator").unwrap_or(&Value::from(default)))?;
        let data_type = object.get("data_type").ok_or_else(|| Error::corrupt("there is no data_type"))?;
        let parsed = dtype_v3::parse(data_type)?;
        check_element(&parsed.stored)?;
        let codec_list = object.get("codecs").and_then(Value::as_array);
        let mut codec_list = codec_list.ok_or_else(|| Error::corrupt("there is no list of codecs"))?.clone();
        let info = vec![("CODECS".to_string(), Value::Array(codec_list.clone()).to_string())];
        give_delta_its_byte_order(&mut codec_list);
        codec_list.iter_mut().for_each(codecs::rename);
        let is_plain = is_plain(&codec_list, &parsed.stored);
        let for_zarrs = json!({"data_type": parsed.for_zarrs, "codecs": codec_list});
        let attributes = object.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
        let fill_json = object.get("fill_value").cloned().unwrap_or(Value::Null);
        Self {
            version: 3,
            keys: ChunkKeys { prefix, separator },
            structural_info: info,
            for_zarrs,
            is_plain,
            ..Self::bare(shape, chunk_shape, &parsed, attributes)
        }
        .complete(&parsed, &fill_json, object)
    }

    fn bare(shape: Vec<u64>, chunk_shape: Vec<u64>, parsed: &Parsed, attributes: Attributes) -> Self {
        Self {
            version: 0,
            shape,
            chunk_shape,
            dimensions: Vec::new(),
            stored: parsed.stored.clone(),
            data_type: parsed.shown.clone(),
            attributes: attributes.clone(),
            raw_attributes: attributes,
            fill: None,
            nodata: None,
            scale: None,
            offset: None,
            unit: String::new(),
            structural_info: Vec::new(),
            keys: ChunkKeys { prefix: "", separator: '.' },
            for_zarrs: Value::Null,
            is_plain: false,
        }
    }

    /// What both versions share: names of axes, fill value, and the attributes that have a meaning of their own.
    fn complete(mut self, parsed: &Parsed, fill_json: &Value, object: &Map<String, Value>) -> Result<Self> {
        if self.shape.len() > MAX_AXES {
            return Err(Error::unsupported(format!("{} axes", self.shape.len())));
        }
        if self.chunk_shape.len() != self.shape.len() {
            return Err(Error::corrupt(format!("chunks {:?} for the shape {:?}", self.chunk_shape, self.shape)));
        }
        self.dimensions = dimension_names(&self.shape, object, &mut self.attributes);
        self.fill = fill::element(&self.stored, fill_json)?;
        self.take_special_attributes(parsed);
        Ok(self)
    }

    fn take_special_attributes(&mut self, parsed: &Parsed) {
        self.attributes.retain(|key, _| !is_of_nczarr(key));
        if let Some(time) = &parsed.time {
            self.unit = time.cf_unit();
            self.scale = (time.multiple > 1).then_some(time.multiple as f64);
            self.nodata = shown_number(NumericType::Int64, i64::MIN.to_ne_bytes().to_vec());
        }
        if let Some(unit) = self.attributes.get("units").and_then(Value::as_str) {
            self.unit = unit.to_string();
            self.attributes.shift_remove("units");
        }
        let Stored::Number(number) = self.stored else { return };
        let mut number_attribute = |key: &str| {
            let value = self.attributes.get(key).and_then(Value::as_f64);
            value.inspect(|_| drop(self.attributes.shift_remove(key)))
        };
        self.scale = number_attribute("scale_factor").or(self.scale);
        self.offset = number_attribute("add_offset");
        let marked = |key: &str| self.raw_attributes.get(key).and_then(|value| fill::attribute(number, value));
        let (fill_value, missing_value) = (marked("_FillValue"), marked("missing_value"));
        if fill_value.is_some() {
            self.attributes.shift_remove("_FillValue");
        }
        // Said twice, it keeps GDAL's netCDF driver from writing it at all.
        if missing_value.is_some() && (fill_value.is_none() || fill_value == missing_value) {
            self.attributes.shift_remove("missing_value");
        }
        let element = fill_value.or(missing_value);
        // V3 demands a fill value: zero is what writers put there who have none in mind.
        let is_chosen = |fill: &Vec<u8>| self.version == 2 || fill.iter().any(|&byte| byte != 0);
        let element = element.or_else(|| self.fill.clone().filter(|fill| parsed.time.is_none() && is_chosen(fill)));
        if let Some(element) = element {
            self.nodata = shown_number(number, element);
        }
    }
}

/// One element of a stored type as the host shows it.
pub(super) fn shown_number(number: NumericType, element: Vec<u8>) -> Option<Vec<u8>> {
    Some(super::tiles::widen(number, element))
}

fn check_element(stored: &Stored) -> Result<()> {
    match stored {
        Stored::Text => Ok(()),
        other => match other.size() {
            Some(1..=MAX_ELEMENT_BYTES) => Ok(()),
            _ => Err(Error::unsupported(format!("elements of more than {MAX_ELEMENT_BYTES} bytes"))),
        },
    }
}

/// A list of sizes; `least` is the smallest that makes sense.
fn extents(object: &Map<String, Value>, key: &str, least: u64) -> Result<Vec<u64>> {
    let list = object
        .get(key)
        .and_then(Value::as_array)
        .ok_or_else(|| Error::corrupt(format!("there is no list \"{key}\"")))?;
    let extent = |item: &Value| {
        let whole = item
            .as_u64()
            .or_else(|| item.as_f64().filter(|x| x.fract() == 0.0 && (0.0..9e15).contains(x)).map(|x| x as u64));
        whole.filter(|&extent| extent >= least && extent <= i64::MAX as u64)
    };
    let extents: Option<Vec<u64>> = list.iter().map(extent).collect();
    extents.ok_or_else(|| Error::corrupt(format!("\"{key}\" is {}", Value::Array(list.clone()))))
}

/// Name and configuration of an extension point of V3: `"name"` or `{"name": ..., "configuration": ...}`.
fn named<'a>(object: &'a Map<String, Value>, key: &str) -> Result<(&'a str, Map<String, Value>)> {
    let value = object.get(key).ok_or_else(|| Error::corrupt(format!("there is no {key}")))?;
    let name = value.as_str().or_else(|| value["name"].as_str());
    let name = name.ok_or_else(|| Error::corrupt(format!("{key} is {value}")))?;
    Ok((name, value["configuration"].as_object().cloned().unwrap_or_default()))
}

fn separator(value: &Value) -> Result<char> {
    match value.as_str() {
        Some("/") => Ok('/'),
        Some(".") => Ok('.'),
        _ => Err(Error::corrupt(format!("the separator of chunk keys is {value}"))),
    }
}

/// numcodecs' delta names the byte order of the machine that wrote; here it works on the bytes as they are stored.
fn give_delta_its_byte_order(codecs: &mut [Value]) {
    let is_big = codecs.iter().any(|codec| codec["name"] == "bytes" && codec["configuration"]["endian"] == "big");
    for codec in codecs.iter_mut().filter(|codec| codec["name"] == "numcodecs.delta") {
        if let Some(Value::String(dtype)) = codec.pointer_mut("/configuration/dtype") {
            let order = if is_big { '>' } else { '<' };
            *dtype = format!("{order}{}", dtype.trim_start_matches(['<', '>', '|', '=']));
        }
        if let Some(configuration) = codec["configuration"].as_object_mut() {
            let same = configuration
                .get("astype")
                .and_then(Value::as_str)
                .map(|t| t.trim_start_matches(['<', '>', '|', '=']).to_string());
            let dtype = configuration.get("dtype").and_then(Value::as_str).map(str::to_string);
            if let (Some(same), Some(dtype)) = (same, dtype)
                && dtype.ends_with(&same)
            {
                configuration.insert("astype".into(), Value::String(dtype));
            }
        }
    }
}

/// Whether nothing but a compressor stands between the chunk and its elements.
pub(super) fn is_plain(codecs: &[Value], stored: &Stored) -> bool {
    let Some((first, rest)) = codecs.split_first() else { return false };
    let native = if cfg!(target_endian = "big") { "big" } else { "little" };
    let swaps = match stored {
        Stored::Number(number) if number.size() > 1 => first["configuration"]["endian"] != native,
        Stored::Number(_) => false,
        _ => return false,
    };
    first["name"] == "bytes" && !swaps && rest.len() <= 1
}

pub(super) fn is_of_nczarr(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("_nczarr_") || key == "_ncproperties"
}

/// Names of the axes: `dimension_names`, `_ARRAY_DIMENSIONS` (which is then hidden), NCZarr's, or `dim0`, `dim1`, ...
fn dimension_names(shape: &[u64], object: &Map<String, Value>, attributes: &mut Attributes) -> Vec<DimensionName> {
    let texts = |value: Option<&Value>| {
        let list = value.and_then(Value::as_array).filter(|list| list.len() == shape.len())?;
        Some(
            list.iter()
                .map(|item| item.as_str().filter(|name| !name.is_empty()).map(str::to_string))
                .collect::<Vec<_>>(),
        )
    };
    let xarray = texts(attributes.get("_ARRAY_DIMENSIONS"));
    if xarray.is_some() {
        attributes.shift_remove("_ARRAY_DIMENSIONS");
    }
    let nczarr = [(object, "_NCZARR_ARRAY", "dimrefs"), (attributes, "_NCZARR_ARRAY", "dimrefs")]
        .into_iter()
        .chain([(object, "_nczarr_array", "dimensions"), (attributes, "_nczarr_array", "dimensions")])
        .chain([
            (object, "_nczarr_array", "dimension_references"),
            (attributes, "_nczarr_array", "dimension_references"),
        ])
        .find_map(|(map, key, list)| texts(map.get(key).and_then(|value| value.get(list))));
    let simple = texts(object.get("dimension_names")).or(xarray);
    (0..shape.len())
        .map(|axis| {
            let path = nczarr.as_ref().and_then(|paths| paths[axis].as_deref());
            let (group, tail) = match path.and_then(|path| path.rsplit_once('/')) {
                Some(("", tail)) => (Some("/".to_string()), Some(tail)),
                Some((group, tail)) => (Some(group.to_string()), Some(tail)),
                None => (None, path),
            };
            let given = simple.as_ref().and_then(|names| names[axis].clone()).or_else(|| tail.map(str::to_string));
            // NCZarr's own name for an axis without one
            let given = given.filter(|name| !name.starts_with("_Anonymous_Dim_") && !name.contains('/'));
            DimensionName { is_given: given.is_some(), name: given.unwrap_or_else(|| format!("dim{axis}")), group }
        })
        .collect()
}

impl ChunkKeys {
    /// The key of the chunk at `indices`, below its array.
    pub(super) fn key(&self, indices: &[u64]) -> String {
        let mut key = self.prefix.to_string();
        for (axis, index) in indices.iter().enumerate() {
            if axis > 0 || !key.is_empty() {
                key.push(self.separator);
            }
            key.push_str(&index.to_string());
        }
        if key.is_empty() { "0".to_string() } else { key }
    }
}

/// Reads the metadata of `version`; the error says of which array.
pub(super) fn parse(version: u8, json: &Value, attributes: &Attributes, full_name: &str) -> Result<ArrayMetadata> {
    let json = json::plain(json);
    match version {
        2 => ArrayMetadata::from_v2(&json, json::plain_attributes(attributes)),
        _ => ArrayMetadata::from_v3(&json),
    }
    .context(|| format!("array {full_name}"))
}

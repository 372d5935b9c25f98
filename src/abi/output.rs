//! What Rust has, as C++ sees it.

use std::convert::Infallible;
use std::ptr;

use super::bindings::*;
use super::memory::{Arena, Owned};
use crate::convention::flags;
use crate::cube::{Array, AttributeValue, Attributes, DataType, Dimension, Group};
use crate::error::{Context, Error, Result};
use crate::hierarchy::Field;
use crate::view::raster::{Band, View};
use crate::view::vector::{Batch, Column, FieldKind, Geometry, Layer, Texts, Values};

fn owned<T>(make: impl FnOnce(&mut Arena) -> T) -> Box<Owned<T>> {
    match Owned::new(|arena| Ok::<T, Infallible>(make(arena))) {
        Ok(owned) => owned,
        Err(never) => match never {},
    }
}

pub(super) fn strings<'t>(texts: impl IntoIterator<Item = &'t str>) -> Box<Owned<DggsStrings>> {
    owned(|arena| arena.strings(texts))
}

pub(super) fn dimension_list(dimensions: &[Dimension]) -> Box<Owned<DggsDimensions>> {
    owned(|arena| make_dimensions(arena, dimensions))
}

pub(super) fn attribute_list(attributes: &Attributes) -> Box<Owned<DggsAttributes>> {
    owned(|arena| {
        let items: Vec<_> = (attributes.iter())
            .map(|(name, value)| make_attribute(arena, name, AttributeValue::from_json(value)))
            .collect();
        DggsAttributes { count: items.len(), items: arena.list(items) }
    })
}

pub(super) fn group_info(group: &dyn Group) -> Box<Owned<DggsGroupInfo>> {
    owned(|arena| DggsGroupInfo {
        name: arena.text(group.name()),
        full_name: arena.text(group.full_name()),
        structural_info: arena.pairs(&group.structural_info()),
        connection: arena.text(group.connection()),
        is_writable: group.is_writable(),
    })
}

/// # Errors
/// A type that GDAL cannot hold; a block size or a nodata value that does not fit the array.
pub(super) fn array_info(array: &dyn Array) -> Result<Box<Owned<DggsArrayInfo>>> {
    let rank = array.dimensions().len();
    let block_size = array.block_size();
    if block_size.len() != rank {
        let message = format!("a block size of {} axes for an array of {rank}", block_size.len());
        return Err(Error::corrupt(message).context(array.full_name()));
    }
    Owned::new(|arena| {
        let data_type = make_data_type(arena, array.data_type()).context(|| array.full_name().to_owned())?;
        let nodata = make_nodata(arena, array, &data_type)?;
        Ok(DggsArrayInfo {
            name: arena.text(array.name()),
            full_name: arena.text(array.full_name()),
            dimensions: make_dimensions(arena, array.dimensions()),
            data_type,
            nodata,
            has_scale: array.scale().is_some(),
            scale: array.scale().unwrap_or(1.0),
            has_offset: array.offset().is_some(),
            offset: array.offset().unwrap_or(0.0),
            unit: arena.text(array.unit()),
            coordinate_variables: arena.strings(array.coordinate_variables().iter().map(String::as_str)),
            overviews: arena.strings(array.overviews().iter().map(String::as_str)),
            block_size: arena.list(block_size),
            structural_info: arena.pairs(&array.structural_info()),
            is_writable: array.is_writable(),
        })
    })
}

/// # Errors
/// A raster larger than GDAL's.
pub(super) fn raster_info(view: &View) -> Result<Box<Owned<DggsRasterInfo>>> {
    let size = |(columns, rows): (usize, usize)| -> Result<DggsSize> {
        let count = |count: usize| i32::try_from(count).map_err(|_| Error::invalid("a raster larger than GDAL's"));
        Ok(DggsSize { columns: count(columns)?, rows: count(rows)? })
    };
    Owned::new(|arena| {
        let none = DggsSize { columns: 0, rows: 0 };
        let mut info = DggsRasterInfo {
            connection: arena.text(&view.connection),
            path: arena.text(&view.path),
            view: arena.text(&view.name),
            subdatasets: arena.pairs(&view.subdatasets),
            size: none,
            block: none,
            geotransform: [0.0; 6],
            crs: arena.text(""),
            numeric_type: 0,
            bands: ptr::null(),
            band_count: 0,
            nodata: ptr::null(),
            has_mask: false,
            has_scale: false,
            scale: 1.0,
            has_offset: false,
            offset: 0.0,
            unit: arena.text(""),
            classes: ptr::null(),
            class_count: 0,
            metadata: arena.pairs(&[]),
            overviews: ptr::null(),
            overview_count: 0,
        };
        let Some(raster) = &view.raster else { return Ok(info) };
        let array = raster.array();
        let name = array.name().to_owned();
        let band = |band: &Band| DggsBandInfo {
            description: arena.text(if band.description.is_empty() { &name } else { &band.description }),
            metadata: arena.pairs(&band.metadata),
        };
        let bands: Vec<DggsBandInfo> = raster.bands().iter().map(band).collect();
        let overviews = raster.overviews().into_iter().map(size).collect::<Result<Vec<_>>>()?;
        info.size = size(raster.size())?;
        info.block = size(raster.block())?;
        info.geotransform = raster.geotransform();
        info.crs = arena.text(raster.crs_wkt());
        info.numeric_type = raster.number().gdal() as u32;
        (info.band_count, info.bands) = (bands.len(), arena.list(bands));
        info.nodata = raster.nodata().map_or(ptr::null(), |nodata| arena.aligned(nodata));
        info.has_mask = raster.has_mask();
        (info.has_scale, info.scale) = (array.scale().is_some(), array.scale().unwrap_or(1.0));
        (info.has_offset, info.offset) = (array.offset().is_some(), array.offset().unwrap_or(0.0));
        info.unit = arena.text(array.unit());
        let class = |class: flags::Class| DggsClass {
            value: class.value,
            meaning: arena.text(&class.meaning),
            has_colour: class.colour.is_some(),
            colour: class.colour.unwrap_or_default(),
        };
        let classes: Vec<DggsClass> = flags::classes(array.attributes()).into_iter().map(class).collect();
        (info.class_count, info.classes) = (classes.len(), arena.list(classes));
        info.metadata = arena.pairs(raster.metadata());
        (info.overview_count, info.overviews) = (overviews.len(), arena.list(overviews));
        Ok(info)
    })
}

fn make_nodata(arena: &mut Arena, array: &dyn Array, data_type: &DggsDataType) -> Result<*const std::ffi::c_void> {
    match array.nodata() {
        Some(_) if data_type.type_class == DggsTypeClass::DGGS_TYPE_TEXT => Ok(ptr::null()),
        Some(bytes) if bytes.len() != data_type.size => {
            let message = format!("a nodata value of {} bytes for elements of {}", bytes.len(), data_type.size);
            Err(Error::corrupt(message).context(array.full_name()))
        }
        Some(bytes) => Ok(arena.aligned(bytes)),
        None => Ok(ptr::null()),
    }
}

fn make_dimensions(arena: &mut Arena, dimensions: &[Dimension]) -> DggsDimensions {
    let make = |dimension: &Dimension| DggsDimension {
        name: arena.text(&dimension.name),
        group: arena.text(&dimension.group),
        kind: arena.text(&dimension.kind),
        direction: arena.text(&dimension.direction),
        size: dimension.size,
        indexing_variable: optional_text(arena, dimension.indexing_variable.as_deref()),
    };
    let items: Vec<_> = dimensions.iter().map(make).collect();
    DggsDimensions { count: items.len(), items: arena.list(items) }
}

/// # Errors
/// A type that GDAL cannot hold: of the numbers that this GDAL has not, or of structures with text, without bytes, or
/// with a field outside.
fn make_data_type(arena: &mut Arena, data_type: &DataType) -> Result<DggsDataType> {
    let mut made = DggsDataType {
        type_class: DggsTypeClass::DGGS_TYPE_NUMERIC,
        numeric_type: 0,
        size: 0,
        max_length: 0,
        name: arena.text(""),
        fields: ptr::null(),
        field_count: 0,
    };
    match data_type {
        DataType::Numeric(number) if number.on_host() != *number => {
            return Err(Error::unsupported(format!("this GDAL has no type {number:?}")));
        }
        DataType::Numeric(number) => {
            made.numeric_type = number.gdal() as u32;
            made.size = number.size();
        }
        DataType::Text { max_length } => {
            made.type_class = DggsTypeClass::DGGS_TYPE_TEXT;
            made.size = size_of::<*const u8>();
            made.max_length = *max_length;
        }
        DataType::Compound { size: 0, .. } => return Err(Error::corrupt("a structured type without bytes")),
        DataType::Compound { name, size, fields } => {
            let items = fields.iter().map(|field| make_field(arena, field, *size)).collect::<Result<Vec<_>>>()?;
            made.type_class = DggsTypeClass::DGGS_TYPE_COMPOUND;
            made.size = *size;
            made.name = arena.text(name);
            made.field_count = items.len();
            made.fields = arena.list(items);
        }
    }
    Ok(made)
}

/// A field of a structured type of `size` bytes.
fn make_field(arena: &mut Arena, field: &Field, size: usize) -> Result<DggsField> {
    if matches!(field.data_type, DataType::Text { .. }) {
        return Err(Error::unsupported(format!("field {} of a structured type is text", field.name)));
    }
    let data_type = make_data_type(arena, &field.data_type)?;
    if field.offset.checked_add(data_type.size).is_none_or(|end| end > size) {
        return Err(Error::corrupt(format!("field {} lies outside its structured type of {size} bytes", field.name)));
    }
    Ok(DggsField { name: arena.text(&field.name), offset: field.offset, data_type })
}

fn make_attribute(arena: &mut Arena, name: &str, value: AttributeValue) -> DggsAttribute {
    use DggsAttributeKind as Kind;
    let name = arena.text(name);
    let texts = |arena: &mut Arena, kind, is_list, values: &[String]| {
        let DggsStrings { items, count } = arena.strings(values.iter().map(String::as_str));
        DggsAttribute { name, kind, is_list, count, texts: items, numbers: ptr::null() }
    };
    match value {
        AttributeValue::Text(text) => texts(arena, Kind::DGGS_ATTRIBUTE_TEXT, false, &[text]),
        AttributeValue::Texts(list) => texts(arena, Kind::DGGS_ATTRIBUTE_TEXT, true, &list),
        AttributeValue::Json(text) => texts(arena, Kind::DGGS_ATTRIBUTE_JSON, false, &[text]),
        AttributeValue::Int(number) => numbers(arena, name, Kind::DGGS_ATTRIBUTE_INT32, false, vec![number]),
        AttributeValue::Ints(list) => numbers(arena, name, Kind::DGGS_ATTRIBUTE_INT32, true, list),
        AttributeValue::Long(number) => numbers(arena, name, Kind::DGGS_ATTRIBUTE_INT64, false, vec![number]),
        AttributeValue::Longs(list) => numbers(arena, name, Kind::DGGS_ATTRIBUTE_INT64, true, list),
        AttributeValue::Float(number) => numbers(arena, name, Kind::DGGS_ATTRIBUTE_FLOAT64, false, vec![number]),
        AttributeValue::Floats(list) => numbers(arena, name, Kind::DGGS_ATTRIBUTE_FLOAT64, true, list),
    }
}

fn numbers<T: 'static>(
    arena: &mut Arena,
    name: *const std::ffi::c_char,
    kind: DggsAttributeKind,
    is_list: bool,
    values: Vec<T>,
) -> DggsAttribute {
    DggsAttribute { name, kind, is_list, count: values.len(), texts: ptr::null(), numbers: arena.list(values).cast() }
}

fn optional_text(arena: &mut Arena, text: Option<&str>) -> *const std::ffi::c_char {
    text.map_or(ptr::null(), |text| arena.text(text))
}

pub(super) fn layer_info(layer: &Layer) -> Box<Owned<DggsLayerInfo>> {
    owned(|arena| {
        let field = |field: &crate::view::vector::Field| DggsFieldInfo {
            name: arena.text(&field.name),
            kind: match field.kind {
                FieldKind::Int16 => DggsFieldKind::DGGS_FIELD_INT16,
                FieldKind::Int32 => DggsFieldKind::DGGS_FIELD_INT32,
                FieldKind::Int64 => DggsFieldKind::DGGS_FIELD_INT64,
                FieldKind::Float32 => DggsFieldKind::DGGS_FIELD_FLOAT32,
                FieldKind::Float64 => DggsFieldKind::DGGS_FIELD_FLOAT64,
                FieldKind::Text => DggsFieldKind::DGGS_FIELD_TEXT,
            },
            unit: arena.text(&field.unit),
        };
        let fields: Vec<_> = layer.fields().iter().map(field).collect();
        DggsLayerInfo {
            name: arena.text(layer.name()),
            geometry: match layer.geometry() {
                Geometry::Polygon => DggsGeometryKind::DGGS_GEOMETRY_MULTI_POLYGON,
                Geometry::Point => DggsGeometryKind::DGGS_GEOMETRY_POINT,
                Geometry::None => DggsGeometryKind::DGGS_GEOMETRY_NONE,
            },
            crs: arena.text(&layer.crs_wkt().unwrap_or_default()),
            field_count: fields.len(),
            fields: arena.list(fields),
            place_count: layer.places(),
            is_dense: layer.is_dense(),
            extent_is_known: layer.knows_extent(),
        }
    })
}

pub(super) fn feature_batch(batch: Batch) -> Box<Owned<DggsFeatureBatch>> {
    owned(|arena| {
        let zone_ids = optional_texts(arena, batch.zone_ids);
        let geometries = optional_texts(arena, batch.geometries);
        let columns: Vec<_> = batch.columns.into_iter().map(|column| make_column(arena, column)).collect();
        DggsFeatureBatch {
            count: batch.fids.len(),
            fids: arena.list(batch.fids),
            zone_ids,
            geometries,
            columns: arena.list(columns),
        }
    })
}

fn optional_texts(arena: &mut Arena, texts: Option<Texts>) -> DggsColumn {
    make_column(arena, texts.map(|texts| Column { values: Values::Text(texts), validity: None, nulls: 0 }))
}

fn make_column(arena: &mut Arena, column: Option<Column>) -> DggsColumn {
    let is_given = column.is_some();
    let (mut offsets, mut validity, mut null_count) = (ptr::null(), ptr::null(), 0);
    let values = column.map_or(ptr::null(), |column| {
        null_count = column.nulls;
        validity = column.validity.map_or(ptr::null(), |bits| arena.list(bits));
        match column.values {
            Values::Int16(values) => arena.list(values).cast(),
            Values::Int32(values) => arena.list(values).cast(),
            Values::Int64(values) => arena.list(values).cast(),
            Values::Float32(values) => arena.list(values).cast(),
            Values::Float64(values) => arena.list(values).cast(),
            Values::Text(texts) => {
                offsets = arena.list(texts.offsets);
                arena.list(texts.bytes).cast()
            }
        }
    });
    DggsColumn { values, offsets, validity, null_count, is_given }
}

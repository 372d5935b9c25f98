//! Slots of layers.

use std::ptr;
use std::sync::Arc;

use super::bindings::{
    DggsExtent, DggsFeatureBatch, DggsFeatureRequest, DggsFeatures, DggsLayer, DggsLayerInfo, DggsLayers,
};
use super::handle::{self, FeaturesBody, GroupBody, LayerBody, LayersBody};
use super::memory::Owned;
use super::{input, output};
use crate::error::{Error, Result};
use crate::store::Call;
use crate::view::vector::{self, Filter, Request};

pub(super) fn open_all(group: &GroupBody, call: &Arc<Call>) -> Result<*mut DggsLayers> {
    let layers = vector::layers(call, &group.root)?;
    Ok(handle::into_raw(LayersBody(layers.into_iter().map(Arc::new).collect())))
}

pub(super) fn count_all(layers: &LayersBody, _call: &Arc<Call>) -> Result<usize> {
    Ok(layers.0.len())
}

pub(super) fn get(layers: &LayersBody, _call: &Arc<Call>, index: usize) -> Result<*mut DggsLayer> {
    let layer = layers.0.get(index).ok_or_else(|| Error::invalid(format!("there is no layer {index}")))?;
    Ok(handle::into_raw(LayerBody::new(layer.clone())))
}

pub(super) fn info(layer: &LayerBody, _call: &Arc<Call>) -> Result<*const DggsLayerInfo> {
    Ok(layer.info.as_ptr())
}

pub(super) fn count(layer: &LayerBody, call: &Arc<Call>) -> Result<u64> {
    layer.layer.count(call)
}

pub(super) fn extent(layer: &LayerBody, call: &Arc<Call>) -> Result<DggsExtent> {
    let found = layer.layer.extent(call)?;
    let [west, south, east, north] = found.unwrap_or_default();
    Ok(DggsExtent { is_empty: found.is_none(), west, south, east, north })
}

/// # Safety
/// *Strings* and *Memory*: `request` is NULL or a request that lives through the call.
pub(super) unsafe fn features(
    layer: &LayerBody,
    call: &Arc<Call>,
    request: *const DggsFeatureRequest,
) -> Result<*mut DggsFeatures> {
    // SAFETY: the caller's promise.
    let request = unsafe {
        let request = request.as_ref().ok_or_else(|| Error::invalid("the request is NULL"))?;
        let extent = request.extent.as_ref();
        let zones = request.zones.as_ref();
        Request {
            filter: Filter {
                bbox: extent.map(|extent| [extent.west, extent.south, extent.east, extent.north]),
                polygon: match request.polygon.is_null() {
                    true => None,
                    false => Some(input::text(request.polygon, "the polygon")?.to_owned()),
                },
                zones: zones.map(|zones| input::strings(zones)).transpose()?,
            },
            fields: input::list(request.fields, request.field_count, "the list of fields")?.to_vec(),
            zone_ids: request.zone_ids,
            geometry: request.geometry,
            start: request.start,
            count: Some(request.count),
        }
    };
    Ok(handle::into_raw(FeaturesBody(layer.layer.features(call, request)?)))
}

pub(super) fn next(features: &FeaturesBody, call: &Arc<Call>) -> Result<*mut DggsFeatureBatch> {
    let batch = features.0.next(call)?;
    Ok(batch.map_or(ptr::null_mut(), |batch| Owned::into_raw(output::feature_batch(batch))))
}

//! What the opaque pointers of the header point to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bindings::{
    DggsArray, DggsArrayInfo, DggsFeatures, DggsGroup, DggsGroupInfo, DggsLayer, DggsLayerInfo, DggsLayers, DggsRaster,
    DggsRasterInfo,
};
use super::memory::Owned;
use super::output;
use crate::cube::{Array, Group};
use crate::error::Result;
use crate::view::raster::View;
use crate::view::vector::{Features, Layer};

/// What a handle is of; `Opaque` is its name in the header.
pub(super) trait Body: Send + Sync + Sized + 'static {
    type Opaque;
}

/// A body, and whether a panic has left it in doubt.
pub(super) struct Handle<T> {
    body: T,
    poisoned: AtomicBool,
}

impl<T> Handle<T> {
    pub(super) fn body(&self) -> &T {
        &self.body
    }

    pub(super) fn poison(&self) {
        self.poisoned.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Relaxed)
    }
}

/// A group, and the root of its store, which full names start from.
pub(super) struct GroupBody {
    pub(super) group: Arc<dyn Group>,
    pub(super) root: Arc<dyn Group>,
    pub(super) info: Box<Owned<DggsGroupInfo>>,
}

impl GroupBody {
    pub(super) fn new(group: Arc<dyn Group>, root: Arc<dyn Group>) -> Self {
        let info = output::group_info(group.as_ref());
        Self { group, root, info }
    }

    pub(super) fn of_root(root: Arc<dyn Group>) -> Self {
        Self::new(Arc::clone(&root), root)
    }
}

impl Body for GroupBody {
    type Opaque = DggsGroup;
}

/// An array.
pub(super) struct ArrayBody {
    pub(super) array: Arc<dyn Array>,
    pub(super) info: Box<Owned<DggsArrayInfo>>,
}

impl ArrayBody {
    pub(super) fn new(array: Arc<dyn Array>) -> Result<Self> {
        let info = output::array_info(array.as_ref())?;
        Ok(Self { array, info })
    }
}

impl Body for ArrayBody {
    type Opaque = DggsArray;
}

/// A raster, or the container of several.
pub(super) struct RasterBody {
    pub(super) view: View,
    pub(super) info: Box<Owned<DggsRasterInfo>>,
}

impl RasterBody {
    pub(super) fn new(view: View) -> Result<Self> {
        let info = output::raster_info(&view)?;
        Ok(Self { view, info })
    }
}

impl Body for RasterBody {
    type Opaque = DggsRaster;
}

/// All layers of a store.
pub(super) struct LayersBody(pub(super) Vec<Arc<Layer>>);

impl Body for LayersBody {
    type Opaque = DggsLayers;
}

/// A layer.
pub(super) struct LayerBody {
    pub(super) layer: Arc<Layer>,
    pub(super) info: Box<Owned<DggsLayerInfo>>,
}

impl LayerBody {
    pub(super) fn new(layer: Arc<Layer>) -> Self {
        let info = output::layer_info(&layer);
        Self { layer, info }
    }
}

impl Body for LayerBody {
    type Opaque = DggsLayer;
}

/// Features that are being read.
pub(super) struct FeaturesBody(pub(super) Features);

impl Body for FeaturesBody {
    type Opaque = DggsFeatures;
}

/// A new handle, owned by the caller.
pub(super) fn into_raw<T: Body>(body: T) -> *mut T::Opaque {
    Box::into_raw(Box::new(Handle { body, poisoned: AtomicBool::new(false) })).cast()
}

/// The handle behind a pointer, `None` for NULL.
///
/// # Safety
/// `pointer` is NULL or comes from [`into_raw`] of the same `T`, and [`free`] comes after `'a`.
pub(super) unsafe fn borrow<'a, T: Body>(pointer: *const T::Opaque) -> Option<&'a Handle<T>> {
    // SAFETY: the caller's promise.
    unsafe { pointer.cast::<Handle<T>>().as_ref() }
}

/// Ends a handle; NULL is nothing.
///
/// # Safety
/// `pointer` is NULL or comes from [`into_raw`] of the same `T`, and nobody uses it any more.
pub(super) unsafe fn free<T: Body>(pointer: *mut T::Opaque) {
    if !pointer.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(pointer.cast::<Handle<T>>()) });
    }
}

/// *Handles*: any number of threads may use one handle at the same time.
const _: () = {
    const fn assert_shared<T: Send + Sync>() {}
    assert_shared::<Handle<GroupBody>>();
    assert_shared::<Handle<ArrayBody>>();
    assert_shared::<Handle<RasterBody>>();
    assert_shared::<Handle<LayersBody>>();
    assert_shared::<Handle<LayerBody>>();
    assert_shared::<Handle<FeaturesBody>>();
};

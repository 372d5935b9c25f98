//! Codecs that only read: zarrs' interface around a function from bytes to bytes.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use zarrs::array::codec::api::{
    BytesToBytesCodecTraits, CodecError, CodecMetadataOptions, CodecOptions, CodecTraits, PartialDecoderCapability,
    PartialEncoderCapability, RecommendedConcurrency,
};
use zarrs::array::{ArrayBytesRaw, BytesRepresentation};
use zarrs::metadata::Configuration;
use zarrs::plugin::{ExtensionName, ZarrVersion};

use crate::error::Result;

/// What a codec that only reads has to say.
pub(super) trait Decode: Debug + Send + Sync + 'static {
    /// Its name in the metadata that zarrs sees.
    fn name(&self) -> Cow<'static, str>;

    /// Why nothing is encoded.
    fn no_encoder(&self) -> String;

    /// The size of what decodes to `decoded`.
    fn encoded_size(&self, decoded: BytesRepresentation) -> BytesRepresentation;

    /// The bytes that `encoded` stands for, whose size zarrs may know.
    fn decode(&self, encoded: Cow<'_, [u8]>, decoded: &BytesRepresentation) -> Result<Vec<u8>>;
}

/// A [`Decode`] as a codec of zarrs.
#[derive(Debug)]
pub(super) struct DecodeOnly<D>(pub(super) D);

impl<D: Decode> ExtensionName for DecodeOnly<D> {
    fn name(&self, _version: ZarrVersion) -> Option<Cow<'static, str>> {
        Some(self.0.name())
    }
}

impl<D: Decode> CodecTraits for DecodeOnly<D> {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn configuration(&self, _version: ZarrVersion, _options: &CodecMetadataOptions) -> Option<Configuration> {
        None
    }

    fn partial_decoder_capability(&self) -> PartialDecoderCapability {
        PartialDecoderCapability { partial_read: false, partial_decode: false }
    }

    fn partial_encoder_capability(&self) -> PartialEncoderCapability {
        PartialEncoderCapability { partial_encode: false }
    }
}

impl<D: Decode> BytesToBytesCodecTraits for DecodeOnly<D> {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn BytesToBytesCodecTraits> {
        self
    }

    fn recommended_concurrency(
        &self,
        _decoded: &BytesRepresentation,
    ) -> std::result::Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }

    fn encoded_representation(&self, decoded: &BytesRepresentation) -> BytesRepresentation {
        self.0.encoded_size(*decoded)
    }

    fn encode<'a>(
        &self,
        _decoded: ArrayBytesRaw<'a>,
        _options: &CodecOptions,
    ) -> std::result::Result<ArrayBytesRaw<'a>, CodecError> {
        Err(CodecError::Other(self.0.no_encoder()))
    }

    fn decode<'a>(
        &self,
        encoded: ArrayBytesRaw<'a>,
        decoded: &BytesRepresentation,
        _options: &CodecOptions,
    ) -> std::result::Result<ArrayBytesRaw<'a>, CodecError> {
        let decoded = self.0.decode(encoded, decoded);
        decoded.map(Cow::Owned).map_err(|error| CodecError::Other(error.to_string()))
    }
}

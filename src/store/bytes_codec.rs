//! Codecs of our own: zarrs' interface around functions from bytes to bytes.

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

/// What a codec has to say.
pub(super) trait BytesCodec: Debug + Send + Sync + 'static {
    /// Its name in the metadata that zarrs sees.
    fn name(&self) -> Cow<'static, str>;

    /// The size of what decodes to `decoded`.
    fn encoded_size(&self, decoded: BytesRepresentation) -> BytesRepresentation;

    /// The bytes that `encoded` stands for, whose size zarrs may know.
    fn decode(&self, encoded: Cow<'_, [u8]>, decoded: &BytesRepresentation) -> Result<Vec<u8>>;

    /// The bytes that stand for `decoded`.
    fn encode(&self, decoded: Cow<'_, [u8]>) -> Result<Vec<u8>>;
}

/// A [`BytesCodec`] as a codec of zarrs.
#[derive(Debug)]
pub(super) struct Bridge<C>(pub(super) C);

impl<C: BytesCodec> ExtensionName for Bridge<C> {
    fn name(&self, _version: ZarrVersion) -> Option<Cow<'static, str>> {
        Some(self.0.name())
    }
}

impl<C: BytesCodec> CodecTraits for Bridge<C> {
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

impl<C: BytesCodec> BytesToBytesCodecTraits for Bridge<C> {
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
        decoded: ArrayBytesRaw<'a>,
        _options: &CodecOptions,
    ) -> std::result::Result<ArrayBytesRaw<'a>, CodecError> {
        let encoded = self.0.encode(decoded);
        encoded.map(Cow::Owned).map_err(|error| CodecError::Other(error.to_string()))
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

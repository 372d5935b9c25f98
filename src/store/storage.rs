//! [`VsiStore`] as a store of zarrs: its storage traits, whose conformance suite it passes.

use zarrs_storage::byte_range::{ByteRange, ByteRangeIterator};
use zarrs_storage::{
    Bytes, ListableStorageTraits, MaybeBytes, MaybeBytesIterator, OffsetBytesIterator, ReadableStorageTraits,
    StorageError, StoreKey, StoreKeys, StoreKeysPrefixes, StorePrefix, StorePrefixes, WritableStorageTraits,
    store_set_partial_many,
};

use super::VsiStore;
use super::read::Range;
use crate::error::Error;

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl ReadableStorageTraits for VsiStore {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        Ok(self.read(key.as_str())?.map(Bytes::from))
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let mut parts = Vec::new();
        for byte_range in byte_ranges {
            let range = match byte_range {
                ByteRange::FromStart(0, None) => Range::All,
                ByteRange::FromStart(offset, None) => Range::From(offset),
                ByteRange::FromStart(offset, Some(length)) => Range::Part { offset, length },
                ByteRange::Suffix(length) => Range::Last(length),
            };
            let mut bytes = Vec::new();
            if !self.read_into(key.as_str(), range, &mut bytes)? {
                return Ok(None);
            }
            parts.push(Ok(Bytes::from(bytes)));
        }
        Ok(Some(Box::new(parts.into_iter())))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        Ok(self.size(key.as_str())?)
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}

impl ListableStorageTraits for VsiStore {
    fn list(&self) -> Result<StoreKeys, StorageError> {
        self.list_prefix(&StorePrefix::root())
    }

    fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        let here = self.list_dir(prefix)?;
        let mut keys = here.keys().clone();
        for below in here.prefixes() {
            keys.extend(self.list_prefix(below)?);
        }
        keys.sort();
        Ok(keys)
    }

    fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        let (mut keys, mut prefixes) = (StoreKeys::new(), StorePrefixes::new());
        for entry in self.list(prefix.as_str().trim_end_matches('/'))? {
            match entry.is_folder {
                true => prefixes.push(StorePrefix::new(format!("{}{}/", prefix.as_str(), entry.name))?),
                false => keys.push(StoreKey::new(format!("{}{}", prefix.as_str(), entry.name))?),
            }
        }
        Ok(StoreKeysPrefixes::new(keys, prefixes))
    }

    fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        let mut size = 0;
        for key in self.list_prefix(prefix)? {
            size += self.size_key(&key)?.unwrap_or(0);
        }
        Ok(size)
    }
}

impl WritableStorageTraits for VsiStore {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        Ok(self.write(key.as_str(), &value)?)
    }

    fn set_partial_many(&self, key: &StoreKey, offset_values: OffsetBytesIterator) -> Result<(), StorageError> {
        store_set_partial_many(self, key, offset_values)
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        Ok(self.delete(key.as_str())?)
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        Ok(self.delete_folder(prefix.as_str().trim_end_matches('/'))?)
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}

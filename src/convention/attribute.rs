//! Typed reading of JSON attributes, with errors that name the attribute and where it stands.
//!
//! Attributes that are objects become JSON texts when GDAL copies them to netCDF or VRT, so wherever an object or a
//! list is due a text that holds one is taken as well. Integers must be integers: `5.0` is refused rather than rounded.

use std::borrow::Cow;

use serde_json::Value;

use super::Attributes;
use crate::error::{Error, Result};

/// The attributes of one node, or the members of an object among them.
pub(super) struct Fields<'a> {
    /// Where they stand: `group /`, `array /cell_ids`, `'dggs' of group /`.
    place: String,
    members: &'a Attributes,
}

impl<'a> Fields<'a> {
    /// `members` as found at `place`.
    pub(super) fn new(place: impl Into<String>, members: &'a Attributes) -> Self {
        Self { place: place.into(), members }
    }

    /// The member `key`; `null` and an absent one are both `None`.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        present(self.members.get(key))
    }

    /// True when `key` is there, even if it is `null`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    /// The text `key`.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        self.get(key)
            .map(|value| value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| self.wrong(key, "a text", value)))
            .transpose()
    }

    /// The text `key`, which the convention demands.
    pub(super) fn mandatory_text(&self, key: &str) -> Result<&'a str> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// The integer `key`, not negative.
    pub(super) fn unsigned(&self, key: &str) -> Result<Option<u64>> {
        self.get(key)
            .map(|value| value.as_u64().ok_or_else(|| self.wrong(key, "an integer that is not negative", value)))
            .transpose()
    }

    /// The finite number `key`.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        self.get(key)
            .map(|value| {
                value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| self.wrong(key, "a number", value))
            })
            .transpose()
    }

    /// The truth value `key`; 0 and 1 serve as well, since netCDF has no other.
    pub(super) fn truth(&self, key: &str) -> Result<Option<bool>> {
        self.get(key)
            .map(|value| match (value, value.as_u64()) {
                (Value::Bool(truth), _) => Ok(*truth),
                (_, Some(0)) => Ok(false),
                (_, Some(1)) => Ok(true),
                _ => Err(self.wrong(key, "true or false", value)),
            })
            .transpose()
    }

    /// The error of a member that the convention demands and that is not there.
    pub(super) fn missing(&self, key: &str) -> Error {
        Error::corrupt(format!("{}: attribute '{key}' is missing", self.place))
    }

    /// The error of a member that is not `what` it must be.
    pub(super) fn wrong(&self, key: &str, what: &str, value: &Value) -> Error {
        Error::corrupt(format!("{}: attribute '{key}' must be {what}, not {value}", self.place))
    }

    /// Any other error of these attributes.
    pub(super) fn broken(&self, message: impl std::fmt::Display) -> Error {
        Error::corrupt(format!("{}: {message}", self.place))
    }

    /// Where these attributes stand.
    pub(super) fn place(&self) -> &str {
        &self.place
    }
}

/// `value` unless it is `null`, in JSON or as the text that a copy by GDAL makes of it.
pub(super) fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.as_str() != Some("null"))
}

/// `value` itself, or what a text holds that is the JSON of an object or a list.
pub(super) fn structured(value: &Value) -> Cow<'_, Value> {
    value
        .as_str()
        .filter(|text| text.trim_start().starts_with(['{', '[']))
        .and_then(|text| serde_json::from_str(text).ok())
        .map_or(Cow::Borrowed(value), Cow::Owned)
}

//! The value of an attribute as GDAL shows it.

use serde_json::Value;

/// An attribute's value: plain scalars and flat lists of one kind have a type, anything else is JSON text, as in
/// GDAL's Zarr driver.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// An integer of 32 bits.
    Int(i32),
    /// Integers of 32 bits.
    Ints(Vec<i32>),
    /// An integer that needs 64 bits.
    Long(i64),
    /// Integers of which one needs 64 bits.
    Longs(Vec<i64>),
    /// A number.
    Float(f64),
    /// Numbers, not all of them integers.
    Floats(Vec<f64>),
    /// Anything else, as JSON.
    Json(String),
}

impl AttributeValue {
    /// The value of `json`.
    pub fn from_json(json: &Value) -> Self {
        match json {
            Value::String(text) => Self::Text(text.clone()),
            Value::Number(number) => match number.as_i64() {
                Some(long) => i32::try_from(long).map_or(Self::Long(long), Self::Int),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::Array(items) => Self::from_list(items).unwrap_or_else(|| Self::Json(json.to_string())),
            Value::Null => Self::Text(String::new()),
            Value::Bool(_) | Value::Object(_) => Self::Json(json.to_string()),
        }
    }

    /// A list of texts or of numbers, `None` for any other.
    fn from_list(items: &[Value]) -> Option<Self> {
        if items.is_empty() {
            return None;
        }
        if let Some(texts) = items.iter().map(|item| item.as_str().map(str::to_string)).collect() {
            return Some(Self::Texts(texts));
        }
        let longs: Option<Vec<i64>> = items.iter().map(Value::as_i64).collect();
        match longs {
            Some(longs) => {
                let ints: Option<Vec<i32>> = longs.iter().map(|&long| i32::try_from(long).ok()).collect();
                Some(ints.map_or(Self::Longs(longs), Self::Ints))
            }
            None => items.iter().map(Value::as_f64).collect::<Option<_>>().map(Self::Floats),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AttributeValue::{self, *};
    use serde_json::json;

    #[test]
    fn kinds_of_values() {
        for (json, value) in [
            (json!("a"), Text("a".into())),
            (json!(["a", "b"]), Texts(vec!["a".into(), "b".into()])),
            (json!(5), Int(5)),
            (json!(1_i64 << 40), Long(1 << 40)),
            (json!(u64::MAX), Float(u64::MAX as f64)),
            (json!([1, 2]), Ints(vec![1, 2])),
            (json!([1, 1_i64 << 40]), Longs(vec![1, 1 << 40])),
            (json!([1, 2.5]), Floats(vec![1.0, 2.5])),
            (json!([1, "a"]), Json("[1,\"a\"]".into())),
            (json!([]), Json("[]".into())),
            (json!(true), Json("true".into())),
            (json!(null), Text(String::new())),
            (json!({"a": 1}), Json("{\"a\":1}".into())),
        ] {
            assert_eq!(AttributeValue::from_json(&json), value, "{json}");
        }
    }
}

//! Classes that numbers stand for, as the attributes `flag_values` and `flag_meanings` of CF (clause 3.5) tell them, and
//! their colours, as `flag_colors` beside these does in the land cover products of ESA: `#rrggbb`, separated by blanks.

use serde_json::{Map, Value};

use super::Attributes;

const VALUES: &str = "flag_values";
const MEANINGS: &str = "flag_meanings";
const COLOURS: &str = "flag_colors";

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// The number that stands for it.
    pub value: i64,
    /// What it means, empty where that is not told.
    pub meaning: String,
    /// Red, green, blue and opacity.
    pub colour: Option<[u8; 4]>,
}

/// Attributes of numbers from 0 on that have `names` or a `palette`; none where they have neither. The end of a palette that
/// is nothing but black, as formats fill up what is not used, is left out.
pub fn attributes(names: &[String], palette: &[[u8; 4]]) -> Attributes {
    let mut told = Map::new();
    let used = palette.iter().rposition(|colour| colour[..3] != [0; 3]).map_or(0, |last| last + 1);
    let count = used.max(names.len()).max(palette.len().min(1));
    if count == 0 {
        return told;
    }
    told.insert(VALUES.into(), (0..count).collect::<Vec<_>>().into());
    if !names.is_empty() {
        let meaning = |at: usize| match names.get(at).map(|name| name.split_whitespace().collect::<Vec<_>>().join("_"))
        {
            Some(name) if !name.is_empty() => name,
            _ => format!("class_{at}"),
        };
        told.insert(MEANINGS.into(), (0..count).map(meaning).collect::<Vec<_>>().join(" ").into());
    }
    if !palette.is_empty() {
        let colour = |at: usize| {
            let [red, green, blue, opacity] = palette.get(at).copied().unwrap_or([0, 0, 0, 255]);
            let opacity = if opacity == 255 { String::new() } else { format!("{opacity:02x}") };
            format!("#{red:02x}{green:02x}{blue:02x}{opacity}")
        };
        told.insert(COLOURS.into(), (0..count).map(colour).collect::<Vec<_>>().join(" ").into());
    }
    told
}

/// The classes that attributes tell; none where they do not, or lists differ in length.
pub fn classes(attributes: &Attributes) -> Vec<Class> {
    let values: Vec<i64> = match attributes.get(VALUES) {
        Some(Value::Array(values)) => values.iter().map_while(Value::as_i64).collect(),
        Some(value) => value.as_i64().into_iter().collect(),
        None => vec![],
    };
    let words = |key: &str| -> Vec<&str> {
        let text = attributes.get(key).and_then(Value::as_str).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() == values.len() { words } else { vec![] }
    };
    let (meanings, colours) = (words(MEANINGS), words(COLOURS));
    if meanings.is_empty() && colours.is_empty() {
        return vec![];
    }
    let class = |(at, &value): (usize, &i64)| Class {
        value,
        meaning: meanings.get(at).copied().unwrap_or_default().to_owned(),
        colour: colours.get(at).and_then(|text| colour(text)),
    };
    values.iter().enumerate().map(class).collect()
}

/// `#rrggbb` or `#rrggbbaa`.
fn colour(text: &str) -> Option<[u8; 4]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.is_ascii() && [6, 8].contains(&digits.len()))?;
    let part = |at: usize| digits.get(2 * at..2 * at + 2).map_or(Some(255), |part| u8::from_str_radix(part, 16).ok());
    Some([part(0)?, part(1)?, part(2)?, part(3)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_told_and_read_again() {
        let names = ["water".to_owned(), String::new(), "open  forest".to_owned()];
        let mut palette = vec![[0, 0, 0, 255]; 256];
        palette[1] = [1, 2, 255, 128];
        palette[3] = [9, 0, 0, 255];
        let told = attributes(&names, &palette);
        assert_eq!(told["flag_meanings"], "water class_1 open_forest class_3");
        assert_eq!(told["flag_colors"], "#000000 #0102ff80 #000000 #090000");
        let found = classes(&told);
        assert_eq!(found.len(), 4);
        assert_eq!(found[1], Class { value: 1, meaning: "class_1".into(), colour: Some([1, 2, 255, 128]) });
        assert!(attributes(&[], &[]).is_empty());
    }

    #[test]
    fn lists_of_other_lengths_and_other_words_tell_nothing() {
        let told = |text: &str| classes(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap());
        assert!(told(r#"{"flag_values": [1, 2], "flag_meanings": "one"}"#).is_empty());
        assert!(told(r#"{"flag_meanings": "one"}"#).is_empty());
        assert_eq!(told(r#"{"flag_values": 4, "flag_meanings": "four", "flag_colors": "red"}"#)[0].colour, None);
        assert!(told(r#"{"flag_values": ["a"], "flag_meanings": "a"}"#).is_empty());
    }
}

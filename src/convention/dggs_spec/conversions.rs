//! `coordinate_conversions` of the data spec: from geographic coordinates over zone ids to array positions.

use serde_json::Value;

use super::super::attribute::{Fields, structured};
use super::super::placement::{Linear, Placement};
use crate::error::{Context, Error, Result};

/// DGGRID's address types, as the spec's class diagram lists them.
const ADDRESS_TYPES: [&str; 5] = ["GEO", "SEQNUM", "PROJTRI", "Q2DD", "Q2DI"];

/// What a sequence of conversions says.
#[derive(Debug)]
pub(super) struct Sequence {
    /// The zone id scheme.
    pub(super) indexing: &'static str,
    /// How positions become addresses in it.
    pub(super) placement: Placement,
}

/// Reads the list of conversions at `place`.
///
/// # Errors
/// A list that breaks a rule of the spec, quoted; a conversion that cannot be done, with the reason.
pub(super) fn parse(place: &str, list: &Value, warnings: &mut Vec<String>) -> Result<Sequence> {
    let list = structured(list);
    let steps = list.as_array().filter(|steps| !steps.is_empty()).ok_or_else(|| {
        Error::corrupt(format!(
            "{place}: 'coordinate_conversions' must be a list with at least one conversion, not {list}"
        ))
    })?;
    let at = |index: usize| format!("{place}: step {} of 'coordinate_conversions'", index + 1);
    let address_type = dggrid(&at(0), &steps[0], warnings)?;
    let mut linear: Vec<Linear> = Vec::new();
    for (index, step) in steps.iter().enumerate().skip(1) {
        let place = at(index);
        let found = match step {
            Value::Array(_) if index + 1 < steps.len() => {
                return Err(Error::corrupt(format!(
                    "{place} is a list, but only \"the last step of the coordinate conversion sequence MAY be an array of \
                     linear coordinate conversions\""
                )));
            }
            Value::Array(several) if several.is_empty() => {
                return Err(Error::corrupt(format!("{place} is an empty list")));
            }
            Value::Array(several) => several.iter().map(|one| parse_linear(&place, one)).collect::<Result<Vec<_>>>()?,
            one => vec![parse_linear(&place, one)?],
        };
        linear = match linear.first() {
            None => found,
            Some(before) => found.iter().map(|next| before.after(next)).collect(),
        };
    }
    let placement = match address_type {
        "GEO" => {
            return Err(Error::unsupported(format!(
                "{}: address_type GEO gives points, not zones: an axis of zones cannot be made of it",
                at(0)
            )));
        }
        "SEQNUM" if linear.is_empty() => Placement::Line,
        "SEQNUM" => {
            return Err(Error::unsupported(format!(
                "{}: a linear conversion needs x and y, and SEQNUM is one number",
                at(1)
            )));
        }
        "Q2DI" => Placement::Address { linear, whole: true },
        other if linear.is_empty() => {
            return Err(Error::corrupt(format!(
                "{}: {other} has real coordinates, and \"array coordinates MUST be cartesian non-negative integers\": a linear \
                 conversion (gt0 to gt5) must follow",
                at(0)
            )));
        }
        _ => Placement::Address { linear, whole: false },
    };
    Ok(Sequence { indexing: address_type, placement })
}

fn fields<'a>(place: &str, step: &'a Value) -> Result<(Fields<'a>, &'a str)> {
    let members = step.as_object().ok_or_else(|| Error::corrupt(format!("{place} must be an object, not {step}")))?;
    let fields = Fields::new(place, members);
    let kind = fields.text("type")?.ok_or_else(|| {
        fields.broken("'type' is missing: \"the parameter type MUST be provided in every coordinate conversion call\"")
    })?;
    Ok((fields, kind))
}

/// The address type of the step that calls DGGRID.
fn dggrid(place: &str, step: &Value, warnings: &mut Vec<String>) -> Result<&'static str> {
    let (fields, kind) = fields(place, step)?;
    if kind.eq_ignore_ascii_case("linear") {
        return Err(fields.broken("a linear conversion cannot come first: it needs zone ids, and nothing makes them"));
    }
    if !kind.eq_ignore_ascii_case("dggrid") {
        return Err(unknown_type(place, kind));
    }
    match fields.get("version") {
        Some(Value::String(version)) if !version.trim().is_empty() => {}
        Some(Value::Number(version)) => {
            warnings.push(format!("{place}: 'version' must be a text, not the number {version}"))
        }
        Some(other) => return Err(fields.wrong("version", "a text", other)),
        None => return Err(fields.missing("version")),
    }
    let name = fields.mandatory_text("address_type")?;
    ADDRESS_TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
        fields.broken(format!("unknown address_type '{name}'; the spec has {}", ADDRESS_TYPES.join(", ")))
    })
}

fn parse_linear(place: &str, step: &Value) -> Result<Linear> {
    let (fields, kind) = fields(place, step)?;
    if !kind.eq_ignore_ascii_case("linear") {
        return Err(if kind.eq_ignore_ascii_case("dggrid") {
            fields.broken("DGGRID makes zone ids of geographic coordinates: it can only come first")
        } else {
            unknown_type(place, kind)
        });
    }
    let mut gt = [0.0; 6];
    for (key, number) in ["gt0", "gt1", "gt2", "gt3", "gt4", "gt5"].into_iter().zip(&mut gt) {
        *number = fields.number(key)?.ok_or_else(|| fields.missing(key))?;
    }
    Linear::new(gt).context(|| place.to_owned())
}

fn unknown_type(place: &str, kind: &str) -> Error {
    Error::unsupported(format!("{place}: unknown conversion type '{kind}'; this driver knows dggrid and linear"))
}

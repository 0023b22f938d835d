//! Values between machines: the values of `before test` go to every shard and keep their types.
//!
//! Types of JSON are sent unchanged, and any other type as an object with one key, `{"$time": "…"}`. An object that itself begins with such
//! a key is sent as `{"$object": {…}}`.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ecow::{EcoString, EcoVec};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FileValue, FormValue, Map, Value};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let tagged = |to: S, tag: &str, value: Value| {
            let mut map = to.serialize_map(Some(1))?;
            map.serialize_entry(tag, &value)?;
            map.end()
        };
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(b) => to.serialize_bool(*b),
            Self::Int(n) => to.serialize_i64(*n),
            Self::Float(x) if x.is_finite() => to.serialize_f64(*x),
            Self::Float(_) => Err(S::Error::custom("an infinite float")),
            Self::Str(text) => to.serialize_str(text),
            Self::List(items) => to.collect_seq(items),
            Self::Object(members) if members.keys().next().is_some_and(|key| key.starts_with('$')) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("$object", &PlainMembers(members))?;
                map.end()
            }
            Self::Object(members) => to.collect_map(members.iter()),
            Self::Absent => tagged(to, "$absent", Self::Null),
            Self::Exact(exact) => tagged(to, "$number", exact.text().into()),
            Self::Bytes(bytes) => tagged(to, "$bytes", STANDARD.encode(bytes).into()),
            Self::Duration(nanos) => tagged(to, "$duration", Self::Int(*nanos)),
            Self::Time(nanos) => tagged(to, "$time", nanos.to_string().into()),
            Self::File(file) => {
                let parts = [STANDARD.encode(&file.bytes).into(), Self::Str(file.name.clone()), Self::Str(file.media_type.clone())];
                tagged(to, "$file", Self::list(parts))
            }
            Self::Form(form) => tagged(to, "$form", form_parts(form)),
        }
    }
}

/// An object's members. Their keys aren't checked.
struct PlainMembers<'a>(&'a Map);

impl Serialize for PlainMembers<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter())
    }
}

fn form_parts(form: &FormValue) -> Value {
    let pairs = |pairs: &[(EcoString, EcoString)]| {
        Value::list(pairs.iter().flat_map(|(name, value)| [Value::Str(name.clone()), Value::Str(value.clone())]))
    };
    let text = |text: &EcoString| Value::Str(text.clone());
    Value::list([text(&form.method), text(&form.action), text(&form.enctype), pairs(&form.fields), pairs(&form.buttons)])
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits a number is a float")]
    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(i64::try_from(n).map_or(Value::Float(n as f64), Value::Int))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::Float(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::str(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = EcoVec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<EcoString>()? {
            if members.is_empty() && key == "$object" {
                let inner = map.next_value::<PlainObject>()?;
                return Ok(Value::Object(Arc::new(inner.0)));
            }
            members.insert(key, map.next_value()?);
        }
        match members.first() {
            Some((tag, inner)) if tag.starts_with('$') => {
                tagged(tag, inner).ok_or_else(|| A::Error::custom(format!("{tag} is no type of value, or not this value's")))
            }
            _ => Ok(Value::Object(Arc::new(members))),
        }
    }
}

/// The members of `$object`.
struct PlainObject(Map);

impl<'de> Deserialize<'de> for PlainObject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Map::deserialize(from).map(Self)
    }
}

fn tagged(tag: &str, inner: &Value) -> Option<Value> {
    let decode = |value: &Value| STANDARD.decode(value.as_str()?).ok();
    Some(match (tag, inner) {
        ("$absent", _) => Value::Absent,
        ("$number", Value::Str(text)) => super::number::written(text)?.value(),
        ("$bytes", text) => Value::bytes(decode(text)?),
        ("$duration", Value::Int(nanos)) => Value::Duration(*nanos),
        ("$time", Value::Str(nanos)) => Value::Time(nanos.parse().ok()?),
        ("$file", Value::List(parts)) => match parts.as_slice() {
            [bytes, Value::Str(name), Value::Str(media_type)] => {
                Value::File(Arc::new(FileValue { bytes: decode(bytes)?.into(), name: name.clone(), media_type: media_type.clone() }))
            }
            _ => return None,
        },
        ("$form", Value::List(parts)) => match parts.as_slice() {
            [Value::Str(method), Value::Str(action), Value::Str(enctype), fields, buttons] => Value::Form(Arc::new(FormValue {
                method: method.clone(),
                action: action.clone(),
                enctype: enctype.clone(),
                fields: pairs(fields)?,
                buttons: pairs(buttons)?,
            })),
            _ => return None,
        },
        _ => return None,
    })
}

fn pairs(value: &Value) -> Option<Vec<(EcoString, EcoString)>> {
    let Value::List(items) = value else {
        return None;
    };
    items.chunks(2).map(|pair| Some((pair.first()?.as_str()?.into(), pair.get(1)?.as_str()?.into()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_survives_the_transfer() {
        let file = FileValue { bytes: vec![0, 255].into(), name: "x".into(), media_type: "image/png".into() };
        for value in [
            Value::from_json(br#"{"a":[1,-2,1.5,"x",null,true,{}]}"#).unwrap(),
            Value::object([("$time", Value::from(1)), ("b", Value::object([("$object", Value::Null)]))]),
            Value::bytes(vec![0, 1, 255]),
            Value::Duration(-5),
            Value::Time(i128::from(i64::MAX) * 3),
            Value::File(Arc::new(file)),
            Value::list([Value::Time(1)]),
            Value::Absent,
            Value::from_json(b"[18446744073709551615,1.10,-0.1234567890123456789]").unwrap(),
        ] {
            let json = serde_json::to_string(&value).unwrap();
            let back: Value = serde_json::from_str(&json).unwrap();
            assert_eq!(back, value, "{json}");
            assert_eq!(back.type_name(), value.type_name());
            if matches!(value, Value::List(_)) {
                assert_eq!(back.to_json().ok(), value.to_json().ok());
            }
        }
        let form = FormValue {
            method: "POST".into(),
            action: "https://h.test/".into(),
            enctype: "text/plain".into(),
            fields: vec![("a".into(), "1".into())],
            buttons: vec![],
        };
        let json = serde_json::to_string(&Value::Form(Arc::new(form))).unwrap();
        let Value::Form(back) = serde_json::from_str(&json).unwrap() else { panic!() };
        assert_eq!((back.method.as_str(), back.fields[0].1.as_str()), ("POST", "1"));
        assert!(serde_json::from_str::<Value>(r#"{"$nope":1}"#).is_err());
    }
}

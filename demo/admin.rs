//! `/_demo`: administration of the server: its faults, its request counts, and paths whose response the request selects.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::call::{self, Route, route};
use crate::faults::Faults;
use crate::respond::{Answer, Wait, bad, empty, json_reply, redirect, reply, with};

type Call<'c> = call::Call<'c, ()>;

pub(crate) const ROUTES: &[Route<()>] = &[
    route("GET", "/faults", show_faults),
    route("PUT", "/faults", put_faults),
    route("DELETE", "/faults", clear_faults),
    route("GET", "/stats", show_stats),
    route("DELETE", "/stats", reset_stats),
    route("*", "/echo", echo),
    route("*", "/delay/{ms}", delay),
    route("*", "/status/{code}", status),
    route("*", "/redirect/{n}", redirects),
    route("GET", "/gzip", gzip),
];

fn show_faults(call: &Call<'_>) -> Answer {
    let faults = serde_json::to_value(&call.core.faults().0).unwrap_or_default();
    Ok(json_reply(StatusCode::OK, &faults))
}

fn put_faults(call: &Call<'_>) -> Answer {
    let faults: Faults = serde_json::from_slice(call.body).map_err(|error| bad(format!("invalid faults: {error}")))?;
    faults.check().map_err(bad)?;
    call.core.set_faults(faults);
    show_faults(call)
}

fn clear_faults(call: &Call<'_>) -> Answer {
    call.core.set_faults(Faults::default());
    Ok(empty(StatusCode::NO_CONTENT))
}

fn show_stats(call: &Call<'_>) -> Answer {
    Ok(json_reply(StatusCode::OK, &call.core.stats.show()))
}

fn reset_stats(call: &Call<'_>) -> Answer {
    call.core.stats.reset();
    Ok(empty(StatusCode::NO_CONTENT))
}

fn echo(call: &Call<'_>) -> Answer {
    let mut headers = Map::new();
    for (name, value) in &call.parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match headers.get_mut(name.as_str()) {
            Some(Value::String(held)) => *held = format!("{held}, {value}"),
            _ => drop(headers.insert(name.as_str().to_owned(), value.into())),
        }
    }
    let body = std::str::from_utf8(call.body);
    Ok(json_reply(
        StatusCode::OK,
        &json!({
            "method": call.parts.method.as_str(),
            "path": call.parts.uri.path(),
            "query": call.query(),
            "rawQuery": call.parts.uri.query(),
            "headers": headers,
            "body": body.ok(),
            "bodyHex": if body.is_err() { Some(hex::encode(call.body)) } else { None },
            "json": serde_json::from_slice::<Value>(call.body).ok(),
            "size": call.body.len(),
        }),
    ))
}

fn delay(call: &Call<'_>) -> Answer {
    let ms = call.param(0).parse::<u64>().ok().filter(|ms| *ms <= 60_000);
    let ms = ms.ok_or_else(|| bad(format!("{:?} is no delay; give milliseconds, at most 60000", call.param(0))))?;
    let mut reply = json_reply(StatusCode::OK, &json!({ "delay": ms }));
    reply.extensions_mut().insert(Wait(Duration::from_millis(ms)));
    Ok(reply)
}

fn status(call: &Call<'_>) -> Answer {
    let code = call.param(0).parse::<u16>().ok().filter(|code| (200..=599).contains(code));
    let status = code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or_else(|| bad(format!("{:?} is no status; give one from 200 to 599", call.param(0))))?;
    if matches!(status.as_u16(), 204 | 304) {
        return Ok(empty(status));
    }
    Ok(json_reply(status, &json!({ "status": status.as_u16() })))
}

fn redirects(call: &Call<'_>) -> Answer {
    match call.param(0).parse::<u32>() {
        Ok(0) => Ok(json_reply(StatusCode::OK, &json!({ "redirects": "done" }))),
        Ok(left) => Ok(redirect(StatusCode::FOUND, &format!("/_demo/redirect/{}", left - 1))),
        Err(_) => Err(bad(format!("{:?} is no number of redirects", call.param(0)))),
    }
}

fn gzip(_: &Call<'_>) -> Answer {
    let text = json!({ "gzipped": true, "text": "as it was before it was packed" }).to_string();
    let packed = reply(StatusCode::OK, "application/json", Bytes::from(pack(text.as_bytes())));
    Ok(with(packed, header::CONTENT_ENCODING, "gzip"))
}

/// A gzip member with one stored block: every reader accepts it, and it needs no compressor. Takes up to 65,535 bytes.
fn pack(data: &[u8]) -> Vec<u8> {
    let size = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let data = &data[..usize::from(size)];
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    packed.extend(size.to_le_bytes());
    packed.extend((!size).to_le_bytes());
    packed.extend(data);
    packed.extend(crc32(data).to_le_bytes());
    packed.extend(u32::from(size).to_le_bytes());
    packed
}

fn crc32(data: &[u8]) -> u32 {
    !data
        .iter()
        .fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }))
}

//! Registered names of HTTP fields. Under `keys camel` these are sent as registered, all others in camelCase.
//!
//! Source: IANA, "Hypertext Transfer Protocol (HTTP) Field Name Registry", <https://www.iana.org/assignments/http-fields>, names of every
//! status (permanent, provisional, deprecated, obsoleted) as registered by 2025.

/// The registered spelling of the header that a key names: `content_type`, in any case, is `Content-Type`.
pub(super) fn registered(key: &str) -> Option<&'static str> {
    let alike = |name: &str| {
        name.len() == key.len() && name.bytes().zip(key.bytes()).all(|(a, b)| a.eq_ignore_ascii_case(&b) || (a == b'-' && b == b'_'))
    };
    NAMES.lines().flat_map(str::split_whitespace).find(|name| alike(name))
}

const NAMES: &str = "\
A-IM Accept Accept-Additions Accept-CH Accept-Charset Accept-Datetime Accept-Encoding Accept-Features Accept-Language Accept-Patch
Accept-Post Accept-Query Accept-Ranges Accept-Signature Access-Control Access-Control-Allow-Credentials Access-Control-Allow-Headers
Access-Control-Allow-Methods Access-Control-Allow-Origin Access-Control-Expose-Headers Access-Control-Max-Age
Access-Control-Request-Headers Access-Control-Request-Method Activate-Storage-Access Age Allow ALPN Alt-Svc Alt-Used Alternates
AMP-Cache-Transform Apply-To-Redirect-Ref Authentication-Control Authentication-Info Authorization Available-Dictionary
C-Ext C-Man C-Opt C-PEP C-PEP-Info Cache-Control Cache-Status Cal-Managed-ID CalDAV-Timezones Capsule-Protocol CDN-Cache-Control CDN-Loop
Cert-Not-After Cert-Not-Before Clear-Site-Data Client-Cert Client-Cert-Chain Close CMCD-Object CMCD-Request CMCD-Session CMCD-Status
CMSD-Dynamic CMSD-Static Concealed-Auth-Export Configuration-Context Connection Content-Base Content-Digest Content-Disposition
Content-Encoding Content-ID Content-Language Content-Length Content-Location Content-MD5 Content-Range Content-Script-Type
Content-Security-Policy Content-Security-Policy-Report-Only Content-Style-Type Content-Type Content-Version Cookie Cookie2
Cross-Origin-Embedder-Policy Cross-Origin-Embedder-Policy-Report-Only Cross-Origin-Opener-Policy Cross-Origin-Opener-Policy-Report-Only
Cross-Origin-Resource-Policy CTA-Common-Access-Token DASL Date DAV Default-Style Delta-Base Deprecation Depth Derived-From Destination
Detached-JWS Dictionary-ID Differential-ID Digest DPoP DPoP-Nonce Early-Data EDIINT-Features ETag Expect Expect-CT Expires Ext
Forwarded From GetProfile Hobareg Host HTTP2-Settings If If-Match If-Modified-Since If-None-Match If-Range If-Schedule-Tag-Match
If-Unmodified-Since IM Include-Referred-Token-Binding-ID Isolation Keep-Alive Label Last-Event-ID Last-Modified Link Link-Template
Location Lock-Token Man Max-Forwards Memento-Datetime Meter Method-Check Method-Check-Expires MIME-Version Negotiate NEL
No-Vary-Search OData-EntityId OData-Isolation OData-MaxVersion OData-Version Opt Optional-WWW-Authenticate Ordering-Type Origin
Origin-Agent-Cluster OSCORE OSLC-Core-Version Overwrite P3P PEP PEP-Info Permissions-Policy PICS-Label Ping-From Ping-To Position
Pragma Prefer Preference-Applied Priority ProfileObject Protocol Protocol-Info Protocol-Query Protocol-Request Proxy-Authenticate
Proxy-Authentication-Info Proxy-Authorization Proxy-Features Proxy-Instruction Proxy-Status Public Public-Key-Pins
Public-Key-Pins-Report-Only Range Redirect-Ref Referer Referer-Root Referrer-Policy Refresh Repeatability-Client-ID
Repeatability-First-Sent Repeatability-Request-ID Repeatability-Result Replay-Nonce Reporting-Endpoints Repr-Digest Retry-After Safe
Schedule-Reply Schedule-Tag Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-Storage-Access Sec-Fetch-User Sec-GPC Sec-Purpose
Sec-Token-Binding Sec-WebSocket-Accept Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version
Security-Scheme Server Server-Timing Set-Cookie Set-Cookie2 SetProfile Signature Signature-Input SLUG SoapAction Status-URI
Strict-Transport-Security Sunset Surrogate-Capability Surrogate-Control TCN TE Timeout Timing-Allow-Origin Topic Traceparent
Tracestate Trailer Transfer-Encoding TTL Upgrade Urgency URI Use-As-Dictionary User-Agent Variant-Vary Vary Via Want-Content-Digest
Want-Digest Want-Repr-Digest Warning WWW-Authenticate X-Content-Type-Options X-Frame-Options";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_registered_fields_in_any_case() {
        for (key, name) in [
            ("content_type", "Content-Type"),
            ("Content_Type", "Content-Type"),
            ("accept", "Accept"),
            ("etag", "ETag"),
            ("www_authenticate", "WWW-Authenticate"),
            ("x_frame_options", "X-Frame-Options"),
            ("traceparent", "Traceparent"),
        ] {
            assert_eq!(registered(key), Some(name));
        }
        for key in ["adf_id", "x_request_id", "contenttype", "content", ""] {
            assert_eq!(registered(key), None, "{key}");
        }
    }

    #[test]
    fn every_name_is_a_token_and_unique() {
        let names: Vec<&str> = NAMES.split_whitespace().collect();
        assert!(names.len() > 230, "{}", names.len());
        let sorted = |name: &&str| name.to_ascii_lowercase();
        assert!(names.windows(2).all(|pair| sorted(&pair[0]) < sorted(&pair[1])), "they are in order, each once");
        assert!(names.iter().all(|name| crate::check::expr::key_spelling::is_header_name(name)));
    }
}

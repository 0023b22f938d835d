//! What a variable or a function within a placeholder of another tool means.

/// The equivalent of a variable of Postman, Hurl or Artillery; other names stay.
pub(super) fn dynamic(inside: &str) -> &str {
    let name = match inside {
        "newUuid" => return "uuid()",
        "newDate" => return "now()",
        _ => inside.strip_prefix('$'),
    };
    let Some(name) = name else { return inside };
    if name.starts_with("processEnvironment.") || name.starts_with("env.") {
        return "env.some.key";
    }
    match name {
        "uuid" => "uuid()",
        "loopCount" | "loopElement" => "i",
        "testId" => "test.id",
        "guid" | "randomUUID" => "uuid()",
        "timestamp" => "unix(now())",
        "isoTimestamp" => "now()",
        "randomInt" => "random(0, 1000)",
        "randomAlphaNumeric" => "random_string(1)",
        "randomBoolean" => "chance(0.5)",
        "randomFirstName" => "fake.first_name()",
        "randomLastName" => "fake.last_name()",
        "randomFullName" => "fake.name()",
        "randomUserName" => "fake.user_name()",
        "randomEmail" | "randomExampleEmail" => "fake.email()",
        "randomPassword" => "fake.password()",
        "randomPhoneNumber" => "fake.phone()",
        "randomCity" => "fake.city()",
        "randomCountry" => "fake.country()",
        "randomCompanyName" => "fake.company()",
        "randomUrl" => "fake.url()",
        "randomIP" => "fake.ipv4()",
        "randomIPV6" => "fake.ipv6()",
        "randomColor" => "fake.color()",
        "randomWord" => "fake.word()",
        other => other,
    }
}

/// The fix for a function of JMeter or Gatling within a placeholder.
pub(super) fn of_tool(inside: &str) -> Option<String> {
    let name = &inside[..inside.find('(').unwrap_or(inside.len())];
    let args = inside[name.len()..].trim_start_matches('(').trim_end_matches(')');
    let is_tool = name.starts_with("__") || name.len() < inside.len() && !name.contains('.');
    let meant =
        || crate::foreign::value(None, name).filter(|_| name.starts_with("__")).or_else(|| crate::foreign::call(None, name, args, "shop"));
    is_tool.then(meant).flatten()
}

//! Words of documents: titles, short names, plurals, and sample values for names.

/// A function of the language that generates a value suitable for a property of this name.
pub(crate) fn fake(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Some(match plain.as_str() {
        "email" | "emailaddress" | "mail" | "useremail" => "fake.email()",
        "firstname" | "givenname" | "fname" => "fake.first_name()",
        "lastname" | "surname" | "familyname" | "lname" => "fake.last_name()",
        "name" | "fullname" | "displayname" => "fake.name()",
        "username" | "login" | "nickname" => "fake.user_name()",
        "password" => "fake.password()",
        "phone" | "phonenumber" | "telephone" | "mobile" => "fake.phone()",
        "street" | "streetaddress" | "address" | "address1" | "addressline1" => "fake.street()",
        "city" | "town" => "fake.city()",
        "zip" | "zipcode" | "postcode" | "postalcode" => "fake.postcode()",
        "company" | "companyname" | "organization" => "fake.company()",
        "jobtitle" => "fake.job()",
        "description" | "comment" | "note" | "summary" => "fake.sentence()",
        "title" | "subject" => "fake.words()",
        _ => return None,
    })
}

/// The singular of an English plural; other names stay as they are.
pub(crate) fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "zes"] {
        if name.ends_with(ending) {
            return name[..name.len() - 2].to_owned();
        }
    }
    match name.strip_suffix('s') {
        Some(one) if one.len() > 2 && !one.ends_with(['s', 'u', 'i']) => one.to_owned(),
        _ => name.to_owned(),
    }
}

/// Converts an identifier to a title: `listPets` becomes `List pets`.
pub(crate) fn title(name: &str) -> String {
    let words = crate::names::snake(name).replace('_', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A name in a normalized form: `petId`, `pet_id` and `PetID` are equal.
pub(crate) fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Joins a text into one line, with single spaces.
pub(crate) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A title without its number and its apostrophes: `01 - Anna's pets` becomes `Annas pets`.
pub(crate) fn unnumbered(title: &str) -> String {
    let plain = title.replace(['\'', '’'], "");
    let rest = plain.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches([' ', '.', '-', '_', ')', ':']);
    if rest.is_empty() { plain } else { rest.to_owned() }
}

/// A message in lower case, for the text after a colon.
pub(crate) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A short name for an api: the distinctive words of its title, or those of its file.
pub(crate) fn api(title: &str, file: &str) -> String {
    const EMPTY: [&str; 16] = [
        "api",
        "apis",
        "openapi",
        "swagger",
        "rest",
        "the",
        "a",
        "an",
        "of",
        "for",
        "and",
        "v",
        "public",
        "specification",
        "service",
        "web",
    ];
    let kept = |text: &str| -> Vec<String> {
        let words = crate::names::snake(text);
        let says = |word: &&str| !EMPTY.contains(word) && !word.trim_start_matches('v').chars().all(|c| c.is_ascii_digit());
        words.split('_').filter(says).take(2).map(str::to_owned).collect()
    };
    // The text after a dash or a colon is only a description.
    let first = [" - ", " – ", " — ", ": ", " (", " | "].iter().filter_map(|mark| title.find(mark)).min().map_or(title, |at| &title[..at]);
    let found = [first, title, file.split('.').next().unwrap_or_default()].into_iter().map(kept).find(|words| !words.is_empty());
    let words = found.unwrap_or_default();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_become_singulars() {
        for (plural, one) in [("pets", "pet"), ("addresses", "address"), ("companies", "company"), ("status", "status"), ("boxes", "box")] {
            assert_eq!(singular(plural), one);
        }
    }

    #[test]
    fn api_is_named_by_the_distinctive_words_of_its_title() {
        for (title, file, name) in [
            ("Swagger Petstore - OpenAPI 3.0", "a.yaml", "petstore"),
            ("The API", "shop-v2.yaml", "shop"),
            ("Redocly Museum API", "a.yaml", "redocly museum"),
        ] {
            assert_eq!(api(title, file), name);
        }
    }
}

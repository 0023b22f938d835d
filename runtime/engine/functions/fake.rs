//! `fake.name()` and similar functions: plausible invented data from small lists. The same seed gives the same data.

use ecow::EcoString;

use super::fake_lists::{AGENTS, CITIES, COLORS, COMPANIES, COUNTRIES, FIRST, FORMS, JOBS, LAST, STREETS, WORDS};
use super::random::Rng;
use crate::value::{Eval, Value};

/// The names of all `fake` functions.
pub const NAMES: &[&str] = &[
    "name",
    "first_name",
    "last_name",
    "email",
    "user_name",
    "password",
    "phone",
    "street",
    "city",
    "country",
    "country_code",
    "postcode",
    "company",
    "job",
    "word",
    "words",
    "sentence",
    "paragraph",
    "url",
    "domain",
    "ipv4",
    "ipv6",
    "user_agent",
    "color",
    "date",
    "iban",
    "credit_card",
];

fn text(text: impl Into<EcoString>) -> Eval {
    Ok(Value::Str(text.into()))
}

fn digits(rng: &Rng, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + digit(rng))).collect()
}

fn digit(rng: &Rng) -> u8 {
    u8::try_from(rng.below(10)).unwrap_or(0)
}

/// `fake.name()`: first and last name.
pub fn name(rng: &Rng) -> Eval {
    text(format!("{} {}", rng.pick(FIRST), rng.pick(LAST)))
}

/// `fake.first_name()`
pub fn first_name(rng: &Rng) -> Eval {
    text(rng.pick(FIRST))
}

/// `fake.last_name()`
pub fn last_name(rng: &Rng) -> Eval {
    text(rng.pick(LAST))
}

fn handle(rng: &Rng) -> String {
    let (first, last) = (rng.pick(FIRST).to_lowercase(), rng.pick(LAST).to_lowercase());
    format!("{first}.{last}{}", rng.below(100_000))
}

/// `fake.email()`: at a domain that RFC 2606 reserves for examples, so that nobody gets mail.
pub fn email(rng: &Rng) -> Eval {
    text(format!("{}@example.{}", handle(rng), rng.pick(&["com", "org", "net"])))
}

/// `fake.user_name()`
pub fn user_name(rng: &Rng) -> Eval {
    text(handle(rng))
}

/// `fake.password()`: 16 characters with a capital and a small letter, a digit and a sign.
pub fn password(rng: &Rng) -> Eval {
    let Value::Str(mut word) = super::random_string(rng, &Value::Int(12), None)? else {
        return text("");
    };
    for set in ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!#$%*+-_"] {
        let place = rng.place(set.len());
        word.push_str(&set[place..=place]);
    }
    text(word)
}

/// `fake.phone()`: a number from the range that is reserved for fiction.
pub fn phone(rng: &Rng) -> Eval {
    text(format!("+1-{}-555-01{}", rng.between(201, 989), digits(rng, 2)))
}

/// `fake.street()`: with a house number.
pub fn street(rng: &Rng) -> Eval {
    text(format!("{} {}", rng.between(1, 250), rng.pick(STREETS)))
}

/// `fake.city()`
pub fn city(rng: &Rng) -> Eval {
    text(rng.pick(CITIES))
}

/// `fake.country()`
pub fn country(rng: &Rng) -> Eval {
    text(COUNTRIES[rng.place(COUNTRIES.len())].0)
}

/// `fake.country_code()`: two letters of ISO 3166.
pub fn country_code(rng: &Rng) -> Eval {
    text(COUNTRIES[rng.place(COUNTRIES.len())].1)
}

/// `fake.postcode()`: five digits.
pub fn postcode(rng: &Rng) -> Eval {
    text(format!("{}{}", rng.between(1, 9), digits(rng, 4)))
}

/// `fake.company()`
pub fn company(rng: &Rng) -> Eval {
    text(format!("{} {}", rng.pick(COMPANIES), rng.pick(FORMS)))
}

/// `fake.job()`
pub fn job(rng: &Rng) -> Eval {
    text(rng.pick(JOBS))
}

/// `fake.color()`
pub fn color(rng: &Rng) -> Eval {
    text(rng.pick(COLORS))
}

/// `fake.word()`
pub fn word(rng: &Rng) -> Eval {
    text(rng.pick(WORDS))
}

fn some_words(rng: &Rng, least: i64, most: i64) -> String {
    let words: Vec<&str> = (0..rng.between(least, most)).map(|_| rng.pick(WORDS)).collect();
    words.join(" ")
}

/// `fake.words()`: three words.
pub fn words(rng: &Rng) -> Eval {
    text(some_words(rng, 3, 3))
}

fn one_sentence(rng: &Rng) -> String {
    let words = some_words(rng, 5, 12);
    format!("{}{}.", words[..1].to_uppercase(), &words[1..])
}

/// `fake.sentence()`
pub fn sentence(rng: &Rng) -> Eval {
    text(one_sentence(rng))
}

/// `fake.paragraph()`: three to six sentences.
pub fn paragraph(rng: &Rng) -> Eval {
    let sentences: Vec<String> = (0..rng.between(3, 6)).map(|_| one_sentence(rng)).collect();
    text(sentences.join(" "))
}

fn host(rng: &Rng) -> String {
    format!("{}-{}.example.{}", rng.pick(WORDS), rng.pick(WORDS), rng.pick(&["com", "org", "net"]))
}

/// `fake.domain()`
pub fn domain(rng: &Rng) -> Eval {
    text(host(rng))
}

/// `fake.url()`
pub fn url(rng: &Rng) -> Eval {
    text(format!("https://{}/{}/{}", host(rng), rng.pick(WORDS), rng.below(10_000)))
}

/// `fake.ipv4()`: a private address of 10.0.0.0/8.
pub fn ipv4(rng: &Rng) -> Eval {
    text(format!("10.{}.{}.{}", rng.below(256), rng.below(256), rng.between(1, 254)))
}

/// `fake.ipv6()`: an address of 2001:db8::/32, which is reserved for documentation.
pub fn ipv6(rng: &Rng) -> Eval {
    let groups: Vec<String> = (0..6).map(|_| format!("{:x}", rng.below(0x1_0000))).collect();
    text(format!("2001:db8:{}", groups.join(":")))
}

/// `fake.user_agent()`
pub fn user_agent(rng: &Rng) -> Eval {
    text(rng.pick(AGENTS))
}

/// `fake.date()`: a plausible birthday between 1950 and 2005: `1987-04-23`.
pub fn date(rng: &Rng) -> Eval {
    text(format!("{}-{:02}-{:02}", rng.between(1950, 2005), rng.between(1, 12), rng.between(1, 28)))
}

/// `fake.iban()`: a German one with valid check digits.
pub fn iban(rng: &Rng) -> Eval {
    let account = digits(rng, 18);
    // ISO 7064: the letters DE become 1314, and the check digits are 00 during the computation.
    let rest = format!("{account}131400").bytes().fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    text(format!("DE{:02}{account}", 98 - rest))
}

/// `fake.credit_card()`: sixteen digits with a valid check digit.
pub fn credit_card(rng: &Rng) -> Eval {
    let mut number = format!("4{}", digits(rng, 14));
    let sum: u32 = number.bytes().rev().enumerate().map(|(i, c)| luhn(u32::from(c - b'0'), i % 2 == 0)).sum();
    number.push(char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0'));
    text(number)
}

fn luhn(digit: u32, doubled: bool) -> u32 {
    match (doubled, digit * 2) {
        (false, _) => digit,
        (true, twice) if twice > 9 => twice - 9,
        (true, twice) => twice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fake_data_repeats_and_is_well_formed() {
        let all: [fn(&Rng) -> Eval; 27] = [
            name,
            first_name,
            last_name,
            email,
            user_name,
            password,
            phone,
            street,
            city,
            country,
            country_code,
            postcode,
            company,
            job,
            word,
            words,
            sentence,
            paragraph,
            url,
            domain,
            ipv4,
            ipv6,
            user_agent,
            color,
            date,
            iban,
            credit_card,
        ];
        assert_eq!(all.len(), NAMES.len());
        for make in all {
            let (a, b) = (make(&Rng::new(7, 1)).unwrap(), make(&Rng::new(7, 1)).unwrap());
            assert_eq!(a, b);
            assert!(a.as_str().is_some_and(|text| !text.is_empty()));
        }
        let rng = Rng::new(1, 1);
        for _ in 0..200 {
            let card = credit_card(&rng).unwrap();
            let sum: u32 = card.as_str().unwrap().bytes().rev().enumerate().map(|(i, c)| luhn(u32::from(c - b'0'), i % 2 == 1)).sum();
            assert_eq!(sum % 10, 0, "{card:?}");
            let iban = iban(&rng).unwrap();
            let iban = iban.as_str().unwrap();
            let check = format!("{}1314{}", &iban[4..], &iban[2..4]).bytes().fold(0, |r, d| (r * 10 + u32::from(d - b'0')) % 97);
            assert_eq!(check, 1, "{iban}");
            assert!(ipv6(&rng).unwrap().as_str().unwrap().parse::<std::net::Ipv6Addr>().is_ok());
        }
    }
}

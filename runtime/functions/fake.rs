//! `fake.name()` and its sisters: plausible made-up data from small lists, the same for the same seed.

use ecow::EcoString;

use super::random::Rng;
use crate::value::{Eval, Value};

const FIRST: &[&str] = &[
    "Ada", "Alan", "Amara", "Anna", "Aylin", "Ben", "Carlos", "Chen", "Chloe", "Daniel", "Diego",
    "Elena", "Emma", "Erik", "Fatima", "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jack",
    "James", "Julia", "Kenji", "Lena", "Leo", "Lucia", "Maria", "Marta", "Max", "Mei", "Mia",
    "Mohamed", "Nadia", "Nina", "Noah", "Nora", "Oliver", "Olivia", "Omar", "Oscar", "Paula",
    "Priya", "Rosa", "Samuel", "Sara", "Sofia", "Tomas", "Yuki",
];
const LAST: &[&str] = &[
    "Adams",
    "Ali",
    "Andersson",
    "Bauer",
    "Becker",
    "Brown",
    "Chen",
    "Costa",
    "Davies",
    "Diaz",
    "Dubois",
    "Evans",
    "Fischer",
    "Garcia",
    "Gomez",
    "Haddad",
    "Hansen",
    "Hoffmann",
    "Ito",
    "Jansen",
    "Johnson",
    "Kaya",
    "Khan",
    "Kim",
    "Kowalski",
    "Larsen",
    "Lee",
    "Lopez",
    "Martin",
    "Meyer",
    "Moreau",
    "Moretti",
    "Muller",
    "Nguyen",
    "Novak",
    "Okafor",
    "Olsen",
    "Patel",
    "Petrov",
    "Popescu",
    "Rossi",
    "Santos",
    "Sato",
    "Schmidt",
    "Silva",
    "Singh",
    "Smith",
    "Tanaka",
    "Weber",
    "Wilson",
];
const STREETS: &[&str] = &[
    "Oak Street",
    "Maple Avenue",
    "Station Road",
    "High Street",
    "Park Lane",
    "Mill Road",
    "Church Street",
    "Lake View",
    "River Road",
    "Elm Street",
    "Cedar Drive",
    "Hill Street",
    "Garden Way",
    "School Lane",
    "King Street",
    "Bridge Street",
    "Forest Road",
    "Harbour Street",
];
const CITIES: &[&str] = &[
    "Amsterdam",
    "Athens",
    "Austin",
    "Barcelona",
    "Berlin",
    "Boston",
    "Chicago",
    "Copenhagen",
    "Denver",
    "Dublin",
    "Geneva",
    "Hamburg",
    "Helsinki",
    "Lima",
    "Lisbon",
    "London",
    "Lyon",
    "Madrid",
    "Milan",
    "Montreal",
    "Nairobi",
    "Osaka",
    "Oslo",
    "Paris",
    "Porto",
    "Prague",
    "Rome",
    "Seattle",
    "Seoul",
    "Stockholm",
    "Sydney",
    "Tokyo",
    "Toronto",
    "Vienna",
    "Warsaw",
    "Zurich",
];
const COUNTRIES: &[(&str, &str)] = &[
    ("Argentina", "AR"),
    ("Australia", "AU"),
    ("Austria", "AT"),
    ("Belgium", "BE"),
    ("Brazil", "BR"),
    ("Canada", "CA"),
    ("Chile", "CL"),
    ("Denmark", "DK"),
    ("Finland", "FI"),
    ("France", "FR"),
    ("Germany", "DE"),
    ("Greece", "GR"),
    ("India", "IN"),
    ("Ireland", "IE"),
    ("Italy", "IT"),
    ("Japan", "JP"),
    ("Kenya", "KE"),
    ("Mexico", "MX"),
    ("Netherlands", "NL"),
    ("Norway", "NO"),
    ("Poland", "PL"),
    ("Portugal", "PT"),
    ("Spain", "ES"),
    ("Sweden", "SE"),
    ("Switzerland", "CH"),
    ("United Kingdom", "GB"),
    ("United States", "US"),
];
const COMPANIES: &[&str] = &[
    "Northwind",
    "Bluebird",
    "Silverline",
    "Oakridge",
    "Brightway",
    "Redstone",
    "Clearwater",
    "Summit",
    "Harbor",
    "Evergreen",
    "Lighthouse",
    "Pinnacle",
    "Riverside",
    "Starfield",
    "Copper Hill",
    "Greenfield",
];
const FORMS: &[&str] = &[
    "Ltd",
    "Inc",
    "GmbH",
    "Group",
    "Systems",
    "Logistics",
    "Foods",
    "Labs",
    "Media",
    "Energy",
    "Partners",
    "Works",
];
const JOBS: &[&str] = &[
    "Accountant",
    "Analyst",
    "Architect",
    "Baker",
    "Carpenter",
    "Chemist",
    "Dentist",
    "Designer",
    "Developer",
    "Driver",
    "Editor",
    "Electrician",
    "Engineer",
    "Gardener",
    "Lawyer",
    "Manager",
    "Mechanic",
    "Nurse",
    "Pharmacist",
    "Photographer",
    "Pilot",
    "Teacher",
    "Technician",
    "Translator",
];
const COLORS: &[&str] = &[
    "black", "blue", "brown", "cyan", "gold", "gray", "green", "lime", "navy", "orange", "pink",
    "purple", "red", "silver", "teal", "white", "yellow",
];
const WORDS: &[&str] = &[
    "about", "above", "apple", "autumn", "bridge", "bright", "bring", "calm", "carry", "change",
    "clear", "cloud", "coast", "corner", "deep", "distance", "door", "early", "east", "evening",
    "every", "field", "find", "first", "follow", "forest", "garden", "gentle", "glass", "green",
    "harbor", "hill", "house", "island", "journey", "keep", "lake", "large", "later", "leaf",
    "letter", "light", "little", "long", "market", "meadow", "mild", "morning", "mountain",
    "never", "night", "north", "ocean", "often", "open", "orange", "paper", "path", "people",
    "plain", "quiet", "rain", "river", "road", "round", "season", "second", "shadow", "shore",
    "silver", "simple", "small", "smooth", "snow", "south", "spring", "stone", "story", "street",
    "summer", "table", "tall", "tower", "train", "travel", "tree", "under", "valley", "village",
    "walk", "warm", "water", "west", "white", "wide", "wind", "window", "winter", "wonder", "wood",
    "yellow", "young",
];
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
];

/// Every `fake.X()`, for whoever needs their names.
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
    let (first, last) = (
        rng.pick(FIRST).to_lowercase(),
        rng.pick(LAST).to_lowercase(),
    );
    format!("{first}.{last}{}", rng.below(100_000))
}

/// `fake.email()`: at a domain that RFC 2606 keeps for examples, so nobody gets mail.
pub fn email(rng: &Rng) -> Eval {
    text(format!(
        "{}@example.{}",
        handle(rng),
        rng.pick(&["com", "org", "net"])
    ))
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
    for set in [
        "ABCDEFGHJKLMNPQRSTUVWXYZ",
        "abcdefghijkmnopqrstuvwxyz",
        "23456789",
        "!#$%*+-_",
    ] {
        let place = rng.place(set.len());
        word.push_str(&set[place..=place]);
    }
    text(word)
}

/// `fake.phone()`: a number of the range kept for fiction.
pub fn phone(rng: &Rng) -> Eval {
    text(format!(
        "+1-{}-555-01{}",
        rng.between(201, 989),
        digits(rng, 2)
    ))
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
    let words: Vec<&str> = (0..rng.between(least, most))
        .map(|_| rng.pick(WORDS))
        .collect();
    words.join(" ")
}

/// `fake.words()`: three.
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
    format!(
        "{}-{}.example.{}",
        rng.pick(WORDS),
        rng.pick(WORDS),
        rng.pick(&["com", "org", "net"])
    )
}

/// `fake.domain()`
pub fn domain(rng: &Rng) -> Eval {
    text(host(rng))
}

/// `fake.url()`
pub fn url(rng: &Rng) -> Eval {
    text(format!(
        "https://{}/{}/{}",
        host(rng),
        rng.pick(WORDS),
        rng.below(10_000)
    ))
}

/// `fake.ipv4()`: of 10.0.0.0/8, so it is nobody's.
pub fn ipv4(rng: &Rng) -> Eval {
    text(format!(
        "10.{}.{}.{}",
        rng.below(256),
        rng.below(256),
        rng.between(1, 254)
    ))
}

/// `fake.ipv6()`: of the documentation's 2001:db8::/32.
pub fn ipv6(rng: &Rng) -> Eval {
    let groups: Vec<String> = (0..6)
        .map(|_| format!("{:x}", rng.below(0x1_0000)))
        .collect();
    text(format!("2001:db8:{}", groups.join(":")))
}

/// `fake.user_agent()`
pub fn user_agent(rng: &Rng) -> Eval {
    text(rng.pick(AGENTS))
}

/// `fake.date()`: between 1950 and 2005, as in a birthday: `1987-04-23`.
pub fn date(rng: &Rng) -> Eval {
    text(format!(
        "{}-{:02}-{:02}",
        rng.between(1950, 2005),
        rng.between(1, 12),
        rng.between(1, 28)
    ))
}

/// `fake.iban()`: German, with right check digits.
pub fn iban(rng: &Rng) -> Eval {
    let account = digits(rng, 18);
    // ISO 7064: DE is 1314, the check digits are still 00.
    let rest = format!("{account}131400")
        .bytes()
        .fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    text(format!("DE{:02}{account}", 98 - rest))
}

/// `fake.credit_card()`: sixteen digits with a right check digit.
pub fn credit_card(rng: &Rng) -> Eval {
    let mut number = format!("4{}", digits(rng, 14));
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, c)| luhn(u32::from(c - b'0'), i % 2 == 0))
        .sum();
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
    fn repeats_and_is_well_formed() {
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
            let (a, b) = (
                make(&Rng::new(7, 1)).unwrap(),
                make(&Rng::new(7, 1)).unwrap(),
            );
            assert_eq!(a, b);
            assert!(a.as_str().is_some_and(|text| !text.is_empty()));
        }
        let rng = Rng::new(1, 1);
        for _ in 0..200 {
            let card = credit_card(&rng).unwrap();
            let sum: u32 = card
                .as_str()
                .unwrap()
                .bytes()
                .rev()
                .enumerate()
                .map(|(i, c)| luhn(u32::from(c - b'0'), i % 2 == 1))
                .sum();
            assert_eq!(sum % 10, 0, "{card:?}");
            let iban = iban(&rng).unwrap();
            let iban = iban.as_str().unwrap();
            let check = format!("{}1314{}", &iban[4..], &iban[2..4])
                .bytes()
                .fold(0, |r, d| (r * 10 + u32::from(d - b'0')) % 97);
            assert_eq!(check, 1, "{iban}");
            assert!(
                ipv6(&rng)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .parse::<std::net::Ipv6Addr>()
                    .is_ok()
            );
        }
    }
}

//! The table of the language's functions: name, parameters, result and a line of documentation for each. The checker, completion and the
//! language reference all read it.

use crate::check::types::Kinds;
use crate::model::Type;

/// A function of the language.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub params: &'static [FunctionParam],
    /// The type of its result.
    pub gives: ResultType,
    /// A line of documentation.
    pub doc: &'static str,
}

/// A parameter of a function.
#[derive(Debug)]
pub struct FunctionParam {
    /// Its name, by which an argument may be given.
    pub name: &'static str,
    /// The kinds of value that it takes.
    pub kinds: Kinds,
    /// Whether it is required.
    pub need: Need,
}

/// Whether a parameter is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It is required.
    Required,
    /// It is optional. `Const::Absent` replaces an omitted argument.
    Optional,
    /// It takes one or more arguments.
    Variadic,
}

/// The type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// Always this kind.
    Plain(Plain),
    /// The type of the first argument.
    Same,
    /// The type of the items of the first argument.
    Item,
    /// A number: int if all arguments are ints, else float. Durations stay durations.
    Numeric,
    /// The type of the items of one list, or of the arguments.
    Extreme,
    /// A list of strings.
    Strings,
    /// An object.
    Object,
    /// The type of the first argument, with its keys in camelCase.
    Camel,
    /// Known only while the test runs.
    Any,
}

/// A type without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its type")]
pub enum Plain {
    String,
    Int,
    Float,
    Bool,
    Time,
    Bytes,
}

impl From<Plain> for Type {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::String => Self::String,
            Plain::Int => Self::Int,
            Plain::Float => Self::Float,
            Plain::Bool => Self::Bool,
            Plain::Time => Self::Time,
            Plain::Bytes => Self::Bytes,
        }
    }
}

macro_rules! need {
    () => {
        Need::Required
    };
    (?) => {
        Need::Optional
    };
    (*) => {
        Need::Variadic
    };
}

macro_rules! functions {
    ($($name:literal ($($param:ident $(($mark:tt))?: $kinds:expr),*) => $gives:expr, $doc:literal;)*) => {
        /// All functions, ordered by name within their groups.
        pub static FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            params: &[$(FunctionParam { name: stringify!($param), kinds: $kinds, need: need!($($mark)?) },)*],
            gives: $gives,
            doc: $doc,
        },)*];
    };
}

const SPAN: Kinds = Kinds::NUMBER.or(Kinds::DURATION);
const SEQ: Kinds = Kinds::LIST.or(Kinds::STRING);
const SIZED: Kinds = Kinds::TEXT.or(Kinds::LIST).or(Kinds::OBJECT);
const HOLDER: Kinds = Kinds::STRING.or(Kinds::LIST).or(Kinds::OBJECT);
const ORDERED: Kinds = SPAN.or(Kinds::STRING).or(Kinds::TIME).or(Kinds::LIST);
const STR: ResultType = ResultType::Plain(Plain::String);
const INT: ResultType = ResultType::Plain(Plain::Int);
const BOOL: ResultType = ResultType::Plain(Plain::Bool);
const BYTES: ResultType = ResultType::Plain(Plain::Bytes);
const TIME: ResultType = ResultType::Plain(Plain::Time);

functions! {
    "random"(a: SPAN, b: SPAN) => ResultType::Numeric, "a random number or duration from a to b, both included";
    "chance"(p: Kinds::NUMBER) => BOOL, "true with probability p, from 0 to 1";
    "one_of"(xs: Kinds::LIST) => ResultType::Item, "one of the items, at random";
    "sample"(xs: Kinds::LIST, n: Kinds::INT) => ResultType::Same, "up to n different items, in random order";
    "random_string"(n: Kinds::INT, alphabet(?): Kinds::STRING) => STR, "n random characters, A-Za-z0-9 unless an alphabet is given";
    "uuid"() => STR, "a random UUID";
    "now"() => TIME, "the current instant";
    "unix"(t: Kinds::TIME) => INT, "seconds since 1970";
    "unix_ms"(t: Kinds::TIME) => INT, "milliseconds since 1970";
    "format_time"(t: Kinds::TIME, format: Kinds::STRING) => STR, "the instant in UTC, by a strftime format";
    "parse_time"(s: Kinds::STRING, format(?): Kinds::STRING) => TIME, "the instant that a string describes, in RFC 3339 unless a format is given";
    "len"(x: SIZED) => INT, "the number of characters, items, members or bytes";
    "first"(xs: SEQ) => ResultType::Item, "the first item or character";
    "last"(xs: SEQ) => ResultType::Item, "the last item or character";
    "keys"(x: Kinds::OBJECT) => ResultType::Strings, "the object's keys";
    "merge"(objects(*): Kinds::OBJECT) => ResultType::Object, "one object with all members; later ones override earlier ones";
    "camel"(x: Kinds::LIST.or(Kinds::OBJECT)) => ResultType::Camel, "the value with the keys of all objects in it in camelCase, as `keys camel` spells them";
    "without"(x: Kinds::LIST.or(Kinds::OBJECT), y: Kinds::ANY) => ResultType::Same, "the list without items equal to y, the object without key(s) y";
    "join"(xs: Kinds::LIST, sep(?): Kinds::STRING) => STR, "the items joined to one string";
    "split"(s: Kinds::STRING, sep: Kinds::STRING) => ResultType::Strings, "the parts between separators";
    "replace"(s: Kinds::STRING, from: Kinds::STRING, to: Kinds::STRING) => STR, "the string with each `from` replaced";
    "trim"(s: Kinds::STRING) => STR, "the string without white space at its ends";
    "upper"(s: Kinds::STRING) => STR, "the string in upper case";
    "lower"(s: Kinds::STRING) => STR, "the string in lower case";
    "contains"(x: HOLDER, y: Kinds::ANY) => BOOL, "whether x contains the substring, item or key y";
    "starts_with"(s: Kinds::STRING, part: Kinds::STRING) => BOOL, "whether the string starts with the part";
    "ends_with"(s: Kinds::STRING, part: Kinds::STRING) => BOOL, "whether the string ends with the part";
    "min"(xs(*): ORDERED) => ResultType::Extreme, "the least of the arguments, or of one list";
    "max"(xs(*): ORDERED) => ResultType::Extreme, "the greatest of the arguments, or of one list";
    "sum"(xs: Kinds::LIST) => ResultType::Item, "the sum of a list of numbers";
    "floor"(x: Kinds::NUMBER) => INT, "the largest whole number not greater than x";
    "ceil"(x: Kinds::NUMBER) => INT, "the smallest whole number not less than x";
    "round"(x: Kinds::NUMBER) => INT, "the nearest whole number";
    "abs"(x: SPAN) => ResultType::Same, "the absolute value";
    "int"(x: Kinds::STRING.or(Kinds::NUMBER).or(Kinds::BOOL)) => INT, "x as a whole number";
    "float"(x: Kinds::STRING.or(Kinds::NUMBER)) => ResultType::Plain(Plain::Float), "x as a floating-point number";
    "string"(x: Kinds::ANY) => STR, "x as a string";
    "text"(b: Kinds::TEXT) => STR, "bytes or a file as a UTF-8 string";
    "bytes"(s: Kinds::TEXT) => BYTES, "a string or a file as bytes";
    "concat"(parts(*): Kinds::TEXT) => BYTES, "strings and bytes, concatenated";
    "to_json"(x: Kinds::ANY) => STR, "x as JSON text";
    "from_json"(s: Kinds::TEXT) => ResultType::Any, "the value of a JSON text";
    "urlencode"(s: Kinds::ANY) => STR, "x percent-encoded";
    "urldecode"(s: Kinds::STRING) => STR, "the string percent-decoded";
    "reverse"(xs: Kinds::LIST) => ResultType::Same, "the items in reverse order";
    "sort"(xs: Kinds::LIST) => ResultType::Same, "the items in ascending order";
    "unique"(xs: Kinds::LIST) => ResultType::Same, "the items without duplicates";
    "md5"(data: Kinds::TEXT) => BYTES, "the MD5 digest";
    "sha1"(data: Kinds::TEXT) => BYTES, "the SHA-1 digest";
    "sha256"(data: Kinds::TEXT) => BYTES, "the SHA-256 digest";
    "sha512"(data: Kinds::TEXT) => BYTES, "the SHA-512 digest";
    "hmac_sha1"(key: Kinds::TEXT, data: Kinds::TEXT) => BYTES, "the HMAC-SHA-1";
    "hmac_sha256"(key: Kinds::TEXT, data: Kinds::TEXT) => BYTES, "the HMAC-SHA-256";
    "hmac_sha512"(key: Kinds::TEXT, data: Kinds::TEXT) => BYTES, "the HMAC-SHA-512";
    "hex"(data: Kinds::TEXT) => STR, "the data in hexadecimal";
    "base64"(data: Kinds::TEXT) => STR, "the data in base64";
    "base64url"(data: Kinds::TEXT) => STR, "the data in URL-safe base64, without padding";
    "base64_decode"(s: Kinds::STRING) => BYTES, "the bytes of a base64 text";
    "hex_decode"(s: Kinds::STRING) => BYTES, "the bytes of a hexadecimal text";
    "jwt"(alg: Kinds::STRING, key: Kinds::TEXT, claims: Kinds::OBJECT, header(?): Kinds::OBJECT) => STR, "a signed JSON Web Token";
    "totp"(secret: Kinds::STRING) => STR, "the current time-based one-time password";
    "fake.name"() => STR, "a full name";
    "fake.first_name"() => STR, "a first name";
    "fake.last_name"() => STR, "a last name";
    "fake.email"() => STR, "an email address";
    "fake.user_name"() => STR, "a user name";
    "fake.password"() => STR, "a password";
    "fake.phone"() => STR, "a phone number";
    "fake.street"() => STR, "a street and number";
    "fake.city"() => STR, "a city";
    "fake.country"() => STR, "a country";
    "fake.country_code"() => STR, "a country's code";
    "fake.postcode"() => STR, "a postcode";
    "fake.company"() => STR, "a company";
    "fake.job"() => STR, "a job";
    "fake.word"() => STR, "a word";
    "fake.words"() => STR, "a few words";
    "fake.sentence"() => STR, "a sentence";
    "fake.paragraph"() => STR, "a paragraph";
    "fake.url"() => STR, "a URL";
    "fake.domain"() => STR, "a domain";
    "fake.ipv4"() => STR, "an IPv4 address";
    "fake.ipv6"() => STR, "an IPv6 address";
    "fake.user_agent"() => STR, "a browser's User-Agent";
    "fake.color"() => STR, "a color";
    "fake.date"() => STR, "a date";
    "fake.iban"() => STR, "an IBAN";
    "fake.credit_card"() => STR, "a credit card's number";
}

/// Functions whose arguments are not plain expressions; `expr` checks each of them separately.
pub const SPECIAL: [&str; 4] = ["weighted", "file", "files", "next"];

/// The algorithms of `jwt`.
pub const JWT_ALGORITHMS: [&str; 12] =
    ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// The function with that name.
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Names for "did you mean". Those of `fake` are included only if `name` starts with it.
pub fn names(name: &str) -> impl Iterator<Item = &'static str> {
    let fake = name.starts_with("fake.");
    FUNCTIONS.iter().map(|function| function.name).filter(move |other| other.starts_with("fake.") == fake).chain(SPECIAL)
}

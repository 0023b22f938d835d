//! Converts Postman's dynamic variables (`{{$guid}}`) to functions of the language.

/// The function for a dynamic variable, whose name is given without its `$`, and whether the result is a text.
pub(super) fn function(name: &str) -> Option<(&'static str, bool)> {
    const TEXT: bool = true;
    const NUMBER: bool = false;
    Some(match name {
        "guid" | "randomUUID" => ("uuid()", TEXT),
        "timestamp" => ("unix(now())", NUMBER),
        "isoTimestamp" => ("format_time(now(), \"%Y-%m-%dT%H:%M:%SZ\")", TEXT),
        "randomInt" => ("random(0, 1000)", NUMBER),
        "randomBoolean" => ("chance(0.5)", NUMBER),
        "randomPrice" => ("random(0.0, 1000.0)", NUMBER),
        "randomBankAccount" | "randomCreditCardMask" => ("random(10000000, 99999999)", NUMBER),
        "randomLatitude" => ("random(-90.0, 90.0)", NUMBER),
        "randomLongitude" => ("random(-180.0, 180.0)", NUMBER),
        "randomAlphaNumeric" => ("random_string(1)", TEXT),
        "randomAbbreviation" => ("upper(random_string(3))", TEXT),
        "randomHexColor" | "randomHexaDecimal" => ("\"{random(0, 16777215):x}\"", TEXT),
        "randomColor" => ("fake.color()", TEXT),
        "randomIP" => ("fake.ipv4()", TEXT),
        "randomIPV6" => ("fake.ipv6()", TEXT),
        "randomPassword" => ("fake.password()", TEXT),
        "randomLocale" => ("one_of([\"en\", \"de\", \"fr\", \"es\"])", TEXT),
        "randomUserAgent" => ("fake.user_agent()", TEXT),
        "randomProtocol" => ("one_of([\"http\", \"https\"])", TEXT),
        "randomSemver" => ("\"{random(0, 9)}.{random(0, 9)}.{random(0, 9)}\"", TEXT),
        "randomFirstName" => ("fake.first_name()", TEXT),
        "randomLastName" => ("fake.last_name()", TEXT),
        "randomFullName" => ("fake.name()", TEXT),
        "randomJobTitle" | "randomJobType" | "randomJobArea" | "randomJobDescriptor" => ("fake.job()", TEXT),
        "randomPhoneNumber" | "randomPhoneNumberExt" => ("fake.phone()", TEXT),
        "randomCity" => ("fake.city()", TEXT),
        "randomStreetName" | "randomStreetAddress" => ("fake.street()", TEXT),
        "randomCountry" => ("fake.country()", TEXT),
        "randomCountryCode" => ("fake.country_code()", TEXT),
        "randomZipCode" => ("fake.postcode()", TEXT),
        "randomBankAccountIban" => ("fake.iban()", TEXT),
        "randomCurrencyCode" => ("one_of([\"EUR\", \"USD\", \"GBP\"])", TEXT),
        "randomCompanyName" | "randomCompanySuffix" => ("fake.company()", TEXT),
        "randomDatePast" => ("format_time(now() - 30d, \"%Y-%m-%dT%H:%M:%SZ\")", TEXT),
        "randomDateFuture" => ("format_time(now() + 30d, \"%Y-%m-%dT%H:%M:%SZ\")", TEXT),
        "randomDateRecent" => ("format_time(now() - 1d, \"%Y-%m-%dT%H:%M:%SZ\")", TEXT),
        "randomWeekday" => ("format_time(now(), \"%A\")", TEXT),
        "randomMonth" => ("format_time(now(), \"%B\")", TEXT),
        "randomDomainName" | "randomDomainWord" => ("fake.domain()", TEXT),
        "randomEmail" | "randomExampleEmail" => ("fake.email()", TEXT),
        "randomUserName" => ("fake.user_name()", TEXT),
        "randomUrl" | "randomImageUrl" | "randomAvatarImage" => ("fake.url()", TEXT),
        "randomWord" | "randomLoremWord" | "randomNoun" | "randomVerb" | "randomAdjective" | "randomProduct" | "randomProductName" => {
            ("fake.word()", TEXT)
        }
        "randomProductAdjective" | "randomProductMaterial" | "randomDepartment" | "randomIngverb" | "randomBs" | "randomBsNoun" => {
            ("fake.word()", TEXT)
        }
        "randomWords" | "randomLoremWords" | "randomLoremSlug" | "randomCatchPhrase" => ("fake.words()", TEXT),
        "randomLoremSentence" | "randomLoremSentences" | "randomPhrase" | "randomLoremText" | "randomLoremLines" => {
            ("fake.sentence()", TEXT)
        }
        "randomLoremParagraph" | "randomLoremParagraphs" => ("fake.paragraph()", TEXT),
        _ => return None,
    })
}

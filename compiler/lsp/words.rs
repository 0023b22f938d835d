//! What the words of the language mean: the hover text of a keyword, a source, a matcher and an option.

use crate::parse;
use crate::token::{TokenKind, WordClass};

/// Words, each with an example and its meaning.
const WORDS: &[(&str, &str, &str)] = &[
    // A file.
    ("import", "import \"common.lt\"", "Adds the apis, data, sequences and tasks of another file."),
    ("api", "api shop { base env.shop.url; healthcheck none }", "A server: its address, the options of its requests, and the requests."),
    ("resource", "resource cart { add(id) = POST /carts/{id}/lines }", "Groups requests of an api: `shop.cart.add(3)`."),
    ("data", "data accounts from \"data/accounts.csv\" { share unique }", "The rows of a CSV or JSON file. `next(accounts)` draws one."),
    ("sequence", "sequence Browse { step \"Home\" { shop GET / } }", "Steps in order. A user runs it, or another sequence with `run`."),
    ("tasks", "tasks Shop { 7 Browse; 3 Buy }", "Draws one of its members by weight, each time it runs."),
    (
        "user",
        "user Visitor { run Browse; wait 1s..3s }",
        "What a virtual user does in each iteration. The profile sets how many users there are.",
    ),
    ("before", "before test { step \"Seed\" { … } }", "Runs once before the load. All users on all machines can read what it takes."),
    ("after", "after test { step \"Clean\" { … } }", "Runs once after the load."),
    ("let", "let n = 3", "Declares a variable: of the iteration in a sequence, of the whole test at the top level."),
    ("keep", "keep bought = []", "Declares a variable that a user keeps through all its iterations. `set` changes it."),
    ("set", "set n = n + 1", "Changes a `let`, a `take` or a `keep`, or the auth of an api: `set shop.auth = bearer(token)`."),
    ("secret", "keep secret ticket = \"\"", "Masks this value in everything that a run shows."),
    ("gives", "sequence Login(name) gives token { … }", "Names the variables that the caller gets: `take token = run Login(\"ann\")`."),
    // An api and its requests.
    ("base", "base env.shop.url", "The address of the server. Unquoted paths are appended to it."),
    (
        "auth",
        "auth bearer(env.shop.token)",
        "The credentials of the requests: `bearer(x)`, `basic(user, password)`, `header(\"X-Key\", x)`, `aws(service, region)` or `none`. The innermost `auth` counts.",
    ),
    (
        "headers",
        "headers { \"X-Client\": \"ltc\", accept: \"text/html\" }",
        "Header fields. They are evaluated for each request, and null is not sent. After `expect`: what the response's headers must be.",
    ),
    ("timeout", "timeout 10s", "The longest time of a request, 30s by default."),
    ("cookies", "cookies on", "Whether a user keeps the cookies of the responses and sends them, as a browser does; off by default."),
    (
        "redirects",
        "redirects off",
        "How many redirects are followed: `off`, a number, or `any`, also to other hosts; by default up to 10 on the api's host.",
    ),
    ("resend", "resend off", "Whether a request that was lost with its connection is sent again, where HTTP allows it; on by default."),
    ("forward_headers", "forward_headers on", "Whether the headers of the api are sent to other hosts, too; off by default."),
    ("max_body", "max_body 200MB", "The largest body that a step may read, 64MB by default."),
    ("keys", "keys camel", "With `camel`, unquoted keys such as `price_cents` are sent and expected as `priceCents`."),
    (
        "healthcheck",
        "healthcheck GET /health { version = json.version }",
        "A request that is sent once before the test. `healthcheck none` for an api without one.",
    ),
    ("version", "version = json.version", "The version of the tested server, for the report."),
    ("query", "query { q: \"mug\", page: 2 }", "Parameters of the URL. A list repeats its key; null and `absent` leave it out."),
    ("form", "form { name, password }", "A body as an HTML form sends it. In a take, `form \"css\"` is a form of the page, for `submit`."),
    ("multipart", "multipart { file: file(\"data/cat.png\") }", "A body with texts and files."),
    ("graphql", "graphql \"\"\"query Q($n: Int) { … }\"\"\" { n: 3 }", "A GraphQL query with its variables. The text has no holes."),
    ("bytes", "bytes file(\"data/cat.png\")", "A body of bytes, or the content of a file."),
    // A step.
    (
        "step",
        "step \"Pay\" { shop.pay(id); expect 201 }",
        "One transaction: a request, its expectations and its takes. It is a row of the report.",
    ),
    (
        "interrupt",
        "step \"Login\" interrupt { … }",
        "If the step fails, the rest of the iteration is skipped. After a sequence's name: for all its steps.",
    ),
    ("skip", "step \"Seed\" skip { … }", "The step is sent and checked, but not part of the statistics."),
    (
        "submit",
        "shop submit page { form { title: \"x\" } }",
        "Sends a form that a step took with `form \"css\"`, with its hidden fields and defaults.",
    ),
    (
        "expect",
        "expect 200 | 304",
        "What the response must be: a status, `json { … }`, `headers { … }`, `text \"part\"`, or any condition. Every expectation is judged.",
    ),
    ("exactly", "expect json exactly { id: 3 }", "The object has no other members."),
    (
        "take",
        "take id = json.id",
        "Captures a value of the response. It runs only if all expectations of the step pass. With `else VALUE`, it cannot fail.",
    ),
    ("else", "take n: int = json.n else 0", "After `if`: what happens otherwise. In a take: the value if nothing is found."),
    ("all", "take ids = all json \"$.items[*].id\"", "All matches of a source, as a list. In `where` rows and `rows.all`: all rows."),
    (
        "any",
        "take id = any json \"$.items[*].id\"",
        "One of the matches of a source at random. As the value of `redirects`: any number, to any host.",
    ),
    // Sources.
    (
        "json",
        "json.items[0].id",
        "The JSON body of the response, or a path in it. `json \"$.items[*].id\"` is a JSONPath; in a request, the body to send.",
    ),
    ("text", "expect text \"Welcome\"", "The body of the response as text; in a request, a body of plain text."),
    ("status", "expect status < 500", "The status of the response."),
    ("url", "expect url ~ /welcome/", "The URL of the response, after redirects."),
    ("elapsed", "expect elapsed < 500ms", "The response time."),
    ("header", "take place = header \"Location\"", "A header of the response. As `auth header(\"X-Key\", x)`: credentials in a header."),
    ("cookie", "take sid = cookie \"sid\"", "A cookie of the response; in a request, the cookie that the user's jar holds."),
    (
        "html",
        "take csrf = html \"input[name=csrf]\" @value",
        "The text of the first element that the CSS selector finds, or one of its attributes.",
    ),
    ("body", "headers { \"X-Sign\": hex(sha256(body)) }", "The bytes that the request sends, for signatures in headers and auth."),
    // Matchers.
    ("absent", "expect json { error: absent }", "There is no such member. In a map that is sent: the member is left out."),
    ("each", "expect json { items: each { id: int } }", "A list whose every item matches."),
    ("string", "expect json { id: string }", "A type: any text."),
    ("int", "take n: int = header \"X-Count\"", "A type: any whole number."),
    ("float", "let x: float = 1.5", "A type: a number with a fraction."),
    ("number", "expect json { price: number }", "A type: any number."),
    ("bool", "expect json { done: bool }", "A type: true or false."),
    ("list", "expect json { items: list }", "A type: any list."),
    ("object", "expect json { user: object }", "A type: any object."),
    ("null", "expect json { deleted: null }", "No value. Null headers, fields and auth are not sent."),
    // Flow.
    ("run", "run Login(\"ann\")", "Runs a sequence or tasks. `take token = run Login(\"ann\")` also takes what it gives."),
    ("if", "if n > 3 { … } else { … }", "Runs a block if a condition is true. As a value: `if n > 3 then \"many\" else \"few\"`."),
    (
        "for",
        "for x in xs { … }",
        "Runs a block for each item of a list, or for each number of a range: `for i in 1..10`. `parallel 6` runs six at a time.",
    ),
    ("repeat", "repeat 3 { … }", "Runs a block several times."),
    (
        "poll",
        "poll every 500ms up to 20 times until state == \"done\" { … }",
        "Repeats a block until a condition is true. If the attempts run out, its last step fails.",
    ),
    (
        "retry",
        "retry 2 times every 1s on 502 | 504 { … }",
        "Repeats a block if a step in it fails. These attempts count as retried, not as failed.",
    ),
    ("parallel", "parallel { step \"A\" { … }; step \"B\" { … } }", "Runs its branches at the same time."),
    ("group", "group \"Checkout\" { … }", "A row of the report for several steps. Its time excludes waits."),
    ("finally", "finally { step \"Clean up\" { … } }", "The last statement of a sequence: it runs whatever happened before."),
    (
        "wait",
        "wait 1s..3s",
        "Think time, drawn evenly from a range. In a user: between iterations. `wait 1s..2s between steps` is for a whole sequence.",
    ),
    ("pacing", "wait pacing 5s", "Starts an iteration every 5s, however long the one before took."),
    ("between", "wait 1s..3s between steps", "Waits before every step of the sequence but the first."),
    ("break", "break", "Ends the loop."),
    ("leave", "leave", "Ends the sequence. This is no failure."),
    ("fail", "fail \"no items\"", "Records a failure, and ends the iteration."),
    ("stop", "stop user", "Ends this user."),
    ("log", "log \"{id}\"", "Prints a value. In a load test, only some lines are printed."),
    ("reset", "reset shop", "Drops this user's cookies of the api's host, and the auth that `set` assigned."),
    // A user.
    ("weight", "weight 3", "The share of this user class among all users of the spec."),
    ("on", "on start { … }", "`on start` runs when a user starts, `on stop` when it ends."),
    ("every", "every 20m { … }", "Runs a block between two iterations, each time this time has passed."),
];

/// Options of data, and their values.
const DATA: &[(&str, &str, &str)] = &[
    ("order", "order random", "The order in which `next` draws the rows: `sequential` (the default) or `random`."),
    ("share", "share unique", "With `unique`, no two users hold the same row at the same time, on any machine. `all` is the default."),
    ("at_end", "at_end stop_user", "What happens when no row is left: `recycle` (the default), `stop_user` or `stop_test`."),
    ("where", "where role == \"buyer\"", "Keeps only the rows that satisfy a condition on columns and literals."),
    ("secret", "secret password, pin", "Masks the cells of these columns in everything that a run shows."),
    ("unique", "share unique", "No two users hold the same row at the same time, on any machine."),
    ("random", "order random", "Rows are drawn in random order."),
    ("sequential", "order sequential", "Rows are drawn in the order of the file."),
    ("recycle", "at_end recycle", "After the last row, the first follows."),
    ("stop_user", "at_end stop_user", "A user that finds no row ends."),
    ("stop_test", "at_end stop_test", "The test ends when a user finds no row."),
];

/// Values that an iteration can read.
const MEMBERS: &[(&str, &str, &str)] = &[
    ("user.id", "user.id", "A number that no other virtual user has, on any machine."),
    ("user.iteration", "user.iteration", "The number of the user's iteration; the first is 0."),
    ("shard.index", "shard.index", "The number of the machine or process of a distributed test; the first is 0."),
    ("test.id", "test.id", "The name of the test and of the run, such as `shop-19ab0c1d2e3-04d2`."),
    ("fake", "fake.name()", "Functions for made-up names, addresses and texts. Completion after the dot lists them."),
    ("env", "env.shop.url", "A key of the environment, config/NAME.yml."),
];

/// Functions with their own rules.
const SPECIAL: &[(&str, &str, &str)] = &[
    ("next", "let buyer = next(accounts)", "Draws a row of the data: one for this iteration with `let`, one for the user with `keep`."),
    ("file", "file(\"data/cat.png\", type: \"image/png\")", "A file of the project, with its name and its type."),
    ("files", "one_of(files(\"data/*.png\"))", "The files of the project that match a pattern."),
    ("weighted", "weighted(70: \"a\", 30: \"b\")", "One of the values at random, by weight."),
];

fn shown((_, example, meaning): &(&str, &str, &str)) -> String {
    format!("```lt\n{example}\n```\n\n{meaning}")
}

/// The meaning of a word of the language, as Markdown.
pub(super) fn meaning(word: &str) -> Option<String> {
    WORDS.iter().chain(MEMBERS).chain(SPECIAL).find(|(of, ..)| *of == word).map(shown)
}

/// The meaning of the word at a byte of a text, with its bytes. `block` is the first word of the block around it.
pub(super) fn at(text: &str, at: usize, block: &str) -> Option<(std::ops::Range<usize>, String)> {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let start = text[..at].trim_end_matches(is_word).len();
    let end = start + text[start..].find(|char: char| !is_word(char)).unwrap_or(text.len() - start);
    let word = &text[start..end];
    if word.is_empty() {
        return None;
    }
    if block == "data"
        && let Some(of_data) = DATA.iter().find(|(of, ..)| *of == word)
    {
        return Some((start..end, shown(of_data)));
    }
    // `user.iteration`: the name before the dot decides.
    let before = text[..start].strip_suffix('.').map(|before| &before[before.trim_end_matches(is_word).len()..]);
    let dotted = before.map(|before| format!("{before}.{word}")).filter(|dotted| MEMBERS.iter().any(|(of, ..)| of == dotted));
    if let Some(dotted) = dotted {
        return meaning(&dotted).map(|meaning| (start..end, meaning));
    }
    let known = meaning(word)?;
    let token = parse::tokens_of_any(text).into_iter().find(|token| token.range.contains(&start))?;
    let is_called = SPECIAL.iter().any(|(of, ..)| *of == word) && text[end..].starts_with('(');
    let is_root = MEMBERS.iter().any(|(of, ..)| *of == word) && text[end..].starts_with('.');
    let of_language = matches!(token.kind, TokenKind::Word(WordClass::Keyword | WordClass::Source | WordClass::Literal | WordClass::Type));
    (of_language || is_called || is_root).then_some((start..end, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::is_reserved;

    #[test]
    fn every_reserved_word_that_opens_something_has_a_meaning() {
        let without = ["then", "in", "and", "or", "not", "true", "false", "grpc", "socket", "shard", "test"];
        for (word, _) in ltc_grammar::words::RESERVED {
            assert!(is_reserved(word) && (meaning(word).is_some() || without.contains(word)), "{word}");
        }
    }

    #[test]
    fn word_has_a_meaning_only_where_it_is_one_of_the_language() {
        let text = "sequence S {\n  let x = { step: 1 }\n  wait pacing 5s\n}\n";
        let meaning_at = |part: &str| at(text, text.find(part).unwrap() + 1, "sequence");
        assert!(meaning_at("wait").unwrap().1.contains("Think time"));
        assert_eq!(&text[meaning_at("pacing").unwrap().0], "pacing");
        assert_eq!(meaning_at("step"), None, "a key");
        assert!(at("data d from \"x.csv\" { share unique }", 23, "data").unwrap().1.contains("no two users"));
    }
}

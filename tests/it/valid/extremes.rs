//! Specs that once did not compile, or took minutes.

use super::{Valid, compile, emitted_of, project_of};

const HEAD: &str = "api shop { base env.shop.url; healthcheck none; item(id) = GET /items/{id} }\nuser U { run S }\n";

/// The number of values, statements and calls in a long spec. rustc needed minutes for some of them, or gave up.
const MANY: usize = 300;

/// A part for each number.
fn many(part: impl Fn(usize) -> String, between: &str) -> String {
    (0..MANY).map(part).collect::<Vec<_>>().join(between)
}

fn sequence(body: String) -> String {
    format!("{HEAD}sequence S {{\n{body}\n}}\n")
}

/// Specs that are long in one way.
fn long_specs() -> Vec<(&'static str, String)> {
    let statements = |part: fn(usize) -> String| sequence(format!("let id = 1\n{}", many(part, "\n")));
    let step = |number: usize| format!("step \"A{number}\" {{ shop.item(id) }}");
    let value = |number: usize| format!("id + {number}");
    let member = |number: usize| format!("m{number}: id + {number}");
    let within_step = |parts: String| sequence(format!("let id = 1\nstep \"A\" {{ shop.item(id)\n{parts} }}"));
    vec![
        ("many holes", sequence(format!("let id = 1\nlog \"{}\"", many(|n| format!("{{id + {n}}},"), "")))),
        ("many items", sequence(format!("let id = 1\nlet x = [{}]\nlog \"{{x}}\"", many(value, ", ")))),
        ("many members", sequence(format!("let id = 1\nlet x = {{ {} }}\nlog \"{{x}}\"", many(member, ", ")))),
        ("many weights", sequence(format!("let id = 1\nlog \"{{weighted({})}}\"", many(|n| format!("{}: id + {n}", n + 1), ", ")))),
        (
            "many arguments of a function",
            sequence(format!("let id = 1\nlog \"{{merge({})}}\"", many(|n| format!("{{ a{n}: id + 1 }}"), ", "))),
        ),
        (
            "many arguments of a sequence",
            sequence(format!("let id = 1\nrun T({})", many(value, ", ")))
                + &format!("sequence T({}) {{ log \"{{p0}}\" }}\n", many(|n| format!("p{n}"), ", ")),
        ),
        ("many expected members", within_step(format!("expect json {{ {} }}", many(member, ", ")))),
        ("many expected headers", within_step(format!("expect headers {{ {} }}", many(|n| format!("a{n}: \"{{id + {n}}}\""), ", ")))),
        ("many takes", within_step(many(|n| format!("take t{n} = json.a{n} else id + {n}"), "\n"))),
        ("many retries", sequence(format!("let id = 1\n{}", many(|n| format!("retry 2 times {{ {} }}", step(n)), "\n")))),
        (
            "many polls",
            sequence(format!("let id = 1\n{}", many(|n| format!("poll every 1s up to 3 times until id == {n} {{ {} }}", step(n)), "\n"))),
        ),
        ("many groups", sequence(format!("let id = 1\n{}", many(|n| format!("group \"G{n}\" {{ {} }}", step(n)), "\n")))),
        (
            "many parallel loops",
            sequence(format!(
                "let id = 1\n{}",
                many(|n| format!("for x in [id, 2] parallel 2 {{ step \"A{n}\" {{ shop.item(x) }} }}"), "\n")
            )),
        ),
        ("many branches", statements(|n| format!("if id == {n} {{ log \"a\" }} else {{ log \"b\" }}"))),
        ("many assignments", statements(|n| format!("set id = id + {n}"))),
        (
            "a long chain of calls",
            format!(
                "{HEAD}sequence S {{ run T0() }}\n{}sequence T{MANY} {{ log \"a\" }}\n",
                many(|n| format!("sequence T{n} {{ run T{}() }}\n", n + 1), "")
            ),
        ),
        ("deep retries", sequence(format!("{}log \"a\"{}", "retry 2 times { ".repeat(60), " }".repeat(60)))),
    ]
}

/// Specs that once did not compile.
fn specs() -> Vec<(&'static str, String)> {
    vec![
        ("names of data that differ in case", sequence("log \"{next(Rows).type}{next(rows).type}\"".into()) + "data Rows from \"data/rows.csv\"\ndata rows from \"data/rows.csv\"\n"),
        (
            "a parallel loop in another one",
            sequence("let id = 1\nlet xs = [1]\nfor x in xs parallel 2 { for y in xs parallel 2 { for z in [id, x, y] parallel 2 { step \"A\" { shop.item([id, x, y, z]) } } } }".into()),
        ),
        ("a float that is too large", sequence(format!("log \"{{{}}}\"", ["1000000000000000000.0"; 20].join(" * ")))),
        (
            "a long `finally` behind a `leave`",
            format!("{HEAD}sequence S {{ take x = run T(); log \"{{x}}\" }}\nsequence T gives id {{\nlet id = 1\nif id == 2 {{ leave }}\nfinally {{\n{}}}\n}}\n", "log \"a\"\n".repeat(24)),
        ),
        ("a data source with a long name", sequence(format!("log \"{{next({0}).type}}\"", "n".repeat(300))) + &format!("data {} from \"data/rows.csv\"\n", "n".repeat(300))),
    ]
}

fn compile_all(binary: &str, specs: Vec<(&'static str, String)>) {
    let only = std::env::var("LTC_VALID_ONLY").unwrap_or_default();
    let mut compiled = Vec::new();
    for (number, (name, text)) in specs.into_iter().enumerate().filter(|(_, (name, _))| name.contains(&only)) {
        let project = project_of(&text, None);
        let emitted = emitted_of(&project).unwrap_or_else(|errors| panic!("{name} is not valid: {errors:?}"));
        compiled.push(Valid { seed: number as u64, text: name.to_owned(), emitted });
    }
    compile(binary, &compiled, &[&["plan"]]);
}

#[test]
fn specs_that_did_not_compile_do() {
    compile_all("limits", specs());
}

#[test]
fn long_specs_compile() {
    compile_all("long", long_specs());
}

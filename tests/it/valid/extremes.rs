//! Specs that once did not compile.

use super::{Valid, compile, emitted_of, project_of};

const HEAD: &str = "api shop { base env.shop.url; healthcheck none; item(id) = GET /items/{id} }\nuser U { run S }\n";

fn specs() -> Vec<(&'static str, String)> {
    let sequence = |body: String| format!("{HEAD}sequence S {{\n{body}\n}}\n");
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

#[test]
fn specs_that_did_not_compile_do() {
    let only = std::env::var("LTC_VALID_ONLY").unwrap_or_default();
    let mut compiled = Vec::new();
    for (number, (name, text)) in specs().into_iter().enumerate().filter(|(_, (name, _))| name.contains(&only)) {
        let project = project_of(&text, None);
        let emitted = emitted_of(&project).unwrap_or_else(|errors| panic!("{name} is not valid: {errors:?}"));
        compiled.push(Valid { seed: number as u64, text: name.to_owned(), emitted });
    }
    compile("limits", &compiled);
}

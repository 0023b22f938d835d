//! A spec of any number of lines: the shop's scenario, under other names, as often as it takes.

use std::fmt::Write as _;

/// The profile of such a spec.
pub(crate) const PROFILE: &str = "test_header: { env: here }\nprofile: { runner: { clients: 1, duration: 1s } }\n";

/// A spec of about this number of lines; `edit` makes it differ from the one before.
pub(crate) fn text(lines: usize, edit: usize) -> String {
    let mut text = String::from(
        "api shop {\n  base env.shop.url\n  keys camel\n  healthcheck none\n  item(id) = GET /items/{id}\n  order(item, count: int = 1) = POST /orders { json { item, count, note: \"a note\" } }\n}\n\n",
    );
    let mut sequences = 0;
    while text.lines().count() + 4 < lines {
        sequences += 1;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"sequence Browse{sequences} {{
  let term = one_of(["mug", "lamp", "chair"])
  step "Search {sequences}" interrupt {{
    shop GET /items {{ query {{ q: term, page: {edit} }} }}
    expect 200
    expect json {{ items: [_, ..], page: int }}
    take ids = json "$.items[*].id" else []
  }}
  for id in sample(ids, 2) {{
    step "Item {sequences}" {{
      shop.item(id)
      expect 200
      expect json {{ item_id: id, price_cents: > 0 }}
      expect elapsed < 500ms
    }}
  }}
  if len(ids) > 0 and chance(0.3) {{
    step "Order {sequences}" {{
      shop.order(first(ids), {sequences})
      expect 201 | 409
      take code: string = json.id else "none"
    }}
    log "ordered {{code}}"
  }}
}}

"#
        );
    }
    let names: Vec<String> = (1..=sequences).map(|n| format!("1 Browse{n}")).collect();
    let _ = write!(text, "tasks All {{ {} }}\nuser Visitor {{ run All; wait 1s }}\n", names.join("; "));
    text
}

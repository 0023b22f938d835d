//! Files of other tools that users pass as a spec.

/// The kind of a file by its name, if it is not a spec, and the fix.
pub(crate) fn file(name: &str) -> Option<(&'static str, String)> {
    let (_, end) = name.rsplit_once('.')?;
    let import = || format!("run `ltc import {name}` to turn it into a spec");
    let write = || "write a spec: `ltc new NAME` writes an example".to_owned();
    Some(match end.to_ascii_lowercase().as_str() {
        "js" | "mjs" | "cjs" | "ts" => ("a JavaScript file, such as a script of k6", import()),
        "py" => ("a Python file, such as a script of Locust", import()),
        "scala" | "java" | "kt" => ("source code, such as a simulation of Gatling", write()),
        "jmx" => ("a test plan of JMeter", write()),
        "har" => ("a recording of a browser", import()),
        "hurl" => ("a file of Hurl", import()),
        "json" => ("a file of JSON", format!("run `ltc import {name}` if it is a Postman collection, an OpenAPI document or a recording")),
        "yml" | "yaml" if name.ends_with(".profile.yml") => {
            ("a profile", format!("name its spec: {}", name.replace(".profile.yml", ".lt")))
        }
        "yml" | "yaml" => (
            "a file of YAML, such as a script of Artillery",
            format!("run `ltc import {name}` if it is an OpenAPI document; `--profile` takes a profile"),
        ),
        "csv" | "tsv" => ("a file of data", "name it in a spec: `data rows from \"rows.csv\"`".to_owned()),
        "rs" => ("a file of Rust", write()),
        "http" | "rest" => ("a file of HTTP requests", write()),
        "feature" => ("a feature file, such as a test of Karate", write()),
        "go" | "lua" | "rb" | "groovy" | "sh" | "cs" => ("source code, such as a script of another tool", write()),
        "xml" | "toml" | "ini" | "txt" | "md" => ("a file of another kind", write()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn file_of_another_tool_is_recognized_by_its_name() {
        assert_eq!(file("load.js").unwrap().1, "run `ltc import load.js` to turn it into a spec");
        assert_eq!(file("api.hurl").unwrap().1, "run `ltc import api.hurl` to turn it into a spec");
        for ending in ["py", "js", "ts", "json", "yaml", "yml", "jmx", "har", "hurl", "scala", "kt", "csv", "http", "feature", "toml"] {
            assert!(file(&format!("load.{ending}")).is_some(), "{ending}");
        }
        assert!(file("locustfile.py").unwrap().0.contains("Locust"));
        assert!(file("x/collection.json").unwrap().1.contains("ltc import x/collection.json"));
        assert_eq!(file("specs/shop.profile.yml").unwrap().1, "name its spec: specs/shop.lt");
        assert_eq!(file("specs/shop.lt"), None);
        assert_eq!(file("shop"), None);
    }
}

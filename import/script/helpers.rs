//! Random values and sample data from libraries: `k6-utils`, `random`, `faker`.

use super::Run;
use super::calls::Arguments;
use super::random;
use super::value::{Ty, Value};

impl Run<'_> {
    pub(super) fn helper(&mut self, path: &str, name: &str, arguments: &Arguments) -> Value {
        let (first, second) = (arguments.at(0), arguments.at(1));
        if let Some(fake) = path.to_ascii_lowercase().contains("fake").then(|| fake(name)).flatten() {
            return Value::changing(fake, Ty::Text);
        }
        if path.trim_start_matches("new ").to_ascii_lowercase().starts_with("fake") && matches!(name, "Faker" | "Factory" | "create") {
            // `Faker()`, `Faker("de_DE")`
            return Value::native("faker");
        }
        match (path, name) {
            ("faker.random_int" | "faker.pyint" | "faker.random.number", _) => {
                let bound = |name: &str, index: usize, usual: f64| match arguments.get(name, index) {
                    Value::Undefined => Value::number(usual),
                    value => value,
                };
                let (least, most) = (bound("min", 0, 0.0), bound("max", 1, 9999.0));
                self.random_int(&least, &most)
            }
            ("faker.random_element" | "faker.random.arrayElement" | "faker.helpers.arrayElement", _) => {
                let items = arguments.get("elements", 0);
                self.one_of(&items)
            }
            ("faker.boolean" | "faker.pybool" | "faker.datatype.boolean", _) => Value::changing("chance(0.5)", Ty::Bool),
            ("Math.random" | "random.random", _) => random::float(0.0, 1.0),
            ("k6-utils.randomIntBetween" | "random.randint" | "randint" | "k6-utils.randomInt", _) => self.random_int(&first, &second),
            ("random.randrange", _) => match arguments.list.len() {
                1 => {
                    let last = self.binary("-", &first, &Value::number(1.0));
                    self.random_int(&Value::number(0.0), &last)
                }
                _ => {
                    let last = self.binary("-", &second, &Value::number(1.0));
                    self.random_int(&first, &last)
                }
            },
            ("random.uniform", _) => match (first.as_number(), second.as_number()) {
                (Some(from), Some(to)) => random::float(from, to),
                _ => self.function("random", &[first, second], Ty::Number),
            },
            ("k6-utils.randomItem" | "random.choice" | "choice" | "random.SystemRandom.choice" | "secrets.choice", _) => {
                self.one_of(&first)
            }
            ("random.choices", _) => self.choices(arguments),
            ("random.sample", _) => self.function("sample", &[first, second], Ty::List),
            ("random.shuffle", _) => Value::Undefined,
            ("k6-utils.randomString", _) => self.function("random_string", &[first], Ty::Text),
            ("k6-utils.findBetween", _) => self.between(&first, &second, &arguments.at(2)),
            ("secrets.token_hex" | "secrets.token_urlsafe", _) => {
                let length = first.as_number().unwrap_or(16.0) * 2.0;
                Value::changing(format!("random_string({length:.0})"), Ty::Text)
            }
            ("papaparse.parse" | "papaparse.default.parse", _) => self.csv(&first, &second),
            (
                "csv.DictReader"
                | "csv.reader"
                | "locust_plugins.csvreader.CSVReader"
                | "csvreader.CSVReader"
                | "locust_plugins.csvreader.CSVDictReader"
                | "csvreader.CSVDictReader",
                _,
            ) => {
                let delimiter = arguments.named("delimiter").and_then(|delimiter| delimiter.literal());
                self.csv_rows(&first, name != "reader" && name != "CSVReader", delimiter.as_deref().or(Some(",")))
            }
            ("locust.clients.HttpSession" | "locust.contrib.fasthttp.FastHttpSession" | "HttpSession" | "FastHttpSession", _) => {
                Value::Method(Box::new(arguments.get("base_url", usize::from(name == "FastHttpSession"))), "client".into())
            }
            ("locust.task" | "task", _) => Value::native(format!("task:{}", first.as_number().unwrap_or(1.0))),
            (_, "transition" | "transitions") => Value::native("transition"),
            (_, "seq_task") => Value::native(format!("seq_task:{}", first.as_number().unwrap_or(1.0))),
            ("locust.tag" | "tag", _) => Value::native("tag"),
            ("locust.between" | "between" | "locust.wait_time.between" | "locust.user.wait_time.between", _) => {
                match (first.as_number(), second.as_number()) {
                    (Some(from), Some(to)) => Value::Pause(std::rc::Rc::new(crate::draft::Wait::ms_range(ms(from), ms(to)))),
                    _ => self.pause_between(&first, &second),
                }
            }
            ("locust.constant" | "constant" | "locust.wait_time.constant" | "locust.user.wait_time.constant", _) => match first.as_number()
            {
                Some(seconds) => Value::Pause(std::rc::Rc::new(crate::draft::Wait::ms(ms(seconds)))),
                None => self.pause_between(&first, &first),
            },
            (
                "locust.constant_pacing"
                | "constant_pacing"
                | "locust.user.wait_time.constant_pacing"
                | "locust.constant_throughput"
                | "constant_throughput"
                | "locust.user.wait_time.constant_throughput",
                _,
            ) => match first.as_number().filter(|number| *number > 0.0) {
                Some(number) => {
                    let seconds = if name == "constant_throughput" { 1.0 / number } else { number };
                    let pause = crate::draft::Expr::code(crate::draft::duration(ms(seconds)));
                    Value::Pause(std::rc::Rc::new(crate::draft::Wait::Pacing(pause)))
                }
                None => Value::unknown(path),
            },
            _ if path.starts_with("tag") || path.starts_with("events.") || path.starts_with("locust.events.") => Value::native(path),
            // Exceptions that are created in order to be raised, and sets of rows.
            _ if name.ends_with("Error")
                || name.ends_with("Exception")
                || matches!(name, "RescheduleTask" | "StopUser" | "Exception" | "InterruptTaskSet") =>
            {
                Value::native("exception")
            }
            _ if path.starts_with("environment") || path.starts_with("locust.") && name.starts_with("events") => {
                Value::native("skip:settings")
            }
            _ => Value::unknown(format!("{path}()")),
        }
    }

    fn random_int(&mut self, from: &Value, to: &Value) -> Value {
        match (from.as_number(), to.as_number()) {
            (Some(from), Some(to)) => random::int(from, to),
            _ => self.function("random", &[from.clone(), to.clone()], Ty::Number),
        }
    }

    /// `random.choices(list, weights=[…])[0]`, `"".join(random.choices(letters, k=8))`
    fn choices(&mut self, arguments: &Arguments) -> Value {
        if let (Some(letters), Some(count)) = (arguments.at(0).literal(), arguments.named("k").and_then(|count| count.as_number())) {
            let is_random_text = letters.len() >= 10;
            if is_random_text {
                return Value::changing(format!("random_string({count:.0})"), Ty::Text);
            }
        }
        let weights = arguments.named("weights").unwrap_or_else(|| arguments.at(1));
        if let (Value::List(items), Value::List(weights)) = (arguments.at(0), weights) {
            let (items, weights) = (items.borrow().clone(), weights.borrow().clone());
            let mut parts = Vec::new();
            for (item, weight) in items.iter().zip(&weights) {
                let (Some(code), Some(weight)) = (self.code(item), weight.as_number()) else { return Value::unknown("random.choices") };
                parts.push(format!("{weight}: {}", code.text));
            }
            return Value::list(vec![Value::changing(format!("weighted({})", parts.join(", ")), items.first().map_or(Ty::Any, Value::ty))]);
        }
        let one = self.one_of(&arguments.at(0));
        Value::list(vec![one])
    }

    /// `findBetween(text, "a", "b")`
    fn between(&mut self, text: &Value, left: &Value, right: &Value) -> Value {
        let (Some(left), Some(right)) = (left.literal(), right.literal()) else { return Value::unknown("findBetween") };
        let pattern = format!("{}(.*?){}", regex::escape(&left), regex::escape(&right));
        match self.groups(text, &Value::Regex(pattern)) {
            Some(groups) => self.index(groups, &Value::number(1.0)),
            None => Value::unknown("findBetween"),
        }
    }

    fn pause_between(&mut self, from: &Value, to: &Value) -> Value {
        let mut seconds = |value: &Value| {
            let code = self.code(value)?;
            Some(crate::draft::Expr::code(if code.ty == Ty::Text {
                format!("float({}) * 1s", code.text)
            } else {
                format!("{} * 1s", code.operand())
            }))
        };
        match (seconds(from), seconds(to)) {
            (Some(one), Some(other)) if one == other => Value::Pause(std::rc::Rc::new(crate::draft::Wait::Fixed(one))),
            (Some(one), Some(other)) => Value::Pause(std::rc::Rc::new(crate::draft::Wait::Between(one, other))),
            _ => Value::unknown("between"),
        }
    }
}

fn ms(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1000.0).round() as u64
}

/// The function of the language that corresponds to one of a library of sample data.
fn fake(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    Some(match plain.as_str() {
        "name" | "fullname" => "fake.name()",
        "firstname" => "fake.first_name()",
        "lastname" => "fake.last_name()",
        "email" | "safeemail" | "freeemail" | "companyemail" => "fake.email()",
        "username" => "fake.user_name()",
        "password" => "fake.password()",
        "phonenumber" | "phone" => "fake.phone()",
        "address" | "streetaddress" | "streetname" | "street" => "fake.street()",
        "city" => "fake.city()",
        "country" => "fake.country()",
        "postcode" | "zipcode" | "zip" => "fake.postcode()",
        "company" => "fake.company()",
        "job" | "jobtitle" => "fake.job()",
        "word" => "fake.word()",
        "words" => "fake.words()",
        "sentence" | "text" => "fake.sentence()",
        "catchphrase" | "bs" | "loremsentence" => "fake.sentence()",
        "paragraph" => "fake.paragraph()",
        "url" => "fake.url()",
        "domainname" => "fake.domain()",
        "ipv4" => "fake.ipv4()",
        "useragent" => "fake.user_agent()",
        "colorname" | "color" => "fake.color()",
        "date" => "fake.date()",
        "uuid4" | "uuid" => "uuid()",
        _ => return None,
    })
}

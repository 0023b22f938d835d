//! Pages that scripts parse, and helpers that collect statements.

use super::value::{Value, What};
use super::{Out, Run};

impl Run<'_> {
    /// `parseHTML(response.body)`, `PyQuery(response.content)`
    pub(super) fn page(&mut self, content: &Value) -> Value {
        match content {
            Value::Response(steps) => Value::Elements(steps.clone(), "".into(), false),
            Value::Code(code) => match code.mark().and_then(|mark| self.origins.get_index(mark)) {
                Some(origin) if matches!(&origin.what, What::Source(source) if source.what == "text") => {
                    Value::Elements(origin.steps.clone(), "".into(), false)
                }
                _ => Value::unknown("a page"),
            },
            _ => Value::unknown("a page"),
        }
    }

    /// Runs code whose statements do not go into the current block, and returns them.
    pub(crate) fn collect<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (Vec<Out>, T) {
        self.out.push(Vec::new());
        let value = run(self);
        (self.out.pop().unwrap_or_default(), value)
    }

    /// Runs bodies only to find the variables of users.
    pub(crate) fn discover(&mut self, run: impl FnOnce(&mut Self)) {
        self.begin();
        self.muted(run);
        self.is_running = false;
    }

    /// Runs code once, or as a loop.
    pub(crate) fn times(&mut self, times: u32, run: impl FnOnce(&mut Self)) {
        if times <= 1 {
            run(self);
            return;
        }
        let (number, out, ()) = self.block(run);
        self.push(Out::Repeat(number, times.to_string(), out));
    }

    /// Runs the script's declarations and its listeners for the start of a test, which prepare values that all users share.
    ///
    /// # Errors
    /// If the script cannot be parsed.
    pub(crate) fn prepared(&mut self) -> Result<std::rc::Rc<super::Scope>, crate::ImportError> {
        self.is_preparing = true;
        let scope = self.start()?;
        let listeners = self.listeners.clone();
        for (name, listener) in listeners {
            if name == "test_start" {
                self.apply(&listener, super::Arguments::new(vec![Value::native("environment")]));
            }
        }
        self.is_preparing = false;
        Ok(scope)
    }

    /// The requests of the declarations: once before the test, and outside of the statistics.
    pub(crate) fn preparation(&mut self) -> Option<super::Body> {
        let out: Vec<Out> = self.out.iter_mut().flat_map(std::mem::take).collect();
        for step in &mut self.steps {
            step.skip = false;
            step.interrupt = true;
        }
        (!self.steps.is_empty()).then(|| super::Body { out, names: std::mem::take(&mut self.names) })
    }

    /// Converts a pause in seconds.
    pub(crate) fn pause_of(&mut self, seconds: &Value) -> Option<crate::draft::Wait> {
        let (out, value) = self.collect(|run| {
            let was_running = std::mem::replace(&mut run.is_running, true);
            let value = run.library("time.sleep", super::Arguments::new(vec![seconds.clone()]));
            run.is_running = was_running;
            value
        });
        let _ = value;
        out.into_iter().find_map(|out| match out {
            Out::Stmt(crate::draft::Stmt::Wait(wait)) => Some(wait),
            _ => None,
        })
    }

    /// The expression of a file within a form.
    pub(crate) fn file_of_form(&mut self, path: &str) -> String {
        self.file_expression(path).unwrap_or_default()
    }
}

//! Values that are never shown: the environment's secrets.

/// What is masked in every text that is shown.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Those values.
    pub fn new(values: Vec<String>) -> Self {
        Self(values)
    }

    /// A text without them.
    pub fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

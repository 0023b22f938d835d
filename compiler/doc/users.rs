//! Users, tasks, sequences and the blocks around a test, in words.

use super::html::{code, list, listed, strong, text};
use super::spec::Spec;
use crate::ast::{ApiMember, Expr, Item, RequestOption, TaskTarget, User, UserMember, Wait};

impl Spec<'_> {
    /// A section for each kind of user.
    pub(super) fn users_section(&self) -> String {
        let users = self.users();
        let weights: Vec<Option<&Expr>> = users.iter().map(|user| weight_of(user)).collect();
        let shares = self.shares(&weights);
        users.iter().zip(&shares).map(|(user, share)| self.user(user, share)).collect()
    }

    fn user(&self, user: &User, share: &str) -> String {
        let mut items = Vec::new();
        if self.has_shares() {
            items.push(format!("<li>{share} of all users.</li>"));
        }
        for member in &user.members {
            items.push(match member {
                UserMember::Run(name, args, _) => format!("<li>In each iteration, does {}.</li>", self.call(&name.node, args)),
                UserMember::Wait(Wait::Pacing(time)) => format!("<li>Starts an iteration every {}.</li>", self.code(time.span)),
                UserMember::Wait(wait) => format!("<li>Between two iterations, waits {}.</li>", self.wait(wait)),
                UserMember::OnStart(block) => format!("<li>First, once:{}</li>", self.block(block)),
                UserMember::OnStop(block) => format!("<li>At the end, once:{}</li>", self.block(block)),
                UserMember::Every(period, block) => format!("<li>Every {}:{}</li>", self.code(period.span), self.block(block)),
                UserMember::Weight(_) | UserMember::Broken(_) => String::new(),
            });
        }
        self.part("user", &user.name.node, "", user.span, &list("ul", "facts-list", &items))
    }

    /// A section for each tasks block and sequence, in the order of the spec.
    pub(super) fn parts_section(&self) -> String {
        let mut parts = String::new();
        for item in self.items() {
            match item {
                Item::Tasks(tasks) => {
                    let weights: Vec<Option<&Expr>> = tasks.members.iter().map(|member| member.weight.as_ref()).collect();
                    let shares = self.shares(&weights);
                    let members = tasks.members.iter().zip(shares).map(|(member, share)| match &member.target {
                        TaskTarget::Run(name, args) => format!("<li>{share}: {}</li>", self.call(&name.node, args)),
                        TaskTarget::Step(step) => format!("<li>{share}:{}</li>", list("ol", "flow", &[self.step(step)])),
                        TaskTarget::Broken => String::new(),
                    });
                    let members = list("ul", "facts-list", &members.collect::<Vec<_>>());
                    let body = format!("<p>Chooses one of these at random:</p>{members}");
                    parts += &self.part("tasks", &tasks.name.node, &self.parameters(&tasks.params), tasks.span, &body);
                }
                Item::Sequence(sequence) => {
                    let mut body = self.block(&sequence.body);
                    if sequence.interrupt.is_some() {
                        body += "<p class=\"note\">If a step of it fails, the user starts over.</p>";
                    }
                    if !sequence.gives.is_empty() {
                        let gives: Vec<String> = sequence.gives.iter().map(|name| code(&name.node)).collect();
                        body += &format!("<p class=\"note\">It gives {} to what runs it.</p>", listed(&gives, "and"));
                    }
                    parts += &self.part("sequence", &sequence.name.node, &self.parameters(&sequence.params), sequence.span, &body);
                }
                _ => {}
            }
        }
        parts
    }

    fn parameters(&self, params: &[crate::ast::Param]) -> String {
        let params: Vec<String> = params.iter().map(|param| code(&param.name.node)).collect();
        if params.is_empty() { String::new() } else { format!(" <small>for each {}</small>", listed(&params, "and")) }
    }

    fn part(&self, kind: &str, name: &str, more: &str, span: crate::span::Span, body: &str) -> String {
        let comment = self.comment(span).map(|comment| format!("<p class=\"soft\">{}</p>", text(&comment))).unwrap_or_default();
        format!("<section class=\"card part {kind}\" id=\"{0}\"><h3>{0}{more}</h3>{comment}{body}</section>", text(name))
    }

    /// What happens once, before and after the test.
    pub(super) fn around_section(&self) -> String {
        let mut parts = String::new();
        for item in self.items() {
            let (title, block) = match item {
                Item::BeforeTest(block) => ("Before the test, once".to_owned(), block),
                Item::BeforeTestEvery(period, block) => (format!("Before the test, and then every {}", self.code(period.span)), block),
                Item::AfterTest(block) => ("After the test, once".to_owned(), block),
                _ => continue,
            };
            parts += &format!("<section class=\"card part\"><h3>{title}</h3>{}</section>", self.block(block));
        }
        parts
    }

    /// The systems under test, and the files that the users' data come from.
    pub(super) fn systems_section(&self) -> String {
        let mut items = Vec::new();
        for item in self.items() {
            match item {
                Item::Api(api) => {
                    let base = api.members.iter().find_map(|member| if let ApiMember::Base(base) = member { Some(base) } else { None });
                    let address = base.map(|base| {
                        let known = self.environment_value(base);
                        code(known.as_deref().unwrap_or(&self.written(base.span)).trim_matches('"'))
                    });
                    let signs_in = api.members.iter().find_map(|member| match member {
                        ApiMember::Option(RequestOption::Auth(auth)) => Some(format!(", with {}", self.code(auth.span))),
                        _ => None,
                    });
                    let comment = self.comment(api.span).map(|comment| format!(". {}", text(&comment))).unwrap_or_default();
                    let [address, signs_in] = [address, signs_in].map(Option::unwrap_or_default);
                    items.push(format!("<li>{} at {address}{signs_in}{comment}</li>", strong(&api.name.node)));
                }
                Item::Data(data) => {
                    let file = code(&data.path.node);
                    let unique = data.options.iter().any(|(option, word)| option.node == "share" && word.node == "unique");
                    let unique = if unique { "; no two users have the same row at the same time" } else { "" };
                    items.push(format!("<li>{}, rows of {file}{unique}</li>", strong(&data.name.node)));
                }
                _ => {}
            }
        }
        list("ul", "card facts-list", &items)
    }
}

/// The weight of a user, if one is written.
pub(super) fn weight_of(user: &User) -> Option<&Expr> {
    let within = user.members.iter().find_map(|member| if let UserMember::Weight(weight) = member { Some(weight) } else { None });
    user.weight.as_ref().or(within)
}

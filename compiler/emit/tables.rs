//! The static tables of a program, for the engine, the reports and `--debug`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use sha2::{Digest, Sha256};

use super::draws::Draws;
use super::expr::ty;
use super::{Emitter, index};
use crate::model::{AtEnd, Data, LineKind, Program, SecretHolder, TaskPick, User, Wait, sections};
use crate::span::Span;

impl Emitter<'_> {
    /// `code` is the rest of the generated code; the fingerprint covers it too.
    pub(super) fn tables(&self, code: &TokenStream, files: &mut Vec<(String, Vec<u8>)>) -> TokenStream {
        let program = self.program;
        let (name, spec, compiler) = (&program.name, self.context.spec, env!("CARGO_PKG_VERSION"));
        let sources = &program.files;
        let lines = program.lines.iter().map(|line| {
            let (name, method) = (&line.name, &line.method);
            let kind = match line.kind {
                LineKind::Step => quote!(Step),
                LineKind::Group => quote!(Group),
                LineKind::Fail => quote!(Fail),
            };
            quote!(RowInfo { name: #name, method: #method, kind: RowKind::#kind })
        });
        let steps = program.steps.iter().map(|step| {
            let line = index(step.line.0);
            let (context, skip, interrupt) = (&step.context, step.skip, step.interrupt);
            let (reads_body, expects) = (step.reads_body, step.expects_status);
            let at = self.at(step.span);
            quote!(StepInfo { line: #line, context: #context, skip: #skip, interrupt: #interrupt, reads_body: #reads_body, expects_status: #expects, at: #at })
        });
        let apis = self.apis();
        let env = program.env.iter().map(|key| {
            let path = key.path.join(".");
            let kind = ty(&key.ty);
            let at = self.at(key.span);
            let secret = key.is_credential;
            quote!(EnvKey { path: #path, kind: #kind, secret: #secret, at: #at })
        });
        let data: Vec<_> =
            program.data.iter().zip(Draws::of(program)).enumerate().map(|(id, (data, draws))| self.data(id, data, &draws, files)).collect();
        let variables = |variables: &[crate::model::Variable]| {
            let variables: Vec<_> = variables
                .iter()
                .map(|variable| {
                    let (name, value, at) = (&variable.name, self.lone(&variable.value), self.at(variable.span));
                    quote!(Variable { name: #name, value: #value, at: #at })
                })
                .collect();
            quote!(&[#(#variables),*])
        };
        let (keeps, globals) = (variables(&program.keeps), variables(&program.globals));
        let mut scenarios = Scenarios::default();
        let users: Vec<_> = program.users.iter().enumerate().map(|(id, user)| self.user(id, user, &mut scenarios)).collect();
        let scenarios = scenarios.found.iter().map(|(name, pick, span)| {
            let run = self.runner(pick, *span);
            quote!(Scenario { name: #name, run: #run })
        });
        let before = block(program.before_test.is_some(), "before_test");
        let renewals = program.renewals.iter().enumerate().map(|(number, (period, _))| {
            let (period, function) = (self.lone(period), format_ident!("before_test_every_{}", number + 1));
            quote!(Every { period: #period, run: |u| Box::pin(#function(u)) })
        });
        let renewals: Vec<_> = renewals.collect();
        let after = block(program.after_test.is_some(), "after_test");
        let (regexes, paths, selectors) = (&program.regexes, &program.paths, &program.selectors);
        let assets = program.assets.iter().enumerate().map(|(number, asset)| {
            let file = format!("assets/{number}");
            files.push((file.clone(), asset.bytes.clone()));
            let (path, media_type) = (&asset.path, &asset.media_type);
            quote!(Asset { path: #path, media_type: #media_type, bytes: include_bytes!(#file) })
        });
        let assets: Vec<_> = assets.collect();
        let secrets = self.secrets();
        let scenarios: Vec<_> = scenarios.collect();
        let (env, steps): (Vec<_>, Vec<_>) = (env.collect(), steps.collect());
        let locations = self.locations.borrow();
        let locations = locations.iter().copied().map(super::location_code);
        let urls = self.urls.borrow();
        let reads_iteration = self.reads_iteration.get();
        let fields = quote! {
            name: #name,
            spec: #spec,
            compiler: #compiler,
            files: &[#(#sources),*],
            locations: &[#(#locations),*],
            lines: &[#(#lines),*],
            steps: &[#(#steps),*],
            apis: &[#(#apis),*],
            urls: &[#(#urls),*],
            env: &[#(#env),*],
            data: &[#(#data),*],
            keeps: #keeps,
            reads_iteration: #reads_iteration,
            globals: #globals,
            users: &[#(#users),*],
            scenarios: &[#(#scenarios),*],
            before_test: #before,
            renewals: &[#(#renewals),*],
            after_test: #after,
            regexes: &[#(#regexes),*],
            paths: &[#(#paths),*],
            selectors: &[#(#selectors),*],
            secrets: &[#(#secrets),*],
            assets: &[#(#assets),*],
        };
        let fingerprint = fingerprint(code, &fields, files);
        // The fingerprint does not cover these: a run may use a profile and environment other than those in the binary.
        let embedded = self.embedded(files);
        quote! {
            static PROGRAM: Program = Program {
                fingerprint: #fingerprint,
                #fields
                embedded: #embedded,
            };
        }
    }

    /// The variables that hold a secret.
    fn secrets(&self) -> Vec<TokenStream> {
        let secrets = self.program.secrets.iter().map(|(holder, members)| {
            let (kind, number) = match holder {
                SecretHolder::Keep(id) => (format_ident!("Keep"), index(id.0)),
                SecretHolder::Global(id) => (format_ident!("Global"), index(id.0)),
                SecretHolder::Shared(id) => (format_ident!("Shared"), index(id.0)),
            };
            quote!(SecretVariable { variable: Holder::#kind(#number), members: &[#(#members),*] })
        });
        secrets.collect()
    }

    fn apis(&self) -> Vec<TokenStream> {
        let apis = self.program.apis.iter().enumerate();
        apis.map(|(id, api)| {
            let max_body = proc_macro2::Literal::u64_unsuffixed(api.max_body);
            let (name, base, cookies, resend, at) = (&api.name, self.lone(&api.base), api.cookies, api.resend, self.at(api.span));
            let sections = sections(self.program, api);
            let health = match &api.health {
                None => quote!(None),
                Some(health) => {
                    let request = &self.names.health[id];
                    let version = match &health.version {
                        None => quote!(None),
                        Some(version) => {
                            let scope = super::expr::Scope { locals: &[] };
                            let version = self.found(scope, version, crate::model::Quantity::One).eval();
                            quote!(Some(|u, x| #version))
                        }
                    };
                    quote!(Some(Health { request: #request, version: #version }))
                }
            };
            quote!(ApiInfo {
                name: #name,
                base: #base,
                sections: &[#(#sections),*],
                cookies: #cookies,
                resend: #resend,
                max_body: #max_body,
                health: #health,
                at: #at
            })
        })
        .collect()
    }

    /// The rows are in a JSON file next to the source, so that many rows do not make the source large.
    fn data(&self, id: usize, data: &Data, draws: &Draws, files: &mut Vec<(String, Vec<u8>)>) -> TokenStream {
        // The names of two sources may differ only in case, and a name may be longer than that of a file.
        let file = format!("data/{id}.json");
        files.push((file.clone(), rows(&data.rows).into_bytes()));
        let (name, path, random, unique) = (&data.name, &data.path, data.random, data.unique);
        let columns = data.columns.iter().map(|(name, _)| name);
        let secrets = &data.secrets;
        let [kept_by, drawn_by] = [&draws.kept_by, &draws.drawn_by].map(|users| users.iter().map(|user| index(*user)).collect::<Vec<_>>());
        let at_end = match data.at_end {
            AtEnd::Recycle => quote!(AtEnd::Recycle),
            AtEnd::StopUser => quote!(AtEnd::StopUser),
            AtEnd::StopTest => quote!(AtEnd::StopTest),
        };
        quote! {
            DataInfo {
                name: #name,
                path: #path,
                columns: &[#(#columns),*],
                secrets: &[#(#secrets),*],
                rows: include_bytes!(#file),
                random: #random,
                unique: #unique,
                at_end: #at_end,
                kept_by: &[#(#kept_by),*],
                drawn_by: &[#(#drawn_by),*],
            }
        }
    }

    fn user(&self, id: usize, user: &User, scenarios: &mut Scenarios) -> TokenStream {
        let function = &self.names.users[id];
        let (name, weight, at) = (&user.name, self.lone(&user.weight), self.at(user.span));
        let iterations = format_ident!("{function}iterations");
        let wait = match &user.wait {
            None => quote!(None),
            Some(wait) => {
                let wait = match wait {
                    Wait::Fixed(wait) => {
                        let wait = self.lone_value(wait);
                        quote!({ let wait = #wait.as_duration()?; Wait::Between(wait, wait) })
                    }
                    Wait::Between(least, most) => {
                        let (least, most) = (self.lone_value(least), self.lone_value(most));
                        quote!(Wait::Between(#least.as_duration()?, #most.as_duration()?))
                    }
                    Wait::Pacing(pacing) => {
                        let pacing = self.lone_value(pacing);
                        quote!(Wait::Pacing(#pacing.as_duration()?))
                    }
                };
                quote!(Some(|u| Ok(#wait)))
            }
        };
        let own = |there: bool, suffix: &str| block(there, &format!("{function}{suffix}"));
        let (on_start, on_stop) = (own(user.on_start.is_some(), "on_start"), own(user.on_stop.is_some(), "on_stop"));
        let every = user.every.iter().enumerate().map(|(number, (period, _))| {
            let period = self.lone(period);
            let function = format_ident!("{function}every_{}", number + 1);
            quote!(Every { period: #period, run: |u| Box::pin(#function(u)) })
        });
        let reached = scenarios.reach(self.program, &user.run, user.span);
        let reached = reached.into_iter().map(index);
        quote! {
            UserClass {
                name: #name,
                weight: #weight,
                iterations: |u| Box::pin(#iterations(u)),
                wait: #wait,
                on_start: #on_start,
                on_stop: #on_stop,
                every: &[#(#every),*],
                scenarios: &[#(#reached),*],
                at: #at,
            }
        }
    }

    fn embedded(&self, files: &mut Vec<(String, Vec<u8>)>) -> TokenStream {
        let profile = match self.context.profile {
            None => quote!(None),
            Some((path, text)) => {
                files.push(("profile.yml".to_owned(), text.as_bytes().to_vec()));
                quote!(Some((#path, include_str!("profile.yml"))))
            }
        };
        let environments = self.context.environments.iter().map(|(name, text)| {
            let file = format!("config/{name}.yml");
            files.push((file.clone(), text.as_bytes().to_vec()));
            quote!((#name, include_str!(#file)))
        });
        let environments: Vec<_> = environments.collect();
        quote!(Embedded { profile: #profile, environments: &[#(#environments),*] })
    }
}

/// A line for each row: a JSON list.
fn rows(rows: &[Vec<String>]) -> String {
    let lengths = rows.iter().map(|cells| cells.iter().map(|cell| cell.len() + 1).sum::<usize>() + 2);
    let mut text = String::with_capacity(lengths.sum());
    for cells in rows {
        for (number, cell) in cells.iter().enumerate() {
            text.push(if number == 0 { '[' } else { ',' });
            // Between the values of JSON a line may end, within them it can't.
            text.extend(cell.split(['\n', '\r']));
        }
        text.push_str("]\n");
    }
    text
}

fn block(there: bool, function: &str) -> TokenStream {
    if !there {
        return quote!(None);
    }
    let function = format_ident!("{function}");
    quote!(Some(|u| Box::pin(#function(u))))
}

/// The sequences and steps that iterations may reach, each with its name. `--debug` runs each of them once.
#[derive(Default)]
struct Scenarios {
    found: Vec<(String, TaskPick, Span)>,
}

impl Scenarios {
    fn reach(&mut self, program: &Program, pick: &TaskPick, span: Span) -> Vec<usize> {
        let name = match pick {
            TaskPick::Sequence(id, _) => program.sequences[id.0].name.clone(),
            TaskPick::Step(step) => program.lines[program.steps[step.id.0].line.0].name.clone(),
            TaskPick::Tasks(id, _) => {
                let tasks = &program.tasks[id.0];
                // Members of tasks with parameters, and steps that take names, cannot run on their own, so one draw is the scenario.
                if tasks.params == 0 && tasks.frame.locals.is_empty() {
                    return tasks.members.iter().flat_map(|(_, member)| self.reach(program, member, tasks.span)).collect();
                }
                tasks.name.clone()
            }
        };
        if let Some(known) = self.found.iter().position(|(known, ..)| *known == name) {
            return vec![known];
        }
        self.found.push((name, pick.clone(), span));
        vec![self.found.len() - 1]
    }
}

/// A fingerprint of the code: two binaries with the same fingerprint behave the same, whatever target they were built for.
fn fingerprint(code: &TokenStream, fields: &TokenStream, files: &[(String, Vec<u8>)]) -> String {
    let mut hash = Sha256::new();
    hash.update(code.to_string());
    hash.update(fields.to_string());
    for (name, content) in files {
        hash.update(name);
        hash.update(content);
    }
    hex::encode(&hash.finalize()[..8])
}

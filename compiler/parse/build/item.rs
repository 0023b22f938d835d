//! Top-level items, except `api`.

use ltc_grammar::Rule;

use crate::ast::{Block, Data, Expr, ExprKind, Import, Item, Let, Param, Sequence, TaskMember, TaskTarget, Tasks, User, UserMember};
use crate::parse::builder::{P, TreeBuilder, children};
use crate::span::{Name, Spanned};

impl TreeBuilder<'_> {
    /// One item of a file.
    pub(in crate::parse) fn item(&mut self, pair: P<'_>) -> Item {
        match pair.as_rule() {
            Rule::import => {
                let span = self.span(&pair);
                let text = self.only(pair);
                Item::Import(Import { path: self.plain(text, "an import's path"), span })
            }
            Rule::api => Item::Api(self.api(pair)),
            Rule::data => Item::Data(self.data(pair)),
            Rule::let_ => Item::Let(self.let_(pair)),
            Rule::keep => Item::Keep(self.let_(pair)),
            Rule::sequence => Item::Sequence(self.sequence(pair)),
            Rule::tasks => Item::Tasks(self.tasks(pair)),
            Rule::user => Item::User(self.user(pair)),
            Rule::before_test => Item::BeforeTest(self.last_block(pair)),
            Rule::before_test_every => {
                let (period, block) = self.every(pair);
                Item::BeforeTestEvery(period, block)
            }
            Rule::after_test => Item::AfterTest(self.last_block(pair)),
            _ => Item::Broken(self.broken(&pair, Rule::only_item)),
        }
    }

    /// The last part of `pair`, which is a block.
    pub(super) fn last_block(&mut self, pair: P<'_>) -> Block {
        children(pair).next_back().map(|block| self.block(block)).unwrap_or_default()
    }

    /// The period and the block of `every`.
    fn every(&mut self, pair: P<'_>) -> (Expr, Block) {
        let mut period = Expr { kind: ExprKind::Broken, span: self.span(&pair) };
        let mut block = Block::default();
        for part in children(pair) {
            match part.as_rule() {
                Rule::expr => period = self.expr(part),
                _ => block = self.block(part),
            }
        }
        (period, block)
    }

    /// A substitute for a missing name. The grammar guarantees a name, so this never appears.
    pub(super) fn unnamed(&self, pair: &P<'_>) -> Name {
        Spanned::new(String::new(), self.span(pair))
    }

    /// `let` or `keep`.
    pub(super) fn let_(&mut self, pair: P<'_>) -> Let {
        let span = self.span(&pair);
        let mut this = Let { name: self.unnamed(&pair), secret: false, ty: None, value: Expr { kind: ExprKind::Broken, span }, span };
        for part in children(pair) {
            match part.as_rule() {
                Rule::flag_secret => this.secret = true,
                Rule::name => this.name = self.bind(&part),
                Rule::type_of => this.ty = Some(self.type_of(part)),
                _ => this.value = self.expr(part),
            }
        }
        this
    }

    /// `: int`.
    pub(in crate::parse) fn type_of(&mut self, pair: P<'_>) -> Name {
        let word = self.only(pair);
        self.word(&word)
    }

    /// `(a, b: string, c = 1)`.
    pub(in crate::parse) fn params(&mut self, pair: P<'_>) -> Vec<Param> {
        let mut params = Vec::new();
        for pair in children(pair) {
            let mut param = Param { name: self.unnamed(&pair), ty: None, default: None };
            for part in children(pair) {
                match part.as_rule() {
                    Rule::name => param.name = self.bind(&part),
                    Rule::type_of => param.ty = Some(self.type_of(part)),
                    _ => param.default = Some(self.expr(part)),
                }
            }
            params.push(param);
        }
        params
    }

    fn data(&mut self, pair: P<'_>) -> Data {
        let span = self.span(&pair);
        let (name, path) = (self.unnamed(&pair), self.unnamed(&pair));
        let mut data = Data { name, path, options: Vec::new(), filter: None, secrets: Vec::new(), span };
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => data.name = self.bind(&part),
                Rule::text => data.path = self.plain(part, "the path of a data file"),
                _ => self.data_options(part, &mut data),
            }
        }
        data
    }

    fn data_options(&mut self, pair: P<'_>, data: &mut Data) {
        for part in children(pair) {
            match part.as_rule() {
                Rule::data_where => {
                    let filter = self.only(part);
                    data.filter = Some(self.expr(filter));
                }
                Rule::data_secret => {
                    let columns = children(part).filter(|part| part.as_rule() == Rule::column);
                    let columns: Vec<_> = columns.map(|column| self.column(column)).collect();
                    data.secrets.extend(columns);
                }
                Rule::data_option => {
                    let mut words = children(part).map(|p| self.word(&p));
                    if let (Some(option), Some(value)) = (words.next(), words.next()) {
                        data.options.push((option, value));
                    }
                }
                _ => {
                    self.broken(&part, Rule::only_data);
                }
            }
        }
    }

    /// The name of a column, a word or a text.
    fn column(&mut self, pair: P<'_>) -> Name {
        let name = self.only(pair);
        if name.as_rule() == Rule::text { self.plain(name, "the name of a column") } else { self.word(&name) }
    }

    fn sequence(&mut self, pair: P<'_>) -> Sequence {
        let span = self.span(&pair);
        let mut this =
            Sequence { name: self.unnamed(&pair), params: Vec::new(), interrupt: None, gives: Vec::new(), body: Block::default(), span };
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => this.name = self.bind(&part),
                Rule::params => this.params = self.params(part),
                Rule::flag_interrupt => this.interrupt = Some(self.span(&part)),
                Rule::gives => this.gives = children(part).map(|p| self.word(&p)).collect(),
                _ => this.body = self.block(part),
            }
        }
        this
    }

    fn tasks(&mut self, pair: P<'_>) -> Tasks {
        let span = self.span(&pair);
        let mut tasks = Tasks { name: self.unnamed(&pair), params: Vec::new(), members: Vec::new(), span };
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => tasks.name = self.bind(&part),
                Rule::params => tasks.params = self.params(part),
                _ => tasks.members = children(part).map(|p| self.task(p)).collect(),
            }
        }
        tasks
    }

    fn task(&mut self, pair: P<'_>) -> TaskMember {
        if pair.as_rule() != Rule::task {
            let span = self.broken(&pair, Rule::only_task);
            return TaskMember { weight: None, target: TaskTarget::Broken, span };
        }
        let mut member = TaskMember { weight: None, target: TaskTarget::Broken, span: self.span(&pair) };
        for part in children(pair) {
            match part.as_rule() {
                Rule::weight => member.weight = Some(self.weight(part)),
                Rule::step => member.target = TaskTarget::Step(Box::new(self.step(part))),
                _ => {
                    let (name, args) = self.callee(part);
                    member.target = TaskTarget::Run(name, args);
                }
            }
        }
        member
    }

    fn weight(&mut self, pair: P<'_>) -> Expr {
        let operand = self.only(pair);
        self.operand(operand)
    }

    fn user(&mut self, pair: P<'_>) -> User {
        let span = self.span(&pair);
        let mut user = User { name: self.unnamed(&pair), weight: None, members: Vec::new(), span };
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => user.name = self.bind(&part),
                Rule::weight => user.weight = Some(self.weight(part)),
                _ => user.members = children(part).map(|p| self.user_member(p)).collect(),
            }
        }
        user
    }

    fn user_member(&mut self, pair: P<'_>) -> UserMember {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::user_run => {
                let callee = self.only(pair);
                let (name, args) = self.callee(callee);
                UserMember::Run(name, args, span)
            }
            Rule::user_wait => {
                let spec = self.only(pair);
                UserMember::Wait(self.wait(spec))
            }
            Rule::user_weight => {
                let weight = self.only(pair);
                UserMember::Weight(self.weight(weight))
            }
            Rule::on_start => UserMember::OnStart(self.last_block(pair)),
            Rule::on_stop => UserMember::OnStop(self.last_block(pair)),
            Rule::every => {
                let (period, block) = self.every(pair);
                UserMember::Every(period, block)
            }
            _ => UserMember::Broken(self.broken(&pair, Rule::only_user)),
        }
    }
}

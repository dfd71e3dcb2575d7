//! What one cell's text says, without looking at any other cell.

use ruff_python_ast::name::Name;
use thin_vec::ThinVec;

use super::shapes::Passage;
use crate::text::TextRange;

/// Counts what happens in a cell, in the order in which it happens when the cell runs.
pub type Step = u32;

/// The facts of one cell. A cell that is not Python has the default: nothing.
///
/// They are held for every cell of every open notebook, and most lists are empty in most cells: a
/// [`ThinVec`] takes a pointer then.
#[derive(Debug, Default, PartialEq)]
pub struct Facts {
    /// Names read while the cell runs, in that order. Reads inside function bodies are in [`Scope::reads`].
    pub uses: ThinVec<Use>,
    /// Names bound or deleted while the cell runs, in that order.
    pub bindings: ThinVec<Binding>,
    /// What the cell has done to each name when it ends, sorted by name.
    pub exits: ThinVec<(Name, Exit)>,
    /// Bodies that run when somebody calls them: functions, methods, lambdas.
    pub scopes: ThinVec<Scope>,
    pub classes: ThinVec<Class>,
    /// Calls made while the cell runs, in that order.
    pub calls: ThinVec<Call>,
    /// Objects changed in place while the cell runs: `df["a"] = 1`, `xs.append(1)`.
    pub mutations: ThinVec<Mutation>,
    /// What a second run of the cell does again to names that other cells bind, in document order.
    pub repeats: ThinVec<Repeat>,
    /// Calls that draw random numbers or seed a generator, by the look of their names; those in
    /// bodies included. In document order.
    pub randoms: ThinVec<RandomCall>,
    /// Magics and shell lines, in document order.
    pub magics: ThinVec<Magic>,
    /// What makes it impossible to know which names exist afterwards.
    pub openings: ThinVec<Opening>,
    /// Where the text is not Python. Such a cell does not run at all, so what it binds counts as
    /// perhaps bound and what it reads is not judged.
    pub syntax_errors: ThinVec<SyntaxError>,
    /// How the last statement shows a result.
    pub trailing: Option<Trailing>,
    /// Top-level statements, in document order.
    pub statements: ThinVec<Statement>,
    /// Lines that hold code: neither blank nor only a comment.
    pub code_lines: u32,
    /// Whether a top-level `await`, `async for` or `async with` is run.
    pub awaits: bool,
    /// What the cell reads of names that stand in strings or in no text at all.
    pub text_reads: TextReads,
    /// Habits that the rules of the groups test and portable ask for, in document order.
    pub remarks: ThinVec<Remark>,
    /// Fingerprints by which repetitions are found, by block and place. None where the cell does not run.
    pub passages: ThinVec<Passage>,
    /// Whether it may set IPython to show every expression of a cell instead of the last.
    pub shows_every_expression: bool,
}

/// What code reads by text rather than by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextReads {
    #[default]
    Nothing,
    /// Names behind `@` in its strings, wherever they are run as queries: `cond = "a > @x"`.
    Queried,
    /// Any word of the cell may be a name: `df.query("a > @x")`, the body of `%%sql`.
    Words,
    /// Any name at all: `eval(…)`, `globals()`.
    Any,
}

impl TextReads {
    /// Whether names that stand in no string behind `@` may be read, too.
    pub fn takes_words(self) -> bool {
        matches!(self, Self::Words | Self::Any)
    }
}

/// A name that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    pub name: Name,
    pub range: TextRange,
    pub step: Step,
    pub kind: UseKind,
    /// What the cell itself has done to the name before it reads it.
    pub local: State,
    pub path: Path,
    /// Whether the code expects that the name may be missing, or does not fail where it is:
    /// `try … except NameError`, `!echo {x}`, `x?`, code that is never reached.
    pub guarded: bool,
    /// Whether it stands in an annotation, which an earlier cell may have asked IPython not to run.
    pub in_annotation: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseKind {
    Read,
    /// The name is the target of `x += 1`: read, then bound.
    Augmented,
    /// The name is the target of `del x`.
    Deleted,
}

/// What has been done to a name up to a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum State {
    /// Nothing: it is whatever earlier cells made it.
    #[default]
    Untouched,
    /// Bound on every path.
    Sure,
    /// Bound if a loop has run at least once.
    Likely,
    /// Bound on some paths.
    Perhaps,
    /// Deleted on every path.
    Gone,
    /// Deleted on some paths, on the others untouched.
    Unsure,
}

impl State {
    pub fn may_be_bound(self) -> bool {
        matches!(self, Self::Sure | Self::Likely | Self::Perhaps)
    }
}

/// How sure it is that a place is reached when the code around it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Path {
    Sure,
    /// In a loop that may have nothing to do, or after a guard that may have left.
    Likely,
    /// In a branch, a handler, after `and`.
    Perhaps,
}

/// A name that is bound or deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    pub name: Name,
    /// The name itself: in `import a.b as c` the `c`.
    pub range: TextRange,
    pub step: Step,
    pub kind: BindingKind,
    pub path: Path,
    /// The index of the top-level statement that does it.
    pub statement: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BindingKind {
    /// `import module`, `import module as x`, `from module import member as x`.
    Import {
        module: Name,
        member: Option<Name>,
    },
    Function(ScopeIdx),
    Class(ClassIdx),
    /// `x = …`, with what is known of the value.
    Value(Value),
    /// The target of `for`, `with`, `except`, `match`, `:=`, `x += 1`, `type x = …`.
    For,
    With,
    Except,
    Match,
    Walrus,
    Augmented,
    TypeAlias,
    /// Bound by a magic: `%%capture out`, `x = !ls`, `%time x = 1`.
    Magic,
    /// Bound by a function of this cell that declares it `global`, if it is called.
    Global,
    /// All branches before this point have bound it.
    Join,
    Delete,
    /// All branches before this point have deleted it.
    JoinDelete,
}

impl BindingKind {
    pub fn is_delete(&self) -> bool {
        matches!(self, Self::Delete | Self::JoinDelete)
    }

    /// Whether something in the text does it, rather than branches coming together.
    pub fn is_written(&self) -> bool {
        !matches!(self, Self::Join | Self::JoinDelete)
    }

    pub fn is_definition(&self) -> bool {
        matches!(self, Self::Function(_) | Self::Class(_))
    }

    pub fn is_import(&self) -> bool {
        matches!(self, Self::Import { .. })
    }
}

/// What is known of an assigned value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Unknown,
    /// A number, a string, `True`, `None`.
    Constant,
    /// A display of literals only: `[1, 2]`.
    Literal,
    /// A part of a module that the same cell imports: `stats = scipy.stats`.
    ModulePart,
    Lambda(ScopeIdx),
    /// A class or function that a call makes: `namedtuple("P", "x y")`, `partial(f, 1)`.
    Definition,
    /// Another name: `f = g`.
    Alias(Name),
    /// The result of calling a name: `model = Model()`.
    CallOf(Name),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScopeIdx(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClassIdx(pub u32);

/// What a cell has done to a name when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    pub state: State,
    /// The last entry of [`Facts::bindings`] that something in the text wrote for the name.
    pub binding: u32,
    /// Differs when what other cells may conclude from the binding differs.
    pub fingerprint: u64,
}

/// A body that runs when it is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// `None` for a lambda.
    pub name: Option<Name>,
    /// The whole definition.
    pub range: TextRange,
    /// Names that the body takes from the notebook, in the order in which it reads them.
    /// Names of functions around it are not among them.
    pub reads: Vec<ScopeUse>,
    pub calls: Vec<ScopeCall>,
    /// Names that the body binds in the notebook by `global`.
    pub binds: Vec<Name>,
    /// What the body changes in place: names of the notebook, and its own parameters.
    pub mutates: Vec<Name>,
    /// Its parameters' names.
    pub parameters: Vec<Name>,
    /// The class it is a method of.
    pub class: Option<ClassIdx>,
    /// The scope it is defined in.
    pub parent: Option<ScopeIdx>,
    pub is_async: bool,
    pub is_generator: bool,
    /// Whether a decorator may put something else in its place.
    pub decorated: bool,
    /// Whether one is there of which it is not known that a call still runs the body.
    pub replaced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeUse {
    pub name: Name,
    pub range: TextRange,
    /// What the cell itself has done to the name where the body is defined.
    pub local: State,
    pub path: Path,
    pub guarded: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeCall {
    pub callee: Callee,
    pub range: TextRange,
    pub path: Path,
    pub guarded: bool,
    /// Whether the result is awaited or iterated, so that a coroutine or generator runs.
    pub consumed: bool,
}

/// A call made while the cell runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub callee: Callee,
    pub range: TextRange,
    pub step: Step,
    pub path: Path,
    pub guarded: bool,
    /// Whether the result is awaited or iterated, so that a coroutine or generator runs.
    pub consumed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A name of the notebook.
    Name(Name),
    /// An attribute of a name of the notebook: `model.fit`.
    Attribute(Name, Name),
    /// An attribute of a new object: `Model().fit`.
    Method(Name, Name),
    /// An attribute of `self` in a method of the class.
    Own(ClassIdx, Name),
    /// A body of this very cell.
    Scope(ScopeIdx),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    pub name: Name,
    pub range: TextRange,
    /// Base classes that are plain names of the notebook.
    pub bases: Vec<Name>,
    pub methods: Vec<(Name, ScopeIdx)>,
    /// Names that its body binds in any other way, or its methods on their object: `fn = staticmethod(f)`, `self.fn = f`.
    pub attributes: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Mutation {
    pub name: Name,
    pub range: TextRange,
    pub step: Step,
    pub path: Path,
}

/// A name that the cell has not bound itself, and that it changes by what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat {
    pub name: Name,
    /// What is changed: `df`, `df["a"]`, `d[k].xs`.
    pub range: TextRange,
    pub again: Again,
}

/// How a second run differs from the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It computes once more: `x += 1`, `x = x / 255`.
    Recomputed,
    /// It sees only what is left: `df = df[df.a > 0]`. As long as nothing is edited, that is the same.
    Narrowed,
    /// It does not find what the first run took, or takes another part: `df = df.drop("a")`, `x = x[1:]`.
    Consumed,
    /// It calls a method again that changes the object: `xs.append(1)`.
    Grown(Box<str>),
}

/// A call that has to do with random numbers, if its name means what it looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomCall {
    /// The name of the notebook that it starts from: `np` of `np.random.rand(3)`.
    pub root: Name,
    /// The attributes after it, with their dots: `.random.rand`; empty for `rand(3)`.
    pub attributes: Box<str>,
    /// The called expression, without its arguments.
    pub function: TextRange,
    /// From the opening to the closing parenthesis.
    pub arguments: TextRange,
    /// Whether an argument says where to start: a seed, `random_state=0`.
    pub seeded: bool,
}

/// A place that shows a habit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remark {
    pub kind: RemarkKind,
    pub range: TextRange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkKind {
    /// A string that is used as a path and starts where only one machine has anything: `"/home/ana/x"`.
    MachinePath,
    /// `os.chdir(…)`.
    DirectoryChange,
    /// `sys.path.append(…)`.
    SearchPathChange,
    /// `breakpoint()`, `pdb.set_trace()`.
    Breakpoint,
    /// `ic(…)`, if `ic` is what it looks like.
    Icecream,
    /// A condition that asks where the code runs: `ENV == "prod"`.
    Toggle,
    /// A test function, a test case, or a call that runs tests.
    Test,
    /// A statement of the cell itself that asserts something.
    Assert,
    /// `dbutils.notebook.run(…)`.
    NotebookRun,
}

/// A magic, a help request or a shell line.
#[derive(Debug, Clone, PartialEq)]
pub struct Magic {
    pub range: TextRange,
    pub kind: MagicKind,
    /// The magic's name without `%`; empty for shell and help lines.
    pub name: Box<str>,
    /// What stands after the name.
    pub argument: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MagicKind {
    Line,
    Cell,
    Shell,
    Help,
}

/// Something after which any name may exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    pub range: TextRange,
    pub step: Step,
    pub kind: OpeningKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OpeningKind {
    /// `from module import *`; the dots of a relative import are part of the name.
    StarImport(Name),
    /// `exec(…)`, `globals()[…] = …`.
    Dynamic,
    /// `%run path`.
    Run(Box<str>),
    /// `%pylab`, `%store -r`, `%load` and magics that nobody here knows.
    Magic(Box<str>),
    /// `%reset`: afterwards no name exists.
    Reset,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub range: TextRange,
    pub message: Box<str>,
}

/// The last statement, where it shows its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailing {
    pub range: TextRange,
    /// Whether a `;` keeps it from being shown.
    pub suppressed: bool,
}

/// One top-level statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// From its first decorator to its end, without a trailing comment.
    pub range: TextRange,
    pub kind: StatementKind,
    /// The steps that happen in it: from `steps.0`, up to and not including `steps.1`.
    pub steps: (Step, Step),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    Import,
    Definition,
    Expression,
    Magic,
    Other,
}

impl OpeningKind {
    /// Its code, for messages.
    pub fn quoted(&self) -> String {
        match self {
            Self::StarImport(module) => format!("`from {module} import *`"),
            Self::Dynamic => "`exec` or the like".into(),
            Self::Run(path) => format!("`%run {path}`"),
            Self::Magic(name) => format!("`%{name}`"),
            Self::Reset => "`%reset`".into(),
        }
    }
}

impl Statement {
    /// Whether this step happens in it.
    pub fn takes(&self, step: Step) -> bool {
        (self.steps.0..self.steps.1).contains(&step)
    }
}

impl Facts {
    /// Gives back what the lists have set aside for more.
    pub(super) fn fit(&mut self) {
        self.uses.shrink_to_fit();
        self.bindings.shrink_to_fit();
        self.exits.shrink_to_fit();
        self.calls.shrink_to_fit();
        self.scopes.shrink_to_fit();
        self.mutations.shrink_to_fit();
        self.randoms.shrink_to_fit();
        self.remarks.shrink_to_fit();
        self.passages.shrink_to_fit();
    }

    /// The magics that speak of the whole cell, the outermost first: `%%capture`, and `%%bash` on the line below.
    pub fn cell_magics(&self) -> impl DoubleEndedIterator<Item = &Magic> {
        let magics = self.magics.iter();
        magics.filter(|magic| magic.kind == MagicKind::Cell)
    }

    /// The file that the cell writes, as its magic names it: `%%writefile -a w.py`.
    pub fn written_file(&self) -> Option<&str> {
        let magic = self.cell_magics().next_back()?;
        if !matches!(&*magic.name, "writefile" | "file") {
            return None;
        }
        let mut file = magic.argument.trim();
        while file.starts_with('-') {
            file = file.split_once(char::is_whitespace)?.1.trim_start();
        }
        Some(file.trim_matches(['"', '\'']))
    }

    /// Whether the cell is Python that a kernel would run.
    pub fn runs(&self) -> bool {
        self.syntax_errors.is_empty()
    }

    /// The places of the remarks of one kind.
    pub fn remarks_of(&self, kind: RemarkKind) -> impl Iterator<Item = TextRange> {
        let remarks = self.remarks.iter();
        remarks
            .filter(move |remark| remark.kind == kind)
            .map(|remark| remark.range)
    }

    pub fn exit(&self, name: &str) -> Option<&Exit> {
        let at = self
            .exits
            .binary_search_by(|(own, _)| own.as_str().cmp(name))
            .ok()?;
        Some(&self.exits[at].1)
    }

    /// Whether something in the text binds the name, even if it is deleted again.
    pub fn binds(&self, name: &str) -> bool {
        let mut bindings = self.bindings.iter();
        self.exit(name).is_some_and(|exit| {
            exit.state.may_be_bound()
                || bindings.any(|binding| binding.name == *name && !binding.kind.is_delete())
        })
    }

    pub fn binding(&self, exit: &Exit) -> &Binding {
        &self.bindings[exit.binding as usize]
    }

    /// What the statement at this index binds, perhaps or surely.
    pub fn bound_by(&self, statement: usize) -> impl Iterator<Item = &Binding> {
        let bindings = self.bindings.iter();
        bindings.filter(move |binding| binding.statement as usize == statement)
    }

    pub fn scope(&self, index: ScopeIdx) -> &Scope {
        &self.scopes[index.0 as usize]
    }

    pub fn class(&self, index: ClassIdx) -> &Class {
        &self.classes[index.0 as usize]
    }

    /// What the cell has done to a name before `step`, and the last binding that did it.
    pub fn state_before(&self, name: &str, step: Step) -> (State, Option<&Binding>) {
        let mut state = State::Untouched;
        let mut last = None;
        for binding in &self.bindings {
            if binding.step >= step {
                break;
            }
            if binding.name != *name {
                continue;
            }
            state = match (binding.kind.is_delete(), binding.path, state) {
                (false, Path::Sure, _) => State::Sure,
                (false, _, State::Sure) => State::Sure,
                (false, Path::Likely, State::Untouched | State::Likely) => State::Likely,
                (false, ..) => State::Perhaps,
                (true, Path::Sure, _) => State::Gone,
                (true, _, State::Untouched | State::Unsure) => State::Unsure,
                (true, _, State::Gone) => State::Gone,
                (true, ..) => State::Perhaps,
            };
            if binding.kind.is_written() {
                last = Some(binding);
            }
        }
        (state, last)
    }

    /// The names that the cell leaves bound, on some path at least.
    pub fn bound_names(&self) -> impl Iterator<Item = (&Name, &Exit)> {
        self.exits
            .iter()
            .filter(|(_, exit)| exit.state.may_be_bound())
            .map(|(name, exit)| (name, exit))
    }
}

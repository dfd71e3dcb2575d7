//! What a cell's facts say, for every way in which Python and IPython bind, read and delete a name.

use cellwise::analysis::facts::{Callee, Facts, OpeningKind, State, UseKind};
use cellwise::analysis::python::facts;

/// What the cell leaves of each name: `x` surely bound, `x~` in a loop, `x?` perhaps, `-x` deleted, `-x?` perhaps deleted.
#[track_caller]
fn leaves(text: &str, expected: &str) {
    let facts = valid(text);
    let exits: Vec<String> = facts
        .exits
        .iter()
        .map(|(name, exit)| match exit.state {
            State::Untouched => format!("={name}"),
            State::Sure => name.to_string(),
            State::Likely => format!("{name}~"),
            State::Perhaps => format!("{name}?"),
            State::Gone => format!("-{name}"),
            State::Unsure => format!("-{name}?"),
        })
        .collect();
    assert_eq!(exits.join(" "), expected, "what is left by\n{text}");
}

/// The names that the cell reads at once from elsewhere, in order; `(x)` where it expects that they may be missing.
#[track_caller]
fn reads(text: &str, expected: &str) {
    let facts = valid(text);
    let mut names: Vec<String> = Vec::new();
    for read in &facts.uses {
        if read.local.may_be_bound()
            || cellwise::analysis::known::builtins::is_defined(
                &read.name,
                cellwise::notebook::Home::Jupyter,
            )
        {
            continue;
        }
        assert_eq!(&text[read.range], read.name.as_str(), "the place of a read");
        let mut name = match read.local {
            State::Gone => format!("-{}", read.name),
            _ => read.name.to_string(),
        };
        if read.guarded {
            name = format!("({name})");
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    assert_eq!(names.join(" "), expected, "what is read by\n{text}");
}

/// The names that bodies read when they are called.
#[track_caller]
fn defers(text: &str, expected: &str) {
    let facts = valid(text);
    let mut names: Vec<&str> = Vec::new();
    for scope in &facts.scopes {
        for read in &scope.reads {
            assert_eq!(&text[read.range], read.name.as_str(), "the place of a read");
            if !names.contains(&read.name.as_str()) {
                names.push(&read.name);
            }
        }
    }
    assert_eq!(names.join(" "), expected, "what is read later by\n{text}");
}

#[track_caller]
fn valid(text: &str) -> Facts {
    let facts = facts(text);
    assert_eq!(facts.syntax_errors, [], "in\n{text}");
    facts
}

fn calls(text: &str) -> Vec<String> {
    valid(text)
        .calls
        .iter()
        .map(|call| match &call.callee {
            Callee::Name(name) => name.to_string(),
            Callee::Attribute(base, name) => format!("{base}.{name}"),
            Callee::Method(class, name) => format!("{class}().{name}"),
            Callee::Own(_, name) => format!("self.{name}"),
            Callee::Scope(_) => "λ".to_owned(),
        })
        .collect()
}

#[test]
fn every_statement_that_binds() {
    leaves("x = 1", "x");
    leaves("x = y = 1", "x y");
    leaves("(a, [b, *c]), d.e, f[0] = v", "a b c");
    leaves("x: int = 1", "x");
    leaves("x: int", "");
    leaves("x += 1", "x");
    leaves("import a.b, c as d", "a d");
    leaves("import a.b as e", "e");
    leaves("from a import b, c as d", "b d");
    leaves("from . import a", "a");
    leaves("def f(): pass", "f");
    leaves("async def f(): pass", "f");
    leaves("class C:\n    x = 1\n    def m(self): pass", "C");
    leaves("with open(p) as f, g() as (a, b):\n    pass", "a b f");
    leaves("(n := 10)", "n");
    leaves("type Alias = list[int]", "Alias");
    leaves("def f[T](x: T) -> T: pass", "f");
    leaves("class C[T]: pass", "C");
    leaves("print([last := x for x in xs])", "last~");
    leaves("print([last := x for x in (1, 2)])", "last");
    leaves("print([last := x for x in (1, 2) if x > y])", "last~");
    leaves("if a:\n    x = 1\nelif (m := f()):\n    x = 2", "m? x?");
    leaves("0 < a < (top := f())", "top?");
    leaves("%debug -b steps.py:3 x = f()", "x");
}

#[test]
fn branches_join() {
    leaves("if a:\n    x = 1", "x?");
    leaves("if a:\n    x = 1\nelse:\n    x = 2", "x");
    leaves("if a:\n    x = 1\nelif b:\n    x = 2", "x?");
    leaves("if a:\n    x = 1\nelse:\n    raise SystemExit", "x");
    leaves("if True:\n    x = 1", "x");
    leaves("if False:\n    x = 1", "");
    leaves("if __name__ == '__main__':\n    x = 1", "x");
    leaves("x = 1 if a else (y := 2)", "x y?");
    leaves("a and (x := 1)", "x?");
}

#[test]
fn loops_bind_likely() {
    // Behind a `continue` or `break` no round need have come.
    leaves(
        "for i in [1]:\n    x = i\n    if i: continue\n    y = 1",
        "i x y?",
    );
    leaves("for i in xs:\n    if i: break\n    y = 1", "i~ y?");
    leaves("while True:\n    if x: break\n    y = 1", "y?");
    leaves("for i in xs:\n    t = i", "i~ t~");
    leaves("for i in [1, 2]:\n    t = i", "i t");
    leaves("for i in range(3):\n    t = i", "i t");
    leaves("for i in range(0):\n    t = i", "i~ t~");
    leaves("t = 0\nfor i in xs:\n    t += i", "i~ t");
    leaves("while a:\n    x = 1", "x~");
    leaves("while True:\n    x = 1\n    if x: break", "x");
    leaves("for i in xs:\n    if i:\n        hit = i", "hit? i~");
    leaves("for i in xs:\n    pass\nelse:\n    done = 1", "done i~");
}

#[test]
fn exceptions() {
    leaves("try:\n    import a\nexcept ImportError:\n    a = None", "a");
    leaves("try:\n    x = f()\nexcept ValueError:\n    pass", "x?");
    leaves("try:\n    x = f()\nexcept ValueError:\n    raise", "x");
    leaves("try:\n    x = f()\nfinally:\n    y = 1", "x y");
    leaves("try:\n    f()\nexcept E as e:\n    m = e", "-e? m?");
    leaves(
        "try:\n    f()\nexcept* E as e:\n    pass\nelse:\n    ok = 1",
        "-e? ok?",
    );
    leaves(
        "from contextlib import suppress\nwith suppress(E):\n    x = f()",
        "suppress x?",
    );
}

#[test]
fn matches() {
    leaves(
        "match v:\n    case [a, *rest]:\n        pass\n    case {'k': b, **more}:\n        pass",
        "a? b? more? rest?",
    );
    leaves(
        "match v:\n    case C(x=1):\n        y = 1\n    case other:\n        y = 2",
        "other? y",
    );
    reads(
        "match v:\n    case Color.RED | Point(z=q):\n        print(q)",
        "v Color Point",
    );
}

#[test]
fn deletions() {
    leaves("x = 1\ndel x", "-x");
    leaves("x = 1\nif a:\n    del x", "x?");
    leaves("if a:\n    del x", "-x?");
    leaves("del x, (y, z)", "-x -y -z");
    leaves("del d['k'], o.a", "");
    reads("del x", "x");
    reads("x = 1\ndel x\nprint(x)", "-x");
}

#[test]
fn reads_at_once() {
    reads(
        "print(a, b.c, d[e], f'{g!r:>{w}}', *h, **i, k=j)",
        "a b d e g w h i j",
    );
    reads("x = 1\nprint(x, y)", "y");
    reads("x += 1", "x");
    reads("df['a'] = df.b + c", "df c");
    reads("o.a = v", "v o");
    reads("[x for x in xs if x > t]", "xs t");
    reads("{k: v for k, v in d.items() for w in v if w}", "d");
    reads("x: Thing = 1", "Thing");
    reads("def f(a: A = d) -> R: pass", "d A R");
    reads(
        "@dec\nclass C(Base, metaclass=M):\n    y = z\n    w = y",
        "dec Base M z",
    );
    reads("lambda x=d: x", "d");
    reads("assert t, m", "t m");
    reads("raise E from c", "E c");
    reads("print(x) if x else y", "x y");
    reads("t'{a}'", "a");
}

#[test]
fn reads_in_loops_may_be_carried_round() {
    reads(
        "for i in xs:\n    if i > 0:\n        print(prev)\n    prev = i",
        "xs",
    );
    reads("for i in xs:\n    print(prev)\n    prev = i", "xs prev");
    reads(
        "for line in xs:\n    if line:\n        head = line\n        continue\n    print(head)",
        "xs",
    );
    reads(
        "for line in xs:\n    print(head)\n    if line:\n        head = line\n        continue",
        "xs head",
    );
    reads(
        "for i in xs:\n    if i:\n        continue\n    n += i",
        "xs n",
    );
}

#[test]
fn what_loops_leave_when_they_are_cut_short() {
    leaves(
        "for i in xs:\n    if i:\n        found = i\n        break",
        "found? i~",
    );
    leaves("for i in xs:\n    break", "i~");
    leaves(
        "while True:\n    try:\n        page = load()\n        break\n    except OSError:\n        pass",
        "page",
    );
    leaves(
        "while True:\n    if done():\n        break\n    last = 1",
        "last?",
    );
    leaves(
        "for i in xs:\n    if i:\n        continue\n    n = i",
        "i~ n?",
    );
    leaves(
        "for i in xs:\n    for j in i:\n        if j:\n            k = j\n            break\n    else:\n        continue\n    break",
        "i~ j~ k?",
    );
    leaves(
        "for i in [1]:\n    match i:\n        case 1:\n            n = i\n            break\n        case _:\n            n = 2\n            break",
        "i n",
    );
}

#[test]
fn names_that_may_be_missing() {
    reads("try:\n    x\nexcept NameError:\n    x = 1", "(x)");
    reads(
        "try:\n    x\nexcept (KeyError, NameError):\n    pass",
        "(x)",
    );
    reads("try:\n    x\nexcept:\n    pass", "(x)");
    reads("try:\n    x\nexcept ImportError:\n    pass", "x");
    reads("if 'x' in globals():\n    print(x)", "(x)");
    reads("if 'x' not in dir():\n    x = 1\nprint(x)", "");
    reads("'x' in locals() and print(x)", "(x)");
    reads("if TYPE_CHECKING:\n    y = A", "TYPE_CHECKING (A)");
    reads("raise SystemExit\nprint(x)", "(x)");
    reads("import sys\nsys.exit()\nprint(x)", "(x)");
}

#[test]
fn bodies_read_later() {
    defers("def f(a):\n    b = a\n    return b + c", "c");
    reads("def f(a):\n    return a + c", "");
    defers("f = lambda x: x + y", "y");
    defers(
        "def f():\n    def g():\n        return x + y\n    x = 1\n    return g",
        "y",
    );
    defers("def f():\n    return f()", "f");
    defers(
        "class C:\n    k = 1\n    def m(self):\n        return self.a + k + C",
        "k C",
    );
    defers(
        "class C:\n    def m(self):\n        return __class__, super().m()",
        "super",
    );
    defers(
        "def f():\n    import os\n    return os.path, [q for q in r]",
        "r",
    );
    defers("def f():\n    global g\n    g = g + 1", "g");
    defers(
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = y\n    g()",
        "y",
    );
    defers("def f(*args, **kw):\n    print(args, kw, z)", "print z");
    defers(
        "def f():\n    try:\n        pass\n    except E as e:\n        print(e)",
        "E print",
    );
    defers(
        "def f():\n    with a as b:\n        for c in b:\n            match c:\n                case [d]:\n                    return b, c, d",
        "a",
    );
    defers("def f():\n    return [y := 1 for x in z], y", "z");
    defers("def f[T](x: T):\n    return T", "");
}

#[test]
fn global_in_a_function_binds_perhaps() {
    leaves("def init():\n    global cfg\n    cfg = 1", "cfg? init");
    leaves(
        "cfg = 0\ndef init():\n    global cfg\n    cfg = 1",
        "cfg init",
    );
}

#[test]
fn magics_bind_and_read() {
    leaves("%%time\nx = f(y)", "x");
    reads("%%time\nx = f(y)", "f y");
    leaves("%%capture out\nx = 1", "out x");
    leaves("%%capture --no-stderr out\nx = 1", "out x");
    leaves("%%timeit\nx = 1", "");
    reads("%%timeit\nx = y", "y");
    leaves("%%timeit x = 1\nx + y", "");
    leaves("%time x = f()", "x");
    reads("%time x = f(a)", "f a");
    leaves("%timeit x = f()", "");
    reads("%timeit -n 10 f(a)", "f a");
    leaves("files = !ls {folder}", "files");
    reads("files = !ls {folder} $other", "(folder) (other)");
    reads("!pip install {package}", "(package)");
    leaves("where = %pwd", "where");
    leaves("%%bash --out lines\nls $x", "lines");
    reads("%%bash\necho $x", "");
    leaves("%%writefile a.py\nx = 1", "");
    leaves("%%R -o y -i x\ny <- x", "y");
    reads("%%R -o y -i x\ny <- x", "(x)");
    leaves("%store -r a b", "a b");
    leaves("%%cython\ndef f(int x):\n    return x", "f");
    leaves("%aimport json, os.path as p, -re", "json p");
    leaves("%sc -l files=ls", "files");
    leaves("%debug x = f()", "x");
    leaves("%debug", "");
    leaves("%%bigquery --project p df\nselect 1", "df");
    leaves("%%sql sqlite://\nrows << select 1", "rows");
    leaves("%%sql \t\nrows << select 1", "rows");
    leaves("%%manim -qm Base\nclass Base(Scene): pass", "Base");
    reads("df?", "");
    reads("?df.head", "");
    reads("%matplotlib inline\nx", "x");
    leaves("x = 1\n%xdel x", "-x");
}

#[test]
fn a_cell_magic_may_run_another() {
    reads("%%capture out\n%%bash --out lines\nls $x", "");
    leaves("%%capture out\n%%bash --out lines\nls $x", "lines out");
    leaves("%%time\n\n%%capture out\nx = y", "out x");
    reads("%%time\n\n%%capture out\nx = y", "y");
    leaves("%%capture out\n%%timeit\nx = 1", "out");
    leaves("%%timeit\n%%capture out\nx = 1", "out");
    leaves("%%bash\n%%time\nx = 1", "");
}

#[test]
fn a_magic_without_its_sign_does_what_it_does_with_it() {
    leaves("store -r frame", "frame");
    leaves("macro again 1", "again");
    leaves("time x = f(a)", "x");
    reads("time x = f(a)", "f a");
    reads("precision * 2", "precision");
    reads("page in pages", "page pages");
    reads("ls *.txt | sort > out", "");
}

#[test]
fn what_opens_the_names() {
    let kinds = |text: &str| -> Vec<OpeningKind> {
        valid(text)
            .openings
            .iter()
            .map(|opening| opening.kind.clone())
            .collect()
    };
    assert_eq!(
        kinds("from numpy import *"),
        [OpeningKind::StarImport("numpy".into())]
    );
    assert_eq!(
        kinds("from ..a import *"),
        [OpeningKind::StarImport("..a".into())]
    );
    assert_eq!(kinds("exec(code)"), [OpeningKind::Dynamic]);
    assert_eq!(kinds("globals()['x'] = 1"), [OpeningKind::Dynamic]);
    assert_eq!(kinds("globals().update(d)"), [OpeningKind::Dynamic]);
    assert_eq!(
        kinds("%run other.ipynb"),
        [OpeningKind::Run("other.ipynb".into())]
    );
    assert_eq!(kinds("%pylab inline"), [OpeningKind::Magic("pylab".into())]);
    assert_eq!(kinds("%reset -f"), [OpeningKind::Reset]);
    assert_eq!(kinds("%reset -f out"), []);
    assert_eq!(kinds("reset -f"), [OpeningKind::Reset]);
    assert_eq!(kinds("pylab"), [OpeningKind::Magic("pylab".into())]);
    assert_eq!(kinds("%store -r"), [OpeningKind::Magic("store".into())]);
    assert_eq!(
        kinds("%matplotlib inline\n%load_ext autoreload\n%autoreload 2"),
        []
    );
    assert_eq!(kinds("%%html\n<b>x</b>"), []);
    assert_eq!(kinds("def f():\n    exec(code)"), []);
}

#[test]
fn top_level_await() {
    assert!(valid("x = await f()").awaits);
    assert!(valid("async for i in xs:\n    pass").awaits);
    assert!(valid("async with a as b:\n    pass").awaits);
    assert!(valid("[i async for i in xs]").awaits);
    assert!(!valid("async def f():\n    await g()").awaits);
    leaves("async for i in xs:\n    pass", "i~");
}

#[test]
fn indented_and_prompted_cells_are_accepted() {
    leaves("    x = 1\n    y = x", "x y");
    leaves("    for i in range(3):\n        x = i\n    y = x", "i x y");
    reads("    print(x)", "x");
    leaves(">>> x = 1\n>>> if x:\n...     y = 2", "x y?");
    leaves("In [3]: x = 1", "x");
    let automagic = facts("ls data");
    assert_eq!(automagic.syntax_errors, []);
    assert_eq!(&*automagic.magics[0].name, "ls");
}

#[test]
fn calls_that_run_bodies() {
    assert_eq!(calls("f(g(1))"), ["g", "f"]);
    assert_eq!(calls("m = Model()\nm.fit(x)"), ["Model", "m.fit"]);
    assert_eq!(calls("Model().fit(x)"), ["Model", "Model().fit"]);
    assert_eq!(calls("@cache\ndef f(): pass"), ["cache"]);
    assert_eq!(calls("df.apply(f)"), ["f", "df.apply"]);
    assert_eq!(calls("df.apply(lambda r: r)"), ["λ", "df.apply"]);
    assert_eq!(calls("map(f, xs)"), ["map"]);
    // Whatever a name stands for: what is no function has no body to follow.
    assert_eq!(calls("list(map(f, xs))"), ["f", "xs", "map", "list"]);
    assert_eq!(calls("button.on_click(f)"), ["button.on_click"]);
}

#[test]
fn objects_changed_in_place() {
    let mutated = |text: &str| -> Vec<String> {
        valid(text)
            .mutations
            .iter()
            .map(|mutation| mutation.name.to_string())
            .collect()
    };
    assert_eq!(mutated("df['a'] = 1"), ["df"]);
    assert_eq!(mutated("o.a.b = 1"), ["o"]);
    assert_eq!(mutated("df.loc[0, 'a'] += 1"), ["df"]);
    assert_eq!(mutated("xs.append(1)"), ["xs"]);
    assert_eq!(mutated("df.drop(1, inplace=True)"), ["df"]);
    assert_eq!(mutated("del d['k']"), ["d"]);
    assert_eq!(mutated("print(df.head())"), Vec::<String>::new());
}

#[test]
fn the_last_expression_is_shown() {
    let shown = |text: &str| {
        valid(text)
            .trailing
            .map(|trailing| (text[trailing.range].to_owned(), trailing.suppressed))
    };
    assert_eq!(shown("x = 1\nx"), Some(("x".into(), false)));
    assert_eq!(shown("x = 1\nplot(x);"), Some(("plot(x)".into(), true)));
    assert_eq!(shown("x # note"), Some(("x".into(), false)));
    assert_eq!(shown("x = 1"), None);
    assert_eq!(shown("if x:\n    y"), None);
}

#[test]
fn a_cell_that_does_not_parse_keeps_what_can_be_told() {
    let facts = facts("import os\nx = (1 +\ny = 2\n");
    assert!(!facts.runs());
    assert!(
        facts
            .exit("os")
            .is_some_and(|exit| exit.state == State::Perhaps)
    );
    assert!(facts.uses.iter().all(|read| read.guarded));
}

#[test]
fn kinds_of_reads() {
    let kinds: Vec<UseKind> = valid("x += 1\ndel y\nz")
        .uses
        .iter()
        .map(|read| read.kind)
        .collect();
    assert_eq!(kinds, [UseKind::Augmented, UseKind::Deleted, UseKind::Read]);
}

#[test]
fn places_count_bytes_in_any_script() {
    reads("größe = '😀' + 名前", "名前");
    // Python takes identifiers in their NFKC form.
    leaves("größe = 1\n𝐱 = 2", "größe x");
}

/// The parser of Ruff 0.0.10 ends in a panic at each of them.
#[test]
fn escapes_among_brackets_that_do_not_match_are_survived() {
    for escape in [
        "?x", ",f a", ";f a", "/f a", "??x", "%%time", "!!ls", "%x", "!x",
    ] {
        for open in [
            "{)",
            "f(a]",
            "\"\"(\"\"]()",
            "[(]",
            "((]",
            "x = {1: (]",
            "f'{(]}'",
        ] {
            let found = facts(&format!("y = 1\n{open}\n{escape}\n  {escape}\nz = 2"));
            assert!(!found.syntax_errors.is_empty());
            assert!(found.bound_names().any(|(name, _)| name == "y"));
        }
    }
    // Where brackets match, a line is what it was.
    assert_eq!(facts("f(a\n, b)\n?f").syntax_errors, []);
}

#[test]
fn deep_nesting_is_survived() {
    let sum = format!("x = 0{}", " + 1".repeat(20_000));
    leaves(&sum, "x");
    let brackets = format!("x = {}{}", "(".repeat(10_000), ")".repeat(10_000));
    let _ = facts(&brackets);
    let blocks: String = (0..1_000)
        .map(|depth| format!("{}if x:\n", " ".repeat(depth)))
        .collect();
    let _ = facts(&blocks);
    let unread = facts(&format!("x = 1\n{}", "[".repeat(1_000_000)));
    assert_eq!(unread.openings.len(), 1, "it may bind any name");
}

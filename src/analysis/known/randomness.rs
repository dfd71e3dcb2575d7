//! What draws random numbers, and what seeds what, by full names such as `numpy.random.rand`.
//!
//! The names are those of the libraries' own references (numpy 1 and 2, the standard library, PyTorch 2,
//! TensorFlow 1 and 2, Keras, scikit-learn 1).

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::facts::{BindingKind, RandomCall};
use crate::analysis::graph::Link;
use crate::notebook::CellIdx;

/// Generators that are seeded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// numpy's global generator, which scipy draws from, too.
    Numpy,
    /// One that numpy makes: `default_rng()`, `RandomState()`.
    Generator,
    /// The standard library's `random`.
    Python,
    Torch,
    Tensorflow,
    /// Estimators and splitters, which draw from numpy's global generator unless `random_state` says otherwise.
    Sklearn,
}

/// What a function has to do with random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Draws(Family),
    Seeds(Family),
    /// `seed_everything`, `set_seed`: a helper that seeds whatever is in use.
    SeedsAll,
}

/// A call that draws from a generator which nothing seeds.
#[derive(Debug, Clone)]
pub struct Draw<'a> {
    pub cell: CellIdx,
    pub call: &'a RandomCall,
    pub family: Family,
    /// The call's full name: `numpy.random.rand`.
    pub name: String,
    /// What its first name was imported as: `numpy`.
    pub module: String,
}

/// A statement that seeds a generator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// `np.random.seed(0)`.
    pub statement: String,
    /// The name it starts from.
    pub root: String,
    /// The import that brings that name, where the notebook has none.
    pub import: Option<&'static str>,
}

/// Functions that draw only if they shuffle. Sorted, as all tables here.
pub const SHUFFLING: &[&str] = &["DataLoader", "KFold", "StratifiedKFold", "train_test_split"];

/// Functions that make a generator, seeded if an argument is given.
pub const SEEDED_BY_ARGUMENT: &[&str] = &["RandomState", "default_rng"];

const NUMPY: &[&str] = &[
    "beta",
    "binomial",
    "bytes",
    "chisquare",
    "choice",
    "dirichlet",
    "exponential",
    "f",
    "gamma",
    "geometric",
    "gumbel",
    "laplace",
    "logistic",
    "lognormal",
    "multinomial",
    "multivariate_normal",
    "normal",
    "pareto",
    "permutation",
    "poisson",
    "power",
    "rand",
    "randint",
    "randn",
    "random",
    "random_integers",
    "random_sample",
    "ranf",
    "rayleigh",
    "sample",
    "shuffle",
    "standard_cauchy",
    "standard_exponential",
    "standard_gamma",
    "standard_normal",
    "standard_t",
    "triangular",
    "uniform",
    "vonmises",
    "wald",
    "weibull",
    "zipf",
];

const PYTHON: &[&str] = &[
    "betavariate",
    "choice",
    "choices",
    "expovariate",
    "gammavariate",
    "gauss",
    "getrandbits",
    "lognormvariate",
    "normalvariate",
    "paretovariate",
    "randint",
    "random",
    "randrange",
    "sample",
    "shuffle",
    "triangular",
    "uniform",
    "vonmisesvariate",
    "weibullvariate",
];

const TORCH: &[&str] = &[
    "bernoulli",
    "multinomial",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
];

/// Layers that begin with random weights.
const TORCH_LAYERS: &[&str] = &[
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose2d",
    "Embedding",
    "GRU",
    "LSTM",
    "Linear",
    "RNN",
    "Transformer",
];

const TENSORFLOW: &[&str] = &[
    "categorical",
    "gamma",
    "normal",
    "poisson",
    "random_gamma",
    "random_normal",
    "random_shuffle",
    "random_uniform",
    "shuffle",
    "truncated_normal",
    "uniform",
];

const KERAS_LAYERS: &[&str] = &[
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution2D",
    "Dense",
    "Embedding",
    "GRU",
    "LSTM",
    "SimpleRNN",
];

const SKLEARN: &[&str] = &[
    "AdaBoostClassifier",
    "AdaBoostRegressor",
    "BaggingClassifier",
    "BaggingRegressor",
    "BayesianGaussianMixture",
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "FastICA",
    "GaussianMixture",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "IsolationForest",
    "KFold",
    "KMeans",
    "LatentDirichletAllocation",
    "MLPClassifier",
    "MLPRegressor",
    "MiniBatchKMeans",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "RandomizedSearchCV",
    "SGDClassifier",
    "SGDRegressor",
    "ShuffleSplit",
    "SpectralClustering",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TSNE",
    "make_blobs",
    "make_circles",
    "make_classification",
    "make_moons",
    "make_regression",
    "train_test_split",
];

/// The first draw of each generator that nothing in the notebook seeds.
pub fn unseeded(link: &Link) -> Vec<Draw<'_>> {
    draws_of(link, |draws, family| {
        draws.iter().all(|draw| draw.family != family)
    })
}

/// All draws from generators that nothing in the notebook seeds, in reading order.
pub fn draws(link: &Link) -> Vec<Draw<'_>> {
    draws_of(link, |_, _| true)
}

fn draws_of(link: &Link, wanted: impl Fn(&[Draw<'_>], Family) -> bool) -> Vec<Draw<'_>> {
    let mut modules: FxHashMap<&str, Option<String>> = FxHashMap::default();
    let mut draws: Vec<Draw<'_>> = Vec::new();
    let mut seeds: Vec<Family> = Vec::new();
    let mut name = String::new();
    for cell in link.randoms() {
        for call in &link.facts(cell).randoms {
            let module = modules
                .entry(&call.root)
                .or_insert_with(|| module_of(link, &call.root));
            name.clear();
            name.push_str(module.as_deref().unwrap_or(&call.root));
            name.push_str(&call.attributes);
            match (role(&name), module) {
                // What a name stands for that several cells bind differently nobody knows; it may seed.
                (Some(Role::SeedsAll), _) | (Some(Role::Seeds(_)), None) => return Vec::new(),
                (Some(Role::Seeds(family)), Some(_)) => seeds.push(family),
                (Some(Role::Draws(family)), Some(module))
                    if !call.seeded && wanted(&draws, family) =>
                {
                    draws.push(Draw {
                        cell,
                        call,
                        family,
                        name: name.clone(),
                        module: module.clone(),
                    });
                }
                _ => {}
            }
        }
    }
    draws.retain(|draw| {
        draw.family
            .seeded_by()
            .is_none_or(|family| !seeds.contains(&family))
    });
    draws
}

impl Draw<'_> {
    /// The statement that seeds the generator, for a family that one statement seeds.
    pub fn seed(&self, link: &Link) -> Seed {
        let is_old = matches!(self.module.as_str(), "tensorflow" | "tensorflow.compat.v1")
            && self
                .name
                .strip_prefix(&*self.module)
                .is_some_and(|rest| rest.matches('.').count() == 1);
        let (seed, import, alias) = match self.family {
            Family::Numpy | Family::Generator | Family::Sklearn => {
                ("numpy.random.seed", "import numpy as np", "np")
            }
            Family::Python => ("random.seed", "import random", "random"),
            Family::Torch => ("torch.manual_seed", "import torch", "torch"),
            Family::Tensorflow if is_old => (
                "tensorflow.set_random_seed",
                "import tensorflow as tf",
                "tf",
            ),
            Family::Tensorflow if self.module.starts_with("tensorflow") => (
                "tensorflow.random.set_seed",
                "import tensorflow as tf",
                "tf",
            ),
            Family::Tensorflow => ("keras.utils.set_random_seed", "import keras", "keras"),
        };
        let top = seed.split('.').next().unwrap_or_default();
        let below = |root: &str, module: &str| {
            let rest = seed.strip_prefix(module)?;
            rest.starts_with('.').then(|| Seed {
                statement: format!("{root}{rest}(0)"),
                root: root.to_owned(),
                import: None,
            })
        };
        below(&self.call.root, &self.module)
            .or_else(|| {
                let known = [alias, top]
                    .into_iter()
                    .find(|name| module_of(link, name).as_deref() == Some(top))?;
                below(known, top)
            })
            .unwrap_or_else(|| Seed {
                statement: format!("{alias}{}(0)", &seed[top.len()..]),
                root: alias.to_owned(),
                import: Some(import),
            })
    }
}

/// The module or member that a name stands for, if all cells that bind it import the same.
fn module_of(link: &Link, name: &str) -> Option<String> {
    let mut modules = link.binders(name).map(|cell| {
        let facts = link.facts(cell);
        match &facts.binding(facts.exit(name)?).kind {
            BindingKind::Import {
                module,
                member: Some(member),
            } => Some(format!("{module}.{member}")),
            // `import numpy.random` binds `numpy`.
            BindingKind::Import {
                module,
                member: None,
            } if module.split('.').next() == Some(name) => Some(name.to_owned()),
            BindingKind::Import {
                module,
                member: None,
            } => Some(module.to_string()),
            _ => None,
        }
    });
    let first = modules.next()??;
    modules
        .all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// Whether the last part of a name is worth following to its import.
pub fn looks_random(last: &str) -> bool {
    // Asked of every call in every cell.
    static NAMES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
        let tables = [
            NUMPY,
            PYTHON,
            TORCH,
            TORCH_LAYERS,
            TENSORFLOW,
            KERAS_LAYERS,
            SKLEARN,
            &[
                "DataLoader",
                "RandomState",
                "default_rng",
                "random_split",
                "rvs",
            ],
        ];
        tables.into_iter().flatten().copied().collect()
    });
    NAMES.contains(last) || last.as_bytes().windows(4).any(|part| part == b"seed")
}

/// What a function does, by its full name; `None` for what has nothing to do with randomness.
pub fn role(name: &str) -> Option<Role> {
    let (module, last) = name.rsplit_once('.').unwrap_or(("", name));
    let has = |names: &[&str]| names.binary_search(&last).is_ok();
    let top = name.split('.').next().unwrap_or_default();
    let role = match (module, last) {
        ("numpy.random", "seed" | "set_state") => Role::Seeds(Family::Numpy),
        ("random", "seed" | "setstate") => Role::Seeds(Family::Python),
        ("torch" | "torch.random", "manual_seed") => Role::Seeds(Family::Torch),
        ("torch.cuda", "manual_seed" | "manual_seed_all") => Role::Seeds(Family::Torch),
        ("numpy.random", "default_rng" | "RandomState") => Role::Draws(Family::Generator),
        ("numpy.random", _) if has(NUMPY) => Role::Draws(Family::Numpy),
        ("random", _) if has(PYTHON) => Role::Draws(Family::Python),
        ("torch", _) if has(TORCH) => Role::Draws(Family::Torch),
        ("torch.nn", _) if has(TORCH_LAYERS) => Role::Draws(Family::Torch),
        ("torch.utils.data", "random_split" | "DataLoader") => Role::Draws(Family::Torch),
        _ if last.contains("seed") => match top {
            "tensorflow" if !module.contains("keras") => Role::Seeds(Family::Tensorflow),
            _ => Role::SeedsAll,
        },
        _ if top == "scipy" && last == "rvs" => Role::Draws(Family::Numpy),
        _ if top == "sklearn" && has(SKLEARN) => Role::Draws(Family::Sklearn),
        _ if module.contains("keras.layers") && has(KERAS_LAYERS) => {
            Role::Draws(Family::Tensorflow)
        }
        ("tensorflow" | "tensorflow.random" | "tensorflow.compat.v1", _) if has(TENSORFLOW) => {
            Role::Draws(Family::Tensorflow)
        }
        _ => return None,
    };
    Some(role)
}

impl Family {
    /// The family whose seed makes its numbers repeat; `None` where each call takes its own.
    pub fn seeded_by(self) -> Option<Self> {
        match self {
            Self::Generator => None,
            Self::Sklearn => Some(Self::Numpy),
            _ => Some(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        let tables = [
            SHUFFLING,
            SEEDED_BY_ARGUMENT,
            NUMPY,
            PYTHON,
            TORCH,
            TORCH_LAYERS,
            TENSORFLOW,
            KERAS_LAYERS,
            SKLEARN,
        ];
        for table in tables {
            assert!(table.is_sorted(), "{table:?}");
        }
    }

    #[test]
    fn names_have_roles() {
        let draws = |name, family| assert_eq!(role(name), Some(Role::Draws(family)), "{name}");
        draws("numpy.random.rand", Family::Numpy);
        draws("numpy.random.default_rng", Family::Generator);
        draws("random.random", Family::Python);
        draws("torch.nn.Linear", Family::Torch);
        draws("tensorflow.keras.layers.Dense", Family::Tensorflow);
        draws("sklearn.model_selection.train_test_split", Family::Sklearn);
        assert_eq!(role("numpy.random.seed"), Some(Role::Seeds(Family::Numpy)));
        assert_eq!(
            role("tensorflow.random.set_seed"),
            Some(Role::Seeds(Family::Tensorflow))
        );
        assert_eq!(role("transformers.set_seed"), Some(Role::SeedsAll));
        assert_eq!(role("set_seed"), Some(Role::SeedsAll));
        assert_eq!(role("numpy.mean"), None);
        assert_eq!(role("mine.normal"), None);
    }
}

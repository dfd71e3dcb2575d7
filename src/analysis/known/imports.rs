//! Names that nearly everybody binds with the same import.

use std::ops::AddAssign;

use ruff_python_ast::name::Name;
use rustc_hash::FxHashMap;

use crate::analysis::facts::{BindingKind, Facts, Path};

/// The import statements that names are known for: first those of the project itself, then those
/// that nearly everybody writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownImports {
    own: FxHashMap<Name, String>,
}

impl KnownImports {
    /// The import statement for a name: `np` → `import numpy as np`.
    pub fn import_for(&self, name: &str) -> Option<String> {
        self.own.get(name).cloned().or_else(|| common(name))
    }
}

/// How often a project writes each import.
#[derive(Debug, Clone, Default)]
pub struct Votes {
    statements: FxHashMap<Name, FxHashMap<String, u32>>,
}

impl Votes {
    /// Counts the imports that a cell or a script makes at its top level.
    pub fn count(&mut self, facts: &Facts) {
        for binding in &facts.bindings {
            if let BindingKind::Import { module, member } = &binding.kind
                && binding.path == Path::Sure
                && !module.starts_with('.')
                && module != "__future__"
            {
                let statement = statement(&binding.name, module, member.as_deref());
                let votes = self.statements.entry(binding.name.clone()).or_default();
                *votes.entry(statement).or_default() += 1;
            }
        }
    }

    /// For each name the statement that is written most; of two, the one that comes first in the alphabet.
    pub fn result(self) -> KnownImports {
        let own = self
            .statements
            .into_iter()
            .filter_map(|(name, votes)| {
                let winner = votes
                    .into_iter()
                    .max_by(|(a, most), (b, more)| most.cmp(more).then_with(|| b.cmp(a)))?;
                Some((name, winner.0))
            })
            .collect();
        KnownImports { own }
    }
}

impl AddAssign for Votes {
    fn add_assign(&mut self, other: Self) {
        for (name, votes) in other.statements {
            let own = self.statements.entry(name).or_default();
            for (statement, count) in votes {
                *own.entry(statement).or_default() += count;
            }
        }
    }
}

fn statement(name: &str, module: &str, member: Option<&str>) -> String {
    match member {
        Some(member) if member == name => format!("from {module} import {member}"),
        Some(member) => format!("from {module} import {member} as {name}"),
        None if module.split('.').next() == Some(name) => format!("import {module}"),
        None => format!("import {module} as {name}"),
    }
}

/// The table holds conventions from the libraries' own documentation, and modules of the standard
/// library that are imported under their own name.
fn common(name: &str) -> Option<String> {
    if let Ok(at) = ALIASES.binary_search_by(|(alias, _)| (*alias).cmp(name)) {
        return Some(ALIASES[at].1.to_owned());
    }
    MODULES
        .binary_search(&name)
        .is_ok()
        .then(|| format!("import {name}"))
}

const ALIASES: &[(&str, &str)] = &[
    ("BeautifulSoup", "from bs4 import BeautifulSoup"),
    ("Counter", "from collections import Counter"),
    ("DataLoader", "from torch.utils.data import DataLoader"),
    ("F", "import torch.nn.functional as F"),
    ("KFold", "from sklearn.model_selection import KFold"),
    ("KMeans", "from sklearn.cluster import KMeans"),
    ("OrderedDict", "from collections import OrderedDict"),
    ("PCA", "from sklearn.decomposition import PCA"),
    ("Path", "from pathlib import Path"),
    ("SparkSession", "from pyspark.sql import SparkSession"),
    ("alt", "import altair as alt"),
    ("dataclass", "from dataclasses import dataclass"),
    ("dd", "import dask.dataframe as dd"),
    ("deepcopy", "from copy import deepcopy"),
    ("defaultdict", "from collections import defaultdict"),
    ("gpd", "import geopandas as gpd"),
    ("jnp", "import jax.numpy as jnp"),
    ("lgb", "import lightgbm as lgb"),
    ("mpl", "import matplotlib as mpl"),
    ("namedtuple", "from collections import namedtuple"),
    ("nn", "import torch.nn as nn"),
    ("np", "import numpy as np"),
    ("nx", "import networkx as nx"),
    ("optim", "import torch.optim as optim"),
    ("partial", "from functools import partial"),
    ("pd", "import pandas as pd"),
    ("pl", "import polars as pl"),
    ("plt", "import matplotlib.pyplot as plt"),
    ("px", "import plotly.express as px"),
    ("sm", "import statsmodels.api as sm"),
    ("smf", "import statsmodels.formula.api as smf"),
    ("sns", "import seaborn as sns"),
    ("sp", "import scipy as sp"),
    ("st", "import streamlit as st"),
    ("tf", "import tensorflow as tf"),
    ("tqdm", "from tqdm.auto import tqdm"),
    ("xgb", "import xgboost as xgb"),
    ("xr", "import xarray as xr"),
];

/// Modules imported under their own name. Sorted.
const MODULES: &[&str] = &[
    "argparse",
    "ast",
    "asyncio",
    "base64",
    "bokeh",
    "calendar",
    "collections",
    "copy",
    "csv",
    "cv2",
    "datetime",
    "functools",
    "gc",
    "glob",
    "graphviz",
    "gzip",
    "hashlib",
    "inspect",
    "io",
    "itertools",
    "jax",
    "joblib",
    "json",
    "logging",
    "math",
    "matplotlib",
    "missingno",
    "mlflow",
    "multiprocessing",
    "networkx",
    "nltk",
    "numpy",
    "operator",
    "os",
    "pandas",
    "pathlib",
    "pickle",
    "platform",
    "plotly",
    "pprint",
    "pymc",
    "random",
    "re",
    "requests",
    "scipy",
    "seaborn",
    "shutil",
    "sklearn",
    "spacy",
    "sqlite3",
    "statistics",
    "statsmodels",
    "string",
    "subprocess",
    "sympy",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "torch",
    "torchvision",
    "transformers",
    "typing",
    "urllib",
    "uuid",
    "wandb",
    "warnings",
    "xgboost",
    "yaml",
    "zipfile",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(ALIASES.is_sorted_by_key(|(alias, _)| *alias));
        assert!(MODULES.is_sorted());
    }

    #[test]
    fn conventions_and_modules_are_known() {
        let known = KnownImports::default();
        assert_eq!(
            known.import_for("np").as_deref(),
            Some("import numpy as np")
        );
        assert_eq!(known.import_for("os").as_deref(), Some("import os"));
        assert_eq!(known.import_for("df"), None);
    }

    #[test]
    fn a_project_has_habits_of_its_own() {
        let mut votes = Votes::default();
        for text in [
            "import jax.numpy as np\nfrom shop import prices as p",
            "import jax.numpy as np\nimport os.path",
            "import numpy as np\nfrom . import secret\nif x:\n    import rare",
        ] {
            votes.count(&crate::analysis::python::facts(text));
        }
        let known = votes.result();
        let import = |name: &str| known.import_for(name);
        assert_eq!(import("np").as_deref(), Some("import jax.numpy as np"));
        assert_eq!(import("p").as_deref(), Some("from shop import prices as p"));
        assert_eq!(import("os").as_deref(), Some("import os.path"));
        assert_eq!(import("secret"), None);
        assert_eq!(import("rare"), None);
    }
}

//! Names that nearly everybody binds with the same import.

/// The import statement that a name is known for: `np` → `import numpy as np`.
///
/// The table holds conventions from the libraries' own documentation, and modules of the standard
/// library that are imported under their own name.
pub fn import_for(name: &str) -> Option<String> {
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
        assert_eq!(import_for("np").as_deref(), Some("import numpy as np"));
        assert_eq!(import_for("os").as_deref(), Some("import os"));
        assert_eq!(import_for("df"), None);
    }
}

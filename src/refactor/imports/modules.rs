//! What is known of modules by their name: which come with Python, and which do nothing but define
//! things when they are imported.
//!
//! The lists were chosen from what the packages document and what people import in notebooks. `tests/behaviour/imports`
//! imports each that is installed in a process of its own: it must print nothing, draw no random number, and leave
//! the working directory, `sys.path`, the builtins, hooks, signals and the locale as they are.
//! With Python 3.11 that was so of 210; 26 modules of the standard library warned, and stand among the loud ones since.

/// What may be said of importing a module at another moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// It comes with Python: nothing has to be installed, found or set up for it.
    Standard,
    /// It defines things, and takes note of where packages are and what the environment says.
    Quiet,
    /// It does that, and chooses how plots are drawn.
    Plotting,
    /// Nobody here knows what it does: a module of the project, a rare package.
    Unknown,
}

/// The nature of `module`, by its first part. A relative import is unknown.
pub fn nature(module: &str) -> Nature {
    let root = module.split('.').next().unwrap_or_default();
    if LOUD.contains(&root) {
        Nature::Unknown
    } else if is_standard(root) {
        Nature::Standard
    } else if PLOTTING.contains(&root) {
        Nature::Plotting
    } else if QUIET.binary_search(&root).is_ok() {
        Nature::Quiet
    } else {
        Nature::Unknown
    }
}

/// Whether a module of this name comes with some version of Python 3.
pub fn is_standard(root: &str) -> bool {
    crate::analysis::known::standard_library::has(root)
}

/// Modules of the standard library that print, open a window, change how other code runs, or warn that they
/// are going to be removed.
const LOUD: &[&str] = &[
    "aifc",
    "antigravity",
    "asynchat",
    "asyncore",
    "audioop",
    "cgi",
    "cgitb",
    "chunk",
    "crypt",
    "distutils",
    "idlelib",
    "imghdr",
    "imp",
    "lib2to3",
    "mailcap",
    "nis",
    "nntplib",
    "ossaudiodev",
    "pipes",
    "readline",
    "rlcompleter",
    "smtpd",
    "sndhdr",
    "spwd",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "sunau",
    "telnetlib",
    "this",
    "tkinter",
    "turtle",
    "turtledemo",
    "uu",
    "xdrlib",
];

const PLOTTING: &[&str] = &["matplotlib", "mpl_toolkits", "pylab", "seaborn"];

/// Packages that people use for data, and that do nothing else when they are imported. Sorted.
const QUIET: &[&str] = &[
    "IPython",
    "PIL",
    "altair",
    "arrow",
    "arviz",
    "astropy",
    "attr",
    "bokeh",
    "boto3",
    "bs4",
    "cartopy",
    "catboost",
    "category_encoders",
    "cftime",
    "click",
    "cupy",
    "cv2",
    "cycler",
    "cython",
    "dash",
    "dask",
    "datasets",
    "dateparser",
    "dateutil",
    "deap",
    "django",
    "duckdb",
    "einops",
    "evaluate",
    "fastai",
    "fastapi",
    "flax",
    "folium",
    "fsspec",
    "gensim",
    "geopandas",
    "geopy",
    "graphviz",
    "gym",
    "gymnasium",
    "h5py",
    "holoviews",
    "httpx",
    "huggingface_hub",
    "imageio",
    "imblearn",
    "ipyleaflet",
    "ipywidgets",
    "isort",
    "jax",
    "jinja2",
    "joblib",
    "jsonschema",
    "keras",
    "langchain",
    "lightgbm",
    "lime",
    "lxml",
    "markdown",
    "matplotlib",
    "missingno",
    "mlflow",
    "mlxtend",
    "mpl_toolkits",
    "mpmath",
    "nbformat",
    "netCDF4",
    "networkx",
    "nltk",
    "notebook",
    "numba",
    "numpy",
    "openai",
    "opencv",
    "openpyxl",
    "optuna",
    "pandas",
    "pandas_datareader",
    "pandas_profiling",
    "pathos",
    "patsy",
    "pickleshare",
    "pkg_resources",
    "plotly",
    "plotnine",
    "polars",
    "prettytable",
    "prophet",
    "psutil",
    "psycopg2",
    "pyarrow",
    "pydantic",
    "pydot",
    "pydotplus",
    "pygments",
    "pylab",
    "pymc",
    "pymc3",
    "pymongo",
    "pymysql",
    "pyproj",
    "pyspark",
    "pytensor",
    "pytest",
    "pytorch_lightning",
    "pytz",
    "rasterio",
    "redis",
    "regex",
    "requests",
    "rich",
    "scipy",
    "seaborn",
    "sentence_transformers",
    "setuptools",
    "shap",
    "shapely",
    "simplejson",
    "six",
    "skimage",
    "sklearn",
    "skopt",
    "spacy",
    "sqlalchemy",
    "statsmodels",
    "streamlit",
    "sympy",
    "tabulate",
    "tensorflow",
    "tensorflow_datasets",
    "tensorflow_hub",
    "tensorflow_probability",
    "termcolor",
    "textblob",
    "theano",
    "tiktoken",
    "timm",
    "tokenizers",
    "toolz",
    "torch",
    "torchaudio",
    "torchmetrics",
    "torchvision",
    "tornado",
    "tqdm",
    "traitlets",
    "transformers",
    "typing_extensions",
    "umap",
    "urllib3",
    "wandb",
    "wordcloud",
    "xarray",
    "xgboost",
    "xlrd",
    "yaml",
    "yellowbrick",
    "yfinance",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(QUIET.is_sorted());
    }

    #[test]
    fn a_module_is_known_by_its_first_part() {
        assert_eq!(nature("os.path"), Nature::Standard);
        assert_eq!(nature("matplotlib.pyplot"), Nature::Plotting);
        assert_eq!(nature("sklearn.linear_model"), Nature::Quiet);
        assert_eq!(nature("this"), Nature::Unknown);
        assert_eq!(nature(".numpy"), Nature::Unknown);
        assert_eq!(nature("helpers"), Nature::Unknown);
    }
}

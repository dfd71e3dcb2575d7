"""An IPython shell that runs one cell at a time and says what became of it.

Differences from a kernel, none of which concerns names: figures are not drawn
(the backend is Agg, closed after each cell as the inline backend does), shell
lines do nothing, `%timeit` runs its statement once, results are shown as text only.
"""

import os
import signal
import warnings

# Set before numpy is loaded: a pool of threads does not survive a fork.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["MPLBACKEND"] = "Agg"

LIBRARIES = (
    "numpy",
    "pandas",
    "matplotlib.pyplot",
    "scipy.stats",
    "scipy.optimize",
    "sklearn.linear_model",
    "sklearn.tree",
    "sklearn.cluster",
    "sklearn.model_selection",
    "sklearn.preprocessing",
    "sklearn.decomposition",
    "seaborn",
    "sympy",
    "networkx",
    "statsmodels.api",
    "statsmodels.formula.api",
)
TEXT_LIMIT = 4000


class OutOfTime(BaseException):
    """A cell took longer than it may. No Exception, so that cells do not swallow it."""


def warm(libraries=LIBRARIES):
    """Loads the libraries that notebooks use, once, without binding them anywhere."""
    import importlib

    for library in libraries:
        importlib.import_module(library)


def cell_file(index):
    """The file name under which a cell is compiled."""
    return f"<cell {index}>"


def cell_of_file(name):
    """The index of the cell compiled under a file name, or None."""
    if name.startswith("<cell ") and name.endswith(">"):
        return int(name[6:-1])
    return None


class Shell:
    """A fresh interactive namespace."""

    def __init__(self):
        from IPython.core.history import HistoryManager
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        HistoryManager.enabled = False
        self.ip = InteractiveShell.instance(config=config)
        self.index = 0
        self.error = None
        self.ip.compile.get_code_name = lambda *_: cell_file(self.index)
        self.ip.showtraceback = self._keep_error
        self.ip.showsyntaxerror = self._keep_error
        self.ip.system = lambda _command: None
        self.ip.getoutput = lambda _command, **_options: []
        self.ip.enable_matplotlib = lambda gui=None: (gui, "agg")
        self.ip.enable_gui = lambda gui=None: None
        self.ip.display_formatter.active_types = ["text/plain"]
        self.ip.register_magic_function(self._once, "line", "timeit")
        self.ip.register_magic_function(self._once_cell, "cell", "timeit")
        self.ip.register_magic_function(lambda _line, _cell: None, "cell", "bash")
        self.ip.register_magic_function(lambda _line, _cell: None, "cell", "sh")
        warnings.simplefilter("ignore")

    def _keep_error(self, *_arguments, **_options):
        pass

    def _once(self, line):
        self._run_apart(_without_options(line))

    def _once_cell(self, line, cell):
        self._run_apart(_without_options(line) + "\n" + cell)

    def _run_apart(self, source):
        """Runs a statement as %timeit does: it reads the notebook's names, it binds none."""
        code = compile(self.ip.transform_cell(source), cell_file(self.index), "exec")
        exec(code, dict(self.ip.user_ns))

    def names(self):
        """The names that the notebook has bound so far."""
        hidden = self.ip.user_ns_hidden
        return {name for name in self.ip.user_ns if name not in hidden and not name.startswith("_")} | {
            name
            for name in self.ip.user_ns
            if name.startswith("_") and name not in hidden and not name.lstrip("_i").isdigit() and name.strip("_i")
        }

    def run(self, index, source, seconds):
        """Runs a cell. Returns a dict of `status`, `ename`, `message`, `missing` (the name of
        a NameError), `line` (of the cell), `frame_cell` (where the frame that raised was
        written; None: no cell), `stdout`, `results`."""
        from IPython.utils.capture import capture_output

        self.index = index

        def out_of_time(_signal, _frame):
            raise OutOfTime

        signal.signal(signal.SIGALRM, out_of_time)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            with capture_output() as captured:
                result = self.ip.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except OutOfTime as late:
            captured, error = None, late
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self._close_figures()
        record = {
            "status": "ok",
            "ename": None,
            "message": None,
            "missing": None,
            "line": None,
            "frame_cell": None,
            "stdout": captured.stdout[:TEXT_LIMIT] if captured else "",
            "results": [str(item.data.get("text/plain"))[:TEXT_LIMIT] for item in captured.outputs] if captured else [],
        }
        if isinstance(error, OutOfTime):
            record["status"] = "timeout"
        elif error is not None:
            record.update(self._failure(index, error))
        return record

    def _failure(self, index, error):
        line, innermost = None, None
        step = error.__traceback__
        while step is not None:
            innermost = step.tb_frame.f_code.co_filename
            # `%%time` compiles its body apart, one line above where it stands.
            apart = innermost in ("<timed exec>", "<timed eval>")
            if apart:
                innermost = cell_file(index)
            if cell_of_file(innermost) == index and step.tb_frame.f_code.co_name.startswith(("<module>", "<cell line")):
                line = None if apart else step.tb_lineno
            step = step.tb_next
        is_name = type(error) is NameError
        message = str(error)
        return {
            "status": "error",
            "ename": type(error).__name__,
            "message": message[:300],
            # "cannot access free variable …" speaks of a function's own names, not of the notebook's.
            "missing": error.name if is_name and "is not defined" in message else None,
            "line": line,
            "frame_cell": cell_of_file(innermost) if innermost else None,
        }

    @staticmethod
    def _close_figures():
        import sys

        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close("all")


def _without_options(line):
    """The statement of a %timeit line."""
    words = line.split(" ")
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-n", "-r", "-p") and words:
            words.pop(0)
    return " ".join(words)

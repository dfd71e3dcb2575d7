import marimo

__generated_with = "0.16.3"
app = marimo.App(width="medium")


@app.cell
def _():
    import marimo as mo
    return (mo,)


@app.cell
def _(mo):
    mo.md(
        """
        # Prices

        What they are *with tax*.
        """
    )
    return


@app.cell
def _():
    rate = 0.2
    prices = {"tea": 2.5, "coffee": 4.0}
    return prices, rate


@app.cell
def _(rate):
    def with_tax(price):
        # What the state takes.
        tax = price * rate
        return price + tax
    return (with_tax,)


@app.cell
def _(prices, with_tax):
    gross = {}
    for name, price in prices.items():
        gross[name] = with_tax(price)
    print(sorted(gross.items()))
    return gross, name, price


@app.cell
def _():
    a = [3, 1, 2]
    a_sorted = sorted(a)
    a_first = a_sorted[0]
    a_last = a_sorted[-1]
    print(a_first, a_last)
    return a, a_first, a_last, a_sorted


@app.cell
def _():
    b = [30, 10, 20]
    b_sorted = sorted(b)
    b_first = b_sorted[0]
    b_last = b_sorted[-1]
    print(b_first, b_last)
    return b, b_first, b_last, b_sorted


@app.cell
def _(gross):
    import os
    from pathlib import Path

    where = Path("a") / "b"
    print(os.path.basename(where), len(gross))
    return Path, os, where


@app.cell
async def _(gross):
    async def fetch(n):
        return n + 1

    fetched = await fetch(len(gross))
    fetched
    return fetch, fetched


@app.cell
def _():
    text = """
    indented
        more
    """
    lines = text.split("\n")
    print(lines)
    return lines, text


if __name__ == "__main__":
    app.run()

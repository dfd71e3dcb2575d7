import marimo

__generated_with = "0.16.3"
app = marimo.App()


@app.cell
def _():
    import math as _m
    import json
    return (json,)


@app.cell
def _(json):
    _rate = 3
    _data = json.loads("[1, 2]")

    values = [_v * _rate for _v in _data]
    print(values)
    return (values,)


@app.cell
def _(values):
    import random as _random

    _rate = 5
    _data = sorted(values)

    largest = _data[-1] * _rate
    largest
    return (largest,)


@app.cell
def _(largest):
    import math as _m

    for _i in range(2):
        print(_i, _m.floor(largest / 2))
    return


@app.cell
def _(values):
    def _scale(x, by=2):
        return x * by

    scaled = [_scale(_x) for _x in values]
    print(scaled)
    return (scaled,)


if __name__ == "__main__":
    app.run()

import marimo

__generated_with = "0.16.3"
app = marimo.App()

with app.setup:
    import statistics


@app.cell
def _(mean, spread):
    print(mean, spread)
    return


@app.cell
def _(numbers):
    mean = statistics.mean(numbers)
    spread = 0
    for number in numbers:
        spread += abs(number - mean)

    spread = spread / len(numbers)
    return mean, number, spread


@app.function
def double(x):
    once = x
    twice = once + x
    return twice


@app.cell
def _(numbers):
    doubled = [double(n) for n in numbers]
    total = sum(doubled)
    total
    return doubled, total


@app.cell
def _():
    numbers = [4, 8, 15]
    return (numbers,)


if __name__ == "__main__":
    app.run()

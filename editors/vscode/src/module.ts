/** What somebody types as a path of a module: `pkg/prices`, `pkg.prices` and `pkg/prices.py` are one. */
export function moduleOf(typed: string): string | undefined {
  const text = typed.trim().replaceAll("\\", "/");
  if (text === "") {
    return undefined;
  }
  const stem = text.endsWith(".py") ? text.slice(0, -3) : text;
  return `${stem.includes("/") ? stem : stem.replaceAll(".", "/")}.py`;
}

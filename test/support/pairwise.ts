export type Dimensions = Readonly<Record<string, readonly unknown[]>>;
export type Row<D extends Dimensions> = { readonly [K in keyof D]: D[K][number] };

/**
 * Rows in which one dimension at a time differs from the first values, and further ones, until every value of every
 * dimension has met every value of every other. Always the same rows.
 */
export function combinations<const D extends Dimensions>(dimensions: D): Row<D>[] {
  const columns = Object.values(dimensions);
  const first = columns.map(() => 0);
  const alone = columns.flatMap((values, column) => values.slice(1).map((_, index) => first.with(column, index + 1)));
  const rows = [first, ...alone];
  const open = new Map(allPairs(columns).map((pair) => [keyOf(...pair), pair]));
  const close = (row: readonly number[]) => {
    for (const [a, x] of row.entries()) for (const [b, y] of row.entries()) open.delete(keyOf(a, x, b, y));
  };
  rows.forEach(close);
  for (const [a, x, b, y] of open.values()) {
    const row = fill(
      new Map([
        [a, x],
        [b, y],
      ]),
      columns,
      open,
    );
    close(row);
    rows.push(row);
  }
  const names = Object.keys(dimensions);
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, columns[at]?.[row[at] ?? 0]])) as Row<D>);
}

/** Value x of column a with value y of column b. */
type Pair = readonly [a: number, x: number, b: number, y: number];

/** Each column that is still free gets the value that meets most others for the first time. */
function fill(chosen: Map<number, number>, columns: readonly (readonly unknown[])[], open: ReadonlyMap<string, Pair>) {
  for (const [column, values] of columns.entries()) {
    if (chosen.has(column)) continue;
    const gains = values.map((_, x) => [...chosen].filter(([b, y]) => open.has(keyOf(column, x, b, y))).length);
    chosen.set(column, gains.indexOf(Math.max(...gains)));
  }
  return columns.map((_, column) => chosen.get(column) ?? 0);
}

function allPairs(columns: readonly (readonly unknown[])[]): Pair[] {
  return columns.flatMap((left, a) =>
    columns.flatMap((right, b) => (b <= a ? [] : left.flatMap((_, x) => right.map((_, y): Pair => [a, x, b, y])))),
  );
}

/** The same whichever of the two comes first. */
const keyOf = (a: number, x: number, b: number, y: number): string =>
  a < b ? `${a}.${x} ${b}.${y}` : `${b}.${y} ${a}.${x}`;

export type Dimensions = Readonly<Record<string, readonly unknown[]>>;
export type Row<D extends Dimensions> = { readonly [K in keyof D]: D[K][number] };

/**
 * Rows in which every value of every dimension meets every value of every other at least once, and those in which one
 * dimension at a time differs from the first values. Always the same ones.
 */
export function combinations<const D extends Dimensions>(dimensions: D): Row<D>[] {
  const names = Object.keys(dimensions);
  const values = (name: string) => dimensions[name] ?? [];
  const first = Object.fromEntries(names.map((name) => [name, values(name)[0]]));
  const alone = [
    first,
    ...names.flatMap((name) =>
      values(name)
        .slice(1)
        .map((value) => ({ ...first, [name]: value })),
    ),
  ];
  return [...alone, ...pairwise(names, values)] as Row<D>[];
}

type Values = (name: string) => readonly unknown[];

function pairwise(names: readonly string[], values: Values): Record<string, unknown>[] {
  const open = new Set<string>();
  for (const [at, a] of names.entries())
    for (const b of names.slice(at + 1))
      for (const x of values(a)) for (const y of values(b)) open.add(pair(names, a, x, b, y));

  const rows: Record<string, unknown>[] = [];
  for (const [seed] of open.entries()) {
    if (!open.has(seed)) continue;
    const row = Object.fromEntries(JSON.parse(seed) as [string, unknown][]);
    for (const name of names) {
      if (name in row) continue;
      const gain = (value: unknown) =>
        Object.entries(row).filter(([other, chosen]) => open.has(pair(names, name, value, other, chosen))).length;
      const [best] = [...values(name)].sort((x, y) => gain(y) - gain(x));
      row[name] = best;
    }
    for (const [a, x] of Object.entries(row))
      for (const [b, y] of Object.entries(row)) open.delete(pair(names, a, x, b, y));
    rows.push(row);
  }
  return rows;
}

/** The same text whichever of the two comes first. */
function pair(names: readonly string[], a: string, x: unknown, b: string, y: unknown): string {
  const [one, other] = [
    [a, x],
    [b, y],
  ].sort(([p], [q]) => names.indexOf(p as string) - names.indexOf(q as string));
  return JSON.stringify([one, other]);
}

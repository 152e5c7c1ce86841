/** References that were met. Those that count up one by one, as most do, take no memory. */
export interface Seen {
  /** Whole numbers from the first to the last one, all of which were met. */
  first: number;
  last: number;
  readonly others: Set<string>;
}

export function nothingSeen(): Seen {
  return { first: 0, last: -1, others: new Set() };
}

/** Notes a reference. True when it was met before. */
export function noteReference(seen: Seen, reference: string): boolean {
  const number = /^(?:0|[1-9]\d{0,14})$/.test(reference) ? Number(reference) : -1;
  if (number >= seen.first && number <= seen.last) return true;
  if (seen.others.has(reference)) return true;
  if (number === -1) seen.others.add(reference);
  else if (seen.last === -1) seen.first = seen.last = number;
  else if (number === seen.last + 1) seen.last = number;
  else seen.others.add(reference);
  return false;
}

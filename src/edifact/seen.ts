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
  const number = wholeNumber(reference);
  if (number >= seen.first && number <= seen.last) return true;
  if (seen.others.has(reference)) return true;
  if (number === -1) seen.others.add(reference);
  else if (seen.last === -1) seen.first = seen.last = number;
  else if (number === seen.last + 1) seen.last = number;
  else seen.others.add(reference);
  return false;
}

/** Of up to nine digits without a leading zero; -1 for anything else. */
function wholeNumber(text: string): number {
  if (text.length === 0 || text.length > 9 || (text.charCodeAt(0) === 0x30 && text.length > 1)) return -1;
  let number = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

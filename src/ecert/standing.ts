import { type Day, type Year, yearOf } from './calendar.ts';
import type { RegisteredLine, Registration } from './certificate.ts';
import type { EcertReference } from './reference.ts';

export const states = ['registered', 'partly-used', 'used-up', 'expired', 'cancelled'] as const;

/** What can still be done with a certificate. */
export type State = (typeof states)[number];

export const conditions = ['matched', 'unmatched', 'cancelled'] as const;

/** What a participant is told of a certificate: matched as soon as an entry draws on it. */
export type Condition = (typeof conditions)[number];

/** All lines of a certificate with one HTS number and unit. */
export type Item = RegisteredLine;

/** Used up stays used up when the year is over, for nothing of it is lost. */
export function stateOf(registration: Registration, reference: EcertReference, today: Day): State {
  const { state, lines } = registration;
  if (state === 'cancelled') return state;
  if (lines.every(({ certified, used }) => used === certified)) return 'used-up';
  const year = yearInEffect(registration, reference);
  if (year !== undefined && today > year.last) return 'expired';
  return lines.some(({ used }) => used > 0) ? 'partly-used' : 'registered';
}

export function conditionOf({ state, lines }: Registration): Condition {
  if (state === 'cancelled') return state;
  return lines.some(({ used }) => used > 0) ? 'matched' : 'unmatched';
}

/** The year in which entries may draw on a certificate; undefined where its programme has no rule of years. */
export function yearInEffect(
  { number, programme: key, issueDate }: Registration,
  { programmes }: EcertReference,
): Year | undefined {
  const programme = programmes.get(key);
  if (programme?.year === undefined) return undefined;
  return yearOf(issueDate, programme.year, programme.number.exec(number)?.groups?.['year']);
}

/** The certificate with what entries have drawn of each item, which fills its lines in their order. */
export function withUsage(registration: Registration, usage: readonly Omit<Item, 'certified'>[]): Registration {
  const left = new Map(usage.map(({ hts, unit, used }) => [itemKey({ hts, unit }), used]));
  const lines = registration.lines.map((line) => {
    const drawn = left.get(itemKey(line)) ?? 0;
    const used = Math.min(drawn, line.certified);
    left.set(itemKey(line), drawn - used);
    return { ...line, used };
  });
  return { ...registration, lines };
}

/** The items of a certificate, in the order of their first lines. */
export function itemsOf({ lines }: Registration): readonly Item[] {
  const items = new Map<string, Item>();
  for (const line of lines) {
    const { certified, used } = items.get(itemKey(line)) ?? { certified: 0, used: 0 };
    items.set(itemKey(line), { ...line, certified: certified + line.certified, used: used + line.used });
  }
  return [...items.values()];
}

const itemKey = ({ hts, unit }: Pick<Item, 'hts' | 'unit'>): string => `${hts} ${unit}`;

import { type Segment, valueOf } from '../edifact/interchange.ts';
import type { WritableSegment } from '../edifact/writer.ts';

/** What MEA measures here, by 6311, which all releases from D.96B have, and by 6313, which says it again. */
const codes = { certified: ['AAJ', 'AAI'], used: ['AAK', 'ABU'] } as const;

export type Measured = keyof typeof codes;

/** D.99B took these codes of 6313 away, and D.00B gave AAI to something else: from then on 6311 alone says it. */
const codesOf6313: ReadonlySet<string> = new Set(['96B', '97A', '97B', '98A', '98B', '99A']);

/** @param release that is written: `97B` */
export function measurement(what: Measured, unit: string, quantity: string, release: string): WritableSegment {
  const [purpose, attribute] = codes[what];
  return ['MEA', purpose, codesOf6313.has(release) ? attribute : '', [unit, quantity]];
}

/** With 6313 or without it, in any release: 6311 leaves no doubt. */
export function isMeasurement(what: Measured): (segment: Segment) => boolean {
  const [purpose, attribute] = codes[what];
  return (segment) =>
    segment.tag === 'MEA' &&
    valueOf(segment, 1) === purpose &&
    (valueOf(segment, 2) === attribute || valueOf(segment, 2) === '');
}

import type { RegisteredLine } from './certificate.ts';
import type { Breach } from './judgement.ts';
import type { EcertReference, Programme } from './reference.ts';
import type { CertificateRequest, RequestLine } from './sancrt.ts';

/** Judges every line; a line with a fault is left out of what comes back. */
export function judgeLines(
  { lines }: CertificateRequest,
  programme: Programme | undefined,
  reference: EcertReference,
  breach: Breach,
): readonly RegisteredLine[] {
  if (lines.length === 0) breach('line-missing');
  return lines.flatMap((line, index) => {
    const here: Breach = (rule) => breach(rule, index + 1);
    return judgeLine(line, programme, reference, here);
  });
}

function judgeLine(
  { hts, unit, quantity }: RequestLine,
  programme: Programme | undefined,
  reference: EcertReference,
  breach: Breach,
): readonly RegisteredLine[] {
  judgeHts(hts, programme, breach);
  const certified = judgeQuantity(quantity, programme, breach);
  judgeUnit(unit, programme, reference, breach);
  if (hts === undefined || unit === undefined || certified === undefined) return [];
  return [{ hts, unit, certified, used: 0 }];
}

/** PIA: six digits, chapters 1 to 97, of the programme. */
function judgeHts(hts: string | undefined, programme: Programme | undefined, breach: Breach): void {
  if (hts === undefined) return breach('hts-missing');
  if (!/^\d{6}$/.test(hts)) return breach('hts-malformed');
  const chapter = Number(hts.slice(0, 2));
  if (chapter < 1 || chapter > 97) return breach('hts-chapter');
  const covered = programme?.hts.some((beginning) => hts.startsWith(beginning)) ?? true;
  if (!covered) breach('hts-not-in-programme');
}

/** MEA: a whole number in digits alone; no sign, no decimals, not even `.0`. */
function judgeQuantity(
  quantity: string | undefined,
  programme: Programme | undefined,
  breach: Breach,
): number | undefined {
  const fault = (rule: Parameters<Breach>[0]) => {
    breach(rule);
    return undefined;
  };
  if (quantity === undefined) return fault('quantity-missing');
  if (!/^\d+$/.test(quantity)) return fault('quantity-not-whole');
  const certified = Number(quantity);
  if (certified === 0) return fault('quantity-zero');
  // What a number does not hold exactly is above that too, however it is rounded.
  const largest = programme?.largestQuantity ?? Number.MAX_SAFE_INTEGER;
  return certified > largest ? fault('quantity-too-large') : certified;
}

/** MEA: a unit that exists, and is one of those in which the tariff schedule reports the programme's goods. */
function judgeUnit(
  unit: string | undefined,
  programme: Programme | undefined,
  reference: EcertReference,
  breach: Breach,
): void {
  if (unit === undefined) return breach('unit-missing');
  if (!reference.units.has(unit)) return breach('unit-unknown');
  const reported = programme?.units.includes(unit) ?? true;
  if (!reported) breach('unit-not-of-programme');
}

import { closeSync, openSync, writeSync } from 'node:fs';

import { type Random, seeded } from '../test/edifact/generate.ts';

/**
 * Writes an interchange of messages of 15 segments each, no two of which say the same: names, numbers, dates, places,
 * qualifiers, quantities and texts are drawn anew, the same ones in every run.
 */
export function writeInterchange(file: string, messages: number): string {
  const out = openSync(file, 'w');
  const put = (text: string) => writeSync(out, text, null, 'latin1');
  const random = seeded(messages);
  put("UNB+UNOC:3+AUDAFF:ZZZ+USCBP:ZZZ+261102:0930+AU0000000417++ECERT'");
  for (let first = 1; first <= messages; first += 1000) {
    const count = Math.min(1000, messages - first + 1);
    put(Array.from({ length: count }, (_, index) => message(first + index, random)).join(''));
  }
  put(`UNZ+${messages}+AU0000000417'`);
  closeSync(out);
  return file;
}

function message(reference: number, random: Random): string {
  const pick = (texts: readonly string[]) => texts[random(texts.length)] as string;
  const digits = (count: number) => Array.from({ length: count }, () => random(10)).join('');
  const day = () => `20${26 + random(3)}${padded(1 + random(12))}${padded(1 + random(28))}`;
  const name = () => Array.from({ length: 1 + random(3) }, () => pick(words)).join(' ');
  const line = (number: number) => [
    `LIN+${number}`,
    `MEA+${pick(purposes)}+${pick(dimensions)}+${pick(units)}:${1 + random(90_000)}${random(2) === 0 ? '' : `.${digits(2)}`}`,
    `PIA+5+${digits(6)}:${pick(['HS', 'HS', 'SA', 'MF', 'BP'])}`,
  ];
  const body = [
    `BGM+${pick(['811', '852', '853', '851'])}+${random(10)}AU${digits(6)}+${pick(['9', '9', '9', '1', '5'])}`,
    `DTM+${pick(['182', '137', '97'])}:${day()}:102`,
    `LOC+${pick(['27', '28', '9', '11', '8'])}+${pick(countries)}`,
    `RFF+${pick(['ABJ', 'ABT', 'AAQ', 'ACE'])}:${pick(words)}${digits(random(6))}`,
    `PNA+${pick(['IM', 'CN', 'BY'])}+${digits(2)}-${digits(9)}`,
    `PNA+${pick(['MF', 'EX', 'CZ'])}+${pick(countries)}EX${digits(3)}${pick(['SYD', 'MEL', 'BNE'])}++++1:${name()}`,
    ...line(1),
    ...line(2),
    `FTX+${pick(['AAI', 'AAA', 'ACB'])}+++${name()} ${name()}`,
  ];
  return [`UNH+${reference}+SANCRT:D:97B:UN`, ...body, `UNT+${body.length + 2}+${reference}`, ''].join("'");
}

function padded(number: number): string {
  return String(number).padStart(2, '0');
}

const words = ['FROZEN', 'CHILLED', 'BONELESS', 'BEEF', 'LAMB', 'EXAMPLE', 'MEATS', 'Müller', 'EXPORTS', 'TRIMMINGS', 'SOUTH', 'Pty']; // prettier-ignore
const countries = ['AU', 'NZ', 'US', 'JP', 'DE', 'BR', 'CA', 'KR'];
const purposes = ['AAI', 'AAJ', 'AAE', 'AAA', 'CT', 'WT', 'PD'];
const dimensions = ['AAI', 'AAA', 'AAB', 'AAC', 'AAL', 'G', 'T', 'AAD'];
const units = ['KGM', 'TNE', 'NMB', 'LBR', 'PCE'];

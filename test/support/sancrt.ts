import { writeInterchange, type WritableMessage } from '../../src/edifact/writer.ts';

/** One certificate as a SANCRT of D.97B: good beef from Australia unless something is said otherwise. */
export interface SancrtOptions {
  readonly number?: string;
  readonly function?: '9' | '5' | '1';
  readonly issueDate?: string;
  readonly country?: string;
  readonly programme?: string;
  readonly importer?: string;
  readonly hts?: string;
  readonly quantity?: string;
  readonly unit?: string;
}

export interface InterchangeOptions {
  readonly sender?: string;
  readonly recipient?: string;
  readonly reference?: string;
  /** Default: a test. */
  readonly test?: boolean;
}

/** Today in `CCYYMMDD`, and a certificate number of this year. */
export const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
export const numberOf = (country: string, serial: number): string =>
  `${today.slice(3, 4)}${country}${String(serial).padStart(6, '0')}`;

let references = 0;

/** @returns an interchange as a network sends it */
export function interchange(certificates: readonly SancrtOptions[], options: InterchangeOptions = {}): Buffer {
  references += 1;
  const { sender = 'AUDAFF:ZZZ', recipient = 'USCBP:ZZZ', test = true } = options;
  const reference = options.reference ?? `AU${String(references).padStart(10, '0')}`;
  const head = `UNB+UNOC:3+${sender}+${recipient}+${today.slice(2)}:0930+${reference}++ECERT${test ? '++++1' : ''}'`;
  const messages = certificates.map((certificate, index) => message(certificate, index + 1));
  return Buffer.from([head, ...messages, `UNZ+${certificates.length}+${reference}'`].join('\r\n'), 'latin1');
}

/** The same of messages of any kind, as the simulator writes them. */
export function written(messages: readonly WritableMessage[], sender = 'AUDAFF'): Buffer {
  references += 1;
  const parties = { sender: { id: sender, qualifier: 'ZZZ' }, recipient: { id: 'USCBP', qualifier: 'ZZZ' } };
  const reference = `W${String(references).padStart(10, '0')}`;
  const head = { syntax: { id: 'UNOC', version: '3' }, ...parties, preparedAt: new Date(), reference };
  return writeInterchange({ ...head, testIndicator: true, messages });
}

function message(certificate: SancrtOptions, reference: number): string {
  const { number = numberOf('AU', 123), function: kind = '9', issueDate = today, country = 'AU' } = certificate;
  const {
    programme = 'BEEF',
    importer = '12-345678900',
    hts = '020230',
    quantity = '18000',
    unit = 'KGM',
  } = certificate;
  const head = [`BGM+811+${number}+${kind}'`, `DTM+182:${issueDate}:102'`, `LOC+27+${country}'`];
  const rest = [
    `RFF+ABJ:${programme}'`,
    `PNA+IM+${importer}'`,
    `LIN+1'`,
    `MEA+AAJ+AAI+${unit}:${quantity}'`,
    `PIA+5+${hts}:HS'`,
  ];
  const segments = kind === '1' ? head : [...head, ...rest];
  return [`UNH+${reference}+SANCRT:D:97B:UN'`, ...segments, `UNT+${segments.length + 2}+${reference}'`].join('\r\n');
}

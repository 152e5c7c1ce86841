/** What the demonstration sends: four certificates, two of which break rules. */
export interface DemoInterchange {
  readonly bytes: Buffer;
  /** Certificate number and what is expected of it. */
  readonly expected: readonly { readonly number: string; readonly accepted: boolean; readonly note: string }[];
}

interface Sancrt {
  readonly serial: string;
  readonly country: string;
  readonly importer: string;
  readonly hts: string;
  readonly quantity: string;
  readonly note: string;
  readonly accepted: boolean;
}

const good = { country: 'AU', importer: '12-345678900', hts: '020230', accepted: true };

const certificates: readonly Sancrt[] = [
  { ...good, serial: '000123', quantity: '18000', note: 'beef, 18,000 kg' },
  { ...good, serial: '000124', quantity: '24500', note: 'beef, 24,500 kg' },
  {
    ...good,
    serial: '000125',
    importer: '12-3456',
    quantity: '1800.5',
    note: 'a fraction, and no importer number',
    accepted: false,
  },
  {
    ...good,
    serial: '000126',
    country: 'NZ',
    hts: '990230',
    quantity: '900',
    note: "another's country",
    accepted: false,
  },
];

/** @param now issue date, and year of the certificate numbers */
export function demoInterchange(now: Date): DemoInterchange {
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  const numbered = certificates.map((each) => ({ ...each, number: `${day.slice(3, 4)}${each.country}${each.serial}` }));
  const messages = numbered.map(({ number, country, importer, hts, quantity }, index) => [
    `UNH+${index + 1}+SANCRT:D:97B:UN'`,
    `BGM+811+${number}+9'`,
    `DTM+182:${day}:102'`,
    `LOC+27+${country}'`,
    `RFF+ABJ:BEEF'`,
    `PNA+IM+${importer}'`,
    `LIN+1'`,
    `MEA+AAJ+AAI+KGM:${quantity}'`,
    `PIA+5+${hts}:HS'`,
    `UNT+10+${index + 1}'`,
  ]);
  const lines = [
    `UNB+UNOC:3+AUDAFF:ZZZ+USCBP:ZZZ+${day.slice(2)}:0930+AU0000000417++ECERT++++1'`,
    ...messages.flat(),
    `UNZ+${messages.length}+AU0000000417'`,
  ];
  return { bytes: Buffer.from(lines.join('\r\n')), expected: numbered };
}

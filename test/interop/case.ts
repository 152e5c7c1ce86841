import { combinations } from '../support/pairwise.ts';

/** Which way the message goes. */
export type Direction = 'to-peer' | 'from-peer';

/** In what order the message is wrapped, innermost first. */
const layers = [
  'signed-encrypted',
  'plain',
  'signed',
  'encrypted',
  'compressed',
  'compressed-encrypted',
  'compressed-signed',
  'signed-compressed',
  'compressed-signed-encrypted',
  'signed-compressed-encrypted',
] as const;

/** What can differ from one message to the next; the first value of each is that of most partners. */
export const dimensions = {
  layers,
  mdn: ['sync-signed', 'none', 'sync-unsigned', 'async-unsigned', 'async-signed'],
  digest: ['sha-256', 'sha-1', 'sha-384', 'sha-512'],
  cipher: [
    'aes128-cbc',
    '3des',
    'aes192-cbc',
    'aes256-cbc',
    'aes128-gcm',
    'aes192-gcm',
    'aes256-gcm',
    'aes256-gcm in EnvelopedData',
  ],
  keyTransport: ['rsa-pkcs1', 'rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'],
  scheme: ['rsa-pkcs1', 'rsa-pss', 'ecdsa'],
  framing: ['sized', 'chunked'],
  names: ['plain', 'quoted'],
  payload: ['10 KiB CRLF', '10 KiB LF', '10 KiB binary', '0 bytes', '1 byte', '10 MiB'],
  fileName: ['certificates.edi', 'none', 'März 2026 "beef".edi'],
} as const;

export type Dimension = keyof typeof dimensions;
export type Traits = { readonly [D in Dimension]: (typeof dimensions)[D][number] };

/** What is wrong with the message, or what else is tried with it. */
export const events = [
  'wrong-key',
  'unknown-signer',
  'expired',
  'unsigned',
  'unknown-partner',
  'duplicate',
  'certificates',
] as const;
export type Event = (typeof events)[number];

export interface Case extends Traits {
  /** `to-peer signed aes256-cbc`: what is unlike the usual. */
  readonly id: string;
  /** From 1, among the cases of one peer. */
  readonly number: number;
  readonly direction: Direction;
  readonly event?: Event;
}

/** Something that a system does not do, or does otherwise, and what we do about it. */
export interface Difference {
  /** Values that it is about; a case that has one of each. */
  readonly when: { readonly [D in Dimension]?: readonly Traits[D][] } & { readonly event?: readonly Event[] };
  /** Both when left out. */
  readonly direction?: Direction;
  /** `OAEP is known with SHA-1 only.` */
  readonly what: string;
  /** A setting, a mend, or why nothing. */
  readonly remedy: string;
  /** The case is tried all the same, and every problem must be this one; false: there is no way to ask the peer for it. */
  readonly tried: RegExp | false;
}

/**
 * The cases of a peer in one direction: each value alone beside the usual ones, every pair of values that both sides can
 * do, the large messages, and the events. Values that are not done stand alone, so that they hide nothing else.
 */
export function casesOf(direction: Direction, differences: readonly Difference[]): Omit<Case, 'number'>[] {
  const not = differences.filter((each) => (each.direction ?? direction) === direction).map(({ when }) => when);
  const alone = not.filter((when) => Object.keys(when).length === 1);
  const isDone = (dimension: Dimension, value: string) =>
    !alone.some((when) => (when[dimension] as readonly string[] | undefined)?.includes(value));
  const done = Object.fromEntries(
    (Object.keys(dimensions) as Dimension[]).map((dimension) => [
      dimension,
      // Ten megabytes with everything else would take hours of the slower peers.
      dimensions[dimension].filter((value) => isDone(dimension, value) && value !== '10 MiB'),
    ]),
  ) as unknown as typeof dimensions;
  // Where the first value is not done, the first that is takes its place.
  const usualThere = Object.fromEntries(
    Object.entries(done).map(([name, [first]]) => [name, first]),
  ) as unknown as Traits;
  const { layers, mdn, framing, names, payload, fileName, ...cryptography } = done;
  const bothLayers = layers.filter((each) => isSigned({ layers: each }) && isEncrypted({ layers: each }));
  const traits: Traits[] = [
    ...combinations({ layers, mdn, framing, names, payload, fileName }).map((each) => ({ ...usualThere, ...each })),
    // Digest and cipher matter where there is a signature and encryption, only.
    ...combinations({ ...cryptography, layers: bothLayers, mdn, framing, payload }).map((each) => ({
      ...usualThere,
      ...each,
    })),
    ...(Object.keys(dimensions) as Dimension[]).flatMap((dimension) =>
      dimensions[dimension]
        .filter((value) => !isDone(dimension, value))
        .map((value) => ({ ...usualThere, [dimension]: value })),
    ),
    ...large.map((each) => ({ ...usualThere, ...each })),
  ];
  const seen = new Set<string>();
  return [
    ...traits.map((each) => ({ ...each, direction, id: `${direction} ${nameOf(each)}` })),
    ...eventsOf(direction).map((event) => ({
      ...usualThere,
      ...(event === 'unsigned' && { layers: 'encrypted' as const }),
      event,
      direction,
      id: `${direction} ${event}`,
    })),
  ].filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** Certificates come from a country only; what we answer is part of that case. */
const eventsOf = (direction: Direction) =>
  events.filter((each) => direction === 'from-peer' || each !== 'certificates');

export const usual = Object.fromEntries(
  Object.entries(dimensions).map(([name, [first]]) => [name, first]),
) as unknown as Traits;

const large = (['plain', 'signed-encrypted', 'compressed-signed-encrypted'] as const).flatMap((layers) =>
  (['sync-signed', 'async-signed'] as const).map((mdn) => ({ layers, mdn, payload: '10 MiB' as const })),
);

export const isSigned = ({ layers }: Pick<Traits, 'layers'>): boolean => layers.includes('signed');
export const isEncrypted = ({ layers }: Pick<Traits, 'layers'>): boolean => layers.includes('encrypted');
export const compression = ({ layers }: Traits): 'none' | 'before-signing' | 'after-signing' =>
  !layers.includes('compressed') ? 'none' : layers.includes('signed-compressed') ? 'after-signing' : 'before-signing';
export const receiptOf = ({ mdn }: Traits): { mode: 'none' | 'sync' | 'async'; signed: boolean } => {
  const [mode = 'none', kind] = mdn.split('-');
  return { mode: mode as 'none' | 'sync' | 'async', signed: kind === 'signed' };
};

/** EDIFACT identification of the peer in a case. */
export const identityIn = ({ number }: Case): string => `CASE${number}`;

function nameOf(traits: Traits): string {
  const unlike = (Object.keys(dimensions) as Dimension[]).filter((each) => traits[each] !== usual[each]);
  return unlike.map((each) => (each === 'fileName' ? `file ${traits[each]}` : traits[each])).join(', ') || 'usual';
}

/** The difference that a case meets, if any. */
export function differenceOf(each: Omit<Case, 'number'>, differences: readonly Difference[]): Difference | undefined {
  return differences.find(
    ({ when, direction }) =>
      (direction ?? each.direction) === each.direction &&
      // What is wrong with a message on purpose is a matter of its own.
      (each.event === undefined || when.event !== undefined) &&
      Object.entries(when).every(([name, values]) =>
        (values as readonly unknown[]).includes(each[name as Dimension | 'event']),
      ),
  );
}

import { CIPHERS, DIGESTS, OID } from './algorithms.ts';

/**
 * The dotted form from the content octets (X.690 §8.19). Arcs beyond 2^53 belong to no algorithm that we know: such an
 * identifier is shown as its octets.
 */
export function dottedOid(content: Buffer): string {
  const known = KNOWN.get(content.toString('latin1'));
  if (known !== undefined) return known;
  let dotted = '';
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) return `hex:${content.toString('hex')}`;
    if ((byte & 0x80) !== 0) continue;
    if (dotted === '') {
      const root = Math.min(Math.floor(arc / 40), 2);
      dotted = `${root}.${arc - root * 40}`;
    } else dotted += `.${arc}`;
    arc = 0;
  }
  return dotted;
}

/** The content octets from the dotted form. */
export function oidContent(dotted: string): Buffer {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return Buffer.from([root * 40 + second, ...rest].flatMap(base128));
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128));
  return octets;
}

/** Nearly all that come, by their content octets: a message has some twenty of them. */
const KNOWN: ReadonlyMap<string, string> = new Map(
  [...Object.values(OID), ...[...Object.values(DIGESTS), ...Object.values(CIPHERS)].map(({ oid }) => oid)].map(
    (dotted) => [oidContent(dotted).toString('latin1'), dotted],
  ),
);

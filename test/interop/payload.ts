import { createHash } from 'node:crypto';

import { interchange } from '../support/sancrt.ts';
import { identityIn, type Case } from './case.ts';

export interface CasePayload {
  readonly content: Buffer;
  readonly contentType: string;
}

/** What is sent in a case; always the same bytes but for the certificates, which are of this year. */
export function payloadOf(each: Case): CasePayload {
  const contentType = each.payload.includes('binary') ? 'application/octet-stream' : 'application/EDIFACT';
  if (each.event === 'certificates') {
    return { content: interchange([{}], { sender: `${identityIn(each)}:ZZZ` }), contentType };
  }
  return { content: contents[each.payload], contentType };
}

/** Bytes without a pattern, so that compressing them is work. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, at) =>
    createHash('sha256').update(`${at}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

function text(length: number, lineEnd: string): Buffer {
  const lines =
    noise(length)
      .toString('base64')
      .match(/.{1,60}/g) ?? [];
  return Buffer.from(lines.map((line) => `FTX+AAI+++${line.replaceAll('+', ' ')}'${lineEnd}`).join('')).subarray(
    0,
    length,
  );
}

const contents: Readonly<Record<Case['payload'], Buffer>> = {
  '10 KiB CRLF': text(10 * 1024, '\r\n'),
  '10 KiB LF': text(10 * 1024, '\n'),
  // Line ends of every kind, and none at the end.
  '10 KiB binary': Buffer.concat([Buffer.from([0, 13, 10, 255, 10, 13, 0]), noise(10 * 1024 - 7)]),
  '0 bytes': Buffer.alloc(0),
  '1 byte': Buffer.from('U'),
  '10 MiB': text(10 * 1024 * 1024, '\r\n'),
};

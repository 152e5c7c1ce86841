import { createHash } from 'node:crypto';

import { judgeMdn, type MdnVerdict } from '../../src/as2/judge.ts';
import { parseMic } from '../../src/as2/mic.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { readMdn } from '../../src/as2/read-mdn.ts';
import { newBoundary } from '../../src/exchange/ids.ts';
import type { HeaderField } from '../../src/mime/headers.ts';
import { identity, type TestIdentity } from './identities.ts';
import type { Part } from './mime-parts.ts';
import { startPeerServer, usualProtection, type Answered, type PeerServer } from './peer.ts';
import { wrap, type Protection, type Wrapped } from './wrap.ts';
import { startTarget, type Attacked, type AttackOptions, type Target } from './target.ts';

export const OUR_NAME = 'US "CBP" \\ test';
export const THEIR_NAME = 'AU van "1"';
export const payload = Buffer.from("UNB+UNOC:3'");

/** Plain, which needs no more than HTTP: for those who may, that is LAX and OLD. */
export const plain: Part = { headers: [['Content-Type', 'application/EDIFACT']], body: payload };

export const micOf = (digest: string): string => createHash(digest).update(payload).digest('base64');

/** RFC 4130 §6.2 */
export function quoted(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** Disposition-Notification-Options and what goes with it. */
export function asking(options?: string, asyncUrl?: string): HeaderField[] {
  return [
    ['Disposition-Notification-To', 'whoever'],
    ...(options === undefined ? [] : [['Disposition-Notification-Options', options] as const]),
    ...(asyncUrl === undefined ? [] : [['Receipt-Delivery-Option', asyncUrl] as const]),
  ];
}

export const options = (micalgs: string, importance = 'optional', protocol = 'pkcs7-signature'): string =>
  `signed-receipt-protocol=${importance}, ${protocol}; signed-receipt-micalg=${importance}, ${micalgs}`;

/** An endpoint whose partner wants receipts; LAX may send without protection, OLD by SHA-1 too. */
export interface ReceiptTarget extends Target {
  /** The key of LAX and OLD, and of nobody else. */
  readonly stranger: TestIdentity;
  /** Where the partner takes asynchronous MDNs. */
  readonly mdnServer: PeerServer;
  /** What the next MDNs that come there are answered with; 204 when there is nothing. */
  readonly mdnStatuses: number[];
  /** Signed and encrypted by the partner, unless something else is said. */
  wrapped(protection?: Partial<Protection>): Promise<Wrapped>;
  deliver(part: Part, options?: AttackOptions): Promise<Attacked>;
  /** Judged as a partner would, with nothing but our certificate. */
  judged(answered: Answered, messageId: string, mic: string, signed: boolean): MdnVerdict;
}

/** @param onMdn is told of each MDN that comes to the partner's address */
export async function startReceiptTarget(onMdn: () => void = () => undefined): Promise<ReceiptTarget> {
  const stranger = await identity('stranger');
  const mdnStatuses: number[] = [];
  const mdnServer = await startPeerServer(() => {
    onMdn();
    return Promise.resolve({ status: mdnStatuses.shift() ?? 204, headers: [], body: Buffer.alloc(0) });
  });
  const target = await startTarget({
    homeOptions: { as2Id: OUR_NAME },
    partner: { as2Id: THEIR_NAME, as2: { asyncMdnUrls: [mdnServer.url] } },
    prepare(home) {
      const url = 'http://127.0.0.1:9/as2';
      const about = { url, identities: [], certificatePem: stranger.certificate.pem, send: { mdn: 'none' as const } };
      const receive = { allowUnsigned: true, allowUnencrypted: true };
      home.addPartner('lax', { ...about, as2Id: 'LAX', receive });
      home.addPartner('old', { ...about, as2Id: 'OLD', receive: { ...receive, allowSha1: true } });
    },
  });
  return {
    ...target,
    stranger,
    mdnServer,
    mdnStatuses,
    wrapped: (protection = {}) =>
      wrap(
        { headers: plain.headers, content: payload },
        { ...usualProtection(target.partner, target.home), boundary: newBoundary(), ...protection },
      ),
    deliver: (part, more) => target.attack(part, { from: quoted(THEIR_NAME), to: quoted(OUR_NAME), ...more }),
    judged: (answered, messageId, mic, signed) =>
      judgeMdn(readMdn(answered.headers, answered.body), {
        messageId,
        mic: parseMic(mic)!,
        signed,
        pinned: [target.home.own.certificate],
        policy: { ...strictPolicy, digests: ['sha256', 'sha384', 'sha512', 'sha1'] },
      }),
    async stop() {
      await target.stop();
      await mdnServer.close();
    },
  };
}

/** A request without what HTTP adds to each transfer. */
export function withoutConnection({ headers, body }: PeerServer['requests'][number]) {
  return { headers: headers.filter(([name]) => name.toLowerCase() !== 'connection'), body };
}

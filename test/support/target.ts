import assert from 'node:assert/strict';

import { storedBytes } from './stored.ts';
import type { HeaderField } from '../../src/mime/headers.ts';
import type { Part } from './mime-parts.ts';
import { makeHome, type HomeOptions, type PartnerOptions, type TestHome } from './home.ts';
import { identity } from './identities.ts';
import { post, send, startPeerServer, type Answered, type Peer, type PeerServer } from './peer.ts';
import { interchange, numberOf, type SancrtOptions } from './sancrt.ts';
import { serve, type Served } from './served.ts';

/** A served endpoint with one partner, to be attacked. */
export interface Target extends Served {
  readonly partner: Peer;
  /** Takes every answer; what it got is what the endpoint delivered. */
  readonly partnerServer: PeerServer;
  /** Posts a message made by hand, in the partner's name unless told otherwise, with a signed receipt asked for. */
  attack(part: Part, options?: AttackOptions): Promise<Attacked>;
  /** A certificate that nobody sent before. */
  newInterchange(options?: SancrtOptions): Buffer;
  /** Sends a good message, and waits until its certificate is registered and answered. */
  serves(): Promise<void>;
  /** Nothing was accepted, registered or sent but what came of `serves` and of the Message-IDs given. */
  untouched(...accepted: readonly string[]): Promise<void>;
}

export interface AttackOptions {
  readonly from?: string;
  readonly to?: string;
  readonly messageId?: string;
  readonly subject?: string;
  /** Instead of those that ask for a signed receipt on the response. */
  readonly receipt?: readonly HeaderField[];
}

/** A message that was sent, and what came back. */
export interface Attacked {
  readonly messageId: string;
  readonly body: Buffer;
  readonly answered: Answered;
  /** `processed/error: decryption-failed`; undefined when there is no MDN. */
  readonly told: string | undefined;
  /** For people, in the MDN. */
  readonly explanation: string | undefined;
}

export const signedReceipt: readonly HeaderField[] = [
  ['Disposition-Notification-To', 'anybody'],
  [
    'Disposition-Notification-Options',
    'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256',
  ],
];

let ids = 0;
export const freshMessageId = (): string => `<${String((ids += 1)).padStart(6, '0')}@attack.test>`;

interface TargetOptions {
  readonly settings?: Record<string, unknown>;
  readonly homeOptions?: HomeOptions;
  readonly partner?: Partial<PartnerOptions>;
  /** Adds further partners. */
  readonly prepare?: (home: TestHome, partnerServer: PeerServer) => Promise<void> | void;
  readonly answer?: Parameters<typeof startPeerServer>[0];
}

const taken = { status: 200, headers: [], body: Buffer.alloc(0) };

export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const partner = { as2Id: 'AU-VAN', identity: await identity('au-van') };
  const partnerServer = await startPeerServer(options.answer ?? (() => Promise.resolve(taken)));
  const home = await makeHome(options.settings, options.homeOptions);
  const certificatePem = partner.identity.certificate.pem;
  const base = { as2Id: partner.as2Id, url: partnerServer.url, certificatePem, send: { mdn: 'none' as const } };
  home.addPartner('au-van', { ...base, contrl: 'on-error', ...options.partner });
  await options.prepare?.(home, partnerServer);
  const served = await serve(home);
  const good = new Set<string>();
  const numbers = new Set<string>();
  const newNumber = () => numberOf('AU', numbers.size + 1);

  return {
    ...served,
    partner,
    partnerServer,
    attack: (part, attackOptions) => attack(served.url, home, partner, part, attackOptions),
    newInterchange: (certificate) => interchange([{ number: numberOf('AU', 900_000 + (ids += 1)), ...certificate }]),
    async serves() {
      const number = newNumber();
      numbers.add(number);
      const { messageId, answered } = await send(served.url, partner, home, interchange([{ number }]));
      good.add(messageId);
      assert.equal(toldBy(answered), 'processed');
      await served.reached(messageId, 'answered');
    },
    async untouched(...accepted) {
      const messages = await served.store.listMessages({ limit: 10_000 });
      const received = messages.filter(({ direction, state }) => direction === 'in' && state !== 'refused');
      const expected = [...good, ...accepted].sort();
      assert.deepEqual(received.map(({ messageId }) => messageId).sort(), expected, 'a message was accepted');
      const registered = (await served.store.listCertificates({ limit: 10_000 })).map(({ number }) => number);
      assert.deepEqual(registered.sort(), [...numbers].sort(), 'a certificate was registered');
      const ours = new Set(received.map(({ id }) => id));
      for (const { id } of messages.filter(({ direction }) => direction === 'out')) {
        const detail = await served.store.getMessage(id);
        assert.ok(ours.has(detail?.answers ?? ''), 'something was sent that answers nothing');
      }
    },
    async stop() {
      await served.stop();
      await partnerServer.close();
    },
  };
}

async function attack(
  url: string,
  home: TestHome,
  partner: Peer,
  { headers, body }: Part,
  { from = partner.as2Id, to = home.as2Id, messageId = freshMessageId(), subject = 'x', receipt }: AttackOptions = {},
): Promise<Attacked> {
  const own: HeaderField[] = [
    ['AS2-Version', '1.2'],
    ['AS2-From', from],
    ['AS2-To', to],
    ['Message-ID', messageId],
    ['Date', 'Mon, 02 Nov 2026 09:30:00 GMT'],
    ['Subject', subject],
    ...(receipt ?? signedReceipt),
  ];
  const answered = await post(url, [...own, ...headers], body);
  return { messageId, body, answered, told: toldBy(answered), explanation: explanationIn(answered) };
}

/** What an MDN says became of the message, by its line alone. */
export function toldBy({ body }: Answered): string | undefined {
  return /^Disposition: automatic-action\/MDN-sent-automatically; (.*)\r$/m.exec(body.toString('latin1'))?.[1];
}

function explanationIn({ body }: Answered): string | undefined {
  return /text\/plain.*?\r\n\r\n(.*?)\r\n/s.exec(body.toString('latin1'))?.[1];
}

/** The message was refused with this, nothing of it was taken, and it is kept as it came. */
export async function refused({ store }: Target, { messageId, body, answered, told }: Attacked, modifier: string) {
  assert.equal(answered.status, 200);
  assert.equal(told, `processed/error: ${modifier}`);
  const kept = await store.getMessage(messageId);
  assert.equal(kept?.state, 'refused');
  assert.equal(await storedBytes(store, kept.id, 'payload'), undefined);
  assert.deepEqual(await storedBytes(store, kept.id, 'raw'), body);
  assert.deepEqual(kept.answeredBy, []);
  const entries = await store.listLedger({ subjectId: kept.id });
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['inbound.refused'],
  );
  assert.doesNotMatch(answered.body.toString('latin1'), /Received-Content-MIC/);
}

/**
 * All that somebody outside gets to see of an answer, without what differs from message to message: identifiers, dates,
 * boundaries, and our signature.
 */
export function shown({ messageId, answered: { status, headers, body } }: Attacked): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\n`).join('');
  return `${status}\n${lines}\n${body.toString('latin1')}`
    .replaceAll(messageId, '<OURS>')
    .replace(/<[0-9a-f-]{36}@[\w.]+>/g, '<THEIRS>')
    .replace(/\b[0-9a-f]{36}\b/g, 'BOUNDARY')
    .replace(/^(date: ).*$/gim, '$1DATE')
    .replace(/(pkcs7-signature.*?\r\n\r\n)[A-Za-z0-9+/=\r\n]+/gs, '$1SIGNATURE');
}

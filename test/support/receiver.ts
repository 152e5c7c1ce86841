import { processed } from '../../src/as2/disposition.ts';
import { makeMdn, type MdnDraft } from '../../src/as2/mdn.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { parseAs2Request, type As2Request } from '../../src/as2/request.ts';
import type { UnwrapFacts } from '../../src/as2/unwrap.ts';
import { valueOf, type Interchange, type Message } from '../../src/edifact/interchange.ts';
import { readInterchanges } from '../../src/edifact/reader.ts';
import { newBoundary, newMessageId } from '../../src/exchange/ids.ts';
import type { Headers } from '../../src/mime/headers.ts';
import { bytesOf, collect } from './bytes.ts';
import type { TestHome } from './home.ts';
import type { Answered, Peer } from './peer.ts';
import { unwrap } from './unwrap.ts';

/** A message of ours as the partner finds it, opened with its key and our certificate. */
export interface Taken {
  readonly request: As2Request;
  readonly facts: UnwrapFacts;
  readonly content: Buffer;
  readonly interchange: Interchange;
  /** The receipt that it gets from an honest partner, or what a test makes of it. */
  receipt(changed?: Partial<MdnDraft>, signed?: boolean): Answered;
}

/** What the partner does with a request of ours. */
export async function take(
  peer: Peer,
  home: TestHome,
  { headers, body }: { readonly headers: Headers; readonly body: Buffer },
): Promise<Taken> {
  const request = parseAs2Request(headers);
  const { payload, mic, facts } = await unwrap(
    { headers, body: bytesOf(body) },
    { keys: [peer.identity], pinned: [home.signer.certificate], policy: strictPolicy, micDigest: 'sha256' },
  );
  const content = collect(payload.content);
  const [interchange] = readInterchanges(content).interchanges;
  if (interchange === undefined) throw new Error('There is no interchange in it');
  return {
    request,
    facts,
    content,
    interchange,
    receipt(changed = {}, signed = request.receipt?.protocol !== undefined) {
      const receipt = makeMdn({
        from: request.to,
        to: request.from,
        messageId: newMessageId(new Date(), 'peer.test'),
        date: new Date(),
        original: request,
        disposition: processed,
        explanation: 'Received.',
        mic,
        reportingUa: 'peer.test; Peer',
        ...(signed && { sign: { identity: peer.identity, digest: 'sha256' } }),
        boundary: newBoundary(),
        ...changed,
      });
      return { status: 200, ...receipt };
    },
  };
}

/** A CUSRES in short: whose number, AP or RE, and the codes of all that is wrong. */
export interface Verdict {
  readonly number: string;
  readonly status: string;
  readonly codes: readonly string[];
}

export function verdictsIn({ messages }: Interchange): Verdict[] {
  return messages.filter(({ type }) => type === 'CUSRES').map(verdictOf);
}

function verdictOf({ segments }: Message): Verdict {
  const bgm = segments.find(({ tag }) => tag === 'BGM')!;
  const codes = segments.filter(({ tag }) => tag === 'ERC').map((erc) => valueOf(erc, 1));
  return { number: valueOf(bgm, 2), status: valueOf(bgm, 4), codes };
}

/** A CONTRL in short: which interchange, 0083, and 0085 of the interchange and of its messages. */
export function contrlIn({ messages }: Interchange) {
  const segments = messages.find(({ type }) => type === 'CONTRL')?.segments ?? [];
  const uci = segments.find(({ tag }) => tag === 'UCI');
  if (uci === undefined) return undefined;
  const codes = segments.filter(({ tag }) => tag === 'UCM').map((ucm) => valueOf(ucm, 4));
  return { reference: valueOf(uci, 1), action: valueOf(uci, 4), code: valueOf(uci, 5), messages: codes };
}

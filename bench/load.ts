import { createPrivateKey } from 'node:crypto';

import { errors, Pool, type Dispatcher } from 'undici';

import { judgeMdn } from '../src/as2/judge.ts';
import { messageHeaders } from '../src/as2/message-headers.ts';
import { strictPolicy } from '../src/as2/policy.ts';
import { readMdn } from '../src/as2/read-mdn.ts';
import type { Mic } from '../src/as2/mic.ts';
import { wrap } from '../src/as2/wrap.ts';
import { gather, sourceOf } from '../src/bytes/source.ts';
import { memorySpool } from '../src/bytes/spool.ts';
import type { CertificateIdentity, PrivateIdentity } from '../src/cms/identity.ts';
import type { Headers } from '../src/mime/headers.ts';
import { newBoundary, newMessageId } from '../src/exchange/ids.ts';
import { issueSelfSigned } from '../src/pki/issue.ts';

/** Whom a load goes to, and in whose name. */
export interface Target {
  readonly url: string;
  readonly from: string;
  readonly to: string;
  /** It encrypts to this, and signs its MDNs with it. */
  readonly certificate: CertificateIdentity;
}

/** A message that is ready to be sent, as often as wanted. */
export interface Prepared {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly mic: Mic;
}

export interface Measured {
  readonly perSecond: number;
  /** Milliseconds, from the first byte sent to the last of the MDN received. */
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

export async function makeSender(): Promise<{ identity: PrivateIdentity; certificatePem: string; keyPem: string }> {
  const issued = await issueSelfSigned({ commonName: 'LOAD', keyType: 'rsa-2048', days: 365, now: new Date() });
  const { certificate, privateKeyPem: keyPem } = issued;
  return { identity: { certificate, privateKey: createPrivateKey(keyPem) }, certificatePem: certificate.pem, keyPem };
}

/** Signed with RSA and SHA-256, encrypted with AES-128-CBC to RSA: what every system knows. */
export async function prepare(
  content: Buffer,
  sender: PrivateIdentity,
  recipient: CertificateIdentity,
): Promise<Prepared> {
  const { headers, body, mic } = await wrap(
    // Not EDIFACT, so that what is measured is receiving, not the work on the payload that follows it.
    { headers: [['Content-Type', 'application/EDI-consent']], content: sourceOf(content) },
    {
      compress: 'none',
      micDigest: 'sha256',
      boundary: newBoundary(),
      spool: memorySpool,
      sign: { identity: sender, digest: 'sha256' },
      encrypt: { recipient, cipher: 'aes128-cbc', keyTransport: 'rsa-pkcs1' },
    },
  );
  return { headers, body: gather(body.pieces()), mic: mic() };
}

/**
 * Sends a message `count` times, each under a Message-ID of its own, asking for a signed MDN on the response, and judges
 * every MDN: its signature and its MIC. Several connections at a time, each kept; where the server closed one without saying so
 * (phase2), the message goes out again on another, and the time of both is its time.
 *
 * @throws when one is not good, or nothing of it comes for two minutes
 */
export async function load(target: Target, wrapped: Prepared, connections: number, count: number): Promise<Measured> {
  const { from, to } = target;
  const { origin, pathname, search } = new URL(target.url);
  const options = {
    connections,
    // Of the server it is the certificate in the MDNs that counts.
    connect: { rejectUnauthorized: false },
    headersTimeout: 120_000,
    bodyTimeout: 120_000,
  };
  const kept = new Pool(origin, { ...options, keepAliveTimeout: 60_000 });
  const fresh = new Pool(origin, { ...options, pipelining: 0 });
  const times: number[] = [];
  const send = async () => {
    const begin = performance.now();
    const messageId = newMessageId(new Date(), 'bench.local');
    const receipt = { micalgs: ['sha-256'] };
    const own = messageHeaders({ from, to, messageId, subject: 'Load', date: new Date(), receipt });
    const headers = [...own, ...wrapped.headers];
    const post = (pool: Pool) =>
      pool.request({ path: pathname + search, method: 'POST', headers: headers.flat(), body: wrapped.body });
    const response = await post(kept).catch((error: unknown) => {
      if (error instanceof errors.HeadersTimeoutError) throw error;
      return post(fresh);
    });
    await judged(response, { messageId, mic: wrapped.mic }, target);
    times.push(performance.now() - begin);
  };
  const begin = performance.now();
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await send();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(connections, count) }, lane));
  } finally {
    await kept.close();
    await fresh.close();
  }
  const seconds = (performance.now() - begin) / 1_000;
  times.sort((a, b) => a - b);
  const quantile = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { perSecond: times.length / seconds, mean, p50: quantile(0.5), p99: quantile(0.99) };
}

/** Reads the answer and judges the MDN in it. @throws when it is not good */
export async function judged(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { messageId, mic }: { readonly messageId: string; readonly mic: Mic },
  { certificate }: Target,
): Promise<void> {
  const answer = Buffer.from(await body.arrayBuffer());
  if (statusCode >= 300) throw new Error(`HTTP ${statusCode}`);
  const expected = { messageId, mic, signed: true, pinned: [certificate], policy: strictPolicy };
  const verdict = judgeMdn(readMdn(fieldsOf(headers), answer), expected);
  if (verdict.kind !== 'delivered') throw new Error(`the MDN was not good: ${verdict.reason}`);
}

function fieldsOf(headers: Readonly<Record<string, string | string[] | undefined>>): Headers {
  return Object.entries(headers).flatMap(([name, value]) => [value ?? ''].flat().map((one) => [name, one] as const));
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { processed } from '../../as2/disposition.ts';
import { judgeMdn, type MdnVerdict } from '../../as2/judge.ts';
import { makeMdn } from '../../as2/mdn.ts';
import { messageHeaders } from '../../as2/message-headers.ts';
import { strictPolicy } from '../../as2/policy.ts';
import { readMdn, type Mdn } from '../../as2/read-mdn.ts';
import { planReceipt } from '../../as2/receipt-plan.ts';
import { parseAs2Request } from '../../as2/request.ts';
import { unwrap } from '../../as2/unwrap.ts';
import { wrap } from '../../as2/wrap.ts';
import type { PrivateIdentity } from '../../cms/identity.ts';
import { newBoundary, newMessageId } from '../../exchange/ids.ts';
import type { Post } from '../../exchange/post.ts';
import { gather, sourceOf } from '../../bytes/source.ts';
import { memorySpool } from '../../bytes/spool.ts';
import type { Headers } from '../../mime/headers.ts';
import type { Certificate } from '../../pki/certificate.ts';

/** The other side of an exchange: sends as a network does, and takes the answers that come back. */
export interface Van {
  /** Where it takes messages. */
  readonly url: string;
  /** Sends an interchange, signed and encrypted, with a signed receipt asked for on the response. */
  send(to: Endpoint, interchange: Buffer): Promise<{ status: number; mdn: Mdn; verdict: MdnVerdict }>;
  /** The next answer that came, verified and acknowledged; waits for it. */
  nextAnswer(timeoutMs: number): Promise<Answer>;
  close(): Promise<void>;
}

export interface Endpoint {
  readonly url: string;
  readonly as2Id: string;
  readonly certificate: Certificate;
}

export interface Answer {
  readonly subject: string;
  readonly layers: readonly string[];
  readonly content: Buffer;
}

export async function startVan(
  as2Id: string,
  identity: PrivateIdentity,
  endpointCertificate: Certificate,
  post: Post,
): Promise<Van> {
  const answers: Answer[] = [];
  const waiting: ((answer: Answer) => void)[] = [];

  const take = async (headers: Headers, body: Buffer) => {
    const request = parseAs2Request(headers);
    const plan = planReceipt(request.receipt, ['sha256']);
    const context = {
      keys: [identity],
      pinned: [endpointCertificate],
      policy: strictPolicy,
      micDigest: plan.micDigest,
      spool: memorySpool,
    };
    const { payload, mic, facts } = await unwrap({ headers, body: sourceOf(body) }, context);
    const answer = { subject: request.subject ?? '', layers: facts.layers, content: gather(payload.content.pieces()) };
    const receiver = waiting.shift();
    if (receiver === undefined) answers.push(answer);
    else receiver(answer);
    return makeMdn({
      from: request.to,
      to: request.from,
      messageId: newMessageId(new Date(), 'van.example'),
      date: new Date(),
      original: request,
      disposition: processed,
      explanation: 'The message was received.',
      mic,
      reportingUa: 'van.example; demonstration',
      sign: { identity, digest: 'sha256' },
      boundary: newBoundary(),
    });
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      take(pairs(request.rawHeaders), Buffer.concat(chunks)).then(
        (mdn) => response.writeHead(200, mdn.headers.flat()).end(mdn.body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/as2`,
    async send(to, interchange) {
      const now = new Date();
      const messageId = newMessageId(now, 'van.example');
      const wrapped = await wrap(
        { headers: [['Content-Type', 'application/EDIFACT']], content: sourceOf(interchange) },
        {
          compress: 'before-signing',
          sign: { identity, digest: 'sha256' },
          encrypt: { recipient: to.certificate, cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' },
          micDigest: 'sha256',
          boundary: newBoundary(),
          spool: memorySpool,
        },
      );
      const receipt = { micalgs: ['sha-256'] };
      const message = { from: as2Id, to: to.as2Id, messageId, subject: 'Certificates', date: now, receipt };
      const response = await post({
        url: to.url,
        headers: [...messageHeaders(message), ...wrapped.headers],
        body: sourceOf(gather(wrapped.body.pieces())),
        signal: AbortSignal.timeout(30_000),
        chunked: false,
        keepAlive: true,
      });
      const mdn = readMdn(response.headers, response.body);
      const verdict = judgeMdn(mdn, {
        messageId,
        mic: wrapped.mic(),
        signed: true,
        pinned: [to.certificate],
        policy: strictPolicy,
      });
      return { status: response.status, mdn, verdict };
    },
    nextAnswer(timeoutMs) {
      const ready = answers.shift();
      if (ready !== undefined) return Promise.resolve(ready);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`No answer came within ${timeoutMs} ms`)), timeoutMs);
        waiting.push((answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
      });
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pairs(raw: readonly string[]): Headers {
  return Array.from(
    { length: raw.length / 2 },
    (_, index) => [raw[2 * index] ?? '', raw[2 * index + 1] ?? ''] as const,
  );
}

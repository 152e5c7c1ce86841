import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

import { request } from 'undici';

import { messageHeaders, type MessageHeaders } from '../../src/as2/message-headers.ts';
import { readMdn, type Mdn } from '../../src/as2/read-mdn.ts';
import { newBoundary, newMessageId } from '../../src/exchange/ids.ts';
import { usualTransport } from '../../src/cms/recipient-info.ts';
import type { Headers } from '../../src/mime/headers.ts';
import type { TestHome } from './home.ts';
import type { TestIdentity } from './identities.ts';
import { wrap, type Protection, type Wrapped } from './wrap.ts';

/** What came back on a POST. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** A plain POST over a real socket; nothing is added to the headers but Host and the length, or how it is chunked. */
export async function post(url: string, headers: Headers, body: Buffer, chunked = false): Promise<Answered> {
  const sent = chunked ? Readable.from([body.subarray(0, 7), body.subarray(7)]) : body;
  const response = await request(url, { method: 'POST', headers: headers.flat(), body: sent });
  const fields = Object.entries(response.headers).flatMap(([name, value]) =>
    [value ?? ''].flat().map((one) => [name, one] as const),
  );
  return { status: response.statusCode, headers: fields, body: Buffer.from(await response.body.arrayBuffer()) };
}

/** A partner as a test plays it: one AS2 name, one key. */
export interface Peer {
  readonly as2Id: string;
  readonly identity: TestIdentity;
}

/** Signed with SHA-256 and encrypted with AES-256-CBC, as most partners do. */
export function usualProtection(peer: Peer, home: TestHome): Omit<Protection, 'boundary'> {
  return {
    compress: 'none',
    micDigest: 'sha256',
    sign: { identity: peer.identity, digest: 'sha256' },
    encrypt: {
      recipient: home.own.certificate,
      cipher: 'aes256-cbc',
      keyTransport: usualTransport(home.own.certificate.publicKey),
    },
  };
}

export interface Sent {
  readonly messageId: string;
  readonly wrapped: Wrapped;
  readonly headers: Headers;
  readonly answered: Answered;
  /** Read, not judged; undefined when the answer has no body. */
  readonly mdn: Mdn | undefined;
}

/** Sends a payload to an endpoint as `peer`, asking for a signed receipt on the response unless told otherwise. */
export async function send(
  url: string,
  peer: Peer,
  home: TestHome,
  payload: Buffer,
  options: {
    readonly protection?: Omit<Protection, 'boundary'>;
    readonly headers?: Partial<MessageHeaders>;
    readonly entityHeaders?: Headers;
  } = {},
): Promise<Sent> {
  const protection = options.protection ?? usualProtection(peer, home);
  const entityHeaders: Headers = options.entityHeaders ?? [['Content-Type', 'application/EDIFACT']];
  const wrapped = await wrap(
    { headers: entityHeaders, content: payload },
    {
      ...protection,
      boundary: newBoundary(),
    },
  );
  const messageId = options.headers?.messageId ?? newMessageId(new Date(), 'peer.test');
  const own = messageHeaders({
    from: peer.as2Id,
    to: home.as2Id,
    subject: 'Certificates',
    date: new Date(),
    receipt: { micalgs: ['sha-256'] },
    ...options.headers,
    messageId,
  });
  const headers = [...own, ...wrapped.headers];
  const answered = await post(url, headers, wrapped.body);
  const mdn = answered.body.length === 0 ? undefined : readMdn(answered.headers, answered.body);
  return { messageId, wrapped, headers, answered, mdn };
}

export interface PeerServer {
  readonly url: string;
  /** Every request that came, in order. */
  readonly requests: readonly { readonly headers: Headers; readonly body: Buffer }[];
  /** Resolves when `count` requests have come and been answered. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A server of the peer's: `answer` says what each request gets; undefined breaks the connection off. */
export async function startPeerServer(
  answer: (request: { headers: Headers; body: Buffer }, number: number) => Promise<Answered | undefined>,
): Promise<PeerServer> {
  const requests: { headers: Headers; body: Buffer }[] = [];
  let answeredCount = 0;
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const raw = incoming.rawHeaders;
      const headers = Array.from(
        { length: raw.length / 2 },
        (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''] as const,
      );
      const got = { headers, body: Buffer.concat(chunks) };
      requests.push(got);
      void answer(got, requests.length).then((reply) => {
        if (reply === undefined) incoming.socket.destroy();
        else outgoing.writeHead(reply.status, reply.headers.flat()).end(reply.body);
        answeredCount += 1;
        for (const each of waiting) if (each.count <= answeredCount) each.resolve();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/as2`,
    requests,
    received: (count) =>
      new Promise((resolve) => {
        if (answeredCount >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

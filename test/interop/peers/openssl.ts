import { readFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import path from 'node:path';

import { dimensions, receiptOf, type Difference, type Traits } from '../case.ts';
import { NotHad, type Account, type PeerSystem, type RunningPeer, type Setting } from '../peer.ts';
import { address, judge, mdnFor, receiptAsked, reportIn, take, type Sent } from './openssl-as2.ts';
import { hasZlib, version } from './openssl-cms.ts';
import { wrap } from './openssl-layers.ts';
import { field, payloadEntity, plainName, type Entity } from './openssl-mime.ts';

/** The command line does the cryptography; AS2 around it is written anew here, and shares nothing with ours. */
export const openssl: PeerSystem = {
  name: 'openssl',
  title: 'OpenSSL',
  differences: [...(hasZlib ? [] : withoutZlib()), ...gcmInEnvelopedData()],
  lanes: 4,
  fetch: () =>
    version === undefined ? Promise.reject(new NotHad('there is no openssl on the path')) : Promise.resolve(version),
  urlAt: (port) => `http://127.0.0.1:${port}/as2`,
  start,
};

function withoutZlib(): Difference[] {
  const layers = dimensions.layers.filter((each) => each.includes('compressed'));
  const what = 'This build of OpenSSL has no zlib: `openssl list -disabled` names it.';
  const remedy = 'None needed: compression is tried with the other peers.';
  return [
    { when: { layers }, direction: 'to-peer', what, remedy, tried: /error: decompression-failed/ },
    { when: { layers }, direction: 'from-peer', what, remedy, tried: false },
  ];
}

function gcmInEnvelopedData(): Difference[] {
  const when = { cipher: ['aes256-gcm in EnvelopedData'] } as const;
  const remedy = 'Agree on AuthEnvelopedData (RFC 5083), which is what we send unless told otherwise.';
  const read = '`cms -decrypt` writes the content out, but fails, as it looks for the tag elsewhere.';
  const write = '`cms -encrypt` makes AuthEnvelopedData of GCM, and nothing else.';
  return [
    { when, direction: 'to-peer', what: read, remedy, tried: /error: decryption-failed/ },
    { when, direction: 'from-peer', what: write, remedy, tried: false },
  ];
}

interface Reply {
  readonly mdn: Entity;
  /** Where it goes; on the response when undefined. */
  readonly url: string | undefined;
}

async function start({ folder, port, agreements }: Setting): Promise<RunningPeer> {
  const accounts = new Map<string, Account>();
  /** To messages that were taken: one that is repeated gets the same MDN, and is not taken again. */
  const replies = new Map<string, Reply | undefined>();
  const sent = new Map<string, Sent>();
  /** For asynchronous MDNs, by Message-ID of what they are for. */
  const waiting = new Map<string, (mdn: Entity) => void>();
  let files = 0;
  const newFile = () => path.join(folder, String((files += 1)));

  async function receive(message: Entity): Promise<Reply | undefined> {
    const { headers } = message;
    const [from, to, messageId = ''] = ['AS2-From', 'AS2-To', 'Message-ID'].map((name) => field(headers, name));
    const key = [from, to, messageId].join('\n');
    if (replies.has(key)) return replies.get(key);
    const agreement = agreements.find(({ us, peer }) => us.as2Id === plainName(from) && peer.as2Id === plainName(to));
    const asked = receiptAsked(headers);
    const account = await take(message, agreement, asked, newFile());
    const reply = asked && { mdn: await mdnFor(message, agreement, asked, account), url: asked.url };
    const { stored = 0 } = accounts.get(messageId) ?? {};
    accounts.set(messageId, { ...account, messageId, stored: stored + (account.payloadFile === undefined ? 0 : 1) });
    if (account.status !== 'failed') replies.set(key, reply);
    return reply;
  }

  async function exchange(message: Sent): Promise<Account> {
    const { agreement, messageId } = message;
    const { mode } = receiptOf(agreement.case);
    const later = new Promise<Entity | undefined>((resolve) => {
      waiting.set(messageId, resolve);
      if (mode === 'async') setTimeout(() => resolve(undefined), 20_000).unref();
    });
    const { status, answer } = await post(agreement.us.url, message.message, agreement.case.framing);
    if (status >= 300) return { messageId, status: 'failed', told: `HTTP ${status}: ${answer.body.toString()}` };
    if (mode === 'none') return { messageId, status: 'none' };
    const mdn = mode === 'sync' ? answer : await later;
    return mdn ? judge(message, mdn, newFile()) : { messageId, status: 'failed', told: 'no MDN came in 20 s' };
  }

  const server = createServer((incoming, outgoing) => {
    const answered = entityOf(incoming).then(async (entity) => {
      if (incoming.url === '/mdn') {
        waiting.get(reportIn(entity).originalMessageId ?? '')?.(entity);
        return outgoing.end();
      }
      const reply = await receive(entity);
      if (reply === undefined) return outgoing.end();
      const { mdn, url } = reply;
      if (url === undefined) return outgoing.writeHead(200, mdn.headers.flat()).end(mdn.body);
      outgoing.end();
      return post(url, mdn, 'sized');
    });
    answered.catch((error: unknown) => {
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    async send(number, file, contentType) {
      const agreement = agreements.find((each) => each.case.number === number)!;
      const { fileName } = agreement.case;
      const payload = payloadEntity(await readFile(file), contentType, fileName === 'none' ? undefined : fileName);
      const { entity, covered } = await wrap(payload, agreement);
      const message = address(agreement, entity, covered, `http://127.0.0.1:${port}/mdn`);
      sent.set(message.messageId, message);
      return exchange(message);
    },
    sendAgain: (_number, messageId) => exchange(sent.get(messageId)!),
    received: (_number, messageId) => Promise.resolve(accounts.get(messageId)),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function post(url: string, { headers, body }: Entity, framing: Traits['framing']) {
  const length = framing === 'sized' ? ['Content-Length', String(body.length)] : ['Transfer-Encoding', 'chunked'];
  const fields = Object.fromEntries([...headers, length]) as Record<string, string>;
  return new Promise<{ status: number; answer: Entity }>((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers: fields, timeout: 60_000 }, (response) => {
      entityOf(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer came in 60 s')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function entityOf(message: IncomingMessage): Promise<Entity> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const names = message.rawHeaders.filter((_, at) => at % 2 === 0);
  const headers = names.map((name, at) => [name, message.rawHeaders[2 * at + 1] ?? ''] as const);
  return { headers, body: Buffer.concat(chunks) };
}

import { Readable } from 'node:stream';

import { request } from 'undici';

import { messageHeaders } from '../src/as2/message-headers.ts';
import { wrap } from '../src/as2/wrap.ts';
import { memorySpool } from '../src/bytes/spool.ts';
import { newBoundary, newMessageId } from '../src/exchange/ids.ts';
import { repeated } from './engine.ts';
import { judged, makeSender, type Target } from './load.ts';
import { startOurs } from './ours.ts';
import { forgetPeak, usageOf } from './watch.ts';

export interface MemoryRow {
  readonly size: number;
  readonly atOnce: number;
  /** MiB, of the whole process. */
  readonly peak: number;
  /** Milliseconds by which the main thread came late to what was due, at the 99th percentile. */
  readonly delay: number;
  /** MiB a second, of all of them together. */
  readonly rate: number;
}

/** What a freshly started endpoint has in memory at most while it receives `atOnce` messages of `size` bytes. */
export async function measureMemory(size: number, atOnce: number): Promise<MemoryRow> {
  const sender = await makeSender();
  const server = await startOurs(sender);
  const { target, group, metrics } = server;
  try {
    await sendStreaming(target, sender, 10 * 1024);
    forgetPeak(group);
    await metrics(); // the delays are counted from when they were last asked for
    const begin = performance.now();
    await Promise.all(Array.from({ length: atOnce }, () => sendStreaming(target, sender, size)));
    const seconds = (performance.now() - begin) / 1_000;
    const delay = ((await metrics()).get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN) * 1_000;
    return { size, atOnce, peak: usageOf(group).peak, delay, rate: (size * atOnce) / 1024 / 1024 / seconds };
  } finally {
    await server.stop();
  }
}

/** One message that is made while it is sent. @throws when its MDN is not good */
async function sendStreaming(target: Target, sender: Awaited<ReturnType<typeof makeSender>>, size: number) {
  const { url, from, to, certificate } = target;
  const wrapped = await wrap(
    { headers: [['Content-Type', 'application/octet-stream']], content: repeated(size) },
    {
      compress: 'none',
      micDigest: 'sha256',
      boundary: newBoundary(),
      spool: memorySpool,
      sign: { identity: sender.identity, digest: 'sha256' },
      encrypt: { recipient: certificate, cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' },
    },
  );
  const messageId = newMessageId(new Date(), 'bench.local');
  const receipt = { micalgs: ['sha-256'] };
  const own = messageHeaders({ from, to, messageId, subject: 'Load', date: new Date(), receipt });
  const response = await request(url, {
    method: 'POST',
    headers: [...own, ...wrapped.headers, ['Content-Length', String(wrapped.body.size)]].flat(),
    body: Readable.from(wrapped.body.pieces(), { objectMode: false }),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  await judged(response, { messageId, mic: wrapped.mic() }, target);
}

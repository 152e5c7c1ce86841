import { spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { stringify } from 'yaml';

import { judgeMdn } from '../src/as2/judge.ts';
import { messageHeaders } from '../src/as2/message-headers.ts';
import { strictPolicy } from '../src/as2/policy.ts';
import { readMdn } from '../src/as2/read-mdn.ts';
import { wrap } from '../src/as2/wrap.ts';
import { gather, sourceOf } from '../src/bytes/source.ts';
import { memorySpool } from '../src/bytes/spool.ts';
import { loadHome } from '../src/config/load.ts';
import { createHome } from '../src/config/scaffold.ts';
import { newBoundary, newMessageId } from '../src/exchange/ids.ts';
import { createPost } from '../src/http/client.ts';
import { issueSelfSigned } from '../src/pki/issue.ts';

export interface Measured {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Serves a new home in a process of its own, sends `count` messages over `connections`, and ends it. */
export async function measureReceive(connections: number, count: number): Promise<Measured> {
  const directory = await mkdtemp(path.join(tmpdir(), 'countersign-bench-'));
  const now = new Date();
  await createHome(directory, {
    as2Id: 'BENCH',
    edifact: { id: 'BENCH', qualifier: 'ZZZ' },
    keyType: 'rsa-2048',
    days: 365,
    now,
  });
  const issued = await issueSelfSigned({ commonName: 'LOAD', keyType: 'rsa-2048', days: 365, now });
  const partner = {
    name: 'Load generator',
    as2: { id: 'LOAD', url: 'http://127.0.0.1:9/' },
    certificates: [{ pem: issued.certificate.pem }],
    edifact: { identities: [{ id: 'LOAD', qualifier: 'ZZZ', countries: ['AU'] }] },
  };
  await writeFile(path.join(directory, 'partners/load.yaml'), stringify(partner));
  const certificate = (await loadHome(directory, {})).endpoint.identities[0]?.certificate;
  if (certificate === undefined) throw new Error('The home has no identity');

  const wrapped = await wrap(
    // Not EDIFACT, so that what is measured is receiving, not the work on the payload that follows it.
    { headers: [['Content-Type', 'application/octet-stream']], content: sourceOf(randomBytes(10 * 1024)) },
    {
      compress: 'none',
      spool: memorySpool,
      micDigest: 'sha256',
      boundary: newBoundary(),
      sign: {
        identity: { certificate: issued.certificate, privateKey: createPrivateKey(issued.privateKeyPem) },
        digest: 'sha256',
      },
      encrypt: { recipient: certificate, cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' },
    },
  );

  const body = gather(wrapped.body.pieces());
  const mic = wrapped.mic();

  const { server, url } = await serve(directory);
  const { post, close } = createPost();
  const times: number[] = [];
  const send = async () => {
    const begin = performance.now();
    const messageId = newMessageId(new Date(), 'bench.local');
    const receipt = { micalgs: ['sha-256'] };
    const own = messageHeaders({ from: 'LOAD', to: 'BENCH', messageId, subject: 'Load', date: new Date(), receipt });
    const headers = [...own, ...wrapped.headers];
    const response = await post({
      url,
      headers,
      body: sourceOf(body),
      signal: AbortSignal.timeout(60_000),
      chunked: false,
    });
    times.push(performance.now() - begin);
    const mdn = readMdn(response.headers, response.body);
    const expected = { messageId, mic, signed: true, pinned: [certificate], policy: strictPolicy };
    const verdict = judgeMdn(mdn, expected);
    if (verdict.kind !== 'delivered') throw new Error(`An MDN was not good: ${verdict.reason}`);
  };
  const lane = async (messages: number) => {
    for (let sent = 0; sent < messages; sent += 1) await send();
  };
  try {
    await Promise.all(Array.from({ length: connections }, () => lane(Math.ceil(200 / connections))));
    times.length = 0;
    const begin = performance.now();
    await Promise.all(Array.from({ length: connections }, () => lane(Math.ceil(count / connections))));
    const seconds = (performance.now() - begin) / 1_000;
    times.sort((a, b) => a - b);
    const quantile = (share: number) => times[Math.floor(times.length * share)] ?? 0;
    return { perSecond: times.length / seconds, p50: quantile(0.5), p99: quantile(0.99) };
  } finally {
    await close();
    await ended(server);
    await rm(directory, { recursive: true, force: true });
  }
}

async function serve(directory: string): Promise<{ server: ChildProcess; url: string }> {
  const main = path.resolve(import.meta.dirname, '../dist/cli/main.js');
  const free = { COUNTERSIGN_LISTEN_PORT: '0', COUNTERSIGN_OPERATORS_PORT: '0', COUNTERSIGN_LISTEN_HOST: '127.0.0.1' };
  const env = { ...process.env, ...free, COUNTERSIGN_LOG_LEVEL: 'error' };
  const server = spawn(process.execPath, [main, '--home', directory, 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /^AS2\s+(\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { server, url };
  }
  throw new Error('The endpoint did not start');
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once('exit', () => resolve());
    server.kill('SIGTERM');
  });
}

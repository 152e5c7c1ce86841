import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { measureBound } from './bound.ts';
import { median, type Measured } from './load.ts';
import { measureReceive } from './receive.ts';

/**
 * Receiving, beside what bounds it: the RSA operations that one core of this machine does in the same run.
 * `npm run bench` prints the table and keeps it in `bench/results/receive.md`.
 */
const rounds = 5;
const messages = 1_500;
const rows: { connections: number; perSecond: number; p50: number; p99: number; share: number }[] = [];

for (const connections of [1, 16]) {
  const measured: (Measured & { readonly share: number })[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const bound = measureBound();
    const result = await measureReceive(connections, messages);
    measured.push({ ...result, share: result.perSecond / bound });
    process.stderr.write(
      `${connections} connections, round ${round + 1} of ${rounds}: ${result.perSecond.toFixed(0)}/s\n`,
    );
  }
  const of = (pick: (each: Measured & { readonly share: number }) => number) => median(measured.map(pick));
  rows.push({
    connections,
    perSecond: of((each) => each.perSecond),
    p50: of((each) => each.p50),
    p99: of((each) => each.p99),
    share: of((each) => each.share),
  });
}

const table = [
  '# Receiving 10 KiB messages',
  '',
  'Signed (RSA-2048, SHA-256) and encrypted (AES-256-CBC, RSA-2048) messages over HTTP on loopback to a served endpoint, each stored and',
  'committed (fsync) before its signed synchronous MDN leaves; the load generator, in a process of its own on the same machine, verifies',
  'the signature and the MIC of every MDN. The bound is how often one core does the two private RSA operations that a message needs',
  '(decrypt the key, sign the MDN) with `node:crypto` alone, measured right before each round; the share is messages a second over that.',
  '',
  `Median of ${rounds} rounds of about ${messages} messages. Made by \`npm run bench\`, Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${new Date().toISOString().slice(0, 10)}.`,
  '',
  '| connections | messages/s | p50 ms | p99 ms | share of one core’s RSA bound |',
  '|--|--|--|--|--|',
  ...rows.map((row) => {
    const cells = [
      row.connections,
      row.perSecond.toFixed(0),
      row.p50.toFixed(1),
      row.p99.toFixed(1),
      row.share.toFixed(2),
    ];
    return `| ${cells.join(' | ')} |`;
  }),
  '',
].join('\n');
process.stdout.write(table);
writeFileSync(path.join(import.meta.dirname, 'results/receive.md'), table);

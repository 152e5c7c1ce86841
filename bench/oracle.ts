import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { strictPolicy } from '../src/as2/policy.ts';
import { faultOf, makeIdentities, partner, us } from '../test/as2/opened.ts';
import { cbcFaults } from '../test/support/cbc-faults.ts';
import { median } from './load.ts';

/**
 * How long it takes to refuse a message, by what is wrong with it: interleaved tries, in random order, so that whatever
 * else the machine does falls on all alike. `npm run bench:oracle` keeps the table in `bench/results/oracle.md`.
 */
const tries = 400;
const size = 10_240;

await makeIdentities();
const faults = Object.entries(cbcFaults(us, partner, size)).map(([name, make]) => ({
  name,
  make,
  times: [] as number[],
}));
for (let round = -20; round < tries; round += 1) {
  for (const { make, times } of faults.toSorted(() => Math.random() - 0.5)) {
    const part = make();
    const begin = process.hrtime.bigint();
    await faultOf(part, strictPolicy);
    if (round >= 0) times.push(Number(process.hrtime.bigint() - begin) / 1000);
  }
}
const quantile = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? 0;
const all = median(faults.flatMap(({ times }) => times));
const table = [
  '# Time to refuse a message, by what is wrong inside CBC',
  '',
  `Signed and encrypted messages of 10 KiB, opened on one thread; ${tries} tries of each, interleaved in random order. All get the same`,
  'answer; `test/attacks/work.test.ts` counts that they cost the same operations.',
  '',
  `Made by \`npm run bench:oracle\`, Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${new Date().toISOString().slice(0, 10)}.`,
  '',
  '| fault | p25 µs | median µs | p75 µs | median over that of all |',
  '|--|--|--|--|--|',
  ...faults.map(({ name, times }) => {
    const cells = [0.25, 0.5, 0.75].map((share) => quantile(times, share).toFixed(0));
    return `| ${[name, ...cells, (median(times) / all).toFixed(2)].join(' | ')} |`;
  }),
  '',
].join('\n');
process.stdout.write(table);
writeFileSync(path.join(import.meta.dirname, 'results/oracle.md'), table);
if (faults.some(({ times }) => Math.abs(median(times) / all - 1) > 0.2)) process.exitCode = 1;

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { measureConnections } from './connections.ts';
import { measureEdifact } from './edifact.ts';
import { measureRegistration, type Registered } from './ecert.ts';
import { measureEngine, measureThreshold, type BenchCipher } from './engine.ts';
import { median } from './load.ts';
import { measureMemory } from './memory.ts';
import { measureOthers } from './others.ts';
import { measureReceive, type Received } from './receive.ts';
import { measureSending } from './sending.ts';

/**
 * `npm run bench` measures everything, `npm run bench -- engine` one part. Each part prints its table and keeps it in
 * `bench/results/`.
 */
const parts: Readonly<Record<string, () => Promise<string[]>>> = {
  edifact,
  ecert,
  engine,
  others,
  memory,
  receive,
  connections,
};
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in parts));
if (unknown !== undefined) {
  process.stderr.write(`There is no part ${unknown}: it is one of ${Object.keys(parts).join(', ')}.\n`);
  process.exit(2);
}
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { node, openssl } = process.versions;
  const made = `Made by \`npm run bench -- ${name}\`, Node ${node}, OpenSSL ${openssl}, ${new Date().toISOString().slice(0, 10)}.`;
  const table = [...(await part()), '', made, ''].join('\n');
  process.stdout.write(`${table}\n`);
  writeFileSync(path.join(import.meta.dirname, `results/${name}.md`), table);
}
process.exit(0);

/** Reading EDIFACT, beside another library. */
function edifact(): Promise<string[]> {
  const rounds = 5;
  const rows = measureEdifact(rounds).map(({ what, size, rate, ratio, peak }) => {
    const numbers = [(size / 1e6).toFixed(1), rate.toFixed(0), ratio?.toFixed(1) ?? '', peak.toFixed(0)];
    return `| ${what} | ${numbers.join(' | ')} |`;
  });
  return Promise.resolve([
    '# Reading EDIFACT',
    '',
    'SANCRT of D.97B with 15 segments each, 3,000 of them in the first three rows. Tokenizing finds every segment, element and component, and what',
    'the character set lacks; validating holds each message against its directory, with all findings. The other library makes a text of each',
    'component and checks nothing. Each in a process of its own, in turns; the best twentieth of the passes of each round, and of the rounds the median;',
    'the ratio is that of the same round. The last three rows read a file whose messages are not kept, over and over; the last one once,',
    'with the loading of the directory and the code that is not compiled yet.',
    '',
    '| | MB | MB/s | ratio | peak RSS, MiB |',
    '|--|--|--|--|--|',
    ...rows,
  ]);
}

/** Opening, receiving and making messages on one thread, beside the bare calls of `node:crypto`. */
async function engine(): Promise<string[]> {
  const ciphers: BenchCipher[] = ['aes256-cbc', 'aes256-gcm'];
  const sizes = [
    [10 * 1024, 9],
    [100 * 1024, 9],
    [10 * 1024 ** 2, 9],
    [100 * 1024 ** 2, 5],
    [1024 ** 3, 3],
  ] as const;
  const rows: string[] = [];
  for (const [size, rounds] of sizes)
    for (const cipher of ciphers)
      for (const { what, ours, bare, ratio } of await measureEngine(size, cipher, rounds)) {
        const perMebibyte = (ours * 1024 ** 2) / size;
        const numbers = [ours, perMebibyte, bare, ratio].map((number) => number.toFixed(2));
        rows.push(`| ${what} | ${cipher} | ${sized(size)} | ${numbers.join(' | ')} |`);
        process.stderr.write(`${rows.at(-1) ?? ''}\n`);
      }
  const spooling: string[] = [];
  for (const kibibytes of [256, 512, 1024, 2048, 4096, 8192]) {
    const { memory, files } = await measureThreshold(kibibytes * 1024, 9);
    spooling.push(
      `| ${sized(kibibytes * 1024)} | ${memory.toFixed(2)} | ${files.toFixed(2)} | ${(files / memory).toFixed(2)} |`,
    );
  }
  return [
    '# Opening, receiving and making messages',
    '',
    'Signed (RSA-2048, SHA-256) and encrypted (RSA-2048), on one thread; what is larger than 1 MiB goes through files. Beside it the bare',
    'calls of `node:crypto` that nobody can do without, on as many bytes in pieces of 64 KiB: for opening one RSA decryption, deciphering, one',
    'digest, one verification; for receiving the same, one digest more, of the payload, and the signature of the receipt; for making one RSA',
    'encryption, one digest, enciphering, one signature. Medians; the ratio is that of neighbouring runs.',
    '',
    '| | cipher | size | ms | ms for each MiB | bare ms | ratio |',
    '|--|--|--|--|--|--|--|',
    ...rows,
    '',
    'What the spool costs: receiving the same message (AES-256-CBC), all that is spooled of it in memory, or all of it in files. From 1 MiB',
    'on the endpoint uses files.',
    '',
    '| size | memory, ms | files, ms | ratio |',
    '|--|--|--|--|',
    ...spooling,
  ];
}

/** Other libraries opening the same message. */
async function others(): Promise<string[]> {
  const rounds = 5;
  const rows = (await measureOthers(rounds)).map(
    ({ what, theirs, ours }) =>
      `| ${what} | ${theirs.toFixed(1)} | ${ours.toFixed(2)} | ${(theirs / ours).toFixed(0)} |`,
  );
  return [
    '# Others opening the same message',
    '',
    'A message of 10 KiB, signed (RSA-2048, SHA-256) and encrypted (AES-128-CBC; RSA-2048 with PKCS #1 v1.5, for PKI.js with OAEP), on one',
    'thread, the two in turns. Ours decrypts, verifies, takes the MIC and looks for all that an attacker may have altered; the others do what',
    `stands there. Medians of ${rounds} rounds.`,
    '',
    '| | ms | ours, ms | ratio |',
    '|--|--|--|--|',
    ...rows,
  ];
}

/** What the endpoint has in memory at most while it receives, and while it sends. */
async function memory(): Promise<string[]> {
  const rows: string[] = [];
  const row = (what: string, size: number, atOnce: number, peak: number, rate: number, delay?: number) => {
    const numbers = [peak.toFixed(0), rate.toFixed(0), delay?.toFixed(1) ?? ''];
    rows.push(`| ${what} | ${sized(size)} | ${atOnce} | ${numbers.join(' | ')} |`);
    process.stderr.write(`${rows.at(-1) ?? ''}\n`);
  };
  const [large, larger, largest] = [100 * 1024 ** 2, 1024 ** 3, 4 * 1024 ** 3] as const;
  for (const [size, atOnce] of [
    [large, 1],
    [larger, 1],
    [largest, 1],
    [large, 8],
  ] as const) {
    const { peak, rate, delay } = await measureMemory(size, atOnce);
    row('receiving', size, atOnce, peak, rate, delay);
  }
  for (const size of [large, larger, largest]) {
    const { command, server, rate } = await measureSending(size);
    row('sending: `countersign send`', size, 1, command, rate);
    row('sending: the endpoint', size, 1, server, rate);
  }
  return [
    '# Memory while large messages come and go',
    '',
    'The peak of resident memory of a served endpoint, all its threads included, and how fast it took the messages, which the load generator',
    'made on the same machine while it sent them: signed, encrypted (AES-256-CBC), answered by a signed synchronous MDN. When it sends, the',
    'command signs and encrypts, the endpoint posts to a second one; the rate is that of all of it, from the command to the MDN. The delay is that of',
    'the event loop of the main thread, p99, by timers of 10 ms, which it includes.',
    '',
    '| | size | at once | peak RSS, MiB | MiB/s | delay ms |',
    '|--|--|--|--|--|--|',
    ...rows,
  ];
}

/** Receiving, beside what bounds it: the RSA operations that this machine does in the same run. */
async function receive(): Promise<string[]> {
  const rounds = 5;
  const rows: string[] = [];
  for (const [connections, messages] of [
    [1, 1_500],
    [16, 5_000],
    [32, 5_000],
  ] as const) {
    const measured: Received[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const result = await measureReceive(connections, messages);
      measured.push(result);
      const rate = `${result.perSecond.toFixed(0)}/s`;
      process.stderr.write(`${connections} connections, round ${round + 1} of ${rounds}: ${rate}\n`);
    }
    const of = (pick: (each: Received) => number, digits: number) => median(measured.map(pick)).toFixed(digits);
    const columns = [
      of(({ perSecond }) => perSecond, 0),
      of(({ mean }) => mean, 1),
      of(({ p99 }) => p99, 1),
      of(({ share }) => share, 2),
      of(({ cpu }) => cpu, 2),
      of(({ mainThread }) => mainThread * 100, 0),
      of(({ commits }) => commits, 2),
    ];
    rows.push(`| ${connections} | ${columns.join(' | ')} |`);
  }
  return [
    '# Receiving 10 KiB messages',
    '',
    'Signed (RSA-2048, SHA-256) and encrypted (AES-128-CBC, RSA-2048) messages over HTTP on loopback to a served endpoint, each stored and',
    'committed (fsync) before its signed synchronous MDN leaves; the load generator, in a process of its own on the same machine, verifies',
    'the signature and the MIC of every MDN. The bound is how often all cores, doing nothing else, do the two private RSA operations that a',
    'message needs (decrypt the key, sign the MDN) with `node:crypto` alone, measured right before each round; the share is messages a',
    'second over that. CPU, the share of the main thread in it and commits (an fsync each) are of the endpoint, for each message, the work on',
    'its payload included, as far as that was done by the end.',
    '',
    `Median of ${rounds} rounds, each with a new endpoint and 2,000 messages before it is measured.`,
    '',
    '| connections | messages/s | mean ms | p99 ms | share of the RSA bound of all cores | CPU ms | main thread % | commits |',
    '|--|--|--|--|--|--|--|--|',
    ...rows,
  ];
}

/** Interchanges of certificates, from the stored payload to the committed answers, beside the bare work. */
async function ecert(): Promise<string[]> {
  const [rounds, warming] = [15, 5];
  const rows: string[] = [];
  for (const certificates of [30, 300, 3000]) {
    for (let round = 0; round < warming; round += 1) await measureRegistration(certificates);
    const measured: Registered[] = [];
    for (let round = 0; round < rounds; round += 1) measured.push(await measureRegistration(certificates));
    const ours = median(measured.map((each) => each.ours));
    const bare = median(measured.map((each) => each.bare));
    const ratio = median(measured.map((each) => each.ours / each.bare));
    const each = (ours * 1000) / certificates;
    rows.push(
      `| ${certificates} | ${ours.toFixed(1)} | ${each.toFixed(0)} | ${bare.toFixed(1)} | ${ratio.toFixed(1)} |`,
    );
    process.stderr.write(`${rows.at(-1) ?? ''}\n`);
  }
  return [
    '# Registering certificates',
    '',
    'An interchange of SANCRT, all of them good, from the stored payload to the commit (fsync) of certificates, interchange, ledger and outbox:',
    'read, judged, answered by CONTRL and CUSRES, which are signed, encrypted and stored. Beside it the bare work: parsing the same payload and',
    'inserting the same rows (certificates, interchange, answers with their bytes) into a copy of the same database in one transaction.',
    `Medians of ${rounds} rounds, each in a new home, behind ${warming} until what is used often is compiled; the ratio is that of neighbouring runs.`,
    '',
    '| certificates | ms | µs for each | bare ms | ratio |',
    '|--|--|--|--|--|',
    ...rows,
  ];
}

/** Receiving beside many connections that want little, and over TLS. */
async function connections(): Promise<string[]> {
  const rounds = 5;
  const rows = (await measureConnections(rounds, 4_000, 2_000)).map(
    ({ what, perSecond, ratio, p99, peak, open, cut }) =>
      `| ${what} | ${perSecond.toFixed(0)} | ${ratio.toFixed(2)} | ${p99.toFixed(1)} | ${peak.toFixed(0)} | ${open} | ${cut} |`,
  );
  return [
    '# Receiving beside other connections, and over TLS',
    '',
    'The messages of `receive.md` over 32 kept connections: alone, beside 1,000 more connections, and over TLS (the version and cipher that two',
    'Nodes agree on; its handshakes are in the time). The idle ones are one half silent from the start on, one half had an answer and wait. Of',
    'the slow ones each sends four bytes a second, one half of a header that does not end, one half of a message of 50 MiB. The endpoint cuts off by',
    'design who is silent, or has not ended a header, after 30 s, and who waits behind an answer after a minute; whoever was cut off connects',
    'again at once. They live in a process of their own on the same machine, whose processor time is not taken out.',
    '',
    `Median of ${rounds} rounds, each with two new endpoints, one for each scheme, and 2,000 messages before it is measured; the phases in turns, every`,
    'other round backwards. The ratio is that of messages a second to those of HTTP alone in the same round; the peak is of resident memory.',
    '',
    '| | messages/s | ratio | p99 ms | peak RSS, MiB | others open | of them cut off |',
    '|--|--|--|--|--|--|--|',
    ...rows,
  ];
}

function sized(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = Math.floor(Math.log2(bytes) / 10);
  return `${bytes / 1024 ** power} ${units[power] ?? ''}`;
}

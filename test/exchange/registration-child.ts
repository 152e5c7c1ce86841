import { writeSync } from 'node:fs';
import { openExchange } from '../../src/cli/endpoint.ts';
import { runJobs } from '../../src/exchange/jobs.ts';
import type { Store } from '../../src/store/store.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** A process of its own that works through what is sealed, one payload at a time, until nothing is left. */
const [directory = '', mortal = '', step = '', when = ''] = process.argv.slice(2);
const { exchange, close } = await openExchange(directory, {}, createLog('silent'));
const { store } = exchange;

const next = async () => (await store.claimJobs(new Date(), 60_000, 1))[0];

// One that is to die takes up what its predecessor left, as a server does when it starts.
if (mortal !== '') await store.releaseLeases();
let job = await next();
// Those of a race begin together, each with work of its own in hand.
if (mortal === '') {
  writeSync(1, 'ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.stdin.unref();
}
for (; job !== undefined; job = await next()) {
  const here = job.messageId === mortal ? { ...exchange, store: dyingAt(step as keyof Store, when) } : exchange;
  await runJobs([job], here);
  writeSync(1, `done ${job.messageId}\n`);
}
await close();
process.exit();

/** A store in whose step the process dies, of a signal that leaves it no last word: its own, or one that is asked for. */
function dyingAt(name: keyof Store, at: string): Store {
  const die = () => process.kill(process.pid, 'SIGKILL');
  const fatal = async (...args: never[]) => {
    if (at === 'before') die();
    if (at === 'during') writeSync(1, 'kill me\n');
    const result = await (store[name] as (...all: never[]) => Promise<unknown>)(...args);
    if (at === 'after') die();
    return result;
  };
  return { ...store, [name]: fatal };
}

import { writeSync } from 'node:fs';
import { kept } from '../../src/bytes/kept.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { asyncMdn, at, change, completeJob, inbound, LEASE_MS, outbound, result } from './fixtures.ts';

/**
 * A process of its own that writes to a store, for the tests to run beside others or to kill.
 * Each line that it prints says what is on disk by then.
 */
const [mode = '', directory = '', name = ''] = process.argv.slice(2);

/** Goes through whole lives of messages until it is killed. */
async function work(store: Store): Promise<never> {
  for (let round = 0; ; round++) {
    await Promise.all(Array.from({ length: 3 }, (_, n) => receive(store, n === 0)));
    for (const job of await store.claimJobs(at(round), LEASE_MS, 2)) {
      const answer = outbound({ answers: job.messageId, createdAt: at(round) });
      const done = result({ certificates: [change(`C-${job.messageId}`)], outbound: [answer] });
      await completeJob(store, job, done, at(round));
      say('answered', job.messageId, answer.id);
    }
    for (const delivery of await store.claimDeliveries(at(round), LEASE_MS, 2)) {
      await store.settleDelivery(delivery, { kind: 'delivered' }, at(round));
      say('delivered', delivery.id, delivery.subject.kind);
    }
  }
}

async function receive(store: Store, large: boolean): Promise<void> {
  const message = inbound({
    mdn: asyncMdn(),
    ...(large ? { raw: kept(Buffer.alloc(300_000, Math.random() * 256)) } : {}),
  });
  await store.sealInbound(message);
  say('sealed', message.id, message.mdn?.id);
}

/** Seals messages that the other process seals as well, and says which were its own. */
async function race(store: Store): Promise<void> {
  for (let n = 0; n < 40; n += 4) {
    const keys = [n, n + 1, n + 2, n + 3];
    await Promise.all(
      keys.map(async (key) => {
        const message = inbound({ id: `${name}-${key}`, messageId: `<${key}@van>` });
        const outcome = await store.sealInbound(message);
        const sealed = outcome.kind === 'duplicate' ? outcome.sealed : message;
        say(outcome.kind, key, sealed.id, sealed.mdn?.body.toString('base64'));
      }),
    );
  }
  await store.close();
}

function say(...words: unknown[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

const store = await openSqliteStore({ directory });
await (mode === 'work' ? work(store) : race(store));

import { readInterchanges } from '../../src/edifact/reader.ts';
import { loadReference } from '../../src/config/reference-data.ts';
import type { Partner } from '../../src/config/home.ts';
import type { Claim } from '../../src/ecert/claim.ts';
import { changeOf, decide, requestsOf } from '../../src/exchange/certificates.ts';
import { newId } from '../../src/exchange/ids.ts';
import type { Register } from '../../src/exchange/standings.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { inbound, result } from '../store/fixtures.ts';
import { interchange, type SancrtOptions } from './sancrt.ts';
import { temporaryFolder } from './temporary.ts';

/** A register on disk, of a test environment, without an endpoint around it. */
export interface TestRegister extends Register {
  readonly directory: string;
  /** What time it is there; 2 November 2026 until it is set. */
  now: Date;
  /** What becomes of a SANCRT of AUDAFF, about beef certificate 6AU000123 unless something is said otherwise. */
  send(certificate?: SancrtOptions): Promise<string>;
}

export async function openRegister(directory = temporaryFolder('register')): Promise<TestRegister> {
  const reference = await loadReference();
  const store = await openSqliteStore({ directory });
  const register: TestRegister = {
    ...{ directory, store, reference, environment: 'test' },
    now: new Date('2026-11-02T12:00:00Z'),
    clock: () => register.now,
    async send(certificate) {
      const { now } = register;
      const message = inbound({ id: newId(now), receivedAt: now });
      await store.sealInbound(message);
      const [job] = await store.claimJobs(now, 60_000, 1);
      if (job === undefined) throw new Error('There is no job.');
      const { interchanges } = readInterchanges(interchange([{ number, issueDate: '20261030', ...certificate }]));
      const sender = 'AUDAFF:ZZZ';
      for (;;) {
        const decided = await decide(interchanges.flatMap(requestsOf), [], store, {
          ...{ now, reference, environment: 'test', testIndicator: true },
          sender: { id: sender, countries: ['AU'], stage: 'production' },
        });
        const owner = { environment: 'test', partner: { shortName: 'van' } as Partner, sender, now } as const;
        const certificates = decided.flatMap((each) => changeOf(each, owner));
        const [ended] = await store.completeJobs([{ job, result: result({ certificates }) }], now);
        const decision = decided[0]?.decision;
        if (ended === 'conflict' || decision === undefined) continue;
        return decision.kind === 'reject' ? decision.errors.map(({ rule }) => rule).join(' ') : decision.kind;
      }
    },
  };
  return register;
}

const number = '6AU000123';

/** Of 10 kg, by the first line of an entry, that matches what `send` registers. */
export function claimOf(over: Partial<Claim> = {}): Claim {
  return {
    ...{ entry: 'ABC-1234567-8', line: 1, number, country: 'AU', hts: '0202305010', unit: 'KGM', quantity: 10 },
    ...{ importer: '12-345678900', date: '2026-11-20', ...over },
  };
}

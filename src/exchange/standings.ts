import type { Registration } from '../ecert/certificate.ts';
import { type Condition, type State, conditionOf, stateOf } from '../ecert/standing.ts';
import { dayAt } from '../ecert/calendar.ts';
import type { UsageFilter } from '../store/claim-record.ts';
import type { CertificateRecord } from '../store/store.ts';
import { registrationOf } from './certificates.ts';
import type { Register } from './claims.ts';

/** A certificate as it stands today (UTC), with what is used of each line. */
export interface Standing extends Pick<CertificateRecord, 'environment' | 'partner' | 'changedAt'> {
  readonly registration: Registration;
  readonly state: State;
  readonly condition: Condition;
}

/** How many are in memory at a time. */
const PAGE = 500;

/** Certificates by number, however many there are; other work goes on between two pages. */
export async function* standings(
  filter: Omit<UsageFilter, 'environment' | 'limit'>,
  { store, reference, environment, clock }: Register,
): AsyncGenerator<Standing> {
  const today = dayAt(clock(), 0);
  let { after } = filter;
  for (;;) {
    const page = await store.certificateUsage({ ...filter, environment, after, limit: PAGE });
    for (const found of page) {
      const registration = registrationOf(found);
      const state = stateOf(registration, reference, today);
      const { partner, changedAt } = found;
      yield { environment, partner, changedAt, registration, state, condition: conditionOf(registration) };
    }
    after = page.at(-1)?.number;
    if (page.length < PAGE) return;
  }
}

import { setImmediate } from 'node:timers/promises';
import { type Day, dayAt } from '../ecert/calendar.ts';
import type { Registration } from '../ecert/certificate.ts';
import type { EcertReference } from '../ecert/reference.ts';
import { type Condition, type State, conditionOf, stateOf } from '../ecert/standing.ts';
import type { CertificateOnFile, UsageFilter } from '../store/claim-record.ts';
import type { CertificateRecord, Environment, Store } from '../store/store.ts';
import { registrationOf } from './certificates.ts';

/** The certificates of one environment. */
export interface Register {
  readonly store: Store;
  readonly reference: EcertReference;
  readonly environment: Environment;
  readonly clock: () => Date;
}

/** A certificate as it stands on a day, with what is used of each line. */
export interface Standing extends Pick<CertificateRecord, 'environment' | 'partner' | 'changedAt'> {
  readonly registration: Registration;
  readonly state: State;
  readonly condition: Condition;
}

export type StandingFilter = Omit<UsageFilter, 'environment' | 'after' | 'limit'>;

/** How many are in memory at a time. */
const PAGE = 100;

/** Certificates as they stand today (UTC), by number, however many; other work goes on between two pages. */
export async function* standings(filter: StandingFilter, register: Register): AsyncGenerator<Standing> {
  const { store, reference, environment, clock } = register;
  const today = dayAt(clock(), 0);
  for (const numbers of inPages(filter.numbers)) {
    for (let after: string | undefined; ;) {
      const page = await store.certificateUsage({ ...filter, numbers, environment, after, limit: PAGE });
      for (const found of page) yield standingOf(found, reference, today);
      await setImmediate(); // the store answers at once, and nobody else would have a turn
      after = page.at(-1)?.number;
      if (page.length < PAGE) break;
    }
  }
}

/** The store goes through all that it is given, for each page anew. */
function inPages(numbers: readonly string[] | undefined): readonly (readonly string[] | undefined)[] {
  if (numbers === undefined) return [undefined];
  const sorted = [...new Set(numbers)].sort();
  return Array.from({ length: Math.ceil(sorted.length / PAGE) }, (_, at) => sorted.slice(at * PAGE, (at + 1) * PAGE));
}

/** One certificate, as it stands today (UTC). */
export async function findStanding(number: string, register: Register): Promise<Standing | undefined> {
  const found = (await register.store.findCertificates(register.environment, [number])).get(number);
  return found && standingOf(found, register.reference, dayAt(register.clock(), 0));
}

/** As programs read it: one level, and one state. */
export function told({ registration, ...standing }: Standing) {
  return { ...registration, ...standing };
}

export function standingOf(found: CertificateOnFile, reference: EcertReference, today: Day): Standing {
  const registration = registrationOf(found);
  const { environment, partner, changedAt } = found;
  const state = stateOf(registration, reference, today);
  return { environment, partner, changedAt, registration, state, condition: conditionOf(registration) };
}

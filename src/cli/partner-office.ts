import type { Command } from 'commander';

import { partnerByShortName } from '../config/home.ts';
import { loadHome } from '../config/load.ts';
import { loadReference } from '../config/reference-data.ts';
import type { Decider, Office } from '../exchange/onboarding.ts';
import { participantOf, type Participant } from '../exchange/participant.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { CommandError, UsageError, type Terminal } from './output.ts';

/** Which of the participants that the partners of a home speak for. */
export interface Wanted {
  readonly home: string;
  /** Short name; undefined: all active ones. */
  readonly partner: string | undefined;
  /** `id:qualifier`; undefined: all. */
  readonly participant: string | undefined;
  /** The home where the test was, when it is another. */
  readonly testHome?: string | undefined;
}

/** Opens a home to decide on its participants, or to look at them. @throws CommandError when there is none such */
export async function inOffice<T>(
  { home: directory, partner, participant, testHome }: Wanted,
  terminal: Terminal,
  work: (participants: readonly Participant[], office: Office) => Promise<T>,
): Promise<T> {
  const now = terminal.now();
  const home = await loadHome(directory, terminal.env, now);
  const { environment, data, reference } = home.endpoint;
  const partners =
    partner === undefined
      ? home.partners.filter(({ active }) => active)
      : [partnerByShortName(home, partner) ?? unknown(partner)];
  const all = partners.flatMap((each) => each.edifact.identities.flatMap((one) => participantOf(each, one) ?? []));
  const found = participant === undefined ? all : all.filter(({ name }) => name === participant);
  if (participant !== undefined && found.length === 0) {
    throw new CommandError(
      `${partner ?? 'No partner'} speaks for no ${participant}: see \`edifact.identities\` in its file.`,
    );
  }
  const loaded = await loadReference(reference);
  // Read without the overrides of this environment, which are those of the other home.
  const test = testHome === undefined ? undefined : (await loadHome(testHome, {}, now)).endpoint.data;
  const stores: Store[] = [];
  try {
    const store = await openSqliteStore({ directory: data });
    stores.push(store);
    const testStore = test === undefined ? store : await openSqliteStore({ directory: test });
    if (testStore !== store) stores.push(testStore);
    return await work(found, { store, environment, testStore, reference: loaded, now });
  } finally {
    for (const store of stores) await store.close();
  }
}

/** The one that is meant. @throws UsageError when there are several, or none */
export function onlyOne(participants: readonly Participant[]): Participant {
  const [first, ...others] = participants;
  if (first !== undefined && others.length === 0) return first;
  const names = participants.map(({ name }) => name).join(', ');
  throw new UsageError(first === undefined ? 'This partner speaks for nobody.' : `Say which participant: ${names}.`);
}

export function withDecider(command: Command): Command {
  return command.requiredOption('--by <name>', 'who decides').option('--note <text>', 'what they have to say');
}

/** @throws UsageError */
export function deciderOf({ by, note }: Decider): Decider {
  if (by.trim() === '') throw new UsageError('Say who decides: --by "Jane Doe".');
  return { by: by.trim(), note };
}

function unknown(partner: string): never {
  throw new CommandError(`There is no partner ${partner}. \`countersign partner list\` shows those that are.`);
}

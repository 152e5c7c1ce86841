import { nearest } from '../config/nearest.ts';
import type { UsageFilter } from '../store/claim-record.ts';
import type { Register } from './standings.ts';

/** What narrows a listing or a sum of certificates down. */
export type Narrowing = Pick<UsageFilter, 'partner' | 'country' | 'programme' | 'issuedFrom' | 'issuedTo'>;

/** A member of it, and what is wrong with that. */
export interface Slip {
  readonly path: readonly [keyof Narrowing];
  readonly message: string;
}

/**
 * What can only be meant otherwise: names that stand neither in the configuration nor in a certificate, and a period that
 * ends before it begins. An answer that is empty for such a reason says nothing true.
 *
 * @param partners those of the home, by short name
 */
export async function slipsIn(
  { issuedFrom, issuedTo, ...names }: Narrowing,
  partners: readonly string[],
  { store, reference }: Pick<Register, 'store' | 'reference'>,
): Promise<readonly Slip[]> {
  const configured = {
    partner: partners,
    country: [...reference.countries.keys()],
    programme: [...reference.programmes.keys()],
  };
  const slips: Slip[] = [];
  for (const name of ['partner', 'country', 'programme'] as const) {
    const value = names[name];
    const known = configured[name];
    if (value === undefined || known.includes(value) || (await isOnFile({ [name]: value }, store))) continue;
    const meant = nearest(value, known);
    const hint = meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${meant}"?`;
    slips.push({ path: [name], message: `is "${value}", which nobody knows. ${hint}` });
  }
  if (issuedFrom !== undefined && issuedTo !== undefined && issuedTo < issuedFrom)
    slips.push({ path: ['issuedTo'], message: 'is before the day from which on certificates are asked for' });
  return slips;
}

/** What was taken out of the configuration is in its certificates still. */
async function isOnFile(name: Narrowing, store: Register['store']): Promise<boolean> {
  for (const environment of ['test', 'production'] as const)
    if ((await store.certificateUsage({ ...name, environment, limit: 1 })).length > 0) return true;
  return false;
}

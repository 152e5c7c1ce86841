import type { Values } from './database.ts';

/**
 * The end of a SELECT that looks: rows whose columns equal what is given, from `since` on and before `until`, newest
 * first, 100 unless told otherwise. Column names come from the program, values from the caller.
 */
export function matching(
  page: { readonly since?: Date | undefined; readonly until?: Date | undefined; readonly limit?: number | undefined },
  timeColumn: string,
  equal: Readonly<Record<string, string | undefined>>,
): { readonly sql: string; readonly values: Values } {
  const given = Object.entries({ ...equal, since: page.since?.toISOString(), until: page.until?.toISOString() });
  const values = Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const conditions = Object.keys(values).map((name) => {
    if (name === 'since') return `${timeColumn} >= @since`;
    if (name === 'until') return `${timeColumn} < @until`;
    return `${name} = @${name}`;
  });
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    sql: `${where} ORDER BY ${timeColumn} DESC, position DESC LIMIT @limit`,
    values: { ...values, limit: page.limit ?? 100 },
  };
}

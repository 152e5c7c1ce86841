import { type Dimension, type StatisticsRow, statisticsBy } from '../ecert/statistics.ts';
import { type Register, type StandingFilter, standings } from './standings.ts';

/** Certificates and quantities, added up by what is asked for, as they stand now. */
export async function statistics(
  by: readonly Dimension[],
  filter: StandingFilter,
  register: Register,
): Promise<readonly StatisticsRow[]> {
  const sums = statisticsBy(by);
  for await (const standing of standings(filter, register)) sums.add(standing);
  return sums.rows();
}

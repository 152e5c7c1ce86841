import type { Registration } from './certificate.ts';
import { type Condition, type State, itemsOf } from './standing.ts';

export const dimensions = ['country', 'programme', 'hts', 'period', 'condition'] as const;

/** What certificates are counted by; `period` is the month of issue. */
export type Dimension = (typeof dimensions)[number];

/** Of one unit always: kilograms and litres have no sum. Registered is cancelled + used + expired + remaining. */
export interface StatisticsRow extends Readonly<Partial<Record<Dimension, string>>> {
  readonly unit: string;
  readonly certificates: number;
  readonly registered: number;
  readonly cancelled: number;
  readonly used: number;
  /** What was left when the year was over. */
  readonly expired: number;
  /** What entries may still draw. */
  readonly remaining: number;
}

export interface Counted {
  readonly registration: Registration;
  readonly state: State;
  readonly condition: Condition;
}

export interface Statistics {
  add(certificate: Counted): void;
  /** Sorted by the dimensions, in the order in which they were given, and by unit. */
  rows(): readonly StatisticsRow[];
}

/** Adds up certificates, one after the other: memory holds the rows alone. */
export function statisticsBy(by: readonly Dimension[]): Statistics {
  const rows = new Map<string, StatisticsRow>();
  return {
    add(certificate) {
      const counted = new Set<string>();
      for (const { hts, unit, certified, used } of itemsOf(certificate.registration)) {
        const group = { ...groupOf(certificate, hts, by), unit };
        const key = JSON.stringify(Object.values(group));
        const sum = rows.get(key) ?? { ...group, ...nothing };
        const rest = certified - used;
        const { state } = certificate;
        rows.set(key, {
          ...sum,
          certificates: sum.certificates + (counted.has(key) ? 0 : 1),
          registered: sum.registered + certified,
          cancelled: sum.cancelled + (state === 'cancelled' ? rest : 0),
          used: sum.used + used,
          expired: sum.expired + (state === 'expired' ? rest : 0),
          remaining: sum.remaining + (state === 'cancelled' || state === 'expired' ? 0 : rest),
        });
        counted.add(key);
      }
    },
    rows: () => [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
  };
}

const nothing = { certificates: 0, registered: 0, cancelled: 0, used: 0, expired: 0, remaining: 0 };

function groupOf({ registration, condition }: Counted, hts: string, by: readonly Dimension[]) {
  const { country, programme, issueDate } = registration;
  const all: Record<Dimension, string> = { country, programme, hts, period: issueDate.slice(0, 7), condition };
  return Object.fromEntries(by.map((dimension) => [dimension, all[dimension]]));
}

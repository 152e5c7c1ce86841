import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

export type WorkKind = 'interchange' | 'message' | 'mdn';

export interface Claim {
  readonly kind: WorkKind;
  readonly message_id: string;
  readonly attempts: number;
  readonly due: string;
  readonly lease: string;
  readonly partner: string | null;
  readonly position: number;
}

export interface Choice {
  readonly limit: number;
  /** Partners whose work is left. */
  readonly except?: readonly string[];
  /** Only what has had so many attempts. */
  readonly attempts?: number;
}

/** What is to be done about messages, and who is at it. All runs within a write. */
export interface Work {
  add(kind: WorkKind, messageId: string, due: Date): void;
  /** The same, leased at once: the first attempt at it. */
  addLeased(kind: WorkKind, messageId: string, due: Date, until: Date): Pick<Claim, 'attempts' | 'lease'>;
  /** What is due and not leased, the oldest. */
  next(what: 'interchanges' | 'deliveries', now: Date): { readonly attempts: number } | undefined;
  /** Leases what is due and not leased, oldest first, until `now + leaseMs`; counts the attempt. */
  claim(what: 'interchanges' | 'deliveries', now: Date, leaseMs: number, choice: Choice): Claim[];
  /** Gives a lease back, with the time of the next attempt or none. `ended` when another ended the work meanwhile. */
  release(kind: WorkKind, messageId: string, lease: string, due: Date | undefined): 'held' | 'ended' | 'lost';
  /** Gives a lease back as if it had never been taken; nothing when it is not held any more. */
  giveBack(kind: WorkKind, messageId: string, lease: string): void;
  /** Nothing more is to be done, whoever is at it. */
  end(kind: WorkKind, messageId: string): void;
  /** From the first attempt on. A worker that is at it loses its lease. */
  restart(kind: WorkKind, messageId: string, now: Date): void;
  isOpen(kind: WorkKind, messageId: string): boolean;
  releaseAll(): void;
}

const DUE = 'due <= @now AND (leased_until IS NULL OR leased_until <= @now)';

const FREE = {
  interchanges: `${DUE} AND kind = 'interchange'`,
  deliveries: `${DUE} AND kind <> 'interchange'`,
} as const;

const HELD = 'kind = @kind AND message_id = @messageId AND lease = @lease';

export function workIn(db: Database): Work {
  return {
    add(kind, messageId, due) {
      db.statement('INSERT INTO work (kind, message_id, due) VALUES (@kind, @messageId, @due)').run({
        kind,
        messageId,
        due: due.toISOString(),
      });
    },
    addLeased(kind, messageId, due, until) {
      const claim = { attempts: 1, lease: randomUUID() };
      db.statement(
        `INSERT INTO work (kind, message_id, due, attempts, lease, leased_until)
         VALUES (@kind, @messageId, @due, @attempts, @lease, @until)`,
      ).run({ kind, messageId, due: due.toISOString(), until: until.toISOString(), ...claim });
      return claim;
    },
    next: (what, now) =>
      db
        .statement<{ attempts: number }>(`SELECT attempts FROM work WHERE ${FREE[what]} ORDER BY due, position LIMIT 1`)
        .get({ now: now.toISOString() }),
    claim(what, now, leaseMs, { limit, except = [], attempts = null }) {
      const claims = db
        .statement<Claim>(
          `UPDATE work SET lease = @lease, leased_until = @until, attempts = attempts + 1
           WHERE position IN (
             SELECT position FROM work
             WHERE ${FREE[what]} AND attempts = COALESCE(@attempts, attempts)
               AND (@except = '[]' OR NOT EXISTS (SELECT 1 FROM messages m, json_each(@except) e
                                                  WHERE m.id = work.message_id AND m.partner = e.value))
             ORDER BY due, position LIMIT @limit)
           RETURNING position, kind, message_id, attempts, due, lease,
             (SELECT partner FROM messages WHERE id = work.message_id) AS partner`,
        )
        .all({
          lease: randomUUID(),
          now: now.toISOString(),
          until: new Date(now.getTime() + leaseMs).toISOString(),
          limit,
          attempts,
          except: JSON.stringify(except),
        });
      // RETURNING promises no order
      return claims.sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : a.position - b.position));
    },
    release(kind, messageId, lease, due) {
      const held = { kind, messageId, lease };
      const after = db
        .statement(`UPDATE work SET due = @due, lease = NULL, leased_until = NULL WHERE due IS NOT NULL AND ${HELD}`)
        .run({ ...held, due: due?.toISOString() ?? null });
      if (after.changes > 0) return 'held';
      const ended = db.statement(`UPDATE work SET lease = NULL, leased_until = NULL WHERE ${HELD}`).run(held);
      return ended.changes > 0 ? 'ended' : 'lost';
    },
    giveBack(kind, messageId, lease) {
      db.statement(`UPDATE work SET attempts = attempts - 1, lease = NULL, leased_until = NULL WHERE ${HELD}`).run({
        kind,
        messageId,
        lease,
      });
    },
    end(kind, messageId) {
      db.statement('UPDATE work SET due = NULL WHERE kind = @kind AND message_id = @messageId').run({
        kind,
        messageId,
      });
    },
    restart(kind, messageId, now) {
      db.statement(
        `UPDATE work SET due = @now, attempts = 0, lease = NULL, leased_until = NULL
         WHERE kind = @kind AND message_id = @messageId`,
      ).run({ kind, messageId, now: now.toISOString() });
    },
    isOpen: (kind, messageId) =>
      db
        .statement('SELECT 1 FROM work WHERE kind = @kind AND message_id = @messageId AND due IS NOT NULL')
        .get({ kind, messageId }) !== undefined,
    releaseAll() {
      db.statement('UPDATE work SET lease = NULL, leased_until = NULL WHERE lease IS NOT NULL').run({});
    },
  };
}

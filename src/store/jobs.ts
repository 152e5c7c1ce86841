import type { Acknowledgements } from './acknowledgements.ts';
import type { Certificates } from './certificates.ts';
import type { Database } from './database.ts';
import type { Outbound, PreparedMessage } from './outbound.ts';
import { StoreError } from './store-error.ts';
import type { DoneJob, InterchangeRecord, Store } from './store.ts';
import type { Transitions } from './transitions.ts';
import type { Work } from './work.ts';

type JobStore = Pick<Store, 'claimJobs' | 'completeJobs' | 'returnJobs' | 'failJob' | 'findInterchange'>;

/** The interchange in a received message: read once, with all that follows from it. */
export function jobsIn(
  db: Database,
  certificates: Certificates,
  acknowledgements: Acknowledgements,
  outbound: Outbound,
  transitions: Transitions,
  work: Work,
): JobStore {
  function findInterchange({ environment, sender, reference }: Named, since?: Date): InterchangeRow | undefined {
    return db
      .statement<InterchangeRow>(
        `SELECT i.* FROM interchanges i JOIN messages m ON m.id = i.message_id
         WHERE i.environment = @environment AND i.sender = @sender AND i.reference = @reference AND m.at >= @since
         ORDER BY m.position DESC LIMIT 1`,
      )
      .get({ environment, sender, reference, since: since?.toISOString() ?? '' });
  }

  /** Within a write. */
  function complete({ job, result, answers }: Prepared, now: Date): 'done' | 'conflict' | 'lease-lost' {
    const { messageId, lease } = job;
    const { state, detail } = result;
    const interchanges = result.interchanges.map(interchangeRow);
    try {
      return db.part(() => {
        if (work.release('interchange', messageId, lease, undefined) === 'lost') return 'lease-lost';
        const known = interchanges.some((row) => findInterchange(row, result.referencesSince));
        if (known) throw conflict();
        for (const row of interchanges) db.insert('interchanges', row);
        const changes = certificates.insert(messageId, result.certificates);
        if (changes === undefined) throw conflict();
        outbound.insert(answers);
        const said = acknowledgements.insert(messageId, result.acknowledgements ?? []);
        const facts = {
          ...{ interchanges, certificates: changes, answers: result.outbound.map(({ id }) => id) },
          acknowledgements: said.length === 0 ? undefined : said,
        };
        transitions.move(messageId, `interchange.${state}`, { detail }, facts, now);
        return 'done';
      });
    } catch (error) {
      if (error instanceof StoreError && error.code === 'STORE_CONFLICT') return 'conflict';
      throw error;
    }
  }

  return {
    claimJobs: async (now, leaseMs, limit) => {
      // Most often there is nothing, which a write would have to wait for.
      if ((await db.read(() => work.next('interchanges', now))) === undefined) return [];
      const claims = await db.write(() => {
        const isUntried = work.next('interchanges', now)?.attempts === 0;
        return work.claim('interchanges', now, leaseMs, isUntried ? { limit, attempts: 0 } : { limit: 1 });
      });
      return claims.map(({ message_id: messageId, partner, attempts, lease }) => ({
        ...{ messageId, attempts, lease },
        partner: partner ?? undefined,
      }));
    },
    async completeJobs(jobs, now) {
      const prepared: Prepared[] = [];
      for (const done of jobs) prepared.push({ ...done, answers: await outbound.prepare(done.result.outbound) });
      return db.write(() => {
        let all: 'done' | 'conflict' = 'done';
        return prepared.map((one) => {
          const ended = all === 'done' ? complete(one, now) : 'conflict';
          if (ended !== 'done') all = 'conflict';
          return ended;
        });
      });
    },
    returnJobs: (jobs) =>
      db.write(() => {
        for (const { messageId, lease } of jobs) work.giveBack('interchange', messageId, lease);
      }),
    failJob: ({ messageId, attempts, lease }, error, retryAt, now) =>
      db.write(() => {
        if (work.release('interchange', messageId, lease, retryAt) === 'lost') return;
        const facts = { attempt: attempts, retryAt };
        if (retryAt) transitions.remark(messageId, 'interchange.postponed', error, facts, now);
        else transitions.move(messageId, 'interchange.stuck', { detail: error }, facts, now);
      }),
    findInterchange: (environment, sender, reference, since) =>
      db.read(() => {
        const row = findInterchange({ environment, sender, reference }, since);
        if (row === undefined) return undefined;
        const { message_id: messageId, message_type: messageType, messages, accepted, rejected } = row;
        return { environment, sender, reference, messageId, messageType, messages, accepted, rejected };
      }),
  };
}

type Named = Pick<InterchangeRecord, 'environment' | 'sender' | 'reference'>;

interface Prepared extends DoneJob {
  readonly answers: readonly PreparedMessage[];
}

/** Takes back what was written of a job. */
function conflict(): StoreError {
  return new StoreError('STORE_CONFLICT', 'Something else was registered meanwhile.');
}

export type InterchangeRow = ReturnType<typeof interchangeRow>;

function interchangeRow(record: InterchangeRecord) {
  return {
    environment: record.environment,
    sender: record.sender,
    reference: record.reference,
    message_id: record.messageId,
    message_type: record.messageType,
    messages: record.messages,
    accepted: record.accepted,
    rejected: record.rejected,
  };
}

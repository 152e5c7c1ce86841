import type { Database } from './database.ts';
import type { NoticeAddressee, NoticeStore } from './notice.ts';
import type { Outbound } from './outbound.ts';

/** Each claim is told once: a notice and how far it goes are one write. A participant may have had another partner before. */
export function noticesIn(db: Database, outbound: Outbound): NoticeStore {
  /** Claims up to there have nothing more to tell; those that come stand behind. Else each look would go through all of them. */
  const searched = new Map<string, number>();

  const toldThrough = ({ environment, participant }: NoticeAddressee): number =>
    db
      .statement<{ through: number }>(
        `SELECT COALESCE(MAX(through), 0) AS through FROM notices
         WHERE environment = @environment AND participant = @participant`,
      )
      .get({ environment, participant })?.through ?? 0;

  return {
    untoldUsage: (addressee, most) =>
      db.read(() => {
        const { environment, participant } = addressee;
        const after = toldThrough(addressee);
        const key = `${environment} ${participant}`;
        const from = Math.max(after, searched.get(key) ?? 0);
        const rows = db
          .statement<{ number: string; since: string; through: number }>(
            `SELECT number, MIN(changed_at) AS since, MAX(position) AS through FROM (
               SELECT claims.number, claims.changed_at, claims.position
               FROM claims JOIN certificates ON certificates.environment = claims.environment
                 AND certificates.number = claims.number AND certificates.version = claims.certificate_version
               WHERE claims.position > @from AND claims.environment = @environment
                 AND certificates.participant = @participant
               ORDER BY claims.position LIMIT @most)
             GROUP BY number`,
          )
          .all({ environment, participant, from, most });
        if (rows.length === 0) {
          const last = db.statement<{ last: number }>('SELECT COALESCE(MAX(position), 0) AS last FROM claims').get({});
          searched.set(key, last?.last ?? 0);
          return undefined;
        }
        const since = rows.reduce((first, row) => (row.since < first ? row.since : first), rows[0]?.since ?? '');
        const through = rows.reduce((last, row) => Math.max(last, row.through), after);
        return { numbers: rows.map(({ number }) => number), since: new Date(since), after, through };
      }),
    async queueNotice(addressee, { after, through }, message) {
      const prepared = await outbound.prepare([message]);
      return db.write(() => {
        if (toldThrough(addressee) !== after) return 'conflict';
        const { environment, partner, participant } = addressee;
        const row = { environment, partner, participant, through, message_id: message.id };
        outbound.insert(prepared, { notice: row });
        db.insert('notices', row);
        return 'done';
      });
    },
  };
}

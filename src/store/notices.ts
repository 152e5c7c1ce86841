import type { Database } from './database.ts';
import type { NoticeAddressee, NoticeStore } from './notice.ts';
import type { Outbound } from './outbound.ts';

/** Each claim is told once: a notice and how far it goes are one write. */
export function noticesIn(db: Database, outbound: Outbound): NoticeStore {
  const toldThrough = ({ environment, partner, participant }: NoticeAddressee): number =>
    db
      .statement<{ through: number }>(
        `SELECT COALESCE(MAX(through), 0) AS through FROM notices
         WHERE environment = @environment AND partner = @partner AND participant = @participant`,
      )
      .get({ environment, partner, participant })?.through ?? 0;

  return {
    untoldUsage: (addressee) =>
      db.read(() => {
        const { environment, partner, participant } = addressee;
        const after = toldThrough(addressee);
        const rows = db
          .statement<{ number: string; since: string; through: number }>(
            `SELECT claims.number, MIN(claims.changed_at) AS since, MAX(claims.position) AS through
             FROM claims JOIN certificates ON certificates.environment = claims.environment
               AND certificates.number = claims.number AND certificates.version = claims.certificate_version
             WHERE claims.position > @after AND claims.environment = @environment
               AND certificates.partner = @partner AND certificates.participant = @participant
             GROUP BY claims.number`,
          )
          .all({ environment, partner, participant, after });
        if (rows.length === 0) return undefined;
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

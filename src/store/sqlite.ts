import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { acknowledgementsIn } from './acknowledgements.ts';
import { certificatesIn } from './certificates.ts';
import { claimsIn } from './claims.ts';
import { openContentFiles, syncDirectory } from './content-files.ts';
import { contentsIn } from './contents.ts';
import { openDatabase, type Commits } from './database.ts';
import { deliveriesIn } from './deliveries.ts';
import { inboundIn } from './inbound.ts';
import { jobsIn } from './jobs.ts';
import { ledgerIn } from './ledger.ts';
import { mdnsIn } from './mdns.ts';
import { messagesIn } from './messages.ts';
import { migrate } from './migrations.ts';
import { noticesIn } from './notices.ts';
import { onboardingIn } from './onboarding.ts';
import { outboundIn } from './outbound.ts';
import { asStoreError } from './store-error.ts';
import type { Store } from './store.ts';
import { transitionsIn } from './transitions.ts';
import { verificationIn } from './verification.ts';
import { workIn } from './work.ts';

export interface SqliteStoreOptions extends Commits {
  readonly directory: string;
}

/**
 * A store in a directory of its own, which is made when it is not there: `countersign.db` (SQLite) and `payloads/` for
 * what is large. Several processes of one machine may use it at the same time.
 *
 * @throws StoreError `STORE_NEWER` or `STORE_DRIFTED` when the database is not of this program, else `STORE_FAILED`
 */
export async function openSqliteStore({ directory, ...commits }: SqliteStoreOptions): Promise<Store> {
  const files = await prepareDirectory(directory);
  const db = openDatabase(path.join(directory, 'countersign.db'), migrate, commits);
  const contents = contentsIn(db, files);
  const ledger = ledgerIn(db);
  const work = workIn(db);
  const transitions = transitionsIn(db, ledger);
  const mdns = mdnsIn(db, contents, ledger);
  const acknowledgements = acknowledgementsIn(db);
  const outbound = outboundIn(db, contents, ledger, transitions, work, acknowledgements);
  const certificates = certificatesIn(db);
  const { queueOutbound, findOutbound, resend } = outbound;
  const { findCertificates, listCertificates, certificateUsage } = certificates;
  const { listMdns, getMdn } = mdns;
  const { note, listLedger } = ledger;

  return {
    spoolDirectory: files.unfinished,
    ...inboundIn(db, contents, ledger, mdns, work),
    ...jobsIn(db, certificates, acknowledgements, outbound, transitions, work),
    ...deliveriesIn(db, contents, ledger, mdns, transitions, work),
    ...messagesIn(db, contents, acknowledgements),
    ...noticesIn(db, outbound),
    ...onboardingIn(db, ledger),
    ...verificationIn(db, contents),
    ...{ queueOutbound, findOutbound, resend },
    ...{ findCertificates, listCertificates, certificateUsage },
    ...claimsIn(db, ledger),
    ...{ listMdns, getMdn },
    ...{ note, listLedger },
    findSentInterchange: acknowledgements.findSentInterchange,
    releaseLeases: () => db.write(() => work.releaseAll()),
    close: () => db.close(),
  };
}

async function prepareDirectory(directory: string) {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await syncDirectory(path.dirname(path.resolve(directory)));
    return await openContentFiles(path.join(directory, 'payloads'));
  } catch (error) {
    throw asStoreError(error, directory);
  }
}

import { describeClaims } from './contract/claims.ts';
import { describeDeliveries } from './contract/deliveries.ts';
import { describeInbound } from './contract/inbound.ts';
import { describeJobs } from './contract/jobs.ts';
import { describeLedger } from './contract/ledger.ts';
import { describeLooking } from './contract/looking.ts';
import { describeNotices } from './contract/notices.ts';
import { describeOnboarding } from './contract/onboarding.ts';
import type { OpenTestStore } from './contract/open.ts';
import { describeProperties } from './contract/properties.ts';

/** What any store must do, whatever is behind it: the sentences of `src/store/store.ts`. */
export function describeStore(name: string, open: OpenTestStore): void {
  describe(name, () => {
    describeInbound(open);
    describeJobs(open);
    describeClaims(open);
    describeDeliveries(open);
    describeLooking(open);
    describeNotices(open);
    describeOnboarding(open);
    describeLedger(open);
    describeProperties(open);
  });
}

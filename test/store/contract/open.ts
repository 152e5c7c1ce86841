import type { Store } from '../../../src/store/store.ts';

export interface TestStore {
  readonly store: Store;
  /** Another store on the same data, as a second process has. Closed with the first. */
  readonly another: () => Promise<Store>;
  /** Closes the store and opens it again on the same data. */
  readonly reopened: () => Promise<Store>;
}

/** An empty store for each call; what it opened is closed after the test. */
export type OpenTestStore = () => Promise<TestStore>;

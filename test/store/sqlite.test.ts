import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { describeStore } from './contract.ts';
import { temporaryDirectories } from './temporary.ts';

describe('SQLite', () => {
  const directories = temporaryDirectories();
  const stores: Store[] = [];

  async function openIn(directory: string): Promise<Store> {
    const store = await openSqliteStore({ directory });
    stores.push(store);
    return store;
  }

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  describeStore('as a store', async () => {
    const directory = directories.make();
    const store = await openIn(directory);
    return {
      store,
      another: () => openIn(directory),
      reopened: async () => {
        await store.close();
        return openIn(directory);
      },
    };
  });
});

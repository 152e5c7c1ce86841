import { loadHome } from '../config/load.ts';
import { loadReference } from '../config/reference-data.ts';
import type { Register } from '../exchange/standings.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Terminal } from './output.ts';

/** Opens the register of a home for one command; a running server does not mind. */
export async function withRegister<T>(
  directory: string,
  terminal: Terminal,
  work: (register: Register) => Promise<T>,
): Promise<T> {
  const { endpoint } = await loadHome(directory, terminal.env, terminal.now());
  const reference = await loadReference(endpoint.reference);
  const store = await openSqliteStore({ directory: endpoint.data });
  try {
    return await work({ store, reference, environment: endpoint.environment, clock: terminal.now });
  } finally {
    await store.close();
  }
}

import type { Home } from '../config/home.ts';
import { loadHome } from '../config/load.ts';
import { loadReference } from '../config/reference-data.ts';
import { type Narrowing, slipsIn } from '../exchange/slips.ts';
import type { Register } from '../exchange/standings.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { UsageError, type Terminal } from './output.ts';

/** Opens the register of a home for one command; a running server does not mind. */
export async function withRegister<T>(
  directory: string,
  terminal: Terminal,
  work: (register: Register, home: Home) => Promise<T>,
): Promise<T> {
  const home = await loadHome(directory, terminal.env, terminal.now());
  const { endpoint } = home;
  const reference = await loadReference(endpoint.reference);
  const store = await openSqliteStore({ directory: endpoint.data });
  try {
    return await work({ store, reference, environment: endpoint.environment, clock: terminal.now }, home);
  } finally {
    await store.close();
  }
}

/** @throws UsageError when certificates are asked for by something that is not there */
export async function demandSense(filter: Narrowing, { partners }: Home, register: Register): Promise<void> {
  const slips = await slipsIn(
    filter,
    partners.map(({ shortName }) => shortName),
    register,
  );
  if (slips.length === 0) return;
  throw new UsageError(slips.map(({ path: [name], message }) => `--${optionOf(name)} ${message}`).join(' '));
}

const optionOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

import { writeSync } from 'node:fs';
import { makeClaim } from '../../src/exchange/claims.ts';
import { claimOf, openRegister } from '../support/register.ts';

/** A process of its own that claims. Each line that it prints says what is on disk by then. */
const [mode = '', directory = '', name = '', ...numbers] = process.argv.slice(2);
const register = await openRegister(directory);

async function claim(entry: string, line: number, quantity: number, number?: string): Promise<void> {
  const outcome = await makeClaim(claimOf({ entry, line, quantity, ...(number && { number }) }), register);
  const how = outcome.kind === 'matched' && outcome.repeated ? 'repeated' : outcome.kind;
  writeSync(1, `${how} ${entry} ${line}\n`);
}

if (mode === 'race') {
  // Every process claims lines of its own, and lines that all of them claim.
  const lines = Array.from({ length: 50 }, (_, index) => index + 1);
  await Promise.all(lines.flatMap((line) => [claim(`AB${name}-1234567-8`, line, 7), claim('ALL-1234567-8', line, 3)]));
} else if (mode === 'several') {
  // One after the other, so that others come between.
  for (const [index, number] of numbers.entries()) await claim(`AB${name}-1234567-8`, index + 1, 10_000, number);
} else {
  for (let line = 1; ; line += 3)
    await Promise.all([line, line + 1, line + 2].map((each) => claim('ABC-1234567-8', each, 1)));
}
await register.store.close();

import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Runs TypeScript as `tsc` writes it for the product. tsx gives every function its name at run time, which costs more
 * than what is measured here.
 */
if (!import.meta.url.endsWith('#hooks')) register('./typescript.mjs#hooks', import.meta.url);

export async function load(url, context, next) {
  if (!/^file:.*\.ts$/.test(url)) return next(url, context);
  const { default: ts } = await import('typescript');
  const { ESNext } = ts.ScriptTarget;
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ESNext, verbatimModuleSyntax: true };
  const source = ts.transpileModule(await readFile(fileURLToPath(url), 'utf8'), { compilerOptions }).outputText;
  return { format: 'module', shortCircuit: true, source };
}

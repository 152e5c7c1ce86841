import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { stages } from '../ecert/stages.ts';
import { ConfigError } from './config-error.ts';
import { whyUnreadable } from './files.ts';
import { PROJECT } from './scaffold.ts';
import { formatPath, validate } from './validate.ts';
import { readYaml } from './yaml.ts';

/** What a simulation sends, step by step, and what must come back. */
export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioStep = Scenario['steps'][number];
export type ScenarioCertificate = ScenarioStep['certificates'][number];
export type ScenarioQuery = NonNullable<ScenarioStep['query']>;

const text = z.union([z.string(), z.int().transform(String)], 'is no text and no whole number: put it in quotes');
/** YAML takes 020230 for the number 20230. */
const quoted = z.string('a text in quotes, such as "020230",');

const line = z.strictObject({
  hts: quoted.describe('Subheading, in quotes.'),
  unit: text.describe('Unit of the quantity.'),
  quantity: text.describe('Certified quantity.'),
});

const contents = {
  country: text.describe('Country of origin, ISO 3166.'),
  programme: text.describe('Key of the quota programme.'),
  importer: text.describe('Importer of record number.'),
  lines: z.array(line).min(1).describe('The goods, each with hts, unit and quantity.'),
};

const outcomes = 'is none of accepted, rejected, any, nothing, and no list of codes';
const outcome = (text: string) =>
  z
    .union([z.enum(['accepted', 'rejected', 'any', 'nothing']), z.array(z.string().min(1)).min(1)], outcomes)
    .default('accepted')
    .describe(text);

/** What `segments` stand in the place of. */
const parts = ['issueDate', 'country', 'programme', 'importer', 'lines', 'hts', 'unit', 'quantity'] as const;

const certificate = z
  .strictObject({
    as: z
      .string()
      .min(1)
      .describe('What the scenario calls it: each name gets a number of its own, the same in all steps.'),
    kind: z
      .enum(['register', 'replace', 'cancel'])
      .default('register')
      .describe('What is asked for: BGM function 9, 5 or 1.'),
    number: text.optional().describe('Its number, instead of one that the scenario makes.'),
    issueDate: text.optional().describe('CCYYMMDD; today when left out.'),
    country: contents.country.optional(),
    programme: contents.programme.optional(),
    importer: contents.importer.optional(),
    lines: contents.lines.optional(),
    hts: quoted.optional().describe('Instead of that of the first line.'),
    unit: text.optional().describe('Instead of that of the first line.'),
    quantity: text.optional().describe('Instead of that of the first line.'),
    segments: z
      .array(z.string().regex(/^[A-Z]{3}(\+.*)?(?<!')$/s, "a segment such as BGM+811+{number}+9, without ' at its end"))
      .min(1)
      .optional()
      .describe(
        'All segments between UNH and UNT, as they are, instead of everything else; {number} and {day} are filled in.',
      ),
    expect: outcome('The CUSRES: `accepted`, `rejected`, the codes that it must have, `any` of them, or `nothing`.'),
  })
  .superRefine((one, context) => {
    for (const key of parts.filter((each) => one.segments !== undefined && one[each] !== undefined))
      context.addIssue({ code: 'custom', path: [key], message: 'is not used beside `segments`: leave it out' });
  });

const query = z.strictObject({
  number: text.optional().describe('What the query is called; one of its own when left out.'),
  condition: text.default('').describe('Code: 10 matched, 11 unmatched, 12 cancelled; all when left out.'),
  certificates: z
    .array(z.string())
    .default([])
    .describe('Names that the scenario gave to certificates; all when left out.'),
  from: text.default('').describe('First day of issue, CCYYMMDD.'),
  to: text.default('').describe('Last day of issue, CCYYMMDD.'),
  expect: outcome('The CUSRES: `accepted`, when it is a report, `rejected`, or the codes that it must have.'),
  report: z
    .array(
      z.strictObject({
        as: z.string().describe('Name of a certificate that must be in the report.'),
        condition: text.optional().describe('Its condition.'),
        certified: z.string().optional().describe('Certified, with the unit, such as 17500 KGM.'),
        used: z.string().optional().describe('Used, with the unit.'),
      }),
    )
    .default([])
    .describe('What the report must hold; it may hold more.'),
});

const step = z
  .strictObject({
    name: z.string().min(1).describe('What it is, for people.'),
    stage: z.enum(stages).default('application-test').describe('The stage that it belongs to.'),
    certificates: z.array(certificate).default([]).describe('What the interchange holds, in this order.'),
    query: query.optional().describe('A query (REQDOC), instead of certificates.'),
    mdn: z
      .enum(['processed', 'error'])
      .default('processed')
      .describe('The MDN: `processed`, or an `error`; then nothing else is waited for.'),
    contrl: z
      .enum(['accepted', 'rejected', 'any', 'none'])
      .default('accepted')
      .describe('The CONTRL: `rejected` in whole or in part; `any`: if one comes, it is good whatever it says.'),
  })
  .refine(({ certificates, query: asked }) => certificates.length > 0 !== (asked !== undefined), {
    path: ['certificates'],
    message: 'a step has either certificates or a query',
  });

export const scenarioSchema = z
  .strictObject({
    name: z.string().min(1).describe('What it is, for people.'),
    number: z
      .string()
      .regex(
        /^(?=.*\{serial\})([^{}]|\{(year|country|serial)\})+$/,
        'made of {year}, {country} and {serial}, the last at least',
      )
      .default('{year}{country}{serial}')
      .describe('How numbers are made: {year} is the last digit of the year, {serial} six digits.'),
    certificate: z
      .strictObject(contents)
      .describe('What every certificate has where a step does not say otherwise; an empty text leaves a segment out.'),
    steps: z.array(step).min(1).describe('One interchange each, in this order.'),
  })
  .superRefine(({ steps }, context) => {
    const known = new Set(steps.flatMap(({ certificates }) => certificates.map(({ as }) => as)));
    for (const [index, { query: asked }] of steps.entries())
      for (const [row, { as }] of (asked?.report ?? []).entries())
        if (!known.has(as)) {
          const path = ['steps', index, 'query', 'report', row, 'as'];
          context.addIssue({ code: 'custom', path, message: `"${as}" is no certificate of this scenario` });
        }
  });

/** The one that comes with the product: the whole checklist. */
export const DEFAULT_SCENARIO = path.join(PROJECT, 'reference/scenarios/onboarding.yaml');

/** One interchange, for the demonstration. */
export const DEMO_SCENARIO = path.join(PROJECT, 'reference/scenarios/demo.yaml');

/** @throws ConfigError with everything that is wrong */
export async function loadScenario(file: string = DEFAULT_SCENARIO): Promise<Scenario> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    const remedy = 'Give the path of a scenario, or leave it out for the one that comes with the product.';
    throw new ConfigError([{ file, key: '', message: whyUnreadable(error), remedy }]);
  });
  const yaml = readYaml(file, content);
  const locate = (at: readonly PropertyKey[]) => ({ file, line: yaml.lineOf(at), key: formatPath(at) });
  const { value, problems } = validate(scenarioSchema, yaml.value, { locate });
  if (problems !== undefined) throw new ConfigError(problems);
  return value;
}

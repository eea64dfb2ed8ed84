/** A filter as terms joined by `and`, so that facets and times can be chosen in it without touching the rest. */

import { printValue, quotedName } from "./filter";

export type Scalar = string | number | boolean;

/** A term that says which values a name may have. */
export interface Choice {
  readonly name: string;
  readonly values: readonly Scalar[];
}

/** From when until when, as the filter says it; null where it is open. */
export interface Range {
  readonly from: string | null;
  readonly to: string | null;
}

const TOKEN = /`(?:[^`]|``)*`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()]|,|!=|<=|>=|[=<>]|[^\s()",=<>!`']+/g;
const CREATED = "created";

/** The terms of a filter; one with an `or` at the top is a single term. */
export function termsOf(filter: string): readonly string[] {
  const cuts: [number, number][] = [];
  let depth = 0;
  for (const { 0: token, index } of filter.matchAll(TOKEN)) {
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (depth === 0 && token.toLowerCase() === "or") return [filter.trim()];
    else if (depth === 0 && token.toLowerCase() === "and") cuts.push([index, index + token.length]);
  }
  const ends = [...cuts.map(([from]) => from), filter.length];
  return ends.map((end, place) => filter.slice(place ? cuts[place - 1]![1] : 0, end).trim()).filter(Boolean);
}

export function joinTerms(terms: readonly string[]): string {
  return terms.length === 1 ? terms[0]! : terms.map((term) => (isAlternative(term) ? `(${term})` : term)).join(" and ");
}

/** Both conditions together; either may be empty. */
export function both(first: string, second: string): string {
  return joinTerms([...termsOf(first), ...termsOf(second)]);
}

/** What a term chooses, if it is of the form `name = value` or `name in (value, ...)`. */
export function choiceOf(term: string): Choice | null {
  const [name, sign, ...rest] = tokensOf(term);
  if (!name || !sign || /^[("'\d-]/.test(name)) return null;
  if (sign === "=") return rest.length === 1 && isValue(rest[0]!) ? { name: nameOf(name), values: [valueOf(rest[0]!)] } : null;
  if (sign.toLowerCase() !== "in" || rest[0] !== "(" || rest.at(-1) !== ")") return null;
  const values = rest.slice(1, -1).filter((token) => token !== ",");
  return values.length && values.every(isValue) ? { name: nameOf(name), values: values.map(valueOf) } : null;
}

/** The values of a name that a filter asks for. */
export function chosenIn(filter: string, name: string): ReadonlySet<Scalar> {
  return new Set(termsOf(filter).map(choiceOf).find((choice) => choice?.name === name)?.values ?? []);
}

/** The filter with a value of a name chosen, or no longer chosen. */
export function toggleIn(filter: string, name: string, value: Scalar): string {
  const known = chosenIn(filter, name);
  const next = known.has(value) ? [...known].filter((other) => other !== value) : [...known, value];
  const terms = termsOf(filter);
  const place = terms.findIndex((term) => choiceOf(term)?.name === name);
  const term = printChoice({ name, values: next });
  if (place < 0) return joinTerms([...terms, term]);
  return joinTerms([...terms.slice(0, place), ...(term ? [term] : []), ...terms.slice(place + 1)]);
}

/** The times that a filter asks for, where it says them by `created >=` and `created <`. */
export function rangeIn(filter: string): Range {
  const ends = termsOf(filter).map(endOf);
  return { from: ends.find((end) => end?.sign === ">=")?.at ?? null, to: ends.find((end) => end?.sign === "<")?.at ?? null };
}

export function withRange(filter: string, { from, to }: Range): string {
  const terms = termsOf(filter).filter((term) => endOf(term) === null);
  if (from) terms.push(`${CREATED} >= ${printValue(from)}`);
  if (to) terms.push(`${CREATED} < ${printValue(to)}`);
  return terms.length ? joinTerms(terms) : "";
}

function printChoice({ name, values }: Choice): string {
  if (!values.length) return "";
  const shown = values.map(printValue);
  return shown.length === 1 ? `${quotedName(name)} = ${shown[0]}` : `${quotedName(name)} in (${shown.join(", ")})`;
}

function endOf(term: string): { sign: string; at: string } | null {
  const [name, sign, value, more] = tokensOf(term);
  if (name !== CREATED || (sign !== ">=" && sign !== "<") || more !== undefined || !value || !isValue(value)) return null;
  return { sign, at: String(valueOf(value)) };
}

function isAlternative(term: string): boolean {
  let depth = 0;
  return tokensOf(term).some((token) => {
    depth += token === "(" ? 1 : token === ")" ? -1 : 0;
    return depth === 0 && token.toLowerCase() === "or";
  });
}

function tokensOf(text: string): readonly string[] {
  return [...text.matchAll(TOKEN)].map(([token]) => token);
}

function nameOf(token: string): string {
  return token.startsWith("`") ? token.slice(1, -1).replaceAll("``", "`") : token;
}

function isValue(token: string): boolean {
  return /^(?:"|'|true$|false$)/i.test(token) || (token !== "" && Number.isFinite(Number(token)));
}

function valueOf(token: string): Scalar {
  if (token.startsWith('"')) return unescaped(token);
  if (token.startsWith("'")) return unescaped(`"${token.slice(1, -1).replaceAll("\\'", "'").replace(/(?<!\\)"/g, '\\"')}"`);
  if (/^true$|^false$/i.test(token)) return token.toLowerCase() === "true";
  return Number(token);
}

function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // The service says what is wrong with it.
    return quoted.slice(1, -1);
  }
}

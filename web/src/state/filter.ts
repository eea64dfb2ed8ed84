/** What can stand at the caret in a text of the filter language (docs/reference/filter-language.md). */

/** Replaces the text from `from` to `to` by `insert`. */
export interface Suggestion {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly label: string;
  readonly detail?: string;
}

export interface SearchName {
  readonly name: string;
  readonly types: readonly string[];
  readonly nodes: number;
}

export interface Caret {
  readonly expects: "name" | "operator" | "value" | "next";
  /** The name that the condition is about, where it is known. */
  readonly name: string | null;
  /** What has been typed of the word at the caret. */
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

const OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "in (", "not in (", "exists", "like ", "ilike ", "matches "];
const ORDERED = new Set(["<", "<=", ">", ">="]);
const TEXTUAL = new Set(["like ", "ilike ", "matches "]);
const COMMON: readonly SearchName[] = ["id", "kind", "project", "created", "actor", "text"].map((name) => ({ name, types: [], nodes: 0 }));
const TOKEN = /`(?:[^`]|``)*`?|"(?:[^"\\]|\\.)*"?|[()]|,|!=|<=|>=|[=<>]|[^\s()",=<>!`]+/g;
const SUGGESTED_MAX = 12;
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const KEYWORDS = new Set(["and", "or", "not", "in", "exists", "like", "ilike", "matches", "true", "false"]);

/** Where the caret stands. */
export function caretIn(text: string, caret: number): Caret {
  let expects: Caret["expects"] = "name";
  let name: string | null = null;
  let listed = false;
  for (const found of text.matchAll(TOKEN)) {
    const [from, to] = [found.index, found.index + found[0].length];
    const here = caret > from && caret <= to && !/^[(),]$/.test(found[0]);
    if (from >= caret || here) {
      if (!here) break;
      return { expects: expects === "operator" && /^[a-z]/i.test(found[0]) ? "operator" : expects, name, word: text.slice(from, caret), from, to };
    }
    const token = found[0].toLowerCase();
    if (token === "and" || token === "or") [expects, name, listed] = ["name", null, false];
    else if (token === "(") expects = listed ? "value" : expects;
    else if (token === ")") [expects, listed] = ["next", false];
    else if (token === ",") expects = "value";
    else if (expects === "name" && token !== "not") [expects, name] = ["operator", unquoted(found[0])];
    else if (expects === "operator" && token === "exists") expects = "next";
    else if (expects === "operator" && token === "in") [expects, listed] = ["value", true];
    else if (expects === "operator" && token !== "not") expects = "value";
    else if (expects === "value") expects = listed ? "value" : "next";
  }
  return { expects, name, word: "", from: caret, to: caret };
}

/** What begins with, and then what has in it, the word at the caret. */
export function suggest(at: Caret, names: readonly SearchName[], values: readonly (string | number | boolean)[]): readonly Suggestion[] {
  const put = (insert: string, label: string, detail = ""): Suggestion => ({ from: at.from, to: at.to, insert, label, ...(detail && { detail }) });
  if (at.expects === "name") return matching([...names, ...COMMON], at.word, (item) => item.name).map((item) => put(`${quotedName(item.name)} `, item.name, item.types.join(", ")));
  if (at.expects === "operator") {
    const types = names.find((item) => item.name === at.name)?.types ?? [];
    return matching(OPERATORS.filter((sign) => fits(sign, types)), at.word, (sign) => sign).map((sign) => put(/^[^a-z]/.test(sign) ? `${sign} ` : sign, sign.trim()));
  }
  if (at.expects === "value") return matching(values, at.word.replace(/^"|"$/g, ""), String).map((item) => put(printValue(item), String(item)));
  return matching(["and", "or"], at.word, (word) => word).map((word) => put(`${word} `, word));
}

/** A value as the filter language writes it. */
export function printValue(value: string | number | boolean): string {
  return typeof value === "string" ? `"${value.replace(/["\\]/g, "\\$&")}"` : String(value);
}

export function quotedName(name: string): string {
  return PLAIN_NAME.test(name) && !KEYWORDS.has(name.toLowerCase()) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function matching<Item>(items: readonly Item[], word: string, textOf: (item: Item) => string): readonly Item[] {
  const sought = word.replaceAll("`", "").toLowerCase();
  const begins = items.filter((item) => textOf(item).toLowerCase().startsWith(sought));
  const has = items.filter((item) => textOf(item).toLowerCase().indexOf(sought) > 0);
  return [...begins, ...has].slice(0, SUGGESTED_MAX);
}

function fits(sign: string, types: readonly string[]): boolean {
  if (!types.length) return true;
  const texts = types.some((type) => type.startsWith("text") || type === "string");
  const numbers = types.some((type) => type !== "boolean");
  return (!TEXTUAL.has(sign) || texts) && (!ORDERED.has(sign) || numbers);
}

function unquoted(name: string): string {
  return name.startsWith("`") ? name.replace(/^`|`$/g, "").replaceAll("``", "`") : name;
}

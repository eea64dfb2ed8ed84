/** Addresses of the page: `<root>ui/<view>?<what the view shows>#<open node>`. The root may have a path that a proxy added. */

/** Where a reader is. */
export interface Place {
  /** Path of the service, with a slash at its end. */
  readonly root: string;
  /** Name of the view, as in the registry. */
  readonly view: string;
  /** With its question mark; "" if there is nothing to say. */
  readonly search: string;
  /** Id of the node whose record lies open over the view. */
  readonly node: string | null;
}

export type Params = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

export const HOME = "home";

interface Address {
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

export function placeOf({ pathname, search, hash }: Address): Place {
  const found = /^(.*\/)ui\/([^/]*)\/?$/.exec(pathname);
  const node = nodeOf(hash);
  if (found) return { root: found[1]!, view: found[2] || HOME, search, node };
  return { root: pathname.slice(0, pathname.lastIndexOf("/") + 1), ...entryOf(search), node };
}

export function hrefTo(root: string, view: string, search = "", node: string | null = null): string {
  return `${root}ui/${view}${search}${node === null ? "" : `#${printId(node)}`}`;
}

/** Returns a query with its question mark; what is null, undefined, false or "" is left out. */
export function printParams(params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value)) for (const item of value) query.append(name, item);
    else if (value !== null && value !== undefined && value !== false && value !== "") query.set(name, value === true ? "1" : String(value));
  }
  // Ids and lists of numbers read better with their slashes and commas as they are; both may stand in a query.
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `?${text}` : "";
}

/** Links that were handed out before the page had views, and those that the SDK gives. */
function entryOf(search: string): Pick<Place, "view" | "search"> {
  const query = new URLSearchParams(search);
  const view = query.get("view") ?? "";
  if (/^[a-z-]+$/.test(view)) {
    query.delete("view");
    const rest = query.toString().replaceAll("%2F", "/");
    return { view, search: rest ? `?${rest}` : "" };
  }
  return { view: query.has("plot") ? "embeddings" : HOME, search };
}

function nodeOf(hash: string): string | null {
  try {
    const id = decodeURIComponent(hash.slice(1));
    return /^[a-z][a-z0-9_]*\/.+$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

function printId(id: string): string {
  return id.split("/").map(encodeURIComponent).join("/");
}

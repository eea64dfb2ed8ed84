/** Who did what to a node, as the view of the audit shows it. */

import { printParams } from "./route";

export interface AuditView {
  /** Id of the node. */
  readonly node: string | null;
  /** Only what this actor did; null for all. */
  readonly actor: string | null;
}

export function parseAudit(search: string): AuditView {
  const query = new URLSearchParams(search);
  return { node: query.get("node"), actor: query.get("actor") };
}

export function printAudit({ node, actor }: AuditView): string {
  return printParams({ node, actor });
}

interface EntryLike {
  readonly at: number;
  readonly actor: string;
  readonly action_id: string;
}

/** What one request did at once. */
export interface Deed<Entry> {
  readonly at: number;
  readonly actor: string;
  readonly entries: readonly Entry[];
}

/** Entries of one action together, newest action first. */
export function deedsOf<Entry extends EntryLike>(entries: readonly Entry[], actor: string | null): Deed<Entry>[] {
  const byAction = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (actor !== null && entry.actor !== actor) continue;
    const known = byAction.get(entry.action_id);
    if (known) known.push(entry);
    else byAction.set(entry.action_id, [entry]);
  }
  const deeds = [...byAction.values()].map((together) => ({ at: together[0]!.at, actor: together[0]!.actor, entries: together }));
  return deeds.sort((left, right) => right.at - left.at);
}

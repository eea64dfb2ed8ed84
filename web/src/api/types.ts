/** What the service answers under /api/v1. Times are microseconds since 1970. */

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Attributes = Readonly<Record<string, Json>>;

export interface Version {
  readonly number: number;
  readonly valid_from: number;
  readonly valid_to: number | null;
  readonly actor: string;
  readonly request_id: string;
  readonly action_id: string;
  readonly deleted: boolean;
}

export interface Node {
  /** `kind/key` */
  readonly id: string;
  readonly kind: string;
  readonly project: string | null;
  readonly attributes: Attributes;
  readonly version: Version;
  readonly created: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor?: string | null;
}

export interface LineageNode extends Node {
  /** Edges away from the start, at least. */
  readonly depth: number;
}

/** Points the way data flows. */
export interface LineageEdge {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly role: string;
  readonly attributes: Attributes;
  /** When it was linked, and by whom. */
  readonly since: number;
  readonly actor: string;
}

export interface Lineage {
  readonly start: string;
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** True if the answer is not the whole closure. */
  readonly partial: boolean;
  readonly partial_reasons: readonly string[];
}

export type Direction = "upstream" | "downstream" | "both";

/** One revision of the parameters of a model version and a method. */
export interface Revision {
  /** Node id of the params. */
  readonly node: string;
  readonly revision: number;
  readonly values: Attributes;
  readonly options: Attributes | null;
  readonly actor: string;
  readonly at: number;
  /** Node ids of the runs that used it. */
  readonly runs: readonly string[];
  readonly current: boolean;
}

/** RFC 9457, with the id under which the service logged the request. */
export interface Problem {
  readonly type?: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly request_id?: string;
}

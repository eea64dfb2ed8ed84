/** The types of a request and its answer, out of the generated description of the API. */

import type { components, paths } from "./schema";

export type Method = "get" | "post" | "put" | "patch" | "delete";
/** The shapes of the API by name, such as `Schemas["NodeAnswer"]`. */
export type Schemas = components["schemas"];

/** The paths that answer to a method. */
export type PathFor<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? paths[P][M] : never;
type Given<O, Part extends string> = O extends { parameters: { [K in Part]?: infer V } } ? Exclude<V, undefined> : never;
type Content<R> = R extends { content: infer C } ? C : undefined;
type Success<O> = O extends { responses: infer R } ? R[Extract<keyof R, 200 | 201 | 202 | 203>] : never;

export type QueryOf<P extends keyof paths, M extends Method> = Given<Operation<P, M>, "query">;
export type PathOf<P extends keyof paths, M extends Method> = Given<Operation<P, M>, "path">;
export type BodyOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: infer B } ? (Exclude<B, undefined> extends { content: infer C } ? C[keyof C] : never) : never;
/** The JSON that a path answers; undefined where it answers nothing. */
export type AnswerOf<P extends keyof paths, M extends Method> =
  Content<Success<Operation<P, M>>> extends infer C ? (C extends { "application/json": infer A } ? A : undefined) : never;

type Needs<Name extends string, V> = [V] extends [never] ? object : object extends V ? { [K in Name]?: V } : { [K in Name]: V };

/** What is sent along with a request: required where the API requires it. */
export type Sent<P extends keyof paths, M extends Method> = Needs<"path", PathOf<P, M>> &
  Needs<"query", QueryOf<P, M>> &
  Needs<"body", BodyOf<P, M>> & { readonly signal?: AbortSignal };

export type Arguments<P extends keyof paths, M extends Method> = object extends Sent<P, M> ? [sent?: Sent<P, M>] : [sent: Sent<P, M>];

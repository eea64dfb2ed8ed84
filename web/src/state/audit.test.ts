import { expect, test } from "vitest";
import { deedsOf, parseAudit, printAudit } from "./audit";

const entry = (action_id: string, at: number, actor: string) => ({ action_id, at, actor });

test.each(["", "?node=run/1", "?node=run/1&actor=ada"])("the address %s comes back", (search) => {
  expect(printAudit(parseAudit(search))).toBe(search);
});

test("what one action did stays together, newest first", () => {
  const deeds = deedsOf([entry("a", 1, "ada"), entry("b", 5, "bob"), entry("a", 1, "ada")], null);
  expect(deeds.map((deed) => [deed.actor, deed.entries.length])).toEqual([["bob", 1], ["ada", 2]]);
  expect(deedsOf([entry("a", 1, "ada"), entry("b", 5, "bob")], "ada")).toHaveLength(1);
});

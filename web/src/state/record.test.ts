import { describe, expect, it } from "vitest";
import type { Node } from "../api/types";
import { recordOf } from "./record";

const VERSION = { number: 1, valid_from: 5, valid_to: null, actor: "ada", request_id: "", action_id: "", deleted: false };
const RUN: Node = {
  id: "run/1",
  kind: "run",
  project: "p",
  attributes: { tags: ["a"], state: "SUCCESS", run_key: "4f", params: { k: 5 }, metrics: {}, code: { commit: "1c" }, message: "", started: 10, ended: 30 },
  version: VERSION,
  created: 7,
};

describe("a record", () => {
  it("has facts first, then what was set and measured, and what few look at folded", () => {
    const { facts, groups } = recordOf(RUN, false);
    expect(facts).toEqual([["state", "SUCCESS"], ["started", 10], ["ended", 30], ["took", 20]]);
    expect(groups.map(({ title, folded }) => [title, folded])).toEqual([["Parameters", false], ["Code", true], ["Inner workings", true]]);
  });

  it("says the tags where they are not written elsewhere", () => expect(recordOf(RUN, true).facts[0]).toEqual(["tags", ["a"]]));
});

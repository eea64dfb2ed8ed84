import { describe, expect, test } from "vitest";
import { canRetry, logOf, parseWork, printWork, type Version } from "./work-view";

function version(number: number, attributes: Version["attributes"]): Version {
  return { attributes, version: { number, valid_from: number * 1_000_000, actor: number === 1 ? "ada" : "worker" } };
}

describe("the address", () => {
  test.each(["", "?tab=ended", "?tab=ended&state=ERROR&run=run/1", "?run=run/1"])("%s comes back", (search) => {
    expect(printWork(parseWork(search))).toBe(search);
  });

  test("what it does not know is as at the start", () => {
    expect(parseWork("?tab=x&state=y")).toEqual({ tab: "now", state: null, run: null });
  });
});

describe("the log of a run", () => {
  test("has a line for each change of state and each attempt", () => {
    const lines = logOf([
      version(3, { state: "STARTED", attempt: 2, message: "worker lost" }),
      version(1, { state: "PENDING", attempt: 0 }),
      version(2, { state: "STARTED", attempt: 1 }),
      version(4, { state: "STARTED", attempt: 2, tags: ["night"] }),
      version(5, { state: "ERROR", attempt: 2, message: "no more memory" }),
    ]);
    expect(lines.map((line) => line.text)).toEqual(["asked for", "begun", "begun, attempt 2", "error: no more memory"]);
    expect(lines.map((line) => line.actor)).toEqual(["ada", "worker", "worker", "worker"]);
    expect(lines.at(-1)?.tone).toBe("bad");
  });
});

test("what can be done again", () => {
  expect(canRetry({ state: "ERROR", executor: "worker" })).toBe(true);
  expect(canRetry({ state: "CANCELLED", executor: "plan" })).toBe(true);
  expect(canRetry({ state: "ERROR", executor: "external" })).toBe(false);
  expect(canRetry({ state: "ERROR", executor: "worker", plan: "run/1" })).toBe(false);
  expect(canRetry({ state: "SUCCESS", executor: "worker" })).toBe(false);
});

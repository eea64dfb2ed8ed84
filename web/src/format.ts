/** Numbers, times and values as a reader wants them. */

import type { Json } from "./api/types";

const MINUS = "\u2212";
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @param at microseconds since 1970 */
export function time(at: number): string {
  return clock.format(at / 1000);
}

export function exactTime(at: number): string {
  return exact.format(at / 1000);
}

/** @param span microseconds */
export function duration(span: number): string {
  const seconds = span / 1e6;
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(value: number): string {
  return whole.format(value).replaceAll(",", "\u202f");
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value).replace("-", MINUS);
  return Number(value.toPrecision(4)).toString().replace("-", MINUS);
}

export function value(cell: Json | undefined): string {
  if (cell === null || cell === undefined) return "none";
  if (typeof cell === "number") return number(cell);
  if (Array.isArray(cell)) return cell.map(value).join(", ") || "none";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

/** @param size bytes */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** The part of a key that tells it from others: its end, since keys may begin with the time. */
export function shortKey(id: string): string {
  return id.slice(id.indexOf("/") + 1).slice(-8);
}

/** How long ago, for lists that are read at a glance. @param at microseconds since 1970 @param now milliseconds since 1970 */
export function ago(at: number, now = Date.now()): string {
  const seconds = Math.max(0, now - at / 1000) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return seconds < 30 * 86_400 ? `${Math.floor(seconds / 86_400)} d ago` : time(at);
}

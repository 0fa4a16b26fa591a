// The forms of a message that are signed: compact JSON, members sorted by code point, numbers as Python writes them.
//
// JSON.parse forgets how a number was written: 1.0 becomes 1. So parse() keeps numbers as text, in objects of Numeral.

import { randomUUID } from "node:crypto";

const TOKENS = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

class Numeral {
  constructor(text) {
    this.text = text;
  }
}

export function parse(text) {
  const mark = `${randomUUID()}:`; // which no string of the message begins with
  const marked = text.replace(TOKENS, (_, string, number) => string ?? JSON.stringify(mark + number));
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(mark) ? new Numeral(value.slice(mark.length)) : value,
  );
}

// Returns compact JSON; `sorted` sorts members, and `ascii` escapes other characters.
export function write(value, { sorted = false, ascii = false } = {}) {
  const text = (string) => {
    const json = JSON.stringify(string);
    return ascii ? json.replace(/[\u007f-\uffff]/g, escaped) : json;
  };
  const written = (part) => {
    if (part instanceof Numeral) return numeral(part.text);
    if (typeof part === "string") return text(part);
    if (Array.isArray(part)) return `[${part.map(written).join(",")}]`;
    if (part === null || typeof part !== "object") return String(part);
    const members = Object.entries(part);
    if (sorted) members.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    return `{${members.map(([name, member]) => `${text(name)}:${written(member)}`).join(",")}}`;
  };
  return written(value);
}

const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

// An integer keeps its digits. Other numbers are floats, which Python writes with at least one digit after the point,
// and with an exponent of two digits where it is below -4 or above 15.
function numeral(text) {
  if (/^-?\d+$/.test(text)) return text === "-0" ? "0" : text;
  const value = Number(text);
  const [digits, exponent] = value.toExponential().split("e").map((part, index) => (index ? Number(part) : part));
  if (exponent < -4 || exponent > 15) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const plain = Object.is(value, -0) ? "-0" : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

// CSV (RFC 4180) for spreadsheets, in which no cell is taken for a formula: partners choose some of the texts.

// Also full width; and after spaces, which some spreadsheets take away.
const FORMULA = /^[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u

// A header and a line for each row, as spreadsheets open it: with a byte order mark, and every cell quoted.
export function csvText(columns, rows) {
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name]))]
  return `\ufeff${lines.map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(value) {
  const text = plain(value)
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

function plain(value) {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(String).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

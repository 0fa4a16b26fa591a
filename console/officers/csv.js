// CSV (RFC 4180) for spreadsheets, in which no cell is taken for a formula: partners choose some of the texts.

// Also full width; and after spaces, which some spreadsheets take away. Where a list separator is no comma, a cell of
// ours does not end at its quotation mark: what follows a separator or a line break in it may begin a cell there.
const FORMULA = /((?:^|[;|\t\r\n])(?:[^\S\t\r\n]|\u200b)*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])/gu

// A header and a line for each row, as spreadsheets open it: with a byte order mark, and every cell quoted.
export function csvText(columns, rows) {
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name]))]
  return `\ufeff${lines.map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(value) {
  return `"${plain(value).replace(FORMULA, "$1'").replaceAll('"', '""')}"`
}

function plain(value) {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(String).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

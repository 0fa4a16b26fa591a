// A list whose pages may be short, or empty, while others follow: it reads on until there is enough to show.
//
// `rows`, hasMore, isBusy, body and more() are those of a CursorList; `read` counts the rows, or what the answers say
// that was looked at. more() reads until there are `wanted` further rows, and ends after `most` pages, so that a long
// list without a match ends in a button and not in a wait. begin() does not wait for that either: it resolves with the
// first page, and reads on. Both call `update` after each page.

import {CursorList} from '../api.js'
import {toastError} from '../ui.js'

export class WalkedList {
  constructor(api, where, member, query, {wanted = 25, most = 10} = {}) {
    Object.assign(this, {isBusy: false, read: 0, wanted, most})
    this._list = new CursorList(api.send, where, member, query)
  }

  get rows() {
    return this._list.rows
  }

  get hasMore() {
    return this._list.hasMore
  }

  get body() {
    return this._list.body
  }

  async more(update = () => {}) {
    const enough = this.rows.length + this.wanted
    let pages = 0
    await this._readWhile(() => pages++ < this.most && this.rows.length < enough, update)
    return this
  }

  async begin(update) {
    await this._next()
    this.more(update).catch(toastError).finally(update)
    return this
  }

  // Read all that is left, `most` rows at most, and return the rows.
  async all(most, update) {
    await this._readWhile(() => this.rows.length < most, update)
    return this.rows
  }

  async _readWhile(isWanted, update) {
    this.isBusy = true
    try {
      while (this.hasMore && isWanted()) {
        await this._next()
        update()
      }
    } finally {
      this.isBusy = false
    }
  }

  async _next() {
    const before = this.rows.length
    await this._list.more()
    this.read += this.body.looked_at ?? this.rows.length - before
  }
}

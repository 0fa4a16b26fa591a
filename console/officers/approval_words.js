// How a change that waits is called, and what its state looks like.

import {strings} from '../strings.js'

const words = strings.approvals

export const STATUS_TONES = {waiting: 'warn', approved: 'good', rejected: 'bad', withdrawn: 'plain', expired: 'plain'}

export const changeName = ({act, name, client_id: id}) => words.changeName(Object.hasOwn(words.acts, act) ? words.acts[act] : act, name || id)

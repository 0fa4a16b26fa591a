// The pages below one entry of the menu.

import {href} from '../router.js'
import {strings} from '../strings.js'

export const AUDIT = href`/audit`
export const AUDIT_CLIENTS = href`/audit/clients`
export const LOG = href`/log`
export const LOOKS = href`/log/looks`

export const auditSections = [[AUDIT, strings.audit.byRecord], [AUDIT_CLIENTS, strings.audit.byClient]]

export const logSections = (session) =>
  session.has('auditor', 'data-officer') ? [[LOG, strings.log.changes], [LOOKS, strings.log.looks]] : []

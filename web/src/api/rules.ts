/** Automation rules: read, save, switch, delete, try and fire. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import type { Firing } from './firings'
import { call, query } from './http'
import type { Shape } from './shapes'
import type { Json, Page } from './types'

export type Rule = Shape<'RuleShape'>
export type DryRun = Shape<'DryRunShape'>
/** A rule as it is given: what a file of one holds. */
export type RuleDocument = { [key: string]: Json }

const API = '/api/v1/automation-rules'
const first = null as string | null
const one = (rule: string) => `${API}/${encodeURIComponent(rule)}`

export const rulesQuery = () =>
  infiniteQueryOptions({
    queryKey: ['rules'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Rule>>(`${API}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const ruleQuery = (rule: string) =>
  queryOptions({
    queryKey: ['rule', rule],
    queryFn: ({ signal }) => call<Rule>(one(rule), { signal }),
  })

export function createRule(document: RuleDocument, idempotencyKey: string): Promise<Rule> {
  return call(API, { method: 'POST', body: document, idempotencyKey })
}

export function saveRule(rule: string, document: RuleDocument): Promise<Rule> {
  return call(one(rule), { method: 'PUT', body: document })
}

export function switchRule(rule: string, enabled: boolean): Promise<Rule> {
  return call(one(rule), { method: 'PATCH', body: { enabled } })
}

export function deleteRule(rule: string): Promise<void> {
  return call(one(rule), { method: 'DELETE' })
}

/** What the rule as it is written would do now. Writes nothing. */
export function dryRun(rule: RuleDocument, trigger: Json): Promise<DryRun> {
  return call(`${API}/dry-run`, {
    method: 'POST',
    body: trigger === null ? { rule } : { rule, trigger },
  })
}

/** What the rule as it is saved would do now; only this one knows what it remembers of tenants (`previous`). */
export function dryRunSaved(rule: string, trigger: Json): Promise<DryRun> {
  return call(`${one(rule)}/dry-run`, { method: 'POST', body: trigger === null ? {} : { trigger } })
}

export function fireRule(rule: string, trigger: Json, idempotencyKey: string): Promise<Firing> {
  return call(`${one(rule)}/fire`, {
    method: 'POST',
    body: trigger === null ? {} : { trigger },
    idempotencyKey,
  })
}
